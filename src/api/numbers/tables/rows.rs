//! The rows of the tables that are made of sums: pure functions of these sums, a methodology and a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::api::numbers::dimension_labels::{PLEDGED, REPORTED, RowOf, VERIFIED};
use crate::domain::counting::{CellTable, Known, People};
use crate::domain::figures::{Dimension, EachCell, Estimator, NONE, Selection, Sums, Value, aggregate_with};
use crate::domain::reference::target_on;
use crate::domain::values::{Interval, Month};
use crate::register::Figures;

use super::columns::{FigureColumn, StageSums};

/// A question about the people at a site.
struct Question {
    dimension: Dimension,
    name_vi: &'static str,
    name_en: &'static str,
    of: fn(&People) -> &Known,
}

const PEOPLE: [Question; 3] = [
    Question {
        dimension: Dimension::LowIncome,
        name_vi: "Hộ thu nhập thấp",
        name_en: "Low-income households",
        of: |people| &people.low_income,
    },
    Question {
        dimension: Dimension::Remote,
        name_vi: "Vùng xa",
        name_en: "Remote places",
        of: |people| &people.remote,
    },
    Question {
        dimension: Dimension::WomanHeaded,
        name_vi: "Chủ hộ là nữ",
        name_en: "Households headed by a woman",
        of: |people| &people.woman_headed,
    },
];

/// The sums of a table by a dimension.
pub struct TableSums<'a> {
    /// The dimension.
    pub dimension: Dimension,
    /// The cells that values of the dimension have.
    pub cells: &'a EachCell<'a>,
    /// What no value of the dimension has, as rows at the end.
    pub further: &'a [(RowOf, CellTable)],
    /// The day on which a row moved last.
    pub moved_on: &'a dyn Fn(RowOf) -> Option<NaiveDate>,
}

/// One row for each value of a dimension, and then the further ones. `figures` gives the methodology and the day of the estimates.
pub fn by_dimension(sums: &TableSums<'_>, counts: &'static [FigureColumn], figures: &Figures) -> Vec<Vec<Json>> {
    let TableSums { dimension, .. } = *sums;
    let stages = of_stages(sums, figures);
    let values = match dimension.interval() {
        Some(interval) => periods(interval, stages.iter().flat_map(BTreeMap::keys), figures),
        // Each site has a province, a kind and, once it is verified, evidence; only former provinces may be unknown.
        None => dimension
            .values()
            .into_iter()
            .filter(|value| *value != NONE || dimension == Dimension::FormerProvince)
            .collect(),
    };
    let rows = values.into_iter().map(RowOf::Value).chain(sums.further.iter().map(|(of, _)| *of));
    let row = |of: RowOf| {
        let [pledged, reported, verified] = stages.each_ref().map(|sums| sums.get(&of).copied().unwrap_or_default());
        let row = StageSums { of, pledged, reported, verified };
        of.names(dimension)
            .into_iter()
            .chain(FigureColumn::after(counts).map(|figure| (figure.of)(&row)))
            .chain([json!((sums.moved_on)(of))])
            .collect()
    };
    rows.map(row).collect()
}

/// The sums of each row: what is pledged, reported and verified. Each stage apart, so that the estimates of its rows add up to those of
/// the stage.
#[must_use]
pub fn of_stages(sums: &TableSums<'_>, figures: &Figures) -> [BTreeMap<RowOf, Sums>; 3] {
    let selections = [PLEDGED, REPORTED, VERIFIED].map(|stage| {
        let filters = vec![(Dimension::Stage, vec![stage])];
        Selection { group_by: vec![sums.dimension], filters, ..Selection::default() }
    });
    let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
    let further: Vec<&CellTable> = sums.further.iter().map(|(_, cells)| cells).collect();
    aggregate_with(&selections, sums.cells, &further, &mut estimator).map(|(groups, further)| {
        let named = groups.into_iter().filter_map(|(group, sums)| Some((RowOf::Value(*group.first()?), sums)));
        named.chain(sums.further.iter().map(|(of, _)| *of).zip(further)).collect()
    })
}

/// The periods from the first installation up to the day, also those without installations.
fn periods<'a>(interval: Interval, rows: impl Iterator<Item = &'a RowOf>, figures: &Figures) -> Vec<Value> {
    let values = rows.filter_map(|of| if let RowOf::Value(value) = of { Some(*value) } else { None });
    let Some(first) = values.min().filter(|first| *first != NONE) else { return Vec::new() };
    let begins = |number: &Value| Month::from_number(*number).is_some_and(|month| interval.first_month(month) == month);
    (first..=Month::of(figures.day).number()).filter(begins).collect()
}

/// One row for each question about the people at verified sites, with the share of those who say yes.
pub fn of_people(figures: &Figures) -> Vec<Vec<Json>> {
    let least = target_on(figures.day).disclosure.people_known;
    let row = |Question { dimension, name_vi, name_en, of }: &Question| {
        let share = of(&figures.progress.people).whole_percent_of_known(least);
        vec![json!(dimension.as_str()), json!(name_vi), json!(name_en), json!(share)]
    };
    PEOPLE.iter().map(row).collect()
}
