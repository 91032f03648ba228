//! The body of `PATCH /v1/installations/{id}` (RFC 7396).

use chrono::NaiveDate;

use crate::api::body::{BodyReader, FromNode, Node, NotNull, Pointer, body};
use crate::api::sites::Reasoned;
use crate::domain::records::{AttributesSold, Finance, PowerUse, SystemOwner};
use crate::domain::rules::{Amend, Correction, TermsCorrection};
use crate::domain::values::{Code, CorrectReason, Expected, Fault, Note, Rule, Vnd};

use super::body::{CreateMeasure, Measures};

body! {
    /// A correction of an installation. A field that is sent replaces the fact, `null` makes the fact unknown, a field
    /// that is left out leaves the fact as it is.
    pub struct CorrectInstallation -> Reasoned<Correction> {
        #[schema(ignore)]
        external_id: NotCorrectable,
        #[schema(ignore)]
        site: NotCorrectable,
        #[schema(ignore)]
        status: NotCorrectable,
        /// The day of installation (YYYY-MM-DD, Hà Nội), not in the future. It cannot become unknown. Example: 2026-10-02.
        installed_on: NotNull<NaiveDate> as Option<NaiveDate>,
        /// The last day in operation (YYYY-MM-DD, Hà Nội) of a decommissioned installation. It cannot become unknown.
        /// Example: 2026-10-31.
        decommissioned_on: NotNull<NaiveDate> as Option<NaiveDate>,
        /// All measures as they should be, 1 to 20, each once. They replace the recorded ones.
        #[schema(min_items = 1, max_items = 20)]
        measures: NotNull<Measures> as Option<Vec<CreateMeasure>>,
        /// The code of the project that the installation belongs to.
        project_code: Amend<Code> as Option<Code>,
        /// The total cost in whole đồng, for example 90000000.
        cost_vnd: Amend<Vnd> as Option<Vnd>,
        /// The part of the cost that was support, in whole đồng, 0 to 10,000,000,000,000. Example: 10000000.
        support_vnd: Amend<Vnd> as Option<Vnd>,
        /// Who paid.
        finance: Amend<Finance> as Option<Finance>,
        /// Who owns the system.
        system_owner: Amend<SystemOwner> as Option<SystemOwner>,
        /// What the site does with its power.
        power_use: Amend<PowerUse> as Option<PowerUse>,
        /// Whether the environmental attributes were sold to somebody else, and as what.
        attributes_sold: Amend<AttributesSold> as Option<AttributesSold>,
        /// Why the installation is corrected.
        reason: CorrectReason,
        /// A remark, at most 500 characters.
        note: Option<Note>,
    }
}

impl CorrectInstallation {
    fn settle(self, _: &Pointer<'_>, _: &mut BodyReader) -> Option<Reasoned<Correction>> {
        let (Some(()), Some(()), Some(())) = (self.external_id, self.site, self.status) else { return None };
        let correction = Correction {
            installed_on: self.installed_on?,
            decommissioned_on: self.decommissioned_on?,
            measures: self.measures?,
            terms: TermsCorrection {
                project: self.project_code?,
                cost: self.cost_vnd?,
                support: self.support_vnd?,
                finance: self.finance?,
                system_owner: self.system_owner?,
                power_use: self.power_use?,
                attributes_sold: self.attributes_sold?,
            },
        };
        Some(Reasoned { correction, reason: self.reason?, note: self.note? })
    }
}

/// A field that stays as it was registered: the fault says so, where "unknown field" would mislead.
pub struct NotCorrectable;

impl FromNode for NotCorrectable {
    type Value = ();
    const EXPECTED: Expected = Expected::Object;

    fn from_node(_: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<()> {
        reader.fault(at, Fault::NotAllowed { rule: Rule::NotCorrectable })
    }

    fn absent(_: &Pointer<'_>, _: &mut BodyReader) -> Option<()> {
        Some(())
    }
}
