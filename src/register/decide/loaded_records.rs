//! The records of a batch: loaded once under the lock, changed in memory request by request, written at the end.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::db::partners::partners_and_clients;
use crate::db::records::by_partner_names::NamesFound;
use crate::db::records::{Named, by_id, by_partner_names, history};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::records::{Installation, SiteRecord};
use crate::domain::rules::{NewInstallation, Registrant, SiteClaim};
use crate::domain::values::{Action, InstallationId, ProjectCode, SiteId};
use crate::register::commands::Request;

use super::records_wanted::RecordsWanted;

#[derive(Default)]
pub struct LoadedRecords {
    names: NamesFound,
    by_id: HashMap<InstallationId, SiteId>,
    records: HashMap<SiteId, SiteRecord>,
    projects: HashSet<ProjectCode>,
    /// The action of the entry that last changed each installation, by the version of the entry. Loaded for `complete` and
    /// `resubmit` alone, which ask whether they were done already.
    actions: HashMap<i64, Action>,
    changed_sites: BTreeSet<SiteId>,
    changed_privates: BTreeSet<SiteId>,
    new_sites: BTreeSet<SiteId>,
    changed_installations: BTreeSet<InstallationId>,
    new_installations: BTreeSet<InstallationId>,
    remeasured: BTreeSet<InstallationId>,
    new_names: Vec<(Named, SiteId, i64)>,
}

impl LoadedRecords {
    /// Loads every record that the requests name.
    pub fn load(connection: &mut Connection, requests: &[&Request]) -> Result<Self, DbError> {
        let wanted = RecordsWanted::of(requests);
        let mut loaded = Self {
            names: by_partner_names::find(connection, &wanted.names)?,
            by_id: by_id::sites_of(connection, &wanted.ids)?,
            ..Self::default()
        };
        if !wanted.projects.is_empty() {
            loaded.projects = partners_and_clients::known_projects(connection, &wanted.projects)?.into_iter().collect();
        }
        let mut sites: BTreeSet<SiteId> = wanted.sites.into_iter().collect();
        sites.extend(loaded.names.installations.values().map(|(_, site)| *site));
        sites.extend(loaded.names.sites.values());
        sites.extend(loaded.names.grid_codes.values());
        sites.extend(loaded.by_id.values());
        loaded.load_records(connection, sites)?;
        let last = wanted.last_actions.iter().filter_map(|id| Some(loaded.record_of(*id)?.installation(*id)?.version));
        let last: Vec<i64> = last.collect();
        if !last.is_empty() {
            loaded.actions = history::actions(connection, &last)?;
        }
        Ok(loaded)
    }

    /// Loads these sites and their successors, the sites that they were merged into.
    fn load_records(&mut self, connection: &mut Connection, mut sites: BTreeSet<SiteId>) -> Result<(), DbError> {
        while !sites.is_empty() {
            let ids: Vec<SiteId> = sites.iter().copied().collect();
            let records = by_id::records(connection, &ids)?;
            let successors = records.iter().filter_map(|record| record.site.superseded_by);
            sites = successors.filter(|id| !self.records.contains_key(id) && !ids.contains(id)).collect();
            self.records.extend(records.into_iter().map(|record| (record.site.id, record)));
        }
        Ok(())
    }

    /// Loads further sites, which no request named.
    pub fn load_more(&mut self, connection: &mut Connection, sites: &[SiteId]) -> Result<(), DbError> {
        let missing = sites.iter().copied().filter(|id| !self.records.contains_key(id)).collect();
        self.load_records(connection, missing)
    }

    /// Loads the sites at which further installations stand, which no request named. One that moved within the batch is there already.
    pub fn load_sites_of(&mut self, connection: &mut Connection, ids: &[InstallationId]) -> Result<(), DbError> {
        let missing: Vec<InstallationId> = ids.iter().copied().filter(|id| !self.by_id.contains_key(id)).collect();
        let found = by_id::sites_of(connection, &missing)?;
        self.load_more(connection, &found.values().copied().collect::<Vec<_>>())?;
        self.by_id.extend(found);
        Ok(())
    }

    /// The record of a site, or of its successor.
    pub fn record(&self, id: SiteId) -> Option<&SiteRecord> {
        let mut record = self.records.get(&id)?;
        while let Some(successor) = record.site.superseded_by {
            record = self.records.get(&successor)?;
        }
        Some(record)
    }

    /// The record of a site itself, even if it was merged away.
    pub fn own_record(&self, id: SiteId) -> Option<&SiteRecord> {
        self.records.get(&id)
    }

    /// The record of the site at which an installation stands.
    pub fn record_of(&self, id: InstallationId) -> Option<&SiteRecord> {
        self.records.get(self.by_id.get(&id)?)
    }

    /// The installation that a partner registered under the external id of the request.
    pub fn registered(&self, by: &Registrant, new: &NewInstallation) -> Option<(InstallationId, &SiteRecord)> {
        let (id, site) = self.names.installations.get(&(by.partner.clone(), new.external_id.clone()))?;
        Some((*id, self.records.get(site)?))
    }

    /// The site that a request names by id or by the partner's external id, if the partner may know the site.
    pub fn named_site(&self, by: &Registrant, claim: &SiteClaim) -> Option<&SiteRecord> {
        let id = match claim {
            SiteClaim::Known { id, .. } => *id,
            SiteClaim::Described { external_id, .. } => {
                *self.names.sites.get(&(by.partner.clone(), external_id.clone()?))?
            }
        };
        self.record(id).filter(|record| record.is_known_to(&by.partner))
    }

    /// The partner's site with the grid customer code of the request.
    pub fn site_by_grid_code(&self, by: &Registrant, new: &NewInstallation) -> Option<&SiteRecord> {
        let code = new.private.grid_customer_code.clone()?;
        self.record(*self.names.grid_codes.get(&(by.partner.clone(), code))?)
    }

    /// Whether another site of the same partner has the grid customer code of this one.
    pub fn has_code_of_another(&self, record: &SiteRecord) -> bool {
        let Some(code) = record.private.grid_customer_code.clone() else { return false };
        let site = &record.site;
        self.names.grid_codes.get(&(site.partner.clone(), code)).is_some_and(|other| *other != site.id)
    }

    /// Whether there is a project of this code.
    pub fn knows_project(&self, code: &ProjectCode) -> bool {
        self.projects.contains(code)
    }

    /// The action that last changed an installation, if it was loaded.
    pub fn last_action(&self, installation: &Installation) -> Option<Action> {
        self.actions.get(&installation.version).copied()
    }

    /// Notes the action of a new entry.
    pub fn note_action(&mut self, version: i64, action: Action) {
        self.actions.insert(version, action);
    }

    /// Puts a record in place after the change of the entry `version`, and notes the rows that have to be written.
    pub fn put(&mut self, record: SiteRecord, version: i64) {
        let site = &record.site;
        if site.version == version {
            self.changed_sites.insert(site.id);
        }
        let province = |record: &SiteRecord| record.site.facts.place.province();
        if self.records.get(&site.id).is_some_and(|before| province(before) != province(&record)) {
            // Rows of installations have the province of their site.
            self.changed_installations.extend(record.installations.iter().map(|installation| installation.id));
            self.by_id.extend(record.installations.iter().map(|installation| (installation.id, site.id)));
        }
        let before = self.records.get(&site.id).map(|before| before.private.clone());
        if before.as_ref().is_some_and(|before| *before != record.private) {
            self.changed_privates.insert(site.id);
        }
        if before.is_none() {
            self.new_sites.insert(site.id);
        }
        if let Some(code) = before.and_then(|before| before.grid_customer_code) {
            let named = (site.partner.clone(), code);
            if self.names.grid_codes.get(&named) == Some(&site.id) {
                self.names.grid_codes.remove(&named);
            }
        }
        if let Some(code) = record.private.grid_customer_code.as_ref().filter(|code| code.is_usual()) {
            self.names.grid_codes.entry((site.partner.clone(), code.clone())).or_insert(site.id);
        }
        for installation in record.installations.iter().filter(|i| i.version == version) {
            let before = self.record_of(installation.id).and_then(|record| record.installation(installation.id));
            if before.is_some_and(|before| before.measures != installation.measures) {
                self.remeasured.insert(installation.id);
            }
            self.changed_installations.insert(installation.id);
            self.by_id.insert(installation.id, site.id);
            let name = (installation.partner.clone(), installation.external_id.clone());
            self.names.installations.insert(name, (installation.id, site.id));
            if installation.registered_version == version {
                self.new_installations.insert(installation.id);
            }
        }
        self.records.insert(site.id, record);
    }

    /// Notes the external id that a partner gave to a site.
    pub fn name_site(&mut self, name: Named, site: SiteId, version: i64) {
        self.names.sites.insert(name.clone(), site);
        self.new_names.push((name, site, version));
    }

    /// Fills the batch with the rows of everything that changed, each row once and in its last state.
    pub fn fill(&self, batch: &mut Batch) {
        for record in self.changed_sites.iter().filter_map(|id| self.records.get(id)) {
            if self.new_sites.contains(&record.site.id) {
                batch.add_site(&record.site, &record.private);
            } else {
                batch.change_site(&record.site);
                if self.changed_privates.contains(&record.site.id) {
                    batch.change_private(record.site.id, &record.private);
                }
            }
        }
        for ((partner, external_id), site, version) in &self.new_names {
            batch.add_ref(partner, external_id, *site, *version);
        }
        for id in &self.changed_installations {
            let Some(record) = self.record_of(*id) else { continue };
            let Some(installation) = record.installation(*id) else { continue };
            if self.new_installations.contains(id) {
                batch.add_installation(&record.site, installation);
            } else {
                batch.change_installation(&record.site, installation);
                if self.remeasured.contains(id) {
                    batch.replace_measures(installation);
                }
            }
        }
    }
}
