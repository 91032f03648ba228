//! The headline as it is answered: its numbers, and the sentence that says them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::number_format;
use crate::api::numbers::provenance::Provenance;
use crate::domain::counting::{ByStage, Known};
use crate::domain::figures::{Pace, Projection, pace};
use crate::domain::reference::target;
use crate::domain::values::{Language, units};
use crate::register::{Figures, PublicSettings};

/// The headline's path.
pub(super) const PATH: &str = "/v1/progress";

/// The headline with what it was made from.
#[derive(Serialize, ToSchema)]
pub struct ProgressResponse {
    /// The numbers.
    pub data: ProgressView,
    /// What they were made from.
    pub meta: Provenance,
    /// With `as_of`: what it is today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<TodayView>,
}

/// The number of today beside that of a past day.
#[derive(Serialize, ToSchema)]
pub struct TodayView {
    /// Today.
    pub as_of: NaiveDate,
    /// The version of the register.
    pub version: i64,
    /// Verified sites.
    pub sites_verified: i64,
    /// Verified sites in percent of the target.
    pub percent_of_target: f64,
    /// Where it says what changed from that day to the last one that is over; null where there is none in between.
    #[schema(format = "uri")]
    pub bridge: Option<String>,
}

/// The headline.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// What is aimed at.
    target: TargetView,
    /// Verified sites in percent of the target.
    #[schema(example = 0.0601)]
    percent_of_target: f64,
    /// One sentence to quote.
    pub sentence: TextView,
    /// What these numbers are not.
    pub scope_note: TextView,
    /// Sites by stage. A site counts once, however many measures it has.
    sites: StageView,
    /// Installations by stage.
    installations: StageView,
    /// Sites by kind and stage.
    by_kind: BTreeMap<&'static str, StageView>,
    /// Verified sites by their best evidence.
    by_evidence_tier: BTreeMap<&'static str, i64>,
    /// Sites with solar power on the roof.
    sites_with_rooftop_solar: StageView,
    /// Solar capacity in operation and within its life.
    capacity_kwp: CapacityView,
    /// A full year of what is verified and in operation.
    annual: AnnualView,
    /// What was achieved by what is verified, up to the day.
    to_date: ToDateView,
    /// What is verified and in operation over its whole life, projected with the newest grid factor.
    lifetime: LifetimeView,
    /// Of verified sites, those of whom it is known.
    shares: SharesView,
    /// Sites in operation since before the programme: kept, not part of any number above.
    pre_programme: PreProgrammeView,
    /// How fast verified sites grow, by what was recorded in closed months.
    pace: PaceView,
}

/// How fast verified sites grow.
#[derive(Serialize, ToSchema)]
pub struct PaceView {
    /// Sites a month that are needed in the whole months left; null where none is left.
    required_per_month: Option<f64>,
    /// Net growth a month over the last three closed months; null where there are fewer.
    last_3_months_per_month: Option<f64>,
    /// The same over the last twelve.
    last_12_months_per_month: Option<f64>,
    /// Verified sites at the end of the target's year; null before twelve closed months.
    projected_2030: Option<ProjectionView>,
    /// The month in which the target is reached at the central pace; null where that cannot be said.
    projected_date: Option<NaiveDate>,
}

/// At the lowest, median and highest pace of any twelve months in a row of the last three years.
#[derive(Serialize, ToSchema)]
pub struct ProjectionView {
    /// At the lowest.
    low: f64,
    /// At the median.
    central: f64,
    /// At the highest.
    high: f64,
}

/// A text in both languages.
#[derive(Serialize, ToSchema)]
pub struct TextView {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// Estimated electricity and avoided emissions of a full year.
#[derive(Serialize, ToSchema)]
pub struct AnnualView {
    /// Generated, kWh.
    generation_kwh: f64,
    /// Saved, kWh.
    saving_kwh: f64,
    /// Avoided, tCO2e.
    avoided_tco2e: f64,
    /// The low end of the range.
    low: f64,
    /// The high end of the range.
    high: f64,
}

/// Estimated electricity and avoided emissions up to the day.
#[derive(Serialize, ToSchema)]
pub struct ToDateView {
    /// Generated, kWh.
    generation_kwh: f64,
    /// Saved, kWh.
    saving_kwh: f64,
    /// Avoided, tCO2e.
    avoided_tco2e: f64,
    /// The low end of the range.
    low: f64,
    /// The high end of the range.
    high: f64,
    /// What of the avoided uses the grid factor of another year, because that year has none yet.
    provisional_tco2e: f64,
}

/// Projected avoided emissions over a whole life.
#[derive(Serialize, ToSchema)]
pub struct LifetimeView {
    /// Avoided, tCO2e.
    avoided_tco2e: f64,
    /// The low end of the range.
    low: f64,
    /// The high end of the range.
    high: f64,
}

/// Shares of verified sites.
#[derive(Serialize, ToSchema)]
pub struct SharesView {
    /// Low-income households.
    low_income: ShareView,
    /// Remote places.
    remote: ShareView,
    /// Households headed by a woman.
    woman_headed: ShareView,
}

/// A share of those of whom it is known.
#[derive(Serialize, ToSchema)]
pub struct ShareView {
    /// Yes.
    yes: i64,
    /// No.
    no: i64,
    /// Not known: part of neither.
    unknown: i64,
    /// `yes` of `yes` and `no`, in percent; null where nothing is known.
    percent_of_known: Option<f64>,
}

/// What is aimed at.
#[derive(Serialize, ToSchema)]
pub struct TargetView {
    /// How many sites.
    sites: i64,
    /// By when.
    by: NaiveDate,
    /// The number of this target's definition.
    version: i32,
}

/// A count at each stage; the stages exclude each other.
#[derive(Serialize, ToSchema)]
pub struct StageView {
    /// Verified by a reviewer.
    verified: i64,
    /// Reported by a partner, waiting to be verified.
    installed: i64,
    /// Promised.
    pledged: i64,
    /// Verified and installed.
    in_operation: i64,
}

/// Solar capacity in kWp.
#[derive(Serialize, ToSchema)]
pub struct CapacityView {
    /// Verified.
    verified: f64,
    /// Reported, waiting to be verified.
    installed: f64,
}

/// Sites in operation since before the programme.
#[derive(Serialize, ToSchema)]
pub struct PreProgrammeView {
    /// By stage.
    sites: StageView,
}

impl From<&ByStage> for StageView {
    fn from(by: &ByStage) -> Self {
        Self { verified: by.verified, installed: by.installed, pledged: by.pledged, in_operation: by.in_operation() }
    }
}

impl From<Pace> for PaceView {
    fn from(pace: Pace) -> Self {
        let projection = |at: Projection| ProjectionView { low: at.low, central: at.central, high: at.high };
        Self {
            required_per_month: pace.required_per_month,
            last_3_months_per_month: pace.last_3_months_per_month,
            last_12_months_per_month: pace.last_12_months_per_month,
            projected_2030: pace.projected.map(projection),
            projected_date: pace.projected_date,
        }
    }
}

impl From<&Known> for ShareView {
    fn from(known: &Known) -> Self {
        Self { yes: known.yes, no: known.no, unknown: known.unknown, percent_of_known: known.percent_of_known() }
    }
}

impl ProgressView {
    pub fn of(figures: &Figures, settings: &PublicSettings) -> Self {
        let (target, progress, works) = (target(), &figures.progress, &figures.works);
        let (annual, to_date, lifetime) = (works.verified.annual, works.verified.to_date, works.verified.lifetime);
        Self {
            target: TargetView { sites: target.sites, by: target.by, version: target.version },
            percent_of_target: progress.percent_of_target(),
            sentence: TextView {
                vi: sentence(figures, settings, Language::Vietnamese),
                en: sentence(figures, settings, Language::English),
            },
            scope_note: TextView { vi: SCOPE_NOTE.0.to_owned(), en: SCOPE_NOTE.1.to_owned() },
            sites: (&progress.sites).into(),
            installations: (&progress.installations).into(),
            by_kind: progress.by_kind.iter().map(|(kind, by)| (kind.as_str(), by.into())).collect(),
            by_evidence_tier: progress.by_evidence_tier.iter().map(|(tier, n)| (tier.as_str(), *n)).collect(),
            sites_with_rooftop_solar: (&progress.sites_with_rooftop_solar).into(),
            capacity_kwp: CapacityView {
                verified: units(works.capacity_wp.verified),
                installed: units(works.capacity_wp.installed),
            },
            annual: AnnualView {
                generation_kwh: annual.generation_kwh,
                saving_kwh: annual.saving_kwh,
                avoided_tco2e: annual.avoided_tco2e,
                low: annual.low,
                high: annual.high,
            },
            to_date: ToDateView {
                generation_kwh: to_date.generation_kwh,
                saving_kwh: to_date.saving_kwh,
                avoided_tco2e: to_date.avoided_tco2e,
                low: to_date.low,
                high: to_date.high,
                provisional_tco2e: to_date.provisional_tco2e,
            },
            lifetime: LifetimeView { avoided_tco2e: lifetime.avoided_tco2e, low: lifetime.low, high: lifetime.high },
            shares: SharesView {
                low_income: (&progress.people.low_income).into(),
                remote: (&progress.people.remote).into(),
                woman_headed: (&progress.people.woman_headed).into(),
            },
            pre_programme: PreProgrammeView { sites: (&progress.pre_programme_sites).into() },
            pace: pace(&figures.month_ends, progress.sites.verified, figures.day, target).into(),
        }
    }
}

/// What these numbers are not.
const SCOPE_NOTE: (&str, &str) = (
    "Chỉ gồm các công trình đã đăng ký với chương trình, không phải toàn bộ điện mặt trời mái nhà của Việt Nam. Lượng phát thải \
     tránh được là ước tính, không phải tín chỉ carbon.",
    "Only what was registered with the programme, not all rooftop solar in Viet Nam. Avoided emissions are estimates, not \
     carbon credits.",
);

/// Where a day's number stands for good, once the day is over; with a methodology that is not in force, for clients.
pub fn link(figures: &Figures) -> String {
    let (day, number) = (figures.day, figures.methodology.version);
    if figures.restated { format!("{PATH}?as_of={day}&methodology={number}") } else { format!("{PATH}?as_of={day}") }
}

/// One sentence that can be quoted as it is.
fn sentence(figures: &Figures, settings: &PublicSettings, language: Language) -> String {
    let (progress, works, target) = (&figures.progress, &figures.works, target());
    let count = |value: i64| number_format::count(value, language);
    let number = |value: f64, decimals: usize| number_format::number(value, decimals, language);
    let percent = progress.percent_of_target();
    // The first hundred sites are not nothing.
    let percent = number(percent, if percent < 0.01 { 4 } else { 2 });
    let day = number_format::day(figures.day, language);
    let (verified, waiting) = (count(progress.sites.verified), count(progress.sites.installed));
    let (solar, by) = (count(progress.sites_with_rooftop_solar.verified), target.by.year());
    let capacity = number(units(works.capacity_wp.verified), 1);
    let annual = works.verified.annual;
    let [avoided, low, high] = [annual.avoided_tco2e, annual.low, annual.high].map(|tonnes| number(tonnes, 1));
    let (publisher, link) = (&settings.publisher, format!("{}{}", settings.public_url, link(figures)));
    language.choose(
        format!(
            "Tính đến hết ngày {day}, chương trình Triệu Ngôi Nhà Xanh đã xác minh {verified} công trình (nhà ở, tòa nhà, văn phòng, \
             cơ sở sản xuất) áp dụng giải pháp xanh, trong đó {solar} công trình có điện mặt trời mái nhà, đạt {percent}% mục tiêu \
             một triệu công trình vào năm {by}. Ngoài ra, {waiting} công trình do đối tác báo cáo đang chờ xác minh. Công suất điện \
             mặt trời đã xác minh: {capacity} kWp. Các công trình đã xác minh ước tính tránh được {avoided} tCO2e mỗi năm (khoảng \
             {low} đến {high}). Nguồn: {publisher}, {link}."
        ),
        format!(
            "As of {day}, the programme Million Green Homes has verified {verified} sites (homes, buildings, offices, production \
             sites) with green solutions, {solar} of them with rooftop solar: {percent}% of the target of one million sites by \
             {by}. Another {waiting} sites reported by partners wait to be verified. Verified solar capacity: {capacity} kWp. What \
             is verified avoids an estimated {avoided} tCO2e a year (range {low} to {high}). Source: {publisher}, {link}."
        ),
    )
}
