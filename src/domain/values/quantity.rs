//! Sizes as whole thousandths of a unit, so that sums are exact, and the decimal numbers that people write and read.

use serde_json::Number;

use super::fault::Fault;

/// A size above zero in thousandths of its unit: 5.4 kWp is 5400.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Quantity(i64);

impl Quantity {
    /// Reads a JSON number with at most three decimals, above zero and at most `max_milli`.
    pub fn parse(raw: &Number, max_milli: i64) -> Result<Self, Fault> {
        let milli = milli_of(raw)?;
        if milli > i128::from(max_milli) {
            return Err(Fault::AboveCeiling { max_milli });
        }
        match i64::try_from(milli) {
            Ok(milli) if milli > 0 => Ok(Self(milli)),
            _ => Err(Fault::NotPositive),
        }
    }

    /// The size in thousandths of the unit.
    #[must_use]
    pub fn milli(self) -> i64 {
        self.0
    }

    /// Takes back a stored size.
    #[must_use]
    pub fn stored(milli: i64) -> Self {
        Self(milli)
    }

    /// Whether it is a whole number of units.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0 % 1000 == 0
    }
}

/// The exact decimal value of `raw` times a thousand. A JSON float is read by its shortest decimal form, because its sender
/// wrote that form for up to 17 digits.
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
    // A number with more digits than an i128 holds is above any ceiling.
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(json: &str) -> Result<i64, Fault> {
        let number: Number = serde_json::from_str(json).unwrap();
        Quantity::parse(&number, 100_000_000).map(Quantity::milli)
    }

    #[test]
    fn parse_keeps_three_decimals_exactly() {
        assert_eq!(parse("5.4"), Ok(5400));
        assert_eq!(parse("0.001"), Ok(1));
        assert_eq!(parse("100000"), Ok(100_000_000));
        assert_eq!(parse("2.50000"), Ok(2500));
        assert_eq!(parse("1e2"), Ok(100_000));
    }

    #[test]
    fn parse_zero_negative_too_fine_or_too_large_is_refused() {
        assert_eq!(parse("0"), Err(Fault::NotPositive));
        assert_eq!(parse("-0.0"), Err(Fault::NotPositive));
        assert_eq!(parse("-3"), Err(Fault::NotPositive));
        assert_eq!(parse("5.4321"), Err(Fault::TooManyDecimals { max: 3 }));
        assert_eq!(parse("1e-9"), Err(Fault::TooManyDecimals { max: 3 }));
        assert_eq!(parse("100000.001"), Err(Fault::AboveCeiling { max_milli: 100_000_000 }));
        assert_eq!(parse("1e300"), Err(Fault::AboveCeiling { max_milli: 100_000_000 }));
    }

    proptest! {
        #[test]
        fn parse_reads_back_every_thousandth(milli in 1i64..=100_000_000) {
            prop_assert_eq!(parse(&serde_json::to_string(&units(milli)).unwrap()), Ok(milli));
        }
    }
}
