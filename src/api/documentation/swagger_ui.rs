//! The documentation: the OpenAPI document and Swagger UI, served from the binary.

use std::sync::{Arc, OnceLock};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::{Config, serve};

use crate::api::http::{ApiError, CacheFor, JSON, send};
use crate::register::ReadyPage;

/// Swagger UI's own files, and the styles and pictures that it makes.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// The OpenAPI document as a page. The route table puts one into the application, because the document is
/// made from the table, which stands above this room.
pub struct DocumentPage {
    make_json: fn() -> String,
    page: OnceLock<ReadyPage>,
}

impl DocumentPage {
    /// A page that is made when it is first asked for.
    #[must_use]
    pub fn new(make_json: fn() -> String) -> Self {
        Self { make_json, page: OnceLock::new() }
    }
}

/// OpenAPI 3.1, as JSON. The same bytes in every process of one version of the service.
#[utoipa::path(get, path = "", responses((status = 200, description = "This document.", content_type = "application/json", body = Object)))]
pub async fn get_openapi(request: HttpRequest, document: web::Data<DocumentPage>) -> Result<HttpResponse, ApiError> {
    let page = document.page.get_or_init(|| ReadyPage::new(JSON, (document.make_json)()));
    send(&request, page, CacheFor::FiveMinutes).await
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
