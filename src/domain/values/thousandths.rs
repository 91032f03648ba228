//! Thousandths of a unit, in which quantities are stored, and decimal numbers, in which they are read and shown.

use serde_json::Number;

use super::fault::Fault;

/// The exact decimal value of `raw` times a thousand. A JSON float is read by its shortest
/// decimal form, which is what its sender wrote for up to 17 digits.
pub(in crate::domain) fn milli_of(raw: &Number) -> Result<i128, Fault> {
    let text = match raw.as_f64() {
        Some(float) if raw.is_f64() => format!("{float}"),
        _ => raw.to_string(),
    };
    let (digits, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.as_str(), false),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let significant = fraction.trim_end_matches('0');
    if negative {
        return Err(Fault::NotPositive);
    }
    if significant.len() > 3 {
        return Err(Fault::TooManyDecimals { max: 3 });
    }
    // More digits than an i128 holds is above any ceiling.
    let whole: i128 = whole.parse().unwrap_or(i128::MAX / 10_000);
    let thousandths: i128 = format!("{significant:0<3}").parse().unwrap_or(0);
    Ok(whole.saturating_mul(1000).saturating_add(thousandths))
}

/// Thousandths as a number of units, for people and JSON.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53 thousandths")]
pub fn units(milli: i64) -> f64 {
    milli as f64 / 1000.0
}
