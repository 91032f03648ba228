//! The headline as JSON: every number under its name. The order of the fields is the order of the bytes, which closed days
//! and releases keep for good: a field may be added, and none may move.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::numbers::amounts::{AmountView, LifetimeView, TextView, with_decimals};
use crate::api::numbers::provenance::Provenance;
use crate::domain::reference::target;
use crate::domain::values::Language;
use crate::register::{Figures, PublicSettings};

use super::pace_view::PaceView;
use super::parts::{CapacityView, PreProgrammeView, SharesView, StageView, TargetView};
use super::sentence::{SCOPE_NOTE, sentence};

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
    /// Verified sites in percent of the target, for example 0.0601.
    #[schema(example = 0.0601)]
    percent_of_target: f64,
    /// The headline as a sentence to quote.
    pub sentence: TextView,
    /// The limits of the numbers, for readers: only registered sites, and estimates that are no carbon credits.
    pub scope_note: TextView,
    /// Sites by stage. A site counts once, however many measures it has.
    sites: StageView,
    /// Installations by stage.
    installations: StageView,
    /// Sites by kind (`home`, `building`, `office`, `factory`) and stage.
    by_kind: BTreeMap<&'static str, StageView>,
    /// Verified sites by their best evidence (`sampled`, `document`, `inspected`, `metered`). Example: {"document": 210}.
    by_evidence_tier: BTreeMap<&'static str, i64>,
    /// Sites with rooftop solar, by stage.
    sites_with_rooftop_solar: StageView,
    /// Solar capacity in operation and within its life, in kWp.
    capacity_kwp: CapacityView,
    /// Estimates for a full year of the verified measures in operation.
    annual: AmountView,
    /// Estimates for the verified measures from their installation up to `meta.as_of`.
    to_date: AmountView,
    /// Estimates for the verified measures over their whole lives.
    lifetime: LifetimeView,
    /// Verified sites by three questions about the people there.
    shares: SharesView,
    /// Sites in operation since before the programme (1 September 2019). They are kept, and part of no number above.
    pre_programme: PreProgrammeView,
    /// The pace at which verified sites grow: as recorded, and by the month of installation.
    pace: PaceView,
}

impl ProgressView {
    /// The headline of figures.
    pub fn of(figures: &Figures, settings: &PublicSettings) -> Self {
        let (target, progress, output) = (target(), &figures.progress, &figures.output);
        Self {
            target: TargetView { sites: target.sites, by: target.by, version: target.version },
            percent_of_target: with_decimals::<4>(progress.percent_of_target()),
            sentence: TextView {
                vi: sentence(figures, settings, Language::Vietnamese),
                en: sentence(figures, settings, Language::English),
            },
            scope_note: SCOPE_NOTE.into(),
            sites: (&progress.sites).into(),
            installations: (&progress.installations).into(),
            by_kind: progress.by_kind.iter().map(|(kind, by)| (kind.as_str(), by.into())).collect(),
            by_evidence_tier: progress.by_evidence_tier.iter().map(|(tier, n)| (tier.as_str(), *n)).collect(),
            sites_with_rooftop_solar: (&progress.sites_with_rooftop_solar).into(),
            capacity_kwp: (&output.capacity_wp).into(),
            annual: output.verified.annual.into(),
            to_date: output.verified.to_date.into(),
            lifetime: LifetimeView::of(&output.verified, figures.methodology),
            shares: (&progress.people).into(),
            pre_programme: PreProgrammeView { sites: (&progress.pre_programme_sites).into() },
            pace: (&figures.pace).into(),
        }
    }
}
