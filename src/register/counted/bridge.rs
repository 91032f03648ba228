//! The difference between two closed days, from the changes that were kept with each day.

use chrono::NaiveDate;

use crate::db::ledger::{Activations, closed_days};
use crate::db::{Connection, DbError};
use crate::domain::counting::{Changes, NationalSums};
use crate::domain::figures::{Applied, Bridge, bridge};

use super::difference::closing_figures;
use super::figures::Figures;

/// Days read at a time.
const STEP: i64 = 64;

/// The difference between the closes of two days.
pub struct BridgedDays {
    /// The difference, cause by cause.
    pub bridge: Bridge,
    /// The version and methodology of the first close; the numbers are zeros.
    pub opening: Figures,
    /// The version and methodology of the last close; the numbers are zeros.
    pub closing: Figures,
}

/// Bridges the closes of the days `from` and `to`. A day before the first entry counts as zero.
pub fn bridge_days(
    connection: &mut Connection,
    from: NaiveDate,
    to: NaiveDate,
    activations: &Activations,
) -> Result<BridgedDays, DbError> {
    let [opening, closing] = [from, to].map(|day| closing_figures(connection, day, activations));
    let (opening, closing) = (opening?, closing?);
    let (mut before, mut moved) = (NationalSums::default(), Changes::default());
    let mut after = None;
    loop {
        let some = closed_days::changes(connection, after, to, STEP)?;
        let Some((last, _)) = some.last() else { break };
        after = Some(*last);
        for (day, changes) in &some {
            if *day <= from {
                changes.iter().for_each(|(_, sums)| before.add_all(sums));
            } else {
                moved.add_all(changes);
            }
        }
    }
    let applied = |figures: &Figures| Applied { methodology: figures.methodology, day: figures.day };
    let bridge = bridge(&before, &moved, applied(&opening), applied(&closing));
    Ok(BridgedDays { bridge, opening, closing })
}
