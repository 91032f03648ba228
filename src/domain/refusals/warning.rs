//! Warnings about facts that are accepted but worth a second look. A warning never stops a registration.

use chrono::NaiveDate;

use crate::domain::reference::MeasureId;
use crate::domain::values::{InstallationId, Language};

use super::number_format::{day, quantity};

/// A warning about an accepted fact; `explain` says in two languages what each variant means.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Warning {
    PreProgramme,
    UnusualQuantity { measure: MeasureId, usual_milli: i64 },
    UnusualGridCode,
    SiteDiffers,
    SiteFoundByGridCode,
    OverlappingMeasure(Overlap),
    PossibleDuplicate,
    CountsNoSite,
    SupportAboveCost,
    AttributesSoldUnknown,
    StraysRemoved,
}

/// Two measures of one exclusive group at one site: the saving counts once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Overlap {
    /// The other measure.
    pub with: MeasureId,
    /// The installation of the other measure; `None` where it stands beside in the same installation.
    pub installation: Option<InstallationId>,
    /// The measure that loses its credit; `None` while one of the two is pledged or of a lower stage.
    pub loses: Option<MeasureId>,
    /// Its last credited day.
    pub until: Option<NaiveDate>,
}

/// A warning and the place of its fact in the request.
#[derive(Clone, PartialEq, Debug)]
pub struct Remark {
    /// JSON pointer into the request.
    pub pointer: String,
    pub warning: Warning,
}

impl Warning {
    /// The code that programs read; it never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PreProgramme => "pre_programme",
            Self::UnusualQuantity { .. } => "unusual_quantity",
            Self::UnusualGridCode => "unusual_grid_customer_code",
            Self::SiteDiffers => "site_differs",
            Self::SiteFoundByGridCode => "site_found_by_grid_customer_code",
            Self::OverlappingMeasure(_) => "overlapping_measure",
            Self::PossibleDuplicate => "possible_duplicate",
            Self::CountsNoSite => "counts_no_site",
            Self::SupportAboveCost => "support_above_cost",
            Self::AttributesSoldUnknown => "attributes_sold_unknown",
            Self::StraysRemoved => "invisible_characters_removed",
        }
    }

    /// The sentence of the warning, for a person.
    #[must_use]
    pub fn explain(&self, language: Language) -> String {
        match *self {
            Self::PreProgramme => language
                .choose(
                    "Lắp đặt trước khi chương trình bắt đầu (01/9/2019): được lưu, nhưng không tính vào tiến độ.",
                    "Installed before the programme began (2019-09-01): kept, but not counted in the progress.",
                )
                .to_owned(),
            Self::UnusualQuantity { measure, usual_milli } => {
                let (usual, m) = (quantity(usual_milli, language), measure.measure());
                language.choose(
                    format!("Số lượng lớn hơn mức thường gặp ({usual}) của giải pháp “{}”; hãy kiểm tra lại số lượng và đơn vị tính.", m.name_vi),
                    format!("Above the usual {usual} {} of {}; please check the unit.", m.unit, m.code),
                )
            }
            Self::UnusualGridCode => language
                .choose(
                    "Mã khách hàng điện thường có 11 đến 13 ký tự và bắt đầu bằng P; mã này sẽ không được dùng để nhận diện công trình.",
                    "Grid customer codes usually have 11 to 13 characters and begin with P; no site is recognised by this one.",
                )
                .to_owned(),
            Self::SiteDiffers => language
                .choose(
                    "Giá trị này khác dữ liệu đã ghi của công trình (hoặc trước đây chưa ghi) nên KHÔNG được lưu. Muốn lưu: PATCH /v1/sites/{id}.",
                    "This value differs from what is recorded of the site (or nothing is recorded yet), so it was NOT kept. To keep it: PATCH /v1/sites/{id}.",
                )
                .to_owned(),
            Self::SiteFoundByGridCode => language
                .choose(
                    "Đã ghi vào công trình có sẵn với cùng mã khách hàng điện.",
                    "Recorded at the site that already has this grid customer code.",
                )
                .to_owned(),
            Self::OverlappingMeasure(overlap) => overlap.explain(language),
            Self::PossibleDuplicate => language
                .choose(
                    "Công trình này đã có một hồ sơ lắp đặt cùng giải pháp, cùng quy mô, cùng ngày với external_id khác; hãy kiểm tra có bị ghi trùng không.",
                    "This site has an installation of the same measure, size and day under another external_id; please check that it is not recorded twice.",
                )
                .to_owned(),
            Self::CountsNoSite => language
                .choose(
                    "Với các giải pháp và số lượng này, công trình chưa được tính vào mục tiêu một triệu; dữ liệu vẫn được lưu và cộng vào các tổng khác.",
                    "With these measures and quantities the site does not count toward the million; they are kept and added to the other sums.",
                )
                .to_owned(),
            Self::SupportAboveCost => language
                .choose("Phần hỗ trợ lớn hơn chi phí; hãy kiểm tra lại.", "The support is more than the cost; please check.")
                .to_owned(),
            Self::AttributesSoldUnknown => language
                .choose(
                    "Tín chỉ carbon của hầm khí sinh học thường đã được bán: hãy khai attributes_sold (none nếu chưa bán, carbon nếu đã bán).",
                    "Biogas digesters have often sold carbon credits: please state attributes_sold (none, or carbon).",
                )
                .to_owned(),
            Self::StraysRemoved => language
                .choose(
                    "Giá trị này có ký tự ẩn hoặc khoảng trắng lạ, thường do sao chép: ký tự ẩn đã được bỏ, khoảng trắng lạ đã đổi thành khoảng trắng thường.",
                    "This held invisible characters or spaces of another kind, as copying leaves them: they were removed, and the spaces became plain ones.",
                )
                .to_owned(),
        }
    }
}

impl Overlap {
    fn explain(&self, language: Language) -> String {
        let with = self.with.measure();
        let (vi, en) = self.installation.map_or_else(
            || (" trong cùng hồ sơ".to_owned(), " in the same installation".to_owned()),
            |id| (format!(" của hồ sơ {id}"), format!(" of installation {id}")),
        );
        let (group_vi, group_en) =
            (format!("Cùng nhóm với {}{vi}", with.name_vi), format!("Same group as {}{en}", with.code));
        match self.loses.zip(self.until) {
            Some((loses, until)) => language.choose(
                format!("{group_vi}: {} chỉ được tính đến hết ngày {}.", loses.measure().name_vi, day(until, language)),
                format!("{group_en}: {} is credited up to {until} only.", loses.code()),
            ),
            None => language.choose(
                format!("{group_vi}: khi đã lắp xong và ở bậc bằng hoặc cao hơn, giải pháp lắp sau sẽ thay giải pháp lắp trước; từ đó chỉ giải pháp lắp sau được tính."),
                format!("{group_en}: the one installed later replaces the earlier one once it is installed and of the same or a better stage; from then on only the later one is credited."),
            ),
        }
    }
}
