//! Codes of householders as a partner gets them, to pass them on.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::Nothing;
use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, PathId};
use crate::api::request_body::OptionalBody;
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, submit};
use crate::domain::records::HouseholderCode;
use crate::domain::values::InstallationId;
use crate::register::{Command, Done, HomeCommand, HomeDone, PublicSettings};

/// A new code.
#[derive(Serialize, ToSchema)]
pub struct HouseholderCodeResponse {
    /// The code.
    data: HouseholderCodeView,
}

/// A code for the householder, shown this once. Pass it on and do not keep it.
#[derive(Serialize, ToSchema)]
pub struct HouseholderCodeView {
    /// The code. The register keeps only its hash.
    #[schema(example = "7K3M9-QXT2H-0W8RB-C5VNE")]
    code: String,
    /// A sentence in Vietnamese to pass on: what the code is for and where to use it.
    sentence_vi: String,
    /// The URL that takes the code in the header `Householder-Code`. Example: `https://homes.example.org/v1/householder`.
    url: String,
}

impl HouseholderCodeView {
    /// What a partner is given to pass on.
    #[must_use]
    pub fn of(code: &HouseholderCode, settings: &PublicSettings) -> Self {
        let PublicSettings { public_url, publisher } = settings;
        let (url, docs) = (format!("{public_url}/v1/householder"), format!("{public_url}/docs/"));
        let sentence_vi = format!(
            "Mã riêng của bạn: {code}. Với mã này, bạn có thể xem dữ liệu đang lưu về nhà mình, báo thông tin sai và rút \
             lại sự đồng ý bất cứ lúc nào tại {docs} (mục householder). Hãy giữ kín mã; chỉ cung cấp khi chính bạn liên hệ \
             {publisher}."
        );
        Self { code: code.to_string(), sentence_vi, url }
    }
}

/// The old code stops working at once. Only the partner that recorded the site gets a new code. The answer is 409
/// while the householder has an open dispute. The body is `{}`, or none.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), responses((status = 200, body = HouseholderCodeResponse)))]
pub async fn issue_householder_code(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    OptionalBody((), sent): OptionalBody<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let (command, settings) = (Command::Home(HomeCommand::IssueCode { id }), state.settings.clone());
    submit(&state, &caller, command, Submission::recorded(sent.key), move |done| {
        let Done::Home(HomeDone::CodeIssued(code)) = done else { return Err(ApiError::Internal) };
        let data = HouseholderCodeView::of(code, &settings);
        Ok(Reply::json(200, &HouseholderCodeResponse { data })?.secret())
    })
    .await
}
