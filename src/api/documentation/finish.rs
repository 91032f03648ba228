//! Completes the document where utoipa cannot: documented headers are required (`Content-Encoding` apart), bodies
//! refuse unknown fields.

use serde_json::{Value, json};

/// Marks every documented header of an answer as always there; what was not compressed has no coding.
pub fn require_headers(document: &mut Value) {
    let answers = operations(document).filter_map(|operation| operation.get_mut("responses")).flat_map(members);
    let headers = answers.filter_map(|answer| answer.get_mut("headers")?.as_object_mut()).flatten();
    for (_, header) in headers.filter(|(name, _)| *name != "Content-Encoding") {
        if let Some(header) = header.as_object_mut() {
            header.insert("required".to_owned(), json!(true));
        }
    }
}

/// Closes every object that a JSON body is made of, because readers refuse what they do not know.
pub fn close_bodies(document: &mut Value) {
    let bodies =
        operations(document).filter_map(|operation| operation.pointer("/requestBody/content/application~1json/schema"));
    let mut waiting: Vec<String> = bodies.flat_map(references).collect();
    while let Some(pointer) = waiting.pop() {
        let Some(Value::Object(schema)) = document.pointer_mut(&pointer) else { continue };
        if schema.contains_key("properties") && schema.insert("additionalProperties".to_owned(), json!(false)).is_some()
        {
            continue;
        }
        waiting.extend(schema.values().flat_map(references));
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    document.get_mut("paths").into_iter().flat_map(members).flat_map(members)
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flatten().map(|(_, member)| member)
}

/// Where a schema leads to, as JSON pointers.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str).map(|path| path.trim_start_matches('#').to_owned());
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
