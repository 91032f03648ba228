//! The headline: how many sites, installations and kilowatts-peak stand at which stage.

use std::collections::BTreeMap;

use super::cell::{CellDims, CellKey};
use super::date::Month;
use super::reference::target;
use super::site::SiteKind;
use super::state::{Stage, Tier};
use super::totals::Totals;

/// A count at each stage; the stages exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ByStage {
    /// Verified.
    pub verified: i64,
    /// Reported, not verified.
    pub installed: i64,
    /// Promised.
    pub pledged: i64,
}

impl ByStage {
    fn add(&mut self, stage: Stage, count: i64) {
        match stage {
            Stage::Verified(_) => self.verified = self.verified.wrapping_add(count),
            Stage::Installed => self.installed = self.installed.wrapping_add(count),
            Stage::Pledged => self.pledged = self.pledged.wrapping_add(count),
        }
    }

    /// Installed and verified.
    #[must_use]
    pub fn in_operation(&self) -> i64 {
        self.verified + self.installed
    }
}

/// The figures of the headline.
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
    /// Solar capacity in watts-peak (thousandths of a kWp).
    pub capacity_wp: ByStage,
    /// Sites in operation since before the programme; shown apart.
    pub pre_programme_sites: ByStage,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            sites: ByStage::default(),
            installations: ByStage::default(),
            by_kind: SiteKind::ALL.iter().map(|kind| (*kind, ByStage::default())).collect(),
            by_evidence_tier: Tier::ALL.iter().map(|tier| (*tier, 0)).collect(),
            capacity_wp: ByStage::default(),
            pre_programme_sites: ByStage::default(),
        }
    }
}

impl Progress {
    /// Adds cells, or what was posted to them: every figure here is linear in the cells, so the
    /// one gives the same as the other. What has ended is no longer in operation and counts for
    /// nothing.
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
                    *self.by_evidence_tier.entry(tier).or_default() += totals.sites;
                }
            }
            Some(measure) if measure.measure().is_solar && !pre_programme => {
                self.capacity_wp.add(dims.stage, totals.quantity);
            }
            Some(_) => {}
        }
    }

    /// Verified sites in percent of the target.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
    pub fn percent_of_target(&self) -> f64 {
        self.sites.verified as f64 * 100.0 / target().sites as f64
    }
}
