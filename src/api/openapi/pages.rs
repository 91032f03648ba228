//! What the document says of every public page: how caches may keep it, and how a caller asks
//! whether it has changed.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Header, RefOr, Response, ResponseBuilder, Type};

const HEADERS: [(&str, &str); 3] = [
    ("ETag", "Of these very bytes, to be sent in If-None-Match."),
    ("Cache-Control", "How long it may be repeated without asking."),
    ("Vary", "Accept-Encoding."),
];

/// Adds the headers of a page, and the answer to whoever has it already.
pub fn describe(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(page)) = responses.get_mut("200") {
        name_headers(page);
        let coding =
            super::header(Type::String, "gzip or br, where Accept-Encoding takes it and the page gains by it.");
        page.headers.insert("Content-Encoding".to_owned(), coding.into());
    }
    let mut unchanged = ResponseBuilder::new().description("The caller has it already.").build();
    name_headers(&mut unchanged);
    responses.insert("304".to_owned(), RefOr::T(unchanged));
}

fn name_headers(response: &mut Response) {
    let header = |(name, description): (&str, &str)| {
        let header: Header = super::header(Type::String, description);
        (name.to_owned(), header.into())
    };
    response.headers.extend(HEADERS.map(header));
}
