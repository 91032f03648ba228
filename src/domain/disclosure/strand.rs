//! A strand: what public figures are made of.

use crate::domain::counting::{CellDims, CellKey, NationalKey};
use crate::domain::records::Stage;
use crate::domain::reference::{MeasureId, ProvinceId, target};
use crate::domain::values::{Flags, Month, SiteKind};

/// The sites at one stage, or the lines of one measure at one stage, apart by what the methodology treats apart.
///
/// Strands move apart from each other, because a figure of several measures would give one home away: emissions less electricity times the
/// grid factor leave the one digester among nine roofs, and the range of a sum tells how much of it is of which measure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Strand {
    /// The measure; `None` for sites and installations.
    pub measure: Option<MeasureId>,
    /// The stage, with the tier on which an estimate depends.
    pub stage: Stage,
    /// Whether the environmental attributes were sold.
    pub is_sold: bool,
    /// Whether these are sites in operation since before the programme.
    pub is_pre_programme: bool,
}

impl Strand {
    /// The strand of a cell; `None` if no public figure counts the cell.
    #[must_use]
    pub fn of(cell: CellKey) -> Option<Self> {
        Self::of_national(NationalKey::of(cell))
    }

    /// The strand of a national sum, as of its cells.
    pub(super) fn of_national(key: NationalKey) -> Option<Self> {
        let dims = key.dims()?;
        let is_pre_programme = dims.installed.is_some_and(|month| month < Month::of(target().counted_from));
        let counts = match dims.measure {
            // A span of a site that ended is no site.
            None => dims.ended.is_none(),
            Some(_) => !is_pre_programme,
        };
        counts.then_some(Self { measure: dims.measure, stage: dims.stage, is_sold: dims.is_sold, is_pre_programme })
    }

    /// The number that tables store: that of a cell of the strand.
    #[must_use]
    pub fn to_stored(self) -> i64 {
        let month = if self.is_pre_programme { Month::from_number(1) } else { None };
        let cell = CellDims {
            measure: self.measure,
            province: ProvinceId::FIRST,
            kind: SiteKind::Home,
            stage: self.stage,
            installed: month,
            ended: None,
            former: None,
            flags: Flags::default(),
            attributes_sold: self.is_sold.then_some(true),
        };
        cell.key().to_stored()
    }

    /// The strand of a stored number; `None` if it is none.
    #[must_use]
    pub fn from_stored(number: i64) -> Option<Self> {
        CellKey::from_stored(number).and_then(Self::of).filter(|strand| strand.to_stored() == number)
    }

    /// Whether a unit of it yields more in one province than in another.
    #[must_use]
    pub fn yields_by_place(self) -> bool {
        self.measure.is_some_and(|measure| measure.measure().is_solar)
    }

    /// Whether it is of verified sites or lines.
    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self.stage, Stage::Verified(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::values::Tier;

    #[test]
    fn strands_are_read_back_as_they_were_stored() {
        let sites = Strand { measure: None, stage: Stage::Reported, is_sold: false, is_pre_programme: false };
        let metered = MeasureId::all().find(|measure| measure.measure().is_declared());
        let lines = Strand { measure: metered, stage: Stage::Verified(Tier::Metered), is_sold: true, ..sites };
        let old = Strand { stage: Stage::Verified(Tier::Document), is_pre_programme: true, ..sites };
        for strand in [sites, lines, old] {
            assert_eq!(Strand::from_stored(strand.to_stored()), Some(strand));
        }
        // A tier on which nothing depends is no strand of its own.
        let inspected = Strand { stage: Stage::Verified(Tier::Inspected), ..sites };
        assert_eq!(Strand::from_stored(inspected.to_stored()), None);
    }

    #[test]
    fn what_no_figure_counts_is_of_no_strand() {
        let cell = |measure, installed: u16, ended: Option<u16>| {
            let stage = Stage::Verified(Tier::Document);
            let (installed, ended) = (Month::from_number(installed), ended.and_then(Month::from_number));
            CellDims {
                measure: MeasureId::from_number(measure),
                province: ProvinceId::FIRST,
                kind: SiteKind::Home,
                stage,
                installed,
                ended,
                former: None,
                flags: Flags::default(),
                attributes_sold: None,
            }
            .key()
        };
        assert!(Strand::of(cell(0, 320, None)).is_some() && Strand::of(cell(1, 320, Some(330))).is_some());
        assert!(Strand::of(cell(0, 320, Some(330))).is_none(), "a site that ended");
        assert!(Strand::of(cell(1, 100, None)).is_none(), "a line from before the programme");
    }
}
