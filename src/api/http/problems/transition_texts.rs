//! The detail of `invalid_transition`: why the status of an installation forbids an action, and what it allows.

use crate::domain::rules::lifecycle;
use crate::domain::values::{Action, Language, Status};

/// The sentence about an action that a status does not allow.
pub(super) fn not_now(status: Status, action: Action, language: Language) -> String {
    let is_now = language.choose(in_vietnamese(status), in_english(status));
    let Named { asked, .. } = named(action, language);
    let allowed = lifecycle::allowed(status).iter().map(|action| {
        let Named { name, route, .. } = named(*action, language);
        format!("{name} ({route})")
    });
    let list = allowed.collect::<Vec<_>>().join(", ");
    match (status, action) {
        (Status::Verified, Action::Verify) => language.choose(
            "Hồ sơ đã được xác minh ở bậc bằng chứng này hoặc cao hơn; chỉ bậc cao hơn mới thay được.".to_owned(),
            "Verified already, by evidence of this tier or a higher one; only a higher one replaces it.".to_owned(),
        ),
        (Status::Decommissioned, Action::Correct) => language.choose(
            format!("Hồ sơ {is_now}: chỉ còn sửa được decommissioned_on."),
            format!("The installation is {is_now}: only decommissioned_on can still be corrected."),
        ),
        _ if list.is_empty() => language.choose(
            format!("Hồ sơ {is_now}, không {asked} được nữa; hãy đăng ký mới với external_id khác."),
            format!("The installation is {is_now}, which is final: it can no longer be {asked}; register anew under another external_id."),
        ),
        _ => language.choose(
            format!("Hồ sơ {is_now} nên {} {asked}. Có thể: {list}.", cannot(status)),
            format!("The installation is {is_now}, so it cannot be {asked}. Possible: {list}."),
        ),
    }
}

/// Not yet, where the partner still has something to do; otherwise not at all.
fn cannot(status: Status) -> &'static str {
    if matches!(status, Status::Pledged | Status::Rejected) { "chưa thể" } else { "không thể" }
}

fn in_vietnamese(status: Status) -> &'static str {
    match status {
        Status::Pledged => "đang ở trạng thái cam kết (pledged)",
        Status::Installed => "đang chờ xác minh (installed)",
        Status::Verified => "đã xác minh (verified)",
        Status::Rejected => "đã bị từ chối (rejected)",
        Status::Withdrawn => "đã rút lại (withdrawn)",
        Status::Decommissioned => "đã ngừng hoạt động (decommissioned)",
    }
}

fn in_english(status: Status) -> &'static str {
    match status {
        Status::Installed => "waiting to be verified (installed)",
        other => other.as_str(),
    }
}

/// An action in the words of one language.
struct Named {
    /// What the action is called.
    name: &'static str,
    /// The word after "cannot be", or "không thể".
    asked: &'static str,
    /// How the action is asked for.
    route: &'static str,
}

/// The words for an action of installations. Other actions have no status to mind.
fn named(action: Action, language: Language) -> Named {
    let (vietnamese, english, passive, route) = match action {
        Action::Correct => ("sửa", "correct", "corrected", "PATCH"),
        Action::Complete => ("hoàn thành", "complete", "completed", "…/complete"),
        Action::Verify => ("xác minh", "verify", "verified", "…/verify"),
        Action::Reject => ("từ chối", "reject", "rejected", "…/reject"),
        Action::Resubmit => ("gửi xác minh lại", "resubmit", "resubmitted", "…/resubmit"),
        Action::Withdraw => ("rút lại", "withdraw", "withdrawn", "…/withdraw"),
        Action::Decommission => ("báo ngừng hoạt động", "decommission", "decommissioned", "…/decommission"),
        other => [other.as_str(); 4].into(),
    };
    Named { name: language.choose(vietnamese, english), asked: language.choose(vietnamese, passive), route }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_now_says_what_is_possible_in_the_words_of_people() {
        let said = |status, action| [Language::Vietnamese, Language::English].map(|one| not_now(status, action, one));
        let [vi, en] = said(Status::Pledged, Action::Verify);
        assert_eq!(
            vi,
            "Hồ sơ đang ở trạng thái cam kết (pledged) nên chưa thể xác minh. Có thể: sửa (PATCH), hoàn thành (…/complete), \
             rút lại (…/withdraw), từ chối (…/reject)."
        );
        assert_eq!(
            en,
            "The installation is pledged, so it cannot be verified. Possible: correct (PATCH), complete (…/complete), \
             withdraw (…/withdraw), reject (…/reject)."
        );
        let [vi, en] = said(Status::Withdrawn, Action::Correct);
        assert_eq!(vi, "Hồ sơ đã rút lại (withdrawn), không sửa được nữa; hãy đăng ký mới với external_id khác.");
        assert!(en.contains("withdrawn, which is final: it can no longer be corrected;"), "{en}");
    }
}
