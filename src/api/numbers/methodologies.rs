//! `GET /v1/methodology` and `/v1/methodology/{version}`: how emissions are estimated, every version with every factor, for
//! people who check the numbers. Other numbers take from here the parameter `methodology`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::api::state::AppState;
use crate::db::ledger::Activation;
use crate::domain::figures::{Methodology, all, methodology};
use crate::domain::reference::MeasureId;
use crate::domain::values::Fault;
use crate::register::{Figures, Snapshot};

use super::provenance::instant;

const PATH: &str = "/v1/methodology";

/// All methodologies, in the order of their numbers.
#[derive(Serialize, ToSchema)]
pub struct MethodologyList {
    /// The methodologies.
    data: Vec<MethodologyView>,
}

/// A methodology, and the entries that put it in force.
#[derive(Serialize, ToSchema)]
struct MethodologyView {
    /// The number of the methodology, from 1. Example: 1.
    version: i32,
    /// The Vietnamese title.
    title_vi: &'static str,
    /// The English title.
    title_en: &'static str,
    /// The day on which it was issued (YYYY-MM-DD). Example: 2026-11-01.
    issued: NaiveDate,
    /// The SHA-256 of its file: 64 hexadecimal digits. The entry that puts the methodology in force seals this digest.
    sha256: &'static str,
    /// True for the methodology with which public numbers are made now.
    in_force: bool,
    /// The entries that put it in force, the oldest first. A register that began without such an entry has methodology 1.
    activations: Vec<ActivationView>,
}

/// An entry that put a methodology in force.
#[derive(Serialize, ToSchema)]
struct ActivationView {
    /// The number of the entry, and the version of the register from which the methodology is in force. Example: 9120.
    version: i64,
    /// The instant of the entry; UTC, with microseconds. Example: 2026-11-20T03:00:00.000000Z.
    #[schema(format = DateTime)]
    recorded_at: String,
}

/// A methodology with all its factors.
#[derive(Serialize, ToSchema)]
pub struct MethodologyResponse {
    /// The file of the methodology: formulas, grid factors, yields, measures and uncertainty, each with unit and source.
    data: Value,
    /// The number and titles of the methodology, and the entries that put it in force.
    about: MethodologyView,
    /// The rules by which this service counts, whatever the methodology.
    counting: CountingRules,
}

/// The rules by which sites and measures are counted.
#[derive(Clone, Serialize, ToSchema)]
struct CountingRules {
    #[serde(flatten)]
    rules: CountingFile,
    /// The exclusive groups: of different measures of one group at a site, only the latest is credited.
    exclusive_groups: BTreeMap<&'static str, Vec<&'static str>>,
}

/// The file of the rules.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
struct CountingFile {
    /// The number of the rules. Differences that new rules make are posted in one entry with the cause `definition`.
    #[schema(example = 3)]
    contribution_no: i32,
    /// The Vietnamese title.
    title_vi: String,
    /// The English title.
    title_en: String,
    /// The rules.
    rules: Vec<CountingRule>,
}

/// A rule of counting.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
struct CountingRule {
    /// The name of the rule. Example: `pre_programme`.
    rule: String,
    /// The rule in Vietnamese.
    vi: String,
    /// The rule in English.
    en: String,
}

static COUNTING: LazyLock<Option<CountingRules>> = LazyLock::new(|| {
    let rules = serde_json::from_str(include_str!("../../../reference/counting/3.json")).ok()?;
    let mut exclusive_groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for measure in MeasureId::all() {
        if let Some(group) = measure.exclusive_group() {
            exclusive_groups.entry(group).or_default().push(measure.code());
        }
    }
    Some(CountingRules { rules, exclusive_groups })
});

/// The methodology of a number. "01" and "+1" are refused, because one methodology has one address.
pub fn parse_methodology(raw: &str) -> Result<&'static Methodology, Fault> {
    let number = raw.parse().ok().filter(|number: &i32| number.to_string() == raw);
    number.and_then(methodology).ok_or(Fault::UnknownMethodology)
}

/// The newest snapshot, made with the methodology of the query where it names one.
pub async fn snapshot_with(state: &AppState, asked: Option<&'static Methodology>) -> Result<Arc<Snapshot>, ApiError> {
    let snapshot = state.register.snapshot();
    Ok(match asked {
        Some(methodology) => web::block(move || snapshot.with(methodology)).await?,
        None => snapshot,
    })
}

/// Lists every version, which one is in force, and the entries that put each in force.
#[utoipa::path(get, path = "", responses((status = 200, body = MethodologyList)))]
pub async fn list_methodologies(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let snapshot = state.register.snapshot();
    let make = async {
        let data = all().iter().map(|one| MethodologyView::of(one, &state, &snapshot.figures)).collect();
        Ok(as_page(JSON, &MethodologyList { data }))
    };
    let page = snapshot.page_of(PATH, make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// Every formula and factor of one version, with unit, source and whether the source is confirmed. A version never changes.
#[utoipa::path(get, path = "", params(("version" = String, Path, description = "The number of a methodology of `/v1/methodology`.", example = "1")), responses((status = 200, body = MethodologyResponse)))]
pub async fn get_methodology(
    request: HttpRequest,
    _: NoQuery,
    version: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let found = parse_methodology(&version).map_err(|_| ApiError::NotFound)?;
    let snapshot = state.register.snapshot();
    let make = async {
        let data = serde_json::from_str(&found.text).map_err(|_| ApiError::Internal)?;
        let about = MethodologyView::of(found, &state, &snapshot.figures);
        let counting = COUNTING.clone().ok_or(ApiError::Internal)?;
        Ok(as_page(JSON, &MethodologyResponse { data, about, counting }))
    };
    let page = snapshot.page_of(format!("{PATH}/{}", found.version), make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

impl MethodologyView {
    /// The methodology as it stood at the version of the figures, because the directory may be ahead of them.
    fn of(one: &'static Methodology, state: &AppState, figures: &Figures) -> Self {
        let known = state.register.activations();
        let activations = known.of(one.version).filter(|at| at.version <= figures.version);
        let activation = |at: &Activation| ActivationView { version: at.version, recorded_at: instant(at.recorded_at) };
        Self {
            version: one.version,
            title_vi: &one.title_vi,
            title_en: &one.title_en,
            issued: one.issued,
            sha256: &one.sha256,
            in_force: one.version == figures.methodology.version,
            activations: activations.map(activation).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counting::CONTRIBUTION_NO;

    #[test]
    fn rules_are_those_by_which_this_program_counts() {
        let rules = COUNTING.as_ref().unwrap();
        assert_eq!(rules.rules.contribution_no, CONTRIBUTION_NO);
        assert_eq!(rules.exclusive_groups["roof"], ["roof_insulation", "cool_roof", "cool_roof_workplace"]);
    }
}
