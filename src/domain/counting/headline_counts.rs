//! The counts of the headline: sites and installations by stage, kind, evidence and people.

use std::collections::BTreeMap;

use crate::domain::records::Stage;
use crate::domain::reference::{MeasureId, Target, target};
use crate::domain::values::{Flags, Month, SiteKind, Tier};

use super::cell_key::{CellDims, CellKey};
use super::cell_totals::Totals;

/// A count at each stage; the stages exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ByStage {
    pub verified: i64,
    /// Reported by a partner, not verified.
    pub reported: i64,
    pub pledged: i64,
}

impl ByStage {
    pub(in crate::domain) fn add(&mut self, stage: Stage, count: i64) {
        match stage {
            Stage::Verified(_) => self.verified = self.verified.wrapping_add(count),
            Stage::Reported => self.reported = self.reported.wrapping_add(count),
            Stage::Pledged => self.pledged = self.pledged.wrapping_add(count),
        }
    }

    pub(in crate::domain) fn add_all(&mut self, other: Self) {
        self.verified = self.verified.wrapping_add(other.verified);
        self.reported = self.reported.wrapping_add(other.reported);
        self.pledged = self.pledged.wrapping_add(other.pledged);
    }

    /// The sum of both, stage by stage.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.add_all(other);
        self
    }

    /// What is left of it without another, stage by stage.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { verified: -other.verified, reported: -other.reported, pledged: -other.pledged })
    }

    /// Reported and verified together.
    #[must_use]
    pub fn in_operation(&self) -> i64 {
        self.verified + self.reported
    }
}

/// How many sites answered yes, no, or nothing to one question about their people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    pub yes: i64,
    pub no: i64,
    pub unknown: i64,
}

impl Known {
    fn add(&mut self, flag: Option<bool>, count: i64) {
        let sum = match flag {
            Some(true) => &mut self.yes,
            Some(false) => &mut self.no,
            None => &mut self.unknown,
        };
        *sum = sum.wrapping_add(count);
    }

    /// The share of `yes` among the answers, in whole percent; `None` unless more than `least` sites have an answer.
    #[must_use]
    pub fn whole_percent_of_known(&self, least: i64) -> Option<i64> {
        let known = self.yes + self.no;
        (known > least).then(|| (200 * self.yes + known).div_euclid(2 * known))
    }
}

/// Sites by the answers about their people.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct People {
    pub low_income: Known,
    pub remote: Known,
    pub woman_headed: Known,
}

impl People {
    fn add(&mut self, flags: Flags, count: i64) {
        self.low_income.add(flags.low_income, count);
        self.remote.add(flags.remote, count);
        self.woman_headed.add(flags.woman_headed, count);
    }
}

/// The counts of the headline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Sites within the programme.
    pub sites: ByStage,
    /// Installations within the programme.
    pub installations: ByStage,
    /// Sites by kind.
    pub by_kind: BTreeMap<SiteKind, ByStage>,
    /// Verified sites by their best evidence.
    pub by_evidence_tier: BTreeMap<Tier, i64>,
    pub sites_with_rooftop_solar: ByStage,
    /// Verified sites by the answers about their people.
    pub people: People,
    /// Sites in operation since before the programme, which are shown apart.
    pub pre_programme_sites: ByStage,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            sites: ByStage::default(),
            installations: ByStage::default(),
            by_kind: SiteKind::ALL.iter().map(|kind| (*kind, ByStage::default())).collect(),
            by_evidence_tier: Tier::ALL.iter().map(|tier| (*tier, 0)).collect(),
            sites_with_rooftop_solar: ByStage::default(),
            people: People::default(),
            pre_programme_sites: ByStage::default(),
        }
    }
}

impl Progress {
    /// Adds cells, or postings to cells: every count is linear in the cells, so both give the same. A cell that has ended is
    /// no longer in operation and counts for nothing.
    pub fn add_cells(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        let begin = Month::of(target().counted_from);
        for (key, totals) in cells {
            if let Some(dims) = key.dims().filter(|dims| dims.ended.is_none()) {
                let pre_programme = dims.installed.is_some_and(|month| month < begin);
                self.add(&dims, &totals, pre_programme);
            }
        }
    }

    fn add(&mut self, dims: &CellDims, totals: &Totals, pre_programme: bool) {
        match dims.measure {
            None if pre_programme => self.pre_programme_sites.add(dims.stage, totals.sites),
            None => {
                self.sites.add(dims.stage, totals.sites);
                self.installations.add(dims.stage, totals.installations);
                self.by_kind.entry(dims.kind).or_default().add(dims.stage, totals.sites);
                if let Stage::Verified(tier) = dims.stage {
                    self.people.add(dims.flags, totals.sites);
                    *self.by_evidence_tier.entry(tier).or_default() += totals.sites;
                }
            }
            Some(measure) if measure == MeasureId::ROOFTOP_SOLAR && !pre_programme => {
                self.sites_with_rooftop_solar.add(dims.stage, totals.sites);
            }
            Some(_) => {}
        }
    }

    /// Verified sites in percent of a target.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
    pub fn percent_of(&self, target: &Target) -> f64 {
        self.sites.verified as f64 * 100.0 / target.sites as f64
    }
}
