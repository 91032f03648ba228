//! `GET /.well-known/jwks.json` and `/.well-known/oauth-authorization-server`: the public keys of tokens (RFC 7517) and the
//! metadata of the authorisation server (RFC 8414).

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::Scope;
use crate::api::state::AppState;
use crate::db::partners::PublicKey;

/// One public key (RFC 7517, RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct Jwk {
    /// The key type: `OKP`.
    kty: &'static str,
    /// The curve: `Ed25519`.
    crv: &'static str,
    /// The use: `sig`.
    r#use: &'static str,
    /// The algorithm: `EdDSA`.
    alg: &'static str,
    /// The id of the key: its thumbprint (RFC 7638).
    kid: String,
    /// The public key, base64url without padding.
    x: String,
}

/// The public keys of all processes that issue tokens.
#[derive(Serialize, ToSchema)]
pub struct Jwks {
    /// The keys.
    keys: Vec<Jwk>,
}

/// The public keys that verify tokens, as a JSON Web Key Set (RFC 7517). The header `kid` of a token names its key.
#[utoipa::path(get, path = "", responses((status = 200, body = Jwks)))]
pub async fn get_keys(state: web::Data<AppState>) -> HttpResponse {
    let published = state.tokens.published();
    let jwk = |key: &PublicKey| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        r#use: "sig",
        alg: "EdDSA",
        kid: key.kid.clone(),
        x: key.x.clone(),
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=60"))
        .json(Jwks { keys: published.iter().map(jwk).collect() })
}

/// The metadata of the authorisation server (RFC 8414).
#[derive(Serialize, ToSchema)]
pub struct Metadata {
    /// The issuer, which tokens name in `iss`. Example: https://register.example.org.
    issuer: String,
    /// Address at which tokens are issued.
    token_endpoint: String,
    /// Address of the public keys.
    jwks_uri: String,
    /// The grant types: `client_credentials` alone.
    grant_types_supported: [&'static str; 1],
    /// The response types: none, because there is no authorisation endpoint.
    response_types_supported: [&'static str; 0],
    /// The ways in which a client may send id and secret.
    token_endpoint_auth_methods_supported: [&'static str; 2],
    /// All scopes. A token has those of its client's role.
    scopes_supported: Vec<&'static str>,
    /// Address of the documentation.
    service_documentation: String,
}

/// The addresses and abilities of the authorisation server (RFC 8414), for OAuth clients that configure themselves.
#[utoipa::path(get, path = "", responses((status = 200, body = Metadata)))]
pub async fn get_metadata(state: web::Data<AppState>) -> HttpResponse {
    let url = &state.settings.public_url;
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(Metadata {
        issuer: url.clone(),
        token_endpoint: format!("{url}/oauth/token"),
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        scopes_supported: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        service_documentation: format!("{url}/docs"),
    })
}
