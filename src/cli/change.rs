//! Submitting one command of the register from the command line.

use crate::app;
use crate::app::StartError;
use crate::db::Database;
use crate::domain::records::Actor;
use crate::domain::refusals::{Refusal, Warning};
use crate::domain::values::{Fault, Language, without_strays};
use crate::register::{
    BatchTransaction, Clock, Command as Change, DirectoryChange, Done, Failure, HomeCommand, Request,
};
use crate::settings::Settings;

use super::output::say;

/// The actor of the command line, in entries.
pub(super) const ACTOR: &str = "command-line";

/// Carries out a command in an existing register. A server may be running; the lock of the head puts its batches and this
/// one in order.
pub(super) fn change(settings: &Settings, clock: &Clock, command: Change) -> Result<Done, StartError> {
    change_in(app::current_database(settings)?, clock, command)
}

/// Carries out a command in an open database.
pub(super) fn change_in(database: Database, clock: &Clock, command: Change) -> Result<Done, StartError> {
    say!("database {}", database.url());
    let subject = subject(&command);
    let request = Request::new(Actor::operator(ACTOR), command);
    let transaction = BatchTransaction::new(database, clock.clone());
    let failure = match transaction.execute(&[&request]).results.pop() {
        Some(Ok(done)) => return Ok(done),
        Some(Err(failure)) => failure,
        None => Failure::Broken,
    };
    Err(match failure {
        Failure::Refused(refusal) => explain(&refusal, &subject).into(),
        Failure::Unavailable => "the database is busy or cannot be reached; nothing was recorded; try again".into(),
        Failure::StorageFull => "the disk of the database is full; nothing was recorded".into(),
        Failure::Outdated => "a newer program has changed this register; nothing was recorded; use that program".into(),
        Failure::OutcomeUnknown => "it is not known whether this was recorded: look before you try again".into(),
        Failure::Broken => "the change could not be written; the log says why".into(),
        Failure::ClockInDoubt => match transaction.clock_doubt()? {
            Some(doubt) => format!("nothing was recorded: {doubt}").into(),
            None => "nothing was recorded, because the clock was in doubt; it no longer is: try again".into(),
        },
    })
}

/// The subject of a command, in words.
fn subject(command: &Change) -> String {
    match command {
        Change::Directory(
            DirectoryChange::RevokeClient { client_id } | DirectoryChange::ResetSecret { client_id, .. },
        ) => {
            format!("client {client_id}")
        }
        Change::Directory(
            DirectoryChange::SuspendPartner(code)
            | DirectoryChange::ResumePartner(code)
            | DirectoryChange::SetQuota(code, _),
        ) => {
            format!("partner {code}")
        }
        Change::Directory(DirectoryChange::ActivateMethodology(number)) => format!("methodology {number}"),
        Change::SetClockBack => {
            "clock to set back: the register was not carried past the clock of this machine".to_owned()
        }
        Change::Home(HomeCommand::Erase { site }) => format!("site {site}"),
        _ => "such record".to_owned(),
    }
}

fn explain(refusal: &Refusal, subject: &str) -> String {
    match refusal {
        Refusal::NotFound => format!("there is no {subject}"),
        Refusal::ClientRevoked => "this client was revoked; add another one".to_owned(),
        Refusal::CodeTaken { .. } => "this code is taken".to_owned(),
        Refusal::Invalid(faults) => {
            let told = faults.iter().map(|f| match f.pointer.trim_start_matches('/') {
                "" => f.fault.explain(Language::English),
                flag => format!("--{flag}: {}", f.fault.explain(Language::English)),
            });
            told.collect::<Vec<_>>().join("; ")
        }
        _ => "refused".to_owned(),
    }
}

/// The value of a flag without the strays that copying leaves. Says so if it held one.
pub(super) fn tidied(flag: &str, raw: &str) -> String {
    let Some(tidied) = without_strays(raw) else { return raw.to_owned() };
    say!("{flag}: {}", Warning::StraysRemoved.explain(Language::English));
    tidied
}

/// An error about the value of a flag.
pub(super) fn said(flag: &str, fault: Fault) -> StartError {
    format!("{flag}: {}", fault.explain(Language::English)).into()
}
