//! The text that householders consent to, by version, for whoever wants to read it.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::api::state::AppState;
use crate::domain::records::consent_text;

/// A version of the text that householders consent to.
#[derive(Serialize, ToSchema)]
pub struct ConsentTextResponse {
    /// The text.
    data: ConsentTextView,
}

/// The text that householders consent to. A version never changes.
#[derive(Serialize, ToSchema)]
struct ConsentTextView {
    /// The version, as `consent.text_version` takes it.
    #[schema(example = 2)]
    version: i32,
    /// The first day on which a householder may be asked to agree to it (YYYY-MM-DD, Hà Nội).
    in_force_from: NaiveDate,
    /// The organisation that runs the register and processes the data, beside the partner.
    publisher: String,
    /// The text in Vietnamese, as Markdown.
    text_vi: &'static str,
    /// The text in English, as Markdown.
    text_en: &'static str,
}

/// In Vietnamese and English. A version never changes.
#[utoipa::path(get, path = "", params(("version" = String, Path, example = "2", description = "The version of the text, as `consent.text_version` takes it.")),
    responses((status = 200, body = ConsentTextResponse)))]
pub async fn get_consent_text(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
    version: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    // "01" and "+1" would be other addresses of the same text.
    let number = version.parse().ok().filter(|number: &i32| number.to_string() == *version);
    let text = number.and_then(consent_text).ok_or(ApiError::NotFound)?;
    let make = async {
        let data = ConsentTextView {
            version: text.version,
            in_force_from: text.in_force_from,
            publisher: state.settings.publisher.clone(),
            text_vi: text.vi,
            text_en: text.en,
        };
        Ok(as_page(JSON, &ConsentTextResponse { data }))
    };
    let page = state.static_pages.get(format!("/v1/consent/{}", text.version), make).await?;
    send(&request, &page, CacheFor::OneHour).await
}
