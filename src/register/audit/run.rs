//! The proof that nothing was changed behind the register's back: the chain of entries, the
//! digests of facts and journal, and `cells == sum of contributions == sum of the journal`. It
//! reads one unchanging view, so it runs beside a live server.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::db::engine::transaction;
use crate::db::ledger::{StoredEntry, StoredFacts, StoredPosting, audit_scan as stored, cells_and_journal, head};
use crate::db::records::by_id;
use crate::db::{Connection, Database, DbError};
use crate::domain::chain::{
    GENESIS, InstallationDoc, SealedColumns, SiteDoc, SiteRefDoc, chain_hash, facts_digest, journal_digest,
};
use crate::domain::counting::{Totals, contribution};
use crate::domain::records::SiteRecord;
use crate::domain::values::{SiteId, day_of, hex};
use crate::register::published::PageMaker;

use super::days::DaysAudit;
use super::householders::HouseholderAudit;

/// Entries, cells or sites read at a time.
const CHUNK: i64 = 2_000;
/// Findings listed; more are only counted.
const MOST_LISTED: usize = 100;

/// What an audit found.
#[derive(Serialize, Debug, Default)]
pub struct Report {
    /// Whether everything agrees.
    pub ok: bool,
    /// The version that was audited.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: String,
    /// Sites read.
    pub sites: u64,
    /// Cells that are not zero.
    pub cells: u64,
    /// How many things are wrong.
    pub findings_total: u64,
    /// The first of them, each named.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, as `entry 42`, `facts 42`, `journal 42/1`, `cell 7`, `site …`, `name of site …`, `dispute 9`,
    /// `day 2026-11-25`, `table provinces of 2026-10-31`, `release 2026-10-31`.
    pub what: String,
    /// What is wrong with it.
    pub problem: String,
}

type Sums = BTreeMap<i64, Totals>;

struct Audit<'a> {
    connection: &'a mut Connection,
    report: Report,
    /// The journal's sums so far.
    sums: Sums,
    /// Entries that sealed a name of a site, until that name is found.
    names: BTreeSet<i64>,
    /// What the entries say of erasures and disputes.
    told: HouseholderAudit,
    /// What they say of closed days and releases.
    days: DaysAudit,
    /// The hash and the instant of the entry before.
    previous: (Vec<u8>, DateTime<Utc>),
}

/// Audits the whole register; `make` makes the headlines that closed days and releases are held against.
pub fn audit(database: &Database, make: PageMaker) -> Result<Report, DbError> {
    let mut connection = database.connection()?;
    transaction::read(&mut connection, |connection| {
        let days = DaysAudit::load(connection, make)?;
        let mut audit = Audit {
            connection,
            report: Report::default(),
            sums: Sums::new(),
            names: BTreeSet::new(),
            told: HouseholderAudit::default(),
            days,
            previous: (GENESIS.to_vec(), DateTime::UNIX_EPOCH),
        };
        audit.run()?;
        let mut report = audit.report;
        report.ok = report.findings_total == 0;
        Ok(report)
    })
}

impl Audit<'_> {
    fn run(&mut self) -> Result<(), DbError> {
        let head = head::read(self.connection)?;
        self.report.version = head.version;
        self.report.hash = hex(&head.hash);
        let checkpoint = cells_and_journal::checkpoint_version(self.connection)?;
        if !(0..=head.version).contains(&checkpoint) {
            self.found("cells", format!("the checkpoint stands at {checkpoint}, the register at {}", head.version));
        }
        self.check_entries(0, checkpoint.min(head.version))?;
        self.check_cells()?;
        self.check_entries(checkpoint.clamp(0, head.version), head.version)?;
        if self.previous.0 != head.hash {
            self.found("head", "its hash is not that of the last entry");
        }
        if head.version > 0 && self.previous.1 != head.recorded_at {
            self.found("head", "its instant is not that of the last entry");
        }
        let beyond = stored::rows_after(self.connection, head.version)?;
        if beyond > 0 {
            self.found("head", format!("{beyond} rows stand after version {}", head.version));
        }
        self.report.cells = self.sums.values().filter(|sum| !sum.is_zero()).count() as u64;
        self.check_references()?;
        for (what, problem) in std::mem::take(&mut self.told).findings(self.connection)? {
            self.found(what, problem);
        }
        for (what, problem) in self.days.findings(self.connection, &self.sums)? {
            self.found(what, problem);
        }
        self.check_sites()
    }

    /// Rows without the row that they belong to: no site would count them.
    fn check_references(&mut self) -> Result<(), DbError> {
        for orphan in stored::orphans(self.connection, MOST_LISTED)? {
            self.found(orphan.table, format!("a row speaks of {} {}, which is missing", orphan.parent, orphan.key));
        }
        Ok(())
    }

    fn found(&mut self, what: impl Into<String>, problem: impl Into<String>) {
        self.report.findings_total += 1;
        if self.report.findings.len() < MOST_LISTED {
            self.report.findings.push(Finding { what: what.into(), problem: problem.into() });
        }
    }

    /// The entries in `(after, up_to]` with their facts and journal rows.
    fn check_entries(&mut self, mut after: i64, up_to: i64) -> Result<(), DbError> {
        while after < up_to {
            let to = up_to.min(after + CHUNK);
            let mut entries: BTreeMap<i64, StoredEntry> =
                stored::entries(self.connection, after, to)?.into_iter().map(|e| (e.version, e)).collect();
            let mut facts: BTreeMap<i64, StoredFacts> =
                stored::facts(self.connection, after, to)?.into_iter().map(|f| (f.version, f)).collect();
            let mut postings: BTreeMap<i64, Vec<StoredPosting>> = BTreeMap::new();
            for posting in stored::journal(self.connection, after, to)? {
                postings.entry(posting.version).or_default().push(posting);
            }
            for version in after + 1..=to {
                let Some(entry) = entries.remove(&version) else {
                    self.found(format!("entry {version}"), "is missing");
                    continue;
                };
                self.check_chain(&entry);
                self.check_facts(&entry, facts.remove(&version).as_ref());
                let postings = postings.remove(&version).unwrap_or_default();
                self.days.live_until(self.connection, day_of(entry.recorded_at), &self.sums)?;
                self.check_journal(&entry, &postings);
                self.days.hear(&entry, &postings);
            }
            after = to;
        }
        Ok(())
    }

    fn check_chain(&mut self, entry: &StoredEntry) {
        let what = format!("entry {}", entry.version);
        let hash = chain_hash(&SealedColumns {
            version: entry.version,
            recorded_at: entry.recorded_at,
            words: [&entry.actor, &entry.action, &entry.cause, &entry.subject],
            digest: &entry.digest,
            journal_digest: &entry.journal_digest,
            previous: &entry.previous,
        });
        if hash.as_slice() != entry.hash {
            self.found(&what, "its hash is not that of its columns");
        }
        if entry.previous != self.previous.0 {
            self.found(&what, "it does not follow the hash of the entry before");
        }
        self.previous = (entry.hash.clone(), entry.recorded_at);
    }

    fn check_facts(&mut self, entry: &StoredEntry, facts: Option<&StoredFacts>) {
        let what = format!("facts {}", entry.version);
        match facts {
            None => self.found(what, "are missing"),
            Some(StoredFacts { salt: None, note: Some(_), .. }) => self.found(what, "have a note without a salt"),
            Some(StoredFacts { salt, facts, note, .. }) => {
                let digest = salt.as_ref().map(|salt| facts_digest(salt, facts, note.as_deref()));
                let sealed = digest.is_some_and(|digest| digest.as_slice() == entry.digest);
                if salt.is_some() && !sealed {
                    self.found(what, "do not match the digest of the entry");
                } else {
                    self.told.hear(entry.version, &entry.action, facts, sealed);
                    self.days.hear_release(entry.version, &entry.action, facts);
                }
                // Inside a JSON text these quotes would be escaped.
                if facts.contains("\"site_refs\":") {
                    self.names.insert(entry.version);
                }
            }
        }
    }

    fn check_journal(&mut self, entry: &StoredEntry, postings: &[StoredPosting]) {
        let day = day_of(entry.recorded_at);
        let rows = postings.iter().map(|posting| (posting.cell, posting.deltas.as_str()));
        let sealed = journal_digest(day, &entry.cause, rows).as_slice() == entry.journal_digest;
        if !sealed {
            self.found(format!("journal {}", entry.version), "its rows do not match the digest of the entry");
        }
        for (seq, posting) in (0..).zip(postings) {
            let what = format!("journal {}/{}", posting.version, posting.seq);
            if posting.seq != seq {
                self.found(&what, format!("the row {seq} is missing"));
            }
            if posting.recorded_on != day || posting.cause != entry.cause {
                self.found(&what, "its day or cause is not that of the entry");
            }
            let sum = self.sums.get(&posting.cell).copied().unwrap_or_default();
            match Totals::decode(&posting.deltas) {
                Some(delta) => {
                    self.sums.insert(posting.cell, sum.wrapping_add(delta));
                }
                None => self.found(&what, "its deltas are not readable"),
            }
        }
    }

    /// The stored cells against the journal up to the checkpoint.
    fn check_cells(&mut self) -> Result<(), DbError> {
        let mut expected = self.sums.clone();
        expected.retain(|_, sum| !sum.is_zero());
        let mut last = i64::MIN;
        loop {
            let rows = stored::cells(self.connection, last, CHUNK)?;
            let Some((cell, _)) = rows.last() else { break };
            last = *cell;
            for (cell, totals) in rows {
                let journal = expected.remove(&cell).map(Totals::encode);
                if journal.as_deref() != Some(totals.as_str()) {
                    let journal = journal.unwrap_or_else(|| "nothing".to_owned());
                    self.found(format!("cell {cell}"), format!("holds {totals}, the journal sums to {journal}"));
                }
            }
        }
        for cell in expected.into_keys() {
            self.found(format!("cell {cell}"), "is missing; the journal has it");
        }
        Ok(())
    }

    /// What the sites count for against the whole journal, and each record against its facts.
    fn check_sites(&mut self) -> Result<(), DbError> {
        let mut counted = Sums::new();
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

    /// Reads records; one that cannot be read is named, and the others go on.
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

    /// Each site, name and installation must be what the entry that last changed it sealed.
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
