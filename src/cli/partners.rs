//! `partner`: adds, suspends and resumes partners, and gives them quotas.

use clap::Subcommand;
use serde_json::json;

use crate::app::StartError;
use crate::domain::records::{MOST_DAILY_INSTALLATIONS, NewPartner, RaisedQuota};
use crate::domain::values::{Code, Fault, Name, PartnerCode, parse_day};
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
    /// Give a partner a daily quota of its own, for a large delivery
    Quota {
        /// Its code
        #[arg(long)]
        code: String,
        /// New installations a day; 0 is no limit
        #[arg(long)]
        most: u32,
        /// The last day on which it holds, YYYY-MM-DD in Hà Nội
        #[arg(long)]
        until: String,
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
        PartnerCommand::Quota { code, most, until } => {
            let code = read(&code)?;
            if i64::from(most) > MOST_DAILY_INSTALLATIONS {
                return Err(said("--most", Fault::OutOfRange { min: 0, max: MOST_DAILY_INSTALLATIONS }));
            }
            let until = parse_day(&tidied("--until", &until)).map_err(|fault| said("--until", fault))?;
            let quota = RaisedQuota { daily_installations: most, until };
            change(settings, clock, Change::Directory(DirectoryChange::RaiseQuota(code.clone(), quota)))?;
            print_answer(json!({"code": code, "daily_installations": most, "until": until}))?;
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
