//! Codes of householders as a partner gets them, to pass them on.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::caller::Caller;
use crate::api::error::ApiError;
use crate::api::query::NoQuery;
use crate::api::state::{PublicSettings, State};
use crate::domain::householder::HouseholderCode;
use crate::domain::id::InstallationId;
use crate::register::{HomeCommand, HomeDone};

/// A new code.
#[derive(Serialize, ToSchema)]
pub struct HouseholderCodeResponse {
    data: HouseholderCodeView,
}

/// A code for the person at home, shown this once. Pass it on and do not keep it.
#[derive(Serialize, ToSchema)]
pub struct HouseholderCodeView {
    /// The code. Only its hash is kept.
    #[schema(example = "7K3M9-QXT2H-0W8RB-C5VNE")]
    code: String,
    /// One sentence in Vietnamese to pass on: what the code is for, and where.
    sentence_vi: String,
    /// Where the code works, in the header Householder-Code.
    url: String,
}

impl HouseholderCodeView {
    /// What a partner is given to pass on.
    #[must_use]
    pub fn of(code: &HouseholderCode, settings: &PublicSettings) -> Self {
        let url = format!("{}/v1/householder", settings.public_url);
        let sentence_vi = format!(
            "Với mã {code}, bạn có thể xem dữ liệu được lưu về công trình của mình, báo điều sai và rút lại sự đồng ý \
             bất cứ lúc nào tại {url}; hãy giữ kín mã này."
        );
        Self { code: code.to_string(), sentence_vi, url }
    }
}

/// Give the householder a new code
///
/// The one before stops working. Only the partner that recorded the site may ask for it.
#[utoipa::path(post, path = "/v1/installations/{id}/householder-code", tag = "installations",
    params(("id" = String, Path, format = Uuid)), responses((status = 200, body = HouseholderCodeResponse)))]
pub async fn issue_householder_code(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = InstallationId::parse(&id).map_err(|_| ApiError::NotFound)?;
    let done = super::ask(&state, caller.0, HomeCommand::IssueCode { id }).await?;
    let HomeDone::CodeIssued(code) = done else { return Err(ApiError::Internal) };
    let data = HouseholderCodeView::of(&code, &state.settings);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(HouseholderCodeResponse { data }))
}
