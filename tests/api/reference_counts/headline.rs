//! The public number, counted home by home.

use std::collections::BTreeMap;

use green_homes::domain::records::Stage;
use green_homes::domain::reference::Place;
use serde_json::Value;

use super::{Held, ReferenceRegister, before, end_of_credit, standings_of};

/// Numbers by stage, where they are not zero.
type ByStage = BTreeMap<&'static str, i64>;

/// What the public number should say.
#[derive(Default)]
pub struct Headline {
    sites: ByStage,
    installations: ByStage,
    before_the_programme: ByStage,
    capacity_wp: ByStage,
    by_kind: BTreeMap<(&'static str, &'static str), i64>,
    by_tier: BTreeMap<&'static str, i64>,
}

impl Headline {
    /// Holds it against the data of `/v1/progress`.
    pub fn assert_is(&self, data: &Value) {
        let number = |counts: &ByStage, stage| counts.get(stage).copied().unwrap_or(0);
        for stage in ["verified", "reported", "pledged"] {
            assert_eq!(data["sites"][stage], number(&self.sites, stage), "{data}");
            assert_eq!(data["installations"][stage], number(&self.installations, stage), "{data}");
            let before = &data["pre_programme"]["sites"][stage];
            assert_eq!(*before, number(&self.before_the_programme, stage), "{data}");
            for (kind, counts) in data["by_kind"].as_object().unwrap() {
                assert_eq!(counts[stage], self.by_kind.get(&(kind, stage)).copied().unwrap_or(0), "{data}");
            }
        }
        for stage in ["verified", "reported"] {
            // Every size in the tests is a whole number of kilowatts-peak.
            let kwp = i32::try_from(number(&self.capacity_wp, stage) / 1000).unwrap();
            assert_eq!(data["capacity_kwp"][stage], f64::from(kwp), "{data}");
        }
        for (tier, count) in data["by_evidence_tier"].as_object().unwrap() {
            assert_eq!(*count, self.by_tier.get(tier.as_str()).copied().unwrap_or(0), "{data}");
        }
    }
}

impl ReferenceRegister {
    /// The public number, counted from nothing.
    pub fn headline(&self) -> Headline {
        let mut headline = Headline::default();
        for (index, site) in self.sites.iter().enumerate().filter(|(_, site)| !site.merged_away) {
            let lines = self.held_at(index);
            let standing = standings_of(&lines).into_iter().find(|(_, _, ended)| ended.is_none());
            if let Some((stage, on, _)) = standing {
                let counted = if before(on) { &mut headline.before_the_programme } else { &mut headline.sites };
                *counted.entry(stage.as_str()).or_default() += 1;
                if !before(on) {
                    *headline.by_kind.entry((site.facts.kind.as_str(), stage.as_str())).or_default() += 1;
                }
                if let (Stage::Verified(tier), false) = (stage, before(on)) {
                    *headline.by_tier.entry(tier.as_str()).or_default() += 1;
                }
            }
            let solar = |line: &&Held| line.measure.measure().is_solar && end_of_credit(line, &lines).is_none();
            for line in lines.iter().filter(solar).filter(|line| !before(line.on)) {
                *headline.capacity_wp.entry(line.stage.as_str()).or_default() += line.milli;
            }
        }
        for installation in &self.installations {
            if let Some((stage, None)) = installation.held().filter(|_| !before(installation.on)) {
                *headline.installations.entry(stage.as_str()).or_default() += 1;
            }
        }
        headline
    }

    /// Verified sites within the programme at some places.
    pub fn verified_sites(&self, is_there: impl Fn(Place) -> bool) -> i64 {
        let sites = self.sites.iter().enumerate().filter(|(_, site)| !site.merged_away && is_there(site.facts.place));
        let standings = sites.flat_map(|(index, _)| standings_of(&self.held_at(index)));
        let verified = standings
            .filter(|(stage, on, ended)| matches!(stage, Stage::Verified(_)) && ended.is_none() && !before(*on));
        verified.count().try_into().unwrap()
    }
}
