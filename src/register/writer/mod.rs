//! The thread: queue, transaction, catching up, publishing.

mod counters;
mod keys_in_flight;
mod transaction;
mod writer;

pub use counters::WriterCounters;
pub(in crate::register) use keys_in_flight::UnderWay;
pub use transaction::{BatchTransaction, Clock, system_clock};
pub(in crate::register) use writer::{Asked, Job, Writer, load_cells};
