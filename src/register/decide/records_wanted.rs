//! The records that the requests of a batch name, so that all of them are loaded at once.

use crate::db::records::by_partner_names;
use crate::domain::records::GridCode;
use crate::domain::rules::{Amend, NewInstallation, Registrant, SiteClaim};
use crate::domain::values::{InstallationId, PartnerCode, ProjectCode, SiteId};
use crate::register::commands::{Command, HomeCommand, InstallationChange, Request, SitesChange};

/// The records that some requests name.
#[derive(Default)]
pub(super) struct RecordsWanted {
    pub names: by_partner_names::NamesWanted,
    pub ids: Vec<InstallationId>,
    pub sites: Vec<SiteId>,
    pub projects: Vec<ProjectCode>,
    pub last_actions: Vec<InstallationId>,
}

impl RecordsWanted {
    pub fn of(requests: &[&Request]) -> Self {
        let mut wanted = Self::default();
        for request in requests {
            match &request.command {
                Command::Register { by, new } => wanted.add_registration(by, new),
                Command::Installation { id, change, .. } => wanted.add_change(*id, change),
                Command::CorrectSite { id, correction, .. } => {
                    wanted.sites.push(*id);
                    if let (Some(partner), Amend::Set(code)) = (&request.by.partner, &correction.grid_customer_code) {
                        wanted.add_grid_code(partner, code);
                    }
                }
                Command::Sites(SitesChange::Merge { from, into }) => wanted.sites.extend([*from, *into]),
                Command::Sites(SitesChange::Split { id }) | Command::Home(HomeCommand::IssueCode { id }) => {
                    wanted.ids.push(*id);
                }
                Command::Home(HomeCommand::Erase { site } | HomeCommand::Dispute { site, .. }) => {
                    wanted.sites.push(*site);
                }
                Command::Home(HomeCommand::CloseDispute { .. })
                | Command::Directory(_)
                | Command::Release(_)
                | Command::SetClockBack
                | Command::SettleSuspensions
                | Command::Restore { .. } => {}
            }
        }
        wanted
    }

    fn add_change(&mut self, id: InstallationId, change: &InstallationChange) {
        self.ids.push(id);
        match change {
            InstallationChange::Complete { .. } | InstallationChange::Resubmit => self.last_actions.push(id),
            InstallationChange::Correct { correction, .. } => {
                if let Amend::Set(project) = &correction.terms.project {
                    self.projects.push(project.clone());
                }
            }
            InstallationChange::Verify { .. }
            | InstallationChange::Reject { .. }
            | InstallationChange::Withdraw { .. }
            | InstallationChange::Decommission { .. } => {}
        }
    }

    fn add_registration(&mut self, by: &Registrant, new: &NewInstallation) {
        self.names.installations.push((by.partner.clone(), new.external_id.clone()));
        match &new.site {
            SiteClaim::Known { id, .. } => self.sites.push(*id),
            SiteClaim::Described { external_id: Some(name), .. } => {
                self.names.sites.push((by.partner.clone(), name.clone()));
            }
            SiteClaim::Described { external_id: None, .. } => {}
        }
        if let Some(code) = &new.private.grid_customer_code {
            self.add_grid_code(&by.partner, code);
        }
        self.projects.extend(new.terms.project.clone());
    }

    fn add_grid_code(&mut self, partner: &PartnerCode, code: &GridCode) {
        if code.is_usual() {
            self.names.grid_codes.push((partner.clone(), code.clone()));
        }
    }
}
