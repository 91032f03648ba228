//! Errors on their way to a client: what went wrong, and the problem (RFC 9457) that says so in the
//! client's language. This folder names errors; whether something is one is decided elsewhere.

mod error;
mod problem;
pub mod problem_page;
mod problem_texts;
mod transition_texts;

pub use error::ApiError;
pub use problem::{MEDIA_TYPE, Problem, ProblemError, StandingView};
