//! Money in whole Vietnamese đồng.

use serde_json::Number;

use super::fault::Fault;
use super::quantity::milli_of;

/// The highest cost of one installation, in đồng. It also keeps every sum inside 64 bits.
pub const MAX_VND: i64 = 10_000_000_000_000;

/// An amount in whole đồng, zero allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vnd(i64);

impl Vnd {
    /// Reads a whole JSON number from 0 to ten trillion.
    pub fn parse(raw: &Number) -> Result<Self, Fault> {
        if raw.as_f64().is_some_and(|vnd| vnd < 0.0) {
            return Err(Fault::Negative);
        }
        let milli = milli_of(raw).map_err(|_| Fault::NotWhole)?;
        if milli > i128::from(MAX_VND) * 1000 {
            return Err(Fault::AboveCeiling { max_milli: MAX_VND * 1000 });
        }
        let whole = i64::try_from(milli / 1000).ok().filter(|_| milli % 1000 == 0);
        whole.map(Self).ok_or(Fault::NotWhole)
    }

    #[must_use]
    pub fn vnd(self) -> i64 {
        self.0
    }

    /// Takes back a stored amount.
    #[must_use]
    pub fn stored(vnd: i64) -> Self {
        Self(vnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<i64, Fault> {
        Vnd::parse(&serde_json::from_str(text).unwrap()).map(Vnd::vnd)
    }

    #[test]
    fn parse_takes_whole_amounts_however_they_are_written() {
        assert_eq!(parse("90000000"), Ok(90_000_000));
        assert_eq!(parse("90000000.0"), Ok(90_000_000));
        assert_eq!(parse("9e7"), Ok(90_000_000));
        assert_eq!(parse("0"), Ok(0));
    }

    #[test]
    fn parse_says_what_is_wrong_with_others() {
        assert_eq!(parse("-1"), Err(Fault::Negative));
        assert_eq!(parse("0.5"), Err(Fault::NotWhole));
        assert_eq!(parse("0.00001"), Err(Fault::NotWhole));
        for above in ["10000000000001", "1e20", "99999999999999999999"] {
            assert_eq!(parse(above).unwrap_err().code(), "above_ceiling", "{above}");
        }
    }
}
