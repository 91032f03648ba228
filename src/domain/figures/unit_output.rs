//! What a unit of a measure brings over time by one methodology: what every estimate is made of.

use chrono::{Datelike, NaiveDate};

use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{FIRST_YEAR, Month};

use super::amount::{Amount, KWH};
use super::methodology::{Effect, EffectKind, Methodology};

/// Electricity in kWh and avoided emissions in tCO2e, before the yield of a province.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(in crate::domain) struct PerUnit {
    pub energy: f64,
    pub avoided: f64,
    /// What of the avoided uses a grid factor that is another year's.
    pub provisional: f64,
}

impl PerUnit {
    /// The sum with so many times another.
    #[inline]
    pub fn plus(self, times: f64, other: Self) -> Self {
        Self {
            energy: self.energy + times * other.energy,
            avoided: self.avoided + times * other.avoided,
            provisional: self.provisional + times * other.provisional,
        }
    }

    /// So many times the same.
    #[inline]
    pub fn times(self, times: f64) -> Self {
        Self { energy: self.energy * times, avoided: self.avoided * times, provisional: self.provisional * times }
    }

    /// The difference.
    #[inline]
    pub fn minus(self, other: Self) -> Self {
        self.plus(-1.0, other)
    }

    /// Each divided by the same.
    pub fn per(self, divisor: f64) -> Self {
        Self { energy: self.energy / divisor, avoided: self.avoided / divisor, provisional: self.provisional / divisor }
    }
}

/// A measure.
pub(in crate::domain) struct MeasureYield {
    /// Whether its quantity is solar capacity.
    pub is_solar: bool,
    /// Its whole life, with the newest grid factor.
    pub life: PerUnit,
    /// None where it does nothing to emissions.
    effect: Option<&'static Effect>,
    months_of_life: u16,
    /// Low and high as shares of the value: of what is verified, and of what is not.
    verified: (f64, f64),
    reported: (f64, f64),
    /// By the year of installation, from the first; made when they are first asked for.
    courses: Vec<Option<YearOfInstallation>>,
    /// By the number of the month of installation; made when they are first asked for.
    starts: Vec<Option<MonthOfInstallation>>,
}

/// What units that were installed in one month have in common, up to the credit day.
pub(in crate::domain) struct MonthOfInstallation {
    /// The last month that is credited by the day.
    pub stop: Month,
    pub is_within_life: bool,
    /// What a day of the first month brings, and how many of its days are still to come.
    pub first: PerUnit,
    pub to_come: f64,
    /// What the months after it bring, up to the day or the end of life.
    pub whole: PerUnit,
    /// A full year of what is within its life.
    pub annual: PerUnit,
}

/// Units that were installed in one calendar year, up to the credit day.
pub(in crate::domain) struct YearOfInstallation {
    january: u16,
    /// What a day brings, by calendar years from that of the installation on.
    days: Vec<PerUnit>,
    /// What the months from January on bring before each of them begins; that of the credit day
    /// brings what its days up to then do.
    before: Vec<PerUnit>,
    /// A full year at the age of the credit day.
    pub annual: PerUnit,
}

impl MeasureYield {
    pub fn of(methodology: &'static Methodology, measure: MeasureId) -> Self {
        let effect = methodology.effect(measure);
        let uncertainty = &methodology.uncertainty;
        let shares = |size: f64| effect.map_or((1.0, 1.0), |effect| half_widths(methodology, effect, size));
        Self {
            is_solar: measure.measure().is_solar,
            life: effect.map_or(PerUnit::default(), |effect| life(methodology, effect)),
            effect,
            months_of_life: effect.map_or(u16::MAX, months_of_life),
            verified: shares(uncertainty.size_verified),
            reported: shares(uncertainty.size_installed),
            courses: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// The last month that is credited.
    pub fn over(&self, installed: Month) -> Month {
        installed.plus(self.months_of_life - 1)
    }

    /// The start of what was installed in a month.
    #[inline]
    pub fn start(&mut self, methodology: &Methodology, installed: Month, day: NaiveDate) -> &MonthOfInstallation {
        let place = usize::from(installed.number());
        if self.starts.get(place).is_none_or(Option::is_none) {
            let start = self.new_start(methodology, installed, day);
            let all = self.starts.len().max(place + 1);
            self.starts.resize_with(all, || None);
            if let Some(slot) = self.starts.get_mut(place) {
                *slot = Some(start);
            }
        }
        crate::domain::reference::tested(self.starts.get(place).and_then(Option::as_ref), "a month")
    }

    fn new_start(&mut self, methodology: &Methodology, installed: Month, day: NaiveDate) -> MonthOfInstallation {
        let (over, month, nothing) = (self.over(installed), Month::of(day), PerUnit::default());
        let (stop, is_within_life) = (over.min(month), month <= over);
        let course = self.course(methodology, installed, day).filter(|_| installed <= month);
        MonthOfInstallation {
            stop,
            is_within_life,
            first: course.map_or(nothing, |course| course.daily(installed)),
            to_come: if installed == month { f64::from(month.days() - day.day()) } else { 0.0 },
            whole: course.map_or(nothing, |course| course.between(installed, stop.plus(1))),
            annual: course.filter(|_| is_within_life).map_or(nothing, |course| course.annual),
        }
    }

    /// The course of what was installed in a month; none where it does nothing to emissions.
    #[inline]
    pub fn course(
        &mut self,
        methodology: &Methodology,
        installed: Month,
        day: NaiveDate,
    ) -> Option<&YearOfInstallation> {
        let effect = self.effect?;
        let place = usize::from((installed.number() - 1) / 12);
        if self.courses.len() <= place {
            self.courses.resize_with(place + 1, || None);
        }
        let course = self.courses.get_mut(place)?;
        Some(course.get_or_insert_with(|| YearOfInstallation::of(methodology, effect, installed.year(), day)))
    }

    /// Whether what it brings depends on the province.
    pub fn is_by_yield(&self) -> bool {
        self.effect.is_some_and(|effect| effect.by_yield)
    }

    /// What rates come to in a province, at one kind of stage.
    pub fn amount(&self, methodology: &Methodology, province: ProvinceId, is_verified: bool, rates: PerUnit) -> Amount {
        let kind = self.effect.map(|effect| effect.kind);
        let size = if self.is_by_yield() { methodology.solar_yield(province) } else { 1.0 };
        let (low, high) = if is_verified { self.verified } else { self.reported };
        let (energy, avoided) = (rates.energy * size, rates.avoided * size);
        Amount {
            generation_kwh: if kind == Some(EffectKind::Generation) { energy } else { 0.0 },
            saving_kwh: if kind == Some(EffectKind::Saving) { energy } else { 0.0 },
            avoided_tco2e: avoided,
            low: avoided * low,
            high: avoided * high,
            provisional_tco2e: rates.provisional * size,
        }
    }
}

impl YearOfInstallation {
    fn of(methodology: &Methodology, effect: &Effect, year: i32, day: NaiveDate) -> Self {
        let credit = Month::of(day);
        let january = u16::try_from((year - FIRST_YEAR) * 12 + 1).unwrap_or(u16::MAX);
        // December's last credited month; nobody is credited after it.
        let end = january.saturating_add(11).saturating_add(months_of_life(effect)).min(credit.number() + 1);
        let (mut days, mut before, mut so_far) = (Vec::new(), Vec::new(), PerUnit::default());
        let (mut left, mut daily) = (effect.per_unit, PerUnit::default());
        for number in january..end {
            let Some(month) = Month::from_number(number) else { continue };
            if (number - january).is_multiple_of(12) {
                daily = brought(methodology, effect, left / days_in_year(month.year()), month.year());
                days.push(daily);
                left *= 1.0 - effect.degradation;
            }
            before.push(so_far);
            let open = if month == credit { day.day() } else { month.days() };
            so_far = so_far.plus(open.into(), daily);
        }
        before.push(so_far);
        let left = left_after(effect, day.year() - year);
        Self { january, days, before, annual: at_newest(methodology, effect, left) }
    }

    /// What a day of a month brings.
    #[inline]
    pub fn daily(&self, month: Month) -> PerUnit {
        let year = usize::from((month.number().saturating_sub(self.january)) / 12);
        self.days.get(year).copied().unwrap_or_default()
    }

    /// What the whole months after `first` and before `end` bring, the credit day's up to that day.
    #[inline]
    pub fn between(&self, first: Month, end: Month) -> PerUnit {
        let before = |number: u16| {
            let place = usize::from(number.saturating_sub(self.january));
            self.before.get(place).copied().unwrap_or_default()
        };
        before(end.number()).minus(before(first.number() + 1))
    }
}

/// What so much of a unit's value brings in a year.
fn brought(methodology: &Methodology, effect: &Effect, value: f64, year: i32) -> PerUnit {
    let (grid, provisional) = methodology.grid_factor(year);
    let avoided = value * tonnes(effect, grid);
    PerUnit {
        energy: if effect.kind == EffectKind::Direct { 0.0 } else { value },
        avoided,
        provisional: if provisional && effect.uses_grid() { avoided } else { 0.0 },
    }
}

/// The same with the newest grid factor.
fn at_newest(methodology: &Methodology, effect: &Effect, value: f64) -> PerUnit {
    brought(methodology, effect, value, methodology.newest_factor().year)
}

/// A whole life.
fn life(methodology: &Methodology, effect: &Effect) -> PerUnit {
    let (mut left, mut sum) = (effect.per_unit, 0.0);
    for _ in 0..effect.lifetime_years {
        sum += left;
        left *= 1.0 - effect.degradation;
    }
    at_newest(methodology, effect, sum)
}

fn months_of_life(effect: &Effect) -> u16 {
    effect.lifetime_years.saturating_mul(12).max(1)
}

/// The last month that is credited.
pub(in crate::domain) fn end_of_life(effect: &Effect, installed: Month) -> Month {
    installed.plus(months_of_life(effect) - 1)
}

/// What is left of a unit after some years.
pub(in crate::domain) fn left_after(effect: &Effect, years: i32) -> f64 {
    (0..years).fold(effect.per_unit, |left, _| left * (1.0 - effect.degradation))
}

/// Low and high as shares of the value.
fn half_widths(methodology: &Methodology, effect: &Effect, size: f64) -> (f64, f64) {
    let grid = if effect.uses_grid() { methodology.uncertainty.grid_factor } else { 0.0 };
    let all = |energy: f64| (energy * energy + grid * grid + size * size).sqrt();
    ((1.0 - all(effect.spread.0)).max(0.0), 1.0 + all(effect.spread.1))
}

/// Tonnes a kWh, or of direct cuts 1.
pub(in crate::domain) fn tonnes(effect: &Effect, grid: f64) -> f64 {
    match effect.kind {
        EffectKind::Direct => 1.0,
        EffectKind::Generation | EffectKind::Saving => effect.own_factor.unwrap_or(grid) / KWH,
    }
}

pub(in crate::domain) fn days_in_year(year: i32) -> f64 {
    if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366.0 } else { 365.0 }
}
