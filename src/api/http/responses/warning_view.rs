//! Warnings in answers: a value that was accepted and is worth a second look.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::refusals::Remark;
use crate::domain::values::Language;

/// A value that is allowed but unusual: please look at it again.
#[derive(Serialize, ToSchema, Clone)]
pub struct WarningView {
    /// The code that programs read; it never changes.
    #[schema(example = "unusual_quantity")]
    code: &'static str,
    /// JSON pointer to the value, in the request or in the installation, for example `/measures/0/quantity`.
    pointer: String,
    /// What is unusual, in the caller's language.
    detail: String,
}

impl WarningView {
    /// A warning in a language.
    #[must_use]
    pub fn of(remark: &Remark, language: Language) -> Self {
        Self { code: remark.warning.code(), pointer: remark.pointer.clone(), detail: remark.warning.explain(language) }
    }
}
