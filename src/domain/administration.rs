//! What an administrator adds: partners, clients, projects.

use super::actor::Role;
use super::id::{PartnerCode, ProjectCode};
use super::text::Name;

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
    /// Who or what it is, for administrators.
    pub name: Name,
}

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
