//! The figures that are made from sums: estimates of electricity and emissions, the timeline, the pace, the bridge,
//! aggregates by any dimension. Each is a pure function of sums, methodology and day. The room must not keep a figure,
//! nor count a record: sums come from `counting`, and figures are made anew on each read.

mod aggregation;
mod bridge;
mod estimate;
mod group_index;
pub mod methodology;
mod pace;
mod selection;

pub use aggregation::{Aggregation, EachCell, aggregate, aggregate_with};
pub use bridge::{Applied, Bridge, Levels, Reason, bridge};
pub use estimate::{
    Amount, Estimate, EstimateSum, Estimator, MonthEnd, NationalOutput, WholeAmount, WholeEstimate, Year, parts_of,
    timeline,
};
pub use methodology::{
    Effect, EffectKind, HalfWidths, LifetimeRule, Methodology, all, first, methodology, of_new_registers,
};
pub use pace::{Openings, Pace, Projection, RecordedPace, pace};
pub use selection::{Dimension, Group, MOST_DIMENSIONS, NONE, OTHER, Selection, Sums, TooManyGroups, Value};
