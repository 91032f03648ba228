//! How far the writer is with what suspended and resumed partners ask for.

/// How far the steps of suspensions are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// The last step was a full one, so the next is due.
    InSteps,
    /// Whether something is left has to be asked.
    Unknown,
    /// Nothing was left at this version.
    Done(i64),
}
