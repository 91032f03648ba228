//! `/livez`, `/readyz`, `/metrics` and the way of the log to stderr: for operators and for the programs that watch the service.
//!
//! The room shows what the register and its examiner found; it must not examine the database itself, and nothing here may
//! slow a write.

pub mod health;
pub mod log_lines;
pub mod metrics;
mod readiness_checks;
