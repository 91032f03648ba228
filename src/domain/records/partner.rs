//! The records that an administrator adds: partners, clients, projects.

use chrono::NaiveDate;

use crate::domain::reference::ProvinceId;
use crate::domain::values::{Fault, Name, PartnerCode, ProjectCode, Rule};

use super::actor::Role;

/// A partner to be added.
#[derive(Clone, Debug)]
pub struct NewPartner {
    /// The code, which never changes.
    pub code: PartnerCode,
    pub name: Name,
    /// The kind of organisation, in its own words.
    pub kind: Option<Name>,
    /// The partner's role in VCCA, free text.
    pub vcca_role: Option<Name>,
    /// Whether the partner may be named in public.
    pub listed: bool,
    /// Whether the partner is a sandbox, which moves no number. It never changes.
    pub sandbox: bool,
}

/// The quota that an administrator gives to a partner for some time, in place of the one that everybody has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnQuota {
    /// The most new installations a day; 0 is no limit.
    pub daily_installations: u32,
    /// Its last day, in Hà Nội.
    pub until: NaiveDate,
}

impl OwnQuota {
    /// The quota as it is stored: both columns, or neither.
    #[must_use]
    pub fn stored((most, until): (Option<i32>, Option<NaiveDate>)) -> Option<Self> {
        let daily_installations = most?.max(0).unsigned_abs();
        Some(Self { daily_installations, until: until? })
    }
}

/// The most that a quota may be. Each batch counts the installations of a day by an index, so a larger delivery takes 0, no limit.
pub const MOST_DAILY_INSTALLATIONS: i64 = 20_000;

/// A client to be added. The register makes its secret, and shows it once.
#[derive(Clone, Debug)]
pub struct NewClient {
    pub role: Role,
    /// The partner for which it acts, with the role partner.
    pub partner: Option<PartnerCode>,
    /// The partner for which a reviewer works. The reviewer sees none of its installations.
    pub affiliation: Option<PartnerCode>,
    /// The only province that it may see, with the roles reviewer and dashboard.
    pub province: Option<ProvinceId>,
    /// The name of the client, for administrators.
    pub name: Name,
}

/// The faults of a new client whose fields do not fit its role, each with the name of its field. Only the role partner
/// belongs to a partner. Only reviewers may have an affiliation. Only reviewers and dashboards may be limited to a
/// province.
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

/// Hours for which an old secret works beside a new one, unless the request says otherwise.
pub const KEEP_OLD_HOURS: i64 = 24;
/// The most hours for which a request may keep an old secret.
pub const MOST_KEEP_OLD_HOURS: i64 = 168;

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    pub code: ProjectCode,
    pub name_vi: String,
    pub name_en: String,
    /// Who pays for it; `None` is unknown.
    pub funder: Option<String>,
}

/// A project to be added.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// The code, which never changes.
    pub code: ProjectCode,
    pub name_vi: Name,
    pub name_en: Name,
    pub funder: Option<Name>,
}
