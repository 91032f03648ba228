//! The bodies with which an administrator adds partners, clients and projects.

use crate::domain::actor::Role;
use crate::domain::administration::{NewClient, NewPartner, NewProject};
use crate::domain::fault::{Because, Fault};
use crate::domain::id::Code;
use crate::domain::refusal::FieldFault;
use crate::domain::text::Name;

use super::json::Node;
use super::reader::{Faults, Object, coded};

fn read<T>(node: &Node, fields: impl FnOnce(&mut Object<'_>, &mut Faults) -> Option<T>) -> Result<T, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let read = Object::of(node, String::new(), &mut faults).and_then(|mut body| {
        let read = fields(&mut body, &mut faults);
        body.finish(&mut faults);
        read
    });
    faults.settle(read)
}

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

/// Reads `{role, partner?, name}`; the role partner and no other belongs to a partner.
pub fn read_new_client(node: &Node) -> Result<NewClient, Vec<FieldFault>> {
    read(node, |body, faults| {
        let role = body.required_text("role", faults, coded(Role::parse, Role::CODES));
        let partner = body.text("partner", faults, Code::parse);
        let name = body.required_text("name", faults, Name::parse);
        match role {
            Some(Role::Partner) if !body.has("partner") => body.missing("partner", faults),
            Some(Role::Dashboard | Role::Reviewer | Role::Admin) if body.has("partner") => {
                faults.add(body.at("partner"), Fault::NotAllowedHere { because: Because::NotAPartnerClient });
            }
            _ => {}
        }
        Some(NewClient { role: role?, partner, name: name? })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn client(body: &str) -> Result<NewClient, Vec<(String, &'static str)>> {
        let node = crate::api::json::parse(body.as_bytes()).unwrap();
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
}
