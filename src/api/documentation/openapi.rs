//! The OpenAPI document. Paths and schemas come from the handlers; what the route table knows
//! (scopes, the errors that follow from them, and the headers of those) is added here, once for all.

use actix_web::http::{Method, StatusCode};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityRequirement,
    SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};

use crate::api::callers::{householder_code, token_endpoint};
use crate::api::http::{Access, MEDIA_TYPE, Scope, idempotency_key, problem};
use crate::api::installations::{actions, estimate, history};
use crate::api::numbers::{
    aggregates, bridge, dimensions, headline, methodologies, province_progress, releases, tables, timeline,
};
use crate::api::operations::health;
use crate::api::partners::{clients, partners_and_projects};
use crate::api::reference::lists;
use crate::api::review::{disputes, queue_and_decisions};
use crate::api::routes::{ROUTES, Route};
use crate::api::{householder, installations, sites};
use crate::domain::records::Role;

use super::openapi_pages::header;
use super::{openapi_finish, openapi_pages, swagger_ui};

const SCHEME: &str = "oauth2";
/// For dashboards, on GET.
const BASIC: &str = "basic";
const CODE_SCHEME: &str = "householder_code";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Green Homes",
        description = "The register and public counter of Triệu Ngôi Nhà Xanh (Million Green Homes).",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        token_endpoint::issue_token, token_endpoint::get_keys, token_endpoint::get_metadata,
        installations::handlers::create_installation, installations::handlers::list_installations, installations::handlers::get_installation,
        actions::correct_installation, actions::complete_installation, actions::resubmit_installation,
        actions::withdraw_installation, actions::decommission_installation, actions::verify_installation,
        actions::reject_installation, history::get_history, estimate::get_estimate, sites::handlers::get_site, sites::handlers::correct_site,
        queue_and_decisions::get_review_queue, queue_and_decisions::decide_installations,
        partners_and_projects::create_partner, partners_and_projects::list_partners, partners_and_projects::suspend_partner,
        partners_and_projects::resume_partner, partners_and_projects::create_project,
        clients::create_client, clients::list_clients, clients::revoke_client, clients::reset_client_secret,
        clients::get_me,
        headline::handlers::get_progress, headline::handlers::get_progress_table, headline::handlers::get_progress_text,
        timeline::get_timeline, bridge::get_bridge, releases::list_releases, releases::get_release, releases::create_release, province_progress::get_provinces, province_progress::get_provinces_map, province_progress::get_outlines, aggregates::handlers::get_aggregates,
        aggregates::csv::get_aggregates_table, dimensions::list_dimensions,
        tables::handlers::list_tables, tables::handlers::get_table, tables::handlers::get_table_csv,
        householder::consent::get_consent_text, householder::codes::issue_householder_code, householder::handlers::get_home,
        householder::handlers::open_dispute, householder::handlers::withdraw_consent, disputes::list_disputes,
        disputes::close_dispute,
        methodologies::list_methodologies, methodologies::get_methodology,
        lists::list_measures, lists::list_provinces, lists::search_communes,
        problem::get_problem,
        health::get_liveness, health::get_readiness, swagger_ui::get_openapi,
    ),
    components(schemas(problem::Problem, crate::domain::values::InstallationId)),
    tags(
        (name = "progress", description = "The public headline."),
        (name = "tables", description = "The public tables."),
        (name = "aggregates", description = "For dashboards."),
        (name = "installations", description = "For installer partners."),
        (name = "review", description = "For reviewers."),
        (name = "householder", description = "For the person at home."),
        (name = "administration", description = "For administrators."),
        (name = "oauth", description = "Tokens and keys."),
        (name = "reference", description = "Measures, places, problems."),
        (name = "operations", description = "For operators."),
    )
)]
struct Paths;

/// The document.
#[must_use]
pub fn document() -> Document {
    let mut document = Paths::openapi();
    let scopes = Scopes::from_iter(Scope::ALL.map(|scope| (scope.as_str(), describe(scope))));
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes));
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert(SCHEME.to_owned(), RefOr::T(SecurityScheme::OAuth2(OAuth2::new([flow]))));
    let code = ApiKeyValue::with_description(householder_code::HEADER, "The code that a householder was given.");
    let code = SecurityScheme::ApiKey(ApiKey::Header(code));
    components.security_schemes.insert(CODE_SCHEME.to_owned(), RefOr::T(code));
    let basic = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
    components.security_schemes.insert(BASIC.to_owned(), RefOr::T(basic));
    for row in ROUTES {
        let Some(item) = document.paths.paths.get_mut(row.path) else { continue };
        let operation = match row.method.as_str() {
            "GET" => item.get.as_mut(),
            "PATCH" => item.patch.as_mut(),
            _ => item.post.as_mut(),
        };
        if let Some(operation) = operation {
            complete(operation, row);
            if row.access == Access::Public {
                openapi_pages::describe(operation);
            }
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    describe_answer(status, response);
                    name_headers(status, response);
                }
            }
        }
    }
    document
}

/// OpenAPI wants a description of every answer; where a handler gives none, the status speaks.
fn describe_answer(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let code = status.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok());
        code.and_then(|code| code.canonical_reason()).unwrap_or("An answer").clone_into(&mut response.description);
    }
}

/// The headers that a problem comes with.
fn name_headers(status: &str, response: &mut Response) {
    if !response.content.contains_key(MEDIA_TYPE) {
        return;
    }
    let mut headers = vec![
        ("X-Request-Id", Type::String, "The id under which this request stands in the log."),
        ("Content-Language", Type::String, "The language of title and details: vi or en."),
    ];
    match status {
        "401" | "403" => headers.push(("WWW-Authenticate", Type::String, "What a token would have to be (RFC 6750).")),
        "429" | "503" => headers.push(("Retry-After", Type::Integer, "Seconds until it is worth another try.")),
        _ => {}
    }
    for (name, kind, description) in headers {
        response.headers.entry(name.to_owned()).or_insert_with(|| header(kind, description).into());
    }
}

/// The document as the repository keeps it: indented, with a line end.
#[must_use]
pub fn document_json() -> String {
    let mut document = serde_json::to_value(document()).unwrap_or_default();
    openapi_finish::require_headers(&mut document);
    openapi_finish::close_bodies(&mut document);
    format!("{document:#}\n")
}

fn describe(scope: Scope) -> &'static str {
    match scope {
        Scope::Register => "Register installations",
        Scope::ReadInstallations => "Read single installations",
        Scope::Review => "Verify and reject installations",
        Scope::Administer => "Add partners, clients and projects",
        Scope::ReadAggregates => "Read aggregates",
    }
}

/// Adds what follows from the route: its scope, and the problems that it can answer.
fn complete(operation: &mut Operation, row: &Route) {
    let path = row.path;
    // Where no body is asked for, one that is sent must still be good.
    let has_body = row.method != Method::GET && path != "/oauth/token";
    let mut problems: Vec<(&str, &str)> = Vec::new();
    if let Access::Needs(scope) = row.access {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, [scope.as_str()])]);
        problems.push(("403", "The token's role may not do this."));
    }
    if row.is_limited() && path != "/oauth/token" {
        problems.push(("429", "Too many requests; try again after Retry-After seconds."));
    }
    if row.access == Access::AnyClient {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, <[&str; 0]>::default())]);
    }
    let is_for_dashboards = match row.access {
        Access::AnyClient => true,
        Access::Needs(scope) => scope.is_held_by(Role::Dashboard),
        Access::Open | Access::Public | Access::Householder => false,
    };
    if row.method == Method::GET && is_for_dashboards {
        let basic = SecurityRequirement::new(BASIC, <[&str; 0]>::default());
        operation.security.get_or_insert_default().push(basic);
    }
    if matches!(row.access, Access::Needs(_) | Access::AnyClient) {
        problems.extend([("401", "No valid token."), ("503", "Busy; try again after Retry-After seconds.")]);
    }
    if row.access == Access::Public && path.starts_with("/v1/") {
        problems.push(("503", "Busy; try again after Retry-After seconds."));
    }
    if row.access == Access::Householder {
        operation.security = Some(vec![SecurityRequirement::new(CODE_SCHEME, Vec::<String>::new())]);
        problems.extend([
            ("401", "No householder's code, or one that opens nothing."),
            ("503", "Busy; try again after Retry-After seconds."),
        ]);
    }
    if has_body {
        problems.extend([
            ("400", "The body is no JSON."),
            ("413", "The body is too large."),
            ("415", "The body is not application/json."),
        ]);
    }
    if row.takes_key {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        problems.push(("409", "What is there, or the idempotency key, does not allow it."));
    }
    if path.contains('{') {
        problems.push(("404", "There is no such thing, or not for this client."));
    }
    if has_body || path.starts_with("/v1/") {
        problems.push(("422", "Values are wrong, or parameters unknown; every one is named."));
    }
    if operation.parameters.iter().flatten().any(|one| matches!(one, RefOr::T(one) if one.name == "If-Match")) {
        problems.push(("412", "It changed meanwhile; read it again."));
        problems.push(("428", "If-Match is missing."));
    }
    for (status, description) in problems {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem_response(description));
    }
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(idempotency_key::LONGEST))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("A name of this request, as a UUID: sent again under it, it is not done again."))
        .schema(Some(schema.build()))
        .build()
}

fn problem_response(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build())
}

/// Every method and path of the document, for the test that holds it against the route table.
#[must_use]
pub fn operations(document: &Document) -> Vec<(&'static str, String)> {
    let mut operations = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch)] {
            if operation.is_some() {
                operations.push((method, path.clone()));
            }
        }
    }
    operations
}
