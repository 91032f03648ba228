//! The factors of one measure as the file of a methodology has them, the ranges that measures share, and the effect that is
//! made of both. Every factor lies within its bounds.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::bounds;
use super::factors::{Effect, EffectKind, GridUncertainty, HalfWidths, Uncertainty};

/// Half-widths of 95 % ranges, as shares.
#[derive(Deserialize)]
pub(super) struct Widths {
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

/// No unknown field is accepted, because a misspelt factor would be left out and another one taken in its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureFactors {
    pub(super) measure: String,
    pub(super) unit: String,
    effect: FileEffect,
    kwh_per_unit_year: Option<f64>,
    tco2e_per_unit_year: Option<f64>,
    yield_share: Option<f64>,
    yield_share_low: Option<f64>,
    yield_share_high: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    own_factor: Option<f64>,
    pub(super) range: Option<RangeRule>,
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
pub(super) enum RangeRule {
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

impl Widths {
    pub(super) fn check(&self) -> Result<(), String> {
        let shares = [
            ("solar", Some(self.solar)),
            ("metered", Some(self.metered)),
            ("declared", self.declared),
            ("deemed_least", Some(self.deemed_least)),
            ("grid_factor", Some(self.grid_factor)),
            ("grid_factor_carried", self.grid_factor_carried),
            ("size_verified", Some(self.size_verified)),
            ("size_reported", Some(self.size_reported)),
        ];
        let mut given = shares.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.try_for_each(|(name, value)| bounds::share(format_args!("uncertainty: {name}"), value).map(drop))
    }

    pub(super) fn shared(&self) -> Uncertainty {
        let official = self.grid_factor;
        Uncertainty {
            grid_factor: GridUncertainty { official, carried: self.grid_factor_carried.unwrap_or(official) },
            size_verified: self.size_verified,
            size_reported: self.size_reported,
        }
    }
}

impl MeasureFactors {
    pub(super) fn effect(&self, widths: &Widths) -> Result<Option<Effect>, String> {
        self.check()?;
        let kind = match self.effect {
            FileEffect::Generation => EffectKind::Generation,
            FileEffect::Saving => EffectKind::Saving,
            FileEffect::Direct => EffectKind::Direct,
            FileEffect::None => return Ok(None),
        };
        let per_unit = self.per_unit(kind)?;
        Ok(Some(Effect {
            kind,
            per_unit,
            by_yield: self.yield_share.is_some(),
            own_factor: self.own_factor,
            degradation: self.degradation_per_year,
            lifetime_years: self.lifetime_years,
            spread: self.spread(per_unit, widths, widths.declared)?,
            spread_metered: self.spread(per_unit, widths, Some(widths.metered))?,
        }))
    }

    /// Checks every factor against its bounds, used or not.
    fn check(&self) -> Result<(), String> {
        bounds::lifetime("lifetime_years", self.lifetime_years)?;
        bounds::degradation("degradation_per_year", self.degradation_per_year)?;
        for (name, value) in [("yield_share", self.yield_share), ("yield_share_high", self.yield_share_high)] {
            value.map(|value| bounds::share(name, value)).transpose()?;
        }
        self.own_factor.map(|factor| bounds::electricity_factor("own_factor", factor)).transpose()?;
        let bound = if self.tco2e_per_unit_year.is_some() { bounds::tonnes } else { bounds::kwh };
        let each = [("kwh_per_unit_year", self.kwh_per_unit_year), ("tco2e_per_unit_year", self.tco2e_per_unit_year)];
        for (name, value) in each.into_iter().chain([("high", self.high)]) {
            value.map(|value| bound(name, value, &self.unit)).transpose()?;
        }
        let [yields, deemed] = [
            (self.yield_share_low, self.yield_share, self.yield_share_high),
            (self.low, self.kwh_per_unit_year.or(self.tco2e_per_unit_year), self.high),
        ];
        let in_order = |(low, central, high): (Option<f64>, Option<f64>, Option<f64>)| {
            let given: Vec<f64> = [Some(0.0), low, central, high].into_iter().flatten().collect();
            given.is_sorted()
        };
        if !in_order(yields) || !in_order(deemed) {
            return Err("its range needs a low and a high end around what a unit does".to_owned());
        }
        Ok(())
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
