//! The provenance of a number: from which version, day and definitions it was made, where it stands, how to cite it. Every
//! answer with numbers carries one under `meta`.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::number_format;
use crate::domain::reference::{PLACE_VERSION, target};
use crate::domain::values::Language;
use crate::register::{Figures, PublicSettings};

/// The provenance of the numbers in an answer: version, day and methodology, and how to cite them.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct Provenance {
    /// The version of the register, which is the number of its entries. Example: 12874.
    pub version: i64,
    /// The day in Hà Nội that the numbers are of (YYYY-MM-DD). Example: 2026-11-27.
    pub as_of: NaiveDate,
    /// The instant of the last entry, or the start of `as_of` where that is later; UTC, with microseconds.
    /// Example: 2026-11-26T22:50:03.123456Z.
    #[schema(format = DateTime)]
    pub generated_at: String,
    /// The number of the methodology of the estimates; null where nothing is estimated. Example: 1.
    pub methodology_version: Option<i32>,
    /// The edition of the lists of provinces and communes. Example: 1.
    pub place_version: i32,
    /// The version of the target, the definition of a counted site. Example: 1.
    pub target_version: i32,
    /// Permanent address of this number. Until the day closes, the number there may still change.
    #[schema(format = "uri")]
    pub permalink: String,
    /// The code of the one province that the caller's client sees, whose numbers these are; absent where it sees the whole
    /// country. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_to_province: Option<&'static str>,
    /// The licence of the data: `CC-BY-4.0`.
    pub license: &'static str,
    /// The citation of the numbers, ready to copy.
    pub citation: Citation,
    /// Codes of remarks about the numbers, for example `methodology_not_in_force`; empty where there are none.
    pub warnings: Vec<String>,
}

/// A citation in both languages.
#[derive(Clone, Serialize, ToSchema)]
pub struct Citation {
    /// The citation in Vietnamese.
    pub vi: String,
    /// The citation in English.
    pub en: String,
}

impl Provenance {
    /// The provenance of figures that are published at a path.
    #[must_use]
    pub fn of(figures: &Figures, settings: &PublicSettings, path: &str) -> Self {
        let permalink = format!("{}{path}", settings.public_url);
        let (day, version, publisher) = (figures.day, figures.version, &settings.publisher);
        Self {
            version,
            as_of: day,
            generated_at: instant(figures.generated_at()),
            methodology_version: Some(figures.methodology.version),
            place_version: PLACE_VERSION,
            target_version: target().version,
            limited_to_province: None,
            license: "CC-BY-4.0",
            citation: Citation {
                vi: format!(
                    "{publisher}, sổ đăng ký Triệu Ngôi Nhà Xanh, phiên bản {version}, ngày {}, {permalink}",
                    number_format::day(day, Language::Vietnamese)
                ),
                en: format!("{publisher}, register of Million Green Homes, version {version}, {day}, {permalink}"),
            },
            permalink,
            warnings: figures.restated.then(|| "methodology_not_in_force".to_owned()).into_iter().collect(),
        }
    }
}

/// The address of figures: the path, and `methodology=N` where another methodology is in force.
#[must_use]
pub fn address(figures: &Figures, path: &str) -> String {
    let (number, joint) = (figures.methodology.version, if path.contains('?') { '&' } else { '?' });
    if figures.restated { format!("{path}{joint}methodology={number}") } else { path.to_owned() }
}

/// An instant as JSON shows it: UTC, whole microseconds, `Z`.
#[must_use]
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
