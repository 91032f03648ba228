//! `GET /problems/{code}`: the page that the `type` of a problem leads to.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::values::Language;

use super::error::ApiError;
use super::problem_texts::describe;

/// The meaning of a problem code.
#[derive(Serialize, ToSchema)]
pub struct ProblemPage {
    /// The code of the problem. Example: `invalid_request`.
    pub code: String,
    /// The title in Vietnamese.
    pub title_vi: &'static str,
    /// The title in English.
    pub title_en: &'static str,
    /// The meaning in Vietnamese, and what to do.
    pub detail_vi: &'static str,
    /// The meaning in English, and what to do.
    pub detail_en: &'static str,
}

/// The `type` of every problem leads here.
#[utoipa::path(get, path = "", params(("code" = String, Path, example = "invalid_request", description = "The code of the problem.")),
    responses((status = 200, body = ProblemPage)))]
pub async fn get_problem(code: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let code = code.into_inner();
    let (title_vi, detail_vi) = describe(&code, Language::Vietnamese).ok_or(ApiError::NotFound)?;
    let (title_en, detail_en) = describe(&code, Language::English).ok_or(ApiError::NotFound)?;
    Ok(HttpResponse::Ok().json(ProblemPage { code, title_vi, title_en, detail_vi, detail_en }))
}
