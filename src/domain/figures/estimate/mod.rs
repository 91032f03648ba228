//! Estimates of electricity and avoided emissions: of one unit, of cells, of the country month by month, of one
//! installation year by year.
//!
//! `one_year` says what a unit does in a year, `unit_output` adds years up, `estimator` multiplies by the sums of cells, and
//! `whole_amount` and `whole_rows` round what leaves the room. The room must not know who asks, nor decide what counts.

mod amount;
mod estimator;
mod national_output;
mod one_year;
mod ranges;
mod timeline;
mod unit_output;
mod whole_amount;
mod whole_rows;
mod year_by_year;
mod years_ahead;

#[cfg(test)]
pub(in crate::domain) use estimator::tests as estimator_tests;

pub use amount::Amount;
pub use estimator::{Estimate, EstimateSum, Estimator};
pub use national_output::NationalOutput;
pub use timeline::{MonthEnd, timeline};
pub use whole_amount::{WholeAmount, WholeEstimate};
pub use whole_rows::parts_of;
pub use year_by_year::Year;
