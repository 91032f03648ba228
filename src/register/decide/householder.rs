//! The person at home: erasure, codes, disputes. Each is an entry that posts nothing.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use crate::db::DbError;
use crate::db::records::{disputes, householders};
use crate::domain::chain::{ClosingDoc, DisputeDoc, SiteDoc};
use crate::domain::counting::Contribution;
use crate::domain::records::{
    Actor, CODE_DIGITS, Closing, Dispute, DisputeOutcome, HouseholderCode, MOST_OPEN_DISPUTES, NewDispute, SiteRecord,
};
use crate::domain::refusals::Refusal;
use crate::domain::rules::ErasureScope;
use crate::domain::values::{Action, Cause, Fault, InstallationId, Note, SiteId, SiteKind};
use crate::register::commands::{Done, Erased, HomeCommand, HomeDone};

use super::deciding::{BatchInProgress, Stop};
use super::posting::{EntryOf, is_of_sandbox};

/// The facts that an erasure seals.
#[derive(Serialize)]
struct ErasureFacts<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sites: Vec<SiteDoc<'a>>,
    erased_notes: &'a [i64],
}

impl BatchInProgress<'_> {
    /// Carries out a command about a home.
    pub(super) fn at_home(&mut self, actor: &Actor, command: &HomeCommand) -> Result<Done, Stop> {
        let done = match command {
            HomeCommand::Erase { site } => HomeDone::Erased(self.erase(actor, *site)?),
            HomeCommand::IssueCode { id } => HomeDone::CodeIssued(self.issue_code(actor, *id)?),
            HomeCommand::Dispute { site, new } => self.open_dispute(actor, *site, new)?,
            HomeCommand::CloseDispute { id, outcome, note } => {
                let dispute = self.close_dispute(actor, *id, *outcome, note.as_ref())?;
                HomeDone::Disputed { opened: false, dispute }
            }
        };
        Ok(Done::Home(done))
    }

    fn erase(&mut self, actor: &Actor, site: SiteId) -> Result<Erased, Stop> {
        let site = self.records.record(site).ok_or(Refusal::NotFound)?.site.id;
        let sites = self.family(site)?;
        let records: Vec<SiteRecord> = sites.iter().filter_map(|id| self.records.own_record(*id)).cloned().collect();
        let notes = self.notes_to_erase(&ErasureScope::of(&records))?;
        let stamp = self.stamp;
        let mut changed = Vec::new();
        let mut done =
            Erased { sites, changed: false, consent_withdrawn_on: stamp.day, personal_data: BTreeSet::new(), notes };
        for mut record in records {
            let erased = record.private.erased(stamp.day);
            if record.site.id == site {
                done.consent_withdrawn_on = erased.consent_withdrawn_on.unwrap_or(stamp.day);
            }
            if erased != record.private {
                done.personal_data.extend(record.private.held());
                record.private = erased;
                record.site.revision += 1;
                record.site.version = stamp.version;
                changed.push(record);
            }
        }
        done.changed = !changed.is_empty() || !done.notes.is_empty();
        if !done.changed {
            return Ok(done);
        }
        let docs = changed.iter().map(|record| SiteDoc::of(&record.site)).collect();
        self.append_about(actor, Action::Erase, site, &ErasureFacts { sites: docs, erased_notes: &done.notes }, None)?;
        for version in &done.notes {
            self.erase_note(*version);
        }
        for record in changed {
            self.records.put(record, stamp.version);
        }
        Ok(done)
    }

    /// The versions of the entries whose notes an erasure deletes: stored entries, and entries of this batch.
    fn notes_to_erase(&mut self, scope: &ErasureScope) -> Result<Vec<i64>, DbError> {
        let mut versions = householders::notes_to_erase(self.connection, scope)?;
        versions.retain(|version| !self.erased_notes.contains(version));
        let in_batch = self.notes.iter().filter(|note| scope.takes(&note.subject));
        versions.extend(in_batch.map(|note| note.version));
        Ok(versions)
    }

    /// Deletes the note and the salt of an entry.
    fn erase_note(&mut self, version: i64) {
        self.notes.retain(|note| note.version != version);
        self.erased_notes.insert(version);
        self.decided.batch.erase_note(version);
    }

    /// The site and the sites that were merged into it, all loaded.
    fn family(&mut self, site: SiteId) -> Result<Vec<SiteId>, DbError> {
        let family = householders::family(self.connection, site)?;
        self.records.load_more(self.connection, &family)?;
        Ok(family)
    }

    fn issue_code(&mut self, actor: &Actor, id: InstallationId) -> Result<HouseholderCode, Stop> {
        let record = self.records.record_of(id).ok_or(Refusal::NotFound)?;
        let seen = record.installation(id).is_some_and(|installation| actor.may_see(record, installation));
        if !seen || actor.partner.as_ref() != Some(&record.site.partner) {
            return Err(Refusal::NotFound.into());
        }
        let site = record.site.id;
        // Refused while a dispute is open, because a new code would let a partner take over a complaint about itself.
        let family = self.family(site)?;
        if disputes::at(self.connection, &family)?.iter().any(|dispute| dispute.closed.is_none()) {
            return Err(Refusal::DisputeOpen.into());
        }
        let code = self.fresh_code(site)?;
        self.append_about(actor, Action::IssueCode, site, &json!({"site": site}), None)?;
        Ok(code)
    }

    /// The code for the householder of a new home who consented; none for other records.
    pub fn first_code(&mut self, record: &SiteRecord) -> Result<Option<HouseholderCode>, DbError> {
        let site = &record.site;
        let is_new = (site.revision, site.version) == (1, self.stamp.version);
        let consented = site.facts.kind == SiteKind::Home && record.private.consent.is_some();
        if is_new && consented { self.fresh_code(site.id).map(Some) } else { Ok(None) }
    }

    fn fresh_code(&mut self, site: SiteId) -> Result<HouseholderCode, DbError> {
        let mut bytes = [0; CODE_DIGITS];
        let filled = aws_lc_rs::rand::fill(&mut bytes);
        filled.map_err(|_| DbError::Unusable("the system gives no random numbers".to_owned()))?;
        let code = HouseholderCode::of_random(bytes);
        self.decided.batch.issue_code(site, code.hash(), self.stamp.at);
        Ok(code)
    }

    fn open_dispute(&mut self, actor: &Actor, site: SiteId, new: &NewDispute) -> Result<HomeDone, Stop> {
        let record = self.records.record(site).ok_or(Refusal::NotFound)?;
        let site = record.site.id;
        if new.installation.is_some_and(|id| record.installation(id).is_none()) {
            return Err(Refusal::invalid("/installation", Fault::NotAtThisSite).into());
        }
        let family = self.family(site)?;
        let mut open = disputes::at(self.connection, &family)?;
        open.retain(|dispute| dispute.closed.is_none());
        if let Some(same) = self.sent_before(&open, new)? {
            return Ok(HomeDone::Disputed { opened: false, dispute: same });
        }
        if open.len() >= MOST_OPEN_DISPUTES {
            return Err(Refusal::TooManyDisputes.into());
        }
        let (id, opened_at) = (self.stamp.version, self.stamp.at);
        let dispute = Dispute { id, site, installation: new.installation, reason: new.reason, opened_at, closed: None };
        disputes::add(self.connection, &dispute)?;
        let facts = json!({"dispute": DisputeDoc::of(&dispute)});
        self.append_about(actor, Action::Dispute, site, &facts, new.note.as_ref())?;
        Ok(HomeDone::Disputed { opened: true, dispute })
    }

    /// An open dispute that says the same. Its householder may have sent it again because the reply was lost.
    fn sent_before(&mut self, open: &[Dispute], new: &NewDispute) -> Result<Option<Dispute>, DbError> {
        let alike = |one: &&Dispute| (one.installation, one.reason) == (new.installation, new.reason);
        let alike: Vec<&Dispute> = open.iter().filter(alike).collect();
        let ids: Vec<i64> = alike.iter().map(|one| one.id).collect();
        let notes = disputes::notes(self.connection, &ids)?;
        let in_batch = |id: i64| self.notes.iter().find(|note| note.version == id).map(|note| note.text.as_str());
        let said = |id: i64| notes.get(&id).map(String::as_str).or_else(|| in_batch(id));
        let note = new.note.as_ref().map(Note::as_str);
        Ok(alike.into_iter().find(|one| said(one.id) == note).cloned())
    }

    fn close_dispute(
        &mut self,
        actor: &Actor,
        id: i64,
        outcome: DisputeOutcome,
        note: Option<&Note>,
    ) -> Result<Dispute, Stop> {
        let mut dispute = disputes::find(self.connection, id)?.ok_or(Refusal::NotFound)?;
        self.records.load_more(self.connection, &[dispute.site])?;
        let record = self.records.record(dispute.site).ok_or(Refusal::NotFound)?;
        if !dispute.is_for(actor, record) {
            return Err(Refusal::NotFound.into());
        }
        match dispute.closed {
            Some(closing) if closing.outcome == outcome => return Ok(dispute),
            Some(_) => return Err(Refusal::DisputeClosed.into()),
            None => {}
        }
        let closing = Closing { at: self.stamp.at, version: self.stamp.version, outcome };
        disputes::close(self.connection, id, closing)?;
        let facts = json!({"closing": ClosingDoc::of(id, closing)});
        self.append_about(actor, Action::CloseDispute, dispute.site, &facts, note)?;
        dispute.closed = Some(closing);
        Ok(dispute)
    }

    /// Appends an entry about a site that posts nothing.
    fn append_about(
        &mut self,
        actor: &Actor,
        action: Action,
        site: SiteId,
        facts: &impl Serialize,
        note: Option<&Note>,
    ) -> Result<(), DbError> {
        let (actor, subject) = (actor.client_id.as_str(), format!("site/{site}"));
        let of_sandbox = is_of_sandbox(self.records.record(site).into_iter());
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject, of_sandbox };
        self.append(entry, facts, note, &Contribution::new())
    }
}
