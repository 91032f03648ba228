//! The sentence of every fault, in Vietnamese and in English: it names the right form of the value. It never repeats
//! the sent value, because that may be personal data.

use crate::domain::values::{Expected, Fault, Language, ListedPlace, Rule};

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
            Self::DuplicateField => both("Xuất hiện hai lần.", "Stands there twice."),
            Self::TooDeep { max } => {
                (format!("JSON lồng quá {max} tầng."), format!("The JSON is nested deeper than {max} levels."))
            }
            Self::WrongType { expected } => {
                (format!("Cần {}.", expected.vietnamese()), format!("Must be {}.", expected.english()))
            }
            Self::NotAllowed { rule } => both(rule.vietnamese(), rule.english()),
            Self::Empty => both("Không được để trống.", "Must not be empty."),
            Self::TooLong { max } => (format!("Dài nhất {max} ký tự."), format!("At most {max} characters.")),
            Self::TooMany { max } => (format!("Nhiều nhất {max} mục."), format!("At most {max} items.")),
            Self::ForbiddenCharacter => both(
                "Có ký tự điều khiển, ký tự ẩn hoặc ký tự đổi chiều chữ.",
                "Contains a control, invisible or bidirectional character.",
            ),
            Self::UnknownValue { allowed } => {
                (format!("Chỉ nhận: {}.", allowed.join(", ")), format!("Must be one of: {}.", allowed.join(", ")))
            }
            Self::NotAnId => both("Cần một UUID dạng 8-4-4-4-12.", "Must be a UUID in the form 8-4-4-4-12."),
            Self::NotACode => {
                both("Cần 2 đến 20 ký tự A-Z, 0-9 hoặc dấu gạch nối.", "Must be 2 to 20 of A-Z, 0-9 and hyphen.")
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
            Self::NotADate => {
                both("Cần một ngày có thật, dạng YYYY-MM-DD.", "Must be a real date in the form YYYY-MM-DD.")
            }
            Self::InTheFuture { today } => (
                format!("Không được sau hôm nay ở Hà Nội ({today})."),
                format!("Must not be after today in Ha Noi ({today})."),
            ),
            Self::BeforeYear { year } => {
                (format!("Không được trước năm {year}."), format!("Must not be before the year {year}."))
            }
            Self::BeforeConsentText { from } => (
                format!("Bản đồng ý này có từ ngày {from}; không thể đồng ý với nó trước đó."),
                format!("This text is there since {from}: nobody can have agreed to it before."),
            ),
            Self::BeforeInstallation { on } => (
                format!("Không được trước ngày lắp đặt ({on})."),
                format!("Must not be before the day of installation ({on})."),
            ),
            Self::NotPositive => both("Phải lớn hơn 0.", "Must be greater than 0."),
            Self::Negative => both("Không được âm.", "Must not be negative."),
            Self::NotWhole => both("Phải là số nguyên.", "Must be a whole number."),
            Self::TooManyDecimals { max } => {
                (format!("Nhiều nhất {max} chữ số thập phân."), format!("At most {max} decimals."))
            }
            Self::AboveCeiling { max_milli } => {
                let max = crate::domain::values::units(max_milli);
                (format!("Vượt mức trần {max}."), format!("Above the ceiling of {max}."))
            }
            Self::OutsideVietNam => both(
                "Tọa độ nằm ngoài Việt Nam; lat là vĩ độ, lon là kinh độ.",
                "Outside Viet Nam; lat is the latitude, lon the longitude.",
            ),
            Self::UnknownProvince => both(
                "Không phải mã của 34 tỉnh, thành; xem /v1/provinces.",
                "Not a code of the 34 provinces; see /v1/provinces.",
            ),
            Self::RetiredProvince { former: ListedPlace { code, name_vi, .. }, now }
            | Self::RetiredCommune { code, name_vi, now } => (
                format!("{code} là mã cũ của {name_vi}; nay là {now}."),
                format!("{code} is {name_vi}'s old code; now {now}."),
            ),
            Self::UnknownCommune => both(
                "Không phải mã của 3.321 xã, phường, đặc khu; xem /v1/communes.",
                "Not a code of the 3,321 communes; see /v1/communes.",
            ),
            Self::CommuneElsewhere { province: ListedPlace { code, name_vi, name_en } } => (
                format!("Đơn vị cấp xã này thuộc {name_vi} ({code})."),
                format!("This commune lies in {name_en} ({code})."),
            ),
            Self::UnknownFormerProvince => both(
                "Không phải mã của 63 tỉnh, thành trước 01/7/2025.",
                "Not a code of the 63 provinces before 1 July 2025.",
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
                format!("Giải pháp {code} đã có trong lần lắp đặt này; hãy cộng gộp thành một dòng."),
                format!("Measure {code} stands in this installation already; add the two up into one line."),
            ),
            Self::ConsentRequired => both(
                "Nhà ở có địa chỉ, mã khách hàng điện hoặc tọa độ thì cần consent {on, text_version}.",
                "A home with an address, a grid customer code or a location needs consent {on, text_version}.",
            ),
            Self::UnknownSite => both(
                "Không có công trình này trong số công trình của đối tác.",
                "No such site among this partner's sites.",
            ),
            Self::NotAtThisSite => {
                both("Không có lần lắp đặt này tại công trình của bạn.", "There is no such installation at your site.")
            }
            Self::SiteFull { max } => (
                format!("Công trình này đã có {max} lần lắp đặt. Mã công trình có dùng chung cho nhiều nơi không?"),
                format!("This site has {max} installations already. Does its number stand for several places?"),
            ),
            Self::UnknownProject => both("Không có dự án mang mã này.", "No project has this code."),
            Self::UnknownCode => {
                both("Không có mã này; xem /v1/dimensions.", "There is no such code; see /v1/dimensions.")
            }
            Self::EmptySpan => both("to phải sau from.", "to must come after from."),
            Self::SpanTooLong { years } => (format!("Dài nhất {years} năm."), format!("At most {years} years.")),
            Self::NotClosed => both(
                "Ngày này ở Hà Nội chưa kết thúc, hoặc sổ đăng ký khi ấy chưa bắt đầu.",
                "This day is not over in Ha Noi yet, or was before the register began.",
            ),
            Self::NotALastOfMonth => both(
                "Cần ngày cuối của một tháng: các bảng được lưu khi mỗi tháng kết thúc.",
                "Must be the last day of a month: tables are kept at the end of each month.",
            ),
            Self::NotAFirstOfMonth => both(
                "Cần ngày đầu của một tháng: bộ lọc theo ngày lắp đặt lấy trọn tháng.",
                "Must be the first day of a month: filters by the day of installation take whole months.",
            ),
            Self::UnknownMethodology => both(
                "Không có phương pháp mang số này; xem /v1/methodology.",
                "There is no methodology of this number; see /v1/methodology.",
            ),
            Self::OtherMethodology => both(
                "Số này từng có hiệu lực với một tệp khác; phương pháp đã sửa cần số tiếp theo.",
                "This number was in force with another file before; a changed methodology needs the next number.",
            ),
            Self::UnknownPartner => both("Không có đối tác mang mã này.", "No partner has this code."),
            Self::TierNotYet => both(
                "Mức sampled chỉ dùng được khi có quy trình chọn mẫu công khai.",
                "The tier sampled needs the published sampling procedure, which is not in force yet.",
            ),
        }
    }
}

impl Expected {
    fn vietnamese(self) -> &'static str {
        match self {
            Self::Object => "một đối tượng JSON",
            Self::Array => "một mảng JSON",
            Self::String => "một chuỗi",
            Self::Number => "một số",
            Self::Integer => "một số nguyên",
            Self::Boolean => "true hoặc false",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::Object => "a JSON object",
            Self::Array => "a JSON array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
        }
    }
}

impl Rule {
    fn vietnamese(self) -> &'static str {
        match self {
            Self::Pledged => "Lần lắp đặt mới cam kết (pledged) chưa có ngày lắp đặt.",
            Self::SiteNamedTwice => "Chỉ gửi site.id hoặc site.external_id, không gửi cả hai.",
            Self::NotSolar => "Chỉ điện mặt trời mới có inverter_kw.",
            Self::NotAPartnerClient => "Chỉ vai trò partner mới thuộc về một đối tác.",
            Self::NotDecommissioned => "Chỉ lần lắp đặt đã ngừng hoạt động (decommissioned) mới có ngày ngừng.",
            Self::PlaceAsAWhole => {
                "Địa điểm được sửa trọn vẹn: hãy gửi cả province_code; mã nào không gửi thì thành chưa biết."
            }
            Self::NotCorrectable => {
                "Trường này không sửa ở đây: trạng thái đổi bằng complete, withdraw, decommission, resubmit; công trình đổi bằng PATCH /v1/sites/{id}; external_id không đổi."
            }
            Self::NotAReviewer => "Chỉ vai trò reviewer mới có affiliation (đối tác nơi người đó làm việc).",
            Self::NotLimitable => "Chỉ vai trò reviewer và dashboard mới có thể giới hạn trong một tỉnh.",
            Self::OneScope => "Chỉ xem theo đối tác hoặc theo dự án, không cả hai.",
            Self::ScopesHaveNoPast => "Số liệu theo đối tác và dự án chỉ có ở thời điểm hiện tại, theo ngày lắp đặt.",
            Self::OnePeriod => "Chỉ một trong year, quarter, month.",
            Self::NotOfOthers => "Đối tác chỉ xem số liệu của chính mình; dự án gồm cả đối tác khác.",
            Self::OneTime => "Chỉ xem theo một ngày đã qua hoặc theo ngày ghi nhận, không cả hai.",
            Self::MadeThen => "Số liệu của ngày đã qua giữ nguyên phương pháp có hiệu lực khi đó.",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::Pledged => "A pledged installation has no date of installation yet.",
            Self::SiteNamedTwice => "Send site.id or site.external_id, not both.",
            Self::NotSolar => "Only solar measures have an inverter_kw.",
            Self::NotAPartnerClient => "Only the role partner belongs to a partner.",
            Self::NotDecommissioned => "Only a decommissioned installation has a last day.",
            Self::PlaceAsAWhole => {
                "A place is corrected as a whole: send province_code too; whatever code is left out is unknown then."
            }
            Self::NotCorrectable => {
                "Not changed here: complete, withdraw, decommission and resubmit change the status, \
                 PATCH /v1/sites/{id} the site; an external_id stays."
            }
            Self::NotAReviewer => "Only the role reviewer has an affiliation (the partner that the person works for).",
            Self::NotLimitable => "Only the roles reviewer and dashboard can be limited to a province.",
            Self::OneScope => "Either by partner or by project, not both.",
            Self::ScopesHaveNoPast => "Sums of partners and projects are of now, by the days of installation.",
            Self::OnePeriod => "Only one of year, quarter, month.",
            Self::NotOfOthers => "A partner is shown what is its own; projects are of others, too.",
            Self::OneTime => "Either as of a past day or by when it was recorded, not both.",
            Self::MadeThen => "Numbers of past days stay as they were made, with the methodology in force then.",
        }
    }
}

fn both(vietnamese: &str, english: &str) -> (String, String) {
    (vietnamese.to_owned(), english.to_owned())
}
