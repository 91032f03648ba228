//! The rows of the progress by province, and their page as a publication point shows it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::figures::{Dimension, NONE, Sums};
use crate::domain::reference::PlaceList;
use crate::domain::values::units;
use crate::register::{Figures, PublicSettings, PublishedSums};

use super::dimension_labels::{Label, RowOf};
use super::provenance::Provenance;
use super::tables::{PublishedTable, TableSums, of_stages};

const PATH: &str = "/v1/progress/provinces";

/// The progress of every province.
#[derive(Serialize, ToSchema)]
pub struct ProvincesResponse {
    /// One row for each province, also for a province without sites. The list of 63 has one more row, for sites whose former
    /// province is unknown. The last row is `not_yet_detailed`: what waits for company in its province.
    pub data: Vec<ProvinceProgress>,
    /// The version, day and methodology of the numbers, and how to cite them.
    pub meta: Provenance,
}

/// The progress of a province.
#[derive(Serialize, ToSchema)]
pub struct ProvinceProgress {
    /// The code of the province; absent from the list of 63. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_code: Option<String>,
    /// The Vietnamese name; absent from the list of 63. Example: Hà Nội.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_name_vi: Option<String>,
    /// The English name; absent from the list of 63. Example: Ha Noi.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_name_en: Option<String>,
    /// The code of the province before 1 July 2025; only on the list of 63. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_code: Option<String>,
    /// The Vietnamese name; only on the list of 63. Example: Hà Nội.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_name_vi: Option<String>,
    /// The English name; only on the list of 63. Example: Ha Noi.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_name_en: Option<String>,
    /// Verified sites in operation, 0 or more. Example: 566.
    sites_verified: i64,
    /// Reported sites that wait to be verified, 0 or more. Example: 46.
    sites_reported: i64,
    /// Verified solar capacity in operation and within its life, in kWp. Example: 1284.3.
    capacity_kwp_verified: f64,
    /// Emissions that the verified measures in operation avoid in a full year, in tCO2e, estimated. Example: 1499.3.
    annual_avoided_tco2e: f64,
    /// Low end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 1091.7.
    annual_avoided_tco2e_low: f64,
    /// High end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 2046.4.
    annual_avoided_tco2e_high: f64,
    /// Part of `annual_avoided_tco2e` whose environmental attributes were sold, in tCO2e. Example: 31.5.
    annual_sold_tco2e: f64,
    /// Emissions that the verified measures avoided up to `meta.as_of`, in tCO2e, estimated. Example: 734.9.
    to_date_avoided_tco2e: f64,
    /// Low end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 535.2.
    to_date_avoided_tco2e_low: f64,
    /// High end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 1003.4.
    to_date_avoided_tco2e_high: f64,
    /// Part of `to_date_avoided_tco2e` whose environmental attributes were sold, in tCO2e. Example: 14.2.
    to_date_sold_tco2e: f64,
    /// The day on which the sums of the row moved last (YYYY-MM-DD); null where they never moved. Estimates are always up to
    /// `meta.as_of`. Example: 2026-11-20.
    cells_as_of: Option<NaiveDate>,
}

/// Makes the page of a list as a publication point shows it, by its name.
#[must_use]
pub fn make_published(sums: &PublishedSums<'_>, settings: &PublicSettings, name: &str) -> Option<String> {
    let list = [PlaceList::Now, PlaceList::Former].into_iter().find(|list| link(*list) == name)?;
    let (table, figures) = (PublishedTable::of(sums, dimension_of(list)), &sums.figures);
    let meta = Provenance::of_newest(figures, settings, name);
    serde_json::to_string(&ProvincesResponse { data: rows(list, &table.sums(), figures), meta }).ok()
}

/// The path and query of a list.
#[must_use]
pub fn link(list: PlaceList) -> String {
    format!("{PATH}?list={}", list.as_str())
}

/// One row for each province, then one of what waits for company.
pub fn rows(list: PlaceList, sums: &TableSums<'_>, figures: &Figures) -> Vec<ProvinceProgress> {
    let [_, reported, verified] = of_stages(sums, figures);
    let known = dimension_of(list).values().into_iter().filter(|value| *value != NONE || list == PlaceList::Former);
    let row = |of: RowOf| {
        let [reported, verified] = [&reported, &verified].map(|sums| sums.get(&of).copied().unwrap_or_default());
        let cells_as_of = (sums.moved_on)(of);
        ProvinceProgress { cells_as_of, ..ProvinceProgress::of(list, of, &reported, &verified) }
    };
    known.map(RowOf::Value).chain([RowOf::NotYetDetailed]).map(row).collect()
}

pub fn dimension_of(list: PlaceList) -> Dimension {
    match list {
        PlaceList::Now => Dimension::Province,
        PlaceList::Former => Dimension::FormerProvince,
    }
}

impl ProvinceProgress {
    pub fn of(list: PlaceList, of: RowOf, reported: &Sums, verified: &Sums) -> Self {
        let (annual, to_date) = (&verified.estimate.annual, &verified.estimate.to_date);
        let named = |own: PlaceList| (own == list).then(|| of.label(dimension_of(own)));
        let (now, former) = (named(PlaceList::Now), named(PlaceList::Former));
        let name = |label: &Option<Label>, get: fn(&Label) -> String| label.as_ref().map(get);
        let [code, name_vi, name_en]: [fn(&Label) -> String; 3] = [
            |label| label.code.clone().unwrap_or_default(),
            |label| label.name_vi.clone(),
            |label| label.name_en.clone(),
        ];
        Self {
            province_code: name(&now, code),
            province_name_vi: name(&now, name_vi),
            province_name_en: name(&now, name_en),
            former_province_code: name(&former, code),
            former_province_name_vi: name(&former, name_vi),
            former_province_name_en: name(&former, name_en),
            sites_verified: verified.totals.sites,
            sites_reported: reported.totals.sites,
            capacity_kwp_verified: units(verified.capacity_wp),
            annual_avoided_tco2e: units(annual.avoided_kg),
            annual_avoided_tco2e_low: units(annual.low_kg),
            annual_avoided_tco2e_high: units(annual.high_kg),
            annual_sold_tco2e: units(annual.sold_kg),
            to_date_avoided_tco2e: units(to_date.avoided_kg),
            to_date_avoided_tco2e_low: units(to_date.low_kg),
            to_date_avoided_tco2e_high: units(to_date.high_kg),
            to_date_sold_tco2e: units(to_date.sold_kg),
            cells_as_of: None,
        }
    }
}
