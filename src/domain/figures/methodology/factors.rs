//! Methodologies: numbered, immutable sets of factors, one file each. The files of `reference/methodology/` are built
//! in; a process may add further ones at its start. The file is published as it is; a [`Methodology`] holds the factors
//! that estimates need.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::reference::{MeasureId, ProvinceId};

/// A numbered set of factors.
#[derive(Debug)]
pub struct Methodology {
    pub version: i32,
    pub title_vi: String,
    pub title_en: String,
    /// The day on which it was made.
    pub issued: NaiveDate,
    /// The file as it is published.
    pub text: String,
    /// The SHA-256 of the file in hexadecimal digits. The entry that puts the methodology in force seals it.
    pub sha256: String,
    pub uncertainty: Uncertainty,
    pub(super) grid: Vec<GridFactor>,
    /// kWh a kWp and year, by the index of the province.
    pub(super) yields: Vec<f64>,
    /// By the number of the measure, from 0; `None` if the measure does nothing to emissions.
    pub(super) effects: Vec<Option<Effect>>,
}

/// The official grid factor of a year.
#[derive(Clone, Copy, PartialEq, Deserialize, Debug)]
pub struct GridFactor {
    pub year: i32,
    pub tco2_per_mwh: f64,
}

/// Half-widths of 95 % ranges, as shares.
#[derive(Clone, Copy, PartialEq, Deserialize, Debug)]
pub struct Uncertainty {
    pub solar: f64,
    pub metered: f64,
    pub deemed_least: f64,
    pub grid_factor: f64,
    pub size_verified: f64,
    pub size_installed: f64,
}

/// The effect of a measure on emissions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effect {
    pub kind: EffectKind,
    /// kWh (direct cuts: tCO2e) a unit and year. If `by_yield`, the share of the province's yield.
    pub per_unit: f64,
    /// Whether the solar yield of the province is multiplied in.
    pub by_yield: bool,
    /// An emission factor of its own in tonnes a megawatt-hour, in place of the grid's.
    pub own_factor: Option<f64>,
    /// The share of its effect that it loses each year.
    pub degradation: f64,
    /// Years for which it is credited.
    pub lifetime_years: u16,
    /// Half-widths of the 95 % range of a unit's output, as shares of the output.
    pub spread: HalfWidths,
}

/// How far a range reaches below and above a value, as shares of the value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HalfWidths {
    pub low: f64,
    pub high: f64,
}

/// The way in which a measure cuts emissions.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    Generation,
    Saving,
    /// It cuts emissions without electricity.
    Direct,
}

impl Effect {
    /// Whether the estimate uses the grid factor.
    #[must_use]
    pub fn uses_grid(&self) -> bool {
        self.kind != EffectKind::Direct && self.own_factor.is_none()
    }
}

impl Methodology {
    /// The effect of a measure; `None` if it does nothing to emissions.
    #[must_use]
    pub fn effect(&self, measure: MeasureId) -> Option<&Effect> {
        self.effects.get(usize::from(measure.number()))?.as_ref()
    }

    /// The solar yield of a province, in kWh a kWp and year.
    #[must_use]
    pub fn solar_yield(&self, province: ProvinceId) -> f64 {
        self.yields.get(usize::from(province.index())).copied().unwrap_or_default()
    }

    /// The grid factor of a year in tonnes a megawatt-hour, and whether it is another year's: a year without one takes the newest
    /// earlier factor, and a year before all of them the first.
    #[must_use]
    pub fn grid_factor(&self, year: i32) -> (f64, bool) {
        let earlier = self.grid.iter().rev().find(|factor| factor.year <= year);
        let taken = earlier.or(self.grid.first()).copied().unwrap_or(NO_FACTOR);
        (taken.tco2_per_mwh, taken.year != year)
    }

    /// The newest official grid factor.
    #[must_use]
    pub fn newest_factor(&self) -> GridFactor {
        self.grid.last().copied().unwrap_or(NO_FACTOR)
    }
}

const NO_FACTOR: GridFactor = GridFactor { year: 0, tco2_per_mwh: 0.0 };

/// The known methodologies. The list never changes once somebody read it.
static ALL: OnceLock<Vec<Methodology>> = OnceLock::new();

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
    ALL.get_or_init(built_in)
}

/// Adds further methodologies: the texts of their files, by number. Call it at the start of the process, before anybody
/// reads the list. An error names the number.
pub fn add(further: BTreeMap<i32, String>) -> Result<(), String> {
    let wanted = joined(built_in(), further)?;
    let seals: Vec<String> = wanted.iter().map(|one| one.sha256.clone()).collect();
    let known = ALL.get_or_init(|| wanted).iter().map(|one| &one.sha256);
    if known.eq(&seals) { Ok(()) } else { Err("other methodologies are in use already".to_owned()) }
}

fn built_in() -> Vec<Methodology> {
    let files: &[&str] = include!(concat!(env!("OUT_DIR"), "/methodologies.rs"));
    let read =
        |text: &&str| Methodology::read(text).unwrap_or_else(|error| unreachable!("methodologies are tested: {error}"));
    files.iter().map(read).collect()
}

/// The built-in methodologies with the further ones. A number is one set of factors for ever, and no number is left out.
fn joined(mut known: Vec<Methodology>, further: BTreeMap<i32, String>) -> Result<Vec<Methodology>, String> {
    for (number, text) in further {
        if let Some(built_in) = known.iter().find(|one| one.version == number) {
            if built_in.text == text {
                continue;
            }
            return Err(format!(
                "{number}.json is not the methodology {number} that is built in; a changed one needs the next number"
            ));
        }
        let read = Methodology::read(&text).map_err(|error| format!("{number}.json: {error}"))?;
        if read.version != number {
            return Err(format!("{number}.json says that it is version {}", read.version));
        }
        known.push(read);
    }
    known.sort_by_key(|one| one.version);
    match (1..).zip(&known).find(|(number, one)| one.version != *number) {
        Some((missing, next)) => Err(format!("{}.json is there, but there is no methodology {missing}", next.version)),
        None => Ok(known),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// SHA-256 of each version's file. A line here never changes.
    const PINNED: [(i32, &str); 1] = [(1, "940e6a085f4ddca7f8a6b56feefb78b3fafb1bf16fd800df9ed6acf5fd142392")];

    #[test]
    fn methodology_of_every_pinned_version_is_the_same_for_ever() {
        for (version, pinned) in PINNED {
            assert_eq!(methodology(version).unwrap().sha256, pinned, "{version}");
        }
        joined(built_in(), BTreeMap::new()).unwrap();
    }

    /// The first methodology under another number, with another factor of 2023.
    fn changed(version: i32) -> String {
        let text = first().text.replacen("\"version\": 1,", &format!("\"version\": {version},"), 1);
        text.replacen("\"tco2_per_mwh\": 0.6592", "\"tco2_per_mwh\": 0.5", 1)
    }

    #[test]
    fn joined_with_further_files_knows_each_by_its_number() {
        let first = first().text.clone();
        let further = BTreeMap::from([(3, changed(3)), (1, first), (2, changed(2))]);
        let known = joined(built_in(), further).unwrap();
        let told: Vec<_> = known.iter().map(|one| (one.version, one.newest_factor().tco2_per_mwh)).collect();
        assert_eq!(told, [(1, 0.6592), (2, 0.5), (3, 0.5)]);
        assert_ne!(known[1].sha256, known[2].sha256);
    }

    #[test]
    fn joined_with_files_that_do_not_fit_says_which() {
        let said = |number, text: &str| joined(built_in(), BTreeMap::from([(number, text.to_owned())])).unwrap_err();
        assert!(said(1, &changed(1)).starts_with("1.json is not the methodology 1 that is built in"));
        assert_eq!(said(2, &changed(3)), "2.json says that it is version 3");
        assert_eq!(said(3, &changed(3)), "3.json is there, but there is no methodology 2");
        assert!(said(2, "{}").starts_with("2.json: missing field `version`"));
        assert!(said(2, "").starts_with("2.json: EOF"));
    }

    fn table(text: &'static str) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn methodology_1_has_the_factors_of_the_reference_tables() {
        let first = methodology(1).unwrap();
        for row in table(include_str!("../../../../reference/grid_emission_factors.csv")) {
            let (year, factor): (i32, f64) = (row["year"].parse().unwrap(), row["ef_tco2_per_mwh"].parse().unwrap());
            let expected = if row["use_as_default"] == "yes" { (factor, false) } else { (0.6592, true) };
            assert_eq!(first.grid_factor(year), expected, "{year}");
        }
        assert_eq!((first.grid_factor(2013), first.grid_factor(2030)), ((0.6612, true), (0.6592, true)));
        for row in table(include_str!("../../../../reference/solar_yield.csv")) {
            let province = ProvinceId::parse(&row["code"]).unwrap();
            let expected: f64 = row["pvout_kwh_per_kwp_year"].parse().unwrap();
            assert!((first.solar_yield(province) - expected).abs() < 1e-9, "{}", row["code"]);
        }
        for row in table(include_str!("../../../../reference/measures.csv")) {
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
