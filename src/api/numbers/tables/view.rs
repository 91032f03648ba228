//! The public tables as JSON: the list of them, and one of them.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::CsvTable;
use crate::api::numbers::provenance::Provenance;
use crate::register::PublicSettings;

use super::catalogue::Table;
use super::columns::Column;

/// The list of public tables.
#[derive(Serialize, ToSchema)]
pub struct TableList {
    /// The tables.
    data: Vec<TableView>,
}

/// A public table, described.
#[derive(Serialize, ToSchema)]
struct TableView {
    /// The name in its address. Example: `provinces`.
    name: &'static str,
    /// The Vietnamese title. Example: Theo 34 tỉnh, thành phố.
    title_vi: &'static str,
    /// The English title. Example: By province.
    title_en: &'static str,
    /// True where the sites of the rows add up to a total; false where one site stands in several rows.
    sites_additive: bool,
    /// The columns in their order. CSV has `as_of`, `version` and `methodology_version` after them.
    columns: Vec<ColumnView>,
    /// The addresses of the table.
    links: TableLinks,
}

/// A column of a public table.
#[derive(Serialize, ToSchema)]
struct ColumnView {
    /// The name, as in the first line of CSV. Example: `sites_verified`.
    #[schema(value_type = String)]
    name: Cow<'static, str>,
    /// The unit of the numbers, for example `kWp`; null for texts, and where another column of the row names the unit.
    unit: Option<&'static str>,
    /// True where the numbers of the rows add up to a total, false where they do not; null for texts.
    adds_up: Option<bool>,
    /// The meaning, in Vietnamese.
    explanation_vi: &'static str,
    /// The meaning, in English.
    explanation_en: &'static str,
}

/// The addresses of a table.
#[derive(Serialize, ToSchema)]
struct TableLinks {
    /// The address of the JSON.
    #[schema(format = "uri")]
    json: String,
    /// The address of the CSV.
    #[schema(format = "uri")]
    csv: String,
}

/// The rows of a public table.
#[derive(Serialize, ToSchema)]
pub struct TableResponse {
    /// The rows. Each has the columns that `/v1/tables` explains, in that order.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, serde_json::Value>>)]
    data: CsvTable,
    /// True where the sites of the rows add up to a total; false where one site stands in several rows.
    sites_additive: bool,
    /// The version, day and methodology of the numbers, and how to cite them.
    meta: Provenance,
}

impl TableList {
    /// The list of these tables.
    pub fn of(tables: &[Table], settings: &PublicSettings) -> Self {
        let view = |table: &Table| {
            let json = format!("{}{}", settings.public_url, table.path());
            TableView {
                name: table.name,
                title_vi: table.title.0,
                title_en: table.title.1,
                sites_additive: table.is_additive(),
                columns: table.columns().into_iter().map(|column| ColumnView::of(table, column)).collect(),
                links: TableLinks { csv: format!("{json}.csv"), json },
            }
        };
        Self { data: tables.iter().map(view).collect() }
    }
}

impl ColumnView {
    fn of(table: &Table, Column { name, unit, explanation: (explanation_vi, explanation_en) }: Column) -> Self {
        Self { name, unit, adds_up: unit.map(|unit| table.adds_up(unit)), explanation_vi, explanation_en }
    }
}

impl TableResponse {
    /// The table with its rows and their provenance.
    pub fn of(table: &Table, data: CsvTable, meta: Provenance) -> Self {
        Self { data, sites_additive: table.is_additive(), meta }
    }
}
