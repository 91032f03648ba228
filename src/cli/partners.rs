//! `partner`: adds, suspends and resumes partners.

use clap::Subcommand;
use serde_json::json;

use crate::app::StartError;
use crate::domain::records::NewPartner;
use crate::domain::values::{Code, Name, PartnerCode};
use crate::register::{Clock, Command as Change, DirectoryChange};
use crate::settings::Settings;

use super::change::{change, said, tidied};
use super::output::{print_answer, say};

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
    /// Shut the clients of a partner out, everywhere within a second
    Suspend {
        /// Its code
        #[arg(long)]
        code: String,
    },
    /// Let the clients of a partner in again
    Resume {
        /// Its code
        #[arg(long)]
        code: String,
    },
}

/// Carries out `partner …`.
pub(super) fn partner(settings: &Settings, clock: &Clock, command: PartnerCommand) -> Result<(), StartError> {
    match command {
        PartnerCommand::Add { code, name, sandbox } => {
            let given = code;
            let code = read(&given)?;
            let name = Name::parse(&tidied("--name", &name)).map_err(|fault| said("--name", fault))?;
            let shown = json!({"code": code});
            let new = NewPartner { code: code.clone(), name, kind: None, vcca_role: None, listed: false, sandbox };
            change(settings, clock, Change::Directory(DirectoryChange::AddPartner(new)))?;
            if code.as_str() != given {
                say!("the code {given} is stored as {code}");
            }
            print_answer(shown)?;
        }
        PartnerCommand::Suspend { code } => {
            let code = read(&code)?;
            change(settings, clock, Change::Directory(DirectoryChange::SuspendPartner(code.clone())))?;
            print_answer(json!({"code": code, "suspended": true}))?;
        }
        PartnerCommand::Resume { code } => {
            let code = read(&code)?;
            change(settings, clock, Change::Directory(DirectoryChange::ResumePartner(code.clone())))?;
            print_answer(json!({"code": code, "suspended": false}))?;
        }
    }
    Ok(())
}

fn read(code: &str) -> Result<PartnerCode, StartError> {
    Code::parse(&tidied("--code", code)).map_err(|fault| said("--code", fault))
}
