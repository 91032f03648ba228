//! The output of one unit of a measure over time, by one methodology: the part of every estimate that does not depend on the
//! quantity. The first worked example of `estimator` shows how quantities use it.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use crate::domain::counting::{Evidence, Quantities};
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{FIRST_YEAR, Month};

use super::amount::{Amount, PerUnit};
use super::one_year::{at_newest, brought, days_in_year, left_after, months_of_life};
use super::ranges::{RangeByFactor, Ranges};
use super::years_ahead::Ahead;
use crate::domain::figures::methodology::{Effect, EffectKind, Methodology};

/// The output of a unit of one measure, by one methodology, up to one credit day.
pub(super) struct MeasureYield {
    /// Whether the quantity is solar capacity.
    pub is_solar: bool,
    /// `None` if the measure does nothing to emissions.
    effect: Option<&'static Effect>,
    months_of_life: u16,
    /// Whether the lifetime figure is wanted.
    with_lifetime: bool,
    ranges: Ranges,
    /// By the year of installation, from the first on; made when a year is first asked for.
    years: Vec<Option<YearOfInstallation>>,
    /// By the number of the month of installation; made when a month is first asked for.
    months: Vec<Option<MonthOfInstallation>>,
}

/// The output up to the credit day of cells of one measure, one month of installation and one month of the end, by the sums of
/// their quantities.
#[derive(Clone, Copy, Default)]
pub(super) struct Rates {
    /// Of a unit.
    quantity: PerUnit,
    /// Of a unit on a day that is left in the month of installation.
    days: PerUnit,
    /// Of a unit on a day of the month of the end.
    end_days: PerUnit,
}

impl Rates {
    /// The output of quantities.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    pub fn of(&self, Quantities { quantity, days, end_days }: Quantities) -> PerUnit {
        self.quantity.times(quantity as f64).plus(days as f64, self.days).plus(end_days as f64, self.end_days)
    }
}

/// A sum per unit with the emissions whose attributes were sold.
#[derive(Clone, Copy, Default)]
pub(super) struct SoldAmong {
    pub sum: PerUnit,
    /// The part of `sum.avoided` whose attributes were sold.
    pub sold: f64,
}

impl SoldAmong {
    /// Adds an output.
    #[inline]
    pub fn add(&mut self, output: PerUnit, is_sold: bool) {
        self.sum = self.sum.plus(1.0, output);
        self.sold += if is_sold { output.avoided } else { 0.0 };
    }

    pub fn per(self, divisor: f64) -> Self {
        Self { sum: self.sum.per(divisor), sold: self.sold / divisor }
    }
}

/// The output of a unit that was installed in one month.
pub(super) struct MonthOfInstallation {
    /// The month of the credit day or of the end of life, whichever comes first.
    pub last_credited: Month,
    pub is_within_life: bool,
    /// The rates of cells that did not end up to then.
    pub open: Rates,
    /// The rates of cells that ended in the month of installation.
    ended_at_once: Rates,
    /// The yearly value of a unit at the age of the credit day, in kWh or tCO2e of direct cuts; zero once the life is over.
    pub annual: f64,
    /// What the lifetime figure adds for a unit in operation.
    pub ahead: Ahead,
}

/// The output of a unit that was installed in one calendar year. All such units age on the same days.
///
/// `before` is a running sum, so that any span of whole months is one subtraction. For 2025, with a credit day on
/// 15 January 2026:
///
/// ```text
/// place          0     1          2           …  11          12          13
/// month          Jan   Feb        Mar         …  Dec 2025    Jan 2026    (end)
/// before[place]  0     31 × d25   59 × d25    …  334 × d25   365 × d25   365 × d25 + 15 × d26
///
/// between(Nov 2025, end) = before[13] − before[11]   all of December and 15 days of January
/// ```
pub(super) struct YearOfInstallation {
    /// The number of the January of the year.
    january: u16,
    /// The output of one day, by calendar years from the year of installation on.
    daily: Vec<PerUnit>,
    /// The output of the months from January on, up to the beginning of each month.
    before: Vec<PerUnit>,
    /// The yearly value of a unit at the age of the credit day.
    annual: f64,
}

impl MeasureYield {
    pub fn of(methodology: &'static Methodology, measure: MeasureId, with_lifetime: bool) -> Self {
        let effect = methodology.effect(measure);
        Self {
            is_solar: measure.measure().is_solar,
            effect,
            months_of_life: effect.map_or(u16::MAX, months_of_life),
            with_lifetime,
            ranges: Ranges::of(methodology, effect),
            years: Vec::new(),
            months: Vec::new(),
        }
    }

    /// The last month that is credited.
    pub fn end_of_life(&self, installed: Month) -> Month {
        installed.plus(self.months_of_life - 1)
    }

    /// The output of a unit that was installed in a month.
    #[inline]
    pub fn month_of(&mut self, methodology: &Methodology, installed: Month, day: NaiveDate) -> &MonthOfInstallation {
        let place = usize::from(installed.number());
        if self.months.get(place).is_none_or(Option::is_none) {
            let month = self.new_month(methodology, installed, day);
            let all = self.months.len().max(place + 1);
            self.months.resize_with(all, || None);
            if let Some(slot) = self.months.get_mut(place) {
                *slot = Some(month);
            }
        }
        crate::domain::reference::tested(self.months.get(place).and_then(Option::as_ref), "a month")
    }

    fn new_month(&mut self, methodology: &Methodology, installed: Month, day: NaiveDate) -> MonthOfInstallation {
        let (end_of_life, month, nothing) = (self.end_of_life(installed), Month::of(day), PerUnit::default());
        let (last_credited, is_within_life) = (end_of_life.min(month), month <= end_of_life);
        let year = self.year_of(methodology, installed, day).filter(|_| installed <= month);
        let daily = year.map_or(nothing, |year| year.daily(installed));
        let months_after = year.map_or(nothing, |year| year.between(installed, last_credited.plus(1)));
        let days_of_month = f64::from(installed.days());
        // The days of the month of installation that come after the credit day.
        let to_come = if installed == month { f64::from(month.days() - day.day()) } else { 0.0 };
        MonthOfInstallation {
            last_credited,
            is_within_life,
            open: Rates { quantity: months_after.plus(-to_come, daily), days: daily, end_days: nothing },
            ended_at_once: Rates { quantity: daily.times(-days_of_month), days: daily, end_days: daily },
            annual: year.filter(|_| is_within_life).map_or(0.0, |year| year.annual),
            ahead: self
                .effect
                .filter(|_| self.with_lifetime)
                .map_or_else(Ahead::default, |effect| Ahead::of(methodology, effect, installed, day)),
        }
    }

    /// The rates of cells that ended on or before the last credited month.
    #[inline]
    pub fn ended(&mut self, methodology: &Methodology, installed: Month, ended: Month, day: NaiveDate) -> Rates {
        let month = self.month_of(methodology, installed, day);
        let daily = month.open.days;
        match ended.cmp(&installed) {
            // A later measure replaced this measure on its first day, the first of a month: it ended before it began.
            Ordering::Less => Rates::default(),
            Ordering::Equal => month.ended_at_once,
            Ordering::Greater => self.year_of(methodology, installed, day).map_or_else(Rates::default, |year| Rates {
                quantity: year.between(installed, ended),
                days: daily,
                end_days: year.daily(ended),
            }),
        }
    }

    /// The output of a unit that was installed in the year of a month; `None` if the measure does nothing to emissions.
    #[inline]
    pub fn year_of(
        &mut self,
        methodology: &Methodology,
        installed: Month,
        day: NaiveDate,
    ) -> Option<&YearOfInstallation> {
        let effect = self.effect?;
        let place = usize::from((installed.number() - 1) / 12);
        if self.years.len() <= place {
            self.years.resize_with(place + 1, || None);
        }
        let year = self.years.get_mut(place)?;
        Some(year.get_or_insert_with(|| YearOfInstallation::of(methodology, effect, installed.year(), day)))
    }

    /// Whether the output depends on the province.
    pub fn is_by_yield(&self) -> bool {
        self.effect.is_some_and(|effect| effect.by_yield)
    }

    /// The yield of a province where the output depends on it, else 1.
    pub fn size(&self, methodology: &Methodology, province: ProvinceId) -> f64 {
        if self.is_by_yield() { methodology.solar_yield(province) } else { 1.0 }
    }

    /// The amount of what happened, with a `size` multiplied in: each year had its own grid factor.
    pub fn to_date(&self, size: f64, evidence: Evidence, of: SoldAmong) -> Amount {
        self.amount(size, self.ranges.at(evidence), of)
    }

    /// The amount of what is projected: every grid factor is carried.
    pub fn projected(&self, size: f64, evidence: Evidence, of: SoldAmong) -> Amount {
        let RangeByFactor { carried, .. } = self.ranges.at(evidence);
        self.amount(size, RangeByFactor { official: carried, carried }, of)
    }

    /// The output of yearly values in the year of the credit day, of which `sold` is sold.
    pub fn annual(&self, methodology: &Methodology, day: NaiveDate, value: f64, sold: f64) -> SoldAmong {
        let output = |value| {
            self.effect.map_or_else(PerUnit::default, |effect| at_newest(methodology, effect, value, day.year()))
        };
        SoldAmong { sum: output(value), sold: output(sold).avoided }
    }

    fn amount(&self, size: f64, RangeByFactor { official, carried }: RangeByFactor, of: SoldAmong) -> Amount {
        let kind = self.effect.map(|effect| effect.kind);
        let energy = of.sum.energy * size;
        let (by_official, by_carried) = ((of.sum.avoided - of.sum.provisional) * size, of.sum.provisional * size);
        Amount {
            generation_kwh: if kind == Some(EffectKind::Generation) { energy } else { 0.0 },
            saving_kwh: if kind == Some(EffectKind::Saving) { energy } else { 0.0 },
            avoided_tco2e: of.sum.avoided * size,
            low: by_official * official.low + by_carried * carried.low,
            high: by_official * official.high + by_carried * carried.high,
            provisional_tco2e: by_carried,
            sold_tco2e: of.sold * size,
        }
    }
}

impl YearOfInstallation {
    fn of(methodology: &Methodology, effect: &Effect, year: i32, day: NaiveDate) -> Self {
        let credit = Month::of(day);
        let january = u16::try_from((year - FIRST_YEAR) * 12 + 1).unwrap_or(u16::MAX);
        // One month after the last credited month of any unit of the year: the end of life of December's units, or the
        // credit day, whichever comes first.
        let end = january.saturating_add(11).saturating_add(months_of_life(effect)).min(credit.number() + 1);
        let (mut by_year, mut before, mut so_far) = (Vec::new(), Vec::new(), PerUnit::default());
        let (mut left, mut daily) = (effect.per_unit, PerUnit::default());
        for number in january..end {
            let Some(month) = Month::from_number(number) else { continue };
            if (number - january).is_multiple_of(12) {
                daily = brought(methodology, effect, left / days_in_year(month.year()), month.year());
                by_year.push(daily);
                left *= 1.0 - effect.degradation;
            }
            before.push(so_far);
            let open = if month == credit { day.day() } else { month.days() };
            so_far = so_far.plus(open.into(), daily);
        }
        before.push(so_far);
        Self { january, daily: by_year, before, annual: left_after(effect, day.year() - year) }
    }

    /// The output of a day of a month.
    #[inline]
    pub fn daily(&self, month: Month) -> PerUnit {
        let year = usize::from((month.number().saturating_sub(self.january)) / 12);
        self.daily.get(year).copied().unwrap_or_default()
    }

    /// The output of the whole months after `first` and before `end`. The month of the credit day ends with that day.
    #[inline]
    pub fn between(&self, first: Month, end: Month) -> PerUnit {
        let before = |number: u16| {
            let place = usize::from(number.saturating_sub(self.january));
            self.before.get(place).copied().unwrap_or_default()
        };
        before(end.number()).minus(before(first.number() + 1))
    }
}
