//! What can be wrong, in two languages; warnings.

mod refusal;
mod value_fault;
mod warning;

pub use refusal::{Difference, FieldFault, Refusal, Standing};
pub use value_fault::{Because, Expected, Fault, Language};
pub use warning::{Remark, Warning};
