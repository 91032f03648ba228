//! The headline as JSON: every number under its name. The order of the fields is the order of the bytes, which closed days
//! and releases keep for good: a field may be added, and none may move.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::api::numbers::amounts::{AmountView, LifetimeView, TextView, with_decimals};
use crate::api::numbers::dimension_labels::NOT_YET_DETAILED;
use crate::api::numbers::provenance::Provenance;
use crate::domain::counting::ByStage;
use crate::domain::reference::target_on;
use crate::register::{Figures, PublicSettings, PublishedFigures};

use super::pace_view::PaceView;
use super::parts::{CapacityView, PreProgrammeView, SharesView, StageView, TargetView};
use super::sentence::{self, SCOPE_NOTE};

/// The headline and its provenance.
#[derive(Serialize, ToSchema)]
pub struct ProgressResponse {
    /// The numbers and the sentence that states them.
    pub data: ProgressView,
    /// The version, day and methodology of the numbers, and how to cite them.
    pub meta: Provenance,
    /// The number of today beside that of a past day; only with `as_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<TodayView>,
}

/// The number of today beside that of a past day.
#[derive(Serialize, ToSchema)]
pub struct TodayView {
    /// The day of today in Hà Nội (YYYY-MM-DD). Example: 2026-11-27.
    pub as_of: NaiveDate,
    /// The version of the register today. Example: 12874.
    pub version: i64,
    /// Verified sites today. Example: 566.
    pub sites_verified: i64,
    /// Verified sites today, in percent of the target. Example: 0.0566.
    pub percent_of_target: f64,
    /// Address of the bridge from the past day to yesterday, which explains the change; null where the past day is yesterday.
    #[schema(format = "uri")]
    pub bridge: Option<String>,
}

/// The headline.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// The target of the programme.
    target: TargetView,
    /// The counts that move within a second of a change.
    pub live: LiveView,
    /// The day of the publication point that the figures are of (YYYY-MM-DD, Hà Nội); null before the first one. Figures move at
    /// the close of a day, and only where enough sites move them together.
    #[schema(example = "2026-11-26")]
    figures_as_of: Option<NaiveDate>,
    /// The figures of that publication point; null before the first one.
    #[schema(value_type = Option<FiguresView>)]
    pub figures: Option<Box<RawValue>>,
    /// The limits of the numbers, for readers: only registered sites, and estimates that are no carbon credits.
    pub scope_note: TextView,
}

/// The counts that move within a second of a change.
#[derive(Serialize, ToSchema)]
pub struct LiveView {
    /// Sites by stage. A site counts once, however many measures it has.
    sites: StageView,
    /// Verified sites in percent of the target, for example 0.0601.
    #[schema(example = 0.0601)]
    percent_of_target: f64,
    /// The counts as text to quote.
    pub sentence: TextView,
}

/// The figures of a publication point. Those that are told apart by kind, evidence or stage add up with `not_yet_detailed`.
#[derive(Serialize, ToSchema)]
pub struct FiguresView {
    /// The figures as text to quote.
    sentence: TextView,
    /// Sites by stage, as far as figures show them.
    sites: StageView,
    /// Installations by stage.
    installations: StageView,
    /// Sites by kind (`home`, `building`, `office`, `factory`) and stage, and those that wait for company (`not_yet_detailed`).
    by_kind: BTreeMap<&'static str, StageView>,
    /// Verified sites by their best evidence (`sampled`, `document`, `inspected`, `metered`), and those that wait for company
    /// (`not_yet_detailed`). Example: {"document": 210}.
    by_evidence_tier: BTreeMap<&'static str, i64>,
    /// Sites with rooftop solar, by stage.
    sites_with_rooftop_solar: StageView,
    /// Solar capacity in operation and within its life, in kWp.
    capacity_kwp: CapacityView,
    /// Estimates for a full year of the verified measures in operation.
    annual: AmountView,
    /// Estimates for the verified measures from their installation up to the day of the figures.
    to_date: AmountView,
    /// Estimates for the verified measures over their whole lives.
    lifetime: LifetimeView,
    /// Shares of verified sites by three questions about the people there. They move at the ends of quarters.
    shares: SharesView,
    /// Sites in operation since before the programme (1 September 2019). They are kept, and part of no number above.
    pre_programme: PreProgrammeView,
    /// The pace at which verified sites grow: as recorded, and by the month of installation.
    pace: PaceView,
}

impl ProgressView {
    /// The headline of the counts of now and of published figures.
    pub fn of(figures: &Figures, published: Option<&PublishedFigures>, settings: &PublicSettings) -> Self {
        let (target, progress) = (target_on(figures.day), &figures.progress);
        let sentence = |language| sentence::of_counts(figures, settings, language);
        Self {
            target: TargetView { sites: target.sites, by: target.by, version: target.version },
            live: LiveView {
                sites: (&progress.sites).into(),
                percent_of_target: with_decimals::<4>(progress.percent_of(target)),
                sentence: TextView::by_language(sentence),
            },
            figures_as_of: published.map(|published| published.day),
            // It was made by this program, so it is JSON.
            figures: published.and_then(|published| RawValue::from_string(published.json.to_string()).ok()),
            scope_note: SCOPE_NOTE.into(),
        }
    }
}

impl FiguresView {
    /// The figures of a point, or of now.
    #[must_use]
    pub fn of(figures: &Figures) -> Self {
        let (progress, output) = (&figures.progress, &figures.output);
        let mut by_kind: BTreeMap<&'static str, StageView> =
            progress.by_kind.iter().map(|(kind, by)| (kind.as_str(), by.into())).collect();
        let kinds = progress.by_kind.values().fold(ByStage::default(), |sum, by| sum.plus(*by));
        by_kind.insert(NOT_YET_DETAILED, (&progress.sites.minus(kinds)).into());
        let mut by_evidence_tier: BTreeMap<&'static str, i64> =
            progress.by_evidence_tier.iter().map(|(tier, sites)| (tier.as_str(), *sites)).collect();
        let tiers: i64 = progress.by_evidence_tier.values().sum();
        by_evidence_tier.insert(NOT_YET_DETAILED, progress.sites.verified - tiers);
        Self {
            sentence: TextView::by_language(|language| sentence::of_figures(figures, language)),
            sites: (&progress.sites).into(),
            installations: (&progress.installations).into(),
            by_kind,
            by_evidence_tier,
            sites_with_rooftop_solar: (&progress.sites_with_rooftop_solar).into(),
            capacity_kwp: (&output.capacity_wp).into(),
            annual: output.verified.annual.into(),
            to_date: output.verified.to_date.into(),
            lifetime: LifetimeView::of(&output.verified, figures.methodology),
            shares: SharesView::of(&progress.people, figures.day),
            pre_programme: PreProgrammeView { sites: (&progress.pre_programme_sites).into() },
            pace: (&figures.pace).into(),
        }
    }

    /// The figures as a headline takes them.
    #[must_use]
    pub fn published(figures: &Figures) -> PublishedFigures {
        // Only numbers, dates and texts: they always have a JSON form.
        let json = serde_json::to_string(&Self::of(figures)).unwrap_or_default();
        PublishedFigures { day: figures.day, methodology: figures.methodology.version, json: json.into() }
    }
}
