//! `GET /v1/installations/{id}/estimate`: the sum of one installation, year by year, with every
//! factor, so that it can be redone by hand.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, PathId, Query};
use crate::api::numbers::{AmountView, LifetimeView, parse_methodology};
use crate::api::state::AppState;
use crate::db::records::installation_list as store;
use crate::domain::counting::{CellDims, Credit, Totals, credits};
use crate::domain::figures::{EffectKind, Estimator, Methodology, WholeAmount, WholeEstimate, Year, parts_of};
use crate::domain::records::SiteRecord;
use crate::domain::reference::MeasureId;
use crate::domain::values::{InstallationId, Month, days_left_in_month, units};

/// The estimate of one installation.
#[derive(Serialize, ToSchema)]
pub struct EstimateResponse {
    /// The estimate.
    data: EstimateView,
}

/// The estimate of one installation.
#[derive(Serialize, ToSchema)]
struct EstimateView {
    /// The id of the installation. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73.
    #[schema(format = Uuid)]
    installation: String,
    /// The last credited day (YYYY-MM-DD, Hà Nội). Example: 2026-11-27.
    as_of: NaiveDate,
    /// The version of the methodology; its factors are in `/v1/methodology/{version}`. Example: 1.
    methodology_version: i32,
    /// The measures; empty while the installation is pledged, or if it was rejected or withdrawn.
    measures: Vec<MeasureEstimate>,
    /// The sum of all measures.
    total: FiguresView,
}

/// One measure.
#[derive(Serialize, ToSchema)]
struct MeasureEstimate {
    /// The measure's code.
    #[schema(value_type = MeasureId)]
    measure: &'static str,
    /// The size in `unit`. Example: 5.4.
    quantity: f64,
    /// The unit of the quantity. Example: kWp.
    unit: &'static str,
    /// How the measure avoids emissions: `generation` of electricity, `saving` of electricity, `direct` cut of a gas, or `none`.
    effect: &'static str,
    /// The effect of one unit in a year: kWh; for direct cuts tCO2e; for solar power the share of the yield. Null where `effect`
    /// is `none`. Example: 450.
    per_unit_year: Option<f64>,
    /// The yield of solar power in the province, in kWh per kWp and year; null for other measures. Example: 1100.
    kwh_per_kwp_year: Option<f64>,
    /// The loss of output a year, as a share from 0 to below 1; null where `effect` is `none`. Example: 0.005, which is 0.5 %.
    degradation_per_year: Option<f64>,
    /// The credited lifetime in years; null where `effect` is `none`. Example: 25.
    lifetime_years: Option<u16>,
    /// The first credited day.
    credited_from: Option<NaiveDate>,
    /// The last credited day, if the measure ended or a later measure of its group replaced it.
    credited_until: Option<NaiveDate>,
    /// Whether it is part of the programme's numbers. It is not while it is
    /// pledged, if it is older than the programme, if its partner only tries things out, or if it is set aside.
    counts: bool,
    /// The estimate year by year, up to `as_of`.
    years: Vec<YearView>,
    /// The figures of this measure.
    figures: FiguresView,
}

/// One calendar year of one measure.
#[derive(Serialize, ToSchema)]
struct YearView {
    /// The calendar year. Example: 2026.
    year: i32,
    /// The days in operation in the year. Example: 91.
    days: f64,
    /// The days of the year, 365 or 366. Example: 365.
    days_in_year: f64,
    /// The age in years: the year minus the year of installation. Example: 0.
    age: i32,
    /// Electricity generated or saved in the year, in kWh; 0 for direct cuts. Example: 1463.
    kwh: i64,
    /// The emission factor of the year, in `tCO2` per `MWh`; null for direct cuts. Example: 0.6592.
    tco2_per_mwh: Option<f64>,
    /// Whether the factor is another year's, because this year has none of its own.
    factor_carried: bool,
    /// Emissions avoided in the year, in tCO2e. Example: 0.96.
    avoided_tco2e: f64,
}

/// The three figures, which are never added to each other.
#[derive(Serialize, ToSchema)]
struct FiguresView {
    /// Electricity and emissions up to `as_of`.
    to_date: AmountView,
    /// Electricity and emissions of a full year of the measures in operation on `as_of`.
    annual: AmountView,
    /// Electricity and emissions over whole lives.
    lifetime: LifetimeView,
}

/// The electricity and emissions of one installation, year by year, with every factor, so that the sum can be
/// checked by hand. For its partner and for reviewers.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer."), ("methodology" = Option<i32>, Query, description = "The version of the methodology, see /v1/methodology; the one in force if left out.")),
    responses((status = 200, body = EstimateResponse)))]
pub async fn get_estimate(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    let found = state.read(&caller.0, move |connection| store::find(connection, id)).await?;
    let seen = |one: &store::InstallationRecord| {
        one.record.installation(id).is_some_and(|it| caller.0.may_see(&one.record, it))
    };
    let found = found.filter(seen).ok_or(ApiError::NotFound)?;
    let snapshot = state.register.snapshot();
    let methodology = asked.unwrap_or(snapshot.figures.methodology);
    let mut estimator = Estimator::new(methodology, snapshot.figures.day);
    let credits = credits(&found.record, id);
    let own: Vec<_> = credits.iter().filter(|credit| credit.installation.id == id).collect();
    let cells: Vec<_> = own.iter().map(|credit| cell(&found.record, credit)).collect();
    let exact: Vec<_> = cells.iter().map(|(dims, totals)| estimator.estimate(dims.key(), totals)).collect();
    let mut total = WholeEstimate::default();
    let mut measures = Vec::new();
    for ((credit, (dims, totals)), estimate) in own.into_iter().zip(&cells).zip(WholeEstimate::of_rows(exact.iter())) {
        total += estimate;
        let years = estimator.years(dims, totals);
        measures.push(MeasureEstimate::of(credit, dims, (methodology, &estimate, &years)));
    }
    let data = EstimateView {
        installation: id.to_string(),
        as_of: snapshot.figures.day,
        methodology_version: methodology.version,
        measures,
        total: FiguresView::of(&total, methodology),
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
        attributes_sold: credit.installation.terms.sold_attributes(),
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
        (methodology, estimate, years): (&Methodology, &WholeEstimate, &[Year]),
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
            counts: credit.installed_on.is_some()
                && !credit.is_pre_programme
                && !credit.installation.sandbox
                && !credit.installation.set_aside,
            years: YearView::of_years(years, &estimate.to_date),
            figures: FiguresView::of(estimate, methodology),
        }
    }
}

impl YearView {
    /// The years of a measure. Their figures add up to those of the measure to date.
    fn of_years(years: &[Year], to_date: &WholeAmount) -> Vec<Self> {
        let total = to_date.generation_kwh + to_date.saving_kwh;
        let kwh = parts_of(total, &years.iter().map(|year| year.kwh).collect::<Vec<_>>());
        let kg = years.iter().map(|year| year.avoided_tco2e * 1000.0).collect::<Vec<_>>();
        let kg = parts_of(to_date.avoided_kg, &kg);
        let view = |(of, (kwh, kg)): (&Year, (i64, i64))| Self {
            year: of.year,
            days: of.days,
            days_in_year: of.days_in_year,
            age: of.age,
            kwh,
            tco2_per_mwh: of.factor,
            factor_carried: of.factor_carried,
            avoided_tco2e: units(kg),
        };
        years.iter().zip(kwh.into_iter().zip(kg)).map(view).collect()
    }
}

impl FiguresView {
    fn of(estimate: &WholeEstimate, methodology: &Methodology) -> Self {
        Self {
            to_date: estimate.to_date.into(),
            annual: estimate.annual.into(),
            lifetime: LifetimeView::of(estimate, methodology),
        }
    }
}
