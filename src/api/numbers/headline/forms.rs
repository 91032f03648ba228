//! The headline in other forms: as CSV, and as a text to quote. Both are made from the JSON view, so that they cannot differ.

use chrono::NaiveDate;
use serde_json::Value;

use crate::api::numbers::provenance::Provenance;

use super::view::{LiveView, ProgressResponse, ProgressView};
use crate::domain::values::Interval;

/// The numbers of the headline, one a row: `live.sites.verified,566,2026-11-27,12874,1`.
pub fn csv(body: &ProgressResponse) -> Vec<u8> {
    let data = serde_json::to_value(&body.data).unwrap_or_default();
    let mut rows = Vec::new();
    flatten("", &data, &mut rows);
    let meta = &body.meta;
    // The day may go on, and its numbers with it.
    rows.push(("closed".to_owned(), meta.closed.to_string()));
    let (version, as_of) = (meta.version.to_string(), meta.as_of.to_string());
    let methodology = meta.methodology_version.map(|number| number.to_string()).unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["figure", "value", "as_of", "version", "methodology_version"];
    let lines = rows.iter().map(|(figure, value)| [figure.as_str(), value, &as_of, &version, &methodology]);
    // Writing to memory cannot fail.
    let _ = writer.write_record(header);
    for line in lines {
        let _ = writer.write_record(line);
    }
    writer.into_inner().unwrap_or_default()
}

/// Every number, day, month and answer under the path of its names, for example `sites.verified`; an unknown number is empty.
fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, member, rows);
            }
        }
        Value::Number(number) => rows.push((path.to_owned(), number.to_string())),
        Value::Bool(answer) => rows.push((path.to_owned(), answer.to_string())),
        // Days and months stand there, texts do not.
        Value::String(text) if is_time(text) => rows.push((path.to_owned(), text.clone())),
        Value::Null => rows.push((path.to_owned(), String::new())),
        _ => {}
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok() || Interval::parse_name(text).is_some()
}

const INTERNAL: &str =
    "Chỉ dùng nội bộ, không công bố và không trích dẫn. · For internal use: not to be published, not to be cited.";
const NOTHING_PUBLISHED: [&str; 2] = [
    "Chưa công bố số liệu chi tiết nào; quy tắc công bố: /v1/disclosure.",
    "No figures are published yet; the rules are at /v1/disclosure.",
];

/// The sentence and the limits of the numbers, first in Vietnamese, then in English, and the address of the number. Numbers for internal use
/// say so in its place.
pub fn text(body: &ProgressResponse) -> String {
    let ProgressView { live: LiveView { sentence, .. }, scope_note, figures, .. } = &body.data;
    let figures: Value =
        figures.as_ref().and_then(|figures| serde_json::from_str(figures.get()).ok()).unwrap_or_default();
    let in_language = |counts: &str, language: &str, note: &str, nothing: &str| {
        let of_figures = figures.pointer(&format!("/sentence/{language}")).and_then(Value::as_str);
        [counts, of_figures.unwrap_or(nothing), note].join("\n")
    };
    let [nothing_vi, nothing_en] = NOTHING_PUBLISHED;
    let vi = in_language(&sentence.vi, "vi", &scope_note.vi, nothing_vi);
    let en = in_language(&sentence.en, "en", &scope_note.en, nothing_en);
    let Provenance { permalink, scope, .. } = &body.meta;
    let last = if *scope == "internal" { INTERNAL } else { permalink };
    format!("{vi}\n\n{en}\n\n{last}\n")
}
