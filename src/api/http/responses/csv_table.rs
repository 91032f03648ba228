//! Rows under columns, as JSON or as CSV: both show the same.

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::register::ReadyPage;

use super::cached_response::{JSON, as_page};

/// The media type of CSV.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";
/// Marks the file as UTF-8, because Excel garbles Vietnamese otherwise.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The last columns of CSV: what the row was made from.
const MADE_FROM: [&str; 3] = ["as_of", "version", "methodology_version"];

/// The form in which rows are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An object with rows, each an object of its columns.
    Json,
    /// One line for each row.
    Csv,
}

impl Form {
    /// The ending of a path in this form.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "",
            Self::Csv => ".csv",
        }
    }
}

/// A page of rows in either form. `response` has its rows under `data` and what they were made from under `meta`.
pub fn page_of_rows(form: Form, columns: Vec<String>, response: &impl Serialize) -> ReadyPage {
    if form == Form::Json {
        return as_page(JSON, response);
    }
    // Numbers, dates and texts always have a JSON form.
    let body = serde_json::to_value(response).unwrap_or_default();
    let rows = body.get("data").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let table = CsvTable::of_objects(columns, rows);
    ReadyPage::new(CSV, table.csv(body.get("meta").unwrap_or(&Json::Null)))
}

/// The names of an object's members, in their order.
pub fn columns_of(row: &impl Serialize) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> Deserialize<'de> for Names {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Members;
            impl<'de> Visitor<'de> for Members {
                type Value = Names;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, IgnoredAny)) = members.next_entry()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Members)
        }
    }
    // An object of numbers and texts has a JSON form, and that is read back.
    let written = serde_json::to_string(row).unwrap_or_default();
    serde_json::from_str::<Names>(&written).map(|names| names.0).unwrap_or_default()
}

/// Rows under columns. As JSON, each row is an object of its columns, in their order.
pub struct CsvTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values in the order of the columns: texts, numbers, and null for what is unknown or does not apply.
    pub rows: Vec<Vec<Json>>,
}

/// A row with the names of its columns.
struct Named<'g>(&'g [String], &'g [Json]);

impl Serialize for CsvTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| Named(&self.columns, row)))
    }
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

impl CsvTable {
    /// These columns of rows that are objects.
    pub fn of_objects(columns: Vec<String>, objects: &[Json]) -> Self {
        let row = |object: &Json| columns.iter().map(|name| object.get(name).cloned().unwrap_or_default()).collect();
        let rows = objects.iter().map(row).collect();
        Self { columns, rows }
    }

    /// Writes CSV: decimal point, null empty; day, version and methodology last.
    ///
    /// Before them comes each province once more, as `01 Hà Nội`: spreadsheets and pandas read the code `01` as the number 1.
    pub fn csv(&self, meta: &Json) -> Vec<u8> {
        let labels = self.labels();
        let made_from = MADE_FROM.map(|name| meta.get(name).map(field).unwrap_or_default());
        let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
        // Writing to memory cannot fail.
        let _ = writer.write_record(
            self.columns.iter().map(String::as_str).chain(labels.iter().map(|label| label.name)).chain(MADE_FROM),
        );
        for row in &self.rows {
            let _ = writer.write_record(
                row.iter().map(field).chain(labels.iter().map(|label| label.of(row))).chain(made_from.clone()),
            );
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// A column that names a place by its code and its Vietnamese name.
struct Label {
    name: &'static str,
    /// The place of the code among the columns.
    code: usize,
    /// The place of the name.
    name_vi: usize,
}

impl Label {
    fn of(&self, row: &[Json]) -> String {
        let text = |place: usize| row.get(place).and_then(Json::as_str).unwrap_or_default();
        format!("{} {}", text(self.code), text(self.name_vi))
    }
}

impl CsvTable {
    fn labels(&self) -> Vec<Label> {
        let place = |name: String| self.columns.iter().position(|column| *column == name);
        let label = |name: &'static str| {
            Some(Label { name, code: place(format!("{name}_code"))?, name_vi: place(format!("{name}_name_vi"))? })
        };
        ["province", "former_province"].into_iter().filter_map(label).collect()
    }
}

/// A field as spreadsheets take it: a text that would run as a formula there is quoted by an apostrophe.
fn field(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn field_of_a_text_that_would_run_is_quoted_and_of_a_number_is_not() {
        for text in ["=1+1", "+84", "-1", "@SUM(A1)", "\tx", "\r=1"] {
            assert_eq!(field(&json!(text)), format!("'{text}"));
        }
        let plain = [json!("Hà Nội"), json!("a=b"), json!(-1.5), json!(0), json!(true), Json::Null];
        assert_eq!(plain.each_ref().map(field), ["Hà Nội", "a=b", "-1.5", "0", "true", ""]);
    }

    #[test]
    fn grid_as_json_keeps_the_order_of_its_columns() {
        let objects = [json!({"b": 1, "a": "x", "c": 2}), json!({"a": "y"})];
        let grid = CsvTable::of_objects(vec!["b".to_owned(), "a".to_owned()], &objects);
        assert_eq!(serde_json::to_string(&grid).unwrap(), r#"[{"b":1,"a":"x"},{"b":null,"a":"y"}]"#);
    }

    #[test]
    fn number_that_was_written_is_read_back_to_the_last_digit() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..10_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let number = f64::from_bits(bits);
            if number.is_finite() {
                let text = serde_json::to_string(&number).unwrap();
                let read: f64 = serde_json::from_str(&text).unwrap();
                assert_eq!(read.to_bits(), number.to_bits(), "{text}");
            }
        }
    }
}
