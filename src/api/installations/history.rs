//! `GET /v1/installations/{id}/history`: every entry about an installation and its site, with what
//! stood before and after.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, PageInfo, PathId, Query, pagination};
use crate::api::numbers::instant;
use crate::api::state::AppState;
use crate::db::records::{History, PastEntry, history, installation_list as store};
use crate::domain::chain::{PastInstallation, PastSite};
use crate::domain::records::{Actor, Directory, Role};
use crate::domain::values::{Fault, InstallationId, units};

use super::view::MeasureView;

/// The history of an installation, newest first.
#[derive(Serialize, ToSchema)]
pub struct HistoryResponse {
    /// The entries about the installation and its site.
    data: Vec<EventView>,
    /// Where the next page begins.
    page: PageInfo,
}

/// One entry of the register.
#[derive(Serialize, ToSchema)]
pub struct EventView {
    /// The number of its entry in the register. Example: 12874.
    version: i64,
    /// The instant of recording, UTC. Example: 2026-10-02T03:15:00.000000Z.
    recorded_at: String,
    /// The action: `register`, `correct`, `complete`, `verify`, `reject`, `resubmit`, `withdraw`, `decommission`, `correct_site`,
    /// `set_aside` and `give_back` where the partner was suspended and resumed …
    action: String,
    /// Why numbers moved: `registered`, `corrected`, `verified`, `rejected`, `withdrawn`, `decommissioned`, `suspended`, `reinstated` …
    cause: String,
    /// The role of the actor: `partner`, `reviewer`, `admin`, `householder` or `other`.
    by: &'static str,
    /// The id of the client that acted. Partners see their own clients, reviewers and administrators see all; otherwise null.
    client_id: Option<String>,
    /// The code of the reason; of an answered dispute, the outcome. Null if none was given. Example: `new_evidence`.
    reason: Option<String>,
    /// The remark that was sent with the request; null if none was. Example: Seen on the roof.
    note: Option<String>,
    /// The names of personal fields that changed. Their values are not kept.
    personal: Vec<String>,
    /// What was changed, as recorded before; null if it was new.
    before: Option<StateView>,
    /// What was changed, as recorded afterwards.
    after: StateView,
}

/// What an entry changed of an installation and its site.
#[derive(Serialize, ToSchema, Default)]
pub struct StateView {
    /// The installation; null where the entry did not change it.
    installation: Option<PastInstallationView>,
    /// The site; null where the entry did not change it.
    site: Option<PastSiteView>,
}

/// An installation as it stood.
#[derive(Serialize, ToSchema)]
pub struct PastInstallationView {
    /// The status: `pledged`, `installed`, `verified`, `rejected`, `withdrawn` or `decommissioned`.
    status: String,
    /// The day of installation; null while pledged.
    installed_on: Option<NaiveDate>,
    /// The evidence behind the verification: `sampled`, `document`, `inspected` or `metered`; null unless verified.
    evidence_tier: Option<String>,
    /// The last day in operation (YYYY-MM-DD, Hà Nội); null while in operation. Example: 2026-10-31.
    decommissioned_on: Option<NaiveDate>,
    /// The measures with their sizes.
    measures: Vec<MeasureView>,
    /// The code of its project; null if it has none. Example: SCHOOLS-1.
    project_code: Option<String>,
    /// The total cost in whole đồng; null is unknown. Example: 90000000.
    cost_vnd: Option<i64>,
    /// The part of the cost that was support, in whole đồng; null is unknown. Example: 10000000.
    support_vnd: Option<i64>,
    /// Who paid: `own`, `loan`, `grant` or `mixed`; null is unknown.
    finance: Option<String>,
    /// Who owns the system: `occupant` or `third_party`; null is unknown.
    system_owner: Option<String>,
    /// What the site does with its power: `self_only`, `sells_surplus` or `sells_all`; null is unknown.
    power_use: Option<String>,
    /// Whether the environmental attributes were sold: `none`, `carbon`, `rec` or `dppa`; null is unknown.
    attributes_sold: Option<String>,
    /// Whether it counted for nothing, because its partner was suspended and nobody had verified it.
    set_aside: bool,
    /// The number of the revision, from 1. Example: 2.
    revision: i32,
}

/// A site as it stood, without personal data.
#[derive(Serialize, ToSchema)]
pub struct PastSiteView {
    /// The id of the site. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e74.
    id: String,
    /// The kind of the site: `home`, `building`, `office` or `factory`.
    kind: String,
    /// The code of the province, one of the 34. Example: 01.
    province_code: String,
    /// The code of the province before July 2025, one of the 63; null is unknown. Example: 01.
    former_province_code: Option<String>,
    /// The code of the commune, one of the 3,321; null is unknown. Example: 00004.
    commune_code: Option<String>,
    /// Whether a low-income household lives here; null is unknown.
    low_income: Option<bool>,
    /// Whether the place is remote; null is unknown.
    remote: Option<bool>,
    /// Whether a woman heads the household; null is unknown.
    woman_headed: Option<bool>,
    /// The number of the revision, from 1. Example: 2.
    revision: i32,
}

/// Every entry about the installation or its site, newest first: when, who, why, and what was recorded before
/// and after. For its partner, reviewers and administrators.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer."), ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items of a page, 1 to 200; 50 if left out."),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before; left out for the first page.")),
    responses((status = 200, body = HistoryResponse)))]
pub async fn get_history(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let before = query.parse("cursor", |raw| raw.parse::<i64>().map_err(|_| Fault::NotACursor)).unwrap_or(i64::MAX);
    let limit = pagination::limit(&mut query);
    query.finish()?;
    let actor = caller.0.clone();
    let read = state.read(&caller.0, move |connection| {
        let found = store::find(connection, id)?;
        let seen = found.as_ref().and_then(|found| {
            let seen = found.record.installation(id).filter(|installation| actor.may_see(&found.record, installation));
            Some((&found.record, seen?))
        });
        seen.map(|(record, installation)| history::of(connection, record, installation, before, limit)).transpose()
    });
    let history = read.await?.ok_or(ApiError::NotFound)?;
    let oldest = history.entries.last().map(|entry| entry.version.to_string());
    let page = PageInfo { limit, next_cursor: oldest.filter(|_| history.more) };
    let data = events(&history, &id.to_string(), &caller.0, &state.register.directory());
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(HistoryResponse { data, page }))
}

/// Each entry with the records before and after it, newest first.
fn events(history: &History, id: &str, reader: &Actor, directory: &Directory) -> Vec<EventView> {
    let (mut installation, mut site) = (history.installation.as_ref(), history.site.as_ref());
    let mut events = Vec::with_capacity(history.entries.len());
    for entry in history.entries.iter().rev() {
        let changed = entry.facts.installations.iter().find(|one| one.id == id);
        let at = changed.or(installation).map(|one| one.site.as_str());
        let changed_site = entry.facts.sites.iter().find(|one| Some(one.id.as_str()) == at);
        let before = StateView {
            installation: installation.filter(|_| changed.is_some()).map(PastInstallationView::from),
            site: site.filter(|_| changed_site.is_some()).map(PastSiteView::from),
        };
        let known = before.installation.is_some() || before.site.is_some();
        let after = StateView {
            installation: changed.map(PastInstallationView::from),
            site: changed_site.map(PastSiteView::from),
        };
        events.push(EventView::of(entry, reader, directory, known.then_some(before), after));
        installation = changed.or(installation);
        site = changed_site.or(site);
    }
    events.reverse();
    events
}

impl EventView {
    fn of(
        entry: &PastEntry,
        reader: &Actor,
        directory: &Directory,
        before: Option<StateView>,
        after: StateView,
    ) -> Self {
        let client = directory.client(&entry.actor).map(|client| &client.actor);
        let own = client.is_some_and(|client| client.partner.is_some() && client.partner == reader.partner);
        let may_know = own || matches!(reader.role, Role::Reviewer | Role::Admin);
        let facts = &entry.facts;
        let reason = facts.reason.as_ref().or(facts.dispute.as_ref().map(|dispute| &dispute.reason));
        let by = if entry.actor == Actor::householder().client_id { "householder" } else { "other" };
        Self {
            version: entry.version,
            recorded_at: instant(entry.recorded_at),
            action: entry.action.clone(),
            cause: entry.cause.clone(),
            by: client.map_or(by, |client| client.role.as_str()),
            client_id: may_know.then(|| entry.actor.clone()),
            reason: reason.or(facts.closing.as_ref().map(|closing| &closing.outcome)).cloned(),
            // What a householder wrote of a partner's work is for reviewers.
            note: entry.note.clone().filter(|_| facts.dispute.is_none() || reader.role != Role::Partner),
            personal: facts.personal.clone(),
            before,
            after,
        }
    }
}

impl From<&PastInstallation> for PastInstallationView {
    fn from(past: &PastInstallation) -> Self {
        let measure = |line: &crate::domain::chain::PastMeasure| MeasureView {
            measure: line.measure.clone().into(),
            quantity: units(line.quantity_milli),
            inverter_kw: line.inverter_w.map(units),
        };
        Self {
            status: past.status.clone(),
            installed_on: past.installed_on,
            evidence_tier: past.evidence_tier.clone(),
            decommissioned_on: past.decommissioned_on,
            measures: past.measures.iter().map(measure).collect(),
            project_code: past.project_code.clone(),
            cost_vnd: past.cost_vnd,
            support_vnd: past.support_vnd,
            finance: past.finance.clone(),
            system_owner: past.system_owner.clone(),
            power_use: past.power_use.clone(),
            attributes_sold: past.attributes_sold.clone(),
            set_aside: past.set_aside,
            revision: past.revision,
        }
    }
}

impl From<&PastSite> for PastSiteView {
    fn from(past: &PastSite) -> Self {
        Self {
            id: past.id.clone(),
            kind: past.kind.clone(),
            province_code: past.province_code.clone(),
            former_province_code: past.former_province_code.clone(),
            commune_code: past.commune_code.clone(),
            low_income: past.flags.low_income,
            remote: past.flags.remote,
            woman_headed: past.flags.woman_headed,
            revision: past.revision,
        }
    }
}
