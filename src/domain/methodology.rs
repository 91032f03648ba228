//! How emissions are estimated: numbered, immutable sets of factors, one file each in
//! `reference/methodology/`. The file is what is published; this reads what computing needs of it.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;

use super::reference::{MeasureId, ProvinceId};

/// A numbered set of factors.
#[derive(Debug)]
pub struct Methodology {
    /// Its number.
    pub version: i32,
    /// Its name in Vietnamese.
    pub title_vi: String,
    /// Its name in English.
    pub title_en: String,
    /// When it was made.
    pub issued: NaiveDate,
    /// Its file, as it is published.
    pub text: &'static str,
    /// What is not known exactly.
    pub uncertainty: Uncertainty,
    grid: Vec<GridFactor>,
    /// By the province's index.
    yields: Vec<f64>,
    /// By the measure's number, from 0.
    effects: Vec<Option<Effect>>,
}

/// The official grid factor of a year.
#[derive(Clone, Copy, PartialEq, Deserialize, Debug)]
pub struct GridFactor {
    /// The year.
    pub year: i32,
    /// Tonnes a megawatt-hour.
    pub tco2_per_mwh: f64,
}

/// Half-widths of 95 % ranges, as shares.
#[derive(Clone, Copy, PartialEq, Deserialize, Debug)]
#[expect(missing_docs, reason = "each is explained in the file")]
pub struct Uncertainty {
    pub solar: f64,
    pub metered: f64,
    pub deemed_least: f64,
    pub grid_factor: f64,
    pub size_verified: f64,
    pub size_installed: f64,
}

/// What a measure does to emissions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effect {
    /// What it does.
    pub kind: EffectKind,
    /// kWh (direct cuts: tCO2e) a unit and year; of solar power, the share of the province's yield.
    pub per_unit: f64,
    /// Whether the yield of the province comes in.
    pub by_yield: bool,
    /// Tonnes a megawatt-hour, where it is not the grid's.
    pub own_factor: Option<f64>,
    /// What it loses a year.
    pub degradation: f64,
    /// Years that it is credited.
    pub lifetime_years: u16,
    /// Half-widths of what a unit does, low and high, as shares.
    pub spread: (f64, f64),
}

/// What a measure does.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// It makes electricity.
    Generation,
    /// It saves electricity.
    Saving,
    /// It cuts emissions without electricity.
    Direct,
}

impl Effect {
    /// Whether the grid factor is used.
    #[must_use]
    pub fn uses_grid(&self) -> bool {
        self.kind != EffectKind::Direct && self.own_factor.is_none()
    }
}

impl Methodology {
    /// What a measure does; none where it does nothing to emissions.
    #[must_use]
    pub fn effect(&self, measure: MeasureId) -> Option<&Effect> {
        self.effects.get(usize::from(measure.number()))?.as_ref()
    }

    /// kWh a kWp and year in a province.
    #[must_use]
    pub fn solar_yield(&self, province: ProvinceId) -> f64 {
        self.yields.get(usize::from(province.index())).copied().unwrap_or_default()
    }

    /// The grid factor of a year, and whether it is another year's, because that year has none.
    #[must_use]
    pub fn grid_factor(&self, year: i32) -> (f64, bool) {
        let (first, last) = (self.first_factor(), self.newest_factor());
        if year < first.year {
            return (first.tco2_per_mwh, true);
        }
        let own = self.grid.iter().find(|factor| factor.year == year);
        own.map_or((last.tco2_per_mwh, true), |factor| (factor.tco2_per_mwh, false))
    }

    /// The newest official grid factor.
    #[must_use]
    pub fn newest_factor(&self) -> GridFactor {
        self.grid.last().copied().unwrap_or(NO_FACTOR)
    }

    fn first_factor(&self) -> GridFactor {
        self.grid.first().copied().unwrap_or(NO_FACTOR)
    }
}

const NO_FACTOR: GridFactor = GridFactor { year: 0, tco2_per_mwh: 0.0 };

/// A methodology by its number.
#[must_use]
pub fn methodology(version: i32) -> Option<&'static Methodology> {
    all().iter().find(|one| one.version == version)
}

/// The first methodology, in force until another one is activated.
#[must_use]
pub fn first() -> &'static Methodology {
    all().first().unwrap_or_else(|| unreachable!("methodologies are tested: the first"))
}

/// Every methodology, by number.
#[must_use]
pub fn all() -> &'static [Methodology] {
    static ALL: LazyLock<Vec<Methodology>> = LazyLock::new(|| {
        let files: &[&'static str] = include!(concat!(env!("OUT_DIR"), "/methodologies.rs"));
        let read = |text: &&'static str| {
            Methodology::read(text).unwrap_or_else(|error| unreachable!("methodologies are tested: {error}"))
        };
        files.iter().map(read).collect()
    });
    &ALL
}

#[derive(Deserialize)]
struct File {
    version: i32,
    title_vi: String,
    title_en: String,
    issued: NaiveDate,
    grid: Grid,
    yields: Yields,
    uncertainty: Uncertainty,
    measures: Vec<MeasureFactors>,
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

#[derive(Deserialize)]
struct MeasureFactors {
    measure: String,
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
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FileEffect {
    Generation,
    Saving,
    Direct,
    None,
}

/// How the spread of what a unit does is found.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RangeRule {
    /// That of the yields.
    Solar,
    /// From the shares of the yield.
    Share,
    /// That of meters.
    Metered,
    /// From the lowest and the highest value, and not less than a least one.
    Deemed,
}

impl Methodology {
    /// Reads a file.
    pub(super) fn read(text: &'static str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut yields = vec![0.0; ProvinceId::all().count()];
        for one in &file.yields.by_province {
            let province = ProvinceId::parse(&one.province_code).ok_or("an unknown province")?;
            *yields.get_mut(usize::from(province.index())).ok_or("a province too many")? = one.kwh_per_kwp_year;
        }
        let mut effects = vec![None; usize::from(u8::MAX) + 1];
        for one in &file.measures {
            let measure = MeasureId::parse(&one.measure).ok_or("an unknown measure")?;
            *effects.get_mut(usize::from(measure.number())).ok_or("a measure too many")? =
                one.effect(&file.uncertainty)?;
        }
        let by_year = file.grid.factors.is_sorted_by_key(|factor| factor.year);
        let complete = yields.iter().all(|value| *value > 0.0) && by_year && !file.grid.factors.is_empty();
        if !complete {
            return Err(format!("methodology {} is not complete", file.version));
        }
        Ok(Self {
            version: file.version,
            title_vi: file.title_vi,
            title_en: file.title_en,
            issued: file.issued,
            text,
            uncertainty: file.uncertainty,
            grid: file.grid.factors,
            yields,
            effects,
        })
    }
}

impl MeasureFactors {
    fn effect(&self, uncertainty: &Uncertainty) -> Result<Option<Effect>, String> {
        let kind = match self.effect {
            FileEffect::Generation => EffectKind::Generation,
            FileEffect::Saving => EffectKind::Saving,
            FileEffect::Direct => EffectKind::Direct,
            FileEffect::None => return Ok(None),
        };
        let of = |value: Option<f64>| value.ok_or_else(|| format!("{} misses a factor", self.measure));
        let per_unit = match (self.yield_share, kind) {
            (Some(share), _) => share,
            (None, EffectKind::Direct) => of(self.tco2e_per_unit_year)?,
            (None, _) => of(self.kwh_per_unit_year)?,
        };
        let between = |low: f64, high: f64| ((per_unit - low) / per_unit, (high - per_unit) / per_unit);
        let spread = match self.range.ok_or_else(|| format!("{} misses its range", self.measure))? {
            RangeRule::Solar => (uncertainty.solar, uncertainty.solar),
            RangeRule::Metered => (uncertainty.metered, uncertainty.metered),
            RangeRule::Share => between(of(self.yield_share_low)?, of(self.yield_share_high)?),
            RangeRule::Deemed => {
                let (low, high) = between(of(self.low)?, of(self.high)?);
                (low.max(uncertainty.deemed_least), high.max(uncertainty.deemed_least))
            }
        };
        Ok(Some(Effect {
            kind,
            per_unit,
            by_yield: self.yield_share.is_some(),
            own_factor: self.own_factor,
            degradation: self.degradation_per_year,
            lifetime_years: self.lifetime_years,
            spread,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::entry::{hex, sha256};

    /// SHA-256 of each version's file. A line here never changes.
    const PINNED: [(i32, &str); 1] = [(1, "940e6a085f4ddca7f8a6b56feefb78b3fafb1bf16fd800df9ed6acf5fd142392")];

    #[test]
    fn methodology_of_every_pinned_version_is_the_same_for_ever() {
        for (version, pinned) in PINNED {
            assert_eq!(hex(&sha256(methodology(version).unwrap().text.as_bytes())), pinned, "{version}");
        }
        let numbers: Vec<i32> = all().iter().map(|one| one.version).collect();
        assert!((1..).zip(&numbers).all(|(place, number)| place == *number), "{numbers:?}");
    }

    fn table(text: &'static str) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn methodology_1_has_the_factors_of_the_reference_tables() {
        let first = methodology(1).unwrap();
        for row in table(include_str!("../../reference/grid_emission_factors.csv")) {
            let (year, factor): (i32, f64) = (row["year"].parse().unwrap(), row["ef_tco2_per_mwh"].parse().unwrap());
            let expected = if row["use_as_default"] == "yes" { (factor, false) } else { (0.6592, true) };
            assert_eq!(first.grid_factor(year), expected, "{year}");
        }
        assert_eq!((first.grid_factor(2013), first.grid_factor(2030)), ((0.6612, true), (0.6592, true)));
        for row in table(include_str!("../../reference/solar_yield.csv")) {
            let province = ProvinceId::parse(&row["code"]).unwrap();
            let expected: f64 = row["pvout_kwh_per_kwp_year"].parse().unwrap();
            assert!((first.solar_yield(province) - expected).abs() < 1e-9, "{}", row["code"]);
        }
        for row in table(include_str!("../../reference/measures.csv")) {
            let effect = first.effect(MeasureId::parse(&row["code"]).unwrap());
            let [kwh, direct] = ["deemed_kwh_per_unit_year", "deemed_tco2e_per_unit_year"].map(|name| &row[name]);
            let deemed: f64 = [kwh, direct].into_iter().filter_map(|text| text.parse::<f64>().ok()).sum();
            let Some(effect) = effect else {
                assert_eq!((row["programme_role"].as_str(), deemed), ("no_credit", 0.0), "{row:?}");
                continue;
            };
            if row["method"] == "yield_table" {
                assert!(effect.by_yield, "{row:?}");
            } else {
                assert!((effect.per_unit - deemed).abs() < 1e-12, "{row:?}");
                assert_eq!(effect.kind == EffectKind::Direct, kwh.is_empty(), "{row:?}");
            }
            assert_eq!(effect.lifetime_years.to_string(), row["lifetime_years"], "{row:?}");
            assert!((effect.degradation - row["degradation_per_year"].parse::<f64>().unwrap()).abs() < 1e-12);
        }
    }
}
