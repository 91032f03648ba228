//! `client`: adds, lists and revokes clients, and resets their secrets.

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::api::ClientView;
use crate::api::access::{hash_secret, new_client_id, new_secret};
use crate::app;
use crate::app::StartError;
use crate::db::partners::partners_and_clients;
use crate::domain::records::{KEEP_OLD_HOURS, MOST_KEEP_OLD_HOURS, NewClient, Role, misplaced};
use crate::domain::reference::parse_province;
use crate::domain::values::{Code, Fault, Name, PartnerCode};
use crate::register::{Clock, Command as Change, DirectoryChange, Done};
use crate::settings::Settings;

use super::change::{change, said, tidied};
use super::output::print_answer;

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Add a client; prints its id and, this once, its secret
    Add(Add),
    /// Print every client; no secret stands there
    List,
    /// Shut a client out for ever, everywhere within a second
    Revoke {
        /// The client's id
        #[arg(long)]
        id: String,
    },
    /// Give a client a new secret; prints it, this once
    ResetSecret {
        /// The client's id
        #[arg(long)]
        id: String,
        /// Hours that the secret before still works; any older one ends at once
        #[arg(long, default_value_t = KEEP_OLD_HOURS, value_parser = clap::value_parser!(i64).range(0..=MOST_KEEP_OLD_HOURS))]
        keep_old_hours: i64,
    },
}

#[derive(Args)]
pub(super) struct Add {
    /// What it may do
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Role::CODES))]
    role: String,
    /// The code of the partner that it acts for, with the role partner
    #[arg(long)]
    partner: Option<String>,
    /// The code of the partner that the person works for, with the role reviewer: they see nothing of it
    #[arg(long)]
    affiliation: Option<String>,
    /// The code of the one province that it may see, with the roles reviewer and dashboard
    #[arg(long)]
    province: Option<String>,
    /// Who or what it is
    #[arg(long)]
    name: String,
}

/// Carries out `client …`.
pub(super) fn client(settings: &Settings, clock: &Clock, command: ClientCommand) -> Result<(), StartError> {
    match command {
        ClientCommand::Add(new) => add(settings, clock, &new),
        ClientCommand::List => list(settings, clock),
        ClientCommand::Revoke { id } => {
            let id = tidied("--id", &id);
            let shown = json!({"client_id": id, "revoked": true});
            change(settings, clock, Change::Directory(DirectoryChange::RevokeClient { client_id: id }))?;
            print_answer(shown)?;
            Ok(())
        }
        ClientCommand::ResetSecret { id, keep_old_hours } => {
            reset_secret(settings, clock, &tidied("--id", &id), keep_old_hours)
        }
    }
}

fn add(settings: &Settings, clock: &Clock, wanted: &Add) -> Result<(), StartError> {
    let new = wanted.read()?;
    let (client_id, (secret, secret_hash)) = (new_client_id(), secret_and_hash()?);
    let shown = json!({"client_id": client_id, "client_secret": secret});
    let added = DirectoryChange::AddClient { new, client_id: client_id.clone(), secret_hash };
    change(settings, clock, Change::Directory(added))?;
    print_answer(shown).map_err(|error| {
        format!(
            "{error}: nobody has the secret of {client_id}. green-homes client revoke --id {client_id}, and add another"
        )
        .into()
    })
}

impl Add {
    fn read(&self) -> Result<NewClient, StartError> {
        let unknown = || said("--role", Fault::UnknownValue { allowed: Role::CODES });
        let role = Role::parse(&self.role).ok_or_else(unknown)?;
        let has = |member: &str| match member {
            "partner" => self.partner.is_some(),
            "affiliation" => self.affiliation.is_some(),
            _ => self.province.is_some(),
        };
        if let Some((member, fault)) = misplaced(role, has).into_iter().next() {
            return Err(said(&format!("--{}", member.trim_end_matches("_code")), fault));
        }
        let province = self.province.as_deref().map(|raw| parse_province(&tidied("--province", raw))).transpose();
        Ok(NewClient {
            role,
            partner: code("--partner", self.partner.as_deref())?,
            affiliation: code("--affiliation", self.affiliation.as_deref())?,
            province: province.map_err(|fault| said("--province", fault))?,
            name: Name::parse(&tidied("--name", &self.name)).map_err(|fault| said("--name", fault))?,
        })
    }
}

fn code(flag: &str, raw: Option<&str>) -> Result<Option<PartnerCode>, StartError> {
    raw.map(|raw| Code::parse(&tidied(flag, raw))).transpose().map_err(|fault| said(flag, fault))
}

fn list(settings: &Settings, clock: &Clock) -> Result<(), StartError> {
    let database = app::current_database(settings)?;
    let directory = partners_and_clients::directory(&mut database.connection()?)?;
    let views: Vec<_> = directory.clients.values().map(|client| ClientView::of(client, clock())).collect();
    print_answer(serde_json::to_string_pretty(&views)?)?;
    Ok(())
}

fn reset_secret(settings: &Settings, clock: &Clock, client_id: &str, keep_old_hours: i64) -> Result<(), StartError> {
    let (secret, secret_hash) = secret_and_hash()?;
    let keep_old = TimeDelta::hours(keep_old_hours);
    let command =
        Change::Directory(DirectoryChange::ResetSecret { client_id: client_id.to_owned(), secret_hash, keep_old });
    let Done::SecretReset { old_until } = change(settings, clock, command)? else {
        return Err("the secret was not changed".into());
    };
    let shown = json!({"client_id": client_id, "client_secret": secret, "old_secret_until": old_until});
    print_answer(shown)
        .map_err(|error| format!("{error}: nobody has the new secret of {client_id}; reset it again").into())
}

fn secret_and_hash() -> Result<(String, String), StartError> {
    let secret = new_secret().map_err(|_| "the system gives no random numbers")?;
    let hash = hash_secret(&secret);
    Ok((secret, hash))
}
