//! `GET /v1/measures`: the list of measures with their units, limits, savings and sources.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::domain::reference::{Measure, MeasureId};
use crate::domain::values::units;
use crate::register::ReadyPage;

/// Every measure, in the order of their numbers.
#[derive(Serialize, ToSchema)]
pub struct MeasureList {
    /// The measures.
    data: Vec<ReferenceMeasure>,
}

/// A measure that a site can adopt, with the facts from which its savings are estimated.
#[derive(Serialize, ToSchema)]
struct ReferenceMeasure {
    /// The number of the measure, from 1; it never changes. Example: 1.
    number: u8,
    /// The code that requests and filters use. Example: `rooftop_solar_pv`.
    code: &'static str,
    /// The Vietnamese name. Example: Điện mặt trời mái nhà.
    name_vi: &'static str,
    /// The English name. Example: Rooftop solar PV (grid-connected).
    name_en: &'static str,
    /// The role in the programme: `core`, `pilot_included`, `supporting` or `no_credit`. Only the first two make a site count
    /// toward the million.
    role: &'static str,
    /// The unit of the quantity. Example: kWp.
    unit: &'static str,
    /// True where the quantity must be a whole number, as for lamps; false where three decimals are accepted.
    whole_units: bool,
    /// True where an installation may state `inverter_kw`, the rated power of its inverters in kW.
    takes_inverter: bool,
    /// The group of measures that replace each other at one site; only the latest of a group is credited. Null where the
    /// measure replaces nothing. Example: `roof`.
    exclusive_group: Option<&'static str>,
    /// The usual maximum for one home, in the unit of the measure; a larger quantity gets a warning. Example: 50 (kWp).
    usual_max_home: f64,
    /// The usual maximum for a building, office or factory, in the unit of the measure; a larger quantity gets a warning.
    /// Example: 5000 (kWp).
    usual_max_other: f64,
    /// The maximum, in the unit of the measure; a larger quantity is refused. Example: 100000 (kWp).
    hard_max: f64,
    /// The method by which the saving is estimated. Example: `yield_table`.
    method: &'static str,
    /// The lifetime in years, during which the measure is credited. Example: 25.
    lifetime_years: u32,
    /// Electricity saved per unit and year, in kWh; null where a formula says it instead. Example: 13.3.
    deemed_kwh_per_unit_year: Option<f64>,
    /// Emissions avoided directly per unit and year, in tCO2e; null where they follow from electricity. Example: 0.0631.
    deemed_tco2e_per_unit_year: Option<f64>,
    /// The formula of the estimate, as a text for readers.
    formula: &'static str,
    /// The assumptions behind the estimate.
    key_assumptions: &'static str,
    /// The rule that keeps the saving from being counted twice.
    double_counting_rule: &'static str,
    /// The source of these facts.
    source: &'static str,
    /// `confirmed` where the source states the facts, `unconfirmed` where they are a judgement.
    confidence: &'static str,
}

impl From<&'static Measure> for ReferenceMeasure {
    fn from(measure: &'static Measure) -> Self {
        Self {
            number: measure.number,
            code: &measure.code,
            name_vi: &measure.name_vi,
            name_en: &measure.name_en,
            role: measure.role.as_str(),
            unit: &measure.unit,
            whole_units: measure.whole_units,
            takes_inverter: measure.is_solar,
            exclusive_group: measure.exclusive_group.as_deref(),
            usual_max_home: units(measure.usual_max_home_milli),
            usual_max_other: units(measure.usual_max_other_milli),
            hard_max: units(measure.hard_max_milli),
            method: &measure.method,
            lifetime_years: measure.lifetime_years,
            deemed_kwh_per_unit_year: measure.deemed_kwh_per_unit_year,
            deemed_tco2e_per_unit_year: measure.deemed_tco2e_per_unit_year,
            formula: &measure.formula,
            key_assumptions: &measure.key_assumptions,
            double_counting_rule: &measure.double_counting_rule,
            source: &measure.source,
            confidence: &measure.confidence,
        }
    }
}

static MEASURES: LazyLock<ReadyPage> =
    LazyLock::new(|| as_page(JSON, &MeasureList { data: MeasureId::all().map(|id| id.measure().into()).collect() }));

/// The answer has all measures, each with its unit, its limits, the estimate of its saving and the source of these facts.
#[utoipa::path(get, path = "", responses((status = 200, body = MeasureList)))]
pub async fn list_measures(request: HttpRequest, _: NoQuery) -> Result<HttpResponse, ApiError> {
    send(&request, &MEASURES, CacheFor::OneHour).await
}
