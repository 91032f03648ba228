//! The OpenAPI document, from the routes that it is given. It is the same in every process, so that its
//! bytes can be compared and cached.

use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi as Document, ServerBuilder};

use crate::api::http::{Problem, Route};
use crate::domain::values::InstallationId;

use super::tags::TAGS;
use super::{finish, operation, security};

const DESCRIPTION: &str = "\
The register and public counter of Triệu Ngôi Nhà Xanh (Million Green Homes), the programme of GreenID and VCCA: by 2030, \
one million homes, buildings, offices and factories in Việt Nam with rooftop solar or energy efficiency measures.

Public numbers need no token. Partners, reviewers, administrators and dashboards get a token at `/oauth/token` and send \
it in the header `Authorization: Bearer`. Householders send their code in the header `Householder-Code`.

Days are days in Hà Nội (`YYYY-MM-DD`); instants are UTC with `Z`. Units stand in the names of fields (`quantity` is in \
the unit of its measure). `null` is unknown, 0 is zero. Unknown fields and parameters are errors.

Errors are problems (RFC 9457, `application/problem+json`) and list every wrong value of the request at once. Titles and \
details are in Vietnamese or English, by `Accept-Language`; codes never change. Sending a request again is safe.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Green Homes", license(name = "MIT OR Apache-2.0")),
    components(schemas(Problem, InstallationId))
)]
struct Frame;

/// The document of these routes.
#[must_use]
pub fn document(routes: &[Route]) -> Document {
    let mut document = Frame::openapi();
    document.info.description = Some(DESCRIPTION.to_owned());
    let server = ServerBuilder::new().url("/").description(Some("The host that serves this document."));
    document.servers = Some(vec![server.build()]);
    let tag = |(name, text): (&str, &str)| TagBuilder::new().name(name).description(Some(text)).build();
    document.tags = Some(TAGS.into_iter().map(tag).collect());
    security::add_schemes(document.components.get_or_insert_default());
    for route in routes {
        add_route(&mut document, route);
    }
    document
}

/// Adds the operation of a route, and the schemas that it refers to.
fn add_route(document: &mut Document, route: &Route) {
    let Some(described) = route.handler.describe.map(|describe| describe()) else { return };
    let schemas = described.components.map(|components| components.schemas).unwrap_or_default();
    let item = described.paths.paths.into_values().next();
    let operation = item.and_then(|item| operation::of_route(route, item, &schemas));
    document.components.get_or_insert_default().schemas.extend(schemas);
    let Some(operation) = operation else { return };
    let method = match route.method.as_str() {
        "GET" => HttpMethod::Get,
        "PATCH" => HttpMethod::Patch,
        _ => HttpMethod::Post,
    };
    let item = PathItem::new(method, operation);
    document.paths.paths.entry(route.path.to_owned()).or_default().merge_operations(item);
}

/// The document as the repository keeps it: indented, with a line end.
#[must_use]
pub fn document_json(routes: &[Route]) -> String {
    let mut document = serde_json::to_value(document(routes)).unwrap_or_default();
    finish::require_headers(&mut document);
    finish::close_bodies(&mut document);
    format!("{document:#}\n")
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
