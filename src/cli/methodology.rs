//! `methodology`: activates and compares methodologies, the sets of factors behind public numbers.

use clap::Subcommand;

use crate::app;
use crate::app::StartError;
use crate::db::ledger::{activations, head};
use crate::domain::figures::{Methodology, all, methodology as find};
use crate::domain::reference::MeasureId;
use crate::domain::values::day_of;
use crate::register::{Clock, Command as Change, DirectoryChange, restate};
use crate::settings::Settings;

use super::change::change;
use super::output::{print_answer, say};

#[derive(Subcommand, Clone, Copy)]
pub(super) enum MethodologyCommand {
    /// Put a methodology in force: every number is made with it from this entry on
    Activate {
        /// Its number
        number: i32,
    },
    /// Print what each emission figure is now and would be with another methodology
    Compare {
        /// Its number
        number: i32,
    },
}

/// Carries out `methodology …`.
pub(super) fn methodology(settings: &Settings, clock: &Clock, command: MethodologyCommand) -> Result<(), StartError> {
    app::learn_methodologies(settings)?;
    match command {
        MethodologyCommand::Activate { number } => {
            let methodology = known(number)?;
            change(settings, clock, Change::Directory(DirectoryChange::ActivateMethodology(number)))?;
            say!("methodology {number} is in force");
            let unknown: Vec<&str> =
                MeasureId::all().filter(|measure| !methodology.knows(*measure)).map(MeasureId::code).collect();
            if !unknown.is_empty() {
                say!("WARNING: it does not know these measures, so that they avoid nothing: {}", unknown.join(", "));
            }
        }
        MethodologyCommand::Compare { number } => compare(settings, clock, known(number)?)?,
    }
    Ok(())
}

fn known(number: i32) -> Result<&'static Methodology, StartError> {
    let numbers: Vec<String> = all().iter().map(|one| one.version.to_string()).collect();
    find(number).ok_or_else(|| format!("there is no methodology {number}; there are: {}", numbers.join(", ")).into())
}

/// Prints a table of tab-separated columns.
fn compare(settings: &Settings, clock: &Clock, after: &'static Methodology) -> Result<(), StartError> {
    let database = app::current_database(settings)?;
    let (head, in_force) = {
        let mut connection = database.connection()?;
        (head::read(&mut connection)?, activations::read(&mut connection)?)
    };
    let before = in_force.at(head.version)?;
    let day = day_of(clock().max(head.recorded_at));
    print_answer(format_args!("figure\tmethodology {}\tmethodology {}\tdifference", before.version, after.version))?;
    for row in restate(&database, day, before, after)? {
        // Kilowatt-hours are whole; tonnes and kWp have three decimals.
        let decimals = if row.figure.ends_with("_kwh") { 0 } else { 3 };
        let [before, after, moved] =
            [row.before, row.after, row.after - row.before].map(|figure| format!("{figure:.decimals$}"));
        print_answer(format_args!("{}\t{before}\t{after}\t{moved}", row.figure))?;
    }
    Ok(())
}
