//! The provenance of a number: from which version, day and definitions it was made, where it stands, how to cite it. Every
//! answer with numbers carries one under `meta`.

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Audience;
use crate::api::http::number_format;
use crate::domain::figures::NationalOutput;
use crate::domain::reference::{MeasureId, PLACE_VERSION, target_on};
use crate::domain::values::{Language, hex, start_of};
use crate::register::{CitableDay, Figures, PublicSettings};

use super::amounts::TextView;

/// The provenance of the numbers in an answer: version, day and methodology, and how to cite them.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Meta)]
pub struct Provenance {
    /// The version of the register, which is the number of its entries. Example: 12874.
    pub version: i64,
    /// `public` for published numbers, `internal` for those that only a caller with a token gets: not to be published, and never final.
    pub scope: &'static str,
    /// The day in Hà Nội that the numbers are of (YYYY-MM-DD). Example: 2026-11-27.
    pub as_of: NaiveDate,
    /// The instant of the last entry, or the start of `as_of` where that is later; of a closed day not before its end. UTC, with
    /// microseconds.
    /// Example: 2026-11-26T22:50:03.123456Z.
    #[schema(format = DateTime)]
    pub generated_at: String,
    /// The number of the methodology of the estimates; null where nothing is estimated. Example: 1.
    pub methodology_version: Option<i32>,
    /// The edition of the lists of provinces and communes. Example: 1.
    pub place_version: i32,
    /// The version of the target, the definition of a counted site. Example: 1.
    pub target_version: i32,
    /// True for the numbers of a day that is over; they never change. False while the day still goes on.
    pub closed: bool,
    /// The instant from which the number at `permalink` is final; UTC. Null once it is, and where the address always has the newest
    /// numbers.
    /// Example: 2026-11-27T17:00:00.000000Z.
    #[schema(format = DateTime)]
    pub final_from: Option<String>,
    /// The address of this number. With `as_of` it names a day, and once that is over the number there never changes.
    #[schema(format = "uri-reference")]
    pub permalink: String,
    /// The code of the one province that the caller's client sees, whose numbers these are; absent where it sees the whole
    /// country. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_to_province: Option<&'static str>,
    /// The licence of the data: `CC-BY-4.0`. Null for internal use.
    pub license: Option<&'static str>,
    /// The citation of the numbers, ready to copy.
    pub citation: Citation,
    /// The last day that is over, to be cited in place of a number that may still change. Null where the number is final, and
    /// before the first day of the register is over.
    pub citable: Option<Citable>,
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

/// The headline of a closed day, to be cited.
#[derive(Clone, Serialize, ToSchema)]
pub struct Citable {
    /// The day (YYYY-MM-DD, Hà Nội). Example: 2026-11-26.
    pub as_of: NaiveDate,
    /// The headline of that day as text to quote.
    pub sentence: TextView,
    /// The address of the headline; the numbers there never change.
    #[schema(format = "uri-reference")]
    pub permalink: String,
    /// The SHA-256 of the sealed headline: 64 hexadecimal digits.
    pub sha256: String,
    /// The address of the sealed headline, of which the SHA-256 is.
    #[schema(format = "uri-reference")]
    pub sealed_url: String,
}

impl Citable {
    fn of(day: &CitableDay, settings: &PublicSettings) -> Self {
        Self {
            as_of: day.day,
            sentence: TextView::from((day.sentence[0].as_str(), day.sentence[1].as_str())),
            permalink: format!("{}/v1/progress?as_of={}", settings.public_url, day.day),
            sha256: hex(&day.sha256),
            sealed_url: format!("{}/v1/progress/days/{}/sealed", settings.public_url, day.day),
        }
    }
}

impl Provenance {
    /// The provenance of figures that are published at a path.
    #[must_use]
    pub fn of(figures: &Figures, settings: &PublicSettings, path: &str) -> Self {
        let (day, version, publisher) = (figures.day, figures.version, &settings.publisher);
        let is_unknown = |measure: &MeasureId| !figures.methodology.knows(*measure);
        let warnings = [
            (figures.restated, "methodology_not_in_force"),
            (!figures.closed, "day_not_closed"),
            (figures.output.newest_measure.as_ref().is_some_and(is_unknown), "measures_not_in_methodology"),
        ];
        let method = |word: &str| format!(", {word} {}", figures.methodology.version);
        let (vi_method, en_method) =
            if figures.restated { (method("phương pháp"), method("methodology")) } else { Default::default() };
        Self {
            version,
            scope: "public",
            as_of: day,
            generated_at: instant(figures.generated_at()),
            methodology_version: Some(figures.methodology.version),
            place_version: PLACE_VERSION,
            target_version: target_on(day).version,
            limited_to_province: None,
            license: Some("CC-BY-4.0"),
            citation: Citation {
                vi: format!(
                    "{publisher}, sổ đăng ký Triệu Ngôi Nhà Xanh, phiên bản {version}, ngày {}{vi_method}",
                    number_format::day(day, Language::Vietnamese)
                ),
                en: format!("{publisher}, register of Million Green Homes, version {version}, {day}{en_method}"),
            },
            closed: figures.closed,
            final_from: (!figures.closed && !figures.restated && path.contains("as_of="))
                .then(|| instant(start_of(day + Days::new(1)))),
            permalink: format!("{}{path}", settings.public_url),
            citable: figures.last_closed.as_ref().map(|day| Citable::of(day, settings)),
            warnings: warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code.to_owned()).collect(),
        }
    }

    /// The provenance of a table of a publication point, or of one by another methodology.
    #[must_use]
    pub fn of_table(figures: &Figures, settings: &PublicSettings, path: &str) -> Self {
        let dated = format!("{path}?as_of={}", figures.day);
        Self::of(figures, settings, &if figures.restated { address(figures, path) } else { dated })
    }

    /// The provenance of another page of a publication point: its address leads to the newest one.
    #[must_use]
    pub fn of_newest(figures: &Figures, settings: &PublicSettings, path: &str) -> Self {
        Self::of(figures, settings, &address(figures, path))
    }

    /// The provenance of counts without figures that are estimated.
    #[must_use]
    pub fn of_counts(figures: &Figures, settings: &PublicSettings, path: &str) -> Self {
        let counts = Figures { output: NationalOutput::default(), ..figures.clone() };
        Self { methodology_version: None, ..Self::of(&counts, settings, path) }
    }

    /// The same for internal use: nothing of it is to be cited.
    #[must_use]
    pub fn for_internal_use(self) -> Self {
        Self { scope: "internal", license: None, citable: None, final_from: None, ..self }
    }

    /// The same for an audience.
    #[must_use]
    pub fn for_audience(self, audience: &Audience) -> Self {
        if audience.is_internal() { self.for_internal_use() } else { self }
    }
}

/// The address of figures: the path, and `methodology=N` where another methodology is in force.
#[must_use]
pub fn address(figures: &Figures, path: &str) -> String {
    let (number, joint) = (figures.methodology.version, if path.contains('?') { '&' } else { '?' });
    if figures.restated { format!("{path}{joint}methodology={number}") } else { path.to_owned() }
}

/// A stored answer with the address of this service before its permalink, which is stored as a path. All else stays as it is.
pub fn with_host(stored: &str, settings: &PublicSettings) -> String {
    // Within a text of JSON a quotation mark is escaped, so this can only be the member itself.
    stored.replacen("\"permalink\":\"/", &format!("\"permalink\":\"{}/", settings.public_url), 1)
}

/// An instant as JSON shows it: UTC, whole microseconds, `Z`.
#[must_use]
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
