//! Numbers and days as people write them: 1.234,5 and 25/11/2026 in Vietnamese, 1,234.5 and 25 November 2026 in English.

use chrono::{Datelike, NaiveDate};

use crate::domain::values::{Language, units};

/// A number with so many decimals, as a language writes it.
#[must_use]
pub fn number(value: f64, decimals: usize, language: Language) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (group, point) = language.choose((".", ","), (",", "."));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push_str(group);
        }
        grouped.push(digit);
    }
    let is_negative = value < 0.0 && text.chars().any(|digit| digit.is_ascii_digit() && digit != '0');
    let sign = if is_negative { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}{point}{fraction}") }
}

/// A number with three significant digits, and no more than three decimals.
#[must_use]
pub fn three_digits(value: f64, language: Language) -> String {
    let size = value.abs();
    // 999.6 reads as 1,000, so that what rounds up to the next size is of that size.
    let (step, decimals) = match size {
        ..0.9995 => (0.001, 3),
        ..9.995 => (0.01, 2),
        ..99.95 => (0.1, 1),
        _ => {
            let mut step = 1.0;
            while size / step >= 999.5 {
                step *= 10.0;
            }
            (step, 0)
        }
    };
    number((value / step).round() * step, decimals, language)
}

/// A count.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
pub fn count(value: i64, language: Language) -> String {
    number(value as f64, 0, language)
}

/// A quantity in thousandths, without zeros at the end: 100.000 and 5,4 in Vietnamese.
#[must_use]
pub fn quantity(milli: i64, language: Language) -> String {
    let decimals = [1_000, 100, 10, 1].iter().position(|unit| milli % unit == 0).unwrap_or_default();
    number(units(milli), decimals, language)
}

/// A day.
#[must_use]
pub fn day(day: NaiveDate, language: Language) -> String {
    language.choose(
        format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
        format!("{} {} {}", day.day(), day.format("%B"), day.year()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_grouped_and_pointed_as_the_language_does() {
        let both = |value, decimals| {
            [Language::Vietnamese, Language::English].map(|language| number(value, decimals, language))
        };
        assert_eq!(both(1_234_567.891, 2), ["1.234.567,89", "1,234,567.89"]);
        assert_eq!(both(0.0601, 2), ["0,06", "0.06"]);
        assert_eq!(both(-12_345.0, 0), ["-12.345", "-12,345"]);
        assert_eq!(both(-0.001, 2), ["0,00", "0.00"]);
        assert_eq!(both(999.0, 0), ["999", "999"]);
    }

    #[test]
    fn number_with_three_digits_claims_no_more() {
        let vi = |value| three_digits(value, Language::Vietnamese);
        let values = [0.0456, 0.9996, 1.234, 9.996, 12.34, 99.96, 123.4, 999.6, 1_499.312, 2_046_431.0, 0.0];
        let expected = ["0,046", "1,00", "1,23", "10,0", "12,3", "100", "123", "1.000", "1.500", "2.050.000", "0,000"];
        assert_eq!(values.map(vi), expected);
    }

    #[test]
    fn quantity_has_as_many_decimals_as_it_needs() {
        let both = |milli| [Language::Vietnamese, Language::English].map(|language| quantity(milli, language));
        assert_eq!(both(100_000_000), ["100.000", "100,000"]);
        assert_eq!(both(5_400), ["5,4", "5.4"]);
        assert_eq!(both(1_234_567), ["1.234,567", "1,234.567"]);
        assert_eq!(both(50), ["0,05", "0.05"]);
    }

    #[test]
    fn day_is_written_as_people_write_it() {
        let date = "2026-11-05".parse().unwrap();
        assert_eq!(day(date, Language::Vietnamese), "05/11/2026");
        assert_eq!(day(date, Language::English), "5 November 2026");
    }
}
