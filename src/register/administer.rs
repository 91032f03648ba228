//! Partners, clients and projects: written at once, because the next request of the batch may
//! speak of them. Each is an entry that moves no number. So is the restoration of a backup.

use chrono::{DateTime, Utc};

use crate::db::administration;
use crate::domain::contribution::Contribution;
use crate::domain::entry::{Action, Cause, Hash, hex};
use crate::domain::fault::Fault;
use crate::domain::refusal::Refusal;

use super::batch::{Deciding, Stop};
use super::command::{Command, Done};
use super::posting::EntryOf;

impl Deciding<'_> {
    pub(super) fn administer(&mut self, actor: &str, command: &Command) -> Result<Done, Stop> {
        let (at, connection) = (self.stamp.at, &mut *self.connection);
        let (action, subject, facts) = match command {
            Command::AddPartner(new) => {
                if administration::partner_exists(connection, &new.code)? {
                    return Err(Refusal::CodeTaken { pointer: "/code" }.into());
                }
                administration::add_partner(connection, new, at)?;
                let facts = serde_json::json!({"partner": new.code, "name": new.name.as_str(), "sandbox": new.sandbox});
                (Action::AddPartner, format!("partner/{}", new.code), facts)
            }
            Command::AddClient { new, client_id, secret_hash } => {
                if let Some(code) = &new.partner
                    && !administration::partner_exists(connection, code)?
                {
                    return Err(Refusal::invalid("/partner", Fault::UnknownPartner).into());
                }
                administration::add_client(connection, new, client_id, secret_hash, at)?;
                // The name may be a person's: it stays out of what is kept for ever.
                let facts = serde_json::json!({"client": client_id, "role": new.role.as_str(), "partner": new.partner});
                (Action::AddClient, format!("client/{client_id}"), facts)
            }
            Command::AddProject(new) => {
                if !administration::known_projects(connection, std::slice::from_ref(&new.code))?.is_empty() {
                    return Err(Refusal::CodeTaken { pointer: "/code" }.into());
                }
                administration::add_project(connection, new, at)?;
                let facts = serde_json::json!({
                    "project": new.code, "name_vi": new.name_vi.as_str(), "name_en": new.name_en.as_str()
                });
                (Action::AddProject, format!("project/{}", new.code), facts)
            }
            _ => return Err(Refusal::NotFound.into()),
        };
        self.decided.administrative = true;
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject };
        self.append(entry, &facts, None, &Contribution::new())?;
        Ok(Done::Added)
    }

    /// What was published after the backup and is not in it never was: whoever cites a version
    /// after it, from before this entry, cites nothing.
    pub(super) fn note_restoration(
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
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject };
        self.append(entry, &facts, None, &Contribution::new())?;
        Ok(Done::Noted)
    }
}
