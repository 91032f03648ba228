//! Reads the file of a methodology and refuses a file from which no number can be made. A factor that is missing would
//! otherwise count as zero, or as another factor, without anybody noticing.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{Name, hex, sha256};

use super::bounds;
use super::factors::{Effect, GridFactor, LifetimeRule, Methodology};
use super::measure_factors::{MeasureFactors, RangeRule, Widths};

#[derive(Deserialize)]
struct File {
    version: i32,
    title_vi: String,
    title_en: String,
    issued: NaiveDate,
    grid: Grid,
    yields: Yields,
    uncertainty: Widths,
    lifetime: Option<Lifetime>,
    measures: Vec<MeasureFactors>,
}

#[derive(Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
enum Lifetime {
    ToDateAndRemaining { grid_zero_year: i32 },
}

#[derive(Deserialize)]
struct Grid {
    factors: Vec<GridFactor>,
}

#[derive(Deserialize)]
struct Yields {
    by_province: Vec<ProvinceYield>,
}

#[derive(Deserialize)]
struct ProvinceYield {
    province_code: String,
    kwh_per_kwp_year: f64,
    // Published with the yield; no number is made from them.
    low: Option<f64>,
    high: Option<f64>,
}

impl Methodology {
    /// Reads a file. The words of an error name the fault.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        file.uncertainty.check()?;
        let years = file.grid.factors.iter().map(|factor| factor.year);
        let follow = |(before, after): (i32, i32)| after > before;
        if file.grid.factors.is_empty() || !years.clone().zip(years.skip(1)).all(follow) {
            return Err("grid: factors are needed, at most one a year, in order".to_owned());
        }
        for GridFactor { year, tco2_per_mwh } in &file.grid.factors {
            bounds::year("grid: a year", *year)?;
            bounds::electricity_factor(format_args!("grid: the factor of {year}"), *tco2_per_mwh)?;
        }
        if [&file.title_vi, &file.title_en].iter().any(|title| Name::parse(title).is_err()) {
            return Err("title_vi and title_en are needed: 1 to 200 visible characters".to_owned());
        }
        let newest = file.grid.factors.last().map_or(0, |factor| factor.year);
        let lifetime = match file.lifetime {
            None => LifetimeRule::WholeLifeFrozenGrid,
            Some(Lifetime::ToDateAndRemaining { grid_zero_year }) if grid_zero_year > newest => {
                let grid_zero_year = bounds::year("lifetime: grid_zero_year", grid_zero_year)?;
                LifetimeRule::ToDateAndRemaining { grid_zero_year }
            }
            Some(_) => return Err(format!("lifetime: grid_zero_year must be after {newest}")),
        };
        let yields = yields(&file.yields.by_province)?;
        let effects = effects(&file.measures, &file.uncertainty)?;
        Ok(Self {
            version: file.version,
            title_vi: file.title_vi,
            title_en: file.title_en,
            issued: file.issued,
            text: text.to_owned(),
            sha256: hex(&sha256(text.as_bytes())),
            uncertainty: file.uncertainty.shared(),
            lifetime,
            grid: file.grid.factors,
            yields,
            effects,
        })
    }
}

/// The solar yields by the index of the province. Each province must be listed once.
fn yields(listed: &[ProvinceYield]) -> Result<Vec<f64>, String> {
    let mut yields = vec![None; ProvinceId::all().count()];
    for one in listed {
        let code = &one.province_code;
        let province = ProvinceId::parse(code).ok_or_else(|| format!("yields: there is no province {code}"))?;
        let slot = yields.get_mut(usize::from(province.index())).ok_or("yields: a province too many")?;
        let value = bounds::solar_yield(format_args!("yields: province {code}"), one.kwh_per_kwp_year)?;
        for end in [one.low, one.high].into_iter().flatten() {
            bounds::solar_yield(format_args!("yields: an end of province {code}"), end)?;
        }
        if one.low.is_some_and(|low| low > value) || one.high.is_some_and(|high| high < value) {
            return Err(format!("yields: province {code} needs a low and a high end around its yield"));
        }
        if slot.replace(value).is_some() {
            return Err(format!("yields: province {code} stands there twice"));
        }
    }
    let missing = |(province, value): (ProvinceId, Option<f64>)| {
        value.ok_or_else(|| format!("yields: province {} is missing", province.code()))
    };
    ProvinceId::all().zip(yields).map(missing).collect()
}

/// The effects by the number of the measure, up to the last one that is listed: a file does not know measures that came after it.
/// Each measure up to there must be listed once.
fn effects(listed: &[MeasureFactors], widths: &Widths) -> Result<Vec<Option<Effect>>, String> {
    let mut effects = vec![None; usize::from(u8::MAX) + 1];
    for one in listed {
        let code = &one.measure;
        let measure = MeasureId::parse(code).ok_or_else(|| format!("measures: there is no {code}"))?;
        let slot = effects.get_mut(usize::from(measure.number())).ok_or("measures: one too many")?;
        let unit = &measure.measure().unit;
        if one.unit != *unit {
            return Err(format!("{code}: its quantities are in {unit}, not in {}", one.unit));
        }
        if matches!(one.range, Some(RangeRule::Declared)) && !measure.measure().is_declared() {
            return Err(format!("{code}: range declared is for savings that owners declare"));
        }
        let effect = one.effect(widths).map_err(|error| format!("{code}: {error}"))?;
        if slot.replace(effect).is_some() {
            return Err(format!("{code} stands there twice"));
        }
    }
    effects.truncate(effects.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
    let is_missing = |measure: &MeasureId| effects.get(usize::from(measure.number())) == Some(&None);
    if let Some(missing) = MeasureId::all().find(is_missing) {
        return Err(format!("measures: {} is missing", missing.code()));
    }
    Ok(effects.into_iter().map(Option::flatten).collect())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
