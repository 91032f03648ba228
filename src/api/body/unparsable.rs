//! Where a document stops to be JSON: the place, and the characters around it that show a person what to mend.

use crate::domain::values::is_hidden;

/// The most characters that are repeated before and after the place.
const AROUND: usize = 9;

/// Where a document stops to be JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unparsable {
    /// From 1.
    pub line: usize,
    /// From 1; 0 before the first character.
    pub column: usize,
    /// At most 20 visible characters around the place, with `…` where the document goes on; empty for an empty document.
    pub near: String,
    /// Whether a number with a decimal comma stands there.
    pub has_decimal_comma: bool,
}

impl Unparsable {
    /// The place in a document that the parser names by line and column, the column in bytes.
    pub fn at(document: &[u8], line: usize, column: usize) -> Self {
        let ends = document.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end + 1);
        let line_start = std::iter::once(0).chain(ends).nth(line.saturating_sub(1)).unwrap_or_default();
        // The parser stops at a character, which the column counts already.
        let place = (line_start + column.saturating_sub(1)).min(document.len());
        let (before, after) = document.split_at(place);
        let has_decimal_comma = match (before, after) {
            ([.., digit, b','], [next, ..]) => digit.is_ascii_digit() && next.is_ascii_digit(),
            _ => false,
        };
        let is_empty = document.trim_ascii().is_empty();
        let near = if is_empty { String::new() } else { near(before, after) };
        Self { line, column, near, has_decimal_comma }
    }
}

/// The visible characters around a place. The document may not be UTF-8.
fn near(before: &[u8], after: &[u8]) -> String {
    // A character has at most four bytes, and hidden ones are left out of what is cut, so this much is enough to look at.
    let before = before.get(before.len().saturating_sub(AROUND * 8)..).unwrap_or_default();
    let after = after.get(..AROUND * 8).unwrap_or(after);
    let visible = |text: &[u8]| -> Vec<char> {
        String::from_utf8_lossy(text).chars().filter(|c| !is_hidden(*c) && *c != char::REPLACEMENT_CHARACTER).collect()
    };
    let (before, after) = (visible(before), visible(after));
    let start = before.len().saturating_sub(AROUND);
    let end = after.len().min(AROUND);
    let opening = if start > 0 { "…" } else { "" };
    let closing = if end < after.len() { "…" } else { "" };
    let shown: String = before.iter().skip(start).chain(after.iter().take(end)).collect();
    if shown.is_empty() { "…".to_owned() } else { format!("{opening}{shown}{closing}") }
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;

    #[test]
    fn unparsable_shows_what_stands_at_the_place() {
        let stop = |text: &str| parse(text.as_bytes()).unwrap_err();
        let comma = stop(r#"{"measures": [{"measure": "rooftop_solar_pv", "quantity": 5,4}]}"#);
        assert_eq!((comma.near.as_str(), comma.has_decimal_comma), ("…tity\": 5,4}]}", true));
        let single = stop("{'a': 1}");
        assert_eq!((single.near.as_str(), single.has_decimal_comma), ("{'a': 1}", false));
        assert_eq!(stop(r#"{"a":1"#).near, r#"{"a":1"#);
        for empty in ["", " ", "\n\n"] {
            assert_eq!(stop(empty).near, "");
        }
    }

    #[test]
    fn unparsable_repeats_at_most_twenty_visible_characters() {
        for place in ["\u{202e}\u{0}\r", "ậ", "\u{1f600}"] {
            let text = format!("{{\"a\": {0}{0}x{0}{1}}}", place.repeat(9), "b".repeat(40));
            let stop = parse(text.as_bytes()).unwrap_err();
            assert!(stop.near.chars().count() <= 20, "{}", stop.near);
            assert!(!stop.near.contains(['\u{202e}', '\u{0}', '\r', '\n']), "{:?}", stop.near);
        }
        let broken = parse(b"{\"a\": \"\xff\xfe\"}").unwrap_err();
        assert!(!broken.near.contains(char::REPLACEMENT_CHARACTER), "{}", broken.near);
    }
}
