//! The texts to which householders consent, by version. A text to which somebody agreed never changes: a new wording is a new
//! version.

use chrono::NaiveDate;

/// One version of the text, in both languages.
#[derive(Debug)]
pub struct ConsentText {
    pub version: i32,
    /// The first day on which somebody may agree to it.
    pub in_force_from: NaiveDate,
    /// The Vietnamese text in Markdown, to which householders agree.
    pub vi: &'static str,
    /// The English translation in Markdown.
    pub en: &'static str,
}

#[must_use]
pub fn consent_text(version: i32) -> Option<ConsentText> {
    let (in_force_from, vi, en) = match version {
        1 => (
            // The law that the text names is in force from this day.
            "2026-01-01",
            include_str!("../../../reference/consent/1.vi.md"),
            include_str!("../../../reference/consent/1.en.md"),
        ),
        2 => (
            "2026-11-27",
            include_str!("../../../reference/consent/2.vi.md"),
            include_str!("../../../reference/consent/2.en.md"),
        ),
        _ => return None,
    };
    Some(ConsentText { version, in_force_from: in_force_from.parse().ok()?, vi, en })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::records::personal_data::CONSENT_TEXT_VERSION;
    use crate::domain::values::hex;

    /// SHA-256 of each version's texts, Vietnamese and English. A line here never changes once somebody agreed to its text; version 1 was rewritten on
    /// 27 November 2026, before any register was in use.
    const PINNED: [[&str; 2]; 2] = [
        [
            "a4b5a3f9524c75deb5c4fe66429e496586539165b04e7dccf87d294dcfc6e6c8",
            "5e8105fc507dda5e8bac3c46a2ad7017dc3c5898299c329661f90108efc3cf42",
        ],
        [
            "cd2a086e751f9449c44a287fb12ca24d49f4c040f71ebaa774367d7612c0d326",
            "564872703a9b4dff1cb48d6c2f38d37853b2e660d395bd7e0c832b64d8e0512f",
        ],
    ];

    #[test]
    fn consent_text_of_every_version_is_the_same_for_ever() {
        assert_eq!(usize::try_from(CONSENT_TEXT_VERSION), Ok(PINNED.len()));
        for (version, pinned) in (1..).zip(PINNED) {
            let text = consent_text(version).unwrap();
            let hash =
                |text: &str| hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref());
            assert_eq!([hash(text.vi), hash(text.en)], pinned, "version {version}");
        }
        assert!(consent_text(0).is_none() && consent_text(CONSENT_TEXT_VERSION + 1).is_none());
    }
}
