//! Deciding a batch, request by request.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::db::ledger::{Head, KeptReply, idempotency_keys};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::figures::of_new_registers;
use crate::domain::refusals::Refusal;
use crate::domain::rules::Stamp;
use crate::domain::values::{Action, Cause, date};
use crate::register::commands::{Command, DirectoryChange, Done, Failure, Request, SitesChange};

use super::count_anew::OWN_ACTOR;
use super::deciding::{BatchInProgress, DecidedBatch, Stop};
use super::lifecycle::Act;
use super::loaded_records::LoadedRecords;

/// Decides the requests in their order, under the lock of `head`.
///
/// Writes only partners, clients, projects, disputes (opened and closed) and releases, because the next request may
/// query them. Each request works on the records as the request before it left them, so 256 requests in one batch leave
/// the same records as 256 batches. For example, at version 40: request 1 registers an installation (entry 41), request
/// 2 is refused, request 3 verifies the installation of request 1 (entry 42). The second request has an outcome and no
/// entry. Both entries post to the cells; the installation has one row, in its state after entry 42.
///
/// The instant is the clock's, but never before the last entry nor within a closed day, unless the operator sets the clock back. It is
/// the same for the whole batch, and every date in a request is checked against its day. A partner registers at most
/// `daily_installations` on that day, unless it has a quota of its own; 0 is no limit.
pub fn decide(
    connection: &mut Connection,
    head: &Head,
    requests: &[&Request],
    now: DateTime<Utc>,
    daily_installations: u32,
) -> Result<DecidedBatch, DbError> {
    let at = date::stored(now);
    let sets_clock_back = requests.iter().any(|request| matches!(request.command, Command::SetClockBack));
    let at = if sets_clock_back { at } else { at.max(head.not_before()) };
    // The replies that were kept before come first; this batch appends its own and returns those alone.
    let kept = idempotency_keys::find(connection, requests.iter().filter_map(|request| client_key(request)))?;
    let kept_before = kept.len();
    let mut batch = BatchInProgress {
        records: LoadedRecords::load(connection, requests)?,
        connection,
        stamp: Stamp { version: head.version, at, day: date::day_of(at) },
        decided: DecidedBatch {
            batch: Batch::default(),
            results: Vec::with_capacity(requests.len()),
            postings: Vec::new(),
            version: head.version,
            hash: head.hash,
            at,
            public: None,
            administrative: false,
            kept,
        },
        carried_to: head.last_sign(),
        stored_version: head.version,
        stored_public_version: None,
        dry_run: false,
        daily_installations,
        quotas: HashMap::new(),
        activated: None,
        notes: Vec::new(),
        erased_notes: BTreeSet::new(),
    };
    let is_restoration = requests.iter().any(|request| matches!(request.command, Command::Restore { .. }));
    if !is_restoration {
        batch.write_own_entry(head)?;
    }
    for request in requests {
        batch.stamp.version = batch.decided.version + 1;
        batch.dry_run = request.dry_run;
        let result = match batch.decide_once(request) {
            Ok(done) => Ok(done),
            Err(Stop::Refused(refusal)) => Err(Failure::Refused(refusal)),
            Err(Stop::Database(error)) => return Err(error),
        };
        batch.decided.results.push(result);
    }
    // A restored register is first what it was; then it may owe its beginning.
    if is_restoration && head.version == 0 {
        batch.write_own_entry(head)?;
    }
    batch.decided.kept.drain(..kept_before);
    batch.records.fill(&mut batch.decided.batch);
    Ok(batch.decided)
}

/// The client's id and its key, if the request has one.
fn client_key(request: &Request) -> Option<(&str, &str)> {
    Some((request.by.client_id.as_str(), request.key.as_ref()?.key.as_str()))
}

impl BatchInProgress<'_> {
    /// Writes the entry that the register itself owes, if any. A new register begins with the methodology that is in force in it; one
    /// that was counted by an older rule is counted anew.
    fn write_own_entry(&mut self, head: &Head) -> Result<(), DbError> {
        self.stamp.version = self.decided.version + 1;
        if head.version == 0 {
            let begin = DirectoryChange::ActivateMethodology(of_new_registers().version);
            return match self.change_directory(OWN_ACTOR, &begin) {
                Ok(_) => Ok(()),
                Err(Stop::Database(error)) => Err(error),
                Err(Stop::Refused(refusal)) => Err(DbError::Unusable(format!("a new register: {refusal:?}"))),
            };
        }
        if head.is_of_older_rule() { self.count_anew() } else { Ok(()) }
    }

    /// Decides a request, unless it was carried out before under the same idempotency key.
    fn decide_once(&mut self, request: &Request) -> Result<Done, Stop> {
        let Some(keyed) = request.key.as_ref().filter(|_| !request.dry_run) else { return self.decide(request) };
        let key = (request.by.client_id.as_str(), keyed.key.as_str());
        if let Some(kept) = self.decided.kept.iter().find(|kept| (kept.client_id.as_str(), kept.key.as_str()) == key) {
            if kept.digest != keyed.digest {
                return Err(Refusal::KeyReused.into());
            }
            return kept.answer.clone().map(Done::Replayed).ok_or(Refusal::AnswerNotKept.into());
        }
        let done = self.decide(request)?;
        self.decided.kept.push(KeptReply {
            client_id: request.by.client_id.clone(),
            key: keyed.key.clone(),
            digest: keyed.digest,
            answer: (keyed.make_reply)(&done),
            at: self.stamp.at,
        });
        Ok(done)
    }

    fn decide(&mut self, request: &Request) -> Result<Done, Stop> {
        let actor = &request.by;
        match &request.command {
            Command::Register { by, new } => self.register(&actor.client_id, by, new),
            Command::Installation { id, change, note } => self.change_installation(actor, *id, change, note.as_ref()),
            Command::CorrectSite { id, expected, correction, reason, note } => {
                let act = Act::new(Action::CorrectSite, Cause::Corrected, Some(reason.as_str()), note.as_ref());
                self.correct_site(actor, *id, correction, &act.expecting(expected))
            }
            Command::Sites(SitesChange::Merge { from, into }) => self.merge(&actor.client_id, *from, *into),
            Command::Sites(SitesChange::Split { id }) => self.split(&actor.client_id, *id),
            Command::Directory(change) => self.change_directory(&actor.client_id, change),
            Command::Home(command) => self.at_home(actor, command),
            Command::SettleSuspensions => self.settle_suspensions(),
            Command::SetClockBack => self.set_clock_back(&actor.client_id, self.carried_to),
            Command::Release(day) => self.release(&actor.client_id, *day),
            Command::Restore { version, hash, made_at } => {
                self.note_restoration(&actor.client_id, *version, *hash, *made_at)
            }
        }
    }
}
