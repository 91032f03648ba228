//! Emissions as somebody patient would add them up: home by home, measure by measure, day by day.

use chrono::{Datelike, Days, Months, NaiveDate};
use green_homes::domain::figures::{
    Amount, Effect, EffectKind, Estimate, LifetimeRule, Methodology, WholeAmount, WholeEstimate,
};
use green_homes::domain::records::Stage;
use green_homes::domain::values::Tier;
use serde_json::Value;

use crate::reference_counts::{Line, ReferenceRegister};

/// What every verified line comes to up to a day, and on it.
pub fn estimate(reference: &ReferenceRegister, methodology: &Methodology, day: NaiveDate) -> Estimate {
    estimate_of(reference.lines().into_iter(), methodology, day)
}

/// The same of some lines.
pub fn estimate_of(lines: impl Iterator<Item = Line>, methodology: &Methodology, day: NaiveDate) -> Estimate {
    let mut sum = Estimate::default();
    let begin = NaiveDate::from_ymd_opt(2019, 9, 1).unwrap();
    for line in lines {
        let (Stage::Verified(_), Some(on)) = (line.stage, line.on) else { continue };
        let Some(effect) = methodology.effect(line.measure).filter(|_| on >= begin) else { continue };
        sum.to_date += to_date(&line, on, effect, methodology, day);
        if line.ended.is_none() && day <= last_day_of_life(on, effect) {
            let left = (1.0 - effect.degradation).powi(day.year() - on.year());
            let mut annual = amount(&line, effect, methodology, left, None);
            if day.year() == methodology.newest_factor().year {
                annual.provisional_tco2e = 0.0;
            }
            sum.annual += annual;
        }
        let (lifetime, frozen) = lifetime(&line, on, effect, methodology, day);
        sum.lifetime += lifetime;
        sum.frozen_grid_tco2e += frozen;
    }
    sum
}

/// What a line comes to over its life, and the emissions of it with a frozen grid factor.
fn lifetime(line: &Line, on: NaiveDate, effect: &Effect, methodology: &Methodology, day: NaiveDate) -> (Amount, f64) {
    let LifetimeRule::ToDateAndRemaining { grid_zero_year } = methodology.lifetime else {
        let years = (0..i32::from(effect.lifetime_years)).map(|age| (1.0 - effect.degradation).powi(age)).sum();
        let whole = amount(line, effect, methodology, years, None);
        return if line.ended.is_none() { (whole, whole.avoided_tco2e) } else { (Amount::default(), 0.0) };
    };
    let mut sum = to_date(line, on, effect, methodology, day);
    let mut frozen = sum.avoided_tco2e;
    let mut current = day + Days::new(1);
    while line.ended.is_none() && current <= last_day_of_life(on, effect) {
        let year = current.year();
        let days = if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366.0 } else { 365.0 };
        let left = (1.0 - effect.degradation).powi(year - on.year());
        let mut one = amount(line, effect, methodology, left / days, None);
        frozen += one.avoided_tco2e;
        if effect.uses_grid() {
            let newest = methodology.newest_factor().year;
            let share = f64::from((grid_zero_year - year).max(0)) / f64::from(grid_zero_year - newest);
            for figure in
                [&mut one.avoided_tco2e, &mut one.low, &mut one.high, &mut one.provisional_tco2e, &mut one.sold_tco2e]
            {
                *figure *= share;
            }
        }
        sum += one;
        current = current + Days::new(1);
    }
    (sum, frozen)
}

fn to_date(line: &Line, on: NaiveDate, effect: &Effect, methodology: &Methodology, day: NaiveDate) -> Amount {
    let last = day.min(last_day_of_life(on, effect)).min(line.ended.unwrap_or(day));
    let (mut sum, mut current) = (Amount::default(), on);
    while current <= last {
        let year = current.year();
        let days = if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366.0 } else { 365.0 };
        let left = (1.0 - effect.degradation).powi(year - on.year());
        sum += amount(line, effect, methodology, left / days, Some(year));
        current = current + Days::new(1);
    }
    sum
}

/// The day before the first of the month of the anniversary after its life.
fn last_day_of_life(on: NaiveDate, effect: &Effect) -> NaiveDate {
    let anniversary = on + Months::new(u32::from(effect.lifetime_years) * 12);
    anniversary.with_day(1).unwrap() - Days::new(1)
}

/// So many full years of a line; with the newest grid factor, carried, where no year is given.
fn amount(line: &Line, effect: &Effect, methodology: &Methodology, years: f64, year: Option<i32>) -> Amount {
    let place = if effect.by_yield { methodology.solar_yield(line.place.province()) } else { 1.0 };
    let value = f64::from(u32::try_from(line.milli).unwrap()) / 1000.0 * effect.per_unit * place * years;
    let (grid, provisional) =
        year.map_or((methodology.newest_factor().tco2_per_mwh, true), |year| methodology.grid_factor(year));
    let avoided = match effect.kind {
        EffectKind::Direct => value,
        _ => value / 1000.0 * effect.own_factor.unwrap_or(grid),
    };
    let half = |spread: f64| {
        let factor = methodology.uncertainty.grid_factor;
        let factor = if provisional { factor.carried } else { factor.official };
        let grid = if effect.uses_grid() { factor } else { 0.0 };
        let size = methodology.uncertainty.size_verified;
        (spread.powi(2) + grid.powi(2) + size.powi(2)).sqrt()
    };
    let spread = if line.stage == Stage::Verified(Tier::Metered) { effect.spread_metered } else { effect.spread };
    Amount {
        generation_kwh: if effect.kind == EffectKind::Generation { value } else { 0.0 },
        saving_kwh: if effect.kind == EffectKind::Saving { value } else { 0.0 },
        avoided_tco2e: avoided,
        low: avoided * (1.0 - half(spread.low)).max(0.0),
        high: avoided * (1.0 + half(spread.high)),
        provisional_tco2e: if provisional && effect.uses_grid() { avoided } else { 0.0 },
        sold_tco2e: if line.sold == Some(true) { avoided } else { 0.0 },
    }
}

/// The data of a headline says the same, to the last digit that it shows.
pub fn assert_headline(data: &Value, expected: &Estimate, what: &str) {
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^53")]
    let kg = |of: &Value| (of.as_f64().unwrap() * 1000.0).round() as i64;
    let amount = |of: &Value| WholeAmount {
        generation_kwh: of["generation_kwh"].as_i64().unwrap(),
        saving_kwh: of["saving_kwh"].as_i64().unwrap(),
        avoided_kg: kg(&of["avoided_tco2e"]),
        low_kg: kg(&of["avoided_tco2e_low"]),
        high_kg: kg(&of["avoided_tco2e_high"]),
        provisional_kg: kg(&of["provisional_tco2e"]),
        sold_kg: kg(&of["sold_tco2e"]),
    };
    let found = WholeEstimate {
        to_date: amount(&data["to_date"]),
        annual: amount(&data["annual"]),
        lifetime: amount(&data["lifetime"]),
        frozen_grid_kg: kg(&data["lifetime"]["frozen_grid_tco2e"]),
    };
    assert_same(&found, expected, what);
}

/// Both are the same to one unit of the last digit that is published, or a relative 1e-9.
pub fn assert_same(found: &WholeEstimate, expected: &Estimate, what: &str) {
    assert_within(1, found, expected, what);
}

/// The same for a row of a total. Rounding moves it by less than a unit so that rows add up, and by one more so that its figures keep
/// their order (low, avoided, high).
pub fn assert_row_same(found: &WholeEstimate, expected: &Estimate, what: &str) {
    assert_within(2, found, expected, what);
}

fn assert_within(units: i64, found: &WholeEstimate, expected: &Estimate, what: &str) {
    let parts = |of: &WholeEstimate| {
        let amounts = [of.to_date, of.annual, of.lifetime].into_iter().flat_map(|amount| {
            let WholeAmount { generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg } =
                amount;
            [generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg]
        });
        amounts.chain([of.frozen_grid_kg]).collect::<Vec<_>>()
    };
    for (found, expected) in parts(found).into_iter().zip(parts(&WholeEstimate::from(*expected))) {
        let far = (found - expected).abs();
        assert!(far <= units || far <= expected.abs() / 1_000_000_000, "{what}: {found} is not {expected}");
    }
}
