//! `partner` and `client`: who may use the register.

use clap::Subcommand;
use serde_json::json;

use super::change::{change, said};
use crate::api::auth::{hash_secret, new_client_id, new_secret};
use crate::app::StartError;
use crate::domain::actor::Role;
use crate::domain::administration::{NewClient, NewPartner};
use crate::domain::fault::{Because, Fault};
use crate::domain::id::Code;
use crate::domain::text::Name;
use crate::register::{Clock, Command as Change};
use crate::settings::Settings;

#[derive(Subcommand)]
pub(super) enum PartnerCommand {
    /// Add a partner
    Add {
        /// 2 to 20 of A-Z, 0-9 and hyphen; never changes
        #[arg(long)]
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// It only tries things out; never changes
        #[arg(long)]
        sandbox: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Add a client; prints its id and, this once, its secret
    Add {
        /// What it may do
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Role::CODES))]
        role: String,
        /// The code of the partner that it acts for, with the role partner
        #[arg(long)]
        partner: Option<String>,
        /// Who or what it is
        #[arg(long)]
        name: String,
    },
}

/// Carries out `partner …`.
pub(super) fn partner(settings: &Settings, clock: &Clock, command: PartnerCommand) -> Result<(), StartError> {
    match command {
        PartnerCommand::Add { code, name, sandbox } => {
            let code = Code::parse(&code).map_err(|fault| said("--code", fault))?;
            let name = Name::parse(&name).map_err(|fault| said("--name", fault))?;
            let shown = json!({"code": code});
            let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox };
            change(settings, clock, Change::AddPartner(new))?;
            println!("{shown}");
        }
    }
    Ok(())
}

/// Carries out `client …`.
pub(super) fn client(settings: &Settings, clock: &Clock, command: ClientCommand) -> Result<(), StartError> {
    match command {
        ClientCommand::Add { role, partner, name } => add_client(settings, clock, &role, partner.as_deref(), &name),
    }
}

fn add_client(
    settings: &Settings,
    clock: &Clock,
    role: &str,
    partner: Option<&str>,
    name: &str,
) -> Result<(), StartError> {
    let role = Role::parse(role).ok_or_else(|| said("--role", Fault::UnknownValue { allowed: Role::CODES }))?;
    match (role, partner) {
        (Role::Partner, None) => return Err(said("--partner", Fault::Missing)),
        (Role::Partner, Some(_)) | (_, None) => {}
        (_, Some(_)) => {
            return Err(said("--partner", Fault::NotAllowedHere { because: Because::NotAPartnerClient }));
        }
    }
    let partner = partner.map(Code::parse).transpose().map_err(|fault| said("--partner", fault))?;
    let name = Name::parse(name).map_err(|fault| said("--name", fault))?;
    let (client_id, secret) = (new_client_id(), new_secret().map_err(|_| "the system gives no random numbers")?);
    let secret_hash = hash_secret(&secret).map_err(|error| error.to_string())?;
    let shown = json!({"client_id": client_id, "client_secret": secret});
    change(settings, clock, Change::AddClient { new: NewClient { role, partner, name }, client_id, secret_hash })?;
    println!("{shown}");
    Ok(())
}
