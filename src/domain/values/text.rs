//! Free text as the register keeps it: NFC, trimmed, of bounded length, and every character of it can be seen.

use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_normalization::UnicodeNormalization;

use super::fault::Fault;

/// Text of 1 to `MAX` characters in NFC, trimmed, without strays and hidden characters.
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
        // Strays first, because one between a letter and its accent keeps the two from composing.
        let tidied = without_strays(raw);
        let clean: String = tidied.as_deref().unwrap_or(raw).nfc().collect();
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

/// The text without strays: what copying from pages and spreadsheets leaves behind, and nobody means. Soft hyphens, zero-width
/// characters and byte order marks go; a space of another kind, as the hard one, becomes a plain space, so that words do not
/// grow together, and goes at both ends. `None` if there is no stray.
#[must_use]
pub fn without_strays(raw: &str) -> Option<String> {
    if raw.is_ascii() || !raw.chars().any(|c| is_stray(c) || is_odd_space(c)) {
        return None;
    }
    let kept = raw.chars().filter(|c| !is_stray(*c));
    let plain: String = kept.map(|c| if is_odd_space(c) { ' ' } else { c }).collect();
    Some(plain.trim_matches(' ').to_owned())
}

fn is_stray(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// A space that is not the plain one: the hard space, the narrow one, the one as wide as a digit …
fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && category(c) == GeneralCategory::SpaceSeparator
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Characters that nobody sees, or that show as they please: control characters, strays, what turns the direction of writing,
/// fillers, variation selectors, tags, private use, unassigned. No text holds one, and no answer repeats one.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_control();
    }
    let is_blank = matches!(c, '\u{2800}' | '\u{1D159}');
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    is_blank || ignorable || {
        use GeneralCategory as Of;
        let hidden =
            [Of::Control, Of::Format, Of::LineSeparator, Of::ParagraphSeparator, Of::PrivateUse, Of::Unassigned];
        hidden.contains(&category(c))
    }
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
        let hidden = [
            '\0',
            '\u{202E}',
            '\n',
            '\u{2066}',
            '\u{2028}',
            '\u{200F}',
            '\u{61C}',
            '\u{3164}',
            '\u{FFA0}',
            '\u{115F}',
            '\u{34F}',
            '\u{180E}',
            '\u{FE0F}',
            '\u{E0100}',
            '\u{E0041}',
            '\u{E001}',
            '\u{F0000}',
            '\u{378}',
            '\u{FFFF}',
            '\u{2800}',
        ];
        for bad in hidden.map(|c| format!("a{c}b")) {
            let bad = bad.as_str();
            assert_eq!(Text::<9>::parse(bad).unwrap_err(), Fault::ForbiddenCharacter, "{bad:?}");
        }
        assert_eq!(Text::<9>::parse("  ").unwrap_err(), Fault::Empty);
        assert_eq!(Text::<9>::parse("\u{200B}\u{A0}\u{FEFF}").unwrap_err(), Fault::Empty);
    }

    #[test]
    fn parse_removes_strays_and_makes_every_space_a_plain_one() {
        let shown = |raw: &str| Text::<99>::parse(raw).map(|text| text.as_str().to_owned());
        assert_eq!(shown("\u{FEFF}Số\u{A0}7\u{202F}ngõ\u{2007}1\u{3000}"), Ok("Số 7 ngõ 1".to_owned()));
        assert_eq!(shown("So\u{AD}lar\u{200B}C\u{200C}o\u{200D}\u{2060}"), Ok("SolarCo".to_owned()));
        assert_eq!(shown("a\u{200B}\u{323}"), Ok("\u{1EA1}".to_owned()), "and then composes");
        assert_eq!(without_strays("Đắk Lắk 🌞 ② ﷺ ไทย"), None);
        assert_eq!(shown("Đắk Lắk 🌞 ② ไทย"), Ok("Đắk Lắk 🌞 ② ไทย".to_owned()));
    }

    #[test]
    fn debug_never_shows_the_text() {
        let text = Address::parse("12 Hàng Bài").unwrap();
        assert!(!format!("{text:?}").contains("Hàng"));
    }
}
