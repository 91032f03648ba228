//! The figures of a row of aggregates. [`FIGURES`] is the one list of them: JSON, CSV and the schema of `/openapi.json`
//! are made by going through it, so a new figure is one entry here.

use std::sync::LazyLock;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, Schema, SchemaFormat, SchemaType};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::figures::{OTHER, Selection, Sums};
use crate::domain::values::units;
use crate::register::AggregateGroup;

/// One figure: a key of the JSON object, a column of the CSV, a property of the schema.
pub struct Figure {
    /// The key and the column.
    pub name: &'static str,
    /// When the figure has a value; otherwise it is null.
    shown: Shown,
    /// The meaning for a reader of `/openapi.json`, with unit and example.
    description: &'static str,
    /// The figure of a group.
    of: Of,
}

/// The condition under which a figure has a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
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

/// The keys as they stand in JSON: `"sites":`, and `,"installations":` for the second and all that follow.
static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let commas = std::iter::once("").chain(std::iter::repeat(","));
    commas.zip(&FIGURES).map(|(comma, figure)| format!("{comma}\"{}\":", figure.name)).collect()
});

/// Which figures have a value in the rows of one answer, in the order of [`FIGURES`].
#[derive(Clone, Copy)]
pub struct VisibleFigures([bool; COUNT]);

impl VisibleFigures {
    /// The figures that mean something for a selection and that the caller may see.
    pub fn of(selection: &Selection, sees_money: bool) -> Self {
        let is_whole = !selection.is_by_measure();
        Self(FIGURES.each_ref().map(|figure| match figure.shown {
            Shown::Always => true,
            Shown::SitesCountable => selection.counts_sites(),
            Shown::WholeInstallations => is_whole,
            Shown::OneMeasure => selection.is_of_one_measure(),
            Shown::Money => is_whole && sees_money,
        }))
    }

    /// No figure.
    pub fn nothing() -> Self {
        Self([false; COUNT])
    }

    /// Hides the figure `sites`.
    pub fn without_sites(self) -> Self {
        self.without(Shown::SitesCountable)
    }

    /// Hides amounts of money.
    pub fn without_money(self) -> Self {
        self.without(Shown::Money)
    }

    /// Whether amounts of money are among them.
    pub fn tells_money(self) -> bool {
        FIGURES.iter().zip(self.0).any(|(figure, is_visible)| is_visible && figure.shown == Shown::Money)
    }

    fn without(self, hidden: Shown) -> Self {
        let mut visible = self.0;
        for (figure, is_visible) in FIGURES.iter().zip(&mut visible) {
            *is_visible &= figure.shown != hidden;
        }
        Self(visible)
    }

    /// The figures of a group as values, for CSV.
    pub fn values(&self, sums: &Sums) -> impl Iterator<Item = Json> {
        self.numbers(sums).map(|(_, number)| json!(number))
    }

    /// Writes the figures of a group as members of a JSON object, `"sites":3,"installations":4,…`.
    ///
    /// An answer has thousands of rows. A map of values for each would allocate every key again, so keys and numbers go
    /// straight into the bytes.
    pub fn write(&self, sums: &Sums, body: &mut Vec<u8>) -> serde_json::Result<()> {
        for (key, (_, number)) in KEYS.iter().zip(self.numbers(sums)) {
            body.extend_from_slice(key.as_bytes());
            match number {
                None => body.extend_from_slice(b"null"),
                Some(number) => serde_json::to_writer(&mut *body, &number)?,
            }
        }
        Ok(())
    }

    fn numbers(&self, sums: &Sums) -> impl Iterator<Item = (&'static str, Option<Number>)> {
        let number =
            |(figure, is_visible): (&'static Figure, bool)| (figure.name, figure.number(sums).filter(|_| is_visible));
        FIGURES.iter().zip(self.0).map(number)
    }
}

/// Which figures each row of an answer shows, and its total.
pub struct RowFigures {
    visible: VisibleFigures,
    /// The figures of the row that others join.
    in_other: VisibleFigures,
    /// Whether each row tells money, and the total, where not all do.
    money: Option<(Vec<bool>, bool)>,
}

impl RowFigures {
    /// The same figures in every row.
    pub fn of(visible: VisibleFigures) -> Self {
        Self { visible, in_other: visible, money: None }
    }

    /// Hides in the row that others join what means nothing of several measures.
    pub fn with_others_of_several_measures(self) -> Self {
        Self { in_other: self.visible.without(Shown::OneMeasure).without_sites(), ..self }
    }

    /// Tells money in some rows alone, by their place, and in the total.
    pub fn with_money(self, rows: Vec<bool>, total: bool) -> Self {
        Self { money: Some((rows, total)), ..self }
    }

    /// The figures of the row at a place.
    pub fn of_row(&self, place: usize, row: &AggregateGroup) -> VisibleFigures {
        let visible = if row.group.contains(&OTHER) { self.in_other } else { self.visible };
        let tells = self.money.as_ref().is_none_or(|(rows, _)| rows.get(place).copied().unwrap_or_default());
        if tells { visible } else { visible.without_money() }
    }

    /// These figures of the total, as far as they are told.
    pub fn of_total(&self, visible: VisibleFigures) -> VisibleFigures {
        let tells = self.money.as_ref().is_none_or(|(_, total)| *total);
        if tells { visible } else { visible.without_money() }
    }
}

/// A figure of one group.
#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Integer(i64),
    Decimal(f64),
}

impl Figure {
    /// The figure of a group; `None` where it is not known.
    fn number(&self, sums: &Sums) -> Option<Number> {
        match self.of {
            Of::Integer(of) => Some(Number::Integer(of(sums))),
            Of::Known(of) => {
                Some(of(sums)).filter(|(sum, known)| *known != 0 || *sum != 0).map(|(sum, _)| Number::Integer(sum))
            }
            Of::Decimal(of) => Some(Number::Decimal(of(sums))),
        }
    }

    /// The property of the schema. It may be null, because a total of few sites tells nothing.
    fn schema(&self) -> RefOr<Schema> {
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

/// The figures of a group without its names: the schema of every row, and the row of the total.
pub struct AggregateRow {
    /// Which figures have a value.
    pub visible: VisibleFigures,
    /// The sums of the group.
    pub sums: Sums,
}

impl Serialize for AggregateRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(Some(COUNT))?;
        for (name, number) in self.visible.numbers(&self.sums) {
            row.serialize_entry(name, &number)?;
        }
        row.end()
    }
}

impl PartialSchema for AggregateRow {
    fn schema() -> RefOr<Schema> {
        const ROW: &str = "The figures of a group. A figure is null where it has no meaning: installations and money belong to \
                           whole installations, not to measures; quantities of different measures have different units. All of the total are \
                           null where too few sites are behind it.";
        const NAMES: &str = "The names of the group, three for each dimension, as for `province`: `province_code`, \
                             `province_name_vi`, `province_name_en`. For a period `period` (2026, 2026-Q4, 2026-11) and \
                             `period_start`.";
        let mut names = Ref::from_schema_name("Value");
        NAMES.clone_into(&mut names.description);
        let row = ObjectBuilder::new().description(Some(ROW));
        let row = row.additional_properties(Some(AdditionalProperties::RefOr(RefOr::Ref(names))));
        let row =
            FIGURES.iter().fold(row, |row, figure| row.property(figure.name, figure.schema()).required(figure.name));
        RefOr::T(row.into())
    }
}

impl ToSchema for AggregateRow {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Json::name().into_owned(), Json::schema()));
    }
}
