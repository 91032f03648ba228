//! Just enough of JSON Schema to hold an answer against what is documented. Stricter in one
//! thing: a member that the schema of an object does not name is a fault. A schema without a type
//! takes any value.

use serde_json::Value;

/// The document.
pub fn document() -> Value {
    serde_json::from_str(super::DOCUMENT).unwrap()
}

/// A schema of the document's components.
pub fn component<'d>(document: &'d Value, name: &str) -> &'d Value {
    document.pointer(&format!("/components/schemas/{name}")).unwrap_or_else(|| panic!("no schema {name}"))
}

/// Follows `$ref`, and the one alternative to `null`.
pub fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    match schema["oneOf"].as_array() {
        Some(choices) => resolve(document, choices.iter().find(|choice| choice["type"] != "null").unwrap()),
        None => schema,
    }
}

/// Where a value differs from its schema, in words.
pub fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let nullable = schema["oneOf"].as_array().is_some_and(|choices| choices.iter().any(|c| c["type"] == "null"));
    if nullable && value.is_null() {
        return Vec::new();
    }
    let schema = resolve(document, schema);
    if schema.get("type").is_none() {
        return Vec::new();
    }
    if !allows(&schema["type"], value) {
        return vec![format!("{at}: {value} is no {}", schema["type"])];
    }
    match value {
        Value::Object(members) => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let missing =
                required.filter(|name| !members.contains_key(*name)).map(|name| format!("{at}/{name} is missing"));
            let mut found: Vec<String> = missing.collect();
            for (name, member) in members {
                let known = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                match known {
                    Some(known) => found.extend(faults(document, known, member, &format!("{at}/{name}"))),
                    None => found.push(format!("{at}/{name} is not documented")),
                }
            }
            found
        }
        Value::Array(items) => {
            let item = |(index, item)| faults(document, &schema["items"], item, &format!("{at}/{index}"));
            items.iter().enumerate().flat_map(item).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a `type`, or a list of them, takes a value.
fn allows(types: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("a type {other}"),
    };
    match types {
        Value::Array(names) => names.iter().any(one),
        name => one(name),
    }
}
