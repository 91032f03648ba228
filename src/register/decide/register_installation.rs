//! Registering an installation, at a new site or at a known one.

use uuid::Uuid;

use crate::domain::refusals::{FieldFault, Refusal, Remark, Warning};
use crate::domain::rules::{FreshIds, NewInstallation, Registrant, SiteClaim, registration, resend, second_look};
use crate::domain::values::{Action, Cause, Fault, InstallationId, SiteId};
use crate::register::commands::{Done, Outcome};

use super::deciding::{BatchInProgress, Stop};
use super::posting::Change;

impl BatchInProgress<'_> {
    /// Registers an installation. One that the partner registered before is compared and answered, and makes no entry.
    pub(super) fn register(&mut self, actor: &str, by: &Registrant, new: &NewInstallation) -> Result<Done, Stop> {
        let named = self.records.named_site(by, &new.site);
        if let Some((id, record)) = self.records.registered(by, new) {
            let recorded = record.installation(id).ok_or(Refusal::NotFound)?;
            resend::compare_resent(new, record, recorded, named.map(|r| r.site.id))?;
            let remarks = second_look::remarks(new, Some(record));
            return Ok(Done::Registered {
                outcome: Outcome::Unchanged,
                record: Box::new(record.clone()),
                id,
                remarks,
                code: None,
            });
        }
        let by_code = if named.is_none() { self.records.site_by_grid_code(by, new) } else { None };
        self.check_references(new, named.is_some())?;
        let site = named.or(by_code).cloned();
        let mut remarks = second_look::remarks(new, site.as_ref());
        if by_code.is_some() {
            let pointer = "/site/grid_customer_code".to_owned();
            remarks.push(Remark { pointer, warning: Warning::SiteFoundByGridCode });
        }
        let id = || if self.dry_run { Uuid::nil() } else { Uuid::now_v7() };
        let ids = FreshIds { installation: InstallationId::new(id()), site: SiteId::new(id()) };
        let after = registration::create(new, by, site.as_ref(), ids, self.stamp)?;
        let is_unnamed = named.is_none();
        self.take_from_quota(&by.partner)?;
        let name = match &new.site {
            SiteClaim::Described { external_id: Some(name), .. } if is_unnamed => {
                Some((by.partner.clone(), name.clone()))
            }
            _ => None,
        };
        self.post(Change {
            actor,
            action: Action::Register,
            cause: Cause::Registered,
            subject: format!("installation/{}", ids.installation),
            before: site.into_iter().collect(),
            after: vec![after.clone()],
            reason: None,
            note: None,
            name,
        })?;
        let code = if self.dry_run { None } else { self.first_code(&after)? };
        let record = Box::new(after);
        Ok(Done::Registered { outcome: Outcome::Created, record, id: ids.installation, remarks, code })
    }

    /// Checks that the project and the site exist, because only the register knows them.
    fn check_references(&self, new: &NewInstallation, site_found: bool) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if matches!(new.site, SiteClaim::Known { .. }) && !site_found {
            faults.push(FieldFault::new("/site/id", Fault::UnknownSite));
        }
        if new.terms.project.as_ref().is_some_and(|code| !self.records.knows_project(code)) {
            faults.push(FieldFault::new("/project_code", Fault::UnknownProject));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }
}
