//! A strand: what public figures are made of.

use crate::domain::counting::{CellKey, NationalKey, Totals};
use crate::domain::records::Stage;
use crate::domain::reference::{MeasureId, target};
use crate::domain::values::Month;

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
        let dims = NationalKey::of(cell).dims()?;
        let is_pre_programme = dims.installed.is_some_and(|month| month < Month::of(target().counted_from));
        let counts = match dims.measure {
            // A span of a site that ended is no site.
            None => dims.ended.is_none(),
            Some(_) => !is_pre_programme,
        };
        counts.then_some(Self { measure: dims.measure, stage: dims.stage, is_sold: dims.is_sold, is_pre_programme })
    }

    /// Whether it is of verified sites or lines.
    #[must_use]
    pub fn is_verified(self) -> bool {
        matches!(self.stage, Stage::Verified(_))
    }
}

/// The totals that public figures show.
#[must_use]
pub fn public_totals(totals: &Totals) -> Totals {
    let Totals { sites, installations, quantity, quantity_days, quantity_end_days, .. } = *totals;
    Totals { sites, installations, quantity, quantity_days, quantity_end_days, ..Totals::default() }
}
