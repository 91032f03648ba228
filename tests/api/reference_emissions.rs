//! Emissions as somebody patient would add them up: home by home, measure by measure, day by day.

use chrono::{Datelike, Days, Months, NaiveDate};
use green_homes::domain::figures::Amount;
use green_homes::domain::figures::{Effect, EffectKind, Estimate, Methodology};
use green_homes::domain::records::Stage;
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
        if line.ended.is_none() {
            if day <= last_day_of_life(on, effect) {
                let left = (1.0 - effect.degradation).powi(day.year() - on.year());
                sum.annual += amount(&line, effect, methodology, left, None);
            }
            let years = (0..i32::from(effect.lifetime_years)).map(|age| (1.0 - effect.degradation).powi(age)).sum();
            sum.lifetime += amount(&line, effect, methodology, years, None);
        }
    }
    sum
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

/// So many full years of a line; with the newest grid factor where no year is given.
fn amount(line: &Line, effect: &Effect, methodology: &Methodology, years: f64, year: Option<i32>) -> Amount {
    let place = if effect.by_yield { methodology.solar_yield(line.place.province()) } else { 1.0 };
    let value = f64::from(u32::try_from(line.milli).unwrap()) / 1000.0 * effect.per_unit * place * years;
    let (grid, provisional) =
        year.map_or((methodology.newest_factor().tco2_per_mwh, false), |year| methodology.grid_factor(year));
    let avoided = match effect.kind {
        EffectKind::Direct => value,
        _ => value / 1000.0 * effect.own_factor.unwrap_or(grid),
    };
    let half = |spread: f64| {
        let grid = if effect.uses_grid() { methodology.uncertainty.grid_factor } else { 0.0 };
        let size = methodology.uncertainty.size_verified;
        (spread.powi(2) + grid.powi(2) + size.powi(2)).sqrt()
    };
    Amount {
        generation_kwh: if effect.kind == EffectKind::Generation { value } else { 0.0 },
        saving_kwh: if effect.kind == EffectKind::Saving { value } else { 0.0 },
        avoided_tco2e: avoided,
        low: avoided * (1.0 - half(effect.spread.low)).max(0.0),
        high: avoided * (1.0 + half(effect.spread.high)),
        provisional_tco2e: if provisional && effect.uses_grid() { avoided } else { 0.0 },
    }
}

/// The data of a headline says the same to a relative 1e-9.
pub fn assert_headline(data: &Value, expected: &Estimate, what: &str) {
    let amount = |of: &Value, expected: &Amount| {
        // Of some figures the headline shows only a part.
        let shown = |name: &str, otherwise: f64| of.get(name).map_or(otherwise, |value| value.as_f64().unwrap());
        Amount {
            generation_kwh: shown("generation_kwh", expected.generation_kwh),
            saving_kwh: shown("saving_kwh", expected.saving_kwh),
            avoided_tco2e: of["avoided_tco2e"].as_f64().unwrap(),
            low: of["low"].as_f64().unwrap(),
            high: of["high"].as_f64().unwrap(),
            provisional_tco2e: shown("provisional_tco2e", expected.provisional_tco2e),
        }
    };
    let found = Estimate {
        to_date: amount(&data["to_date"], &expected.to_date),
        annual: amount(&data["annual"], &expected.annual),
        lifetime: amount(&data["lifetime"], &expected.lifetime),
    };
    assert_same(&found, expected, what);
}

/// Both are the same to a relative 1e-9.
pub fn assert_same(found: &Estimate, expected: &Estimate, what: &str) {
    let parts = |of: &Estimate| {
        [of.to_date, of.annual, of.lifetime].map(|amount| {
            let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e } = amount;
            [generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e]
        })
    };
    for (found, expected) in parts(found).as_flattened().iter().zip(parts(expected).as_flattened()) {
        let largest = expected.abs().max(1e-6);
        assert!((found - expected).abs() <= 1e-9 * largest, "{what}: {found} is not {expected}");
    }
}
