//! The public names of what the domain numbers: every dimension's values get a code and a name in both languages.
//!
//! `/v1/aggregates`, `/v1/tables`, `/v1/progress/provinces` and `/v1/dimensions` all name their rows here, so that one
//! province has one name everywhere.

use serde_json::{Value as Json, json};

use crate::domain::figures::{Dimension, NONE, OTHER, Value};
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::values::{Month, SiteKind, Tier};

/// The value of `Dimension::Stage` of a pledged site.
pub const PLEDGED: Value = 0;
/// The value of `Dimension::Stage` of a reported site that waits to be verified.
pub const REPORTED: Value = 1;
/// The value of `Dimension::Stage` of a verified site.
pub const VERIFIED: Value = 2;

/// The code of what no row shows, so that a table adds up.
pub const NOT_YET_DETAILED: &str = "not_yet_detailed";
/// The code of what went out of operation, whenever it was installed.
const ENDED: &str = "ended";

/// What a row of a table is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RowOf {
    /// A value of the dimension.
    Value(Value),
    /// What went out of operation, in a table by time.
    Ended,
    /// What waits for company in a row of its own.
    NotYetDetailed,
}

impl RowOf {
    /// The values of the columns that name the row.
    pub fn names(self, dimension: Dimension) -> Vec<Json> {
        let Label { code, name_vi, name_en } = match self {
            Self::Value(value) => return names_of(dimension, value),
            Self::Ended | Self::NotYetDetailed => self.label(dimension),
        };
        if dimension.interval().is_some() {
            vec![json!(code), Json::Null]
        } else {
            vec![json!(code), json!(name_vi), json!(name_en)]
        }
    }

    /// The code and the names of the row.
    pub fn label(self, dimension: Dimension) -> Label {
        match self {
            Self::Value(value) => label(dimension, value),
            Self::Ended => Label::new(ENDED, "Đã ngừng hoạt động", "Out of operation"),
            Self::NotYetDetailed => Label::new(NOT_YET_DETAILED, "Chưa công bố chi tiết", "Not yet detailed"),
        }
    }
}

/// The labels of the three stages, in the order of their values.
const STAGES: [(&str, &str, &str); 3] = [
    ("pledged", "Đã cam kết", "Pledged"),
    ("reported", "Đã báo cáo, chờ xác minh", "Reported, waiting to be verified"),
    ("verified", "Đã xác minh", "Verified"),
];
const KINDS: [(&str, &str); 4] =
    [("Nhà ở", "Homes"), ("Tòa nhà", "Buildings"), ("Văn phòng", "Offices"), ("Cơ sở sản xuất", "Factories")];
const TIERS: [(&str, &str); 4] =
    [("Chọn mẫu", "Sampled"), ("Giấy tờ", "Document"), ("Kiểm tra tại chỗ", "Inspected"), ("Đo đếm", "Metered")];
/// The row that groups of few sites join.
const OTHERS: (&str, &str, &str) = ("other", "Khác", "Other");
const UNKNOWN: (&str, &str, &str) = ("unknown", "Chưa rõ", "Unknown");

/// The code and the names of one value of a dimension.
pub struct Label {
    /// The code that filters take; `None` for a period, which has an interval instead.
    pub code: Option<String>,
    /// The Vietnamese name.
    pub name_vi: String,
    /// The English name.
    pub name_en: String,
}

impl Label {
    fn new(code: &str, name_vi: &str, name_en: &str) -> Self {
        Self { code: Some(code.to_owned()), name_vi: name_vi.to_owned(), name_en: name_en.to_owned() }
    }
}

/// The columns that name a value of a dimension: `province_code`, `province_name_vi`, `province_name_en`, or `period` and
/// `period_start`.
pub fn columns_of(dimension: Dimension) -> Vec<String> {
    if dimension.interval().is_some() {
        return vec!["period".to_owned(), "period_start".to_owned()];
    }
    ["code", "name_vi", "name_en"].map(|suffix| format!("{}_{suffix}", dimension.as_str())).to_vec()
}

/// The values of these columns, in the same order.
pub fn names_of(dimension: Dimension, value: Value) -> Vec<Json> {
    if let Some(interval) = dimension.interval() {
        if value == OTHER {
            return vec![json!(OTHERS.0), Json::Null];
        }
        let first = if value == NONE { None } else { Month::from_number(value) };
        return vec![json!(first.map(|first| interval.name(first))), json!(first.map(Month::first_day))];
    }
    let Label { code, name_vi, name_en } = label(dimension, value);
    vec![json!(code), json!(name_vi), json!(name_en)]
}

/// The code and the names of a value of a dimension.
pub fn label(dimension: Dimension, value: Value) -> Label {
    let unknown = || Label::new(UNKNOWN.0, UNKNOWN.1, UNKNOWN.2);
    let index = u8::try_from(value).ok();
    let position = usize::from(value);
    if value == OTHER {
        return Label::new(OTHERS.0, OTHERS.1, OTHERS.2);
    }
    match dimension {
        Dimension::Province => index.and_then(ProvinceId::from_index).map_or_else(unknown, |id| {
            let province = id.province();
            Label::new(&province.code, &province.name_vi, &province.name_en)
        }),
        Dimension::FormerProvince => index.and_then(FormerProvinceId::from_index).map_or_else(unknown, |id| {
            let former = id.former_province();
            Label::new(&former.code, &former.name_vi, &former.name_en)
        }),
        Dimension::Region => regions()
            .get(position)
            .map_or_else(unknown, |region| Label::new(&region.code, &region.name_vi, &region.name_en)),
        Dimension::Measure => index.and_then(MeasureId::from_number).map_or_else(unknown, |id| {
            let measure = id.measure();
            Label::new(&measure.code, &measure.name_vi, &measure.name_en)
        }),
        Dimension::Kind => {
            let kind = SiteKind::CODES.get(position).zip(KINDS.get(position));
            kind.map_or_else(unknown, |(code, (vi, en))| Label::new(code, vi, en))
        }
        Dimension::Stage => STAGES.get(position).map_or_else(unknown, |(code, vi, en)| Label::new(code, vi, en)),
        Dimension::EvidenceTier => {
            let tier = Tier::CODES.get(position).zip(TIERS.get(position));
            let not_verified = || Label::new("none", "Chưa xác minh", "Not verified");
            tier.map_or_else(not_verified, |(code, (vi, en))| Label::new(code, vi, en))
        }
        Dimension::LowIncome | Dimension::Remote | Dimension::WomanHeaded => match value {
            0 => Label::new("false", "Không", "No"),
            1 => Label::new("true", "Có", "Yes"),
            _ => unknown(),
        },
        Dimension::AttributesSold => match value {
            0 => Label::new("none", "Chưa bán", "None sold"),
            1 => Label::new("sold", "Đã bán", "Sold"),
            _ => unknown(),
        },
        Dimension::Year | Dimension::Quarter | Dimension::Month => {
            Label { code: None, name_vi: String::new(), name_en: String::new() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::records::Stage;

    #[test]
    fn stage_values_are_the_ranks_of_stages() {
        let ranks: [Value; 3] =
            [Stage::Pledged, Stage::Reported, Stage::Verified(Tier::Sampled)].map(|stage| stage.rank().into());
        assert_eq!([PLEDGED, REPORTED, VERIFIED], ranks);
        assert_eq!(Dimension::Stage.values(), ranks);
    }
}
