//! Changes of the directory, releases, and the note of a restoration. Each is an entry that posts nothing.
//!
//! Partners, clients and projects are written at once, because the next request of the batch may name them. A request
//! that changes nothing makes no entry.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::db::ledger::{Release, ReleaseDoc, activations, closed_days, releases};
use crate::db::partners::{partners_and_clients, quotas, revocation};
use crate::domain::counting::Contribution;
use crate::domain::figures::methodology;
use crate::domain::records::{NewClient, NewPartner, NewProject, OwnQuota};
use crate::domain::reference::ProvinceId;
use crate::domain::refusals::Refusal;
use crate::domain::rules::Stamp;
use crate::domain::values::{Action, Cause, Fault, Hash, Name, PartnerCode, hex, sha256};
use crate::register::commands::{DirectoryChange, Done};

use super::deciding::{BatchInProgress, Stop};
use super::posting::EntryOf;

/// The entry of a change of the directory.
struct DirectoryEntry {
    action: Action,
    subject: String,
    facts: Value,
}

impl DirectoryEntry {
    fn new(action: Action, subject: String, facts: Value) -> Self {
        Self { action, subject, facts }
    }
}

/// The digest of the hash of a secret, for the audit. It gives nothing away: the secret has 256 random bits.
fn digest_of(secret_hash: &str) -> String {
    hex(&sha256(secret_hash.as_bytes()))
}

/// The entry of a change, or `None` where nothing had to change.
type Decision = Result<Option<DirectoryEntry>, Stop>;

impl BatchInProgress<'_> {
    /// Changes the directory; a change that was made before is answered and makes no entry.
    pub(super) fn change_directory(&mut self, actor: &str, change: &DirectoryChange) -> Result<Done, Stop> {
        let mut done = Done::Administered;
        let entry = match change {
            DirectoryChange::AddPartner(new) => self.add_partner(new)?,
            DirectoryChange::SuspendPartner(code) => self.suspend_partner(code, true)?,
            DirectoryChange::ResumePartner(code) => self.suspend_partner(code, false)?,
            DirectoryChange::SetQuota(code, quota) => self.set_quota(code, *quota)?,
            DirectoryChange::AddClient { new, client_id, secret_hash } => {
                self.add_client(new, client_id, secret_hash)?
            }
            DirectoryChange::RevokeClient { client_id } => self.revoke_client(actor, client_id)?,
            DirectoryChange::ResetSecret { client_id, secret_hash, keep_old } => {
                let old_until = self.stamp.at + *keep_old;
                done = Done::SecretReset { old_until };
                self.reset_secret(client_id, secret_hash, old_until)?
            }
            DirectoryChange::AddProject(new) => self.add_project(new)?,
            DirectoryChange::ActivateMethodology(number) => self.activate(*number)?,
        };
        if let Some(DirectoryEntry { action, subject, facts }) = entry {
            self.decided.administrative = true;
            let entry = EntryOf { actor, action, cause: Cause::Administration, subject, of_sandbox: false };
            self.append(entry, &facts, None, &Contribution::new())?;
        }
        Ok(done)
    }

    fn add_partner(&mut self, new: &NewPartner) -> Decision {
        if revocation::is_suspended(self.connection, &new.code)?.is_some() {
            return Err(Refusal::CodeTaken { pointer: "/code" }.into());
        }
        partners_and_clients::add_partner(self.connection, new, self.stamp.at)?;
        let text = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        let facts = json!({
            "partner": new.code, "name": new.name.as_str(), "kind": text(&new.kind), "vcca_role": text(&new.vcca_role),
            "listed": new.listed, "sandbox": new.sandbox
        });
        Ok(Some(DirectoryEntry::new(Action::AddPartner, format!("partner/{}", new.code), facts)))
    }

    fn add_client(&mut self, new: &NewClient, client_id: &str, secret_hash: &str) -> Decision {
        for (pointer, code) in [("/partner", &new.partner), ("/affiliation", &new.affiliation)] {
            if let Some(code) = code
                && revocation::is_suspended(self.connection, code)?.is_none()
            {
                return Err(Refusal::invalid(pointer, Fault::UnknownPartner).into());
            }
        }
        partners_and_clients::add_client(self.connection, new, client_id, secret_hash, self.stamp.at)?;
        // Without the name, because it may be a person's, and facts of the directory are kept for ever.
        let facts = json!({
            "client": client_id, "role": new.role.as_str(), "partner": new.partner,
            "affiliation": new.affiliation, "province_code": new.province.map(ProvinceId::code),
            "secret_sha256": digest_of(secret_hash)
        });
        Ok(Some(DirectoryEntry::new(Action::AddClient, format!("client/{client_id}"), facts)))
    }

    fn add_project(&mut self, new: &NewProject) -> Decision {
        if !partners_and_clients::known_projects(self.connection, std::slice::from_ref(&new.code))?.is_empty() {
            return Err(Refusal::CodeTaken { pointer: "/code" }.into());
        }
        partners_and_clients::add_project(self.connection, new, self.stamp.at)?;
        let facts = json!({
            "project": new.code, "name_vi": new.name_vi.as_str(), "name_en": new.name_en.as_str(),
            "funder": new.funder.as_ref().map(Name::as_str)
        });
        Ok(Some(DirectoryEntry::new(Action::AddProject, format!("project/{}", new.code), facts)))
    }

    fn revoke_client(&mut self, actor: &str, client_id: &str) -> Decision {
        let is_revoked = revocation::is_revoked(self.connection, client_id)?.ok_or(Refusal::NotFound)?;
        if client_id == actor {
            return Err(Refusal::OwnClient.into());
        }
        if is_revoked {
            return Ok(None);
        }
        revocation::revoke(self.connection, client_id, self.stamp.at)?;
        let facts = json!({"client": client_id});
        Ok(Some(DirectoryEntry::new(Action::RevokeClient, format!("client/{client_id}"), facts)))
    }

    fn reset_secret(&mut self, client_id: &str, secret_hash: &str, old_until: DateTime<Utc>) -> Decision {
        if revocation::is_revoked(self.connection, client_id)?.ok_or(Refusal::NotFound)? {
            return Err(Refusal::ClientRevoked.into());
        }
        revocation::reset_secret(self.connection, client_id, secret_hash, self.stamp.at, old_until)?;
        let facts = json!({
            "client": client_id, "old_secret_until": old_until, "secret_sha256": digest_of(secret_hash)
        });
        Ok(Some(DirectoryEntry::new(Action::ResetSecret, format!("client/{client_id}"), facts)))
    }

    fn suspend_partner(&mut self, code: &PartnerCode, suspend: bool) -> Decision {
        let is_suspended = revocation::is_suspended(self.connection, code)?.ok_or(Refusal::NotFound)?;
        if is_suspended == suspend {
            return Ok(None);
        }
        revocation::suspend(self.connection, code, suspend.then_some(self.stamp.at))?;
        let action = if suspend { Action::SuspendPartner } else { Action::ResumePartner };
        Ok(Some(DirectoryEntry::new(action, format!("partner/{code}"), json!({"partner": code}))))
    }

    fn set_quota(&mut self, code: &PartnerCode, quota: OwnQuota) -> Decision {
        revocation::is_suspended(self.connection, code)?.ok_or(Refusal::NotFound)?;
        if quota.until < self.stamp.day {
            return Err(Refusal::invalid("/until", Fault::InThePast { today: self.stamp.day }).into());
        }
        if quotas::own(self.connection, code)? == Some(quota) {
            return Ok(None);
        }
        quotas::set(self.connection, code, quota)?;
        self.note_quota(code, quota.daily_installations);
        let facts = json!({
            "partner": code, "daily_installations": quota.daily_installations, "quota_until": quota.until
        });
        Ok(Some(DirectoryEntry::new(Action::SetQuota, format!("partner/{code}"), facts)))
    }

    fn activate(&mut self, number: i32) -> Decision {
        let known = methodology(number).ok_or(Refusal::NotFound)?;
        let activations = activations::read(self.connection)?;
        if activations.of(number).any(|one| one.sha256 != known.sha256) {
            return Err(Refusal::invalid("", Fault::OtherMethodology).into());
        }
        let in_force = self.activated.unwrap_or_else(|| activations.number_at(self.decided.version));
        if in_force == number {
            return Ok(None);
        }
        self.activated = Some(number);
        let facts = json!({"methodology": number, "sha256": known.sha256, "before": in_force});
        Ok(Some(DirectoryEntry::new(Action::ActivateMethodology, format!("methodology/{number}"), facts)))
    }

    /// Releases the stored headline of a closed day; the entry seals its SHA-256.
    pub fn release(&mut self, actor: &str, day: NaiveDate) -> Result<Done, Stop> {
        if let Some(release) = releases::find(self.connection, day)? {
            return Ok(Done::Released { created: false, release });
        }
        let Some(kept) = closed_days::find(self.connection, day)? else {
            let is_before = day < self.stamp.day && closed_days::is_before_the_register(self.connection, day)?;
            let fault = if is_before { Fault::BeforeTheRegister } else { Fault::NotClosed };
            return Err(Refusal::invalid("/as_of", fault).into());
        };
        let Stamp { version: entry, at: published_at, .. } = self.stamp;
        let sha256 = sha256(kept.body.as_bytes());
        let closed_days::ClosedDay { version, body, publisher, .. } = kept;
        let public_url = String::new();
        let release = Release { day, version, entry, published_at, sha256, public_url, publisher };
        releases::add(self.connection, &release, &body)?;
        let (action, subject) = (Action::Release, format!("release/{day}"));
        let of = EntryOf { actor, action, cause: Cause::Administration, subject, of_sandbox: false };
        self.append(of, &ReleaseDoc::of(&release), None, &Contribution::new())?;
        Ok(Done::Released { created: true, release })
    }

    /// Notes that the register was restored. Versions after the backup's that were published before this entry are void,
    /// and the entry says so.
    pub fn note_restoration(
        &mut self,
        actor: &str,
        version: i64,
        hash: Hash,
        made_at: DateTime<Utc>,
    ) -> Result<Done, Stop> {
        if (self.decided.version, self.decided.hash) != (version, hash) {
            return Err(Refusal::NotFound.into());
        }
        let facts = serde_json::json!({
            "backup": {"version": version, "hash": hex(&hash), "made_at": made_at},
            "void": {"versions_after": version, "published_before": self.stamp.at},
        });
        let (action, subject) = (Action::Restore, format!("backup/{version}"));
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject, of_sandbox: false };
        self.append(entry, &facts, None, &Contribution::new())?;
        Ok(Done::Noted)
    }
}
