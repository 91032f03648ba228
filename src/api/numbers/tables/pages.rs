//! From sums to the bytes of a table: what a publication point shows of it, or all of it for internal use.

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::api::http::{CSV, CsvTable, Form, JSON};
use crate::api::numbers::dimension_labels::RowOf;
use crate::api::numbers::provenance::Provenance;
use crate::domain::counting::{CellTable, NationalSums};
use crate::domain::disclosure::{ENDED, Partition};
use crate::domain::figures::{Dimension, EachCell, Value};
use crate::domain::reference::MeasureId;
use crate::register::{Figures, PublicSettings, PublishedSums, ReadyPage};

use super::catalogue::{Content, TABLES, Table};
use super::not_yet_detailed;
use super::programme_sums;
use super::rows::{self, TableSums};
use super::view::TableResponse;

/// The names under which points keep the tables: their paths.
pub fn names() -> Vec<String> {
    TABLES.iter().map(Table::path).collect()
}

/// Makes a table as a publication point shows it, by its path.
#[must_use]
pub fn make_published(sums: &PublishedSums<'_>, settings: &PublicSettings, path: &str) -> Option<String> {
    let table = TABLES.iter().find(|table| table.path() == path)?;
    let figures = &sums.figures;
    let rows = match table.content {
        Content::By(dimension, counts) => {
            let published = PublishedTable::of(sums, dimension);
            rows::by_dimension(&published.sums(), counts, figures)
        }
        Content::People => rows::of_people(figures),
        Content::ProgrammeSums => programme_sums::rows(figures.methodology, &sums.standing(SMALLEST_TIMES)),
        Content::NotYetDetailed => not_yet_detailed::rows(figures, &sums.standing(SMALLEST_TIMES)),
    };
    let meta = Provenance::of_table(figures, settings, path);
    String::from_utf8(written(table, Form::Json, rows, meta)).ok()
}

/// The level of the smallest groups by time: months.
const SMALLEST_TIMES: u8 = 2;

/// What a point shows of a table by a dimension.
pub struct PublishedTable<'a> {
    dimension: Dimension,
    cells: Box<EachCell<'a>>,
    further: Vec<(RowOf, CellTable)>,
    moved_on: Box<dyn Fn(RowOf) -> Option<NaiveDate> + 'a>,
}

impl<'a> PublishedTable<'a> {
    /// The cells of a table by this dimension, and what no row of it shows.
    #[must_use]
    pub fn of(sums: &'a PublishedSums<'_>, dimension: Dimension) -> Self {
        let (partition, level) = groups_of(dimension);
        let remainder = (RowOf::NotYetDetailed, sums.remainder(partition, level));
        let (cells, further): (Box<EachCell<'a>>, _) = if partition == Partition::Times {
            let standing = sums.standing(level);
            (Box::new(move |take| standing.as_cells().each(take)), vec![(RowOf::Ended, sums.ended(level)), remainder])
        } else {
            (Box::new(move |take| sums.each_cell(partition, level, take)), vec![remainder])
        };
        let moved_on = move |of: RowOf| match of {
            RowOf::Value(value) if partition == Partition::Nation => sums.measure_moved_on(measure(value)?),
            RowOf::Value(value) => sums.moved_on(partition, level, value),
            RowOf::Ended => sums.moved_on(partition, 1, ENDED),
            RowOf::NotYetDetailed => Some(sums.figures.day),
        };
        Self { dimension, cells, further, moved_on: Box::new(moved_on) }
    }

    /// The sums from which rows are made.
    #[must_use]
    pub fn sums(&self) -> TableSums<'_> {
        TableSums { dimension: self.dimension, cells: &*self.cells, further: &self.further, moved_on: &*self.moved_on }
    }
}

fn measure(value: Value) -> Option<MeasureId> {
    u8::try_from(value).ok().and_then(MeasureId::from_number)
}

/// The groups that have the rows of a table.
fn groups_of(dimension: Dimension) -> (Partition, u8) {
    match dimension {
        Dimension::Region => (Partition::Places, 1),
        Dimension::Province => (Partition::Places, 2),
        Dimension::FormerProvince => (Partition::Places, 3),
        Dimension::Kind => (Partition::Kinds, 1),
        Dimension::EvidenceTier => (Partition::Evidence, 1),
        Dimension::Year => (Partition::Times, 1),
        Dimension::Quarter | Dimension::Month => (Partition::Times, SMALLEST_TIMES),
        // No table has another dimension.
        _ => (Partition::Nation, 0),
    }
}

/// The rows of a table for internal use: everything that the cells have.
pub fn all_rows(table: &Table, figures: &Figures, cells: &CellTable) -> Vec<Vec<Json>> {
    match table.content {
        Content::By(dimension, counts) => {
            let moved_on = |_| Some(figures.day);
            let further = [(RowOf::NotYetDetailed, CellTable::default())];
            let cells: &EachCell<'_> = &|take| cells.each(take);
            rows::by_dimension(&TableSums { dimension, cells, further: &further, moved_on: &moved_on }, counts, figures)
        }
        Content::People => rows::of_people(figures),
        Content::ProgrammeSums => programme_sums::rows(figures.methodology, &NationalSums::of_cells(cells.iter())),
        Content::NotYetDetailed => not_yet_detailed::rows(figures, &NationalSums::of_cells(cells.iter())),
    }
}

/// The page of a table in a form.
pub fn page(table: &Table, form: Form, rows: Vec<Vec<Json>>, meta: Provenance) -> ReadyPage {
    let media_type = match form {
        Form::Json => JSON,
        Form::Csv => CSV,
    };
    ReadyPage::new(media_type, written(table, form, rows, meta))
}

/// The bytes of a table.
fn written(table: &Table, form: Form, rows: Vec<Vec<Json>>, meta: Provenance) -> Vec<u8> {
    let csv_table = CsvTable { columns: table.column_names(), rows };
    match form {
        Form::Csv => csv_table.csv(&json!(meta)),
        // Only numbers, dates and texts: they always have a JSON form.
        Form::Json => serde_json::to_vec(&TableResponse::of(table, csv_table, meta)).unwrap_or_default(),
    }
}
