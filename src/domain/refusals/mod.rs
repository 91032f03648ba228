//! Why a request is refused, and the warnings about a request that is accepted, each with its sentence in Vietnamese and in
//! English. The room owns the words. It must not decide when to refuse or to warn: `rules` does.

mod fault_texts;
mod form_texts;
pub mod number_format;
mod refusal;
mod warning;

pub use refusal::{CurrentRecord, Difference, FieldFault, Refusal};
pub use warning::{Overlap, Remark, Warning};
