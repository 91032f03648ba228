//! Problems (RFC 9457): what a client reads when something is wrong, in its language.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::refusals::{CurrentRecord, FieldFault, Refusal};
use crate::domain::values::{Language, Status};

use super::error::ApiError;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// The path that explains the problem.
    #[schema(example = "/problems/invalid_request")]
    pub r#type: String,
    /// A short name of the problem, in the language of the answer. Example: Invalid request.
    pub title: String,
    /// The HTTP status. Example: 422.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened and what to do, in the language of the answer.
    pub detail: String,
    /// The code that programs read; it never changes.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// The id of this request in the log of the service.
    pub request_id: String,
    /// Every wrong value of the request; empty for other problems.
    pub errors: Vec<ProblemError>,
    /// The recorded installation that the request conflicts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<StandingView>,
    /// The fields in which a re-sent installation differs from the recorded one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<DifferenceView>>,
}

/// One wrong value.
#[derive(Serialize, ToSchema)]
pub struct ProblemError {
    /// The JSON pointer into the body, or the name of a parameter.
    #[schema(example = "/measures/0/quantity")]
    pub pointer: String,
    /// The code that programs read; it never changes.
    #[schema(example = "not_positive")]
    pub code: &'static str,
    /// What is wrong and what would be right, in the language of the answer.
    pub detail: String,
}

/// The record that a refused request ran into.
#[derive(Serialize, ToSchema)]
pub struct StandingView {
    /// The id of the installation. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73.
    #[schema(format = Uuid)]
    pub id: String,
    /// The status of the installation.
    #[schema(value_type = Status)]
    pub status: &'static str,
    /// The number of the revision, from 1. Example: 2.
    pub revision: i32,
    /// The entity tag; send it in `If-Match` to correct the installation. Example: "2.1".
    pub etag: String,
}

/// One fact in which a re-sent installation differs.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// JSON pointer into the request. Example: `/installed_on`.
    pub pointer: &'static str,
    /// The recorded value; null is unknown. Example: 2026-10-02.
    #[schema(value_type = serde_json::Value)]
    pub recorded: Value,
}

impl From<&CurrentRecord> for StandingView {
    fn from(standing: &CurrentRecord) -> Self {
        Self {
            id: standing.installation.to_string(),
            status: standing.status.as_str(),
            revision: standing.revision,
            etag: standing.revision_tag.clone(),
        }
    }
}

impl Problem {
    /// The problem of an error, in the language of the request. `is_read`: the request only reads.
    pub fn of(error: &ApiError, language: Language, is_read: bool, request_id: &str) -> Self {
        let (title, detail) = error.explain(language, is_read);
        let faults: &[FieldFault] = match error {
            ApiError::Invalid(faults) | ApiError::Refused(Refusal::Invalid(faults)) => faults,
            _ => &[],
        };
        let (installation, differences) = match error {
            ApiError::Refused(Refusal::Different { current: standing, differences }) => {
                let view = |d: &crate::domain::refusals::Difference| DifferenceView {
                    pointer: d.pointer,
                    recorded: d.recorded.clone(),
                };
                (Some(standing.into()), Some(differences.iter().map(view).collect()))
            }
            ApiError::Refused(
                Refusal::Ended(standing)
                | Refusal::InvalidTransition { current: standing, .. }
                | Refusal::Stale { current: Some(standing), .. },
            ) => (Some(standing.into()), None),
            _ => (None, None),
        };
        Self {
            r#type: format!("/problems/{}", error.code()),
            title,
            status: error.status().as_u16(),
            detail,
            code: error.code(),
            request_id: request_id.to_owned(),
            errors: faults.iter().map(|fault| ProblemError::of(fault, language)).collect(),
            installation,
            differences,
        }
    }
}

impl ProblemError {
    fn of(fault: &FieldFault, language: Language) -> Self {
        Self { pointer: fault.pointer.clone(), code: fault.fault.code(), detail: fault.fault.explain(language) }
    }
}
