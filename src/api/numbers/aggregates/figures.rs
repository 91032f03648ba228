//! The figures of a row of aggregates. [`FIGURES`] is the one list of them: JSON, CSV and the schema of `/openapi.json`
//! are made by going through it, so a new figure is one entry here.

use serde::Serialize;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr, Type};

use crate::domain::figures::Sums;
use crate::domain::values::units;

/// One figure: a key of the JSON object, a column of the CSV, a property of the schema.
pub struct Figure {
    /// The key and the column.
    pub name: &'static str,
    /// When the figure has a value; otherwise it is null.
    pub(super) shown: Shown,
    /// The meaning for a reader of `/openapi.json`, with unit and example.
    description: &'static str,
    /// The figure of a group.
    of: Of,
}

/// The condition under which a figure has a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// In every row.
    Always,
    /// Unless one site may stand behind several measures of a group, because then adding counts it twice.
    SitesCountable,
    /// Unless rows are by measure, because an installation may consist of several measures.
    WholeInstallations,
    /// Where each group is of one measure, because other quantities have no common unit.
    OneMeasure,
    /// With whole installations and for a caller who may see money, unless nothing is known of it.
    Money,
}

/// How a figure is read from the sums of a group.
#[derive(Clone, Copy)]
enum Of {
    Integer(fn(&Sums) -> i64),
    /// A sum, and the number of installations that it is of. A sum of none is not known.
    Known(fn(&Sums) -> (i64, i64)),
    Decimal(fn(&Sums) -> f64),
}

const fn integer(name: &'static str, shown: Shown, of: fn(&Sums) -> i64, description: &'static str) -> Figure {
    Figure { name, shown, description, of: Of::Integer(of) }
}

const fn known(name: &'static str, of: fn(&Sums) -> (i64, i64), description: &'static str) -> Figure {
    Figure { name, shown: Shown::Money, description, of: Of::Known(of) }
}

const fn decimal(name: &'static str, shown: Shown, of: fn(&Sums) -> f64, description: &'static str) -> Figure {
    Figure { name, shown, description, of: Of::Decimal(of) }
}

/// The number of figures of a row.
pub const COUNT: usize = 21;

/// Every figure, in the order of JSON and CSV.
pub static FIGURES: [Figure; COUNT] = [
    integer(
        "sites",
        Shown::SitesCountable,
        |sums| sums.totals.sites,
        "Number of sites in the group, 0 or more, for example 566. With a measure: sites that have it. Null where a filter \
         names several measures, with `attributes_sold`, or where a site may belong to several partners or projects.",
    ),
    integer(
        "installations",
        Shown::WholeInstallations,
        |sums| sums.totals.installations,
        "Number of installations, 0 or more, for example 612. Null where rows are by measure.",
    ),
    decimal(
        "quantity",
        Shown::OneMeasure,
        |sums| units(sums.totals.quantity),
        "Quantity in the unit of the measure (`/v1/measures`), with up to three decimals, for example 5.4 (kWp). Null where a \
         row is not of one measure.",
    ),
    decimal(
        "capacity_kwp",
        Shown::Always,
        |sums| units(sums.capacity_wp),
        "Solar capacity in operation and within its life, in kWp, for example 1284.3.",
    ),
    decimal(
        "inverter_kw",
        Shown::Always,
        |sums| units(sums.totals.inverter_w),
        "Rated power of the inverters, in kW, for example 1150.",
    ),
    known(
        "cost_vnd",
        |sums| (sums.totals.cost_vnd, sums.totals.cost_known),
        "Total cost in whole đồng of the installations whose cost is known (`cost_known` of them), for example 81000000. Null \
         where nothing is known, where rows are by measure, or the caller may not see money.",
    ),
    integer(
        "cost_known",
        Shown::Money,
        |sums| sums.totals.cost_known,
        "Number of installations whose cost is known, 0 or more, for example 540. Null where rows are by measure or the caller may not see money.",
    ),
    known(
        "support_vnd",
        |sums| (sums.totals.support_vnd, sums.totals.support_known),
        "Total support in whole đồng of the installations whose support is known (`support_known` of them), for example \
         3000000. Null where nothing is known or where `cost_known` is null.",
    ),
    integer(
        "support_known",
        Shown::Money,
        |sums| sums.totals.support_known,
        "Number of installations whose support is known, 0 or more, for example 120. Null where `cost_known` is.",
    ),
    integer(
        "to_date_generation_kwh",
        Shown::Always,
        |sums| sums.estimate.to_date.generation_kwh,
        "Electricity generated up to `meta.as_of`, in kWh, estimated, for example 905412.",
    ),
    integer(
        "to_date_saving_kwh",
        Shown::Always,
        |sums| sums.estimate.to_date.saving_kwh,
        "Electricity saved up to `meta.as_of`, in kWh, estimated, for example 301200.",
    ),
    decimal(
        "to_date_avoided_tco2e",
        Shown::Always,
        |sums| units(sums.estimate.to_date.avoided_kg),
        "Emissions avoided up to `meta.as_of`, in tCO2e, estimated, for example 734.9.",
    ),
    decimal(
        "to_date_avoided_tco2e_low",
        Shown::Always,
        |sums| units(sums.estimate.to_date.low_kg),
        "Low end of the range of `to_date_avoided_tco2e`, in tCO2e, for example 535.2.",
    ),
    decimal(
        "to_date_avoided_tco2e_high",
        Shown::Always,
        |sums| units(sums.estimate.to_date.high_kg),
        "High end of the range of `to_date_avoided_tco2e`, in tCO2e, for example 1003.4.",
    ),
    decimal(
        "to_date_sold_tco2e",
        Shown::Always,
        |sums| units(sums.estimate.to_date.sold_kg),
        "Part of `to_date_avoided_tco2e` whose environmental attributes were sold, in tCO2e, for example 14.2.",
    ),
    integer(
        "annual_generation_kwh",
        Shown::Always,
        |sums| sums.estimate.annual.generation_kwh,
        "Electricity that the systems in operation generate in a full year, in kWh, estimated, for example 1623000.",
    ),
    integer(
        "annual_saving_kwh",
        Shown::Always,
        |sums| sums.estimate.annual.saving_kwh,
        "Electricity that the measures in operation save in a full year, in kWh, estimated, for example 540100.",
    ),
    decimal(
        "annual_avoided_tco2e",
        Shown::Always,
        |sums| units(sums.estimate.annual.avoided_kg),
        "Emissions that the measures in operation avoid in a full year, in tCO2e, estimated, for example 1499.3.",
    ),
    decimal(
        "annual_avoided_tco2e_low",
        Shown::Always,
        |sums| units(sums.estimate.annual.low_kg),
        "Low end of the range of `annual_avoided_tco2e`, in tCO2e, for example 1091.7.",
    ),
    decimal(
        "annual_avoided_tco2e_high",
        Shown::Always,
        |sums| units(sums.estimate.annual.high_kg),
        "High end of the range of `annual_avoided_tco2e`, in tCO2e, for example 2046.4.",
    ),
    decimal(
        "annual_sold_tco2e",
        Shown::Always,
        |sums| units(sums.estimate.annual.sold_kg),
        "Part of `annual_avoided_tco2e` whose environmental attributes were sold, in tCO2e, for example 31.5.",
    ),
];

/// A figure of one group.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Integer(i64),
    Decimal(f64),
}

impl Figure {
    /// The figure of a group; `None` where it is not known.
    pub(super) fn number(&self, sums: &Sums) -> Option<Number> {
        match self.of {
            Of::Integer(of) => Some(Number::Integer(of(sums))),
            Of::Known(of) => {
                Some(of(sums)).filter(|(sum, known)| *known != 0 || *sum != 0).map(|(sum, _)| Number::Integer(sum))
            }
            Of::Decimal(of) => Some(Number::Decimal(of(sums))),
        }
    }

    /// The property of the schema. It may be null, because a total of few sites tells nothing.
    pub(super) fn schema(&self) -> RefOr<Schema> {
        let (kind, format) = match self.of {
            Of::Integer(_) | Of::Known(_) => (Type::Integer, KnownFormat::Int64),
            Of::Decimal(_) => (Type::Number, KnownFormat::Double),
        };
        let kind = SchemaType::from_iter([kind, Type::Null]);
        let format = SchemaFormat::KnownFormat(format);
        let property = ObjectBuilder::new().schema_type(kind).format(Some(format)).description(Some(self.description));
        RefOr::T(property.into())
    }
}
