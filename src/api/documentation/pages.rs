//! What the document says of every public page: how caches may keep it, and how a caller asks
//! whether it has changed.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Header, ObjectBuilder, RefOr, Response, ResponseBuilder, Type};

const HEADERS: [(&str, &str); 3] = [
    ("ETag", "The entity tag of these bytes; send it in `If-None-Match`."),
    ("Cache-Control", "For how many seconds a cache may repeat the answer without asking."),
    ("Vary", "`Accept-Encoding`, because each coding has its own bytes."),
];

/// Adds the headers of a page, and the answer to whoever has it already.
pub fn describe(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(page)) = responses.get_mut("200") {
        name_headers(page);
        let coding = header(Type::String, "`gzip` or `br`, if `Accept-Encoding` allows it and the page gets smaller.");
        page.headers.insert("Content-Encoding".to_owned(), coding.into());
    }
    let mut unchanged = ResponseBuilder::new()
        .description("The page is unchanged since the `ETag` in `If-None-Match`; no body.")
        .build();
    name_headers(&mut unchanged);
    responses.insert("304".to_owned(), RefOr::T(unchanged));
}

fn name_headers(response: &mut Response) {
    response.headers.extend(HEADERS.map(|(name, text)| (name.to_owned(), header(Type::String, text).into())));
}

/// A header of one type.
pub(super) fn header(kind: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(kind).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}
