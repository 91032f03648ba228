//! The documentation: the OpenAPI document and Swagger UI, served from the binary.

use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::{Config, serve};

use crate::api::http::{ApiError, CacheFor, JSON, send};
use crate::register::ReadyPage;

use super::openapi;

/// Swagger UI's own files, and the styles and pictures that it makes.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

static DOCUMENT: LazyLock<ReadyPage> = LazyLock::new(|| ReadyPage::new(JSON, openapi::document_json()));

/// The OpenAPI document
#[utoipa::path(get, path = "/openapi.json", tag = "operations",
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn get_openapi(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    send(&request, &DOCUMENT, CacheFor::FiveMinutes).await
}

/// Swagger UI's own paths are relative, so it needs the slash.
pub async fn redirect_to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// Swagger UI and its files.
pub async fn get_docs(file: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let config = Arc::new(Config::from("/openapi.json").use_base_layout());
    match serve(&file, config) {
        Ok(Some(file)) => Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, file.content_type))
            .insert_header((CACHE_CONTROL, "public, max-age=300"))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .body(file.bytes.into_owned())),
        _ => Err(ApiError::NotFound),
    }
}

/// Until the public page comes, the root leads to the documentation.
pub async fn get_index() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "/docs/")).finish()
}
