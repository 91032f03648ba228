//! A row of aggregates without its names, as JSON and as a schema.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::figures::Sums;

use super::figures::{COUNT, FIGURES};
use super::visible::VisibleFigures;

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
