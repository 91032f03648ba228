//! The single values of bodies: how each is read, by its own `parse`, and how the OpenAPI document
//! describes it. No rule lives here; the rules are the domain's.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Number;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::records::{
    AttributesSold, DisputeOutcome, DisputeReason, Finance, GridCode, PowerUse, Role, SystemOwner,
};
use crate::domain::reference::{
    CommuneId, FormerProvinceId, MeasureId, ProvinceId, parse_commune, parse_former_province, parse_province,
};
use crate::domain::values::{
    Code, CorrectReason, DecommissionReason, Expected, Fault, InstallationId, MAX_VND, NewStatus, Quantity,
    RejectReason, ReviewDecision, SiteId, SiteKind, Status, Text, Tier, Vnd, WithdrawReason, parse_day, parse_moment,
    parse_past_day, units,
};

use super::json::Node;
use super::pointer::Pointer;
use super::reader::{BodyReader, FromNode};

/// Characters that `domain::values::Text` refuses, as a pattern: those that a pattern can name. It also refuses what Unicode has
/// not assigned.
const HIDDEN: &str = r"\u0000-\u001f\u007f-\u009f\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200e\u200f\u2028-\u202e\u2061-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\uffa0\ufff0-\ufffb\ufffe\uffff";
/// Characters that it removes.
const STRAYS: &str = r"\u00ad\u200b-\u200d\u2060\ufeff";

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

/// Reads a type from the JSON type that it is written in.
macro_rules! read_from {
    ($Node:ident: $(@[$($generics:tt)*])? $Type:ty => $Value:ty, |$raw:ident, $reader:ident| $parse:expr) => {
        impl $(<$($generics)*>)? FromNode for $Type {
            type Value = $Value;
            const EXPECTED: Expected = Expected::$Node;

            fn from_node(node: &Node, at: &Pointer<'_>, $reader: &mut BodyReader) -> Option<$Value> {
                let Node::$Node($raw) = node else { return $reader.wrong_type(at, node, Expected::$Node) };
                let parsed: Result<$Value, Fault> = $parse;
                $reader.note(at, parsed)
            }
        }
    };
}

// `Node::Bool` has another name than `Expected::Boolean`.
impl FromNode for bool {
    type Value = Self;
    const EXPECTED: Expected = Expected::Boolean;

    fn from_node(node: &Node, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Self> {
        let Node::Bool(value) = node else { return reader.wrong_type(at, node, Expected::Boolean) };
        Some(*value)
    }
}

// The range of an integer is its body's own, because the fault names it: see `integer_within`.
read_from!(Number: i32 => Number, |raw, reader| Ok(raw.clone()));
read_from!(Number: i64 => Number, |raw, reader| Ok(raw.clone()));
read_from!(Number: f64 => f64, |raw, reader| raw.as_f64().ok_or(Fault::WrongType { expected: Expected::Number }));
// The ceiling of a quantity is its measure's: the body that knows the measure parses it.
read_from!(Number: Quantity => Number, |raw, reader| Ok(raw.clone()));
read_from!(Number: Vnd => Self, |raw, reader| Vnd::parse(raw));
read_from!(String: NaiveDate => Self, |raw, reader| parse_past_day(raw, reader.today()));
read_from!(String: AnyDay => NaiveDate, |raw, reader| parse_day(raw));
read_from!(String: Moment => DateTime<Utc>, |raw, reader| parse_moment(raw));
read_from!(String: @[const MAX: usize] Text<MAX> => Self, |raw, reader| Self::parse(raw));
read_from!(String: GridCode => Self, |raw, reader| Self::parse(raw));
read_from!(String: Code => Self, |raw, reader| Self::parse(raw));
read_from!(String: InstallationId => Self, |raw, reader| Self::parse(raw));
read_from!(String: SiteId => Self, |raw, reader| Self::parse(raw));
read_from!(String: ProvinceId => Self, |raw, reader| parse_province(raw));
read_from!(String: CommuneId => Self, |raw, reader| parse_commune(raw));
read_from!(String: FormerProvinceId => Self, |raw, reader| parse_former_province(raw));
read_from!(String: MeasureId => Self, |raw, reader| Self::parse(raw).ok_or(Fault::UnknownMeasure));

/// A day that may lie in the future; a `NaiveDate` in a body may not.
pub struct AnyDay;

/// An instant, or a day in Hà Nội, which stands for its beginning.
pub struct Moment;

/// An integer from `min` to `max`, both included.
pub fn integer_within(number: &Number, min: i64, max: i64) -> Result<i64, Fault> {
    number.as_i64().filter(|number| (min..=max).contains(number)).ok_or(Fault::OutOfRange { min, max })
}

/// Reads and describes enumerations: the codes are the domain's, the sentence is the document's.
macro_rules! coded_values {
    ($($Type:ident $(as $name:literal)?: $description:literal,)+) => { $(
        read_from!(String: $Type => Self, |raw, reader| {
            Self::parse(raw).ok_or(Fault::UnknownValue { allowed: Self::CODES })
        });

        impl PartialSchema for $Type {
            fn schema() -> RefOr<Schema> {
                coded($description, Self::CODES.iter().copied())
            }
        }
        impl ToSchema for $Type {
            $(fn name() -> Cow<'static, str> {
                $name.into()
            })?
        }
    )+ };
}

coded_values! {
    NewStatus: "The status of a new installation: `pledged` is planned, `installed` is in place.",
    ReviewDecision as "DecisionWord": "What a reviewer decides: `verify` or `reject`.",
    Status: "The status of an installation: `pledged` planned; `installed` waits for review; `verified` counts in the \
        headline; `rejected` by a reviewer; `withdrawn` by its partner; `decommissioned` no longer in operation.",
    Tier: "The evidence behind a verification. `sampled`: its lot passed a published random sample (refused today). \
        `document`: documents were checked. `inspected`: somebody visited. `metered`: its meter was read. Later is \
        stronger.",
    RejectReason: "Why a reviewer rejects an installation. `evidence_missing`: the evidence is not there. \
        `evidence_inconsistent`: the evidence contradicts the record. `duplicate`: it is registered already. \
        `not_eligible`: it is outside the programme. `other`: see the note.",
    CorrectReason: "Why a partner corrects a record. `data_entry_error`: something was typed wrongly. `new_evidence`: \
        better evidence turned up. `site_change`: the place itself changed. `other`: see the note.",
    WithdrawReason: "Why a partner withdraws an installation. `cancelled`: it will not be built. \
        `registered_by_mistake`: it should not have been registered. `consent_withdrawn`: the householder no longer \
        agrees. `other`: see the note.",
    DecommissionReason: "Why an installation went out of operation. `removed`: it was taken down. `replaced`: something \
        newer took its place. `destroyed`: by storm, fire or flood. `other`: see the note.",
    DisputeReason: "What a householder says is wrong. `not_here`: the installation is not at this site. `wrong_facts`: \
        facts are wrong. `no_consent`: the householder did not consent. `other`: see the note.",
    DisputeOutcome: "How a reviewer answers a dispute: `upheld` agrees with the householder, `dismissed` does not.",
    SiteKind: "The kind of a site: `home` is one dwelling, `building` an apartment block, school, clinic, hotel or \
        shop, `factory` any production site.",
    Finance: "Who paid for the installation: the owner (`own`), a `loan`, a `grant`, or more than one of these \
        (`mixed`).",
    SystemOwner: "Who owns the system: `occupant` lives or works at the site, `third_party` leases it out or sells its \
        power.",
    PowerUse: "What the site does with its power: it uses all of it (`self_only`), sells the surplus \
        (`sells_surplus`) or sells all of it (`sells_all`).",
    AttributesSold: "Whether its environmental attributes were sold: `none`, as `carbon` credits, as renewable energy \
        certificates (`rec`), or in a direct power purchase agreement (`dppa`).",
    Role: "The role of a client, which decides its scopes: `partner` registers installations, `dashboard` reads \
        aggregates, `reviewer` verifies and rejects, `admin` adds partners, clients and projects.",
}

/// Describes a type under the name that the document has for it.
macro_rules! described {
    ($(@[$($generics:tt)*])? $Type:ty, $name:expr, $schema:expr) => {
        impl $(<$($generics)*>)? PartialSchema for $Type {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }
        impl $(<$($generics)*>)? ToSchema for $Type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

described!(ProvinceId, "ProvinceCode", {
    coded("The code of one of the 34 provinces since July 2025, see /v1/provinces.", Self::all().map(Self::code))
});
described!(FormerProvinceId, "FormerProvinceCode", {
    coded("The code of one of the 63 provinces before July 2025, see /v1/provinces.", Self::all().map(Self::code))
});
described!(MeasureId, "MeasureCode", {
    coded("The code of a measure, see /v1/measures.", Self::all().map(Self::code))
});
described!(CommuneId, "CommuneCode", {
    text("The code of one of the 3,321 communes, see /v1/communes.").pattern(Some("^[0-9]{5}$")).into()
});
described!(Code, "Code", {
    text("2 to 20 letters, digits and hyphens; kept in capitals.").pattern(Some("^[A-Za-z0-9-]{2,20}$")).into()
});
described!(Moment, "Moment", {
    text("A day in Hà Nội (YYYY-MM-DD), which stands for its beginning, or an instant (RFC 3339), such as 2026-11-27T08:30:00Z.")
        .pattern(Some(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$"))
        .into()
});
described!(InstallationId, "InstallationId", uuid("The id of an installation, from an earlier answer."));
described!(SiteId, "SiteId", uuid("The id of a site, from an earlier answer."));
described!(@[const MAX: usize] Text<MAX>, format!("Text{MAX}"), {
    // Something that can be seen, and nothing that hides.
    let pattern = format!(r"^[^{HIDDEN}]*[^\s{HIDDEN}{STRAYS}][^{HIDDEN}]*$");
    text(
        "One line of text. Soft hyphens, zero-width characters and byte order marks are removed and spaces of another kind become \
         plain ones, with a warning. Other characters that cannot be seen are refused: control and bidirectional ones, variation \
         selectors, tags, fillers, private use, unassigned.",
    )
        .min_length(Some(1))
        .max_length(Some(MAX))
        .pattern(Some(pattern))
        .into()
});
described!(GridCode, "GridCode", {
    text("Letters and digits; codes of EVN begin with P. Spaces, dots and hyphens are dropped.")
        .pattern(Some("^[ .-]*[A-Za-z0-9][A-Za-z0-9 .-]*$"))
        .max_length(Some(40))
        .into()
});
described!(Quantity, "Quantity", {
    let largest = MeasureId::all().map(|id| units(id.measure().hard_max_milli)).fold(0.0, f64::max);
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .description(Some(
            "A size with at most three decimals. Each measure has its own largest size, see /v1/measures.",
        ))
        .exclusive_minimum(Some(0))
        .maximum(Some(largest))
        .multiple_of(Some(0.001))
        .into()
});
described!(Vnd, "Vnd", {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("An amount in whole đồng."))
        .minimum(Some(0))
        .maximum(Some(MAX_VND))
        .into()
});
