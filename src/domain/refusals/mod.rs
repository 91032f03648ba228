//! What can be wrong, in two languages; warnings.

mod fault_texts;
mod refusal;
mod warning;

pub use refusal::{CurrentRecord, Difference, FieldFault, Refusal};
pub use warning::{Remark, Warning};
