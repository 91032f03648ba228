//! The figures of a publication point, as headlines show them until the next one.

use std::sync::Arc;

use chrono::NaiveDate;

/// The name of the page of these figures.
pub const FIGURES: &str = "figures";

/// The figures of a point, as the headline of each day shows them until the next point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedFigures {
    /// The day of the point.
    pub day: NaiveDate,
    /// The number of the methodology of the estimates.
    pub methodology: i32,
    /// The figures as JSON, byte for byte.
    pub json: Arc<str>,
}
