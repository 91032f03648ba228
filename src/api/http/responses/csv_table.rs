//! Rows under columns, as JSON or as CSV: both show the same.

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// The media type of CSV.
pub const CSV: &str = "text/csv; charset=utf-8; header=present";
/// Marks the file as UTF-8, because Excel garbles Vietnamese otherwise.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The last columns of CSV: what the row was made from.
const MADE_FROM: [&str; 3] = ["as_of", "version", "methodology_version"];

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
    pub fn csv(&self, meta: &Json) -> Vec<u8> {
        let made_from = MADE_FROM.map(|name| meta.get(name).map(field).unwrap_or_default());
        let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
        // Writing to memory cannot fail.
        let _ = writer.write_record(self.columns.iter().map(String::as_str).chain(MADE_FROM));
        for row in &self.rows {
            let _ = writer.write_record(row.iter().map(field).chain(made_from.clone()));
        }
        writer.into_inner().unwrap_or_default()
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
