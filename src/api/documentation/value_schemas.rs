//! What single values look like, for the documentation: the domain's own types in the words of
//! JSON Schema, so that a body is described by the types it is read into. No rule lives here.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::records::{
    AttributesSold, DisputeOutcome, DisputeReason, Finance, GridCode, PowerUse, Role, SystemOwner,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{
    Code, CorrectReason, DecommissionReason, InstallationId, MAX_VND, Quantity, RejectReason, SiteId, SiteKind, Status,
    Text, Tier, Vnd, WithdrawReason, units,
};

/// Characters that `domain::text` refuses.
const HIDDEN: &str = r"\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb";

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// A word out of a list.
fn coded(description: &str, codes: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    text(description).enum_values(Some(codes)).into()
}

fn uuid(description: &str) -> RefOr<Schema> {
    text(description).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).into()
}

/// The two statuses that a partner can register with.
pub struct NewStatus;

impl PartialSchema for NewStatus {
    fn schema() -> RefOr<Schema> {
        coded("Planned, or installed already.", crate::api::installations::STATUSES.iter().copied())
    }
}
impl ToSchema for NewStatus {}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        coded("Where an installation stands.", Self::CODES.iter().copied())
    }
}
impl ToSchema for Status {}

impl PartialSchema for Tier {
    fn schema() -> RefOr<Schema> {
        coded("How verification was reached; later in this list is stronger.", Self::CODES.iter().copied())
    }
}
impl ToSchema for Tier {}

impl PartialSchema for RejectReason {
    fn schema() -> RefOr<Schema> {
        coded("Why a reviewer rejects.", Self::CODES.iter().copied())
    }
}
impl ToSchema for RejectReason {}

impl PartialSchema for CorrectReason {
    fn schema() -> RefOr<Schema> {
        coded("Why a partner corrects what it recorded.", Self::CODES.iter().copied())
    }
}
impl ToSchema for CorrectReason {}

impl PartialSchema for WithdrawReason {
    fn schema() -> RefOr<Schema> {
        coded("Why a partner takes an installation back.", Self::CODES.iter().copied())
    }
}
impl ToSchema for WithdrawReason {}

impl PartialSchema for DecommissionReason {
    fn schema() -> RefOr<Schema> {
        coded("Why an installation went out of operation.", Self::CODES.iter().copied())
    }
}
impl ToSchema for DecommissionReason {}

impl PartialSchema for DisputeReason {
    fn schema() -> RefOr<Schema> {
        coded("What a householder says is wrong.", Self::CODES.iter().copied())
    }
}
impl ToSchema for DisputeReason {}

impl PartialSchema for DisputeOutcome {
    fn schema() -> RefOr<Schema> {
        coded("How a reviewer answers a dispute.", Self::CODES.iter().copied())
    }
}
impl ToSchema for DisputeOutcome {}

/// What a reviewer decides.
pub struct DecisionWord;

impl PartialSchema for DecisionWord {
    fn schema() -> RefOr<Schema> {
        coded("What a reviewer decides.", crate::api::review::ACTIONS.iter().copied())
    }
}
impl ToSchema for DecisionWord {}

impl PartialSchema for SiteKind {
    fn schema() -> RefOr<Schema> {
        coded("What kind of place a site is.", Self::CODES.iter().copied())
    }
}
impl ToSchema for SiteKind {}

impl PartialSchema for Finance {
    fn schema() -> RefOr<Schema> {
        coded("Who paid.", Self::CODES.iter().copied())
    }
}
impl ToSchema for Finance {}

impl PartialSchema for SystemOwner {
    fn schema() -> RefOr<Schema> {
        coded("Who owns the system.", Self::CODES.iter().copied())
    }
}
impl ToSchema for SystemOwner {}

impl PartialSchema for PowerUse {
    fn schema() -> RefOr<Schema> {
        coded("Where the power goes.", Self::CODES.iter().copied())
    }
}
impl ToSchema for PowerUse {}

impl PartialSchema for AttributesSold {
    fn schema() -> RefOr<Schema> {
        coded("Whether the environmental attributes were sold to somebody else.", Self::CODES.iter().copied())
    }
}
impl ToSchema for AttributesSold {}

impl PartialSchema for Role {
    fn schema() -> RefOr<Schema> {
        coded("What a client may do.", Self::CODES.iter().copied())
    }
}
impl ToSchema for Role {}

impl PartialSchema for ProvinceId {
    fn schema() -> RefOr<Schema> {
        coded("One of the 34 provinces since July 2025, see /v1/provinces.", Self::all().map(Self::code))
    }
}
impl ToSchema for ProvinceId {
    fn name() -> Cow<'static, str> {
        "ProvinceCode".into()
    }
}

impl PartialSchema for FormerProvinceId {
    fn schema() -> RefOr<Schema> {
        coded("One of the 63 provinces before July 2025, see /v1/provinces.", Self::all().map(Self::code))
    }
}
impl ToSchema for FormerProvinceId {
    fn name() -> Cow<'static, str> {
        "FormerProvinceCode".into()
    }
}

impl PartialSchema for MeasureId {
    fn schema() -> RefOr<Schema> {
        coded("The code of a measure, see /v1/measures.", Self::all().map(Self::code))
    }
}
impl ToSchema for MeasureId {
    fn name() -> Cow<'static, str> {
        "MeasureCode".into()
    }
}

impl PartialSchema for CommuneId {
    fn schema() -> RefOr<Schema> {
        text("One of the 3,321 communes, see /v1/communes.").pattern(Some("^[0-9]{5}$")).into()
    }
}
impl ToSchema for CommuneId {
    fn name() -> Cow<'static, str> {
        "CommuneCode".into()
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        text("Letters, digits and hyphens; kept in capitals.").pattern(Some("^[A-Za-z0-9-]{2,20}$")).into()
    }
}
impl ToSchema for Code {}

impl PartialSchema for InstallationId {
    fn schema() -> RefOr<Schema> {
        uuid("The id of an installation, from an earlier answer.")
    }
}
impl ToSchema for InstallationId {}

impl PartialSchema for SiteId {
    fn schema() -> RefOr<Schema> {
        uuid("The id of a site, from an earlier answer.")
    }
}
impl ToSchema for SiteId {}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        // Something that can be seen, and nothing that hides.
        let pattern = format!(r"^[^{HIDDEN}]*[^\s{HIDDEN}][^{HIDDEN}]*$");
        text("A line of text; no control, invisible or bidirectional characters.")
            .min_length(Some(1))
            .max_length(Some(MAX))
            .pattern(Some(pattern))
            .into()
    }
}
impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

impl PartialSchema for GridCode {
    fn schema() -> RefOr<Schema> {
        text("Letters and digits, EVN's begin with P; spaces, dots and hyphens are dropped.")
            .pattern(Some("^[ .-]*[A-Za-z0-9][A-Za-z0-9 .-]*$"))
            .max_length(Some(40))
            .into()
    }
}
impl ToSchema for GridCode {}

impl PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        let largest = MeasureId::all().map(|id| units(id.measure().hard_max_milli)).fold(0.0, f64::max);
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("A size with at most three decimals. Each measure has its own ceiling."))
            .exclusive_minimum(Some(0))
            .maximum(Some(largest))
            .multiple_of(Some(0.001))
            .into()
    }
}
impl ToSchema for Quantity {}

impl PartialSchema for Vnd {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("An amount in whole đồng."))
            .minimum(Some(0))
            .maximum(Some(MAX_VND))
            .into()
    }
}
impl ToSchema for Vnd {}
