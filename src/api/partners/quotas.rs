//! Quotas: how many installations a partner may register a day, where it is another number than everybody's.

use actix_web::{HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, PathId};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::domain::values::PartnerCode;
use crate::register::DirectoryChange;

use super::bodies::SetQuota;
use super::partners_and_projects::{PartnerResponse, answer_with, submit_directory_change};

/// Gives a partner a daily quota of its own up to and including a day, for example for a large delivery. After that
/// day everybody's quota holds again. What it registered today counts.
#[utoipa::path(get, path = "", params(("code" = String, Path, description = "The code of the partner, for example `SOLARCO`.")), request_body = SetQuota,
    responses((status = 200, body = PartnerResponse)))]
pub async fn set_quota(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(code): PathId<PartnerCode>,
    Body(quota, Sent { warnings, .. }): Body<SetQuota>,
) -> Result<HttpResponse, ApiError> {
    submit_directory_change(&caller, &state, DirectoryChange::SetQuota(code.clone(), quota)).await?;
    answer_with(&state, &code, |partner| partner.quota == Some(quota), warnings)
}
