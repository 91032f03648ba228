//! Compares records with the journal and with the facts that their entries sealed.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::db::DbError;
use crate::db::ledger::audit_scan as stored;
use crate::db::records::by_id;
use crate::domain::chain::{InstallationDoc, SiteDoc, SiteRefDoc};
use crate::domain::counting::contribution;
use crate::domain::records::SiteRecord;
use crate::domain::values::SiteId;

use super::progress::{Audit, CHUNK, JournalSums};

impl Audit<'_> {
    /// Checks the contributions of all sites against the whole journal, and each record against its facts.
    pub(super) fn check_sites(&mut self) -> Result<(), DbError> {
        let mut counted = JournalSums::new();
        let mut last = String::new();
        loop {
            let ids = stored::site_ids(self.connection, &last, CHUNK)?;
            let Some(id) = ids.last() else { break };
            last.clone_from(id);
            self.report.sites += ids.len() as u64;
            let records = self.records(&ids)?;
            self.check_against_facts(&ids, &records)?;
            for (key, totals) in records.iter().flat_map(contribution) {
                let sum = counted.entry(key.to_stored()).or_default();
                *sum = sum.wrapping_add(totals);
            }
        }
        for version in std::mem::take(&mut self.names) {
            self.found(format!("facts {version}"), "seal a name of a site that is missing");
        }
        let mut journal = std::mem::take(&mut self.sums);
        for (cell, sum) in counted {
            let posted = journal.remove(&cell).unwrap_or_default();
            if posted != sum {
                let (sum, posted) = (sum.encode(), posted.encode());
                self.found(format!("cell {cell}"), format!("its sites count {sum}, the journal sums to {posted}"));
            }
        }
        for (cell, posted) in journal.into_iter().filter(|(_, sum)| !sum.is_zero()) {
            let posted = posted.encode();
            self.found(format!("cell {cell}"), format!("no site counts there, the journal sums to {posted}"));
        }
        Ok(())
    }

    /// Reads records. A record that cannot be read becomes a finding; the others are read on.
    fn records(&mut self, ids: &[String]) -> Result<Vec<SiteRecord>, DbError> {
        let parsed: Vec<SiteId> = ids.iter().filter_map(|id| SiteId::parse(id).ok()).collect();
        match by_id::records(self.connection, &parsed) {
            Err(DbError::Corrupt(_)) => {}
            all => return all,
        }
        let mut records = Vec::new();
        for id in parsed {
            match by_id::records(self.connection, &[id]) {
                Ok(one) => records.extend(one),
                Err(DbError::Corrupt(what)) => self.found(format!("site {id}"), format!("cannot be read: {what}")),
                Err(other) => return Err(other),
            }
        }
        Ok(records)
    }

    /// Checks each site, name and installation against the facts of the entry that last changed it.
    fn check_against_facts(&mut self, ids: &[String], records: &[SiteRecord]) -> Result<(), DbError> {
        let names = stored::site_refs(self.connection, ids)?;
        let installations = records.iter().flat_map(|record| &record.installations);
        let mut versions: Vec<i64> = installations.clone().map(|i| i.version).collect();
        versions.extend(records.iter().map(|record| record.site.version));
        versions.extend(names.iter().map(|name| name.version));
        versions.sort_unstable();
        versions.dedup();
        let mut facts: HashMap<i64, Value> = HashMap::new();
        for chunk in versions.chunks(5_000) {
            for (version, text) in stored::facts_at(self.connection, chunk)? {
                facts.insert(version, serde_json::from_str(&text).unwrap_or_default());
            }
        }
        let sealed = |version: i64, list: &str, doc: &Value| {
            let docs = facts.get(&version).and_then(|facts| facts.get(list)).and_then(Value::as_array);
            docs.is_some_and(|docs| docs.contains(doc))
        };
        let mut wrong = Vec::new();
        for site in records.iter().map(|record| &record.site) {
            if !sealed(site.version, "sites", &doc(&SiteDoc::of(site))) {
                wrong.push((format!("site {}", site.id), site.version));
            }
        }
        for name in names {
            let (partner, external_id, site) = (name.partner.as_str(), name.external_id.as_str(), name.site.clone());
            if sealed(name.version, "site_refs", &doc(&SiteRefDoc { partner, external_id, site })) {
                self.names.remove(&name.version);
            } else {
                wrong.push((format!("name of site {}", name.site), name.version));
            }
        }
        for installation in installations {
            if !sealed(installation.version, "installations", &doc(&InstallationDoc::of(installation))) {
                wrong.push((format!("installation {}", installation.id), installation.version));
            }
        }
        for (what, version) in wrong {
            self.found(what, format!("is not what entry {version} sealed"));
        }
        Ok(())
    }
}

fn doc(facts: &impl Serialize) -> Value {
    serde_json::to_value(facts).unwrap_or_default()
}
