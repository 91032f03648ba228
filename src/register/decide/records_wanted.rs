//! Which records the requests of a batch name, so that all of them are loaded at once.

use crate::db::records::by_partner_names;
use crate::domain::records::GridCode;
use crate::domain::rules::{Amend, NewInstallation, Registrant, SiteClaim};
use crate::domain::values::{InstallationId, PartnerCode, ProjectCode, SiteId};
use crate::register::commands::{Command, Request};

/// What the requests speak of.
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
                Command::Verify { id, .. }
                | Command::Reject { id, .. }
                | Command::Decommission { id, .. }
                | Command::Withdraw { id, .. }
                | Command::Split { id } => wanted.ids.push(*id),
                Command::Complete { id, .. } | Command::Resubmit { id, .. } => {
                    wanted.ids.push(*id);
                    wanted.last_actions.push(*id);
                }
                Command::Correct { id, correction, .. } => {
                    wanted.ids.push(*id);
                    if let Amend::Set(project) = &correction.terms.project {
                        wanted.projects.push(project.clone());
                    }
                }
                Command::CorrectSite { id, correction, .. } => {
                    wanted.sites.push(*id);
                    if let (Some(partner), Amend::Set(code)) = (&request.by.partner, &correction.grid_customer_code) {
                        wanted.add_grid_code(partner, code);
                    }
                }
                Command::Merge { from, into } => wanted.sites.extend([*from, *into]),
                Command::Home(command) => {
                    wanted.sites.extend(command.site());
                    wanted.ids.extend(command.installation());
                }
                Command::AddPartner(_)
                | Command::AddClient { .. }
                | Command::AddProject(_)
                | Command::RevokeClient { .. }
                | Command::ResetSecret { .. }
                | Command::SuspendPartner(_)
                | Command::ResumePartner(_)
                | Command::ActivateMethodology(_)
                | Command::Release(_)
                | Command::Restore { .. } => {}
            }
        }
        wanted
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
