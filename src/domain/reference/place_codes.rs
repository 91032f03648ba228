//! The codes of provinces and communes as callers write them, in a body, a query or a command. A code that was retired in July 2025
//! is refused with its successor.

use crate::domain::values::Fault;

use super::communes::{CommuneId, retired_commune};
use super::former_provinces::{FormerProvinceId, retired_province};
use super::provinces::ProvinceId;

/// Reads a province code of the 34. The fault of a retired code names the successor.
pub fn parse_province(raw: &str) -> Result<ProvinceId, Fault> {
    ProvinceId::parse(raw).ok_or_else(|| match retired_province(raw) {
        Some(former) => {
            Fault::RetiredProvince { former: former.listed(), now: former.former_province().province.code() }
        }
        None => Fault::UnknownProvince,
    })
}

/// Reads a commune code of the 3,321. The fault of a retired code names the successors.
pub fn parse_commune(raw: &str) -> Result<CommuneId, Fault> {
    CommuneId::parse(raw).ok_or_else(|| match retired_commune(raw) {
        Some(former) => {
            Fault::RetiredCommune { code: &former.code, name_vi: &former.name_vi, now: &former.successor_codes }
        }
        None => Fault::UnknownCommune,
    })
}

/// Reads a code of the 63 provinces before July 2025.
pub fn parse_former_province(raw: &str) -> Result<FormerProvinceId, Fault> {
    FormerProvinceId::parse(raw).ok_or(Fault::UnknownFormerProvince)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_province_with_a_retired_code_names_its_successor() {
        let fault = parse_province("74").unwrap_err();
        assert!(matches!(fault, Fault::RetiredProvince { now: "79", .. }));
    }
}
