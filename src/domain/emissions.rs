//! Estimated generation, savings and avoided emissions, from the sums of cells: a pure function of
//! cells, methodology and day. Every figure is linear in the sums of a cell, so that what holds for
//! one installation holds for all of its cell together.
//!
//! Only + − × ÷ and square roots, in the order of keys, powers by repeated multiplication: every
//! process makes the same bytes.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};

use super::cell::CellDims;
use super::date::Month;
use super::methodology::{Effect, EffectKind, Methodology};
use super::reference::MeasureId;
use super::state::Stage;
use super::totals::Totals;

/// Sums are in thousandths of a unit.
const MILLI: f64 = 1000.0;
/// Kilowatt-hours a megawatt-hour.
const KWH: f64 = 1000.0;

/// An amount of electricity and of avoided emissions.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Amount {
    /// Generated, kWh.
    pub generation_kwh: f64,
    /// Saved, kWh.
    pub saving_kwh: f64,
    /// Avoided, tCO2e.
    pub avoided_tco2e: f64,
    /// The low end of what is avoided.
    pub low: f64,
    /// The high end of what is avoided.
    pub high: f64,
    /// What of the avoided uses a grid factor that is another year's.
    pub provisional_tco2e: f64,
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.generation_kwh += other.generation_kwh;
        self.saving_kwh += other.saving_kwh;
        self.avoided_tco2e += other.avoided_tco2e;
        self.low += other.low;
        self.high += other.high;
        self.provisional_tco2e += other.provisional_tco2e;
    }
}

/// What one calendar year comes to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Year {
    /// The year.
    pub year: i32,
    /// Years since that of the installation.
    pub age: i32,
    /// Days of operation.
    pub days: f64,
    /// 365 or 366.
    pub days_in_year: f64,
    /// Electricity generated or saved.
    pub kwh: f64,
    /// The emission factor in tonnes a megawatt-hour; none for direct cuts.
    pub factor: Option<f64>,
    /// Whether the grid factor is another year's.
    pub provisional: bool,
    /// Avoided, tCO2e.
    pub avoided_tco2e: f64,
}

/// The three figures, which are never mixed.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    /// Achieved up to the day.
    pub to_date: Amount,
    /// A full year of what is in operation on the day.
    pub annual: Amount,
    /// Over the whole life of what is in operation, with the newest grid factor.
    pub lifetime: Amount,
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.to_date += other.to_date;
        self.annual += other.annual;
        self.lifetime += other.lifetime;
    }
}

/// What each sum of a cell weighs in a figure.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Weights {
    quantity: f64,
    quantity_days: f64,
    quantity_end_days: f64,
}

impl Weights {
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    fn of(&self, totals: &Totals) -> f64 {
        (self.quantity * totals.quantity as f64
            + self.quantity_days * totals.quantity_days as f64
            + self.quantity_end_days * totals.quantity_end_days as f64)
            / MILLI
    }

    fn add(&mut self, days: &Self, factor: f64) {
        self.quantity += days.quantity * factor;
        self.quantity_days += days.quantity_days * factor;
        self.quantity_end_days += days.quantity_end_days * factor;
    }
}

/// What a unit of a measure comes to, before the yield of its province.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Span {
    energy: Weights,
    avoided: Weights,
    provisional: Weights,
    /// A full year at the age of the day; 0 where it is over.
    annual_energy: f64,
    annual_avoided: f64,
    /// The whole life; 0 where it ended.
    life_energy: f64,
    life_avoided: f64,
    /// Low and high as shares of the value: of what is verified, and of what is not.
    verified: (f64, f64),
    reported: (f64, f64),
}

/// Estimates with one methodology on one day, the credit day.
pub struct Estimator {
    methodology: &'static Methodology,
    day: NaiveDate,
    month: Month,
    spans: HashMap<SpanKey, Span>,
    /// The span that was used last: cells come in an order in which many of one span follow each other.
    last: Option<(SpanKey, Span)>,
}

type SpanKey = (MeasureId, Month, Option<Month>);

impl Estimator {
    /// For a day.
    #[must_use]
    pub fn new(methodology: &'static Methodology, day: NaiveDate) -> Self {
        Self { methodology, day, month: Month::of(day), spans: HashMap::new(), last: None }
    }

    /// What a cell comes to: nothing where it is pledged, or counts sites.
    pub fn estimate(&mut self, dims: &CellDims, totals: &Totals) -> Estimate {
        let (Some(measure), Some(installed)) = (dims.measure, dims.installed) else { return Estimate::default() };
        let Some(effect) = self.methodology.effect(measure) else { return Estimate::default() };
        let (methodology, day, month) = (self.methodology, self.day, self.month);
        let key = (measure, installed, dims.ended);
        let span = match self.last {
            Some((last, span)) if last == key => span,
            _ => {
                let make = || Span::of(methodology, effect, (installed, dims.ended), (day, month));
                let span = *self.spans.entry(key).or_insert_with(make);
                self.last = Some((key, span));
                span
            }
        };
        let size = if effect.by_yield { methodology.solar_yield(dims.province) } else { 1.0 };
        let spread = if matches!(dims.stage, Stage::Verified(_)) { span.verified } else { span.reported };
        let quantity = Weights { quantity: 1.0, ..Weights::default() }.of(totals) * size;
        let to_date = |weights: &Weights| weights.of(totals) * size;
        let amount = |energy: f64, avoided: f64, provisional: f64| Amount {
            generation_kwh: if effect.kind == EffectKind::Generation { energy } else { 0.0 },
            saving_kwh: if effect.kind == EffectKind::Saving { energy } else { 0.0 },
            avoided_tco2e: avoided,
            low: avoided * spread.0,
            high: avoided * spread.1,
            provisional_tco2e: provisional,
        };
        Estimate {
            to_date: amount(to_date(&span.energy), to_date(&span.avoided), to_date(&span.provisional)),
            annual: amount(quantity * span.annual_energy, quantity * span.annual_avoided, 0.0),
            lifetime: amount(quantity * span.life_energy, quantity * span.life_avoided, 0.0),
        }
    }

    /// A cell year by year, up to the day.
    #[must_use]
    pub fn years(&self, dims: &CellDims, totals: &Totals) -> Vec<Year> {
        let effect = dims.measure.and_then(|measure| self.methodology.effect(measure));
        let (Some(effect), Some(installed)) = (effect, dims.installed) else { return Vec::new() };
        let over = end_of_life(effect, installed);
        let ended = dims.ended.filter(|ended| *ended <= over);
        let size = if effect.by_yield { self.methodology.solar_yield(dims.province) } else { 1.0 };
        let quantity = Weights { quantity: 1.0, ..Weights::default() }.of(totals);
        let of_year = |(year, days): (i32, Weights)| {
            let age = year - installed.year();
            // Whole days, but for what division leaves.
            let days = (days.of(totals) / quantity).round();
            let value = quantity * size * left_after(effect, age) * days / days_in_year(year);
            let (grid, carried) = self.methodology.grid_factor(year);
            let is_electric = effect.kind != EffectKind::Direct;
            Year {
                year,
                age,
                days,
                days_in_year: days_in_year(year),
                kwh: if is_electric { value } else { 0.0 },
                factor: is_electric.then(|| effect.own_factor.unwrap_or(grid)),
                provisional: carried && effect.uses_grid(),
                avoided_tco2e: value * tonnes(effect, grid),
            }
        };
        days_by_year((installed, ended), over, (self.day, self.month)).into_iter().map(of_year).collect()
    }

    /// Whether what was installed in a month is within its life on the day.
    #[must_use]
    pub fn is_within_life(&self, measure: MeasureId, installed: Month) -> bool {
        self.methodology.effect(measure).is_none_or(|effect| self.month <= end_of_life(effect, installed))
    }
}

/// The last month that is credited.
fn end_of_life(effect: &Effect, installed: Month) -> Month {
    installed.plus((effect.lifetime_years * 12).saturating_sub(1))
}

/// Low and high as shares of the value.
fn half_widths(methodology: &Methodology, effect: &Effect, size: f64) -> (f64, f64) {
    let grid = if effect.uses_grid() { methodology.uncertainty.grid_factor } else { 0.0 };
    let all = |energy: f64| (energy * energy + grid * grid + size * size).sqrt();
    ((1.0 - all(effect.spread.0)).max(0.0), 1.0 + all(effect.spread.1))
}

/// Tonnes a kWh, or of direct cuts 1.
fn tonnes(effect: &Effect, grid: f64) -> f64 {
    match effect.kind {
        EffectKind::Direct => 1.0,
        EffectKind::Generation | EffectKind::Saving => effect.own_factor.unwrap_or(grid) / KWH,
    }
}

/// What is left of a unit after some years.
fn left_after(effect: &Effect, years: i32) -> f64 {
    (0..years).fold(effect.per_unit, |left, _| left * (1.0 - effect.degradation))
}

/// kWh and tCO2e of a unit over its life, with the newest grid factor.
fn lifetime(methodology: &Methodology, effect: &Effect) -> (f64, f64) {
    let (mut left, mut sum) = (effect.per_unit, 0.0);
    for _ in 0..effect.lifetime_years {
        sum += left;
        left *= 1.0 - effect.degradation;
    }
    let energy = if effect.kind == EffectKind::Direct { 0.0 } else { sum };
    (energy, sum * tonnes(effect, methodology.newest_factor().tco2_per_mwh))
}

impl Span {
    fn of(
        methodology: &Methodology,
        effect: &Effect,
        (installed, ended): (Month, Option<Month>),
        (day, month): (NaiveDate, Month),
    ) -> Self {
        let size = &methodology.uncertainty;
        let mut span = Self {
            verified: half_widths(methodology, effect, size.size_verified),
            reported: half_widths(methodology, effect, size.size_installed),
            ..Self::default()
        };
        if ended.is_none() {
            (span.life_energy, span.life_avoided) = lifetime(methodology, effect);
        }
        let over = end_of_life(effect, installed);
        let ended = ended.filter(|ended| *ended <= over);
        let is_electric = effect.kind != EffectKind::Direct;
        for (year, days) in days_by_year((installed, ended), over, (day, month)) {
            let share = left_after(effect, year - installed.year()) / days_in_year(year);
            let (grid, provisional) = methodology.grid_factor(year);
            let avoided = share * tonnes(effect, grid);
            span.avoided.add(&days, avoided);
            if is_electric {
                span.energy.add(&days, share);
            }
            if provisional && effect.uses_grid() {
                span.provisional.add(&days, avoided);
            }
        }
        if ended.is_none() && installed <= month && month <= over {
            let share = left_after(effect, day.year() - installed.year());
            span.annual_energy = if is_electric { share } else { 0.0 };
            span.annual_avoided = share * tonnes(effect, methodology.newest_factor().tco2_per_mwh);
        }
        span
    }
}

/// What each sum of a cell weighs in the days of operation, year by year.
fn days_by_year(
    (installed, ended): (Month, Option<Month>),
    over: Month,
    (day, month): (NaiveDate, Month),
) -> BTreeMap<i32, Weights> {
    let mut years: BTreeMap<i32, Weights> = BTreeMap::new();
    let stop = ended.unwrap_or(over).min(month);
    if ended.is_some_and(|ended| ended < installed) {
        // Displaced on its own first day, the first of a month.
        return years;
    }
    for number in installed.number()..=stop.number() {
        let Some(current) = Month::from_number(number) else { continue };
        let weights = years.entry(current.year()).or_default();
        let whole = f64::from(current.days());
        // Up to the day, where the day is in this month.
        let open = if current == month { f64::from(day.day()) } else { whole };
        match (current == installed, ended == Some(current)) {
            (true, true) => {
                weights.quantity_days += 1.0;
                weights.quantity -= whole;
                weights.quantity_end_days += 1.0;
            }
            (true, false) => {
                weights.quantity_days += 1.0;
                weights.quantity -= whole - open;
            }
            (false, true) => weights.quantity_end_days += 1.0,
            (false, false) => weights.quantity += open,
        }
    }
    years
}

fn days_in_year(year: i32) -> f64 {
    if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366.0 } else { 365.0 }
}

#[cfg(test)]
#[path = "emissions_tests.rs"]
mod tests;
