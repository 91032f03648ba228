//! The language in which somebody is answered.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

use crate::domain::values::Language;

/// The language that `Accept-Language` likes better; Vietnamese when it names neither.
#[must_use]
pub fn language_of(headers: &HeaderMap) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Language::Vietnamese, 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        let language = match tag.split('-').next() {
            Some("vi") => Language::Vietnamese,
            Some("en") => Language::English,
            _ => continue,
        };
        if quality > best.1 {
            best = (language, quality);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn language(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
        language_of(&headers)
    }

    #[test]
    fn language_follows_quality_and_defaults_to_vietnamese() {
        assert_eq!(language("en-GB,en;q=0.9"), Language::English);
        assert_eq!(language("en;q=0.5, vi;q=0.8"), Language::Vietnamese);
        assert_eq!(language("fr, en;q=0.1"), Language::English);
        assert_eq!(language("fr"), Language::Vietnamese);
        assert_eq!(language("*"), Language::Vietnamese);
        assert_eq!(language_of(&HeaderMap::new()), Language::Vietnamese);
    }
}
