//! The figures that are made from sums: estimates of electricity and emissions, the timeline, the pace, the bridge,
//! aggregates by any dimension. Each is a pure function of sums, methodology and day. The room must not keep a figure,
//! nor count a record: sums come from `counting`, and figures are made anew on each read.

mod aggregation;
mod amount;
mod bridge;
mod estimator;
mod group_index;
pub mod methodology;
mod national_output;
mod pace;
mod ranges;
mod selection;
mod timeline;
mod unit_output;
mod whole_amount;
mod year_by_year;
mod years_ahead;

pub use aggregation::{Aggregation, aggregate, aggregate_table};
pub use amount::Amount;
pub use bridge::{Applied, Bridge, Levels, Reason, bridge};
pub use estimator::{Estimate, EstimateSum, Estimator};
pub use methodology::{
    Effect, EffectKind, HalfWidths, LifetimeRule, Methodology, all, first, methodology, of_new_registers,
};
pub use national_output::NationalOutput;
pub use pace::{Openings, Pace, Projection, RecordedPace, pace};
pub use selection::{Dimension, Group, MOST_DIMENSIONS, NONE, Selection, Sums, TooManyGroups, Value};
pub use timeline::{MonthEnd, timeline};
pub use whole_amount::{WholeAmount, WholeEstimate, largest_remainder};
pub use year_by_year::Year;
