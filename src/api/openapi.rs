//! The OpenAPI document. Paths and schemas come from the handlers; what the route table knows
//! (scopes, the errors that follow from them, and the headers of those) is added here, once for all.

mod finish;

use actix_web::http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, Header, ObjectBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder, Type,
};

use super::access::{Access, Scope};
use super::problem::MEDIA_TYPE;
use super::{ROUTES, administration, docs, health, installations, metrics, oauth, problem, progress, reference};

const SCHEME: &str = "oauth2";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Green Homes",
        description = "The register and public counter of Triệu Ngôi Nhà Xanh (Million Green Homes).",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        oauth::issue_token, oauth::get_keys, oauth::get_metadata,
        installations::create_installation, installations::list_installations, installations::get_installation,
        installations::verify_installation, installations::reject_installation,
        administration::create_partner, administration::list_partners, administration::create_client,
        administration::create_project,
        progress::get_progress,
        reference::list_measures, reference::list_provinces, reference::search_communes,
        problem::get_problem,
        health::get_liveness, health::get_readiness, metrics::get_metrics, docs::get_openapi,
    ),
    components(schemas(problem::Problem, crate::domain::id::InstallationId)),
    tags(
        (name = "progress", description = "The public headline."),
        (name = "installations", description = "For installer partners."),
        (name = "review", description = "For reviewers."),
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
    for row in ROUTES {
        let Some(item) = document.paths.paths.get_mut(row.path) else { continue };
        let operation = match row.method.as_str() {
            "GET" => item.get.as_mut(),
            "PATCH" => item.patch.as_mut(),
            _ => item.post.as_mut(),
        };
        if let Some(operation) = operation {
            complete(operation, row.path, row.access);
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

fn header(kind: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// The document as the repository keeps it: indented, with a line end.
#[must_use]
pub fn document_json() -> String {
    let mut document = serde_json::to_value(document()).unwrap_or_default();
    finish::require_headers(&mut document);
    finish::close_bodies(&mut document);
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
fn complete(operation: &mut Operation, path: &str, access: Access) {
    let has_body = operation.request_body.is_some() && path != "/oauth/token";
    let mut problems: Vec<(&str, &str)> = Vec::new();
    if let Access::Needs(scope) = access {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, [scope.as_str()])]);
        problems.extend([
            ("401", "No valid token."),
            ("403", "The token's role may not do this."),
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
