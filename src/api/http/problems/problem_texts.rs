//! What problems say: the code of each, its title, and its detail in Vietnamese and English.

use crate::domain::refusals::Refusal;
use crate::domain::rules::lifecycle;
use crate::domain::values::{Action, Language, Status};

use super::error::ApiError;

impl ApiError {
    /// The code of the problem; it never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed_json",
            Self::Invalid(_) | Self::Refused(Refusal::Invalid(_)) => "invalid_request",
            Self::Refused(Refusal::NotFound) | Self::NotFound => "not_found",
            Self::Gone { .. } => "release_of_old_form",
            Self::Refused(Refusal::Different { .. }) => "different_content",
            Self::Refused(Refusal::Ended(_)) => "installation_ended",
            Self::Refused(Refusal::InvalidTransition { .. }) => "invalid_transition",
            Self::Refused(Refusal::CodeTaken { .. }) => "code_taken",
            Self::Refused(Refusal::Stale { .. }) => "stale",
            Self::Refused(Refusal::RecordedByAnother) => "recorded_by_another",
            Self::Refused(Refusal::KeyReused) => "idempotency_key_reused",
            Self::Refused(Refusal::KeyInFlight) => "idempotency_key_in_flight",
            Self::Refused(Refusal::AnswerNotKept) => "answer_not_kept",
            Self::PreconditionRequired => "precondition_required",
            Self::MalformedPrecondition => "malformed_if_match",
            Self::Refused(Refusal::TooManyDisputes) => "too_many_disputes",
            Self::Refused(Refusal::DisputeOpen) => "dispute_open",
            Self::Refused(Refusal::DisputeClosed) => "dispute_closed",
            Self::WrongCode => "wrong_code",
            Self::Refused(Refusal::OwnClient) => "own_client",
            Self::Refused(Refusal::ClientRevoked) => "client_revoked",
            Self::Unauthorized { .. } => "unauthorized",
            Self::BasicRefused => "basic_refused",
            Self::TooManyRequests { .. } => "too_many_requests",
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
    pub(super) fn explain(&self, language: Language) -> (String, String) {
        let (title, general) = describe(self.code(), language).unwrap_or(("", ""));
        let detail = match self {
            Self::MalformedJson { line, column } => language.choose(
                format!("Không đọc được JSON ở dòng {line}, cột {column}."),
                format!("The JSON cannot be read at line {line}, column {column}."),
            ),
            Self::Gone { entry } => language.choose(
                format!(
                    "Bản công bố này được lập theo mẫu cũ, trước khi dịch vụ vận hành chính thức, nên không còn được cung cấp. Mục \
                     {entry} ghi nhận việc công bố vẫn nằm trong chuỗi của sổ đăng ký."
                ),
                format!(
                    "This release was made in an older form, before the service went into operation, and is no longer served. \
                     Entry {entry}, which published it, stays in the chain of the register."
                ),
            ),
            Self::TooLarge { limit } => language.choose(
                format!("Nội dung gửi lên lớn nhất {limit} byte."),
                format!("A body may have at most {limit} bytes."),
            ),
            Self::TooManyRequests { retry_after } => language.choose(
                format!("Quá nhiều yêu cầu; hãy thử lại sau {retry_after} giây."),
                format!("Too many requests; try again in {retry_after} seconds."),
            ),
            Self::Forbidden { needs } => language.choose(
                format!("Cần phạm vi {}; vai trò của client này không có.", needs.as_str()),
                format!("This needs the scope {}, which this client's role does not hold.", needs.as_str()),
            ),
            Self::Refused(Refusal::InvalidTransition { current: standing, action }) => {
                not_now(standing.status, *action, language)
            }
            Self::MethodNotAllowed { allow } => {
                language.choose(format!("Đường dẫn này chỉ nhận: {allow}."), format!("This path takes: {allow}."))
            }
            _ => general.to_owned(),
        };
        (title.to_owned(), detail)
    }
}

/// The detail of `invalid_transition`: which actions the status allows.
fn not_now(status: Status, action: Action, language: Language) -> String {
    let (now, asked) = (status.as_str(), action.as_str());
    let allowed: Vec<&str> = lifecycle::allowed(status).iter().map(|action| action.as_str()).collect();
    let list = allowed.join(", ");
    match (status, action) {
        (Status::Verified, Action::Verify) => language.choose(
            "Đã được xác minh ở bậc bằng chứng này hoặc cao hơn; chỉ bậc cao hơn mới thay được.".to_owned(),
            "Verified already, by evidence of this tier or a higher one; only a higher one replaces it.".to_owned(),
        ),
        (Status::Decommissioned, Action::Correct) => language.choose(
            "Đã ngừng hoạt động: chỉ decommissioned_on còn sửa được.".to_owned(),
            "It was decommissioned: only decommissioned_on can still be corrected.".to_owned(),
        ),
        _ if allowed.is_empty() => language.choose(
            format!("{now} là trạng thái cuối: không thể {asked}."),
            format!("{now} is final: {asked} is not possible."),
        ),
        _ => language.choose(
            format!("Ở trạng thái {now} không thể {asked}; có thể: {list}. Đối tác sửa lại và resubmit, reviewer xác minh hoặc từ chối."),
            format!("{asked} is not possible while it is {now}; possible are: {list}. Partners correct and resubmit, reviewers verify and reject."),
        ),
    }
}

/// Every problem code with its title and its general description, in both languages.
#[rustfmt::skip]
const PROBLEMS: &[(&str, [&str; 2], [&str; 2])] = &[
    ("malformed_json", ["JSON không hợp lệ", "Malformed JSON"], ["Nội dung gửi lên không phải JSON.", "The body is not JSON."]),
    ("invalid_request", ["Dữ liệu không hợp lệ", "Invalid request"], ["Một hoặc nhiều giá trị không hợp lệ; xem errors. Chưa có gì được ghi.", "One or more values are wrong; see errors. Nothing was recorded."]),
    ("not_found", ["Không tìm thấy", "Not found"], ["Không có gì ở địa chỉ này, hoặc không dành cho client này.", "There is nothing at this address, or not for this client."]),
    ("release_of_old_form", ["Bản công bố theo mẫu cũ", "Release of an old form"], ["Bản công bố này được lập theo mẫu cũ, trước khi dịch vụ vận hành chính thức, nên không còn được cung cấp.", "This release was made in an older form, before the service went into operation, and is no longer served."]),
    ("different_content", ["Nội dung khác", "Different content"], ["external_id này đã được đăng ký với nội dung khác; xem differences. Sửa bằng PATCH với etag của installation; điều đã cam kết nay đã lắp: …/complete. Chưa có gì được ghi.", "This external_id was registered with other content; see differences. Correct it by PATCH with the etag of installation; what was pledged and is there now: …/complete. Nothing was recorded."]),
    ("installation_ended", ["Đã bị từ chối hoặc rút lại", "Rejected or withdrawn"], ["external_id này đã bị từ chối hoặc rút lại; xem installation. Nếu bị từ chối: sửa bằng PATCH rồi gửi …/resubmit. Nếu đã rút lại: dùng external_id khác.", "The installation of this external_id was rejected or withdrawn; see installation. If rejected: correct it by PATCH, then POST …/resubmit. If withdrawn: use another external_id."]),
    ("invalid_transition", ["Trạng thái không cho phép", "Invalid transition"], ["Trạng thái hiện tại không cho phép thao tác này; xem installation.", "Its current status does not allow this action; see installation."]),
    ("code_taken", ["Mã đã được dùng", "Code taken"], ["Mã này đã thuộc về một mục khác.", "Something else has this code already."]),
    ("stale", ["Đã thay đổi", "Changed since it was read"], ["Bản ghi đã thay đổi từ khi được đọc; hãy đọc lại rồi gửi với If-Match mới. Chưa có gì được ghi.", "The record changed since it was read: read it again, and send the new ETag in If-Match. Nothing was recorded."]),
    ("precondition_required", ["Thiếu If-Match", "If-Match is required"], ["Sửa dữ liệu cần tiêu đề If-Match với ETag đã đọc, để không ghi đè thay đổi của người khác.", "A correction needs the header If-Match with the ETag that was read, so that nobody's change is overwritten."]),
    ("malformed_if_match", ["If-Match không đúng dạng", "Malformed If-Match"], ["If-Match là ETag đã đọc, trong dấu ngoặc kép, hoặc *.", "If-Match is the ETag that was read, in its double quotes, or *."]),
    ("recorded_by_another", ["Công trình của đối tác khác", "Recorded by another partner"], ["Chỉ đối tác ghi nhận công trình đầu tiên mới được sửa dữ liệu của công trình.", "Only the partner that first recorded a site corrects its facts."]),
    ("idempotency_key_reused", ["Khóa đã dùng cho yêu cầu khác", "Idempotency key reused"], ["Idempotency-Key này đã đi cùng một yêu cầu khác; hãy dùng khóa mới.", "This Idempotency-Key came with another request before; use a new one."]),
    ("idempotency_key_in_flight", ["Yêu cầu đang được xử lý", "Request under way"], ["Yêu cầu với Idempotency-Key này đang được xử lý; hãy gửi lại sau Retry-After giây.", "The request with this Idempotency-Key is still under way; send it again after Retry-After seconds."]),
    ("answer_not_kept", ["Câu trả lời không được lưu", "Answer not kept"], ["Yêu cầu với Idempotency-Key này đã được thực hiện; câu trả lời có bí mật nên không được lưu.", "The request with this Idempotency-Key was carried out; its answer held a secret and was not kept."]),
    ("too_many_disputes", ["Quá nhiều phản ánh", "Too many disputes"], ["Công trình này đã có 10 phản ánh chưa giải quyết; hãy chờ trả lời.", "Ten disputes are open at this site already; please wait for an answer."]),
    ("dispute_open", ["Có phản ánh chưa giải quyết", "A dispute is open"], ["Chủ nhà có phản ánh chưa được giải quyết; mã mới chỉ được cấp sau khi phản ánh được trả lời. Nếu chủ nhà mất mã, hãy liên hệ đơn vị vận hành.", "The householder has an open dispute: a new code is given once it was answered. Whoever lost the code may turn to the operator."]),
    ("dispute_closed", ["Phản ánh đã được giải quyết", "Dispute closed"], ["Phản ánh này đã được giải quyết với kết quả khác.", "This dispute was closed with another outcome."]),
    ("wrong_code", ["Mã không đúng", "Wrong code"], ["Cần mã của chủ nhà trong tiêu đề Householder-Code. Nếu mã không còn dùng được, hãy đề nghị đơn vị lắp đặt cấp mã mới.", "Send the householder's code in the header Householder-Code. If it no longer works, ask the installer for a new one."]),
    ("own_client", ["Client đang dùng", "Own client"], ["Không thể thu hồi chính client đang dùng; hãy dùng một client admin khác.", "A client cannot revoke itself; use another client with the role admin."]),
    ("client_revoked", ["Client đã bị thu hồi", "Client revoked"], ["Client này đã bị thu hồi nên không thể cấp mật khẩu mới; hãy tạo client khác.", "This client was revoked and gets no new secret; add another one."]),
    ("unauthorized", ["Chưa xác thực", "Unauthorized"], ["Cần token còn hạn từ /oauth/token trong tiêu đề Authorization: Bearer.", "Send a valid token from /oauth/token in the header Authorization: Bearer."]),
    ("basic_refused", ["HTTP Basic không được chấp nhận", "HTTP Basic refused"], ["HTTP Basic chỉ dành cho client có vai trò dashboard với GET hoặc HEAD, và phải đúng client_id và mật khẩu; ngoài ra hãy dùng token từ /oauth/token.", "HTTP Basic is for clients with the role dashboard, on GET and HEAD, with the right client_id and secret; otherwise use a token from /oauth/token."]),
    ("too_many_requests", ["Quá nhiều yêu cầu", "Too many requests"], ["Quá nhiều yêu cầu; hãy thử lại sau Retry-After giây.", "Too many requests; try again after Retry-After seconds."]),
    ("forbidden", ["Không được phép", "Forbidden"], ["Vai trò của client không cho phép thao tác này.", "The client's role does not allow this."]),
    ("method_not_allowed", ["Phương thức không được hỗ trợ", "Method not allowed"], ["Đường dẫn này không nhận phương thức đó.", "This path does not take this method."]),
    ("too_large", ["Nội dung quá lớn", "Too large"], ["Nội dung gửi lên quá lớn.", "The body is too large."]),
    ("unsupported_media_type", ["Kiểu nội dung không được hỗ trợ", "Unsupported media type"], ["Cần Content-Type: application/json, không nén.", "Send Content-Type: application/json, without compression."]),
    ("broken_body", ["Nội dung không trọn vẹn", "Broken body"], ["Nội dung gửi lên bị đứt giữa chừng; hãy gửi lại.", "The body did not arrive whole; please send it again."]),
    ("unavailable", ["Tạm thời bận", "Unavailable"], ["Dịch vụ đang bận; hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The service is busy; send it again after Retry-After seconds. Sending again is safe."]),
    ("internal", ["Lỗi máy chủ", "Internal error"], ["Có lỗi phía máy chủ; hãy báo request_id cho người vận hành.", "Something broke on our side; please give the request_id to the operator."]),
];

pub(super) fn describe(code: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let (_, titles, details) = PROBLEMS.iter().find(|(known, ..)| *known == code)?;
    Some(language.choose((titles[0], details[0]), (titles[1], details[1])))
}
