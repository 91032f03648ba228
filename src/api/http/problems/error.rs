//! The errors of the API: why a request was refused or failed, and the HTTP status of each. `problem.rs`
//! writes them for the client.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use crate::db::DbError;
use crate::domain::refusals::{FieldFault, Refusal};
use crate::domain::values::ListedPlace;
use crate::register::Failure;

use crate::api::http::scopes::Scope;

/// How long a client waits before it tries a busy service again, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";
/// How long a client waits where an operator has to act first, in seconds.
const OPERATOR_ACTS_SECONDS: &str = "60";

/// Why a request was refused or failed.
#[derive(Clone, Debug)]
pub enum ApiError {
    /// The body is no JSON.
    MalformedJson {
        /// Where the parser stopped.
        line: usize,
        /// Where the parser stopped.
        column: usize,
        /// The visible characters around the place, at most 20; empty where the body is.
        near: String,
        /// Whether a number with a decimal comma stands there.
        has_decimal_comma: bool,
    },
    /// Values are wrong; these are all faults that were found.
    Invalid(Vec<FieldFault>),
    /// The register refuses.
    Refused(Refusal),
    /// No token, or an invalid one.
    Unauthorized {
        /// Whether a token was sent at all.
        sent: bool,
    },
    /// A genuine token whose 15 minutes are over.
    TokenExpired,
    /// A genuine token of a process whose clock is ahead of this one's.
    TokenTooEarly,
    /// No householder's code, or an unknown one.
    WrongCode,
    /// HTTP Basic where it is not taken, or with another secret.
    BasicRefused,
    /// Somebody asks too often.
    TooManyRequests {
        /// Seconds until it makes sense to ask again.
        retry_after: u64,
    },
    /// The token's role may not do this.
    Forbidden {
        /// The scope that the route needs.
        needs: Scope,
    },
    /// A client that is limited to one province asked for another.
    OtherProvince {
        /// The province that the client may see.
        own: ListedPlace,
    },
    /// No such path.
    NotFound,
    /// A release of the old form, which is no longer served.
    Gone {
        /// The entry that published it.
        entry: i64,
    },
    /// A day or a release that a clock which was ahead had sealed.
    Voided {
        /// The entry that declared it void.
        entry: i64,
    },
    /// No such method on this path.
    MethodNotAllowed {
        /// The methods there are.
        allow: String,
    },
    /// `If-Match` is malformed.
    MalformedPrecondition,
    /// A correction came without `If-Match`.
    PreconditionRequired,
    /// The body is too large.
    TooLarge {
        /// The largest allowed body, in bytes.
        limit: usize,
    },
    /// The body is not JSON by its content type.
    UnsupportedMediaType,
    /// The body did not arrive whole.
    BrokenBody,
    /// Busy, or the database does not answer. Nothing was recorded.
    Unavailable,
    /// The disk is full. Nothing was recorded.
    StorageFull,
    /// The clock of the machine is not believed. Nothing was recorded.
    ClockInDoubt,
    /// A newer program has changed the register. Nothing was recorded.
    Outdated,
    /// It may be recorded or not.
    OutcomeUnknown,
    /// A fault of the service itself.
    Internal,
}

impl ApiError {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedJson { .. } | Self::BrokenBody | Self::MalformedPrecondition => StatusCode::BAD_REQUEST,
            Self::Invalid(_) | Self::Refused(Refusal::Invalid(_) | Refusal::KeyReused) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NotFound | Self::Refused(Refusal::NotFound) => StatusCode::NOT_FOUND,
            Self::Gone { .. } | Self::Voided { .. } => StatusCode::GONE,
            Self::Refused(Refusal::Stale { .. }) => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::Unauthorized { .. }
            | Self::TokenExpired
            | Self::TokenTooEarly
            | Self::WrongCode
            | Self::BasicRefused => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } | Self::OtherProvince { .. } | Self::Refused(Refusal::RecordedByAnother) => {
                StatusCode::FORBIDDEN
            }
            Self::TooManyRequests { .. } | Self::Refused(Refusal::DailyQuota { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable | Self::StorageFull | Self::ClockInDoubt | Self::Outdated | Self::OutcomeUnknown => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// One wrong value.
    pub fn invalid(pointer: &str, fault: crate::domain::values::Fault) -> Self {
        Self::Invalid(vec![FieldFault::new(pointer, fault)])
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// The response has no body yet: the outermost middleware knows the request's language and id,
/// finds the error here, and writes the problem.
impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status());
        match self {
            Self::Unavailable | Self::OutcomeUnknown | Self::Refused(Refusal::KeyInFlight) => {
                builder.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
            }
            Self::StorageFull | Self::ClockInDoubt | Self::Outdated => {
                builder.insert_header((RETRY_AFTER, OPERATOR_ACTS_SECONDS))
            }
            Self::TooManyRequests { retry_after } | Self::Refused(Refusal::DailyQuota { wait: retry_after, .. }) => {
                builder.insert_header((RETRY_AFTER, *retry_after))
            }
            Self::BasicRefused => builder.insert_header((WWW_AUTHENTICATE, "Basic realm=\"green-homes\"")),
            Self::MethodNotAllowed { allow } => builder.insert_header((ALLOW, allow.as_str())),
            Self::Unauthorized { sent: true } | Self::TokenExpired | Self::TokenTooEarly => {
                builder.insert_header((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
            }
            Self::Unauthorized { sent: false } => builder.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::WrongCode => builder.insert_header((WWW_AUTHENTICATE, "Householder-Code")),
            Self::Forbidden { needs } => {
                let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", needs.as_str());
                builder.insert_header((WWW_AUTHENTICATE, challenge))
            }
            Self::OtherProvince { .. } => {
                builder.insert_header((WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\""))
            }
            Self::Refused(Refusal::Stale { revision_tag, .. }) => builder.insert_header((ETAG, revision_tag.as_str())),
            _ => &mut builder,
        };
        let mut response = builder.finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Unavailable => Self::Unavailable,
            Failure::StorageFull => Self::StorageFull,
            Failure::ClockInDoubt => Self::ClockInDoubt,
            Failure::Outdated => Self::Outdated,
            Failure::OutcomeUnknown => Self::OutcomeUnknown,
            Failure::Broken => Self::Internal,
        }
    }
}

/// For pages that several callers wait for: one caller's own mistake must not fail the others.
impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused(refusal) => Self::Refused(refusal),
            ApiError::Unavailable => Self::Unavailable,
            _ => Self::Broken,
        }
    }
}

/// The cause goes to the log, never to the client.
impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "the database failed a request");
        if error.is_unavailable() { Self::Unavailable } else { Self::Internal }
    }
}

impl From<actix_web::error::BlockingError> for ApiError {
    fn from(_: actix_web::error::BlockingError) -> Self {
        Self::Unavailable
    }
}
