//! One operation of the OpenAPI document: what its handler says, completed by what follows from its row in
//! the route table (scopes, the problems that follow from them, the headers of those).

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, ObjectBuilder, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Type};

use crate::api::http::{Access, MEDIA_TYPE, Route, idempotency_key};
use crate::domain::records::Role;

use super::pages::{self, header};
use super::security::{BASIC, CODE_SCHEME, SCHEME};

/// The operation of a route. `described` is what utoipa made of the handler: a path item with one operation.
/// The first paragraph at a handler is "summary" to utoipa; here the row has the summary, and every
/// paragraph at the handler is description.
pub fn of_route(route: &Route, described: PathItem) -> Option<Operation> {
    let PathItem { get, post, patch, .. } = described;
    let mut operation = get.or(post).or(patch)?;
    let paragraphs = [operation.summary.take(), operation.description.take()].into_iter().flatten();
    let paragraphs: Vec<String> = paragraphs.filter(|paragraph| !paragraph.is_empty()).collect();
    operation.description = (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"));
    operation.summary = Some(route.summary.to_owned());
    operation.tags = Some(vec![route.tag.to_owned()]);
    complete(&mut operation, route);
    if route.access == Access::Public {
        pages::describe(&mut operation);
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            describe_answer(status, response);
            name_headers(status, response);
        }
    }
    Some(operation)
}

/// Adds what follows from the route: its scope, and the problems that it can answer.
fn complete(operation: &mut Operation, route: &Route) {
    let path = route.path;
    // Where no body is asked for, one that is sent must still be good.
    let has_body = route.method != Method::GET && path != "/oauth/token";
    let mut problems: Vec<(&str, &str)> = Vec::new();
    if let Access::Needs(scope) = route.access {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, [scope.as_str()])]);
        problems.push(("403", "The token's role may not do this."));
    }
    if route.is_limited() && path != "/oauth/token" {
        problems.push(("429", "Too many requests; try again after Retry-After seconds."));
    }
    if route.access == Access::AnyClient {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, <[&str; 0]>::default())]);
    }
    let is_for_dashboards = match route.access {
        Access::AnyClient => true,
        Access::Needs(scope) => scope.is_held_by(Role::Dashboard),
        Access::Open | Access::Public | Access::Householder => false,
    };
    if route.method == Method::GET && is_for_dashboards {
        let basic = SecurityRequirement::new(BASIC, <[&str; 0]>::default());
        operation.security.get_or_insert_default().push(basic);
    }
    if matches!(route.access, Access::Needs(_) | Access::AnyClient) {
        problems.extend([("401", "No valid token."), ("503", "Busy; try again after Retry-After seconds.")]);
    }
    if route.access == Access::Public && path.starts_with("/v1/") {
        problems.push(("503", "Busy; try again after Retry-After seconds."));
    }
    if route.access == Access::Householder {
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
    if route.takes_key {
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
