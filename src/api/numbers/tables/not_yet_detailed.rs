//! The rows of the table `not_yet_detailed`: the part of each figure of the headline that `programme_sums` does not tell, so that both
//! together make the headline. It holds what went out of operation, and what waits for company in its month.

use serde_json::{Value as Json, json};

use crate::api::numbers::amounts::{AmountView, LifetimeView};
use crate::domain::counting::{NationalSums, Progress};
use crate::domain::figures::{Estimator, NationalOutput, WholeEstimate};
use crate::domain::values::units;
use crate::register::Figures;

/// The figures of a point less those of the sums that it tells.
pub fn rows(figures: &Figures, told: &NationalSums) -> Vec<Vec<Json>> {
    let output = NationalOutput::of(told, &mut Estimator::new(figures.methodology, figures.day));
    let left = figures.output.verified.minus(output.verified);
    let (mut counted, progress) = (Progress::default(), &figures.progress);
    counted.add_cells(told.as_cells().iter());
    let solar = |progress: &Progress| progress.sites_with_rooftop_solar.verified;
    let counts = [
        ("sites.verified", progress.sites.verified - counted.sites.verified),
        ("installations.verified", progress.installations.verified - counted.installations.verified),
        ("sites_with_rooftop_solar.verified", solar(progress) - solar(&counted)),
    ];
    let mut rows: Vec<Vec<Json>> = counts.into_iter().map(|(name, count)| vec![json!(name), json!(count)]).collect();
    rows.push(vec![
        json!("capacity_kwp.verified"),
        json!(units(figures.output.capacity_wp.verified - output.capacity_wp.verified)),
    ]);
    let WholeEstimate { to_date, annual, .. } = left;
    let views = [("annual", json!(AmountView::from(annual))), ("to_date", json!(AmountView::from(to_date)))];
    let lifetime = json!(LifetimeView::of(&left, figures.methodology));
    for (of, view) in views.into_iter().chain([("lifetime", lifetime)]) {
        let figures = view.as_object().into_iter().flatten().filter(|(_, value)| value.is_number());
        rows.extend(figures.map(|(name, value)| vec![json!(format!("{of}.{name}")), value.clone()]));
    }
    rows
}
