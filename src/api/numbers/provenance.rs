//! What stands beside every number: which version, which day, which definitions, how to cite.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::number_format;
use crate::api::state::AppState;
use crate::domain::figures::Methodology;
use crate::domain::reference::{PLACE_VERSION, target};
use crate::domain::values::Language;
use crate::register::{Counted, Figures, PublicSettings};

/// What a number was made from, and how to cite it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct Provenance {
    /// The version of the register: how many entries it has.
    pub version: i64,
    /// The day in Hà Nội that the number is of.
    pub as_of: NaiveDate,
    /// The later of the last entry's instant and the day's start.
    #[schema(format = DateTime)]
    pub generated_at: String,
    /// The methodology of emission figures; null where there are none.
    pub methodology_version: Option<i32>,
    /// The edition of the place lists.
    pub place_version: i32,
    /// The target.
    pub target_version: i32,
    /// Where it stands; of a headline, as it will be at the close of its day, for good.
    #[schema(format = "uri")]
    pub permalink: String,
    /// The licence of the data.
    pub license: &'static str,
    /// How to cite it.
    pub citation: Citation,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// How to cite a number.
#[derive(Clone, Serialize, ToSchema)]
pub struct Citation {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Provenance {
    /// The meta of figures, for one public path.
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

/// The version, the day and the methodology of figures that are added up from cells, without the numbers of the headline.
#[must_use]
pub fn figures_of_cells(
    state: &AppState,
    counted: &Counted,
    methodology: &'static Methodology,
    day: NaiveDate,
) -> Figures {
    let in_force = state.register.methodology_at(counted.version);
    Figures {
        version: counted.version,
        hash: counted.hash,
        recorded_at: counted.recorded_at,
        methodology,
        restated: in_force.is_ok_and(|in_force| in_force.version != methodology.version),
        ..Figures::before_the_register(day)
    }
}

/// The address of figures at a path, which may have a query: it names the methodology, where another one is in force.
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
