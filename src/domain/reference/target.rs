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
    pub source: String,
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
}
