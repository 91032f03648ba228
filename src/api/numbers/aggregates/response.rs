//! The answer of `/v1/aggregates`, and how its rows are written.
//!
//! An answer may have ten thousand rows of about 900 bytes. Serialised as maps they would cost an allocation for every
//! key, so the rows are written straight. For `group_by=province`, one row is the concatenation of
//!
//! ```text
//! {  "province_code":"01","province_name_en":"Ha Noi","province_name_vi":"Hà Nội",   "sites":3,"installations":4,…   }
//!    names: one text a value, made on its first row and copied from then on          figures: VisibleFigures::write
//! ```
//!
//! and the rows stand between the opening and the rest of the frame, which is this response serialised without rows.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::api::numbers::dimension_labels::{columns_of, names_of};
use crate::api::numbers::provenance::Provenance;
use crate::domain::figures::{Dimension, Value};
use crate::register::AggregateGroup;

use super::owner_names::OwnerNames;
use super::row::AggregateRow;
use super::visible::RowFigures;

/// About the bytes of one row.
const ROW_BYTES: usize = 900;

/// Sums of the register by group.
#[derive(Serialize, ToSchema)]
pub struct AggregatesResponse {
    /// One row for each group that has anything, in the order of the dimensions of `group_by`; last the row `other` of groups with few
    /// sites.
    data: Vec<AggregateRow>,
    /// The sums of everything that the filters select.
    total: AggregateRow,
    /// True where the sites of all rows add up to those of the total; false where one site may stand in several rows.
    sites_additive: bool,
    /// The version, day and methodology of the numbers, and how to cite them.
    pub(super) meta: Provenance,
}

impl AggregatesResponse {
    /// The response without its rows.
    pub fn frame(total: AggregateRow, sites_additive: bool, meta: Provenance) -> Self {
        Self { data: Vec::new(), total, sites_additive, meta }
    }

    /// The bytes of the response, with these rows.
    pub fn with_rows(
        &self,
        group_by: &[Dimension],
        owners: &OwnerNames,
        figures: &RowFigures,
        rows: &[AggregateGroup],
    ) -> serde_json::Result<Vec<u8>> {
        let frame = serde_json::to_string(self)?;
        let opening = r#"{"data":["#;
        let closing = frame.strip_prefix(opening).unwrap_or_default();
        let mut body = Vec::with_capacity(rows.len() * ROW_BYTES + frame.len());
        body.extend_from_slice(opening.as_bytes());
        let mut names: Vec<(Dimension, BTreeMap<Value, String>)> =
            group_by.iter().map(|dimension| (*dimension, BTreeMap::new())).collect();
        for (place, row) in rows.iter().enumerate() {
            let AggregateGroup { code, group, sums } = row;
            body.extend_from_slice(if place == 0 { b"{" } else { b",{" });
            if code.is_some() {
                body.extend_from_slice(members(owners.columns(), owners.values(code.as_ref())).as_bytes());
            }
            for ((dimension, made), value) in names.iter_mut().zip(group) {
                let make = || members(columns_of(*dimension), names_of(*dimension, *value));
                body.extend_from_slice(made.entry(*value).or_insert_with(make).as_bytes());
            }
            figures.of_row(place, row).write(sums, &mut body)?;
            body.push(b'}');
        }
        body.extend_from_slice(closing.as_bytes());
        Ok(body)
    }
}

/// Members of a JSON object, each followed by a comma.
fn members(names: Vec<String>, values: Vec<Json>) -> String {
    let members: Map<String, Json> = names.into_iter().zip(values).collect();
    let object = Json::Object(members).to_string();
    format!("{},", object.trim_start_matches('{').trim_end_matches('}'))
}

#[cfg(test)]
mod tests {
    use super::super::visible::VisibleFigures;
    use super::*;
    use crate::domain::counting::{OwnerKind, Totals};
    use crate::domain::figures::{NONE, Selection, Sums, WholeAmount, WholeEstimate};
    use crate::domain::values::Code;
    use crate::register::{Figures, PublicSettings};

    const FIGURES: &str = r#""inverter_kw":4.8,"cost_vnd":-7,"cost_known":2,"support_vnd":300,"support_known":1,"to_date_generation_kwh":11,"to_date_saving_kwh":12,"to_date_avoided_tco2e":0.013,"to_date_avoided_tco2e_low":0.014,"to_date_avoided_tco2e_high":0.3,"to_date_sold_tco2e":0.017,"annual_generation_kwh":21,"annual_saving_kwh":22,"annual_avoided_tco2e":0.023,"annual_avoided_tco2e_low":0.024,"annual_avoided_tco2e_high":0.025,"annual_sold_tco2e":0.027}"#;
    const NAMES: &str = r#""province_code":"01","province_name_en":"Ha Noi","province_name_vi":"Hà Nội","period":"2024-12","period_start":"2024-12-01","remote_code":"unknown","remote_name_en":"Unknown","remote_name_vi":"Chưa rõ","#;

    /// Sums that differ from each other, so that no figure can stand for another.
    fn sums() -> Sums {
        let totals = Totals {
            sites: 3,
            installations: 4,
            quantity: 5_400,
            quantity_days: 6,
            quantity_end_days: 8,
            inverter_w: 4_800,
            cost_vnd: -7,
            cost_known: 2,
            support_vnd: 300,
            support_known: 1,
        };
        let amount = |first: i64| WholeAmount {
            generation_kwh: first,
            saving_kwh: first + 1,
            avoided_kg: first + 2,
            low_kg: first + 3,
            high_kg: first + 4,
            provisional_kg: first + 5,
            sold_kg: first + 6,
        };
        let to_date = WholeAmount { high_kg: 300, ..amount(11) };
        let estimate = WholeEstimate { to_date, annual: amount(21), lifetime: amount(31), frozen_grid_kg: 41 };
        Sums { totals, capacity_wp: 1_234, estimate }
    }

    /// The one row of an answer, and the total, as they are sent.
    fn written(group_by: Vec<Dimension>, owners: &OwnerNames, code: Option<Code>) -> (String, String) {
        let selection = Selection { group_by, ..Selection::default() };
        let visible = VisibleFigures::of(&selection, true);
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let settings = PublicSettings { public_url: String::new(), publisher: String::new() };
        let meta = Provenance::of(&Figures::before_the_register(day), &settings, "");
        let total =
            AggregateRow { visible: VisibleFigures::of(&Selection::default(), true).without_sites(), sums: sums() };
        let frame = AggregatesResponse::frame(total, true, meta);
        let row = AggregateGroup { code, group: vec![0, 300, NONE, 1], sums: sums() };
        let body =
            String::from_utf8(frame.with_rows(&selection.group_by, owners, &RowFigures::of(visible), &[row]).unwrap())
                .unwrap();
        let (row, rest) = body.strip_prefix(r#"{"data":["#).unwrap().split_once("],\"total\":").unwrap();
        let (total, _) = rest.split_once(",\"sites_additive\":true,\"meta\":{").unwrap();
        (row.to_owned(), total.to_owned())
    }

    #[test]
    fn row_of_whole_installations_has_the_bytes_it_always_had() {
        let group_by = vec![Dimension::Province, Dimension::Month, Dimension::Remote];
        let (row, total) = written(group_by, &OwnerNames::default(), None);
        let start = r#""sites":3,"installations":4,"quantity":null,"capacity_kwp":1.234,"#;
        assert_eq!(row, format!("{{{NAMES}{start}{FIGURES}"));
        assert_eq!(total, format!("{{{}{FIGURES}", start.replace("sites\":3", "sites\":null")));
    }

    #[test]
    fn row_of_a_measure_of_a_partner_has_the_bytes_it_always_had() {
        let partner = Code::stored("SOLARCO".to_owned());
        let names = ["Mặt Trời \"A\"", "Solar"].map(str::to_owned);
        let owners = OwnerNames::of(OwnerKind::Partner, std::iter::once((partner.clone(), names)));
        let group_by = vec![Dimension::Province, Dimension::Month, Dimension::Remote, Dimension::Measure];
        let (row, _) = written(group_by, &owners, Some(partner));
        let owner = r#""partner_code":"SOLARCO","partner_name_en":"Solar","partner_name_vi":"Mặt Trời \"A\"","#;
        let measure = r#""measure_code":"rooftop_solar_pv","measure_name_en":"Rooftop solar PV (grid-connected)","measure_name_vi":"Điện mặt trời mái nhà","#;
        let start = r#""sites":3,"installations":null,"quantity":5.4,"capacity_kwp":1.234,"#;
        let money = r#""cost_vnd":-7,"cost_known":2,"support_vnd":300,"support_known":1"#;
        let no_money = r#""cost_vnd":null,"cost_known":null,"support_vnd":null,"support_known":null"#;
        assert_eq!(row, format!("{{{owner}{NAMES}{measure}{start}{}", FIGURES.replace(money, no_money)));
    }
}
