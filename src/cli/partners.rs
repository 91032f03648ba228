//! `partner` and `project`: adds and lists partners and projects, suspends and resumes partners, and gives them quotas.

use clap::Subcommand;
use serde_json::json;

use crate::api::{PartnerView, ProjectView};
use crate::app;
use crate::app::StartError;
use crate::db::partners::partners_and_clients;
use crate::domain::records::{MOST_DAILY_INSTALLATIONS, NewPartner, NewProject, OwnQuota};
use crate::domain::values::{Code, Fault, Name, parse_day};
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
    /// Print every partner, suspended ones included
    List,
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

#[derive(Subcommand)]
pub(super) enum ProjectCommand {
    /// Add a project
    Add {
        /// 2 to 20 of A-Z, 0-9 and hyphen; never changes
        #[arg(long)]
        code: String,
        /// Its name in Vietnamese
        #[arg(long)]
        name_vi: String,
        /// Its name in English
        #[arg(long)]
        name_en: String,
        /// Who pays for it
        #[arg(long)]
        funder: Option<String>,
    },
    /// Print every project
    List,
}

/// Carries out `partner …`.
pub(super) fn partner(settings: &Settings, clock: &Clock, command: PartnerCommand) -> Result<(), StartError> {
    match command {
        PartnerCommand::Add { code, name, sandbox } => {
            let (given, code) = (code.clone(), read(&code)?);
            let name = named("--name", &name)?;
            let new = NewPartner { code: code.clone(), name, kind: None, vcca_role: None, listed: false, sandbox };
            change(settings, clock, Change::Directory(DirectoryChange::AddPartner(new)))?;
            added(&given, code.as_str())?;
        }
        PartnerCommand::List => {
            let directory = partners_and_clients::directory(&mut app::current_database(settings)?.connection()?)?;
            let views: Vec<_> = directory.partners.values().map(PartnerView::from).collect();
            print_answer(serde_json::to_string_pretty(&views)?)?;
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
            let quota = OwnQuota { daily_installations: most, until };
            change(settings, clock, Change::Directory(DirectoryChange::SetQuota(code.clone(), quota)))?;
            if most == 0 {
                say!(
                    "{code} may register without limit until {until}; to stop it: green-homes partner suspend --code {code}"
                );
            }
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

/// Carries out `project …`.
pub(super) fn project(settings: &Settings, clock: &Clock, command: ProjectCommand) -> Result<(), StartError> {
    match command {
        ProjectCommand::Add { code, name_vi, name_en, funder } => {
            let new = NewProject {
                code: read(&code)?,
                name_vi: named("--name-vi", &name_vi)?,
                name_en: named("--name-en", &name_en)?,
                funder: funder.map(|funder| named("--funder", &funder)).transpose()?,
            };
            let stored = new.code.to_string();
            change(settings, clock, Change::Directory(DirectoryChange::AddProject(new)))?;
            added(&code, &stored)
        }
        ProjectCommand::List => {
            let projects = partners_and_clients::projects(&mut app::current_database(settings)?.connection()?)?;
            let views: Vec<_> = projects.into_iter().map(ProjectView::from).collect();
            print_answer(serde_json::to_string_pretty(&views)?)
        }
    }
}

/// Says what was added, and by which code, where it is not the one that was given.
fn added(given: &str, stored: &str) -> Result<(), StartError> {
    if stored != given {
        say!("the code {given} is stored as {stored}");
    }
    print_answer(json!({"code": stored}))
}

fn named(flag: &str, raw: &str) -> Result<Name, StartError> {
    Name::parse(&tidied(flag, raw)).map_err(|fault| said(flag, fault))
}

fn read(code: &str) -> Result<Code, StartError> {
    Code::parse(&tidied("--code", code)).map_err(|fault| said("--code", fault))
}
