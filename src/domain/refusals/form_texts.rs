//! What a field takes and why a field is out of place, as the sentences of faults say it.

use crate::domain::values::{Expected, Rule};

impl Expected {
    pub(super) fn vietnamese(self) -> &'static str {
        match self {
            Self::Object => "một đối tượng JSON {…}",
            Self::OneObject => "một đối tượng JSON {…}, không phải một mảng: mỗi yêu cầu gửi một đối tượng",
            Self::Array => "một mảng JSON […]",
            Self::String => "chuỗi ký tự trong dấu nháy kép, ví dụ \"01\"",
            Self::Number => "số JSON, không có dấu nháy, dấu thập phân là dấu chấm, ví dụ 5.4",
            Self::Integer => "số nguyên, không có dấu nháy, không có dấu phân cách, ví dụ 90000000",
            Self::Boolean => "true hoặc false, không có dấu nháy",
        }
    }

    pub(super) fn english(self) -> &'static str {
        match self {
            Self::Object => "a JSON object {…}",
            Self::OneObject => "one JSON object {…}, not an array: send one object a request",
            Self::Array => "a JSON array […]",
            Self::String => "a string in double quotes, such as \"01\"",
            Self::Number => "a JSON number without quotes, with a decimal point, such as 5.4",
            Self::Integer => "a whole number without quotes or separators, such as 90000000",
            Self::Boolean => "true or false, without quotes",
        }
    }
}

impl Rule {
    pub(super) fn vietnamese(self) -> &'static str {
        match self {
            Self::Pledged => "Hồ sơ cam kết (pledged) không có installed_on; khi lắp xong, gọi POST …/complete.",
            Self::SiteNamedTwice => "Chỉ gửi site.id hoặc site.external_id, không gửi cả hai.",
            Self::NotSolar => "Chỉ điện mặt trời mới có inverter_kw.",
            Self::NotAPartnerClient => "Chỉ tài khoản có vai trò partner mới thuộc về một đối tác.",
            Self::NotDecommissioned => {
                "Chỉ hồ sơ lắp đặt đã ngừng hoạt động (decommissioned) mới có ngày ngừng hoạt động."
            }
            Self::PlaceAsAWhole => {
                "Địa điểm được sửa trọn vẹn: hãy gửi cả province_code; mã nào không gửi sẽ thành chưa rõ."
            }
            Self::NotCorrectable => {
                "Không sửa trường này tại đây. Trạng thái: dùng complete, withdraw, decommission, resubmit; công trình: PATCH /v1/sites/{id}; external_id không thể thay đổi."
            }
            Self::NotAReviewer => "Chỉ vai trò reviewer mới có affiliation (đối tác nơi người đó làm việc).",
            Self::NotLimitable => "Chỉ vai trò reviewer và dashboard mới có thể giới hạn trong một tỉnh.",
            Self::OneScope => "Chỉ xem theo đối tác hoặc theo dự án, không theo cả hai.",
            Self::ScopesHaveNoPast => "Số liệu theo đối tác và dự án chỉ có ở thời điểm hiện tại, theo ngày lắp đặt.",
            Self::ScopesAreInternal => {
                "Số liệu theo đối tác và dự án dành cho người xác minh và quản trị: số liệu này luôn ở thời điểm hiện tại, nên sẽ cho biết công trình vừa được ghi nhận."
            }
            Self::OnePeriod => "Chỉ chọn một trong year, quarter, month.",
            Self::NotOfOthers => "Đối tác chỉ xem số liệu của chính mình; dự án gồm cả đối tác khác.",
            Self::OneTime => "Chỉ xem theo một ngày đã qua hoặc theo ngày ghi nhận, không theo cả hai.",
            Self::MadeThen => "Số liệu của ngày đã qua giữ nguyên phương pháp tính có hiệu lực khi đó.",
        }
    }

    pub(super) fn english(self) -> &'static str {
        match self {
            Self::Pledged => "A pledged installation has no installed_on; once it is in place, POST …/complete.",
            Self::SiteNamedTwice => "Send site.id or site.external_id, not both.",
            Self::NotSolar => "Only solar measures have an inverter_kw.",
            Self::NotAPartnerClient => "Only the role partner belongs to a partner.",
            Self::NotDecommissioned => "Only a decommissioned installation has a last day.",
            Self::PlaceAsAWhole => {
                "A place is corrected as a whole: send province_code too; whatever code is left out is unknown then."
            }
            Self::NotCorrectable => {
                "This field is not corrected here. Status: complete, withdraw, decommission, resubmit; site: \
                 PATCH /v1/sites/{id}; an external_id never changes."
            }
            Self::NotAReviewer => "Only the role reviewer has an affiliation (the partner that the person works for).",
            Self::NotLimitable => "Only the roles reviewer and dashboard can be limited to a province.",
            Self::OneScope => "Either by partner or by project, not both.",
            Self::ScopesHaveNoPast => "Sums of partners and projects are of now, by the days of installation.",
            Self::ScopesAreInternal => {
                "Sums of partners and projects are for reviewers and administrators: they are of now, and so would tell what was just registered."
            }
            Self::OnePeriod => "Only one of year, quarter, month.",
            Self::NotOfOthers => "A partner is shown what is its own; projects are of others, too.",
            Self::OneTime => "Either as of a past day or by when it was recorded, not both.",
            Self::MadeThen => "Numbers of past days stay as they were made, with the methodology in force then.",
        }
    }
}
