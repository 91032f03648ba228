//! `GET /v1/disclosure`: the rules by which figures are published, with their numbers and in words.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::api::state::AppState;
use crate::domain::reference::{Company, Disclosure, Target, WithToken, target_on};
use crate::register::ReadyPage;

/// The rules by which figures are published.
#[derive(Serialize, ToSchema)]
pub struct DisclosureResponse {
    /// The rules.
    data: DisclosureView,
}

/// The rules by which figures are published, part of the target's version. A newer version alone may loosen them.
#[derive(Serialize, ToSchema)]
struct DisclosureView {
    /// The version of the target that the rules are part of. Example: 1.
    target_version: i32,
    /// The first day whose close the rules hold for. What earlier days published is kept as the rules of then allowed. Example: 2019-09-01.
    in_force_from: NaiveDate,
    /// The least number of sites, new to it, with which a figure of the whole country moves. Example: 10.
    least_sites_in_nation: usize,
    /// The same of a row of a table. Example: 5.
    least_sites_in_row: usize,
    /// The most that one site may hold of what moves, in percent. Example: 50.
    most_of_one_percent: u64,
    /// The most that two sites may hold of what moves, in percent. Example: 80.
    most_of_two_percent: u64,
    /// A programme with fewer sites in operation publishes counts alone. Example: 50.
    least_sites_of_programme: i64,
    /// A share of people stands only where more sites than these have an answer. Example: 30.
    least_answers: i64,
    /// The least number of sites in a row of `/v1/aggregates` for dashboards and partners. Example: 3.
    least_sites_with_token: i64,
    /// The least number of sites behind an amount of money there. Example: 5.
    money_least_sites: i64,
    /// The least number of partners behind an amount of money there. Example: 3.
    money_least_partners: usize,
    /// The rules in words.
    rules: Vec<RuleView>,
}

/// One rule in words.
#[derive(Serialize, ToSchema)]
struct RuleView {
    /// The code of the rule. Example: `company`.
    code: &'static str,
    /// The rule in Vietnamese.
    vi: String,
    /// The rule in English.
    en: String,
}

impl RuleView {
    fn of(code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, vi: vi.into(), en: en.into() }
    }
}

fn page(target: &Target) -> ReadyPage {
    let Disclosure { company, least_sites, people_known, with_token } = target.disclosure;
    let WithToken { least_sites: least_sites_with_token, money_least_sites, money_least_partners } = with_token;
    let Company { in_nation, in_row, most_of_one_percent, most_of_two_percent } = company;
    let data = DisclosureView {
        target_version: target.version,
        in_force_from: target.in_force_from,
        least_sites_in_nation: in_nation,
        least_sites_in_row: in_row,
        most_of_one_percent,
        most_of_two_percent,
        least_sites_of_programme: least_sites,
        least_answers: people_known,
        least_sites_with_token,
        money_least_sites,
        money_least_partners,
        rules: in_words(&target.disclosure),
    };
    as_page(JSON, &DisclosureResponse { data })
}

fn in_words(Disclosure { company, least_sites, people_known, with_token }: &Disclosure) -> Vec<RuleView> {
    let WithToken { least_sites: least_with_token, money_least_sites, money_least_partners } = with_token;
    let Company { in_nation, in_row, most_of_one_percent, most_of_two_percent } = company;
    vec![
        RuleView::of(
            "live",
            "Số công trình theo bậc (đã xác minh, chờ xác minh, đã cam kết), tỷ lệ so với mục tiêu và câu tóm tắt các số này thay đổi trong \
             vòng một giây. Mọi số liệu khác chỉ thay đổi tại một thời điểm công bố.",
            "Sites by stage (verified, reported, pledged), their share of the target and the sentence about these move within a second. All other figures move at \
             publication points alone.",
        ),
        RuleView::of(
            "point",
            "Thời điểm công bố là lúc kết thúc một ngày ở Hà Nội mà ít nhất một số liệu được phép thay đổi.",
            "A publication point is the close of a day in Hà Nội at which at least one figure may move.",
        ),
        RuleView::of(
            "company",
            format!(
                "Số liệu cả nước chỉ thay đổi khi có ít nhất {in_nation} công trình cùng làm nó thay đổi, một dòng của bảng khi có ít \
                 nhất {in_row}. Chỉ tính những công trình chưa từng có trong số liệu đó. Phần còn lại chờ đến ngày sau. Một dòng cũng \
                 thay đổi khi không còn công trình nào được tính trong dòng đó."
            ),
            format!(
                "A figure of the whole country moves only when at least {in_nation} sites move it together, a row of a table when at \
                 least {in_row} do. Only sites that were never in it count. Whatever may not move waits for a later day. A row also \
                 moves when all its sites leave it."
            ),
        ),
        RuleView::of(
            "shares",
            format!(
                "Trong phần thay đổi, không công trình nào chiếm quá {most_of_one_percent}%, không hai công trình nào chiếm quá \
                 {most_of_two_percent}%, xét theo quy mô và theo quy mô nhân số ngày đã hoạt động. Công trình lớn hơn hoặc hoạt động lâu hơn phải \
                 chờ. Không công trình nào được rút khỏi một số liệu nếu sau đó một hoặc hai công trình chiếm phần lớn quy mô còn lại."
            ),
            format!(
                "Of what moves, no site is more than {most_of_one_percent} % and no two are more than {most_of_two_percent} %: of size, \
                 and of size times days in operation. Larger or older ones wait. Nobody leaves a figure while one or two sites would be most of \
                 what is left."
            ),
        ),
        RuleView::of(
            "two_equations",
            format!(
                "Sản lượng điện mặt trời phụ thuộc vào tỉnh và năm lắp đặt, nên công suất và điện năng của một số liệu là hai phương trình. Để \
                 không ai tính ngược ra từng tỉnh hay từng năm, trong phần thay đổi không tỉnh nào của một năm lắp đặt có dưới {in_row} công trình, \
                 trừ khi số nhóm như vậy nhiều hơn số phương trình. Các tỉnh có cùng sản lượng được tính là một."
            ),
            format!(
                "Solar yield depends on the province and the year of installation, so capacity and electricity of a figure are two equations. \
                 So that nobody can solve them, no province has fewer than {in_row} sites of one year in what moves, unless there are more \
                 such groups than equations. Provinces of the same yield count as one."
            ),
        ),
        RuleView::of(
            "not_yet_detailed",
            "Mỗi bảng cộng được có dòng not_yet_detailed: tổng trừ đi các dòng khác, nên bảng luôn cộng đúng. Từ thời điểm công \
             bố này đến thời điểm khác, hoặc không công trình nào vào hay ra khỏi dòng này, hoặc có đủ nhiều công trình cùng vào hay ra.",
            "Each table that adds up has a row not_yet_detailed: the total less the other rows, so that a table always adds up. Between any two \
             points either no site enters or leaves this row, or enough of them do.",
        ),
        RuleView::of(
            "people",
            format!(
                "Tỷ lệ hộ thu nhập thấp, vùng xa và chủ hộ là nữ chỉ có cho cả nước, tính tròn phần trăm, thay đổi vào cuối quý và chỉ \
                 khi đã rõ về hơn {people_known} công trình."
            ),
            format!(
                "Shares of low-income, remote and woman-headed are of the whole country, in whole percent, move at the ends of quarters, \
                 and stand only where it is known of more than {people_known} sites."
            ),
        ),
        RuleView::of(
            "small_programme",
            format!("Khi có dưới {least_sites} công trình đang hoạt động, chỉ số công trình theo bậc được công bố."),
            format!("With fewer than {least_sites} sites in operation, sites by stage alone are published."),
        ),
        RuleView::of(
            "with_token",
            format!(
                "Với mã truy cập của bảng theo dõi hoặc đối tác, /v1/aggregates trả lời theo thời điểm công bố mới nhất. Các dòng có dưới \
                 {least_with_token} công trình gộp thành dòng other; nếu bộ lọc chỉ giữ lại, hoặc chỉ loại ra, ít công trình như vậy thì không có số liệu. Chỉ có số tiền khi có ít nhất {money_least_sites} công trình của ít nhất \
                 {money_least_partners} đối tác. Đối tác xem đầy đủ số liệu hiện tại của chính mình."
            ),
            format!(
                "With the token of a dashboard or a partner, /v1/aggregates answers as of the newest publication point. Rows of fewer than \
                 {least_with_token} sites join the row other; where filters keep, or leave out, so few sites, there are no figures. Money stands only over at least {money_least_sites} sites of at least \
                 {money_least_partners} partners. A partner sees its own in full, as it is now."
            ),
        ),
    ]
}

/// The rules by which figures are published today: their numbers, and each in words in both languages.
#[utoipa::path(get, path = "", responses((status = 200, body = DisclosureResponse)))]
pub async fn get_disclosure(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let target = target_on(state.register.snapshot().figures.day);
    send(&request, &page(target), CacheFor::OneHour).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reference::target;

    #[test]
    fn no_rule_in_words_has_a_gap() {
        for RuleView { code, vi, en } in in_words(&target().disclosure) {
            assert!(!vi.contains("  ") && !en.contains("  "), "{code}: {vi} {en}");
        }
    }
}
