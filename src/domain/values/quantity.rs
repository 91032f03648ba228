//! Sizes as whole thousandths of a unit, so that sums are exact.

use serde_json::Number;

use super::fault::Fault;
use super::thousandths::milli_of;

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

    /// Takes back a size that this register stored.
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

#[cfg(test)]
mod tests {
    use super::super::thousandths::units;
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
