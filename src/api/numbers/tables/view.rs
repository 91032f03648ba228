//! The public tables as they are answered.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::CsvTable;
use crate::api::numbers::provenance::Provenance;
use crate::register::PublicSettings;

use super::catalogue::Table;
use super::columns::Column;

/// The public tables.
#[derive(Serialize, ToSchema)]
pub struct TableList {
    data: Vec<TableView>,
}

/// What a table is.
#[derive(Serialize, ToSchema)]
struct TableView {
    /// Its name in the address.
    name: &'static str,
    /// Its Vietnamese title.
    title_vi: &'static str,
    /// Its English title.
    title_en: &'static str,
    /// Whether the sites of its rows may be added up: not where one site stands in several rows.
    sites_additive: bool,
    /// Its columns, in order. CSV has `as_of`, `version` and `methodology_version` after them.
    columns: Vec<ColumnView>,
    /// Where it stands.
    links: TableLinks,
}

/// A column of a table.
#[derive(Serialize, ToSchema)]
struct ColumnView {
    /// Its name.
    #[schema(value_type = String)]
    name: Cow<'static, str>,
    /// The unit of its numbers; null for texts, and where it stands in the row.
    unit: Option<&'static str>,
    /// What it is, in Vietnamese.
    explanation_vi: &'static str,
    /// What it is, in English.
    explanation_en: &'static str,
}

/// Where a table stands.
#[derive(Serialize, ToSchema)]
struct TableLinks {
    /// As JSON.
    #[schema(format = "uri")]
    json: String,
    /// As CSV.
    #[schema(format = "uri")]
    csv: String,
}

/// A public table.
#[derive(Serialize, ToSchema)]
pub struct TableResponse {
    /// Its rows: the columns that `/v1/tables` explains, in that order.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, serde_json::Value>>)]
    data: CsvTable,
    /// Whether the sites of its rows may be added up: not where one site stands in several rows.
    sites_additive: bool,
    /// What they were made from.
    meta: Provenance,
}

impl TableList {
    /// Of these tables.
    pub fn of(tables: &[Table], settings: &PublicSettings) -> Self {
        let view = |table: &Table| {
            let json = format!("{}{}", settings.public_url, table.path());
            TableView {
                name: table.name,
                title_vi: table.title.0,
                title_en: table.title.1,
                sites_additive: table.is_additive(),
                columns: table.columns().into_iter().map(ColumnView::from).collect(),
                links: TableLinks { csv: format!("{json}.csv"), json },
            }
        };
        Self { data: tables.iter().map(view).collect() }
    }
}

impl From<Column> for ColumnView {
    fn from(Column { name, unit, explanation: (explanation_vi, explanation_en) }: Column) -> Self {
        Self { name, unit, explanation_vi, explanation_en }
    }
}

impl TableResponse {
    /// With what its rows were made from.
    pub fn of(table: &Table, data: CsvTable, meta: Provenance) -> Self {
        Self { data, sites_additive: table.is_additive(), meta }
    }
}
