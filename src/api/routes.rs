//! The HTTP interface. One table, [`ROUTES`], says for every method and path what it needs and
//! who answers it; routing, authorisation and tests all read this table.

use actix_web::http::Method;
use actix_web::{guard, web};

use crate::api::callers::token_endpoint;
use crate::api::documentation::swagger_ui;
use crate::api::http::Access::{AnyClient, Householder, Needs, Open, Public};
use crate::api::http::{Access, MatchedRoute, MethodFacts, Scope, cors, matched_route, problem};
use crate::api::installations::{actions, estimate, history};
use crate::api::numbers::{
    aggregates, bridge, dimensions, headline, methodologies, province_progress, releases, tables, timeline,
};
use crate::api::operations::{health, metrics};
use crate::api::partners::{clients, partners_and_projects};
use crate::api::reference::lists;
use crate::api::review::{disputes, queue_and_decisions};
use crate::api::sites;

use super::{householder, installations, request_body};

/// One method of one path.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, as the router and the documentation write it.
    pub path: &'static str,
    /// What a caller needs.
    pub access: Access,
    /// Who answers.
    pub handler: fn() -> actix_web::Route,
    /// The most bytes that a body may have here.
    pub body_limit: usize,
    /// Whether callers without a token are counted by their address.
    pub counts_addresses: bool,
    /// Whether it is carried out once under an `Idempotency-Key`. The others do the same twice anyway.
    pub takes_key: bool,
}

impl Route {
    const fn counting_addresses(mut self) -> Self {
        self.counts_addresses = true;
        self
    }

    const fn taking_keys(mut self) -> Self {
        self.takes_key = true;
        self
    }

    const fn with_bodies_up_to(mut self, limit: usize) -> Self {
        self.body_limit = limit;
        self
    }

    fn facts(&self) -> MethodFacts {
        MethodFacts { method: self.method.clone(), access: self.access, body_limit: self.body_limit }
    }

    /// Whether whoever asks too often is answered 429.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.counts_addresses || matches!(self.access, Needs(_) | AnyClient)
    }
}

const fn row(method: Method, path: &'static str, access: Access, handler: fn() -> actix_web::Route) -> Route {
    Route {
        method,
        path,
        access,
        handler,
        body_limit: request_body::BODY_LIMIT,
        counts_addresses: false,
        takes_key: false,
    }
}

const fn get(path: &'static str, access: Access, handler: fn() -> actix_web::Route) -> Route {
    row(Method::GET, path, access, handler)
}

const fn post(path: &'static str, access: Access, handler: fn() -> actix_web::Route) -> Route {
    row(Method::POST, path, access, handler)
}

const fn patch(path: &'static str, scope: Scope, handler: fn() -> actix_web::Route) -> Route {
    row(Method::PATCH, path, Needs(scope), handler).taking_keys()
}

const fn act(path: &'static str, scope: Scope, handler: fn() -> actix_web::Route) -> Route {
    post(path, Needs(scope), handler).taking_keys()
}

/// Every route there is.
pub static ROUTES: &[Route] = &[
    // First, because paths are tried in this order and this one is asked for most.
    get("/v1/progress", Public, || read().to(headline::handlers::get_progress)),
    get("/v1/progress.csv", Public, || read().to(headline::handlers::get_progress_table)),
    get("/v1/progress.txt", Public, || read().to(headline::handlers::get_progress_text)),
    get("/v1/progress/provinces", Public, || read().to(province_progress::get_provinces)),
    get("/v1/progress/provinces.geojson", Public, || read().to(province_progress::get_provinces_map)),
    get("/v1/provinces.geojson", Public, || read().to(province_progress::get_outlines)),
    get("/v1/progress/timeline", Public, || read().to(timeline::get_timeline)),
    get("/v1/progress/bridge", Public, || read().to(bridge::get_bridge)).counting_addresses(),
    get("/v1/progress/releases", Public, || read().to(releases::list_releases)),
    act("/v1/progress/releases", Scope::Administer, || web::post().to(releases::create_release)),
    get("/v1/progress/releases/{id}", Public, || read().to(releases::get_release)),
    get("/v1/tables", Public, || read().to(tables::handlers::list_tables)),
    // Before the other, which takes any name.
    get("/v1/tables/{name}.csv", Public, || read().to(tables::handlers::get_table_csv)),
    get("/v1/tables/{name}", Public, || read().to(tables::handlers::get_table)),
    post("/oauth/token", Open, || web::post().to(token_endpoint::issue_token)).counting_addresses(),
    get("/.well-known/jwks.json", Open, || read().to(token_endpoint::get_keys)),
    get("/.well-known/oauth-authorization-server", Open, || read().to(token_endpoint::get_metadata)),
    act("/v1/installations", Scope::Register, || web::post().to(installations::handlers::create_installation)),
    get("/v1/installations", Needs(Scope::ReadInstallations), || {
        read().to(installations::handlers::list_installations)
    }),
    get("/v1/installations/{id}", Needs(Scope::ReadInstallations), || {
        read().to(installations::handlers::get_installation)
    }),
    patch("/v1/installations/{id}", Scope::Register, || web::patch().to(actions::correct_installation)),
    get("/v1/installations/{id}/history", Needs(Scope::ReadInstallations), || read().to(history::get_history)),
    get("/v1/installations/{id}/estimate", Needs(Scope::ReadInstallations), || read().to(estimate::get_estimate)),
    act("/v1/installations/{id}/complete", Scope::Register, || web::post().to(actions::complete_installation)),
    act("/v1/installations/{id}/resubmit", Scope::Register, || web::post().to(actions::resubmit_installation)),
    act("/v1/installations/{id}/withdraw", Scope::Register, || web::post().to(actions::withdraw_installation)),
    act("/v1/installations/{id}/decommission", Scope::Register, || web::post().to(actions::decommission_installation)),
    act("/v1/installations/{id}/verify", Scope::Review, || web::post().to(actions::verify_installation)),
    act("/v1/installations/{id}/reject", Scope::Review, || web::post().to(actions::reject_installation)),
    get("/v1/sites/{id}", Needs(Scope::ReadInstallations), || read().to(sites::handlers::get_site)),
    patch("/v1/sites/{id}", Scope::Register, || web::patch().to(sites::handlers::correct_site)),
    get("/v1/review/queue", Needs(Scope::Review), || read().to(queue_and_decisions::get_review_queue)),
    post("/v1/review/decisions", Needs(Scope::Review), || web::post().to(queue_and_decisions::decide_installations))
        .with_bodies_up_to(queue_and_decisions::BODY_LIMIT),
    act("/v1/installations/{id}/householder-code", Scope::Register, || {
        web::post().to(householder::codes::issue_householder_code)
    }),
    get("/v1/review/disputes", Needs(Scope::Review), || read().to(disputes::list_disputes)),
    post("/v1/review/disputes/{id}/close", Needs(Scope::Review), || web::post().to(disputes::close_dispute)),
    get("/v1/householder", Householder, || read().to(householder::handlers::get_home)).counting_addresses(),
    post("/v1/householder/dispute", Householder, || web::post().to(householder::handlers::open_dispute))
        .counting_addresses(),
    post("/v1/householder/withdraw-consent", Householder, || web::post().to(householder::handlers::withdraw_consent))
        .counting_addresses(),
    act("/v1/partners", Scope::Administer, || web::post().to(partners_and_projects::create_partner)),
    get("/v1/partners", Needs(Scope::Administer), || read().to(partners_and_projects::list_partners)),
    post("/v1/partners/{code}/suspend", Needs(Scope::Administer), || {
        web::post().to(partners_and_projects::suspend_partner)
    }),
    post("/v1/partners/{code}/resume", Needs(Scope::Administer), || {
        web::post().to(partners_and_projects::resume_partner)
    }),
    act("/v1/clients", Scope::Administer, || web::post().to(clients::create_client)),
    get("/v1/clients", Needs(Scope::Administer), || read().to(clients::list_clients)),
    post("/v1/clients/{client_id}/revoke", Needs(Scope::Administer), || web::post().to(clients::revoke_client)),
    act("/v1/clients/{client_id}/reset-secret", Scope::Administer, || web::post().to(clients::reset_client_secret)),
    get("/v1/me", AnyClient, || read().to(clients::get_me)),
    act("/v1/projects", Scope::Administer, || web::post().to(partners_and_projects::create_project)),
    get("/v1/aggregates", Needs(Scope::ReadAggregates), || read().to(aggregates::handlers::get_aggregates)),
    get("/v1/aggregates.csv", Needs(Scope::ReadAggregates), || read().to(aggregates::csv::get_aggregates_table)),
    get("/v1/dimensions", Public, || read().to(dimensions::list_dimensions)),
    get("/v1/measures", Public, || read().to(lists::list_measures)),
    get("/v1/provinces", Public, || read().to(lists::list_provinces)),
    get("/v1/communes", Public, || read().to(lists::search_communes)).counting_addresses(),
    get("/v1/methodology", Public, || read().to(methodologies::list_methodologies)),
    get("/v1/methodology/{version}", Public, || read().to(methodologies::get_methodology)),
    get("/v1/consent/{version}", Public, || read().to(householder::consent::get_consent_text)),
    get("/problems/{code}", Open, || read().to(problem::get_problem)),
    get("/livez", Open, || read().to(health::get_liveness)),
    get("/readyz", Open, || read().to(health::get_readiness)),
    get("/openapi.json", Public, || read().to(swagger_ui::get_openapi)),
    get("/docs", Open, || read().to(swagger_ui::redirect_to_docs)),
    get("/docs/{file:.*}", Open, || read().to(swagger_ui::get_docs)),
    get("/", Open, || read().to(swagger_ui::get_index)),
];

/// Every route of the operators' listener, which the public does not reach.
pub static OPERATOR_ROUTES: &[Route] = &[
    get("/metrics", Open, || read().to(metrics::get_metrics)),
    get("/livez", Open, || read().to(health::get_liveness)),
    get("/readyz", Open, || read().to(health::get_readiness)),
];

/// A route for `GET` and `HEAD`.
fn read() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Puts every row of the table in its place. A path knows its methods, so that another method
/// is answered 405 and an unknown path 404, both as problems.
pub fn configure(config: &mut web::ServiceConfig) {
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
            resource = resource.route((row.handler)());
        }
        if is_public {
            resource = resource.route(web::method(Method::OPTIONS).to(cors::allow));
        }
        config.service(resource.default_service(web::to(matched_route::method_not_allowed)));
    }
    config.default_service(web::to(matched_route::not_found));
}
