//! What sums come to: emissions, timeline, pace, bridge, aggregates.

mod aggregation;
mod amount;
mod bridge;
mod estimator;
mod group_index;
pub mod methodology;
mod pace;
mod selection;
mod timeline;
mod unit_output;
mod verified_output;

pub use aggregation::{Aggregation, aggregate, aggregate_table};
pub use amount::Amount;
pub use bridge::{Applied, Bridge, Levels, Reason, bridge};
pub use estimator::{Estimate, EstimateSum, Estimator, Year};
pub use methodology::{Effect, EffectKind, Methodology, all, first, methodology};
pub use pace::{Pace, Projection, pace};
pub use selection::{Dimension, Group, MOST_DIMENSIONS, NONE, Selection, Sums, TooManyGroups, Value};
pub use timeline::{MonthEnd, timeline};
pub use verified_output::VerifiedOutput;
