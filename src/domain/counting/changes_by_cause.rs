//! The changes of the national sums, by the cause of the entries that made them.

use std::collections::BTreeMap;

use crate::domain::values::Cause;

use super::cell_key::CellKey;
use super::cell_totals::Totals;
use super::national_sums::NationalSums;

/// The changes of the national sums, by cause.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changes(BTreeMap<Cause, NationalSums>);

impl Changes {
    /// Adds the postings of entries with one cause.
    pub fn add(&mut self, cause: Cause, cells: impl Iterator<Item = (CellKey, Totals)>) {
        self.0.entry(cause).or_default().add_cells(cells);
    }

    /// Adds rows of the journal. Rows of one cause that follow each other cost one look-up.
    pub fn add_postings(&mut self, postings: &[(Cause, (CellKey, Totals))]) {
        for run in postings.chunk_by(|(one, _), (other, _)| one == other) {
            if let Some((cause, _)) = run.first() {
                self.add(*cause, run.iter().map(|(_, cell)| *cell));
            }
        }
    }

    /// Adds all changes of another.
    pub fn add_all(&mut self, other: &Self) {
        for (cause, sums) in &other.0 {
            self.0.entry(*cause).or_default().add_all(sums);
        }
    }

    /// Each cause with the sums that it moved.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &NationalSums)> {
        self.0.iter().map(|(cause, sums)| (*cause, sums))
    }

    /// The stored form: a line with each cause, and under it the stored form of the sums that it moved.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        for (cause, sums) in
            self.0.iter().map(|(cause, sums)| (cause, sums.encode())).filter(|(_, sums)| !sums.is_empty())
        {
            text.extend([cause.as_str(), "\n", &sums]);
        }
        text
    }

    /// Reads the stored form; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut changes = Self::default();
        let mut cause = None;
        for line in text.lines() {
            if line.contains(' ') {
                changes.add(cause?, std::iter::once(NationalSums::decode_line(line)?));
            } else {
                cause = Some(Cause::parse(line)?);
            }
        }
        Some(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::cell_key::CellDims;
    use crate::domain::records::Stage;
    use crate::domain::reference::{MeasureId, ProvinceId};
    use crate::domain::values::{Flags, Month, SiteKind, Tier};

    fn posted(cause: Cause, measure: Option<u8>, delta: Totals) -> (Cause, (CellKey, Totals)) {
        let dims = CellDims {
            measure: measure.and_then(MeasureId::from_number),
            province: ProvinceId::FIRST,
            kind: SiteKind::Home,
            stage: Stage::Verified(Tier::Inspected),
            installed: Month::from_number(320),
            ended: None,
            former: None,
            flags: Flags::default(),
            attributes_sold: None,
        };
        (cause, (dims.key(), delta))
    }

    #[test]
    fn changes_are_read_back_as_they_were_written() {
        let site = Totals { sites: 1, ..Totals::default() };
        let panels = Totals { sites: 1, quantity: 5400, quantity_days: 16_200, ..Totals::default() };
        let postings = [
            posted(Cause::Verified, None, site),
            posted(Cause::Verified, Some(1), panels),
            posted(Cause::Corrected, Some(1), panels.negated()),
            posted(Cause::Withdrawn, None, site),
            posted(Cause::Withdrawn, None, site.negated()),
        ];
        let mut changes = Changes::default();
        changes.add_postings(&postings);
        let text = changes.encode();
        assert_eq!(text.lines().count(), 5, "what came to nothing is left out: {text}");
        let read = Changes::decode(&text).unwrap();
        assert_eq!(read.encode(), text);
        let mut twice = read.clone();
        twice.add_all(&read);
        assert_ne!(twice, read);
    }

    #[test]
    fn decode_refuses_what_is_no_change() {
        for odd in ["1 [1]", "verified\n1", "verified\nx [1]", "because\n", "verified\n564192306266128 [01]"] {
            assert!(Changes::decode(odd).is_none(), "{odd}");
        }
    }
}
