//! What should be shown of the book to those who read.

use std::collections::BTreeMap;

use green_homes::domain::reference::MeasureId;
use green_homes::domain::values::Tier;
use serde_json::{Value, json};

use super::expected_register::{Dispute, ExpectedRegister};
use crate::reference_counts::{ReferenceInstallation, Standing};

impl ExpectedRegister {
    /// What a list of all installations should show.
    pub(super) fn shown(&self) -> BTreeMap<String, Value> {
        let units = |milli: i64| json!(f64::from(i32::try_from(milli / 1000).unwrap()));
        let line = |(measure, milli, inverter): &(MeasureId, i64, i64)| {
            let inverter = if *inverter > 0 { units(*inverter) } else { Value::Null };
            json!({"measure": measure.code(), "quantity": units(*milli), "inverter_kw": inverter})
        };
        let one = |n: &ReferenceInstallation| {
            let (status, tier, ended) = match n.standing {
                Standing::Pledged => ("pledged", None, None),
                Standing::Installed => ("installed", None, None),
                Standing::Verified(tier) => ("verified", Some(tier), None),
                Standing::Rejected => ("rejected", None, None),
                Standing::Withdrawn => ("withdrawn", None, None),
                Standing::Ended(tier, day) => ("decommissioned", tier, Some(day)),
            };
            let measures: Vec<Value> = n.lines.iter().map(line).collect();
            let facts = self.reference.sites[n.site].facts;
            let place = facts.place.province().code();
            let site = json!([self.homes[n.site].id, facts.kind.as_str(), place, facts.flags.remote]);
            let known = json!([n.aside, status, tier.map(Tier::as_str), n.on, ended, n.cost, measures]);
            (n.id.to_string(), json!([known, site]))
        };
        self.reference.installations.iter().map(one).collect()
    }

    /// What the person at home should see of it: what is held, and what was disputed, oldest
    /// first.
    pub(super) fn seen_at(&self, home: usize) -> (bool, Vec<Value>) {
        let held = self.homes[home].identified && !self.homes[home].withdrawn;
        let word = |upheld| if upheld { "upheld" } else { "dismissed" };
        let shown = |one: &Dispute| json!([one.id, one.note.map(|what| format!("Sai {what}")), one.upheld.map(word)]);
        let mut disputes: Vec<&Dispute> = self.disputes.iter().filter(|dispute| dispute.home == home).collect();
        disputes.sort_by_key(|dispute| dispute.id);
        (held, disputes.into_iter().map(shown).collect())
    }
}
