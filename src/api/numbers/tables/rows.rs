//! The rows of the tables that are made of cells: pure functions of the cells of one version of the register, a methodology
//! and a day.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::api::numbers::amounts::with_decimals;
use crate::api::numbers::dimension_labels::{PLEDGED, REPORTED, VERIFIED, names_of};
use crate::domain::counting::Known;
use crate::domain::figures::{Dimension, Estimator, NONE, Selection, Sums, Value, aggregate};
use crate::domain::values::{Interval, Month};
use crate::register::{Figures, InOrder};

use super::columns::{FigureColumn, StageSums};

/// A question about the people at a site.
struct Question {
    dimension: Dimension,
    name_vi: &'static str,
    name_en: &'static str,
}

const PEOPLE: [Question; 3] = [
    Question { dimension: Dimension::LowIncome, name_vi: "Hộ thu nhập thấp", name_en: "Low-income households" },
    Question { dimension: Dimension::Remote, name_vi: "Vùng xa", name_en: "Remote places" },
    Question {
        dimension: Dimension::WomanHeaded, name_vi: "Chủ hộ là nữ", name_en: "Households headed by a woman"
    },
];

/// One row for each value of a dimension. `figures` gives the methodology and the day of the estimates.
pub fn of_cells(
    dimension: Dimension,
    counts: &'static [FigureColumn],
    figures: &Figures,
    cells: &InOrder<'_>,
) -> Vec<Vec<Json>> {
    // Each stage apart, so that the estimates of its rows add up to those of the stage.
    let of_stage = |stage: Value| -> BTreeMap<Vec<Value>, Sums> {
        sums_by(&[dimension], Some(stage), figures, cells).into_iter().collect()
    };
    let sums = [PLEDGED, REPORTED, VERIFIED].map(of_stage);
    let values = match dimension.interval() {
        Some(interval) => periods(interval, sums.iter().flat_map(BTreeMap::keys).flatten().min(), figures),
        // Each site has a province, a kind and, once it is verified, evidence; only former provinces may be unknown.
        None => dimension
            .values()
            .into_iter()
            .filter(|value| *value != NONE || dimension == Dimension::FormerProvince)
            .collect(),
    };
    let row = |value: Value| {
        let [pledged, reported, verified] =
            sums.each_ref().map(|sums| sums.get(&vec![value]).copied().unwrap_or_default());
        let row = StageSums { value, pledged, reported, verified };
        names_of(dimension, value)
            .into_iter()
            .chain(FigureColumn::after(counts).map(|figure| (figure.of)(&row)))
            .collect()
    };
    values.into_iter().map(row).collect()
}

/// The sums of cells by dimensions, of one stage or of all.
fn sums_by(
    group_by: &[Dimension],
    stage: Option<Value>,
    figures: &Figures,
    cells: &InOrder<'_>,
) -> Vec<(Vec<Value>, Sums)> {
    let filters = stage.map(|stage| (Dimension::Stage, vec![stage])).into_iter().collect();
    let selection = Selection { group_by: group_by.to_vec(), filters, ..Selection::default() };
    let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
    // Never too many groups, because the limit is the largest number.
    aggregate(&selection, cells(), &mut estimator, usize::MAX).unwrap_or_default()
}

/// The periods from the first installation up to the day, also those without installations.
fn periods(interval: Interval, first: Option<&Value>, figures: &Figures) -> Vec<Value> {
    let Some(first) = first.filter(|first| **first != NONE) else { return Vec::new() };
    let begins = |number: &Value| Month::from_number(*number).is_some_and(|month| interval.first_month(month) == month);
    (*first..=Month::of(figures.day).number()).filter(begins).collect()
}

/// One row for each question about the people at verified sites, with the number of sites for each answer.
pub fn of_people(figures: &Figures, cells: &InOrder<'_>) -> Vec<Vec<Json>> {
    let dimensions = PEOPLE.map(|question| question.dimension);
    let groups = sums_by(&[&dimensions[..], &[Dimension::Stage]].concat(), None, figures, cells);
    let row = |(index, Question { dimension, name_vi, name_en }): (usize, &Question)| {
        let is = |group: &[Value], answer| group.get(index) == Some(&answer) && group.last() == Some(&VERIFIED);
        let sites = |answer: Value| {
            let those = groups.iter().filter(|(group, _)| is(group, answer));
            those.map(|(_, sums)| sums.totals.sites).sum::<i64>()
        };
        let known = Known { yes: sites(1), no: sites(0), unknown: sites(NONE) };
        vec![
            json!(dimension.as_str()),
            json!(name_vi),
            json!(name_en),
            json!(known.yes),
            json!(known.no),
            json!(known.unknown),
            json!(known.percent_of_known().map(with_decimals::<4>)),
        ]
    };
    PEOPLE.iter().enumerate().map(row).collect()
}
