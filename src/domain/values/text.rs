//! Free text as the register keeps it: NFC, trimmed, printable, of bounded length.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::fault::Fault;

/// Text of 1 to `MAX` characters in NFC, trimmed, without control or bidirectional characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

/// A partner's own number of an installation or a site.
pub type ExternalId = Text<100>;
/// An address line. It is personal data, so `Debug` shows only its length.
pub type Address = Text<300>;
/// A remark of a reviewer or a partner.
pub type Note = Text<500>;
/// The name of an organisation, a project or a client.
pub type Name = Text<200>;

impl<const MAX: usize> Text<MAX> {
    /// Cleans `raw` and checks it; the length is counted in characters after cleaning.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let clean: String = raw.nfc().collect();
        let clean = clean.trim();
        if clean.is_empty() {
            return Err(Fault::Empty);
        }
        if clean.chars().any(is_hidden) {
            return Err(Fault::ForbiddenCharacter);
        }
        if clean.chars().count() > MAX {
            return Err(Fault::TooLong { max: MAX });
        }
        Ok(Self(clean.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes back stored text, which was parsed when it came in.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

/// Shows only the length, because some texts are personal data and must not reach a log.
impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} characters)", self.0.chars().count())
    }
}

/// Control characters, and invisible characters that reorder or hide text. No text may hold one, and no answer repeats one.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_decomposed_vietnamese_gives_the_composed_form() {
        let composed = Text::<20>::parse("Đắk Lắk").unwrap();
        let decomposed: String = "Đắk Lắk".nfd().collect();
        assert_eq!(Text::<20>::parse(&format!("  {decomposed} ")).unwrap(), composed);
    }

    #[test]
    fn parse_counts_characters_not_bytes() {
        assert!(Text::<3>::parse("ạạạ").is_ok());
        assert_eq!(Text::<3>::parse("ạạạạ").unwrap_err(), Fault::TooLong { max: 3 });
    }

    #[test]
    fn parse_nul_bidi_or_blank_is_refused() {
        for bad in ["a\0b", "a\u{202E}b", "a\nb", "\u{2066}x", "a\u{200B}b"] {
            assert_eq!(Text::<9>::parse(bad).unwrap_err(), Fault::ForbiddenCharacter, "{bad:?}");
        }
        assert_eq!(Text::<9>::parse("  ").unwrap_err(), Fault::Empty);
    }

    #[test]
    fn debug_never_shows_the_text() {
        let text = Address::parse("12 Hàng Bài").unwrap();
        assert!(!format!("{text:?}").contains("Hàng"));
    }
}
