//! Why the headline of one day differs from that of another: the difference in parts, each with its
//! reason, so that the parts sum exactly to it.
//!
//! Figures are linear in the cells. The part of a cause is the figure of the cells that it moved, by
//! the method of the first day, on the last day; `methodology` is what the last cells come to by the
//! other method; `end_of_life`, `ageing` and `operation` are what the first cells come to on the
//! last day, and did not on the first.

use std::ops::{Add, Sub};

use chrono::NaiveDate;

use crate::domain::counting::{ByStage, Changes, NationalSums};
use crate::domain::records::Stage;
use crate::domain::values::coded_enum;

use super::estimator::{Estimate, Estimator};
use super::methodology::Methodology;
use super::verified_output::VerifiedOutput;

coded_enum!(
    /// Why a figure is another than before.
    Reason {
        /// Something new was reported.
        Registered = "registered",
        /// A reviewer found evidence.
        Verified = "verified",
        /// A partner corrected what it had recorded.
        Corrected = "corrected",
        /// A partner took something back.
        Withdrawn = "withdrawn",
        /// A reviewer refused.
        Rejected = "rejected",
        /// Two sites became one.
        Merged = "merged",
        /// One site became two.
        Split = "split",
        /// A measure went out of operation.
        Decommissioned = "decommissioned",
        /// What counts was defined anew.
        Definition = "definition",
        /// Emissions are estimated by another method.
        Methodology = "methodology",
        /// Measures came to the end of their life.
        EndOfLife = "end_of_life",
        /// Measures do less than a year before.
        Ageing = "ageing",
        /// What was there went on working. The rest of rounding to whole grams stands here, too.
        Operation = "operation",
    }
);

/// A method and the day on which it is applied.
pub type Applied = (&'static Methodology, NaiveDate);

/// The figures that are bridged, of what is within the programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Levels {
    /// Sites in operation, and pledged.
    pub sites: ByStage,
    /// Verified solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: i64,
    /// Avoided up to the day, in grams of carbon dioxide equivalent.
    pub to_date_g: i64,
    /// Avoided in a full year, in grams.
    pub annual_g: i64,
    /// Avoided over the whole life, in grams.
    pub lifetime_g: i64,
}

/// The difference between two days in parts.
#[derive(Clone, PartialEq, Debug)]
pub struct Bridge {
    /// The figures at the close of the first day.
    pub opening: Levels,
    /// The parts, one for each reason, in declared order: they sum to the difference.
    pub parts: Vec<(Reason, Levels)>,
    /// The figures at the close of the last day.
    pub closing: Levels,
}

/// Bridges two days: `before` are the sums at the close of the first, `changes` what moved until the close of the last.
#[must_use]
pub fn bridge(before: &NationalSums, changes: &Changes, first: Applied, last: Applied) -> Bridge {
    let first_method_last_day = (first.0, last.1);
    let mut after = before.clone();
    for (_, moved) in changes.iter() {
        after.add_cells(moved.cells());
    }
    let (opening, closing) = (Levels::of(before, first), Levels::of(&after, last));
    let mut parts: Vec<(Reason, Levels)> = Reason::ALL.iter().map(|reason| (*reason, Levels::default())).collect();
    let mut put = |reason: Reason, levels: Levels| {
        for (_, part) in parts.iter_mut().filter(|(of, _)| *of == reason) {
            *part = levels;
        }
    };
    for (cause, moved) in changes.iter() {
        // A cause without a reason of its own moves nothing; if it did, it would stand under operation.
        if let Some(reason) = Reason::parse(cause.as_str()) {
            put(reason, Levels::of(moved, first_method_last_day));
        }
    }
    put(Reason::Methodology, Levels::of(&after, last) - Levels::of(&after, first_method_last_day));
    let [end_of_life, ageing] = grown_old(before, first, last.1);
    put(Reason::EndOfLife, end_of_life);
    put(Reason::Ageing, ageing);
    let explained = parts.iter().fold(Levels::default(), |sum, (_, part)| sum + *part);
    for (_, part) in parts.iter_mut().filter(|(reason, _)| *reason == Reason::Operation) {
        *part = closing - opening - explained;
    }
    Bridge { opening, parts, closing }
}

impl Levels {
    /// The figures of sums, or of what moved in them, by a method on a day.
    #[must_use]
    pub fn of(sums: &NationalSums, (methodology, day): Applied) -> Self {
        let works = VerifiedOutput::of(sums, &mut Estimator::new(methodology, day));
        let Estimate { to_date, annual, lifetime } = works.verified;
        let [to_date_g, annual_g, lifetime_g] = [to_date, annual, lifetime].map(|amount| grams(amount.avoided_tco2e));
        Self { sites: sums.sites(), capacity_wp: works.capacity_wp.verified, to_date_g, annual_g, lifetime_g }
    }
}

/// What the same sums lose from the first day to the last: by the end of lives, and by ageing.
fn grown_old(sums: &NationalSums, (methodology, first): Applied, last: NaiveDate) -> [Levels; 2] {
    let (mut then, mut now) = (Estimator::new(methodology, first), Estimator::new(methodology, last));
    let (mut capacity_wp, mut ended, mut aged) = (0, 0.0, 0.0);
    for (dims, totals) in sums.iter() {
        let (Some(measure), Some(installed), None) = (dims.measure, dims.installed, dims.ended) else { continue };
        if !matches!(dims.stage, Stage::Verified(_)) || !then.is_within_life(measure, installed) {
            continue;
        }
        let [before, after] =
            [&mut then, &mut now].map(|estimator| estimator.estimate(&dims, &totals).annual.avoided_tco2e);
        if now.is_within_life(measure, installed) {
            aged += after - before;
        } else {
            ended -= before;
            capacity_wp -= if measure.measure().is_solar { totals.quantity } else { 0 };
        }
    }
    let end_of_life = Levels { capacity_wp, annual_g: grams(ended), ..Levels::default() };
    [end_of_life, Levels { annual_g: grams(aged), ..Levels::default() }]
}

/// Tonnes as whole grams: sums of grams are exact.
#[expect(clippy::cast_possible_truncation, reason = "nine billion tonnes fit, and a larger amount stays at the edge")]
fn grams(tonnes: f64) -> i64 {
    (tonnes * 1e6).round() as i64
}

impl Levels {
    fn with(self, other: Self, of: fn(i64, i64) -> i64) -> Self {
        Self {
            sites: ByStage {
                verified: of(self.sites.verified, other.sites.verified),
                installed: of(self.sites.installed, other.sites.installed),
                pledged: of(self.sites.pledged, other.sites.pledged),
            },
            capacity_wp: of(self.capacity_wp, other.capacity_wp),
            to_date_g: of(self.to_date_g, other.to_date_g),
            annual_g: of(self.annual_g, other.annual_g),
            lifetime_g: of(self.lifetime_g, other.lifetime_g),
        }
    }
}

impl Add for Levels {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, i64::wrapping_add)
    }
}

impl Sub for Levels {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(other, i64::wrapping_sub)
    }
}

#[cfg(test)]
#[path = "bridge_tests.rs"]
mod tests;
