//! A row of the route table. The table itself is `api/routes.rs`; the type stands here, because the router
//! and the OpenAPI document both read it.

use std::time::Duration;

use actix_web::http::Method;
use utoipa::openapi::OpenApi;

use super::matched_route::MethodFacts;
use super::scopes::Access;

/// The largest body in bytes where a route says nothing else.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A body that takes longer than this to arrive has broken off.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);

/// One method of one path.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, as the router and the OpenAPI document write it.
    pub path: &'static str,
    /// What the route asks of its caller.
    pub access: Access,
    /// The function that answers.
    pub handler: Handler,
    /// The group of the operation in the OpenAPI document; empty for pages that are not documented.
    pub tag: &'static str,
    /// What the operation does, in one line.
    pub summary: &'static str,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// Whether requests without a token count against the address they come from.
    pub counts_addresses: bool,
    /// True if the route takes `Idempotency-Key`. Routes without one are idempotent by themselves.
    pub takes_key: bool,
}

/// A function that answers a route, made by `answer!` or `page!` in the table.
#[derive(Clone, Copy)]
pub struct Handler {
    /// Gives the function to the router.
    pub serve: fn(actix_web::Route) -> actix_web::Route,
    /// The parameters, bodies and responses that stand at the function; none for a page.
    pub describe: Option<fn() -> OpenApi>,
}

impl Route {
    /// A row with the usual limits.
    #[must_use]
    pub const fn new(method: Method, path: &'static str, access: Access, handler: Handler) -> Self {
        Self {
            method,
            path,
            access,
            handler,
            tag: "",
            summary: "",
            body_limit: BODY_LIMIT,
            counts_addresses: false,
            takes_key: false,
        }
    }

    /// Sets tag and summary.
    #[must_use]
    pub const fn about(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.tag = tag;
        self.summary = summary;
        self
    }

    /// Counts calls per address.
    #[must_use]
    pub const fn counting_addresses(mut self) -> Self {
        self.counts_addresses = true;
        self
    }

    /// Accepts `Idempotency-Key`.
    #[must_use]
    pub const fn taking_keys(mut self) -> Self {
        self.takes_key = true;
        self
    }

    /// Sets the body limit in bytes.
    #[must_use]
    pub const fn with_bodies_up_to(mut self, limit: usize) -> Self {
        self.body_limit = limit;
        self
    }

    /// What the extractors of a request need to know of its route.
    #[must_use]
    pub fn facts(&self) -> MethodFacts {
        MethodFacts { method: self.method.clone(), access: self.access, body_limit: self.body_limit }
    }

    /// Whether a caller who calls it too often is answered 429.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.counts_addresses || matches!(self.access, Access::Needs(_) | Access::AnyClient)
    }
}
