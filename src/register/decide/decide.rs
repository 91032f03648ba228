//! Deciding a batch: every request in turn, on the records that the ones before it left, each
//! that changes something with its entry and what it moves in the cells.

use chrono::{DateTime, Utc};

use crate::db::ledger::{Head, Kept, idempotency_keys};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::refusals::Refusal;
use crate::domain::rules::Stamp;
use crate::domain::values::{Action, Cause, date};
use crate::register::commands::{Command, Done, Failure, Request, SitesChange};

use super::deciding::{BatchInProgress, DecidedBatch, Stop};
use super::lifecycle::Act;
use super::loaded_records::LoadedRecords;

/// Decides the requests in their order, under the lock of `head`.
pub fn decide(
    connection: &mut Connection,
    head: &Head,
    requests: &[&Request],
    now: DateTime<Utc>,
) -> Result<DecidedBatch, DbError> {
    let at = date::stored(now).max(head.not_before());
    let kept = idempotency_keys::find(connection, requests.iter().filter_map(|request| name_of_key(request)))?;
    let known = kept.len();
    let mut deciding = BatchInProgress {
        set: LoadedRecords::load(connection, requests)?,
        connection,
        stamp: Stamp { version: head.version, at, day: date::day_of(at) },
        decided: DecidedBatch {
            batch: Batch::default(),
            results: Vec::with_capacity(requests.len()),
            postings: Vec::new(),
            version: head.version,
            hash: head.hash,
            at,
            administrative: false,
            kept,
        },
        dry_run: false,
        activated: None,
    };
    for request in requests {
        deciding.stamp.version = deciding.decided.version + 1;
        deciding.dry_run = request.dry_run;
        let result = match deciding.once(request) {
            Ok(done) => Ok(done),
            Err(Stop::Refused(refusal)) => Err(Failure::Refused(refusal)),
            Err(Stop::Database(error)) => return Err(error),
        };
        deciding.decided.results.push(result);
    }
    deciding.decided.kept.drain(..known);
    deciding.set.fill(&mut deciding.decided.batch);
    Ok(deciding.decided)
}

/// Whose key, and which, if there is one.
fn name_of_key(request: &Request) -> Option<(&str, &str)> {
    Some((request.by.client_id.as_str(), request.key.as_ref()?.key.as_str()))
}

impl BatchInProgress<'_> {
    /// Decides a request, unless it was carried out before under the same idempotency key.
    fn once(&mut self, request: &Request) -> Result<Done, Stop> {
        let Some(keyed) = request.key.as_ref().filter(|_| !request.dry_run) else { return self.carry_out(request) };
        let name = (request.by.client_id.as_str(), keyed.key.as_str());
        if let Some(kept) = self.decided.kept.iter().find(|kept| (kept.client_id.as_str(), kept.key.as_str()) == name) {
            if kept.digest != keyed.digest {
                return Err(Refusal::KeyReused.into());
            }
            return kept.answer.clone().map(Done::Replayed).ok_or(Refusal::AnswerNotKept.into());
        }
        let done = self.carry_out(request)?;
        self.decided.kept.push(Kept {
            client_id: request.by.client_id.clone(),
            key: keyed.key.clone(),
            digest: keyed.digest,
            answer: (keyed.answer)(&done),
            at: self.stamp.at,
        });
        Ok(done)
    }

    fn carry_out(&mut self, request: &Request) -> Result<Done, Stop> {
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
            Command::Release(day) => self.release(&actor.client_id, *day),
            Command::Restore { version, hash, made_at } => {
                self.note_restoration(&actor.client_id, *version, *hash, *made_at)
            }
        }
    }
}
