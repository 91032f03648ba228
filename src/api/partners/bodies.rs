//! The bodies with which an administrator adds partners, clients, projects and releases.

use chrono::{NaiveDate, TimeDelta};

use crate::api::http::{Node, coded, read};
use crate::domain::records::{KEEP_OLD_HOURS, MOST_KEEP_OLD_HOURS, NewClient, NewPartner, NewProject, Role, misplaced};
use crate::domain::reference::parse_province;
use crate::domain::refusals::FieldFault;
use crate::domain::values::{Code, Fault, Name, parse_day};

/// Reads `{code, name, kind?, vcca_role?, listed?, sandbox?}`.
pub fn read_new_partner(node: &Node) -> Result<NewPartner, Vec<FieldFault>> {
    read(node, |body, faults| {
        let code = body.required_text("code", faults, Code::parse);
        let name = body.required_text("name", faults, Name::parse);
        let kind = body.text("kind", faults, Name::parse);
        let vcca_role = body.text("vcca_role", faults, Name::parse);
        let listed = body.boolean("listed", faults).unwrap_or(false);
        let sandbox = body.boolean("sandbox", faults).unwrap_or(false);
        Some(NewPartner { code: code?, name: name?, kind, vcca_role, listed, sandbox })
    })
}

/// Reads `{role, partner?, affiliation?, province_code?, name}`.
pub fn read_new_client(node: &Node) -> Result<NewClient, Vec<FieldFault>> {
    read(node, |body, faults| {
        let role = body.required_text("role", faults, coded(Role::parse, Role::CODES));
        let partner = body.text("partner", faults, Code::parse);
        let affiliation = body.text("affiliation", faults, Code::parse);
        let province = body.text("province_code", faults, parse_province);
        let name = body.required_text("name", faults, Name::parse);
        for (member, fault) in role.map(|role| misplaced(role, |name| body.has(name))).unwrap_or_default() {
            faults.add(body.at(member), fault);
        }
        Some(NewClient { role: role?, partner, affiliation, province, name: name? })
    })
}

/// Reads `{keep_old_hours?}`: how long the old secret still works, a day if nothing is said.
pub fn read_reset_secret(node: &Node) -> Result<TimeDelta, Vec<FieldFault>> {
    read(node, |body, faults| {
        let hours = body.number("keep_old_hours", faults, |hours| {
            let within = hours.as_i64().filter(|hours| (0..=MOST_KEEP_OLD_HOURS).contains(hours));
            within.ok_or(Fault::OutOfRange { min: 0, max: MOST_KEEP_OLD_HOURS })
        });
        Some(TimeDelta::hours(hours.unwrap_or(KEEP_OLD_HOURS)))
    })
}

/// Reads `{code, name_vi, name_en, funder?}`.
pub fn read_new_project(node: &Node) -> Result<NewProject, Vec<FieldFault>> {
    read(node, |body, faults| {
        let code = body.required_text("code", faults, Code::parse);
        let name_vi = body.required_text("name_vi", faults, Name::parse);
        let name_en = body.required_text("name_en", faults, Name::parse);
        let funder = body.text("funder", faults, Name::parse);
        Some(NewProject { code: code?, name_vi: name_vi?, name_en: name_en?, funder })
    })
}

/// Reads `{as_of}`.
pub fn read_new_release(node: &Node) -> Result<NaiveDate, Vec<FieldFault>> {
    read(node, |body, faults| body.required_text("as_of", faults, parse_day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(body: &str) -> Result<NewClient, Vec<(String, &'static str)>> {
        let node = crate::api::http::parse(body.as_bytes()).unwrap();
        read_new_client(&node).map_err(|faults| faults.into_iter().map(|f| (f.pointer, f.fault.code())).collect())
    }

    #[test]
    fn read_new_client_only_partners_belong_to_a_partner() {
        assert!(client(r#"{"role":"partner","partner":"SOLARCO","name":"ERP"}"#).is_ok());
        let missing = client(r#"{"role":"partner","name":"ERP"}"#).unwrap_err();
        assert_eq!(missing, [("/partner".to_owned(), "missing")]);
        let surplus = client(r#"{"role":"admin","partner":"SOLARCO","name":"ERP"}"#).unwrap_err();
        assert_eq!(surplus, [("/partner".to_owned(), "not_allowed_here")]);
    }

    #[test]
    fn read_new_client_limits_only_those_who_read() {
        let limited = r#"{"role":"reviewer","affiliation":"SOLARCO","province_code":"01","name":"An"}"#;
        assert!(client(limited).is_ok());
        assert!(client(&limited.replace("reviewer", "dashboard").replace("affiliation", "affiliations")).is_err());
        let refused = client(&limited.replace("reviewer", "admin")).unwrap_err();
        let not_allowed = |pointer: &str| (pointer.to_owned(), "not_allowed_here");
        assert_eq!(refused, [not_allowed("/affiliation"), not_allowed("/province_code")]);
        assert!(client(r#"{"role":"dashboard","province_code":"01","name":"Excel"}"#).is_ok());
    }
}
