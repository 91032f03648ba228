//! The pace towards the million sites, on two bases that are never mixed.
//!
//! - *Recorded*: what the register gained in closed months, whenever the sites were built. The 601 homes of the pilot, built
//!   by 2020 and entered in one month, are 601 sites of that month here.
//! - *Installed*: net openings by the month in which today's verified sites went into operation. Only this basis is
//!   projected, because a backlog that is entered late is no growth.

mod openings;
mod pace;
mod student_t;

pub use openings::Openings;
pub use pace::{Pace, Projection, RecordedPace, pace};
