//! Reads the file of a methodology and refuses a file from which no number can be made. A factor that is missing would
//! otherwise count as zero, or as another factor, without anybody noticing.

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{hex, sha256};

use super::factors::{
    Effect, EffectKind, GridFactor, GridUncertainty, HalfWidths, LifetimeRule, Methodology, Uncertainty,
};

/// The longest life of a measure, in years.
const LONGEST_LIFE: u16 = 100;

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

/// Half-widths of 95 % ranges, as shares.
#[derive(Deserialize)]
struct Widths {
    solar: f64,
    metered: f64,
    /// Methodology 1 knew no difference between declared and metered savings.
    declared: Option<f64>,
    deemed_least: f64,
    grid_factor: f64,
    /// Methodology 1 took a carried factor to be as good as an official one.
    grid_factor_carried: Option<f64>,
    size_verified: f64,
    /// Methodology 1 calls it `size_installed`.
    #[serde(alias = "size_installed")]
    size_reported: f64,
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
}

/// No unknown field is accepted, because a misspelt factor would be left out and another one taken in its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureFactors {
    measure: String,
    unit: String,
    effect: FileEffect,
    kwh_per_unit_year: Option<f64>,
    tco2e_per_unit_year: Option<f64>,
    yield_share: Option<f64>,
    yield_share_low: Option<f64>,
    yield_share_high: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    own_factor: Option<f64>,
    range: Option<RangeRule>,
    lifetime_years: u16,
    degradation_per_year: f64,
    // No number is made from these, but people read them, so they must be there.
    #[serde(rename = "own_factor_unit")]
    _own_factor_unit: Option<String>,
    #[serde(rename = "assumptions")]
    _assumptions: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confirmed")]
    _confirmed: bool,
    #[serde(rename = "version_1")]
    _version_1: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FileEffect {
    Generation,
    Saving,
    Direct,
    None,
}

/// The rule that gives the range of an effect.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RangeRule {
    /// The range of solar yields.
    Solar,
    /// From the low and the high share of the yield.
    Share,
    /// The range of meters, whoever verified it.
    Metered,
    /// The range of meters for what meters verified, of declarations for all else.
    Declared,
    /// From the low and the high value, but not narrower than `deemed_least`.
    Deemed,
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
        for factor in &file.grid.factors {
            positive(factor.tco2_per_mwh, &format!("grid: the factor of {}", factor.year))?;
        }
        let newest = file.grid.factors.last().map_or(0, |factor| factor.year);
        let lifetime = match file.lifetime {
            None => LifetimeRule::WholeLifeFrozenGrid,
            Some(Lifetime::ToDateAndRemaining { grid_zero_year }) if grid_zero_year > newest => {
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
        if slot.replace(positive(one.kwh_per_kwp_year, &format!("yields: province {code}"))?).is_some() {
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

fn positive(value: f64, what: &str) -> Result<f64, String> {
    if value > 0.0 { Ok(value) } else { Err(format!("{what} must be above 0")) }
}

impl Widths {
    fn check(&self) -> Result<(), String> {
        let Self { solar, metered, declared, deemed_least, grid_factor, grid_factor_carried, .. } = self;
        let all = [solar, metered, deemed_least, grid_factor, &self.size_verified, &self.size_reported];
        let fits = all.into_iter().chain(declared).chain(grid_factor_carried).all(|share| (0.0..=1.0).contains(share));
        if fits { Ok(()) } else { Err("uncertainty: each is a share from 0 to 1".to_owned()) }
    }

    fn shared(&self) -> Uncertainty {
        let official = self.grid_factor;
        Uncertainty {
            grid_factor: GridUncertainty { official, carried: self.grid_factor_carried.unwrap_or(official) },
            size_verified: self.size_verified,
            size_reported: self.size_reported,
        }
    }
}

impl MeasureFactors {
    fn effect(&self, widths: &Widths) -> Result<Option<Effect>, String> {
        if !(1..=LONGEST_LIFE).contains(&self.lifetime_years) {
            return Err(format!("lifetime_years must be from 1 to {LONGEST_LIFE}"));
        }
        if !(0.0..1.0).contains(&self.degradation_per_year) {
            return Err("degradation_per_year must be from 0 to below 1".to_owned());
        }
        let kind = match self.effect {
            FileEffect::Generation => EffectKind::Generation,
            FileEffect::Saving => EffectKind::Saving,
            FileEffect::Direct => EffectKind::Direct,
            FileEffect::None => return Ok(None),
        };
        let per_unit = positive(self.per_unit(kind)?, "what a unit does")?;
        Ok(Some(Effect {
            kind,
            per_unit,
            by_yield: self.yield_share.is_some(),
            own_factor: self.own_factor.map(|factor| positive(factor, "own_factor")).transpose()?,
            degradation: self.degradation_per_year,
            lifetime_years: self.lifetime_years,
            spread: self.spread(per_unit, widths, widths.declared)?,
            spread_metered: self.spread(per_unit, widths, Some(widths.metered))?,
        }))
    }

    /// The one factor that the effect needs. A second factor is an error.
    fn per_unit(&self, kind: EffectKind) -> Result<f64, String> {
        match (kind, self.kwh_per_unit_year, self.tco2e_per_unit_year, self.yield_share) {
            (EffectKind::Direct, None, Some(value), None)
            | (EffectKind::Generation | EffectKind::Saving, Some(value), None, None)
            | (EffectKind::Generation, None, None, Some(value)) => Ok(value),
            (EffectKind::Direct, ..) => Err("a direct cut needs tco2e_per_unit_year alone".to_owned()),
            (EffectKind::Saving, ..) => Err("a saving needs kwh_per_unit_year alone".to_owned()),
            (EffectKind::Generation, ..) => {
                Err("generation needs kwh_per_unit_year or yield_share, one of them".to_owned())
            }
        }
    }

    /// The half-widths of the range, as shares of a unit's output; `declared` is that of a declared saving.
    fn spread(&self, per_unit: f64, widths: &Widths, declared: Option<f64>) -> Result<HalfWidths, String> {
        let even = |share: f64| HalfWidths { low: share, high: share };
        let between = |low: Option<f64>, high: Option<f64>| match (low, high) {
            (Some(low), Some(high)) if (0.0..=per_unit).contains(&low) && high >= per_unit => {
                Ok(HalfWidths { low: (per_unit - low) / per_unit, high: (high - per_unit) / per_unit })
            }
            _ => Err("its range needs a low and a high end around what a unit does".to_owned()),
        };
        Ok(match self.range.ok_or("range is missing")? {
            RangeRule::Solar => even(widths.solar),
            RangeRule::Metered => even(widths.metered),
            RangeRule::Declared => even(declared.ok_or("uncertainty: declared is missing")?),
            RangeRule::Share => between(self.yield_share_low, self.yield_share_high)?,
            RangeRule::Deemed => {
                let HalfWidths { low, high } = between(self.low, self.high)?;
                HalfWidths { low: low.max(widths.deemed_least), high: high.max(widths.deemed_least) }
            }
        })
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
