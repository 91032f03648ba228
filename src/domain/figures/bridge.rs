//! Why the headline of one day differs from that of another: the difference in parts, each with its reason. The parts add up
//! exactly to the difference.
//!
//! Every figure f is linear in the sums. Let A and B be the sums on the first and the last day, m1 and m2 the methodologies,
//! d1 and d2 the days. Then f(B; m2, d2) − f(A; m1, d1) falls apart into
//!
//! ```text
//! a cause                             f(sums that the cause moved; m2, d2)    together f(B; m2, d2) − f(A; m2, d2)
//! methodology                         f(A; m2, d2) − f(A; m1, d2)
//! end of life + ageing + operation    f(A; m1, d2) − f(A; m1, d1)
//! ```

use std::ops::{Add, Sub};

use chrono::NaiveDate;

use crate::domain::counting::{ByStage, Changes, NationalSums};
use crate::domain::records::Stage;
use crate::domain::values::coded_enum;

use super::estimate::Amount;
use super::estimate::Estimator;
use super::estimate::NationalOutput;
use super::estimate::{WholeAmount, WholeEstimate};
use super::methodology::Methodology;

coded_enum!(
    /// The reason for one part of a difference. The reasons before `methodology` are causes of entries: see
    /// [`Cause`](crate::domain::values::Cause).
    Reason {
        Registered = "registered",
        Verified = "verified",
        Corrected = "corrected",
        Withdrawn = "withdrawn",
        Rejected = "rejected",
        Suspended = "suspended",
        Reinstated = "reinstated",
        Merged = "merged",
        Split = "split",
        Decommissioned = "decommissioned",
        Definition = "definition",
        /// What moved the figures, and too few sites for its cause to be told.
        NotYetDetailed = "not_yet_detailed",
        /// Emissions are estimated by another method.
        Methodology = "methodology",
        /// Measures came to the end of their life.
        EndOfLife = "end_of_life",
        /// Measures lose output with age.
        Ageing = "ageing",
        /// Installations went on working. This part also holds the remainder of rounding to whole kilograms and
        /// kilowatt-hours.
        Operation = "operation",
    }
);

/// A methodology and the credit day on which it is applied.
#[derive(Clone, Copy, Debug)]
pub struct Applied {
    pub methodology: &'static Methodology,
    pub day: NaiveDate,
}

/// The figures that a bridge explains, within the programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Levels {
    /// Sites in operation, and pledged sites.
    pub sites: ByStage,
    /// Verified solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: i64,
    /// Electricity and emissions up to the day.
    pub to_date: WholeAmount,
    /// Electricity and emissions of a full year.
    pub annual: WholeAmount,
    /// Electricity and emissions over whole lives.
    pub lifetime: WholeAmount,
}

/// The difference between two days in parts.
#[derive(Clone, PartialEq, Debug)]
pub struct Bridge {
    /// The figures at the close of the first day.
    pub opening: Levels,
    /// One part for each reason, in declared order. Their sum is the difference.
    pub parts: Vec<(Reason, Levels)>,
    /// The figures at the close of the last day.
    pub closing: Levels,
}

/// Bridges two days. `before` are the sums at the close of the first day. `changes` are the changes from then to the
/// close of the last day, and `untold` those whose cause is not told.
#[must_use]
pub fn bridge(
    before: &NationalSums,
    (changes, untold): (&Changes, &NationalSums),
    first: Applied,
    last: Applied,
) -> Bridge {
    let first_method_last_day = Applied { methodology: first.methodology, day: last.day };
    let mut after = before.clone();
    for (_, moved) in changes.iter() {
        after.add_all(moved);
    }
    after.add_all(untold);
    let (opening, closing) = (Levels::of(before, first), Levels::of(&after, last));
    let mut parts: Vec<(Reason, Levels)> = Reason::ALL.iter().map(|reason| (*reason, Levels::default())).collect();
    let mut put = |reason: Reason, levels: Levels| {
        for (_, part) in parts.iter_mut().filter(|(of, _)| *of == reason) {
            *part = levels;
        }
    };
    for (cause, moved) in changes.iter() {
        // A cause without a reason of its own moves no sum. If it did, its part would stand under operation.
        if let Some(reason) = Reason::parse(cause.as_str()) {
            put(reason, Levels::of(moved, last));
        }
    }
    put(Reason::NotYetDetailed, Levels::of(untold, last));
    put(Reason::Methodology, Levels::of(before, last) - Levels::of(before, first_method_last_day));
    let [end_of_life, ageing] = lost_to_time(before, first, last.day);
    put(Reason::EndOfLife, end_of_life);
    put(Reason::Ageing, ageing);
    let explained = parts.iter().fold(Levels::default(), |sum, (_, part)| sum + *part);
    for (_, part) in parts.iter_mut().filter(|(reason, _)| *reason == Reason::Operation) {
        *part = closing - opening - explained;
    }
    Bridge { opening, parts, closing }
}

impl Levels {
    /// The figures of sums, or of changes of sums.
    #[must_use]
    pub fn of(sums: &NationalSums, applied: Applied) -> Self {
        let output = NationalOutput::of(sums, &mut Estimator::new(applied.methodology, applied.day));
        let WholeEstimate { to_date, annual, lifetime, .. } = output.verified;
        Self { sites: sums.sites(), capacity_wp: output.capacity_wp.verified, to_date, annual, lifetime }
    }
}

/// The losses of the same sums from the first day to the last: by the end of lives, and by ageing.
fn lost_to_time(sums: &NationalSums, first: Applied, last: NaiveDate) -> [Levels; 2] {
    let (mut then, mut now) = (Estimator::new(first.methodology, first.day), Estimator::new(first.methodology, last));
    let (mut capacity_wp, mut ended, mut aged) = (0, Amount::default(), Amount::default());
    for (key, totals) in sums.iter() {
        let Some(dims) = key.dims() else { continue };
        let (Some(measure), Some(installed), None) = (dims.measure, dims.installed, dims.ended) else { continue };
        if !matches!(dims.stage, Stage::Verified(_)) || !then.is_within_life(measure, installed) {
            continue;
        }
        let [before, after] = [&mut then, &mut now].map(|estimator| estimator.estimate(key.as_cell(), &totals).annual);
        if now.is_within_life(measure, installed) {
            aged += after;
            aged -= before;
        } else {
            ended -= before;
            capacity_wp -= if measure.measure().is_solar { totals.quantity } else { 0 };
        }
    }
    let end_of_life = Levels { capacity_wp, annual: ended.into(), ..Levels::default() };
    [end_of_life, Levels { annual: aged.into(), ..Levels::default() }]
}

impl Levels {
    /// Both pairwise: `whole` of the counts, `amount` of the estimates.
    fn pairwise(
        self,
        other: Self,
        whole: fn(i64, i64) -> i64,
        amount: fn(WholeAmount, WholeAmount) -> WholeAmount,
    ) -> Self {
        Self {
            sites: ByStage {
                verified: whole(self.sites.verified, other.sites.verified),
                reported: whole(self.sites.reported, other.sites.reported),
                pledged: whole(self.sites.pledged, other.sites.pledged),
            },
            capacity_wp: whole(self.capacity_wp, other.capacity_wp),
            to_date: amount(self.to_date, other.to_date),
            annual: amount(self.annual, other.annual),
            lifetime: amount(self.lifetime, other.lifetime),
        }
    }
}

impl Add for Levels {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.pairwise(other, i64::wrapping_add, Add::add)
    }
}

impl Sub for Levels {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.pairwise(other, i64::wrapping_sub, Sub::sub)
    }
}

#[cfg(test)]
#[path = "bridge_tests.rs"]
mod tests;
