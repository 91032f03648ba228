//! The 95 % ranges of a measure's estimates, by the evidence and by the grid factor.

use crate::domain::counting::Evidence;

use crate::domain::figures::methodology::{Effect, HalfWidths, Methodology};

/// The low and the high end of an estimate, as shares of its value.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
}

/// The range of what is made with the official grid factor of its year, and of what is made with a carried one.
#[derive(Clone, Copy)]
pub(super) struct RangeByFactor {
    pub official: Range,
    pub carried: Range,
}

/// The ranges by the evidence.
#[derive(Clone, Copy)]
pub(super) struct Ranges {
    reported: RangeByFactor,
    verified: RangeByFactor,
    metered: RangeByFactor,
}

impl Ranges {
    /// The ranges of an effect; exact for a measure that does nothing to emissions.
    pub fn of(methodology: &Methodology, effect: Option<&Effect>) -> Self {
        let uncertainty = &methodology.uncertainty;
        let by_factor = |size: f64, spread: fn(&Effect) -> HalfWidths| {
            let range = |grid: f64| {
                effect.map_or(Range { low: 1.0, high: 1.0 }, |effect| {
                    range(spread(effect), if effect.uses_grid() { grid } else { 0.0 }, size)
                })
            };
            RangeByFactor {
                official: range(uncertainty.grid_factor.official),
                carried: range(uncertainty.grid_factor.carried),
            }
        };
        Self {
            reported: by_factor(uncertainty.size_reported, |effect| effect.spread),
            verified: by_factor(uncertainty.size_verified, |effect| effect.spread),
            metered: by_factor(uncertainty.size_verified, |effect| effect.spread_metered),
        }
    }

    pub fn at(&self, evidence: Evidence) -> RangeByFactor {
        match evidence {
            Evidence::Reported => self.reported,
            Evidence::Verified => self.verified,
            Evidence::Metered => self.metered,
        }
    }
}

/// The range of an estimate: independent uncertainties of the effect, the grid factor and the size, in quadrature.
fn range(spread: HalfWidths, grid: f64, size: f64) -> Range {
    let all = |energy: f64| (energy * energy + grid * grid + size * size).sqrt();
    Range { low: (1.0 - all(spread.low)).max(0.0), high: 1.0 + all(spread.high) }
}
