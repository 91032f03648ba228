//! `GET /v1/aggregates`: the register added up by any dimensions and under any filter, for whoever
//! holds the scope.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::ApiError;
use crate::api::numbers::provenance::{Provenance, address};
use crate::api::state::AppState;
use crate::db::partners::partners_and_clients;
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, Methodology, Selection};
use crate::domain::records::{Actor, Partner, Role};
use crate::domain::values::{Code, Fault};
use crate::register::{AggregateAnswer, AggregateError, AggregateQuery, AsOf, Counted, Figures};

use super::query;
use super::query::MOST_GROUPS;
use super::write_rows::{AggregateRow, Names, Shows, frame_with_rows};

const PATH: &str = "/v1/aggregates";

/// The register, added up.
#[derive(Serialize, ToSchema)]
pub struct AggregatesResponse {
    /// One row a group.
    data: Vec<AggregateRow>,
    /// The sums of everything that was asked for.
    total: AggregateRow,
    /// Whether the sites of all rows add up to those of the total: not where one site stands in several groups.
    sites_additive: bool,
    /// What they were made from.
    pub(super) meta: Provenance,
}

/// What was asked for, and what came of it.
pub(super) struct Answer {
    pub(super) selection: Selection,
    pub(super) names: Names,
    pub(super) added: AggregateAnswer,
    /// Whether money is for this caller: a partner sees its own.
    pub(super) money: bool,
    /// The answer but for its rows.
    pub(super) frame: AggregatesResponse,
}

/// The register, added up by what is asked for
///
/// `group_by` takes any of the dimensions of `/v1/dimensions`, separated by commas; each of them but periods is a filter too, with one or more codes.
/// `from` (inclusive) and `to` (exclusive) are first days of months of installation; with `basis=recorded_on` of months of recording, and what is
/// added up is what came less what went. `as_of` is the register as it was known at the close of a day. `partner` or `project` in `group_by`, or
/// codes of them as filters, give a row of each, with what their own installations count for. Without a word on the stage, what is verified is added up.
#[utoipa::path(get, path = "/v1/aggregates", tag = "aggregates",
    params(("group_by" = Option<String>, Query, example = "province,measure", description = "Codes of `/v1/dimensions`, at most 8, separated by commas."),
        ("province" = Option<String>, Query), ("former_province" = Option<String>, Query), ("region" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("measure" = Option<String>, Query), ("stage" = Option<String>, Query),
        ("evidence_tier" = Option<String>, Query), ("low_income" = Option<String>, Query), ("remote" = Option<String>, Query),
        ("woman_headed" = Option<String>, Query), ("from" = Option<String>, Query, example = "2025-01-01", description = "The first day of a month, inclusive."), ("to" = Option<String>, Query, example = "2026-01-01", description = "The first day of a month, exclusive."),
        ("partner" = Option<String>, Query, description = "Codes of partners: a row of each."), ("project" = Option<String>, Query, description = "Codes of projects: a row of each."),
        ("as_of" = Option<NaiveDate>, Query, description = "A day, not after today."),
        ("basis" = Option<String>, Query, description = "installed_on (the default) or recorded_on."),
        ("methodology" = Option<i32>, Query)),
    responses((status = 200, body = AggregatesResponse)))]
pub async fn get_aggregates(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = answer(&request, &caller, &state, |answer| {
        let Answer { selection, names, added, money, frame } = answer;
        frame_with_rows(&frame, Shows { selection: &selection, money }, &names, &added.rows)
            .map_err(|_| ApiError::Internal)
    });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(ContentType::json()).body(body))
}

/// Adds up what is asked for and writes it, away from the threads that serve.
pub(super) async fn answer<T: Send + 'static>(
    request: &HttpRequest,
    caller: &Caller,
    state: &web::Data<AppState>,
    write: impl FnOnce(Answer) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let directory = state.register.directory();
    let (question, only_verified) = query::parse(request, caller, (&directory, state.register.snapshot().figures.day))?;
    // What is counted from the journal or from the records takes long and much memory: one at a time.
    let is_long = question.time != AsOf::Now || question.scope.is_some();
    let alone = if is_long { Some(state.slow_query_slot.enter().await?) } else { None };
    let shared = state.clone();
    let about = About { path: link(request), only_verified, actor: caller.0.clone() };
    let work = move || {
        let _alone = alone;
        write(made(&shared, question, &about)?)
    };
    state.compute(work).await
}

/// Where the same is asked again.
fn link(request: &HttpRequest) -> String {
    let query = request.query_string();
    if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
}

/// What an answer says of its question.
struct About {
    path: String,
    only_verified: bool,
    actor: Actor,
}

fn made(state: &AppState, question: AggregateQuery, about: &About) -> Result<Answer, ApiError> {
    let names = names(state, question.scope.as_ref())?;
    let added = state.register.add_up(&question).map_err(|why| match why {
        AggregateError::TooManyGroups => ApiError::invalid("group_by", Fault::TooMany { max: MOST_GROUPS }),
        AggregateError::Database(error) => error.into(),
    })?;
    let AggregateQuery { selection, scope, time, .. } = question;
    let scope = scope.map(|(scope, _)| scope);
    let whole = Selection { group_by: Vec::new(), ..selection.clone() };
    let money = about.actor.role != Role::Partner || scope.is_some();
    let mut total = AggregateRow::of(BTreeMap::new(), &added.total, Shows { selection: &whole, money });
    let codes = added.rows.chunk_by(|one, other| one.code == other.code).count();
    let several = scope.is_some() && codes > 1;
    if several {
        // A site may stand behind each of them.
        total.forget_sites();
    }
    let mut meta = Provenance::of(&added.figures, &state.settings, &about.path);
    let before = time != AsOf::Now && added.figures.version == 0;
    let warnings = [
        (several || selection.mixes_measures(), "sites_not_countable"),
        (about.only_verified, "verified_only"),
        (about.actor.province.is_some(), "limited_to_province"),
        (scope == Some(OwnerKind::Project), "without_project_left_out"),
        (before, "before_the_register"),
    ];
    meta.warnings.extend(warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code.to_owned()));
    let sites_additive = scope.is_none() && !selection.group_by.contains(&Dimension::Measure);
    Ok(Answer {
        selection,
        names,
        added,
        money,
        frame: AggregatesResponse { data: Vec::new(), total, sites_additive, meta },
    })
}

/// What partners, or projects, are called.
fn names(state: &AppState, scope: Option<&(OwnerKind, Vec<Code>)>) -> Result<Names, ApiError> {
    Ok(match scope {
        None => Names::default(),
        Some((OwnerKind::Partner, _)) => {
            let directory = state.register.directory();
            let name = |partner: &Partner| [partner.name.clone(), partner.name.clone()];
            Names::of(
                OwnerKind::Partner,
                directory.partners.iter().map(|(code, partner)| (code.clone(), name(partner))),
            )
        }
        Some((OwnerKind::Project, asked)) => {
            let projects = partners_and_clients::projects(&mut state.register.database().connection()?)?;
            if asked.iter().any(|code| projects.iter().all(|(known, _)| known != code)) {
                return Err(ApiError::invalid("project", Fault::UnknownProject));
            }
            Names::of(OwnerKind::Project, projects.into_iter())
        }
    })
}

/// Which version sums of cells are of, without the figures of the headline.
pub fn figures(counted: &Counted, methodology: &'static Methodology, day: NaiveDate) -> Figures {
    let mut figures = Figures::before_the_register(day);
    figures.version = counted.version;
    figures.hash = counted.hash;
    figures.recorded_at = counted.recorded_at;
    figures.methodology = methodology;
    figures
}

/// What sums of cells were made from.
pub fn meta(
    counted: &Counted,
    (methodology, day): (&'static Methodology, NaiveDate),
    (state, path): (&AppState, &str),
) -> Provenance {
    let mut figures = figures(counted, methodology, day);
    let in_force = state.register.methodology_at(counted.version);
    figures.restated = in_force.is_ok_and(|in_force| in_force.version != methodology.version);
    Provenance::of(&figures, &state.settings, &address(&figures, path))
}
