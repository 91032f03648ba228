//! What writes on SQLite are measured against: the same rows in the same tables by the same
//! store in transactions of 64, made beforehand; no HTTP, no token, no check.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use green_homes::db::engine::transaction;
use green_homes::db::ledger::{Head, head};
use green_homes::db::write_batch::{Batch, Sealed};
use green_homes::db::{Connection, Database, DbError, Url};
use green_homes::domain::chain::{
    Entry, Facts, InstallationDoc, Posting, SiteDoc, SiteRefDoc, facts_digest, journal_digest,
};
use green_homes::domain::counting::contribution;
use green_homes::domain::records::SiteRecord;
use green_homes::domain::rules::Stamp;
use green_homes::domain::rules::{FreshIds, Registrant, registration};
use green_homes::domain::values::Action;
use green_homes::domain::values::Cause;
use green_homes::domain::values::{InstallationId, SiteId, day_of, stored};
use tempfile::TempDir;
use uuid::Uuid;

use super::generator::{Generator, Home};
use super::seed::Seeded;
use super::wrk::CONNECTIONS;
use super::{Result, facts};

/// Transactions made beforehand at a time, so that memory stays small.
const BATCHES_AT_A_TIME: usize = 200;

/// A copy of a seeded file, and the end of its register.
pub struct Direct {
    connection: Connection,
    head: Head,
    day: NaiveDate,
    next: u64,
    _folder: TempDir,
}

/// A transaction's rows, and where the head stands before them.
struct Ready {
    batch: Batch,
    from: i64,
}

impl Direct {
    /// Opens a copy; the homes to be written begin with number `first`.
    pub fn new(folder: &Path, seeded: &Seeded, first: u64) -> Result<Self> {
        let data = TempDir::with_prefix_in("direct-", folder)?;
        let file = data.path().join("green-homes.db");
        std::fs::copy(&seeded.file, &file)?;
        let database = Database::open(&Url::Sqlite(file.display().to_string()), 1)?;
        let mut connection = database.connection()?;
        let head = head::read(&mut connection)?;
        let day = day_of(chrono::Utc::now());
        Ok(Self { connection, head, day, next: first, _folder: data })
    }

    /// Installations written a second, by the time that the transactions took.
    pub fn run(&mut self, generator: &Generator, seconds: u64) -> Result<f64> {
        let (mut took, mut written) = (Duration::ZERO, 0.0);
        while took < Duration::from_secs(seconds) {
            let ready: Vec<Ready> = (0..BATCHES_AT_A_TIME).map(|_| self.prepare(generator)).collect::<Result<_>>()?;
            let began = Instant::now();
            for Ready { batch, from } in &ready {
                let at = self.head.recorded_at;
                transaction::write(&mut self.connection, |connection| {
                    batch.write(connection, *from, at)?;
                    Ok::<(), DbError>(())
                })?;
            }
            took += began.elapsed();
            written += f64::from(u32::try_from(BATCHES_AT_A_TIME * CONNECTIONS)?);
        }
        Ok(written / took.as_secs_f64())
    }

    fn prepare(&mut self, generator: &Generator) -> Result<Ready> {
        let from = self.head.version;
        self.head.recorded_at = stored(chrono::Utc::now()).max(self.head.recorded_at);
        let mut batch = Batch::default();
        for _ in 0..CONNECTIONS {
            let home = generator.home(self.next);
            self.next += 1;
            self.add(&mut batch, &home)?;
        }
        Ok(Ready { batch, from })
    }

    /// The rows that registering the first job at this home makes.
    fn add(&mut self, batch: &mut Batch, home: &Home) -> Result<()> {
        let job = home.jobs.first().ok_or("a home without a job")?;
        let by = Registrant { partner: facts::partner_of(home), sandbox: false };
        let new = facts::new_installation(home, 0, job)?;
        let ids = FreshIds { installation: InstallationId::new(Uuid::now_v7()), site: SiteId::new(Uuid::now_v7()) };
        let stamp = Stamp { version: self.head.version + 1, at: self.head.recorded_at, day: self.day };
        let record = registration::create(&new, &by, None, ids, stamp).map_err(|refusal| format!("{refusal:?}"))?;
        batch.add_site(&record.site, &record.private);
        if let Some(name) = &record.external_id {
            batch.add_ref(&by.partner, name, record.site.id, stamp.version);
        }
        for installation in &record.installations {
            batch.add_installation(&record.site, installation);
        }
        self.add_entry(batch, &record, stamp)
    }

    fn add_entry(&mut self, batch: &mut Batch, record: &SiteRecord, stamp: Stamp) -> Result<()> {
        let name = record.external_id.iter();
        let facts = serde_json::to_string(&Facts {
            sites: vec![SiteDoc::of(&record.site)],
            site_refs: name.map(|name| SiteRefDoc::of(&record.site, record.site.partner.as_str(), name)).collect(),
            installations: record.installations.iter().map(InstallationDoc::of).collect(),
            personal: Vec::new(),
            reason: None,
        })?;
        let postings: Vec<Posting> =
            contribution(record).into_iter().map(|(cell, delta)| Posting { cell, delta }).collect();
        let rows: Vec<(i64, String)> = postings.iter().map(|p| (p.cell.to_stored(), p.delta.encode())).collect();
        let rows = rows.iter().map(|(cell, delta)| (*cell, delta.as_str()));
        let salt = Uuid::new_v4().as_bytes().to_vec();
        let subject = record.installations.first().map(|installation| format!("installation/{}", installation.id));
        let entry = Entry {
            version: stamp.version,
            recorded_at: stamp.at,
            // As long as a client's id.
            actor: format!("c-{}", &Uuid::nil().simple().to_string()[..20]),
            action: Action::Register,
            cause: Cause::Registered,
            subject: subject.unwrap_or_default(),
            digest: facts_digest(&salt, &facts, None),
            journal_digest: journal_digest(stamp.day, Cause::Registered.as_str(), rows),
            previous: self.head.hash,
        };
        self.head.hash = entry.hash();
        self.head.version = stamp.version;
        batch.add_entry(
            &entry,
            self.head.hash,
            Sealed { salt, facts, note: None, public_version: None },
            stamp.day,
            &postings,
        );
        Ok(())
    }
}
