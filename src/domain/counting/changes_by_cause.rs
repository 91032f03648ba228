//! What moved in the sums of the country, by cause.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::domain::values::Cause;

use super::cell_key::CellKey;
use super::cell_totals::Totals;
use super::national_sums::NationalSums;

/// Changes of the national sums, by cause.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changes(BTreeMap<Cause, NationalSums>);

impl Changes {
    /// Adds what entries of one cause posted.
    pub fn add(&mut self, cause: Cause, cells: impl Iterator<Item = (CellKey, Totals)>) {
        self.0.entry(cause).or_default().add_cells(cells);
    }

    /// Adds rows of the journal, many of one cause after each other.
    pub fn add_postings(&mut self, postings: &[(Cause, (CellKey, Totals))]) {
        for run in postings.chunk_by(|(one, _), (other, _)| one == other) {
            if let Some((cause, _)) = run.first() {
                self.add(*cause, run.iter().map(|(_, cell)| *cell));
            }
        }
    }

    /// Adds all of another.
    pub fn add_all(&mut self, other: &Self) {
        for (cause, sums) in &other.0 {
            self.add(*cause, sums.cells());
        }
    }

    /// Each cause with what it moved.
    pub fn iter(&self) -> impl Iterator<Item = (Cause, &NationalSums)> {
        self.0.iter().map(|(cause, sums)| (*cause, sums))
    }

    /// The stored form: a line with each cause, and under it a line for each cell, `2251799813685265 [1,0,5400]`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        for (cause, sums) in &self.0 {
            let mut cells = sums.cells().peekable();
            if cells.peek().is_some() {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{}", cause.as_str());
            }
            for (cell, totals) in cells {
                let _ = writeln!(text, "{} {}", cell.to_stored(), totals.encode());
            }
        }
        text
    }

    /// Reads the stored form; `None` when it is anything else.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut changes = Self::default();
        let mut cause = None;
        for line in text.lines() {
            let Some((cell, totals)) = line.split_once(' ') else {
                cause = Some(Cause::parse(line)?);
                continue;
            };
            let cell = (CellKey::from_stored(cell.parse().ok()?)?, Totals::decode(totals)?);
            changes.add(cause?, std::iter::once(cell));
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
    use crate::domain::values::Flags;
    use crate::domain::values::Month;
    use crate::domain::values::SiteKind;
    use crate::domain::values::Tier;

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
