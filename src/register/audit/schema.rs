//! The schema against the one that the migrations make: a trigger, an index, a table, a column or a constraint that is
//! missing, changed or added. Tables of the operator's own in the same database are none of ours.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::DbError;
use crate::db::ledger::{MadeSchema, SchemaObject, audit_schema};

use super::progress::Audit;

impl Audit<'_> {
    /// Checks the schema, before anything is read that may be missing.
    pub(super) fn check_schema(&mut self, made: MadeSchema) -> Result<(), DbError> {
        let (made, left_out) = match made {
            MadeSchema::Made { objects, left_out } => (objects, left_out),
            MadeSchema::NotMade(why) => {
                self.report.not_audited.push(format!("the schema: {why}"));
                return Ok(());
            }
            MadeSchema::OtherMigrations => {
                self.found(
                    "schema migrations",
                    "are not those of this program; a newer program audits a newer database",
                );
                return Ok(());
            }
        };
        if left_out > 0 {
            let why = "of this program's migrations: run `green-homes migrate`";
            self.report.not_audited.push(format!("the newest of the schema: the database lacks {left_out} {why}"));
        }
        for (what, problem) in differences(&made, audit_schema::stored(self.connection)?) {
            self.found(what, problem);
        }
        Ok(())
    }
}

/// How a schema differs from the one that was made.
fn differences(made: &[SchemaObject], stored: Vec<SchemaObject>) -> Vec<(String, &'static str)> {
    let named = |object: &SchemaObject| (object.kind.clone(), object.table.clone(), object.name.clone());
    let tables: BTreeSet<&str> = made.iter().filter(|object| object.kind == "table").map(|o| o.name.as_str()).collect();
    let mut missing: BTreeMap<_, &str> = made.iter().map(|o| (named(o), o.definition.as_str())).collect();
    let mut found = Vec::new();
    for object in stored {
        let what = format!("schema {} {}", object.kind, object.name);
        match missing.remove(&named(&object)) {
            Some(definition) if definition == object.definition => {}
            Some(_) => found.push((what, "is not as the migrations make it")),
            None if tables.contains(object.table.as_str()) => found.push((what, "is made by no migration")),
            None => {}
        }
    }
    let absent = missing.into_keys().map(|(kind, _, name)| (format!("schema {kind} {name}"), "is missing"));
    found.into_iter().chain(absent).collect()
}
