//! The rows of aggregates. There are thousands in an answer, so they are written straight, with the
//! names of each value made once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, Selection, Sums, Value};
use crate::domain::values::{Code, units};
use crate::register::AggregateGroup;

use super::handlers::AggregatesResponse;
use super::labels::{columns_of, names_of};

/// The sums of a group. Null where a sum means nothing: counts of installations and money belong to whole installations,
/// not to measures; quantities of different measures have different units.
#[derive(Serialize, ToSchema)]
pub struct AggregateRow {
    /// For each dimension, as for `province`: `province_code`, `province_name_vi`, `province_name_en`; for a period `period`
    /// (2026, 2026-Q4, 2026-11) and `period_start`.
    #[serde(flatten)]
    names: BTreeMap<String, Json>,
    /// Sites; with a measure, those that have it.
    sites: Option<i64>,
    /// Installations.
    installations: Option<i64>,
    /// In the measure's unit.
    quantity: Option<f64>,
    /// Solar capacity in operation and within its life.
    capacity_kwp: f64,
    /// Rated inverter power.
    inverter_kw: f64,
    /// What it cost, in đồng, of those that say so.
    cost_vnd: Option<i64>,
    /// How many installations say so.
    cost_known: Option<i64>,
    /// What of it was support, in đồng, of those that say so.
    support_vnd: Option<i64>,
    /// How many installations say so.
    support_known: Option<i64>,
    /// Generated up to the day.
    to_date_generation_kwh: f64,
    /// Saved up to the day.
    to_date_saving_kwh: f64,
    /// Avoided up to the day.
    to_date_avoided_tco2e: f64,
    /// The low end of it.
    to_date_low: f64,
    /// The high end of it.
    to_date_high: f64,
    /// Generated in a full year of what is in operation.
    annual_generation_kwh: f64,
    /// Saved in a full year.
    annual_saving_kwh: f64,
    /// Avoided in a full year.
    annual_avoided_tco2e: f64,
    /// The low end of it.
    annual_low: f64,
    /// The high end of it.
    annual_high: f64,
}

impl AggregateRow {
    /// Where sites cannot be told by adding.
    pub fn forget_sites(&mut self) {
        self.sites = None;
    }

    /// The sums of a group, or of everything.
    pub fn of(names: BTreeMap<String, Json>, sums: &Sums, Shows { selection, money }: Shows<'_>) -> Self {
        let totals = &sums.totals;
        let (to_date, annual) = (&sums.estimate.to_date, &sums.estimate.annual);
        let is_whole = !selection.is_by_measure();
        let of_whole = |value: i64| is_whole.then_some(value);
        let of_money = |value: i64| (is_whole && money).then_some(value);
        Self {
            names,
            sites: (!selection.mixes_measures()).then_some(totals.sites),
            installations: of_whole(totals.installations),
            quantity: selection.is_of_one_measure().then(|| units(totals.quantity)),
            capacity_kwp: units(sums.capacity_wp),
            inverter_kw: units(totals.inverter_w),
            cost_vnd: of_money(totals.cost_vnd),
            cost_known: of_money(totals.cost_known),
            support_vnd: of_money(totals.support_vnd),
            support_known: of_money(totals.support_known),
            to_date_generation_kwh: to_date.generation_kwh,
            to_date_saving_kwh: to_date.saving_kwh,
            to_date_avoided_tco2e: to_date.avoided_tco2e,
            to_date_low: to_date.low,
            to_date_high: to_date.high,
            annual_generation_kwh: annual.generation_kwh,
            annual_saving_kwh: annual.saving_kwh,
            annual_avoided_tco2e: annual.avoided_tco2e,
            annual_low: annual.low,
            annual_high: annual.high,
        }
    }
}

/// What a row shows.
#[derive(Clone, Copy)]
pub struct Shows<'a> {
    /// What was selected.
    pub selection: &'a Selection,
    /// Whether money is for this caller.
    pub money: bool,
}

/// What partners, or projects, are called.
#[derive(Default)]
pub struct Names(Option<(OwnerKind, BTreeMap<Code, [String; 2]>)>);

impl Names {
    /// In Vietnamese and in English, by the code.
    pub fn of(scope: OwnerKind, names: impl Iterator<Item = (Code, [String; 2])>) -> Self {
        Self(Some((scope, names.collect())))
    }

    /// The columns that say whose a row is.
    pub fn columns(&self) -> Vec<String> {
        let scope = self.0.iter().map(|(scope, _)| scope.as_str());
        scope.flat_map(|scope| ["code", "name_vi", "name_en"].map(|what| format!("{scope}_{what}"))).collect()
    }

    /// What stands in these columns.
    pub fn values(&self, code: Option<&Code>) -> Vec<Json> {
        let Some(((_, names), code)) = self.0.as_ref().zip(code) else { return Vec::new() };
        let [vi, en] = names.get(code).cloned().unwrap_or_default();
        vec![json!(code), json!(vi), json!(en)]
    }
}

/// The answer whose frame is given, with its rows.
pub fn frame_with_rows(
    frame: &AggregatesResponse,
    shows: Shows<'_>,
    whose: &Names,
    rows: &[AggregateGroup],
) -> serde_json::Result<Vec<u8>> {
    const ROW: usize = 900;
    let frame = serde_json::to_string(frame)?;
    let opening = r#"{"data":["#;
    let closing = frame.strip_prefix(opening).unwrap_or_default();
    let mut body = Vec::with_capacity(rows.len() * ROW + frame.len());
    body.extend_from_slice(opening.as_bytes());
    let mut names: Vec<(Dimension, BTreeMap<Value, String>)> =
        shows.selection.group_by.iter().map(|dimension| (*dimension, BTreeMap::new())).collect();
    for (place, AggregateGroup { code, group, sums }) in rows.iter().enumerate() {
        body.extend_from_slice(if place == 0 { b"{" } else { b",{" });
        if code.is_some() {
            body.extend_from_slice(members(whose.columns(), whose.values(code.as_ref())).as_bytes());
        }
        for ((dimension, made), value) in names.iter_mut().zip(group) {
            let names =
                made.entry(*value).or_insert_with(|| members(columns_of(*dimension), names_of(*dimension, *value)));
            body.extend_from_slice(names.as_bytes());
        }
        write_figures(&mut body, &AggregateRow::of(BTreeMap::new(), sums, shows))?;
        body.push(b'}');
    }
    body.extend_from_slice(closing.as_bytes());
    Ok(body)
}

/// The names of a row.
pub fn names_of_row(selection: &Selection, whose: &Names, row: &AggregateGroup) -> BTreeMap<String, Json> {
    let whose = whose.columns().into_iter().zip(whose.values(row.code.as_ref()));
    let dimensions = selection.group_by.iter().zip(&row.group);
    let named =
        dimensions.flat_map(|(dimension, value)| columns_of(*dimension).into_iter().zip(names_of(*dimension, *value)));
    whose.chain(named).collect()
}

/// All of a row but its names. The names of columns are constants, which cost next to nothing.
fn write_figures(body: &mut Vec<u8>, row: &AggregateRow) -> serde_json::Result<()> {
    body.extend_from_slice(br#""sites":"#);
    number(body, row.sites)?;
    body.extend_from_slice(br#","installations":"#);
    number(body, row.installations)?;
    body.extend_from_slice(br#","quantity":"#);
    number(body, row.quantity)?;
    body.extend_from_slice(br#","capacity_kwp":"#);
    number(body, Some(row.capacity_kwp))?;
    body.extend_from_slice(br#","inverter_kw":"#);
    number(body, Some(row.inverter_kw))?;
    body.extend_from_slice(br#","cost_vnd":"#);
    number(body, row.cost_vnd)?;
    body.extend_from_slice(br#","cost_known":"#);
    number(body, row.cost_known)?;
    body.extend_from_slice(br#","support_vnd":"#);
    number(body, row.support_vnd)?;
    body.extend_from_slice(br#","support_known":"#);
    number(body, row.support_known)?;
    body.extend_from_slice(br#","to_date_generation_kwh":"#);
    number(body, Some(row.to_date_generation_kwh))?;
    body.extend_from_slice(br#","to_date_saving_kwh":"#);
    number(body, Some(row.to_date_saving_kwh))?;
    body.extend_from_slice(br#","to_date_avoided_tco2e":"#);
    number(body, Some(row.to_date_avoided_tco2e))?;
    body.extend_from_slice(br#","to_date_low":"#);
    number(body, Some(row.to_date_low))?;
    body.extend_from_slice(br#","to_date_high":"#);
    number(body, Some(row.to_date_high))?;
    body.extend_from_slice(br#","annual_generation_kwh":"#);
    number(body, Some(row.annual_generation_kwh))?;
    body.extend_from_slice(br#","annual_saving_kwh":"#);
    number(body, Some(row.annual_saving_kwh))?;
    body.extend_from_slice(br#","annual_avoided_tco2e":"#);
    number(body, Some(row.annual_avoided_tco2e))?;
    body.extend_from_slice(br#","annual_low":"#);
    number(body, Some(row.annual_low))?;
    body.extend_from_slice(br#","annual_high":"#);
    number(body, Some(row.annual_high))?;
    Ok(())
}

fn number<T: Serialize>(body: &mut Vec<u8>, number: Option<T>) -> serde_json::Result<()> {
    let Some(number) = number else {
        body.extend_from_slice(b"null");
        return Ok(());
    };
    serde_json::to_writer(body, &number)
}

/// Members of an object that goes on.
fn members(names: Vec<String>, values: Vec<Json>) -> String {
    let members: Map<String, Json> = names.into_iter().zip(values).collect();
    let object = Json::Object(members).to_string();
    format!("{},", object.trim_start_matches('{').trim_end_matches('}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::Totals;
    use crate::domain::figures::NONE;

    #[test]
    fn row_written_straight_is_what_serde_makes_of_it() {
        let totals = Totals { sites: 3, quantity: 5_400, cost_vnd: -7, ..Totals::default() };
        let mut sums = Sums { totals, capacity_wp: 1_234, ..Sums::default() };
        sums.estimate.to_date.high = 0.1 + 0.2;
        let partner = Code::stored("SOLARCO".to_owned());
        let names = ["Mặt Trời \"A\"", "Solar"].map(str::to_owned);
        let whose = Names::of(OwnerKind::Partner, std::iter::once((partner.clone(), names)));
        let group_by = [Dimension::Province, Dimension::Month, Dimension::Remote];
        for (measure, whose, code) in [(None, Names::default(), None), (Some(Dimension::Measure), whose, Some(partner))]
        {
            let selection =
                Selection { group_by: group_by.iter().copied().chain(measure).collect(), ..Selection::default() };
            let row = AggregateGroup { code, group: vec![0, 300, NONE, 1], sums };
            let expected = AggregateRow::of(
                names_of_row(&selection, &whose, &row),
                &sums,
                Shows { selection: &selection, money: true },
            );
            let mut written = b"{".to_vec();
            if row.code.is_some() {
                written.extend_from_slice(members(whose.columns(), whose.values(row.code.as_ref())).as_bytes());
            }
            for (dimension, value) in selection.group_by.iter().zip(&row.group) {
                written.extend_from_slice(members(columns_of(*dimension), names_of(*dimension, *value)).as_bytes());
            }
            write_figures(&mut written, &expected).unwrap();
            written.push(b'}');
            let read: Json = serde_json::from_slice(&written).unwrap();
            assert_eq!(read, serde_json::to_value(&expected).unwrap());
        }
    }
}
