//! The sentence of every fault, in Vietnamese and in English: it names the right form of the value. It never repeats
//! the sent value, because that may be personal data.

use crate::domain::values::{Fault, Language, ListedPlace};

use super::number_format::{count, quantity};

const VI: Language = Language::Vietnamese;
const EN: Language = Language::English;

impl Fault {
    /// The sentence of the fault, for a person.
    #[must_use]
    pub fn explain(&self, language: Language) -> String {
        let (vietnamese, english) = self.both();
        language.choose(vietnamese, english)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each fault: a table, not a procedure")]
    fn both(&self) -> (String, String) {
        match *self {
            Self::Missing => both("Thiếu trường bắt buộc.", "This field is required."),
            Self::UnknownField => both(
                "Trường này không có trong đặc tả; hãy kiểm tra chính tả hoặc bỏ đi.",
                "This field is not known here; check its spelling or leave it out.",
            ),
            Self::DuplicateField => both("Xuất hiện hai lần; chỉ gửi một lần.", "Appears twice; send it once."),
            Self::TooDeep { max } => {
                (format!("JSON lồng quá {max} tầng."), format!("The JSON is nested deeper than {max} levels."))
            }
            Self::WrongType { expected } => {
                (format!("Phải là {}.", expected.vietnamese()), format!("Must be {}.", expected.english()))
            }
            Self::NotAllowed { rule } => both(rule.vietnamese(), rule.english()),
            Self::Empty => both("Không được để trống.", "Must not be empty."),
            Self::TooLong { max } => (format!("Tối đa {max} ký tự."), format!("At most {max} characters.")),
            Self::TooMany { max } => {
                let in_language = |language| count(i64::try_from(max).unwrap_or(i64::MAX), language);
                (format!("Tối đa {} mục.", in_language(VI)), format!("At most {} items.", in_language(EN)))
            }
            Self::ForbiddenCharacter => both(
                "Có ký tự điều khiển, ký tự ẩn hoặc ký tự đổi chiều chữ.",
                "Contains a control, invisible or bidirectional character.",
            ),
            Self::NotVisibleAscii => both(
                "Chỉ dùng chữ, số và ký hiệu ASCII, không dấu, không khoảng trắng.",
                "Use visible ASCII characters only: letters without diacritics, digits and signs, no spaces.",
            ),
            Self::UnknownValue { allowed } => {
                (format!("Chỉ nhận: {}.", allowed.join(", ")), format!("Must be one of: {}.", allowed.join(", ")))
            }
            Self::NotAnId => both("Phải là UUID dạng 8-4-4-4-12.", "Must be a UUID in the form 8-4-4-4-12."),
            Self::NotACode => {
                both("Phải gồm 2 đến 20 ký tự A-Z, 0-9 hoặc dấu gạch nối.", "Must be 2 to 20 of A-Z, 0-9 and hyphen.")
            }
            Self::NotAGridCode => both(
                "Mã khách hàng điện chỉ gồm chữ cái và chữ số.",
                "A grid customer code has letters and digits only.",
            ),
            Self::GridCodeOfAnother => both(
                "Một công trình khác của đối tác đã có mã khách hàng điện này: cùng mã là cùng công trình.",
                "Another site of the same partner has this grid customer code: one code means one site.",
            ),
            Self::NotACursor => both(
                "Con trỏ trang không hợp lệ; hãy dùng next_cursor của trang trước.",
                "Not a cursor of this list; use next_cursor of the page before.",
            ),
            Self::OutOfRange { min, max } if min == max => (format!("Phải là {min}."), format!("Must be {min}.")),
            Self::OutOfRange { min, max } => {
                (format!("Phải từ {min} đến {max}."), format!("Must be from {min} to {max}."))
            }
            Self::NotTheConsentText { newest } => (
                format!("Phiên bản văn bản đồng ý hiện hành là {newest}; xem /v1/consent/{newest}."),
                format!("The text of the consent in force is version {newest}; see /v1/consent/{newest}."),
            ),
            Self::NotADate => both(
                "Phải là một ngày có thật, dạng YYYY-MM-DD, ví dụ 2026-10-02.",
                "Must be a real date in the form YYYY-MM-DD, such as 2026-10-02.",
            ),
            Self::NotAMoment => both(
                "Phải là một ngày (YYYY-MM-DD) hoặc một thời điểm có múi giờ, ví dụ 2026-11-27T08:30:00Z.",
                "Must be a day (YYYY-MM-DD) or an instant with its offset, such as 2026-11-27T08:30:00Z.",
            ),
            Self::NotAWholeDay { day } => (
                format!("Thiếu ngày: hãy viết {day} (YYYY-MM-DD)."),
                format!("The day is missing: write {day} (YYYY-MM-DD)."),
            ),
            Self::FromToInstead { from, to } => (
                format!("Không có tham số này; hãy dùng from={from}&to={to}."),
                format!("There is no such parameter; use from={from}&to={to}."),
            ),
            Self::IntervalInstead => both(
                "Không có tham số này: kết quả gồm mọi kỳ; chọn độ dài của kỳ bằng interval=month, quarter hoặc year.",
                "There is no such parameter: the answer has every period; choose their length by interval=month, quarter or year.",
            ),
            Self::NoDryRun => both(
                "Đường dẫn này không chạy thử được: không có tham số này, yêu cầu sẽ được thực hiện thật.",
                "There is no dry run here: without this parameter the request is carried out.",
            ),
            Self::OfNowAlone => both(
                "Địa chỉ này chỉ có số liệu hiện tại; số liệu của một ngày đã qua nằm ở /v1/progress?as_of=… và /v1/tables/…?as_of=….",
                "Only the numbers of now are here; those of a past day are at /v1/progress?as_of=… and /v1/tables/…?as_of=….",
            ),
            Self::AsOfInstead => both(
                "Không có tham số này: số liệu là của một thời điểm; chọn ngày bằng as_of=YYYY-MM-DD.",
                "There is no such parameter: the numbers are those of one day; choose it by as_of=YYYY-MM-DD.",
            ),
            Self::InTheFuture { today } => (
                format!("Không được sau hôm nay ở Hà Nội ({today})."),
                format!("Must not be after today in Ha Noi ({today})."),
            ),
            Self::InThePast { today } => (
                format!("Không được trước hôm nay ở Hà Nội ({today})."),
                format!("Must not be before today in Ha Noi ({today})."),
            ),
            Self::BeforeYear { year } => {
                (format!("Không được trước năm {year}."), format!("Must not be before the year {year}."))
            }
            Self::BeforeConsentText { from } => (
                format!("Văn bản đồng ý này có hiệu lực từ ngày {from}; không thể đồng ý trước ngày đó."),
                format!("This text is in force since {from}: nobody can have agreed to it before."),
            ),
            Self::BeforeInstallation { on } => (
                format!("Không được trước ngày lắp đặt ({on})."),
                format!("Must not be before the day of installation ({on})."),
            ),
            Self::NotPositive => both("Phải lớn hơn 0.", "Must be greater than 0."),
            Self::Negative => both("Không được âm.", "Must not be negative."),
            Self::NotWhole => both("Phải là số nguyên.", "Must be a whole number."),
            Self::TooManyDecimals { max } => {
                (format!("Tối đa {max} chữ số thập phân."), format!("At most {max} decimals."))
            }
            Self::AboveCeiling { max_milli } => {
                let in_language = |language| quantity(max_milli, language);
                (format!("Tối đa {}.", in_language(VI)), format!("Above the ceiling of {}.", in_language(EN)))
            }
            Self::OutsideVietNam => both(
                "Tọa độ nằm ngoài Việt Nam; lat là vĩ độ, lon là kinh độ.",
                "Outside Viet Nam; lat is the latitude, lon the longitude.",
            ),
            Self::UnknownProvince => both(
                "Không phải mã của 34 tỉnh, thành; xem /v1/provinces (\"Hà Nội\" là \"01\"; \"1\" viết là \"01\").",
                "Not a code of the 34 provinces; see /v1/provinces (\"Ha Noi\" is \"01\"; \"1\" is written \"01\").",
            ),
            Self::RetiredProvince { former: ListedPlace { code, name_vi, .. }, now }
            | Self::RetiredCommune { code, name_vi, now } => (
                format!("{code} là mã cũ của {name_vi}; nay là {now}."),
                format!("{code} is {name_vi}'s old code; now {now}."),
            ),
            Self::UnknownCommune => both(
                "Không phải mã của 3.321 xã, phường, đặc khu; xem /v1/communes (\"4\" viết là \"00004\").",
                "Not a code of the 3,321 communes; see /v1/communes (\"4\" is written \"00004\").",
            ),
            Self::CommuneElsewhere { province: ListedPlace { code, name_vi, name_en } } => (
                format!("Đơn vị cấp xã này thuộc {name_vi} ({code})."),
                format!("This commune lies in {name_en} ({code})."),
            ),
            Self::UnknownFormerProvince => both(
                "Không phải mã của 63 tỉnh, thành trước 01/7/2025; xem /v1/provinces (\"2\" viết là \"02\").",
                "Not a code of the 63 provinces before 1 July 2025; see /v1/provinces (\"2\" is written \"02\").",
            ),
            Self::FormerProvinceElsewhere { province: ListedPlace { code, name_vi, name_en } } => (
                format!("Tỉnh cũ này nay thuộc {name_vi} ({code})."),
                format!("This former province is now part of {name_en} ({code})."),
            ),
            Self::FormerProvinceDisagrees { expected: ListedPlace { code, name_vi, name_en } } => (
                format!("Theo xã hoặc tỉnh thì phải là {name_vi} ({code})."),
                format!("By the commune or province it must be {name_en} ({code})."),
            ),
            Self::UnknownMeasure => {
                both("Không phải mã giải pháp; xem /v1/measures.", "Not the code of a measure; see /v1/measures.")
            }
            Self::DuplicateMeasure { code } => (
                format!("Giải pháp {code} đã có trong hồ sơ lắp đặt này; hãy cộng gộp thành một dòng."),
                format!("Measure {code} stands in this installation already; add the two up into one line."),
            ),
            Self::ConsentRequired => both(
                "Khi gửi địa chỉ, mã khách hàng điện hoặc tọa độ của nhà ở, hãy gửi kèm consent {on, text_version}.",
                "A home with an address, a grid customer code or a location needs consent {on, text_version}.",
            ),
            Self::UnknownSite => both(
                "Không có công trình này trong số công trình của đối tác.",
                "No such site among this partner's sites.",
            ),
            Self::NotAtThisSite => {
                both("Công trình của bạn không có hồ sơ lắp đặt này.", "There is no such installation at your site.")
            }
            Self::SiteFull { max } => (
                format!("Công trình này đã có {max} hồ sơ lắp đặt. Mã công trình có dùng chung cho nhiều nơi không?"),
                format!("This site has {max} installations already. Does its number stand for several places?"),
            ),
            Self::UnknownProject => both("Không có dự án mang mã này.", "No project has this code."),
            Self::UnknownCode => {
                both("Không có mã này; xem /v1/dimensions.", "There is no such code; see /v1/dimensions.")
            }
            Self::EmptySpan => both("to phải sau from.", "to must come after from."),
            Self::SpanTooLong { years } => (format!("Tối đa {years} năm."), format!("At most {years} years.")),
            Self::NotClosed => both(
                "Ngày này ở Hà Nội chưa kết thúc; hãy chọn một ngày trước hôm nay.",
                "This day is not over in Ha Noi yet; choose a day before today.",
            ),
            Self::BeforeTheRegister => both(
                "Ngày này ở trước ngày đầu tiên của sổ đăng ký, nên chưa có số liệu.",
                "This day was before the register began, so there are no numbers of it.",
            ),
            Self::NotAFirstOfMonth => both(
                "Phải là ngày đầu của một tháng: bộ lọc theo ngày lắp đặt lấy trọn tháng.",
                "Must be the first day of a month: filters by the day of installation take whole months.",
            ),
            Self::UnknownMethodology => both(
                "Không có phương pháp tính mang số này; xem /v1/methodology.",
                "There is no methodology of this number; see /v1/methodology.",
            ),
            Self::OtherMethodology => both(
                "Số này từng có hiệu lực với một tệp khác; phương pháp tính đã sửa phải mang số tiếp theo.",
                "This number was in force with another file before; a changed methodology needs the next number.",
            ),
            Self::UnknownPartner => both("Không có đối tác mang mã này.", "No partner has this code."),
            Self::TierNotYet => both(
                "Bậc bằng chứng sampled chỉ dùng được khi có quy trình chọn mẫu công khai.",
                "The tier sampled needs the published sampling procedure, which is not in force yet.",
            ),
        }
    }
}

fn both(vietnamese: &str, english: &str) -> (String, String) {
    (vietnamese.to_owned(), english.to_owned())
}
