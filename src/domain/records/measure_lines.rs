//! The measures of one installation: 1 to 20 lines, each measure once.

use std::collections::BTreeSet;

use crate::domain::reference::MeasureId;
use crate::domain::refusals::Warning;
use crate::domain::values::{Fault, Quantity, SiteKind};

/// The most measure lines of one installation.
pub const MAX_LINES: usize = 20;

/// One measure with its quantity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MeasureLine {
    pub measure: MeasureId,
    /// The quantity in the measure's unit.
    pub quantity: Quantity,
    /// The rated inverter power in watts, of solar measures.
    pub inverter_w: Option<Quantity>,
}

impl MeasureLine {
    /// Whether the line makes a site count: its role is core or pilot, and it reaches the target's least quantity.
    #[must_use]
    pub fn counts_for_site(&self) -> bool {
        let measure = self.measure.measure();
        measure.counts_for_site() && self.quantity.milli() >= measure.minimum_quantity_milli()
    }

    /// A warning if the quantity is above the usual ceiling for this kind of site.
    #[must_use]
    pub fn warning(&self, kind: SiteKind) -> Option<Warning> {
        let measure = self.measure.measure();
        let usual = match kind {
            SiteKind::Home => measure.usual_max_home_milli,
            SiteKind::Building | SiteKind::Office | SiteKind::Factory => measure.usual_max_other_milli,
        };
        (self.quantity.milli() > usual)
            .then_some(Warning::UnusualQuantity { measure: self.measure, usual_milli: usual })
    }
}

/// 1 to 20 measure lines, no measure twice. A request has them in the order of its sender, a record by number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeasureLines(Vec<MeasureLine>);

impl MeasureLines {
    /// Checks the lines. A fault of one line carries the index of the line.
    pub fn new(lines: Vec<MeasureLine>) -> Result<Self, Vec<(Option<usize>, Fault)>> {
        if lines.is_empty() {
            return Err(vec![(None, Fault::Empty)]);
        }
        if lines.len() > MAX_LINES {
            return Err(vec![(None, Fault::TooMany { max: MAX_LINES })]);
        }
        let mut seen = BTreeSet::new();
        let again = lines.iter().enumerate().filter(|(_, line)| !seen.insert(line.measure));
        let twice: Vec<_> =
            again.map(|(index, line)| (Some(index), Fault::DuplicateMeasure { code: line.measure.code() })).collect();
        if !twice.is_empty() {
            return Err(twice);
        }
        Ok(Self(lines))
    }

    #[must_use]
    pub fn as_slice(&self) -> &[MeasureLine] {
        &self.0
    }

    /// The lines by the number of their measure, as they are recorded and compared.
    #[must_use]
    pub fn by_number(&self) -> Self {
        Self::stored(self.0.clone())
    }

    /// Takes back stored lines.
    #[must_use]
    pub fn stored(mut lines: Vec<MeasureLine>) -> Self {
        lines.sort_by_key(|line| line.measure);
        Self(lines)
    }
}
