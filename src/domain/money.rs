//! Money in whole Vietnamese đồng.

use serde_json::Number;

use super::fault::Fault;

/// No single installation costs more; also keeps every sum inside 64 bits.
const MAX_VND: i64 = 10_000_000_000_000;

/// An amount in whole đồng, zero allowed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Vnd(i64);

impl Vnd {
    /// Reads a whole JSON number from 0 to ten trillion.
    pub fn parse(raw: &Number) -> Result<Self, Fault> {
        match raw.as_i64() {
            Some(vnd) if vnd < 0 => Err(Fault::Negative),
            Some(vnd) if vnd <= MAX_VND => Ok(Self(vnd)),
            None if raw.is_f64() => Err(Fault::NotWhole),
            Some(_) | None => Err(Fault::AboveCeiling { max_milli: MAX_VND * 1000 }),
        }
    }

    /// The amount in đồng.
    #[must_use]
    pub fn vnd(self) -> i64 {
        self.0
    }

    /// Takes back an amount that this register stored.
    #[must_use]
    pub fn stored(vnd: i64) -> Self {
        Self(vnd)
    }
}
