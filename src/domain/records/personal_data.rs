//! The personal data of a site: address, customer code, place on the map, consent. It lives in the table `site_private`
//! alone, never in entries, logs, metrics or error texts.

use std::fmt;

use chrono::NaiveDate;

use crate::domain::refusals::Warning;
use crate::domain::values::{Address, Fault, Text};

/// The number of the newest consent text. Texts are numbered from 1.
pub const CONSENT_TEXT_VERSION: i32 = 2;

/// A normalised grid customer code: capital letters and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GridCode(String);

impl GridCode {
    /// Drops spaces, dots and hyphens, capitalises, and checks that only letters and digits remain.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let text = Text::<40>::parse(raw)?;
        let code: String =
            text.as_str().chars().filter(|c| !matches!(c, ' ' | '-' | '.')).collect::<String>().to_uppercase();
        if code.is_empty() || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Fault::NotAGridCode);
        }
        Ok(Self(code))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes back a stored code.
    #[must_use]
    pub fn stored(code: String) -> Self {
        Self(code)
    }

    /// Whether the code looks like EVN's: 11 to 13 characters, beginning with P. Another code names no site, because it may
    /// stand for "unknown" at many homes.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        (11..=13).contains(&self.0.len()) && self.0.starts_with('P')
    }

    /// A warning if the code is unusual. Unusual codes are kept.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        (!self.is_usual()).then_some(Warning::UnusualGridCode)
    }
}

impl fmt::Debug for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GridCode(…)")
    }
}

/// A point on the map in millionths of a degree (WGS 84).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Location {
    lat_microdeg: i32,
    lon_microdeg: i32,
}

impl Location {
    /// Takes degrees within Việt Nam's box, both archipelagos included.
    pub fn parse(lat: f64, lon: f64) -> Result<Self, Fault> {
        if !(8.0..=23.5).contains(&lat) || !(102.0..=116.0).contains(&lon) {
            return Err(Fault::OutsideVietNam);
        }
        Ok(Self { lat_microdeg: microdeg(lat), lon_microdeg: microdeg(lon) })
    }

    /// Takes back a stored point.
    #[must_use]
    pub fn stored(lat_microdeg: i32, lon_microdeg: i32) -> Self {
        Self { lat_microdeg, lon_microdeg }
    }

    #[must_use]
    pub fn lat_microdeg(self) -> i32 {
        self.lat_microdeg
    }

    #[must_use]
    pub fn lon_microdeg(self) -> i32 {
        self.lon_microdeg
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the caller has bounded the degrees to ±116")]
fn microdeg(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Location(…)")
    }
}

/// The day and the text of a householder's consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Consent {
    pub on: NaiveDate,
    pub text_version: i32,
}

/// All personal data of one site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PrivateFacts {
    pub address: Option<Address>,
    pub grid_customer_code: Option<GridCode>,
    pub location: Option<Location>,
    pub consent: Option<Consent>,
    /// The day on which the consent was withdrawn and the rest erased.
    pub consent_withdrawn_on: Option<NaiveDate>,
}

impl PrivateFacts {
    /// Whether there is no data to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The names of the data that differ from `before`.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<&'static str> {
        let changed = [
            ("address", self.address != before.address),
            ("grid_customer_code", self.grid_customer_code != before.grid_customer_code),
            ("location", self.location != before.location),
            ("consent", (self.consent, self.consent_withdrawn_on) != (before.consent, before.consent_withdrawn_on)),
        ];
        changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
    }

    /// Whether the householder agreed and did not withdraw.
    #[must_use]
    pub fn has_consent(&self) -> bool {
        self.consent.is_some() && self.consent_withdrawn_on.is_none()
    }

    /// Whether the data identify a household. If so, a home needs consent.
    #[must_use]
    pub fn identifies(&self) -> bool {
        self.address.is_some() || self.grid_customer_code.is_some() || self.location.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_grid_code_drops_separators_and_warns_of_odd_ones() {
        let code = GridCode::parse("pd 0100-0123.456").unwrap();
        assert_eq!(code.as_str(), "PD01000123456");
        assert_eq!(code.warning(), None);
        assert_eq!(GridCode::parse("X1").unwrap().warning(), Some(Warning::UnusualGridCode));
        assert_eq!(GridCode::parse("P/1").unwrap_err(), Fault::NotAGridCode);
    }

    #[test]
    fn parse_location_outside_viet_nam_is_refused() {
        assert_eq!(Location::parse(21.03, 105.85).unwrap().lat_microdeg(), 21_030_000);
        assert_eq!(Location::parse(105.85, 21.03), Err(Fault::OutsideVietNam));
    }

    #[test]
    fn debug_never_shows_personal_data() {
        let private = PrivateFacts {
            address: Address::parse("Số 7 ngõ MARK").ok(),
            grid_customer_code: GridCode::parse("PMARK0000001").ok(),
            location: Location::parse(21.03, 105.85).ok(),
            consent: None,
            consent_withdrawn_on: None,
        };
        let shown = format!("{private:?}");
        assert!(!shown.contains("MARK") && !shown.contains("21"), "{shown}");
    }
}
