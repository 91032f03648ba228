//! Measures of one exclusive group at one site, and which of two takes the place of the other. A solar water heater and a heat pump
//! heat the same water, so that only the one installed later is credited from then on.

use chrono::NaiveDate;

use crate::domain::reference::MeasureId;
use crate::domain::values::InstallationId;

use super::installation::Installation;
use super::measure_lines::MeasureLine;
use super::status::{CreditedSpan, Stage};

/// A measure line, as a member of the exclusive group of its measure.
#[derive(Clone, Copy, Debug)]
pub struct GroupMember {
    /// The measure of the line.
    pub measure: MeasureId,
    /// The stage of its installation.
    pub stage: Stage,
    /// `None` while pledged.
    pub installed_on: Option<NaiveDate>,
    /// The order of registration, which decides between installations of one day.
    pub registered: (i64, InstallationId),
}

impl GroupMember {
    /// The line of an installation that is credited.
    #[must_use]
    pub fn of(installation: &Installation, line: &MeasureLine, span: CreditedSpan) -> Self {
        Self {
            measure: line.measure,
            stage: span.stage,
            installed_on: span.installed_on,
            registered: (installation.registered_version, installation.id),
        }
    }

    /// Whether both are of one group and of different measures. Lines of the same measure add up: a second roof does not switch
    /// off the first.
    #[must_use]
    pub fn is_rival_of(&self, other: &Self) -> bool {
        let group = self.measure.exclusive_group();
        group.is_some() && group == other.measure.exclusive_group() && self.measure != other.measure
    }

    /// Whether this member takes the place of a rival, which was installed earlier and is of the same stage or a lower one.
    #[must_use]
    pub fn displaces(&self, earlier: &Self) -> bool {
        let order = |member: &Self| Some((member.installed_on?, member.registered, member.measure));
        let is_later = order(self).zip(order(earlier)).is_some_and(|(later, earlier)| later > earlier);
        self.is_rival_of(earlier) && is_later && self.stage.rank() >= earlier.stage.rank()
    }
}
