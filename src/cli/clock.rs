//! `clock`: what the register knows of time, and the operator's word on it.

use chrono::NaiveDate;
use clap::Subcommand;
use serde_json::json;

use crate::app;
use crate::app::StartError;
use crate::db::ledger::{clock as stored, closed_days, head};
use crate::db::records::installations_dated_after;
use crate::domain::rules::ClockFault;
use crate::domain::values::day_of;
use crate::register::{BatchTransaction, Clock, Command as Change, Done};
use crate::settings::Settings;

use super::change::change;
use super::output::{confirm, print_answer, say};

#[derive(Subcommand, Clone, Copy)]
pub(super) enum ClockCommand {
    /// Print the clock of this machine, the register's last sign of life, and whether the clock is believed; exit code 1 if not
    Show,
    /// Believe the clock of this machine, although the register gave no sign of life for long. Says what follows and asks first
    Accept {
        /// Believe it without asking
        #[arg(long)]
        yes: bool,
    },
    /// Set the register back to the clock of this machine, after a clock that was ahead had carried it off: days and releases that
    /// have not come are void. Shows them and asks first
    SetBack {
        /// Set it back without asking
        #[arg(long)]
        yes: bool,
    },
}

/// Carries out `clock …`. Returns whether the clock is believed.
pub(super) fn clock(settings: &Settings, clock: &Clock, command: ClockCommand) -> Result<bool, StartError> {
    match command {
        ClockCommand::Show => return show(settings, clock),
        ClockCommand::Accept { yes } => accept(settings, clock, yes)?,
        ClockCommand::SetBack { yes } => set_back(settings, clock, yes)?,
    }
    Ok(true)
}

fn accept(settings: &Settings, clock: &Clock, yes: bool) -> Result<(), StartError> {
    let database = app::current_database(settings)?;
    let now = clock();
    let doubt = BatchTransaction::new(database.clone(), clock.clone()).clock_doubt()?;
    let connection = &mut database.connection()?;
    match doubt {
        Some(doubt) if doubt.kind != ClockFault::Ahead => return Err(doubt.to_string().into()),
        Some(_) if !yes => {
            let head = head::read(connection)?;
            say!(
                "The register gave its last sign of life at {}, and the clock of this machine says {now}.",
                head.last_sign()
            );
            let first_open = head.closed_day.map_or(closed_days::first_day(connection)?, |day| day.succ_opt());
            let open = first_open.into_iter().flat_map(|first| first.iter_days().take_while(|day| *day < day_of(now)));
            name_days("days that would be closed for good, month ends with a release", open);
            confirm("Is the clock right? Compare it with another one. Type yes:", "nothing was changed")?;
        }
        _ => {}
    }
    stored::accept(connection, now)?;
    say!("{}: {now} is believed", database.url());
    Ok(())
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

fn set_back(settings: &Settings, clock: &Clock, yes: bool) -> Result<(), StartError> {
    let database = app::current_database(settings)?;
    let (now, connection) = (clock(), &mut database.connection()?);
    app::refuse_early_clock(now)?;
    if let Some(first) = closed_days::entry(connection, 1)?
        && now < first.recorded_at
    {
        return Err(
            format!("the clock says {now}, and the register began at {}: set the clock", first.recorded_at).into()
        );
    }
    let carried_to = head::read(connection)?.last_sign();
    if !yes && now < carried_to {
        say!("The register has come to {carried_to}, and the clock of this machine says {now}.");
        let sealed = stored::sealed_from(connection, day_of(now))?;
        name_days("closed days that would be void", sealed.days.iter().map(|(day, _)| *day));
        name_days("releases that would be void", sealed.releases.iter().map(|(day, _)| *day));
        confirm(
            "Is the clock right now, and was it ahead before? This cannot be undone. Type yes:",
            "nothing was set back",
        )?;
    }
    let Done::ClockSetBack { voided } = change(settings, clock, Change::SetClockBack)? else { return Ok(()) };
    let today = day_of(clock());
    say!("the register goes on at {}", clock());
    for (is_release, what) in [(false, "void closed days"), (true, "void releases")] {
        name_days(what, voided.iter().filter(|void| void.is_release == is_release).map(|void| void.day));
    }
    let dated = installations_dated_after(connection, today)?;
    for id in dated {
        say!("WARNING: installation {id} has a date after today: have it corrected or rejected");
    }
    Ok(())
}

/// Names days in their order, if there are any: all of a few, else the first, the last and how many.
fn name_days(what: &str, days: impl Iterator<Item = NaiveDate>) {
    let days: Vec<String> = days.map(|day| day.to_string()).collect();
    match &days[..] {
        [] => {}
        [first, .., last] if days.len() > 7 => say!("{what}: {first} to {last}, {} in all", days.len()),
        few => say!("{what}: {}", few.join(", ")),
    }
}
