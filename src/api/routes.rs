//! The HTTP interface in one table. A row of [`ROUTES`] is the only place that names the method, path,
//! access, limits, tag and summary of a route; routing, authorisation, the OpenAPI document and tests read
//! it. What a route takes and answers stands at its handler, in `#[utoipa::path(...)]`.

use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::{guard, web};
use utoipa::OpenApi;

use crate::api::callers::{keys_and_metadata, token_endpoint};
use crate::api::documentation::tags::{
    ADMINISTRATION, AGGREGATES, HOUSEHOLDER, INSTALLATIONS, OAUTH, OPERATIONS, PROGRESS, REFERENCE, REVIEW, TABLES,
};
use crate::api::documentation::{self, DocumentPage, swagger_ui};
use crate::api::http::Access::{AnyClient, Householder, Needs, Open, Public};
use crate::api::http::{Access, Handler, MatchedRoute, Scope, cors, matched_route, problem_page};
use crate::api::installations::{actions, estimate, history, householder_codes};
use crate::api::numbers::{
    aggregates, bridge, dimensions, headline, methodologies, province_progress, releases, tables, timeline,
};
use crate::api::operations::{health, metrics};
use crate::api::partners::{clients, partners_and_projects, quotas};
use crate::api::reference::{communes, disclosure, measures, outlines, provinces};
use crate::api::review::{disputes, queue_and_decisions, rejections};
use crate::api::{householder, installations, sites};

pub use crate::api::http::Route;

/// The largest body of bulk decisions in bytes: a thousand decisions with the longest notes.
const DECISIONS_LIMIT: usize = 4 * 1024 * 1024;

/// A handler with its description. utoipa wants a method and a path at each handler; they are `get` and
/// `""` there and mean nothing, because the document takes both from the row.
macro_rules! answer {
    ($($handler:ident)::+) => {
        Handler {
            serve: |route| route.to($($handler)::+),
            describe: Some(|| {
                #[derive(OpenApi)]
                #[openapi(paths($($handler)::+))]
                struct Described;
                Described::openapi()
            }),
        }
    };
}

/// A handler of a page that the OpenAPI document leaves out.
macro_rules! page {
    ($($handler:ident)::+) => {
        Handler { serve: |route| route.to($($handler)::+), describe: None }
    };
}

const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
    Route::new(Method::GET, path, access, handler)
}

const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
    Route::new(Method::POST, path, access, handler)
}

const fn patch(path: &'static str, scope: Scope, handler: Handler) -> Route {
    Route::new(Method::PATCH, path, Needs(scope), handler).taking_keys()
}

/// A `POST` that writes something new each time, so that it takes an `Idempotency-Key`.
const fn act(path: &'static str, scope: Scope, handler: Handler) -> Route {
    post(path, Needs(scope), handler).taking_keys()
}

/// Every route of the service.
pub static ROUTES: &[Route] = &[
    // First, because paths are tried in this order and this one is asked for most.
    get("/v1/progress", Public, answer!(headline::handlers::get_progress))
        .about(PROGRESS, "Get the headline: progress toward one million"),
    get("/v1/progress.csv", Public, answer!(headline::handlers::get_progress_table))
        .about(PROGRESS, "Get the headline as CSV"),
    get("/v1/progress.txt", Public, answer!(headline::handlers::get_progress_text))
        .about(PROGRESS, "Get the headline as a sentence"),
    get("/v1/progress/provinces", Public, answer!(province_progress::get_provinces))
        .about(PROGRESS, "Get progress by province"),
    get("/v1/progress/provinces.csv", Public, answer!(province_progress::get_provinces_csv))
        .about(PROGRESS, "Get progress by province as CSV"),
    get("/v1/progress/provinces.geojson", Public, answer!(province_progress::get_provinces_map))
        .about(PROGRESS, "Get progress by province as a map"),
    get("/v1/provinces.geojson", Public, answer!(outlines::get_outlines))
        .about(REFERENCE, "Get the outlines of the provinces"),
    get("/v1/progress/timeline", Public, answer!(timeline::get_timeline)).about(PROGRESS, "Get the headline over time"),
    get("/v1/progress/timeline.csv", Public, answer!(timeline::get_timeline_csv))
        .about(PROGRESS, "Get the headline over time as CSV"),
    get("/v1/progress/bridge.csv", Public, answer!(bridge::get_bridge_csv))
        .about(PROGRESS, "Explain the change between two days as CSV")
        .counting_addresses(),
    get("/v1/progress/bridge", Public, answer!(bridge::get_bridge))
        .about(PROGRESS, "Explain the change of the headline between two days")
        .counting_addresses(),
    get("/v1/progress/releases", Public, answer!(releases::list_releases))
        .about(PROGRESS, "List the releases")
        .counting_addresses(),
    act("/v1/progress/releases", Scope::Administer, answer!(releases::create_release))
        .about(ADMINISTRATION, "Publish a release"),
    get("/v1/progress/releases/{id}", Public, answer!(releases::get_release))
        .about(PROGRESS, "Get a release")
        .counting_addresses(),
    get("/v1/progress/releases/{id}/sealed", Public, answer!(releases::get_sealed_release))
        .about(PROGRESS, "Get the sealed bytes of a release")
        .counting_addresses(),
    get("/v1/progress/days/{day}/sealed", Public, answer!(releases::get_sealed_day))
        .about(PROGRESS, "Get the sealed bytes of a closed day")
        .counting_addresses(),
    get("/v1/tables", Public, answer!(tables::handlers::list_tables)).about(TABLES, "List the public tables"),
    // Before the other, which takes any name.
    get("/v1/tables/{name}.csv", Public, answer!(tables::handlers::get_table_csv))
        .about(TABLES, "Get a public table as CSV"),
    get("/v1/tables/{name}", Public, answer!(tables::handlers::get_table)).about(TABLES, "Get a public table"),
    post("/oauth/token", Open, answer!(token_endpoint::issue_token)).about(OAUTH, "Get a token").counting_addresses(),
    get("/.well-known/jwks.json", Open, answer!(keys_and_metadata::get_keys))
        .about(OAUTH, "Get the public keys of tokens"),
    get("/.well-known/oauth-authorization-server", Open, answer!(keys_and_metadata::get_metadata))
        .about(OAUTH, "Get the metadata of the authorisation server"),
    act("/v1/installations", Scope::Register, answer!(installations::handlers::create_installation))
        .about(INSTALLATIONS, "Register an installation"),
    get("/v1/installations", Needs(Scope::ReadInstallations), answer!(installations::handlers::list_installations))
        .about(INSTALLATIONS, "List installations"),
    get("/v1/installations/{id}", Needs(Scope::ReadInstallations), answer!(installations::handlers::get_installation))
        .about(INSTALLATIONS, "Get an installation"),
    patch("/v1/installations/{id}", Scope::Register, answer!(actions::correct_installation))
        .about(INSTALLATIONS, "Correct an installation"),
    get("/v1/installations/{id}/history", Needs(Scope::ReadInstallations), answer!(history::get_history))
        .about(INSTALLATIONS, "Get the history of an installation"),
    get("/v1/installations/{id}/estimate", Needs(Scope::ReadInstallations), answer!(estimate::get_estimate))
        .about(INSTALLATIONS, "Get the estimate of one installation"),
    act("/v1/installations/{id}/complete", Scope::Register, answer!(actions::complete_installation))
        .about(INSTALLATIONS, "Report that a pledged installation is in place"),
    act("/v1/installations/{id}/resubmit", Scope::Register, answer!(actions::resubmit_installation))
        .about(INSTALLATIONS, "Ask for another review"),
    act("/v1/installations/{id}/withdraw", Scope::Register, answer!(actions::withdraw_installation))
        .about(INSTALLATIONS, "Withdraw an installation"),
    act("/v1/installations/{id}/decommission", Scope::Register, answer!(actions::decommission_installation))
        .about(INSTALLATIONS, "Report that an installation went out of operation"),
    act("/v1/installations/{id}/verify", Scope::Review, answer!(actions::verify_installation))
        .about(REVIEW, "Verify an installation"),
    act("/v1/installations/{id}/reject", Scope::Review, answer!(actions::reject_installation))
        .about(REVIEW, "Reject an installation"),
    get("/v1/sites/{id}", Needs(Scope::ReadInstallations), answer!(sites::handlers::get_site))
        .about(INSTALLATIONS, "Get a site"),
    patch("/v1/sites/{id}", Scope::Register, answer!(sites::handlers::correct_site))
        .about(INSTALLATIONS, "Correct a site"),
    get("/v1/review/queue", Needs(Scope::Review), answer!(queue_and_decisions::get_review_queue))
        .about(REVIEW, "List the installations that wait for review"),
    post("/v1/review/decisions", Needs(Scope::Review), answer!(queue_and_decisions::decide_installations))
        .about(REVIEW, "Decide on many installations")
        .with_bodies_up_to(DECISIONS_LIMIT),
    post("/v1/review/rejections", Needs(Scope::RejectUnverified), answer!(rejections::reject_unverified))
        .about(REVIEW, "Reject what nobody verified of one partner and one span"),
    act("/v1/installations/{id}/householder-code", Scope::Register, answer!(householder_codes::issue_householder_code))
        .about(INSTALLATIONS, "Give the householder a new code"),
    get("/v1/review/disputes", Needs(Scope::Review), answer!(disputes::list_disputes))
        .about(REVIEW, "List open disputes"),
    post("/v1/review/disputes/{id}/close", Needs(Scope::Review), answer!(disputes::close_dispute))
        .about(REVIEW, "Answer a dispute"),
    get("/v1/householder", Householder, answer!(householder::handlers::get_home))
        .about(HOUSEHOLDER, "Get what is recorded about my home")
        .counting_addresses(),
    post("/v1/householder/dispute", Householder, answer!(householder::handlers::open_dispute))
        .about(HOUSEHOLDER, "Dispute what is recorded about my home")
        .counting_addresses(),
    post("/v1/householder/withdraw-consent", Householder, answer!(householder::handlers::withdraw_consent))
        .about(HOUSEHOLDER, "Withdraw my consent")
        .counting_addresses(),
    act("/v1/partners", Scope::Administer, answer!(partners_and_projects::create_partner))
        .about(ADMINISTRATION, "Add a partner"),
    get("/v1/partners", Needs(Scope::Administer), answer!(partners_and_projects::list_partners))
        .about(ADMINISTRATION, "List partners"),
    post("/v1/partners/{code}/suspend", Needs(Scope::Administer), answer!(partners_and_projects::suspend_partner))
        .about(ADMINISTRATION, "Suspend a partner"),
    post("/v1/partners/{code}/resume", Needs(Scope::Administer), answer!(partners_and_projects::resume_partner))
        .about(ADMINISTRATION, "Resume a partner"),
    post("/v1/partners/{code}/quota", Needs(Scope::Administer), answer!(quotas::set_quota))
        .about(ADMINISTRATION, "Give a partner a daily quota of its own"),
    act("/v1/clients", Scope::Administer, answer!(clients::create_client)).about(ADMINISTRATION, "Add a client"),
    get("/v1/clients", Needs(Scope::Administer), answer!(clients::list_clients)).about(ADMINISTRATION, "List clients"),
    post("/v1/clients/{client_id}/revoke", Needs(Scope::Administer), answer!(clients::revoke_client))
        .about(ADMINISTRATION, "Revoke a client"),
    act("/v1/clients/{client_id}/reset-secret", Scope::Administer, answer!(clients::reset_client_secret))
        .about(ADMINISTRATION, "Give a client a new secret"),
    get("/v1/me", AnyClient, answer!(clients::get_me)).about(OAUTH, "Get the client that calls"),
    act("/v1/projects", Scope::Administer, answer!(partners_and_projects::create_project))
        .about(ADMINISTRATION, "Add a project"),
    get("/v1/aggregates", Needs(Scope::ReadAggregates), answer!(aggregates::handlers::get_aggregates))
        .about(AGGREGATES, "Aggregate the register"),
    get("/v1/aggregates.csv", Needs(Scope::ReadAggregates), answer!(aggregates::csv::get_aggregates_table))
        .about(AGGREGATES, "Aggregate the register, as CSV"),
    get("/v1/dimensions", Public, answer!(dimensions::list_dimensions))
        .about(AGGREGATES, "List the dimensions of aggregates"),
    get("/v1/measures", Public, answer!(measures::list_measures)).about(REFERENCE, "List the measures"),
    get("/v1/provinces", Public, answer!(provinces::list_provinces)).about(REFERENCE, "List the provinces"),
    get("/v1/communes", Public, answer!(communes::search_communes))
        .about(REFERENCE, "Find a commune")
        .counting_addresses(),
    get("/v1/methodology", Public, answer!(methodologies::list_methodologies))
        .about(REFERENCE, "List the methodologies"),
    get("/v1/methodology/{version}", Public, answer!(methodologies::get_methodology))
        .about(REFERENCE, "Get a methodology"),
    get("/v1/disclosure", Public, answer!(disclosure::get_disclosure))
        .about(REFERENCE, "Get the rules by which figures are published"),
    get("/v1/consent/{version}", Public, answer!(householder::consent::get_consent_text))
        .about(HOUSEHOLDER, "Get the text that householders consent to"),
    get("/problems/{code}", Open, answer!(problem_page::get_problem))
        .about(REFERENCE, "Get the meaning of a problem code"),
    get("/livez", Open, answer!(health::get_liveness)).about(OPERATIONS, "Ask whether the process is alive"),
    get("/readyz", Open, answer!(health::get_readiness)).about(OPERATIONS, "Ask whether the service can do its work"),
    get("/openapi.json", Public, answer!(swagger_ui::get_openapi)).about(OPERATIONS, "Get this OpenAPI document"),
    get("/docs", Open, page!(swagger_ui::redirect_to_docs)),
    get("/docs/{file:.*}", Open, page!(swagger_ui::get_docs)),
    get("/", Open, page!(swagger_ui::get_index)),
];

/// Every route of the operators' listener, which the public does not reach.
pub static OPERATOR_ROUTES: &[Route] = &[
    get("/metrics", Open, page!(metrics::get_metrics)),
    get("/livez", Open, answer!(health::get_liveness)).about(OPERATIONS, "Ask whether the process is alive"),
    get("/readyz", Open, page!(health::get_readiness_of_operators)),
];

/// The OpenAPI document of [`ROUTES`], made when it is first asked for.
static DOCUMENT: LazyLock<web::Data<DocumentPage>> =
    LazyLock::new(|| web::Data::new(DocumentPage::new(|| documentation::document_json(ROUTES))));

/// A router's route for `GET` and `HEAD`.
fn read() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Puts every row of the table in its place. A path knows its methods, so that another method
/// is answered 405 and an unknown path 404, both as problems.
pub fn configure(config: &mut web::ServiceConfig) {
    config.app_data(DOCUMENT.clone());
    configure_rows(ROUTES, config);
}

/// The same for the operators' listener.
pub fn configure_operators(config: &mut web::ServiceConfig) {
    configure_rows(OPERATOR_ROUTES, config);
}

fn configure_rows(table: &'static [Route], config: &mut web::ServiceConfig) {
    let mut paths: Vec<&'static str> = table.iter().map(|row| row.path).collect();
    paths.dedup();
    for path in paths {
        let rows = || table.iter().filter(|row| row.path == path);
        let is_public = rows().any(|row| row.access == Public);
        let methods = rows().map(Route::facts).collect();
        let mut resource = web::resource(path).app_data(MatchedRoute { path, is_public, methods });
        for row in rows() {
            let route = if row.method == Method::GET { read() } else { web::method(row.method.clone()) };
            resource = resource.route((row.handler.serve)(route));
        }
        if is_public {
            resource = resource.route(web::method(Method::OPTIONS).to(cors::allow));
        }
        config.service(resource.default_service(web::to(matched_route::method_not_allowed)));
    }
    config.default_service(web::to(matched_route::not_found));
}
