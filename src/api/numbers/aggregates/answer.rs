//! From a query to its answer: waits for its turn, adds up, and states what a reader has to know about the sums.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use chrono::Days;

use crate::api::callers::Caller;
use crate::api::http::ApiError;
use crate::api::numbers::provenance::Provenance;
use crate::api::numbers::voided::refuse_void_days;
use crate::api::state::{AppState, Reader};
use crate::db::partners::partners_and_clients;
use crate::domain::counting::OwnerKind;
use crate::domain::figures::{Dimension, Selection};
use crate::domain::records::{Actor, Role};
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Code, Fault};
use crate::register::{AggregateAnswer, AggregateError, AggregateQuery, AsOf, Figures, GroupsAndTotal};

use super::few_sites::{Told, told};
use super::owner_names::OwnerNames;
use super::query::{ParsedQuery, parse, refused};
use super::response::AggregatesResponse;
use super::row::AggregateRow;
use super::visible::{RowFigures, VisibleFigures};

/// The path that a permalink names.
const PATH: &str = "/v1/aggregates";

/// A query that was answered; the handlers write it as JSON or as CSV.
pub struct AnsweredQuery {
    /// The dimensions that name each row.
    pub group_by: Vec<Dimension>,
    /// The names of the partners or projects that have rows of their own.
    pub owners: OwnerNames,
    /// The groups, and their total.
    pub sums: Arc<GroupsAndTotal>,
    /// Which figures the rows show.
    pub figures: RowFigures,
    /// The answer without its rows.
    pub frame: AggregatesResponse,
}

/// Answers the query of a request and writes the answer, on a thread that may block.
pub async fn answer<T: Send + 'static>(
    request: &HttpRequest,
    caller: &Caller,
    state: &web::Data<AppState>,
    write: impl FnOnce(AnsweredQuery) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    refuse_void_days(state, request.query_string(), &["as_of"])?;
    let directory = state.register.directory();
    let today = state.register.snapshot().figures.day;
    let ParsedQuery { query, only_verified } = parse(request, caller, &directory, today)?;
    // One at a time, because sums of the past and of owners are counted from the journal or from the records, which takes
    // long and much memory.
    let counts_partners = query.published && !query.selection.is_by_measure() && !state.register.knows_partners();
    let is_slow = query.time != AsOf::Now || query.scope.is_some() || counts_partners;
    let reader: Reader<'_> = if is_slow { state.slow_query_slot(&caller.0).await?.into() } else { (&caller.0).into() };
    let own = caller.0.partner.as_ref().and_then(|own| directory.partner(own));
    let tries_out = own.is_some_and(|own| own.sandbox);
    let asking = Asking { path: permalink_path(request), only_verified, tries_out, actor: caller.0.clone() };
    let shared = state.clone();
    state.compute(reader, move || write(add_up(&shared, query, &asking)?)).await
}

/// The path and the query of a request, for the permalink.
fn permalink_path(request: &HttpRequest) -> String {
    let query = request.query_string();
    if query.is_empty() { PATH.to_owned() } else { format!("{PATH}?{query}") }
}

/// Who asks, and how; warnings and the permalink follow from it.
struct Asking {
    path: String,
    only_verified: bool,
    /// Whether the sums are of what a partner only tries out.
    tries_out: bool,
    actor: Actor,
}

fn add_up(state: &AppState, query: AggregateQuery, asking: &Asking) -> Result<AnsweredQuery, ApiError> {
    let owners = owner_names(state, query.scope.as_ref())?;
    let AggregateAnswer { sums, figures } = match state.register.add_up(&query) {
        Err(AggregateError::NothingPublished) => nothing_published(state, &query)?,
        answer => answer.map_err(refused)?,
    };
    let owner_kind = query.scope.as_ref().map(|(kind, _)| *kind);
    let of_several_owners = owner_kind.is_some() && sums.rows.chunk_by(|one, other| one.code == other.code).count() > 1;
    // A partner sees the money of its own installations alone.
    let sees_money = asking.actor.role != Role::Partner || owner_kind.is_some();
    let visible = VisibleFigures::of(&query.selection, sees_money);
    let is_published = query.published && figures.version > 0;
    let told = if is_published {
        told(&state.register, &query, &sums, visible)?
    } else if query.published {
        Told::nothing()
    } else {
        Told { figures: RowFigures::of(visible), sums, tells_total: true }
    };
    let whole = Selection { group_by: Vec::new(), ..query.selection.clone() };
    let mut visible_in_total = VisibleFigures::of(&whole, sees_money);
    if of_several_owners {
        // One site may have installations of several owners.
        visible_in_total = visible_in_total.without_sites();
    }
    let mut meta = Provenance::of(&figures, &state.settings, &asking.path).for_internal_use();
    meta.limited_to_province = asking.actor.province.map(ProvinceId::code);
    let warnings = [
        (of_several_owners || !query.selection.counts_sites(), "sites_not_countable"),
        (asking.only_verified, "verified_only"),
        (asking.actor.province.is_some(), "limited_to_province"),
        (owner_kind == Some(OwnerKind::Project), "without_project_left_out"),
        (query.published && !is_published, "nothing_published_yet"),
        (is_published && !told.tells_total, "too_few_sites"),
        (asking.tries_out, "sandbox"),
        (!query.published && query.time != AsOf::Now && figures.version == 0, "before_the_register"),
    ];
    meta.warnings.extend(warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code.to_owned()));
    let counts_sites = query.selection.counts_sites();
    let group_by = query.selection.group_by;
    let sites_additive = owner_kind.is_none() && counts_sites && !group_by.contains(&Dimension::Measure);
    let Told { sums, figures, tells_total } = told;
    let visible_in_total = if tells_total { figures.of_total(visible_in_total) } else { VisibleFigures::nothing() };
    let total = AggregateRow { visible: visible_in_total, sums: sums.total };
    Ok(AnsweredQuery { group_by, owners, sums, figures, frame: AggregatesResponse::frame(total, sites_additive, meta) })
}

/// The answer of a register that has published no figures yet.
fn nothing_published(state: &AppState, query: &AggregateQuery) -> Result<AggregateAnswer, ApiError> {
    let methodology = query.methodology.map_or_else(|| state.register.methodology_at(1), Ok)?;
    let today = state.register.snapshot().figures.day;
    let day = if let AsOf::AsOf(day) = query.time { day } else { today - Days::new(1) };
    let nothing = Figures::before_the_register(day);
    Ok(AggregateAnswer { sums: Arc::default(), figures: Figures { methodology, ..nothing } })
}

/// The names of all partners or projects, where rows are of them. A project of the query that does not exist is refused.
fn owner_names(state: &AppState, asked: Option<&(OwnerKind, Vec<Code>)>) -> Result<OwnerNames, ApiError> {
    match asked {
        None => Ok(OwnerNames::default()),
        Some((OwnerKind::Partner, _)) => {
            let directory = state.register.directory();
            // A partner has one name, in whatever language.
            let named =
                directory.partners.iter().map(|(code, partner)| (code.clone(), [&partner.name; 2].map(String::clone)));
            Ok(OwnerNames::of(OwnerKind::Partner, named))
        }
        Some((OwnerKind::Project, codes)) => {
            let projects = partners_and_clients::projects(&mut state.register.database().connection()?)?;
            if codes.iter().any(|code| projects.iter().all(|known| known.code != *code)) {
                return Err(ApiError::invalid("project", Fault::UnknownProject));
            }
            Ok(OwnerNames::of(
                OwnerKind::Project,
                projects.into_iter().map(|one| (one.code, [one.name_vi, one.name_en])),
            ))
        }
    }
}
