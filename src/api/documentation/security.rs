//! How callers prove who they are, in the OpenAPI document: the schemes, and their names.

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, ClientCredentials, Flow, Http, HttpAuthScheme, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{Components, RefOr};

use crate::api::callers::householder_code;
use crate::api::http::Scope;

/// For tokens.
pub const SCHEME: &str = "oauth2";
/// For dashboards, on `GET`.
pub const BASIC: &str = "basic";
/// For householders.
pub const CODE_SCHEME: &str = "householder_code";

/// Adds every scheme to the components of the document.
pub fn add_schemes(components: &mut Components) {
    let scopes = Scopes::from_iter(Scope::ALL.map(|scope| (scope.as_str(), describe(scope))));
    let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", scopes));
    let code = ApiKeyValue::with_description(householder_code::HEADER, "The code that a householder was given.");
    let schemes = [
        (SCHEME, SecurityScheme::OAuth2(OAuth2::new([flow]))),
        (CODE_SCHEME, SecurityScheme::ApiKey(ApiKey::Header(code))),
        (BASIC, SecurityScheme::Http(Http::new(HttpAuthScheme::Basic))),
    ];
    components.security_schemes.extend(schemes.map(|(name, scheme)| (name.to_owned(), RefOr::T(scheme))));
}

fn describe(scope: Scope) -> &'static str {
    match scope {
        Scope::Register => "Register installations",
        Scope::ReadInstallations => "Read single installations",
        Scope::Review => "Verify and reject installations",
        Scope::RejectUnverified => "Reject what nobody verified of one partner and one span",
        Scope::Administer => "Add partners, clients and projects",
        Scope::ReadAggregates => "Read aggregates",
    }
}
