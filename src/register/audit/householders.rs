//! Erasures and disputes. Salt and note of an entry may be missing only where an erasure names the entry; every
//! dispute must stand as its entries sealed it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::db::ledger::audit_scan as stored;
use crate::db::records::disputes;
use crate::db::{Connection, DbError};
use crate::domain::chain::{ClosingDoc, DisputeDoc};
use crate::domain::values::Action;

use super::report::Finding;

/// Disputes read at a time.
const CHUNK: i64 = 2_000;

/// Erasures and disputes found in the entries read so far.
#[derive(Default)]
pub struct HouseholderAudit {
    /// Entries without a salt.
    unsalted: BTreeSet<i64>,
    /// Entries whose notes an erasure names, with the entry of the erasure.
    named: BTreeMap<i64, i64>,
    /// Entries that opened or closed a dispute, until a stored dispute matches them.
    disputes: BTreeSet<i64>,
}

impl HouseholderAudit {
    /// Notes an entry; `sealed` is whether its facts match their digest.
    pub fn hear(&mut self, version: i64, action: &str, facts: &str, sealed: bool) {
        if !sealed {
            self.unsalted.insert(version);
        }
        match Action::parse(action) {
            Some(Action::Erase) if sealed => {
                let facts: Value = serde_json::from_str(facts).unwrap_or_default();
                let notes = facts.get("erased_notes").and_then(Value::as_array).into_iter().flatten();
                self.named.extend(notes.filter_map(Value::as_i64).map(|erased| (erased, version)));
            }
            Some(Action::Dispute | Action::CloseDispute) => {
                self.disputes.insert(version);
            }
            _ => {}
        }
    }

    /// The findings about erasures and disputes.
    pub fn findings(mut self, connection: &mut Connection) -> Result<Vec<Finding>, DbError> {
        let mut found = Vec::new();
        for version in self.unsalted.iter().filter(|version| !self.named.contains_key(version)) {
            found.push(Finding::new(format!("facts {version}"), "were erased, and no entry says so"));
        }
        for (version, by) in self.named.iter().filter(|(version, _)| !self.unsalted.contains(version)) {
            let problem = format!("entry {by} says that they were erased, and they were not");
            found.push(Finding::new(format!("facts {version}"), problem));
        }
        self.check_disputes(connection, &mut found)?;
        for version in self.disputes {
            found.push(Finding::new(format!("facts {version}"), "seal a dispute that is missing"));
        }
        Ok(found)
    }

    fn check_disputes(&mut self, connection: &mut Connection, found: &mut Vec<Finding>) -> Result<(), DbError> {
        let mut last = 0;
        loop {
            let some = disputes::after(connection, last, false, CHUNK)?;
            let Some(dispute) = some.last() else { return Ok(()) };
            last = dispute.id;
            let closings = some.iter().filter_map(|dispute| dispute.closed).map(|closing| closing.version);
            let versions: Vec<i64> = some.iter().map(|dispute| dispute.id).chain(closings).collect();
            let facts: HashMap<i64, String> = stored::facts_at(connection, &versions)?.into_iter().collect();
            for dispute in &some {
                let opened = serde_json::json!({"dispute": DisputeDoc::of(dispute)});
                let mut right = self.is_sealed(&facts, dispute.id, &opened);
                if let Some(closing) = dispute.closed {
                    let closed = serde_json::json!({"closing": ClosingDoc::of(dispute.id, closing)});
                    right &= self.is_sealed(&facts, closing.version, &closed);
                }
                if !right {
                    found.push(Finding::new(format!("dispute {}", dispute.id), "is not what its entries sealed"));
                }
            }
        }
    }

    fn is_sealed(&mut self, facts: &HashMap<i64, String>, version: i64, doc: &Value) -> bool {
        let mut sealed = facts.get(&version).and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(sealed) = sealed.as_mut().and_then(Value::as_object_mut) {
            sealed.remove("of_sandbox");
        }
        self.disputes.remove(&version) && sealed.as_ref() == Some(doc)
    }
}
