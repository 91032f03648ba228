//! The route that a request matched. The table of routes puts one [`MatchedRoute`] beside the handlers of each path;
//! whoever needs a fact of the route reads it from the request, so that nothing below looks into the table.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};

use super::problems::ApiError;
use super::scopes::Access;

/// The table's facts of one path.
pub struct MatchedRoute {
    /// The path as the table writes it, with `{id}` in the place of an id.
    pub path: &'static str,
    /// Whether scripts of any origin may read its answers.
    pub is_public: bool,
    /// The methods of the path.
    pub methods: Vec<MethodFacts>,
}

/// The table's facts of one method of a path.
pub struct MethodFacts {
    /// The method. `HEAD` is answered as `GET` is, and has no facts of its own.
    pub method: Method,
    /// What the route asks of its caller.
    pub access: Access,
    /// The largest body, in bytes.
    pub body_limit: usize,
}

impl MatchedRoute {
    /// The route that a request matched; none if no path of the table fits.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        request.app_data()
    }
}

impl MethodFacts {
    /// The facts of the method and path that a request matched.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        MatchedRoute::of(request)?.methods.iter().find(|facts| facts.method == *method)
    }
}

/// Answers a path that no route has.
pub async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}

/// Answers a method that the matched path does not have.
pub async fn method_not_allowed(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let methods = MatchedRoute::of(&request).map(|route| route.methods.as_slice()).unwrap_or_default();
    let names = methods.iter().map(|facts| match facts.method.as_str() {
        "GET" => "GET, HEAD",
        other => other,
    });
    Err(ApiError::MethodNotAllowed { allow: names.collect::<Vec<_>>().join(", ") })
}
