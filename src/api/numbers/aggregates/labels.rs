//! Codes and names of the values of dimensions, in both languages.

use serde_json::{Value as Json, json};

use crate::domain::figures::{Dimension, NONE, Value};
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::values::{Month, SiteKind, Tier};

const STAGES: [(&str, &str, &str); 3] = [
    ("pledged", "Đã cam kết", "Pledged"),
    ("installed", "Đã báo cáo, chờ xác minh", "Reported, waiting to be verified"),
    ("verified", "Đã xác minh", "Verified"),
];
const KINDS: [(&str, &str); 4] =
    [("Nhà ở", "Homes"), ("Tòa nhà", "Buildings"), ("Văn phòng", "Offices"), ("Cơ sở sản xuất", "Factories")];
const TIERS: [(&str, &str); 4] =
    [("Chọn mẫu", "Sampled"), ("Hồ sơ", "Document"), ("Kiểm tra tại chỗ", "Inspected"), ("Đo đếm", "Metered")];
const UNKNOWN: (&str, &str, &str) = ("unknown", "Chưa rõ", "Unknown");

/// The columns that name a value of a dimension.
pub fn columns_of(dimension: Dimension) -> Vec<String> {
    if dimension.interval().is_some() {
        return vec!["period".to_owned(), "period_start".to_owned()];
    }
    ["code", "name_vi", "name_en"].map(|what| format!("{}_{what}", dimension.as_str())).to_vec()
}

/// What stands in these columns.
pub fn names_of(dimension: Dimension, value: Value) -> Vec<Json> {
    if let Some(interval) = dimension.interval() {
        let first = if value == NONE { None } else { Month::from_number(value) };
        return vec![json!(first.map(|first| interval.name(first))), json!(first.map(Month::first_day))];
    }
    let (code, name_vi, name_en) = label(dimension, value);
    vec![json!(code), json!(name_vi), json!(name_en)]
}

/// Code and names of a value.
pub fn label(dimension: Dimension, value: Value) -> (Option<String>, String, String) {
    let of = |code: &str, vi: &str, en: &str| (Some(code.to_owned()), vi.to_owned(), en.to_owned());
    let (code, vi, en) = UNKNOWN;
    let unknown = || of(code, vi, en);
    let place = usize::from(value);
    let index = u8::try_from(value).ok();
    match dimension {
        Dimension::Province => index.and_then(ProvinceId::from_index).map_or_else(unknown, |id| {
            let province = id.province();
            of(&province.code, &province.name_vi, &province.name_en)
        }),
        Dimension::FormerProvince => index.and_then(FormerProvinceId::from_index).map_or_else(unknown, |id| {
            let former = id.former_province();
            of(&former.code, &former.name_vi, &former.name_en)
        }),
        Dimension::Region => regions().get(place).map_or_else(unknown, |one| of(&one.code, &one.name_vi, &one.name_en)),
        Dimension::Measure => index.and_then(MeasureId::from_number).map_or_else(unknown, |id| {
            let measure = id.measure();
            of(&measure.code, &measure.name_vi, &measure.name_en)
        }),
        Dimension::Kind => {
            SiteKind::CODES.get(place).zip(KINDS.get(place)).map_or_else(unknown, |(code, (vi, en))| of(code, vi, en))
        }
        Dimension::Stage => STAGES.get(place).map_or_else(unknown, |(code, vi, en)| of(code, vi, en)),
        Dimension::EvidenceTier => Tier::CODES
            .get(place)
            .zip(TIERS.get(place))
            .map_or_else(|| of("none", "Chưa xác minh", "Not verified"), |(code, (vi, en))| of(code, vi, en)),
        Dimension::LowIncome | Dimension::Remote | Dimension::WomanHeaded => match value {
            0 => of("false", "Không", "No"),
            1 => of("true", "Có", "Yes"),
            _ => unknown(),
        },
        Dimension::Year | Dimension::Quarter | Dimension::Month => (None, String::new(), String::new()),
    }
}
