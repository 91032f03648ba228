//! Just enough of JSON Schema to hold an answer against what is documented: types, lists of codes, formats and bounds;
//! `make fuzz` knows the rest. Stricter in one thing: a member that the schema of an object does not name is a fault. A
//! schema without a type takes any value.

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
                    Some(Value::Bool(false)) | None => found.push(format!("{at}/{name} is not documented")),
                    Some(known) => found.extend(faults(document, known, member, &format!("{at}/{name}"))),
                }
            }
            found
        }
        Value::Array(items) => {
            let item = |(index, item)| faults(document, &schema["items"], item, &format!("{at}/{index}"));
            items.iter().enumerate().flat_map(item).collect()
        }
        Value::String(text) => text_fault(schema, text).map(|fault| format!("{at}: {fault}")).into_iter().collect(),
        Value::Number(number) => {
            let beyond = beyond(schema, number.as_f64().unwrap());
            if beyond { vec![format!("{at}: {number} is out of bounds")] } else { Vec::new() }
        }
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// Where a text differs from the codes, the format or the lengths of its schema.
fn text_fault(schema: &Value, text: &str) -> Option<String> {
    let listed = schema["enum"].as_array().is_none_or(|codes| codes.iter().any(|code| code == text));
    let formed = match schema["format"].as_str() {
        None => true,
        Some("uuid") => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
        Some("date") => text.parse::<chrono::NaiveDate>().is_ok(),
        Some("date-time") => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        Some("uri") => text.contains("://"),
        Some("uri-reference") => text.contains("://") || text.starts_with('/'),
        Some(other) => panic!("a format {other}"),
    };
    let length = text.chars().count() as u64;
    let within = schema["minLength"].as_u64().is_none_or(|min| min <= length)
        && schema["maxLength"].as_u64().is_none_or(|max| length <= max);
    (!(listed && formed && within)).then(|| format!("{text:?} does not fit {schema}"))
}

/// Whether a number lies outside the bounds of its schema.
fn beyond(schema: &Value, number: f64) -> bool {
    let bound = |name: &str| schema[name].as_f64();
    bound("minimum").is_some_and(|min| number < min)
        || bound("exclusiveMinimum").is_some_and(|min| number <= min)
        || bound("maximum").is_some_and(|max| number > max)
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
