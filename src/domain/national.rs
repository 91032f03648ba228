//! The sums of the whole country, without the dimensions that no national figure depends on: far
//! fewer than the cells, and kept in step posting by posting.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cell::{CellDims, CellKey};
use super::date::Month;
use super::emissions::{Amount, Estimate, Estimator};
use super::progress::ByStage;
use super::reference::{ProvinceId, target};
use super::site::{Flags, SiteKind};
use super::state::{Stage, Tier};
use super::totals::Totals;

/// Sums by measure, stage, month of installation and month of the end, of what is within the
/// programme; of solar power by province, too, because yields differ.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NationalSums(BTreeMap<CellKey, Totals>);

/// What was built comes to.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Works {
    /// Electricity and emissions of what is verified.
    pub verified: Estimate,
    /// Solar capacity in operation and within its life, in watts-peak (thousandths of a kWp).
    pub capacity_wp: ByStage,
}

/// What stood at the end of a month.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Standing {
    /// Sites in operation.
    pub sites: ByStage,
    /// Solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: ByStage,
    /// What verified works had come to by then.
    pub to_date: Amount,
}

impl NationalSums {
    /// Adds cells, or what was posted to them.
    pub fn add_cells(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        let begin = Month::of(target().counted_from);
        // Cells come in an order in which many of one combination follow each other.
        let mut run: Option<(CellKey, Totals)> = None;
        for (key, totals) in cells {
            let within = |dims: &CellDims| dims.installed.is_some_and(|month| month >= begin);
            let Some(dims) = key.dims().filter(within) else { continue };
            let combined = national(&dims).key();
            match &mut run {
                Some((key, sum)) if *key == combined => *sum = sum.wrapping_add(totals),
                _ => {
                    if let Some((key, sum)) = run.replace((combined, totals)) {
                        self.add(key, sum);
                    }
                }
            }
        }
        if let Some((key, sum)) = run {
            self.add(key, sum);
        }
    }

    fn add(&mut self, key: CellKey, totals: Totals) {
        let sum = self.0.entry(key).or_default();
        *sum = sum.wrapping_add(Totals {
            sites: totals.sites,
            installations: totals.installations,
            quantity: totals.quantity,
            quantity_days: totals.quantity_days,
            quantity_end_days: totals.quantity_end_days,
            ..Totals::default()
        });
        if sum.is_zero() {
            self.0.remove(&key);
        }
    }

    /// Each combination with its sums, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (CellDims, &Totals)> {
        self.0.iter().filter_map(|(key, totals)| Some((key.dims()?, totals)))
    }

    /// The same, with the packed keys.
    pub fn cells(&self) -> impl Iterator<Item = (CellKey, Totals)> {
        self.0.iter().map(|(key, totals)| (*key, *totals))
    }

    /// Sites in operation, by stage.
    #[must_use]
    pub fn sites(&self) -> ByStage {
        let mut sites = ByStage::default();
        for (dims, totals) in self.iter().take_while(|(dims, _)| dims.measure.is_none()) {
            if dims.ended.is_none() {
                sites.add(dims.stage, totals.sites);
            }
        }
        sites
    }

    /// The months from the first installation up to that of a day.
    #[must_use]
    pub fn months(&self, day: NaiveDate) -> Vec<Month> {
        let (first, last) = (self.iter().filter_map(|(dims, _)| dims.installed).min(), Month::of(day));
        let numbers = first.map_or(0..0, |first| first.number()..last.number() + 1);
        numbers.filter_map(Month::from_number).collect()
    }

    /// What stood at the end of a month, by days of installation and of the end as they are known
    /// now. The estimator is that of the month's last day, or of today.
    #[must_use]
    pub fn standing_at(&self, month: Month, estimator: &mut Estimator) -> Standing {
        let mut standing = Standing::default();
        for (dims, totals) in self.iter() {
            let Some(installed) = dims.installed.filter(|installed| *installed <= month) else { continue };
            let stands = dims.ended.is_none_or(|ended| ended > month);
            match dims.measure {
                None if stands => standing.sites.add(dims.stage, totals.sites),
                Some(measure)
                    if stands && measure.measure().is_solar && estimator.is_within_life(measure, installed) =>
                {
                    standing.capacity_wp.add(dims.stage, totals.quantity);
                }
                _ => {}
            }
            if matches!(dims.stage, Stage::Verified(_)) {
                standing.to_date += estimator.estimate(&dims, totals).to_date;
            }
        }
        standing
    }

    /// What is verified comes to, and which solar capacity works at which stage.
    #[must_use]
    pub fn works(&self, estimator: &mut Estimator) -> Works {
        let mut works = Works::default();
        for (dims, totals) in self.iter() {
            if matches!(dims.stage, Stage::Verified(_)) {
                works.verified += estimator.estimate(&dims, totals);
            }
            let (Some(measure), Some(installed), None) = (dims.measure, dims.installed, dims.ended) else { continue };
            if measure.measure().is_solar && estimator.is_within_life(measure, installed) {
                works.capacity_wp.add(dims.stage, totals.quantity);
            }
        }
        works
    }
}

/// Without the dimensions that no national figure depends on.
fn national(dims: &CellDims) -> CellDims {
    let stage = match dims.stage {
        Stage::Verified(_) => Stage::Verified(Tier::Document),
        other => other,
    };
    let by_province = dims.measure.is_some_and(|measure| measure.measure().is_solar);
    let province = if by_province { dims.province } else { ProvinceId::FIRST };
    CellDims { province, kind: SiteKind::Home, stage, former: None, flags: Flags::default(), ..*dims }
}
