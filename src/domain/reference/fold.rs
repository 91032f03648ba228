//! Vietnamese text as a search compares it: without case and without diacritics.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without diacritics, đ as d, ’ as ', single spaces.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'đ' => 'd',
            '’' => '\'',
            other => other,
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_drops_case_and_diacritics_in_either_form() {
        let decomposed: String = "Đắk  LẮK".nfd().collect();
        assert_eq!(fold("Đắk Lắk"), "dak lak");
        assert_eq!(fold(&decomposed), "dak lak");
        assert_eq!(fold("Ea H’Leo"), fold("Ea H'leo"), "the lists have both apostrophes");
    }
}
