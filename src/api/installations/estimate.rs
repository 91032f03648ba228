//! `GET /v1/installations/{id}/estimate`: the sum of one installation, year by year, with every
//! factor, so that it can be redone by hand.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, Query};
use crate::api::numbers::parse_methodology;
use crate::api::state::AppState;
use crate::db::records::installation_list as store;
use crate::domain::counting::{CellDims, Credit, Totals, credits};
use crate::domain::figures::{Amount, EffectKind, Estimate, Estimator, Methodology, Year};
use crate::domain::records::SiteRecord;
use crate::domain::reference::MeasureId;
use crate::domain::values::{Month, days_left_in_month, units};

use super::handlers::path_id;

/// What one installation is estimated to come to.
#[derive(Serialize, ToSchema)]
pub struct EstimateResponse {
    data: EstimateView,
}

/// What one installation is estimated to come to.
#[derive(Serialize, ToSchema)]
struct EstimateView {
    /// The installation.
    #[schema(format = Uuid)]
    installation: String,
    /// The last day that is credited.
    as_of: NaiveDate,
    /// The methodology; its factors stand in `/v1/methodology/{version}`.
    methodology_version: i32,
    /// Its measures; none while it is pledged, or was rejected or withdrawn.
    measures: Vec<MeasureEstimate>,
    /// All measures together.
    total: FiguresView,
}

/// One measure.
#[derive(Serialize, ToSchema)]
struct MeasureEstimate {
    /// The measure's code.
    #[schema(value_type = MeasureId)]
    measure: &'static str,
    /// How much.
    quantity: f64,
    /// The unit of the quantity.
    unit: &'static str,
    /// generation, saving or direct; none where it does nothing to emissions.
    effect: &'static str,
    /// kWh, or of direct cuts tCO2e, a unit and year; of solar power, the share of the yield.
    per_unit_year: Option<f64>,
    /// Of solar power: kWh a kWp and year in the province.
    kwh_per_kwp_year: Option<f64>,
    /// What it loses a year, as a share.
    degradation_per_year: Option<f64>,
    /// Years that it is credited.
    lifetime_years: Option<u16>,
    /// Since when it is credited.
    credited_from: Option<NaiveDate>,
    /// The last credited day, where it ended or a later measure of its group took its place.
    credited_until: Option<NaiveDate>,
    /// Whether it is part of the programme's numbers: not where it is older than the programme, or only tried out.
    counts: bool,
    /// Year by year, up to the day.
    years: Vec<YearView>,
    /// Its figures.
    figures: FiguresView,
}

/// What one year comes to.
#[derive(Serialize, ToSchema)]
struct YearView {
    /// The calendar year.
    year: i32,
    /// Days of operation.
    days: f64,
    /// 365 or 366.
    days_in_year: f64,
    /// Years since that of the installation.
    age: i32,
    /// Electricity generated or saved.
    kwh: f64,
    /// The emission factor; null for direct cuts.
    tco2_per_mwh: Option<f64>,
    /// Whether that is the grid factor of another year, because this one has none yet.
    provisional: bool,
    /// Avoided, tCO2e.
    avoided_tco2e: f64,
}

/// The three figures, which are never added to each other.
#[derive(Serialize, ToSchema)]
struct FiguresView {
    /// Achieved up to the day.
    to_date: AmountView,
    /// A full year of what is in operation on the day.
    annual: AmountView,
    /// Over the whole life, with the newest grid factor.
    lifetime: AmountView,
}

/// An amount.
#[derive(Serialize, ToSchema)]
struct AmountView {
    /// Generated, kWh.
    generation_kwh: f64,
    /// Saved, kWh.
    saving_kwh: f64,
    /// Avoided, tCO2e.
    avoided_tco2e: f64,
    /// The low end of the range.
    low: f64,
    /// The high end of the range.
    high: f64,
    /// What of the avoided uses the grid factor of another year.
    provisional_tco2e: f64,
}

/// The estimate of one installation
///
/// Year by year with every factor, for its partner and for reviewers. `methodology` asks for another than the one in force.
#[utoipa::path(get, path = "/v1/installations/{id}/estimate", tag = "installations",
    params(("id" = String, Path, format = Uuid), ("methodology" = Option<i32>, Query)),
    responses((status = 200, body = EstimateResponse)))]
pub async fn get_estimate(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let mut query = Query::of(&request)?;
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    let found = state.read(move |connection| store::find(connection, id)).await?;
    let seen = |one: &store::InstallationRecord| {
        one.record.installation(id).is_some_and(|it| caller.0.may_see(&one.record, it))
    };
    let found = found.filter(seen).ok_or(ApiError::NotFound)?;
    let snapshot = state.register.snapshot();
    let methodology = asked.unwrap_or(snapshot.figures.methodology);
    let mut estimator = Estimator::new(methodology, snapshot.figures.day);
    let mut total = Estimate::default();
    let mut measures = Vec::new();
    for credit in credits(&found.record).iter().filter(|credit| credit.installation.id == id) {
        let (dims, totals) = cell(&found.record, credit);
        let estimate = estimator.estimate(dims.key(), &totals);
        total += estimate;
        measures.push(MeasureEstimate::of(credit, &dims, (methodology, &estimate, estimator.years(&dims, &totals))));
    }
    let data = EstimateView {
        installation: id.to_string(),
        as_of: snapshot.figures.day,
        methodology_version: methodology.version,
        measures,
        total: (&total).into(),
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(EstimateResponse { data }))
}

/// The cell of one line alone.
fn cell(record: &SiteRecord, credit: &Credit<'_>) -> (CellDims, Totals) {
    let (facts, quantity) = (&record.site.facts, credit.line.quantity.milli());
    let dims = CellDims {
        measure: Some(credit.line.measure),
        province: facts.place.province(),
        kind: facts.kind,
        stage: credit.stage,
        installed: credit.installed_on.map(Month::of),
        ended: credit.ended_on.map(Month::of),
        former: facts.place.former(),
        flags: facts.flags,
    };
    let end_day = credit.ended_on.map_or(0, |day| i64::from(chrono::Datelike::day(&day)));
    let totals = Totals {
        quantity,
        quantity_days: credit.installed_on.map_or(0, |day| quantity * days_left_in_month(day)),
        quantity_end_days: quantity * end_day,
        ..Totals::default()
    };
    (dims, totals)
}

impl MeasureEstimate {
    fn of(
        credit: &Credit<'_>,
        dims: &CellDims,
        (methodology, estimate, years): (&Methodology, &Estimate, Vec<Year>),
    ) -> Self {
        let measure = credit.line.measure;
        let effect = methodology.effect(measure);
        let solar = effect.filter(|effect| effect.by_yield).map(|_| methodology.solar_yield(dims.province));
        Self {
            measure: measure.code(),
            quantity: units(credit.line.quantity.milli()),
            unit: &measure.measure().unit,
            effect: match effect.map(|effect| effect.kind) {
                Some(EffectKind::Generation) => "generation",
                Some(EffectKind::Saving) => "saving",
                Some(EffectKind::Direct) => "direct",
                None => "none",
            },
            per_unit_year: effect.map(|effect| effect.per_unit),
            kwh_per_kwp_year: solar,
            degradation_per_year: effect.map(|effect| effect.degradation),
            lifetime_years: effect.map(|effect| effect.lifetime_years),
            credited_from: credit.installed_on,
            credited_until: credit.ended_on,
            counts: !credit.is_pre_programme && !credit.installation.sandbox,
            years: years.into_iter().map(YearView::from).collect(),
            figures: estimate.into(),
        }
    }
}

impl From<Year> for YearView {
    fn from(of: Year) -> Self {
        Self {
            year: of.year,
            days: of.days,
            days_in_year: of.days_in_year,
            age: of.age,
            kwh: of.kwh,
            tco2_per_mwh: of.factor,
            provisional: of.provisional,
            avoided_tco2e: of.avoided_tco2e,
        }
    }
}

impl From<&Estimate> for FiguresView {
    fn from(estimate: &Estimate) -> Self {
        Self { to_date: estimate.to_date.into(), annual: estimate.annual.into(), lifetime: estimate.lifetime.into() }
    }
}

impl From<Amount> for AmountView {
    fn from(amount: Amount) -> Self {
        let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e } = amount;
        Self { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e }
    }
}
