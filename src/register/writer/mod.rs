//! The writer: one thread behind a queue, through which every change of this process goes.
//!
//! This room owns the thread, its queue, the transaction of a batch, and the state that readers share with the thread.
//! It orders and writes; it must not decide a request (`decide` does) nor make pages (`published` does). Its files,
//! from the request to the public: `queue` gathers a batch, `transaction` has it decided and commits it, `follow` adds
//! the postings to the cells, `closing` closes days, `publish` publishes snapshots, `housekeeping` moves the checkpoint.

mod answers;
mod clock_watch;
mod closing;
mod counters;
mod follow;
mod housekeeping;
mod not_written;
mod publish;
mod queue;
mod settling;
mod shared;
mod transaction;
mod trouble;
mod writer;

pub use answers::answer_in_time;
pub use clock_watch::{Clock, system_clock};
pub use counters::WriterCounters;
pub use queue::{Job, KeysInFlight, QueuedRequest};
pub use shared::Shared;
pub use transaction::BatchTransaction;
pub use trouble::Trouble;
pub use writer::{Options, Writer};
