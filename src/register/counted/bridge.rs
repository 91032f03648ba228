//! The difference between two closed days: in full, from the changes that were kept with each day, or as publication points tell it.

use chrono::NaiveDate;

use crate::db::ledger::{Activations, StoredPoint, closed_days, points};
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

/// The difference between what was published by the closes of two days.
pub struct BridgedPoints {
    /// The difference, cause by cause.
    pub bridge: Bridge,
    /// The days of the points that it lies between; none before the first point.
    pub points: [Option<NaiveDate>; 2],
    /// The version and methodology of the last close; the numbers are zeros.
    pub closing: Figures,
}

/// Bridges the points that were the newest at the closes of the days `from` and `to`. Before the first point everything counts as
/// zero.
pub fn bridge_points(
    connection: &mut Connection,
    from: NaiveDate,
    to: NaiveDate,
    activations: &Activations,
) -> Result<BridgedPoints, DbError> {
    let closes = [from, to].map(|day| closing_figures(connection, day, activations));
    let [opening, closing] = closes;
    let (opening, closing) = (opening?, closing?);
    let [first, last] = [from, to].map(|day| points::shown_at(connection, day));
    let (first, last) = (first?, last?);
    let number = |point: &Option<StoredPoint>| point.as_ref().map_or(0, |point| point.number);
    let (mut before, mut moved, mut untold) = (NationalSums::default(), Changes::default(), NationalSums::default());
    points::each_movement(connection, number(&last), |point, national, by_cause| {
        if point <= number(&first) {
            before.add_all(&national);
        } else {
            untold.add_all(&national);
            by_cause.iter().for_each(|(_, told)| untold.subtract_all(told));
            moved.add_all(&by_cause);
        }
    })?;
    let applied = |point: &Option<StoredPoint>, close: &Figures| match point {
        None => Ok(Applied { methodology: close.methodology, day: close.day }),
        Some(point) => Ok(Applied { methodology: activations.at(point.version)?, day: point.day }),
    };
    let ends: [Result<Applied, DbError>; 2] = [applied(&first, &opening), applied(&last, &closing)];
    let [opened, closed] = ends;
    let bridge = bridge(&before, (&moved, &untold), opened?, closed?);
    Ok(BridgedPoints { bridge, points: [first, last].map(|point| point.map(|point| point.day)), closing })
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
    let bridge = bridge(&before, (&moved, &NationalSums::default()), applied(&opening), applied(&closing));
    Ok(BridgedDays { bridge, opening, closing })
}
