//! The place of a site: a province, with the commune and the former province if they are known.

use crate::domain::values::{Fault, coded_enum};

use super::communes::CommuneId;
use super::former_provinces::FormerProvinceId;
use super::provinces::ProvinceId;

coded_enum!(
    /// A list of provinces.
    PlaceList {
        /// The 34 since 1 July 2025.
        Now = "34",
        /// The 63 before that day.
        Former = "63",
    }
);

/// The edition of the lists of places (`place_version` in tables).
pub const PLACE_VERSION: i32 = 1;

/// A province, with the commune and the former province if they are known. The parts agree with each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    province: ProvinceId,
    former: Option<FormerProvinceId>,
    commune: Option<CommuneId>,
}

/// The name of a wrong part of a place, and its fault.
pub type PlaceFault = (&'static str, Fault);

impl Place {
    /// Joins the parts and checks each against the others. The former province follows from the commune, or from a province that
    /// was never merged. A former province that is given must agree with it.
    pub fn new(
        province: ProvinceId,
        commune: Option<CommuneId>,
        former: Option<FormerProvinceId>,
    ) -> Result<Self, Vec<PlaceFault>> {
        let mut faults = Vec::new();
        if let Some(elsewhere) = commune.map(|c| c.commune().province).filter(|p| *p != province) {
            faults.push(("commune_code", Fault::CommuneElsewhere { province: elsewhere.listed() }));
        }
        let follows =
            commune.and_then(|c| c.commune().former_province).or_else(|| FormerProvinceId::of_unmerged(province));
        if let Some(sent) = former {
            if sent.former_province().province != province {
                let belongs = sent.former_province().province;
                faults.push(("former_province_code", Fault::FormerProvinceElsewhere { province: belongs.listed() }));
            } else if let Some(expected) = follows.filter(|f| *f != sent && faults.is_empty()) {
                faults.push(("former_province_code", Fault::FormerProvinceDisagrees { expected: expected.listed() }));
            }
        }
        if faults.is_empty() { Ok(Self { province, former: follows.or(former), commune }) } else { Err(faults) }
    }

    /// Takes back a stored place.
    #[must_use]
    pub fn stored(province: ProvinceId, former: Option<FormerProvinceId>, commune: Option<CommuneId>) -> Self {
        Self { province, former, commune }
    }

    /// One of the 34.
    #[must_use]
    pub fn province(&self) -> ProvinceId {
        self.province
    }

    /// One of the 63, if it is known.
    #[must_use]
    pub fn former(&self) -> Option<FormerProvinceId> {
        self.former
    }

    /// One of the 3,321, if it is known.
    #[must_use]
    pub fn commune(&self) -> Option<CommuneId> {
        self.commune
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reference::{parse_commune, parse_former_province, parse_province};

    #[test]
    fn new_with_a_commune_takes_its_former_province() {
        let commune = parse_commune("09952").unwrap();
        let place = Place::new(parse_province("01").unwrap(), Some(commune), None).unwrap();
        assert_eq!(place.former().map(FormerProvinceId::code), Some("01"));
    }

    #[test]
    fn new_with_a_commune_of_another_province_says_where_it_is() {
        let commune = parse_commune("09952").unwrap();
        let faults = Place::new(parse_province("79").unwrap(), Some(commune), None).unwrap_err();
        assert!(
            matches!(faults[..], [("commune_code", Fault::CommuneElsewhere { province })] if province.code == "01")
        );
    }

    #[test]
    fn new_with_a_former_province_that_went_elsewhere_is_refused() {
        let former = parse_former_province("74").unwrap();
        let faults = Place::new(parse_province("01").unwrap(), None, Some(former)).unwrap_err();
        assert!(matches!(faults[..], [("former_province_code", Fault::FormerProvinceElsewhere { .. })]));
        let place = Place::new(parse_province("79").unwrap(), None, Some(former)).unwrap();
        assert_eq!(place.former(), Some(former));
    }
}
