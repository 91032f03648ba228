//! Partners, clients, projects and secrets. Replaying the entries of the directory says what each row must be; a row that no
//! entry made, a missing one and a changed one are findings.
//!
//! Each column is held against the entry that last sealed it. Entries of older programs sealed fewer columns, and prove
//! nothing about the others. The name of a client is sealed by none, because it may be a person's.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::db::ledger::StoredEntry;
use crate::db::partners::{StoredSecret, stored_rows};
use crate::db::{Connection, DbError};
use crate::domain::values::Action;

use super::report::Finding;

/// The facts of a new partner that are columns of its row.
const OF_PARTNER: &[&str] = &["name", "kind", "vcca_role", "listed", "sandbox"];
const OF_CLIENT: &[&str] = &["role", "partner", "affiliation", "province_code"];
const OF_PROJECT: &[&str] = &["name_vi", "name_en", "funder"];

/// The directory that the entries read so far make.
#[derive(Default)]
pub struct DirectoryAudit {
    /// Rows by their kind and their key.
    rows: BTreeMap<(&'static str, String), MadeRow>,
    /// Secrets by their client, at most two each.
    secrets: BTreeMap<String, Vec<MadeSecret>>,
}

/// A row as entries made it.
struct MadeRow {
    added_by: i64,
    /// The value of each sealed column, with the entry that sealed it.
    columns: BTreeMap<&'static str, (Value, i64)>,
}

/// A secret as entries made it.
struct MadeSecret {
    entry: i64,
    /// The digest of its hash; older entries sealed none.
    digest: Option<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
}

impl DirectoryAudit {
    /// Replays an entry, if it is about the directory.
    pub fn hear(&mut self, entry: &StoredEntry, facts: &str) {
        let Some(action) = Action::parse(&entry.action).filter(|action| Action::OF_DIRECTORY.contains(action)) else {
            return;
        };
        let facts: Value = serde_json::from_str(facts).unwrap_or_default();
        let now = json!(entry.recorded_at.naive_utc());
        let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match action {
            Action::AddPartner => self.add(
                ("partner", text("partner")),
                entry,
                &facts,
                OF_PARTNER,
                &["suspended_at", "daily_installations", "quota_until"],
            ),
            Action::AddClient => {
                self.add(("client", text("client")), entry, &facts, OF_CLIENT, &["revoked_at"]);
                self.secrets.insert(text("client"), vec![MadeSecret::by(entry, &facts)]);
            }
            Action::AddProject => self.add(("project", text("project")), entry, &facts, OF_PROJECT, &[]),
            Action::SuspendPartner => self.set(&("partner", text("partner")), "suspended_at", now, entry.version),
            Action::ResumePartner => {
                self.set(&("partner", text("partner")), "suspended_at", Value::Null, entry.version);
            }
            Action::SetQuota => {
                for column in ["daily_installations", "quota_until"] {
                    let value = facts.get(column).cloned().unwrap_or_default();
                    self.set(&("partner", text("partner")), column, value, entry.version);
                }
            }
            Action::RevokeClient => self.set(&("client", text("client")), "revoked_at", now, entry.version),
            Action::ResetSecret => {
                let old_until = facts.get("old_secret_until").cloned().unwrap_or_default();
                let secrets = self.secrets.entry(text("client")).or_default();
                // As the register does it: the newest secret gets an end, and any older one goes.
                secrets.retain(|secret| secret.expires_at.is_none());
                for secret in secrets.iter_mut() {
                    secret.expires_at = serde_json::from_value(old_until.clone()).ok();
                }
                secrets.push(MadeSecret::by(entry, &facts));
            }
            _ => {}
        }
    }

    /// Adds a row; `unset` are columns that later entries set.
    fn add(
        &mut self,
        row: (&'static str, String),
        entry: &StoredEntry,
        facts: &Value,
        names: &[&'static str],
        unset: &[&'static str],
    ) {
        let sealed = names.iter().filter_map(|name| Some((*name, facts.get(name)?.clone())));
        let at = [("created_at", json!(entry.recorded_at.naive_utc()))];
        let unset = unset.iter().map(|name| (*name, Value::Null));
        let columns = sealed.chain(at).chain(unset).map(|(name, value)| (name, (value, entry.version))).collect();
        self.rows.insert(row, MadeRow { added_by: entry.version, columns });
    }

    fn set(&mut self, row: &(&'static str, String), column: &'static str, value: Value, version: i64) {
        if let Some(made) = self.rows.get_mut(row) {
            made.columns.insert(column, (value, version));
        }
    }

    /// The findings about the directory; `recorded_at` is the instant of the last entry.
    pub fn findings(self, connection: &mut Connection, recorded_at: DateTime<Utc>) -> Result<Vec<Finding>, DbError> {
        let Self { mut rows, mut secrets } = self;
        let mut found = Vec::new();
        for row in stored_rows::directory(connection)? {
            let what = format!("{} {}", row.kind, row.key);
            let Some(made) = rows.remove(&(row.kind, row.key)) else {
                found.push(Finding::new(what, "was added by no entry"));
                continue;
            };
            for (column, (value, version)) in made.columns {
                if row.columns.get(column) != Some(&value) {
                    found.push(Finding::new(&what, format!("its {column} is not what entry {version} sealed")));
                }
            }
        }
        for ((kind, key), made) in rows {
            found.push(Finding::new(format!("{kind} {key}"), format!("is missing; entry {} added it", made.added_by)));
        }
        for stored in stored_rows::secrets(connection)? {
            let made = secrets.entry(stored.client_id.clone()).or_default();
            let what = format!("secret of client {}", stored.client_id);
            match made.iter().position(|made| made.is(&stored)).map(|place| made.remove(place)) {
                None => found.push(Finding::new(what, "was made by no entry")),
                Some(made) if made.created_at != stored.created_at || made.expires_at != stored.expires_at => {
                    let problem =
                        format!("has another beginning or end than its entries sealed, the first {}", made.entry);
                    found.push(Finding::new(what, problem));
                }
                Some(_) => {}
            }
        }
        for (client, made) in secrets {
            // One that ended opens nothing any more.
            let in_force = |secret: &&MadeSecret| secret.expires_at.is_none_or(|end| end > recorded_at);
            for secret in made.iter().filter(in_force) {
                let problem = format!("is missing; entry {} made it", secret.entry);
                found.push(Finding::new(format!("secret of client {client}"), problem));
            }
        }
        Ok(found)
    }
}

impl MadeSecret {
    fn by(entry: &StoredEntry, facts: &Value) -> Self {
        Self {
            entry: entry.version,
            digest: facts.get("secret_sha256").and_then(Value::as_str).map(str::to_owned),
            created_at: entry.recorded_at,
            expires_at: None,
        }
    }

    /// Whether a stored secret is this one. Without a digest its instant must do.
    fn is(&self, stored: &StoredSecret) -> bool {
        self.digest.as_ref().map_or(self.created_at == stored.created_at, |digest| *digest == stored.digest)
    }
}
