//! The HTTP interface. One table, [`ROUTES`], says for every method and path what it needs and
//! who answers it; routing, authorisation and tests all read this table.

mod access;
mod admin_bodies;
mod administration;
pub mod auth;
mod body;
mod caller;
mod docs;
mod error;
mod health;
mod installations;
mod json;
mod meta;
mod meter;
mod metrics;
mod middleware;
mod oauth;
pub mod openapi;
mod origins;
mod problem;
mod progress;
mod query;
mod reader;
mod reference;
mod request_id;
mod requests;
mod schemas;
mod state;

use actix_web::http::Method;
use actix_web::{HttpRequest, Route, guard, web};

pub use access::{Access, Scope};
pub use meter::Meter;
pub use middleware::finish;
pub use progress::render as render_progress;
pub use state::{PublicSettings, State};

use Access::{Needs, Open, Public};

/// One method of one path.
pub struct Row {
    /// The method.
    pub method: Method,
    /// The path, as the router and the documentation write it.
    pub path: &'static str,
    /// What a caller needs.
    pub access: Access,
    /// Who answers.
    pub handler: fn() -> Route,
    /// The most bytes that a body may have here.
    pub body_limit: usize,
}

const fn row(method: Method, path: &'static str, access: Access, handler: fn() -> Route) -> Row {
    Row { method, path, access, handler, body_limit: body::LIMIT }
}

const fn get(path: &'static str, access: Access, handler: fn() -> Route) -> Row {
    row(Method::GET, path, access, handler)
}

const fn post(path: &'static str, access: Access, handler: fn() -> Route) -> Row {
    row(Method::POST, path, access, handler)
}

/// Every route there is.
pub static ROUTES: &[Row] = &[
    // First, because paths are tried in this order and this one is asked for most.
    get("/v1/progress", Public, || read().to(progress::get_progress)),
    post("/oauth/token", Open, || web::post().to(oauth::issue_token)),
    get("/.well-known/jwks.json", Open, || read().to(oauth::get_keys)),
    get("/.well-known/oauth-authorization-server", Open, || read().to(oauth::get_metadata)),
    post("/v1/installations", Needs(Scope::Register), || web::post().to(installations::create_installation)),
    get("/v1/installations", Needs(Scope::ReadInstallations), || read().to(installations::list_installations)),
    get("/v1/installations/{id}", Needs(Scope::ReadInstallations), || read().to(installations::get_installation)),
    post("/v1/installations/{id}/verify", Needs(Scope::Review), || web::post().to(installations::verify_installation)),
    post("/v1/installations/{id}/reject", Needs(Scope::Review), || web::post().to(installations::reject_installation)),
    post("/v1/partners", Needs(Scope::Administer), || web::post().to(administration::create_partner)),
    get("/v1/partners", Needs(Scope::Administer), || read().to(administration::list_partners)),
    post("/v1/clients", Needs(Scope::Administer), || web::post().to(administration::create_client)),
    post("/v1/projects", Needs(Scope::Administer), || web::post().to(administration::create_project)),
    get("/v1/measures", Public, || read().to(reference::list_measures)),
    get("/v1/provinces", Public, || read().to(reference::list_provinces)),
    get("/v1/communes", Public, || read().to(reference::search_communes)),
    get("/problems/{code}", Open, || read().to(problem::get_problem)),
    get("/livez", Open, || read().to(health::get_liveness)),
    get("/readyz", Open, || read().to(health::get_readiness)),
    get("/metrics", Open, || read().to(metrics::get_metrics)),
    get("/openapi.json", Public, || read().to(docs::get_openapi)),
    get("/docs", Open, || read().to(docs::redirect_to_docs)),
    get("/docs/{file:.*}", Open, || read().to(docs::get_docs)),
    get("/", Open, || read().to(docs::get_index)),
];

/// The path of the table that a request matched, kept beside its handlers.
#[derive(Clone, Copy)]
struct Matched {
    path: &'static str,
    /// Whether pages of any origin may read it.
    is_public: bool,
}

/// The path of the table that a request matched.
fn matched_path(request: &HttpRequest) -> Option<&'static str> {
    request.app_data::<Matched>().map(|matched| matched.path)
}

/// The row that a request matched. `HEAD` is answered as `GET` is.
fn matched_row(request: &HttpRequest) -> Option<&'static Row> {
    let path = matched_path(request)?;
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    ROUTES.iter().find(|row| row.path == path && row.method == *method)
}

/// A route for `GET` and `HEAD`.
fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Puts every row of the table in its place. A path knows its methods, so that another method
/// is answered 405 and an unknown path 404, both as problems.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut paths: Vec<&'static str> = ROUTES.iter().map(|row| row.path).collect();
    paths.dedup();
    for path in paths {
        let rows = || ROUTES.iter().filter(|row| row.path == path);
        let is_public = rows().any(|row| row.access == Public);
        let mut resource = web::resource(path).app_data(Matched { path, is_public });
        for row in rows() {
            resource = resource.route((row.handler)());
        }
        if is_public {
            resource = resource.route(web::method(Method::OPTIONS).to(origins::allow));
        }
        config.service(resource.default_service(web::to(error::method_not_allowed)));
    }
    config.default_service(web::to(error::not_found));
}
