//! What can be wrong, in two languages; warnings.

mod refusal;
mod value_fault;
mod warning;

pub use refusal::{CurrentRecord, Difference, FieldFault, Refusal};
pub use value_fault::{Expected, Fault, Rule};
pub use warning::{Remark, Warning};
