//! What every handler can reach.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::register::Register;

use super::auth::{Secrets, Tokens};
use super::health::Examiner;
use super::meter::Meter;

/// Settings that show in answers.
#[derive(Clone, Debug)]
pub struct PublicSettings {
    /// Where the public reaches this service, without a slash at the end.
    pub public_url: String,
    /// Who publishes it.
    pub publisher: String,
}

/// What every handler can reach.
pub struct State {
    /// The register.
    pub register: Arc<Register>,
    /// Makes and checks tokens.
    pub tokens: Tokens,
    /// Makes and checks client secrets.
    pub secrets: Secrets,
    /// Settings that show in answers.
    pub settings: PublicSettings,
    /// Counts of requests.
    pub meter: Meter,
    /// Looks into things for operators.
    pub examiner: Examiner,
    /// When the process started.
    pub started_at: DateTime<Utc>,
}
