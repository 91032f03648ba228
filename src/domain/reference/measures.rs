//! The measures that a site can take, numbered for ever.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Number;

use crate::domain::values::Quantity;

use super::read_csv::{rows, tested};
use super::target::target;

/// A measure by its number, 1 to 32. Numbers never change, because they are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MeasureId(u8);

/// The role of a measure in the programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureRole {
    /// Makes a site count.
    Core,
    /// Makes a site count, as it did in the pilot.
    PilotIncluded,
    /// Is recorded and credited, but does not make a site count.
    Supporting,
    /// Is recorded, but saves nothing by itself.
    NoCredit,
}

impl MeasureRole {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::PilotIncluded => "pilot_included",
            Self::Supporting => "supporting",
            Self::NoCredit => "no_credit",
        }
    }
}

/// A measure.
#[derive(Debug)]
pub struct Measure {
    /// The number, which never changes.
    pub number: u8,
    pub code: String,
    pub name_vi: String,
    pub name_en: String,
    pub role: MeasureRole,
    /// The unit of its quantity.
    pub unit: String,
    /// Whether the quantity is a whole number of units.
    pub whole_units: bool,
    /// True for solar measures: kWp, and an inverter power is accepted.
    pub is_solar: bool,
    /// The exclusive group: of the measures of one group at one site, only the latest is credited.
    pub exclusive_group: Option<String>,
    /// The usual ceiling at a home, in thousandths of the unit. A quantity above it gets a warning.
    pub usual_max_home_milli: i64,
    /// The usual ceiling at another site, in thousandths of the unit.
    pub usual_max_other_milli: i64,
    /// The hard ceiling, in thousandths of the unit. A quantity above it is refused.
    pub hard_max_milli: i64,
    /// The method by which its saving is found.
    pub method: String,
    pub lifetime_years: u32,
    /// Saving per unit and year in kWh.
    pub deemed_kwh_per_unit_year: Option<f64>,
    /// Direct saving per unit and year in tCO2e.
    pub deemed_tco2e_per_unit_year: Option<f64>,
    /// The low end of the saving: per unit and year, or a factor such as `0.90x`.
    pub deemed_low: String,
    /// The high end of the saving: per unit and year, or a factor such as `1.10x`.
    pub deemed_high: String,
    /// The formula in words.
    pub formula: String,
    pub key_assumptions: String,
    pub double_counting_rule: String,
    pub source: String,
    /// `confirmed` or `unconfirmed`.
    pub confidence: String,
}

#[derive(Deserialize)]
struct MeasureRow {
    number: u8,
    code: String,
    name_vi: String,
    name_en: String,
    programme_role: MeasureRole,
    unit: String,
    deemed_kwh_per_unit_year: Option<f64>,
    deemed_tco2e_per_unit_year: Option<f64>,
    deemed_low: String,
    deemed_high: String,
    method: String,
    lifetime_years: u32,
    formula: String,
    key_assumptions: String,
    double_counting_rule: String,
    exclusive_group: Option<String>,
    usual_max_home: i64,
    usual_max_other: i64,
    hard_max: i64,
    source: String,
    confidence: String,
}

const WHOLE_UNITS: [&str; 4] = ["lamp", "unit", "certificate", "site"];

static MEASURES: LazyLock<Vec<Measure>> = LazyLock::new(|| {
    let measure = |row: MeasureRow| Measure {
        number: row.number,
        is_solar: matches!(row.code.as_str(), "rooftop_solar_pv" | "offgrid_solar_pv"),
        whole_units: WHOLE_UNITS.contains(&row.unit.as_str()),
        code: row.code,
        name_vi: row.name_vi,
        name_en: row.name_en,
        role: row.programme_role,
        unit: row.unit,
        exclusive_group: row.exclusive_group,
        usual_max_home_milli: row.usual_max_home * 1000,
        usual_max_other_milli: row.usual_max_other * 1000,
        hard_max_milli: row.hard_max * 1000,
        method: row.method,
        lifetime_years: row.lifetime_years,
        deemed_kwh_per_unit_year: row.deemed_kwh_per_unit_year,
        deemed_tco2e_per_unit_year: row.deemed_tco2e_per_unit_year,
        deemed_low: row.deemed_low,
        deemed_high: row.deemed_high,
        formula: row.formula,
        key_assumptions: row.key_assumptions,
        double_counting_rule: row.double_counting_rule,
        source: row.source,
        confidence: row.confidence,
    };
    rows(include_str!("../../../reference/measures.csv")).into_iter().map(measure).collect()
});

impl MeasureId {
    /// How many measures there are: the highest number.
    pub const COUNT: u8 = 32;
    /// Solar power on the roof.
    pub const ROOFTOP_SOLAR: Self = Self(1);

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        MEASURES.iter().find(|measure| measure.code == code).map(|measure| Self(measure.number))
    }

    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        (number > 0 && number <= Self::COUNT).then_some(Self(number))
    }

    /// The number, as the keys of cells hold it.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    #[must_use]
    pub fn measure(self) -> &'static Measure {
        tested(MEASURES.get(usize::from(self.0).saturating_sub(1)), "a measure")
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        &self.measure().code
    }

    #[must_use]
    pub fn exclusive_group(self) -> Option<&'static str> {
        self.measure().exclusive_group.as_deref()
    }

    /// All measures by number.
    pub fn all() -> impl Iterator<Item = Self> {
        MEASURES.iter().map(|measure| Self(measure.number))
    }
}

impl Measure {
    /// Whether its role makes a site count.
    #[must_use]
    pub fn counts_for_site(&self) -> bool {
        matches!(self.role, MeasureRole::Core | MeasureRole::PilotIncluded)
    }

    /// Whether the quantity is a yearly saving that somebody declares. Its range depends on whether meters bear it out.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.method == "metered"
    }

    /// Whether such installations often sold their environmental attributes, so that the register asks.
    #[must_use]
    pub fn often_sold(&self) -> bool {
        self.code == "biogas_digester"
    }

    /// The least quantity that makes a site count, in thousandths of the unit.
    #[must_use]
    pub fn minimum_quantity_milli(&self) -> i64 {
        let minimum: Option<&Number> = target().minimum_quantity.get(&self.code);
        minimum.and_then(|n| Quantity::parse(n, self.hard_max_milli).ok()).map_or(0, Quantity::milli)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_measures_are_numbered_in_order_and_have_rising_ceilings() {
        assert_eq!(MEASURES.len(), usize::from(MeasureId::COUNT));
        for (expected, measure) in (1..).zip(MEASURES.iter()) {
            assert_eq!(measure.number, expected);
            for usual in [measure.usual_max_home_milli, measure.usual_max_other_milli] {
                assert!(0 < usual && usual <= measure.hard_max_milli, "{}", measure.code);
            }
            assert!(!measure.deemed_low.is_empty() && !measure.deemed_high.is_empty(), "{}", measure.code);
            assert_eq!(MeasureId::parse(&measure.code), MeasureId::from_number(expected));
        }
    }

    #[test]
    fn ceilings_keep_the_sums_of_a_site_inside_64_bits() {
        let largest = MEASURES.iter().map(|measure| measure.hard_max_milli).max().unwrap();
        assert!(largest.checked_mul(31 * 20 * 1000).is_some());
    }

    #[test]
    fn roles_decide_what_makes_a_site_count() {
        let counts = |code| MeasureId::parse(code).unwrap().measure().counts_for_site();
        assert!(counts("rooftop_solar_pv") && counts("biogas_digester"));
        assert!(!counts("improved_cookstove") && !counts("battery_storage"));
    }

    #[test]
    fn units_and_codes_tell_whole_units_and_solar_power() {
        let solar: Vec<_> = MEASURES.iter().filter(|m| m.is_solar).map(|m| (m.number, m.unit.as_str())).collect();
        assert_eq!(solar, [(1, "kWp"), (2, "kWp")]);
        let whole: Vec<_> = MEASURES.iter().filter(|m| m.whole_units).map(|m| m.number).collect();
        assert_eq!(whole, [4, 5, 6, 7, 8, 9, 24, 25, 27, 29]);
    }

    #[test]
    fn minimum_quantities_name_measures_and_are_zero_while_none_is_decided() {
        assert!(target().minimum_quantity.keys().all(|code| MeasureId::parse(code).is_some()));
        assert!(MEASURES.iter().all(|m| m.minimum_quantity_milli() == 0));
    }

    #[test]
    fn from_number_refuses_what_is_not_there() {
        assert!(MeasureId::from_number(0).is_none() && MeasureId::from_number(33).is_none());
    }
}
