//! What problems say: the code of each, its title, and its detail in Vietnamese and English.

use crate::domain::refusals::Refusal;
use crate::domain::refusals::number_format::{count, day};
use crate::domain::values::Language;

use super::error::ApiError;
use super::transition_texts::not_now;

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
            Self::TokenExpired => "token_expired",
            Self::TokenTooEarly => "token_not_yet_valid",
            Self::BasicRefused => "basic_refused",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Refused(Refusal::DailyQuota { .. }) => "daily_quota",
            Self::Forbidden { .. } | Self::OtherProvince { .. } => "forbidden",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::BrokenBody => "broken_body",
            Self::Voided { .. } => "voided",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage_full",
            Self::ClockInDoubt => "clock_in_doubt",
            Self::Outdated => "outdated_program",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Internal => "internal",
        }
    }

    /// Title and detail. `is_read`: the request only reads, so that nothing is said about what was recorded.
    pub(super) fn explain(&self, language: Language, is_read: bool) -> (String, String) {
        let (title, general) = describe(self.code(), language).unwrap_or(("", ""));
        let detail = match self {
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
            Self::Voided { entry } => language.choose(
                format!(
                    "Số liệu này được chốt khi đồng hồ của máy chủ chạy nhanh, trước khi ngày đó thật sự đến, nên không còn giá trị. Mục \
                     {entry} của sổ đăng ký ghi nhận việc hủy; khi ngày đó kết thúc, số liệu đúng sẽ có ở chính địa chỉ này."
                ),
                format!(
                    "This was sealed while the clock of the server was ahead, before that day had come, and is void. Entry {entry} of \
                     the register says so; once the day is over, its true numbers are at this address."
                ),
            ),
            Self::MalformedJson { line, column, near, has_decimal_comma } => {
                unreadable((*line, *column), near, *has_decimal_comma, language)
            }
            Self::Unavailable | Self::Invalid(_) | Self::Refused(Refusal::Invalid(_)) if !is_read => {
                format!("{general} {}", language.choose("Chưa có dữ liệu nào được ghi nhận.", "Nothing was recorded."))
            }
            Self::TooLarge { limit } => {
                let bytes = count(i64::try_from(*limit).unwrap_or(i64::MAX), language);
                let kib = limit / 1024;
                language.choose(
                    format!("Nội dung gửi lên tối đa {bytes} byte ({kib} KiB)."),
                    format!("A body may have at most {bytes} bytes ({kib} KiB)."),
                )
            }
            Self::TooManyRequests { retry_after } => language.choose(
                format!("Quá nhiều yêu cầu; hãy thử lại sau {retry_after} giây."),
                format!("Too many requests; try again in {retry_after} {}.", seconds(*retry_after)),
            ),
            Self::Refused(Refusal::DailyQuota { most, next_day, .. }) => {
                let (most, next_day) = (count(i64::from(*most), language), day(*next_day, language));
                language.choose(
                    format!(
                        "Hôm nay đối tác đã đạt mức tối đa {most} hồ sơ lắp đặt mới mỗi ngày. Hãy gửi lại từ 0 giờ ngày \
                         {next_day} (giờ Hà Nội); nếu cần bàn giao nhiều hơn, hãy đề nghị đơn vị công bố nâng hạn mức. Chưa ghi nhận \
                         thay đổi nào."
                    ),
                    format!(
                        "The partner has reached its {most} new installations for today. Send this again from 00:00 on \
                         {next_day} (Hanoi time); for a larger delivery, ask the publisher to raise the quota. Nothing was recorded."
                    ),
                )
            }
            Self::Forbidden { needs } => language.choose(
                format!("Thao tác này cần quyền (scope) {} mà tài khoản này không có.", needs.as_str()),
                format!("This needs the scope {}, which this client's role does not hold.", needs.as_str()),
            ),
            Self::OtherProvince { own } => language.choose(
                format!(
                    "Tài khoản này chỉ xem được {} ({}); hãy bỏ bộ lọc hoặc chọn tỉnh, thành đó.",
                    own.name_vi, own.code
                ),
                format!(
                    "This client sees {} ({}) alone; leave the filter out or choose that province.",
                    own.name_en, own.code
                ),
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

fn seconds(count: u64) -> &'static str {
    if count == 1 { "second" } else { "seconds" }
}

/// The detail of `malformed_json`: where the body stops to be JSON, and what stands there.
fn unreadable((line, column): (usize, usize), near: &str, has_decimal_comma: bool, language: Language) -> String {
    if near.is_empty() {
        return language.choose("Nội dung trống.", "The body is empty.").to_owned();
    }
    let hint = match (has_decimal_comma, language) {
        (false, _) => "",
        (true, Language::Vietnamese) => ": dấu thập phân phải là dấu chấm",
        (true, Language::English) => ": the decimal sign is a point",
    };
    language.choose(
        format!("Không đọc được JSON ở dòng {line}, cột {column}, gần «{near}»{hint}."),
        format!("The JSON cannot be read at line {line}, column {column}, near «{near}»{hint}."),
    )
}

/// Every problem code with its title and its general description, in both languages.
#[rustfmt::skip]
const PROBLEMS: &[(&str, [&str; 2], [&str; 2])] = &[
    ("malformed_json", ["JSON không hợp lệ", "Malformed JSON"], ["Nội dung gửi lên không phải JSON.", "The body is not JSON."]),
    ("invalid_request", ["Dữ liệu không hợp lệ", "Invalid request"], ["Một hoặc nhiều giá trị không hợp lệ; xem errors.", "One or more values are wrong; see errors."]),
    ("not_found", ["Không tìm thấy", "Not found"], ["Không tìm thấy địa chỉ này, hoặc tài khoản này không có quyền xem.", "There is nothing at this address, or not for this client."]),
    ("release_of_old_form", ["Bản công bố theo mẫu cũ", "Release of an old form"], ["Bản công bố này được lập theo mẫu cũ, trước khi dịch vụ vận hành chính thức, nên không còn được cung cấp.", "This release was made in an older form, before the service went into operation, and is no longer served."]),
    ("different_content", ["Nội dung khác", "Different content"], ["external_id này đã đăng ký với nội dung khác (xem differences). Để sửa: PATCH /v1/installations/{id} kèm If-Match; nếu cam kết nay đã lắp xong: POST …/complete. Chưa ghi nhận thay đổi nào.", "This external_id is registered with other content (see differences). To correct it: PATCH /v1/installations/{id} with If-Match; if a pledge is in place now: POST …/complete. Nothing was recorded."]),
    ("installation_ended", ["Đã bị từ chối hoặc rút lại", "Rejected or withdrawn"], ["Hồ sơ với external_id này đã bị từ chối hoặc đã rút lại (xem installation). Nếu bị từ chối: sửa bằng PATCH rồi POST …/resubmit. Nếu đã rút lại: đăng ký mới với external_id khác. Chưa ghi nhận thay đổi nào.", "The installation of this external_id was rejected or withdrawn; see installation. If rejected: correct it by PATCH, then POST …/resubmit. If withdrawn: register anew under another external_id. Nothing was recorded."]),
    ("invalid_transition", ["Trạng thái không cho phép", "Invalid transition"], ["Trạng thái hiện tại của hồ sơ không cho phép thao tác này; xem installation.", "Its current status does not allow this action; see installation."]),
    ("code_taken", ["Mã đã được sử dụng", "Code taken"], ["Mã này đã được sử dụng.", "Something else has this code already."]),
    ("stale", ["Đã thay đổi", "Changed since it was read"], ["Dữ liệu đã thay đổi kể từ khi bạn đọc; hãy đọc lại rồi gửi với If-Match mới. Chưa ghi nhận thay đổi nào.", "The record changed since it was read: read it again, and send the new ETag in If-Match. Nothing was recorded."]),
    ("precondition_required", ["Thiếu If-Match", "If-Match is required"], ["Khi sửa dữ liệu, hãy gửi tiêu đề If-Match với ETag đã đọc, để không ghi đè thay đổi của người khác.", "A correction needs the header If-Match with the ETag that was read, so that nobody's change is overwritten."]),
    ("malformed_if_match", ["If-Match không đúng dạng", "Malformed If-Match"], ["If-Match là ETag đã đọc, trong dấu ngoặc kép, hoặc *.", "If-Match is the ETag that was read, in its double quotes, or *."]),
    ("recorded_by_another", ["Công trình của đối tác khác", "Recorded by another partner"], ["Chỉ đối tác đã ghi nhận công trình lần đầu mới được sửa dữ liệu của công trình đó.", "Only the partner that first recorded a site corrects its facts."]),
    ("idempotency_key_reused", ["Khóa đã dùng cho yêu cầu khác", "Idempotency key reused"], ["Idempotency-Key này đã dùng cho một yêu cầu khác; hãy dùng khóa mới.", "This Idempotency-Key came with another request before; use a new one."]),
    ("idempotency_key_in_flight", ["Yêu cầu đang được xử lý", "Request under way"], ["Yêu cầu với Idempotency-Key này đang được xử lý; hãy gửi lại sau Retry-After giây.", "The request with this Idempotency-Key is still under way; send it again after Retry-After seconds."]),
    ("answer_not_kept", ["Không lưu lại kết quả", "Answer not kept"], ["Yêu cầu với Idempotency-Key này đã được thực hiện; kết quả có thông tin bí mật nên không được lưu lại.", "The request with this Idempotency-Key was carried out; its answer held a secret and was not kept."]),
    ("too_many_disputes", ["Quá nhiều phản ánh", "Too many disputes"], ["Công trình này đã có 10 phản ánh chưa giải quyết; hãy chờ trả lời.", "Ten disputes are open at this site already; please wait for an answer."]),
    ("dispute_open", ["Có phản ánh chưa giải quyết", "A dispute is open"], ["Chủ nhà có phản ánh chưa được giải quyết; mã mới chỉ được cấp sau khi phản ánh được trả lời. Nếu mất mã, chủ nhà hãy liên hệ đơn vị công bố.", "The householder has an open dispute: a new code is given once it was answered. A householder who lost the code turns to the publisher."]),
    ("dispute_closed", ["Phản ánh đã được giải quyết", "Dispute closed"], ["Phản ánh này đã được giải quyết với kết quả khác.", "This dispute was closed with another outcome."]),
    ("wrong_code", ["Thiếu mã hoặc mã không đúng", "No code, or a wrong one"], ["Hãy gửi mã của chủ nhà trong tiêu đề Householder-Code. Nếu mã không còn hiệu lực, hãy đề nghị đơn vị lắp đặt cấp mã mới.", "Send the householder's code in the header Householder-Code. If it no longer works, ask the installer for a new one."]),
    ("own_client", ["Tài khoản đang dùng", "Own client"], ["Không thể thu hồi chính tài khoản đang dùng; hãy dùng một tài khoản khác có vai trò admin.", "A client cannot revoke itself; use another client with the role admin."]),
    ("client_revoked", ["Tài khoản đã bị thu hồi", "Client revoked"], ["Tài khoản này đã bị thu hồi nên không thể cấp mật khẩu mới; hãy tạo tài khoản khác.", "This client was revoked and gets no new secret; add another one."]),
    ("unauthorized", ["Chưa xác thực", "Unauthorized"], ["Hãy gửi token lấy từ /oauth/token trong tiêu đề Authorization: Bearer.", "Send a valid token from /oauth/token in the header Authorization: Bearer."]),
    ("token_expired", ["Token đã hết hạn", "Token expired"], ["Token đã hết hạn (15 phút); hãy lấy token mới từ /oauth/token.", "The token has expired (15 minutes); get a new one from /oauth/token."]),
    ("token_not_yet_valid", ["Token chưa có hiệu lực", "Token not yet valid"], ["Token được cấp bởi một tiến trình có đồng hồ chạy nhanh hơn; đồng hồ của các máy chủ lệch nhau quá 5 giây. Hãy thử lại sau ít giây; đơn vị vận hành phải chỉnh đồng hồ.", "The process that issued this token has a clock that is ahead of this one's: the clocks of the servers differ by more than 5 seconds. Try again in some seconds; their operator has to set the clocks."]),
    ("basic_refused", ["HTTP Basic bị từ chối", "HTTP Basic refused"], ["HTTP Basic chỉ dành cho tài khoản có vai trò dashboard với GET hoặc HEAD, và phải đúng client_id và mật khẩu; ngoài ra hãy dùng token từ /oauth/token.", "HTTP Basic is for clients with the role dashboard, on GET and HEAD, with the right client_id and secret; otherwise use a token from /oauth/token."]),
    ("too_many_requests", ["Quá nhiều yêu cầu", "Too many requests"], ["Quá nhiều yêu cầu; hãy thử lại sau Retry-After giây.", "Too many requests; try again after Retry-After seconds."]),
    ("daily_quota", ["Hết hạn mức trong ngày", "Daily quota used up"], ["Đối tác đã đăng ký đủ số hồ sơ lắp đặt mới tối đa mỗi ngày; hãy gửi lại từ 0 giờ ngày hôm sau (giờ Hà Nội), sau Retry-After giây, hoặc đề nghị đơn vị công bố nâng hạn mức.", "The partner registered the most new installations that it may on one day; send the rest from midnight (Hanoi time), after Retry-After seconds, or ask the publisher to raise the quota."]),
    ("forbidden", ["Không được phép", "Forbidden"], ["Tài khoản này không có quyền thực hiện thao tác này.", "This client may not do this."]),
    ("method_not_allowed", ["Phương thức không được hỗ trợ", "Method not allowed"], ["Đường dẫn này không nhận phương thức đó.", "This path does not take this method."]),
    ("too_large", ["Nội dung quá lớn", "Too large"], ["Nội dung gửi lên quá lớn.", "The body is too large."]),
    ("unsupported_media_type", ["Kiểu nội dung không được hỗ trợ", "Unsupported media type"], ["Hãy gửi Content-Type: application/json, không nén.", "Send Content-Type: application/json, without compression."]),
    ("broken_body", ["Nội dung không trọn vẹn", "Broken body"], ["Nội dung gửi lên bị đứt giữa chừng; hãy gửi lại.", "The body did not arrive whole; please send it again."]),
    ("unavailable", ["Tạm thời bận", "Unavailable"], ["Dịch vụ đang bận; hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The service is busy; send it again after Retry-After seconds. Sending again is safe."]),
    ("storage_full", ["Ổ đĩa đã đầy", "Storage full"], ["Ổ đĩa của máy chủ đã đầy, nên chưa có dữ liệu nào được ghi nhận. Đơn vị vận hành phải giải phóng dung lượng; hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The disk of the server is full; nothing was recorded. Its operator has to make room; send it again after Retry-After seconds. Sending again is safe."]),
    ("clock_in_doubt", ["Đồng hồ máy chủ có thể sai", "Clock in doubt"], ["Đồng hồ của máy chủ có thể sai, nên chưa có dữ liệu nào được ghi nhận. Đơn vị vận hành phải chỉnh đồng hồ, hoặc xác nhận bằng lệnh green-homes clock accept; hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The clock of the server may be wrong; nothing was recorded. Its operator has to set the clock, or to confirm it by green-homes clock accept; send it again after Retry-After seconds. Sending again is safe."]),
    ("outdated_program", ["Chương trình đã cũ", "Outdated program"], ["Sổ đăng ký đã chuyển sang phiên bản mới hơn của chương trình, nên tiến trình này không ghi nữa; chưa có dữ liệu nào được ghi nhận. Hãy gửi lại sau Retry-After giây. Gửi lại là an toàn.", "The register has gone on to a newer program, so this process no longer writes; nothing was recorded. Send it again after Retry-After seconds. Sending again is safe."]),
    ("outcome_unknown", ["Chưa rõ kết quả", "Outcome unknown"], ["Không rõ yêu cầu này đã được ghi nhận hay chưa. Hãy gửi lại nguyên văn sau Retry-After giây (với cùng Idempotency-Key nếu có): gửi lại là an toàn, không ghi hai lần. Nếu tạo tài khoản mà không có khóa: hãy xem GET /v1/clients và thu hồi tài khoản không ai giữ mã bí mật.", "It is not known whether this was recorded. Send the same again after Retry-After seconds (with the same Idempotency-Key, if any): sending again is safe and records nothing twice. After making a client without a key: look at GET /v1/clients, and revoke the client whose secret nobody has."]),
    ("voided", ["Số liệu không còn giá trị", "Void"], ["Số liệu này được chốt khi đồng hồ của máy chủ chạy nhanh, trước khi ngày đó thật sự đến, nên không còn giá trị.", "This was sealed while the clock of the server was ahead, before that day had come, and is void."]),
    ("internal", ["Lỗi máy chủ", "Internal error"], ["Có lỗi phía máy chủ; hãy báo request_id cho đơn vị vận hành.", "Something broke on our side; please give the request_id to the operator."]),
];

pub(super) fn describe(code: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let (_, titles, details) = PROBLEMS.iter().find(|(known, ..)| *known == code)?;
    Some(language.choose((titles[0], details[0]), (titles[1], details[1])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_names_every_problem_code_and_no_other() {
        let (_, section) = include_str!("../../../../docs/reference.md").split_once("## Problem codes").unwrap();
        let table = section.split("\n## ").next().unwrap_or_default();
        let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| status"));
        let mut named: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
        let mut known: Vec<&str> = PROBLEMS.iter().map(|(code, ..)| *code).collect();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known);
    }
}
