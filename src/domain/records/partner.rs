//! What an administrator adds: partners, clients, projects.

use crate::domain::reference::ProvinceId;
use crate::domain::values::{Fault, Name, PartnerCode, ProjectCode, Rule};

use super::actor::Role;

/// A partner to be added.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// Its code, for ever.
    pub code: PartnerCode,
    /// Its name.
    pub name: Name,
    /// What kind of organisation, in its own words.
    pub kind: Option<Name>,
    /// Its role in VCCA.
    pub vcca_role: Option<Name>,
    /// Whether it may be named in public.
    pub listed: bool,
    /// Whether it only tries things out; never changes.
    pub sandbox: bool,
}

/// A client to be added. Its secret is made by the register and shown once.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// What it may do.
    pub role: Role,
    /// Whom it acts for, with the role partner.
    pub partner: Option<PartnerCode>,
    /// The partner that the person works for, with the role reviewer: they see nothing of it.
    pub affiliation: Option<PartnerCode>,
    /// The one province that it may see, with the roles reviewer and dashboard.
    pub province: Option<ProvinceId>,
    /// Who or what it is, for administrators.
    pub name: Name,
}

/// What is wrong with a client of this role for whom these members were given, by their names:
/// the role partner and no other belongs to a partner; reviewers may have an affiliation;
/// reviewers and dashboards may be limited to a province.
#[must_use]
pub fn misplaced(role: Role, has: impl Fn(&str) -> bool) -> Vec<(&'static str, Fault)> {
    let refused = |rule| Fault::NotAllowed { rule };
    let is_partner = role == Role::Partner;
    let limitable = matches!(role, Role::Reviewer | Role::Dashboard);
    let mut faults = Vec::new();
    match (is_partner, has("partner")) {
        (true, false) => faults.push(("partner", Fault::Missing)),
        (false, true) => faults.push(("partner", refused(Rule::NotAPartnerClient))),
        _ => {}
    }
    if role != Role::Reviewer && has("affiliation") {
        faults.push(("affiliation", refused(Rule::NotAReviewer)));
    }
    if !limitable && has("province_code") {
        faults.push(("province_code", refused(Rule::NotLimitable)));
    }
    faults
}

/// Hours that an old secret still works after a new one was given, if nothing else is said.
pub const KEEP_OLD_HOURS: i64 = 24;
/// The most that can be said.
pub const MOST_KEEP_OLD_HOURS: i64 = 168;

/// A project to be added.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// Its code, for ever.
    pub code: ProjectCode,
    /// Its Vietnamese name.
    pub name_vi: Name,
    /// Its English name.
    pub name_en: Name,
    /// Who funds it.
    pub funder: Option<Name>,
}
