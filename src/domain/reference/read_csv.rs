//! Reads the tables that are compiled in from `reference/`. The files name their sources.

use serde::de::DeserializeOwned;

/// Reads a compiled-in table. The tests read every table, so that no broken table ships.
pub(super) fn rows<T: DeserializeOwned>(text: &'static str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .map(|row| row.unwrap_or_else(|error| unreachable!("reference data is tested: {error}")))
        .collect()
}

/// A compiled-in value that the tests have shown to be there.
pub(in crate::domain) fn tested<T>(value: Option<T>, what: &str) -> T {
    value.unwrap_or_else(|| unreachable!("reference data is tested: {what}"))
}
