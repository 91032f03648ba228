//! `clock`: what the register knows of time, and the operator's word on it.

use clap::Subcommand;
use serde_json::json;

use crate::app;
use crate::app::StartError;
use crate::db::ledger::{clock as stored, head};
use crate::db::records::installations_dated_after;
use crate::domain::rules::ClockFault;
use crate::domain::values::day_of;
use crate::register::{BatchTransaction, Clock, Command as Change, Done};
use crate::settings::Settings;

use super::change::change;
use super::output::{print_answer, say};

#[derive(Subcommand, Clone, Copy)]
pub(super) enum ClockCommand {
    /// Print the clock of this machine, the register's last sign of life, and whether the clock is believed; exit code 1 if not
    Show,
    /// Believe the clock of this machine, although the register gave no sign of life for long
    Accept,
    /// Set the register back to the clock of this machine, after a clock that was ahead had carried it off: days and releases that
    /// have not come are void
    SetBack,
}

/// Carries out `clock …`. Returns whether the clock is believed.
pub(super) fn clock(settings: &Settings, clock: &Clock, command: ClockCommand) -> Result<bool, StartError> {
    match command {
        ClockCommand::Show => return show(settings, clock),
        ClockCommand::Accept => {
            let database = app::current_database(settings)?;
            let now = clock();
            if let Some(doubt) = BatchTransaction::new(database.clone(), clock.clone()).clock_doubt()?
                && doubt.kind != ClockFault::Ahead
            {
                return Err(doubt.to_string().into());
            }
            stored::accept(&mut database.connection()?, now)?;
            say!("{}: {now} is believed", database.url());
        }
        ClockCommand::SetBack => set_back(settings, clock)?,
    }
    Ok(true)
}

fn show(settings: &Settings, clock: &Clock) -> Result<bool, StartError> {
    let database = app::current_database(settings)?;
    let last_sign = head::read(&mut database.connection()?)?.last_sign();
    let doubt = BatchTransaction::new(database, clock.clone()).clock_doubt()?;
    let doubt = doubt.map(|doubt| doubt.to_string());
    let shown = json!({"clock": clock(), "last_sign_of_life": last_sign, "believed": doubt.is_none(), "doubt": doubt});
    print_answer(serde_json::to_string_pretty(&shown)?)?;
    Ok(doubt.is_none())
}

fn set_back(settings: &Settings, clock: &Clock) -> Result<(), StartError> {
    let Done::ClockSetBack { voided } = change(settings, clock, Change::SetClockBack)? else { return Ok(()) };
    let today = day_of(clock());
    say!("the register goes on at {}", clock());
    for (is_release, what) in [(false, "closed days"), (true, "releases")] {
        let days: Vec<String> =
            voided.iter().filter(|void| void.is_release == is_release).map(|void| void.day.to_string()).collect();
        if !days.is_empty() {
            say!("void {what}: {}", days.join(", "));
        }
    }
    let database = app::current_database(settings)?;
    let dated = installations_dated_after(&mut database.connection()?, today)?;
    for id in dated {
        say!("WARNING: installation {id} has a date after today: have it corrected or rejected");
    }
    Ok(())
}
