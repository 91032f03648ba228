//! The target of the programme, in numbered versions.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Number;

/// One version of the target.
#[derive(Deserialize, Debug)]
pub struct Target {
    pub version: i32,
    /// The first day whose close it holds for. What earlier days published stays as it was.
    pub in_force_from: NaiveDate,
    /// The number of sites to be reached.
    pub sites: i64,
    /// The last day on which they are to be reached.
    pub by: NaiveDate,
    /// The first day of the programme, the first of a month. Earlier installations are kept, but not counted.
    pub counted_from: NaiveDate,
    pub definition_vi: String,
    pub definition_en: String,
    /// The least quantity of a measure that makes a site count, by the measure's code.
    pub minimum_quantity: BTreeMap<String, Number>,
    /// What may be published of the register, and when.
    pub disclosure: Disclosure,
    pub source: String,
}

/// The rules by which figures are published. A newer version of the target alone may loosen them.
#[derive(Clone, Copy, Deserialize, Debug)]
pub struct Disclosure {
    pub company: Company,
    /// A programme with fewer sites in operation publishes counts alone.
    pub least_sites: i64,
    /// A share of people stands only above so many sites with an answer.
    pub people_known: i64,
    pub with_token: WithToken,
}

/// What a caller is told who has a token, but does not check the numbers.
#[derive(Clone, Copy, Deserialize, Debug)]
pub struct WithToken {
    /// The least number of sites in a row.
    pub least_sites: i64,
    /// The least number of sites behind an amount of money.
    pub money_least_sites: i64,
    /// The least number of partners behind an amount of money.
    pub money_least_partners: usize,
}

/// The company that a published figure moves in.
#[derive(Clone, Copy, Deserialize, Debug)]
pub struct Company {
    /// The least number of sites that move together in a national figure.
    pub in_nation: usize,
    /// The least number of sites that move together in a row of a table.
    pub in_row: usize,
    /// The most that one site may hold of what moves, in percent.
    pub most_of_one_percent: u64,
    /// The most that two sites may hold of what moves, in percent.
    pub most_of_two_percent: u64,
}

#[derive(Deserialize)]
struct Targets {
    versions: Vec<Target>,
}

static TARGETS: LazyLock<Targets> = LazyLock::new(|| {
    let text = include_str!("../../../reference/targets.json");
    super::read_csv::tested(serde_json::from_str(text).ok(), "the targets")
});

/// The newest target.
#[must_use]
pub fn target() -> &'static Target {
    super::read_csv::tested(TARGETS.versions.iter().max_by_key(|target| target.version), "a target")
}

/// The target in force on a day; before the programme began, its first one.
#[must_use]
pub fn target_on(day: NaiveDate) -> &'static Target {
    in_force(&TARGETS.versions, day)
}

fn in_force(versions: &[Target], day: NaiveDate) -> &Target {
    let began = versions.iter().filter(|target| target.in_force_from <= day).max_by_key(|target| target.version);
    let first = || versions.iter().min_by_key(|target| target.version);
    super::read_csv::tested(began.or_else(first), "a target")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;

    #[test]
    fn target_is_a_million_sites_by_2030_counted_from_the_pilot() {
        let target = target();
        assert_eq!((target.version, target.sites), (1, 1_000_000));
        assert_eq!(target.by.to_string(), "2030-12-31");
        assert_eq!(target.counted_from.to_string(), "2019-09-01");
        assert_eq!(target.counted_from.day(), 1, "monthly cells tell before from after");
    }

    #[test]
    fn each_day_has_the_target_that_was_in_force() {
        let version = |version: i32, from: &str| {
            let text = include_str!("../../../reference/targets.json");
            let mut targets: serde_json::Value = serde_json::from_str(text).unwrap();
            let target = targets.pointer_mut("/versions/0").unwrap();
            target["version"] = version.into();
            target["in_force_from"] = from.into();
            serde_json::from_value(target.take()).unwrap()
        };
        let versions: [Target; 2] = [version(1, "2019-09-01"), version(2, "2028-01-01")];
        for (day, expected) in [("2018-01-01", 1), ("2027-12-31", 1), ("2028-01-01", 2), ("2031-05-01", 2)] {
            assert_eq!(in_force(&versions, day.parse().unwrap()).version, expected, "{day}");
        }
    }

    #[test]
    fn newer_targets_come_into_force_later_and_count_the_same_sites() {
        let versions = &TARGETS.versions;
        assert!(versions.is_sorted_by(|one, next| {
            one.version < next.version
                && one.in_force_from < next.in_force_from
                && one.counted_from == next.counted_from
                && one.minimum_quantity == next.minimum_quantity
        }));
    }

    #[test]
    fn rules_of_disclosure_are_not_loosened_within_a_version() {
        for target in &TARGETS.versions {
            let Disclosure { company, least_sites, people_known, with_token } = target.disclosure;
            assert!(company.in_nation >= 10 && company.in_row >= 5 && least_sites >= 50, "{}", target.version);
            assert!(people_known >= 30, "{}", target.version);
            let WithToken { least_sites, money_least_sites, money_least_partners } = with_token;
            assert!(least_sites >= 3 && money_least_sites >= 5 && money_least_partners >= 3, "{}", target.version);
            assert!(company.most_of_one_percent <= 50 && company.most_of_two_percent <= 80, "{}", target.version);
        }
    }
}
