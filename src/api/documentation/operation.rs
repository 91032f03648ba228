//! One operation of the OpenAPI document: what its handler says, completed by what follows from its row in
//! the route table (scopes, the problems that follow from them, the headers of those).

use std::collections::BTreeMap;

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};

use crate::api::http::{Access, MEDIA_TYPE, Route, idempotency_key};
use crate::domain::records::Role;

use super::pages::{self, header};
use super::security::{BASIC, CODE_SCHEME, SCHEME};

const IDEMPOTENCY_KEY: &str = "\
Your own key for this request: 1 to 200 visible ASCII characters, for example a UUID. For at least a day the same request \
with the same key gets the first answer and is not carried out again. Example: `8b1f6a52-0c7e-4a55-9d0e-3f6f1d2b7c11`.";

/// The schemas that a handler refers to, by name.
pub type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The operation of a route. `described` is what utoipa made of the handler: a path item with one operation.
/// The first paragraph at a handler is "summary" to utoipa; here the row has the summary, and every
/// paragraph at the handler is description.
pub fn of_route(route: &Route, described: PathItem, schemas: &Schemas) -> Option<Operation> {
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
            describe_answer(status, response, route, schemas);
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
    let mut problems: Vec<&str> = Vec::new();
    if let Access::Needs(scope) = route.access {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, [scope.as_str()])]);
        problems.push("403");
    }
    if route.is_limited() && path != "/oauth/token" {
        problems.push("429");
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
        problems.extend(["401", "503"]);
    }
    if route.access == Access::Public && path.starts_with("/v1/") {
        problems.push("503");
    }
    if route.access == Access::Householder {
        operation.security = Some(vec![SecurityRequirement::new(CODE_SCHEME, Vec::<String>::new())]);
        problems.extend(["401", "503"]);
    }
    if has_body {
        problems.extend(["400", "413", "415"]);
    }
    if route.takes_key {
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        problems.push("409");
    }
    if path.contains('{') {
        problems.push("404");
    }
    if has_body || path.starts_with("/v1/") {
        problems.push("422");
    }
    if operation.parameters.iter().flatten().any(|one| matches!(one, RefOr::T(one) if one.name == "If-Match")) {
        problems.extend(["412", "428"]);
    }
    for status in problems {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(problem_response);
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
        .description(Some(IDEMPOTENCY_KEY))
        .schema(Some(schema.build()))
        .build()
}

/// A problem; [`describe_answer`] describes it.
fn problem_response() -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().content(MEDIA_TYPE, content).build())
}

/// Describes an answer whose handler does not: a problem by its status, another answer by its schema.
fn describe_answer(status: &str, response: &mut Response, route: &Route, schemas: &Schemas) {
    if !response.description.is_empty() {
        return;
    }
    let by_status = || {
        let code = status.parse().ok().and_then(|code: u16| StatusCode::from_u16(code).ok());
        code.and_then(|code| code.canonical_reason()).unwrap_or("An answer").to_owned()
    };
    let of_problem = response.content.contains_key(MEDIA_TYPE).then(|| of_problem(status, route)).flatten();
    response.description = of_problem.or_else(|| of_schema(response, schemas)).unwrap_or_else(by_status);
}

/// The description of the schema that an answer refers to.
fn of_schema(response: &Response, schemas: &Schemas) -> Option<String> {
    let RefOr::T(content) = response.content.values().next()? else { return None };
    let Some(RefOr::Ref(reference)) = &content.schema else { return None };
    let name = reference.ref_location.rsplit('/').next()?;
    let RefOr::T(Schema::Object(object)) = schemas.get(name)? else { return None };
    object.description.clone()
}

/// What a problem of this status means at a route.
fn of_problem(status: &str, route: &Route) -> Option<String> {
    let text = match status {
        "400" => "The body is not JSON; `detail` gives line, column and what stands there.",
        "401" if route.access == Access::Householder => "The header `Householder-Code` is missing or wrong.",
        "401" => "The token is missing or wrong, or, with the code `token_expired`, too old.",
        "403" => "The token's role may not do this, or the client is limited to another province.",
        "404" => "No such record or address, or the client may not see it.",
        "409" if route.takes_key => {
            "The record's state or an earlier request with this `Idempotency-Key` forbids the change; `code` says which."
        }
        "409" => "The record's state forbids the change; `code` says why.",
        "412" => "The record changed after you read it. Read it again and send the new `ETag`.",
        "413" => return Some(format!("The body has more than {} KiB.", route.body_limit / 1024)),
        "415" => "The `Content-Type` is not `application/json`.",
        "422" => "Values or parameters are wrong. `errors` names every one.",
        "428" => "Send `If-Match` with the `ETag` of the record.",
        "429" => "Too many requests. Try again after `Retry-After` seconds.",
        "503" => "The service is busy. Try again after `Retry-After` seconds.",
        _ => return None,
    };
    Some(text.to_owned())
}

/// The headers that a problem comes with.
fn name_headers(status: &str, response: &mut Response) {
    if !response.content.contains_key(MEDIA_TYPE) {
        return;
    }
    let mut headers = vec![
        ("X-Request-Id", Type::String, "The id of this request in the log of the service."),
        ("Content-Language", Type::String, "The language of title and details: vi or en."),
    ];
    match status {
        "401" | "403" => headers.push((
            "WWW-Authenticate",
            Type::String,
            "The credentials that are missing or were refused: `Bearer` (RFC 6750) or `Basic`.",
        )),
        "429" | "503" => headers.push(("Retry-After", Type::Integer, "Seconds after which to try again.")),
        _ => {}
    }
    for (name, kind, description) in headers {
        response.headers.entry(name.to_owned()).or_insert_with(|| header(kind, description).into());
    }
}
