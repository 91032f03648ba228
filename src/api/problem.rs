//! Problems (RFC 9457): what a client reads when something is wrong, in its language.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::fault::Language;
use crate::domain::refusal::{FieldFault, Refusal, Standing};
use crate::domain::state::Status;

use super::error::ApiError;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// Where the problem is described.
    #[schema(example = "/problems/invalid_request")]
    pub r#type: String,
    /// A short name of the problem.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// The code that programs read; it never changes.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// The id under which this request stands in the log.
    pub request_id: String,
    /// Every wrong value of the request.
    pub errors: Vec<ProblemError>,
    /// The record that the request ran into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<StandingView>,
    /// Where a re-sent installation differs from the recorded one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<DifferenceView>>,
}

/// One wrong value.
#[derive(Serialize, ToSchema)]
pub struct ProblemError {
    /// JSON pointer into the body, or the name of a query parameter.
    #[schema(example = "/measures/0/quantity")]
    pub pointer: String,
    /// The code that programs read; it never changes.
    #[schema(example = "not_positive")]
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub detail: String,
}

/// The record that a refused request ran into.
#[derive(Serialize, ToSchema)]
pub struct StandingView {
    /// Its id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its status.
    #[schema(value_type = Status)]
    pub status: &'static str,
    /// How often it changed.
    pub revision: i32,
    /// What `If-Match` takes.
    pub etag: String,
}

/// One fact in which a re-sent installation differs.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// JSON pointer into the request.
    pub pointer: &'static str,
    /// What is recorded.
    #[schema(value_type = serde_json::Value)]
    pub recorded: Value,
}

impl From<&Standing> for StandingView {
    fn from(standing: &Standing) -> Self {
        Self {
            id: standing.installation.to_string(),
            status: standing.status.as_str(),
            revision: standing.revision,
            etag: standing.etag.clone(),
        }
    }
}

impl Problem {
    /// The problem of an error, in the language of the request.
    pub fn of(error: &ApiError, language: Language, request_id: &str) -> Self {
        let (title, detail) = error.explain(language);
        let faults: &[FieldFault] = match error {
            ApiError::Invalid(faults) | ApiError::Refused(Refusal::Invalid(faults)) => faults,
            _ => &[],
        };
        let (installation, differences) = match error {
            ApiError::Refused(Refusal::Different { standing, differences }) => {
                let view = |d: &crate::domain::refusal::Difference| DifferenceView {
                    pointer: d.pointer,
                    recorded: d.recorded.clone(),
                };
                (Some(standing.into()), Some(differences.iter().map(view).collect()))
            }
            ApiError::Refused(Refusal::Ended(standing) | Refusal::InvalidTransition { standing, .. }) => {
                (Some(standing.into()), None)
            }
            _ => (None, None),
        };
        Self {
            r#type: format!("/problems/{}", error.code()),
            title,
            status: error.status().as_u16(),
            detail,
            code: error.code(),
            request_id: request_id.to_owned(),
            errors: faults.iter().map(|fault| ProblemError::of(fault, language)).collect(),
            installation,
            differences,
        }
    }
}

impl ProblemError {
    fn of(fault: &FieldFault, language: Language) -> Self {
        Self { pointer: fault.pointer.clone(), code: fault.fault.code(), detail: fault.fault.explain(language) }
    }
}

impl ApiError {
    /// The code of the problem; it never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed_json",
            Self::Invalid(_) | Self::Refused(Refusal::Invalid(_)) => "invalid_request",
            Self::Refused(Refusal::NotFound) | Self::NotFound => "not_found",
            Self::Refused(Refusal::Different { .. }) => "different_content",
            Self::Refused(Refusal::Ended(_)) => "installation_ended",
            Self::Refused(Refusal::InvalidTransition { .. }) => "invalid_transition",
            Self::Refused(Refusal::CodeTaken { .. }) => "code_taken",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BrokenBody => "broken_body",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Title and detail.
    fn explain(&self, language: Language) -> (String, String) {
        let (title, general) = describe(self.code(), language).unwrap_or(("", ""));
        let detail = match self {
            Self::MalformedJson { line, column } => language.choose(
                format!("Không đọc được JSON ở dòng {line}, cột {column}."),
                format!("The JSON cannot be read at line {line}, column {column}."),
            ),
            Self::TooLarge { limit } => language.choose(
                format!("Nội dung gửi lên lớn nhất {limit} byte."),
                format!("A body may have at most {limit} bytes."),
            ),
            Self::Forbidden { needs } => language.choose(
                format!("Cần phạm vi {}; vai trò của client này không có.", needs.as_str()),
                format!("This needs the scope {}, which this client's role does not hold.", needs.as_str()),
            ),
            Self::MethodNotAllowed { allow } => {
                language.choose(format!("Đường dẫn này chỉ nhận: {allow}."), format!("This path takes: {allow}."))
            }
            _ => general.to_owned(),
        };
        (title.to_owned(), detail)
    }
}

/// Every problem code with its title and its general description, in both languages.
#[rustfmt::skip]
const PROBLEMS: &[(&str, [&str; 2], [&str; 2])] = &[
    ("malformed_json", ["JSON không hợp lệ", "Malformed JSON"], ["Nội dung gửi lên không phải JSON.", "The body is not JSON."]),
    ("invalid_request", ["Dữ liệu không hợp lệ", "Invalid request"], ["Một hoặc nhiều giá trị không hợp lệ; xem errors. Chưa có gì được ghi.", "One or more values are wrong; see errors. Nothing was recorded."]),
    ("not_found", ["Không tìm thấy", "Not found"], ["Không có gì ở địa chỉ này, hoặc không dành cho client này.", "There is nothing at this address, or not for this client."]),
    ("different_content", ["Nội dung khác", "Different content"], ["external_id này đã được đăng ký với nội dung khác; xem differences. Chưa có gì được ghi.", "This external_id was registered with other content; see differences. Nothing was recorded."]),
    ("installation_ended", ["Đã bị từ chối hoặc rút lại", "Rejected or withdrawn"], ["external_id này đã bị từ chối hoặc rút lại; xem installation.", "The installation of this external_id was rejected or withdrawn; see installation."]),
    ("invalid_transition", ["Trạng thái không cho phép", "Invalid transition"], ["Trạng thái hiện tại không cho phép thao tác này; xem installation.", "Its current status does not allow this action; see installation."]),
    ("code_taken", ["Mã đã được dùng", "Code taken"], ["Mã này đã thuộc về một mục khác.", "Something else has this code already."]),
    ("unauthorized", ["Chưa xác thực", "Unauthorized"], ["Cần token còn hạn từ /oauth/token trong tiêu đề Authorization: Bearer.", "Send a valid token from /oauth/token in the header Authorization: Bearer."]),
    ("forbidden", ["Không được phép", "Forbidden"], ["Vai trò của client không cho phép thao tác này.", "The client's role does not allow this."]),
    ("method_not_allowed", ["Phương thức không được hỗ trợ", "Method not allowed"], ["Đường dẫn này không nhận phương thức đó.", "This path does not take this method."]),
    ("too_large", ["Nội dung quá lớn", "Too large"], ["Nội dung gửi lên quá lớn.", "The body is too large."]),
    ("unsupported_media_type", ["Kiểu nội dung không được hỗ trợ", "Unsupported media type"], ["Cần Content-Type: application/json, không nén.", "Send Content-Type: application/json, without compression."]),
    ("broken_body", ["Nội dung không trọn vẹn", "Broken body"], ["Nội dung gửi lên bị đứt giữa chừng; hãy gửi lại.", "The body did not arrive whole; please send it again."]),
    ("unavailable", ["Tạm thời bận", "Unavailable"], ["Dịch vụ đang bận; hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The service is busy; send it again after Retry-After seconds. Sending again is safe."]),
    ("internal", ["Lỗi máy chủ", "Internal error"], ["Có lỗi phía máy chủ; hãy báo request_id cho người vận hành.", "Something broke on our side; please give the request_id to the operator."]),
];

fn describe(code: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let (_, titles, details) = PROBLEMS.iter().find(|(known, ..)| *known == code)?;
    Some(language.choose((titles[0], details[0]), (titles[1], details[1])))
}

/// What a problem code means.
#[derive(Serialize, ToSchema)]
pub struct ProblemPage {
    /// The code.
    pub code: String,
    /// Its name in Vietnamese.
    pub title_vi: &'static str,
    /// Its name in English.
    pub title_en: &'static str,
    /// What it means, in Vietnamese.
    pub detail_vi: &'static str,
    /// What it means, in English.
    pub detail_en: &'static str,
}

/// What a problem code means
///
/// The `type` of every problem leads here.
#[utoipa::path(get, path = "/problems/{code}", tag = "reference", params(("code" = String, Path, example = "invalid_request")),
    responses((status = 200, body = ProblemPage)))]
pub async fn get_problem(code: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let code = code.into_inner();
    let (title_vi, detail_vi) = describe(&code, Language::Vietnamese).ok_or(ApiError::NotFound)?;
    let (title_en, detail_en) = describe(&code, Language::English).ok_or(ApiError::NotFound)?;
    Ok(HttpResponse::build(StatusCode::OK).json(ProblemPage { code, title_vi, title_en, detail_vi, detail_en }))
}
