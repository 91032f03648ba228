//! The openings of verified sites, counted month by month and site by site.

use chrono::{Months, NaiveDate};
use green_homes::domain::records::Stage;
use green_homes::domain::values::Month;
use serde_json::{Value, json};

use super::{ReferenceRegister, before, standings_of};

/// Net openings of the months, the oldest first.
pub struct Openings(Vec<i32>);

impl Openings {
    /// Holds them against `pace.installed` of `/v1/progress`.
    pub fn assert_is(&self, installed: &Value) {
        let (count, sites) = (u8::try_from(self.0.len()).unwrap(), self.0.iter().sum::<i32>());
        if count == 0 {
            assert_eq!(*installed, json!(null));
            return;
        }
        let mean = f64::from(sites) / f64::from(count);
        assert_eq!(["months", "sites"].map(|figure| &installed[figure]), [&json!(count), &json!(sites)]);
        assert!(
            (installed["mean_per_month"].as_f64().unwrap() - mean).abs() <= 0.000_500_1,
            "{installed} is not {mean}"
        );
    }
}

impl ReferenceRegister {
    /// The net openings in the 24 months before the two newest months of a day; fewer where no site opened before them.
    pub fn openings(&self, day: NaiveDate) -> Openings {
        let this_month = Month::of(day).first_day();
        let months = (2..26).rev().map(|back| this_month - Months::new(back));
        let (begin, end) = (Month::of(this_month - Months::new(25)), Month::of(this_month - Months::new(2)));
        if !self.opened(|month| begin <= month && month <= end) {
            return Openings(Vec::new());
        }
        let net = |month: NaiveDate| {
            let at_end = |month: NaiveDate| self.sites_on(Month::of(month).last_day()).remove("verified").unwrap_or(0);
            i32::try_from(at_end(month) - at_end(month - Months::new(1))).unwrap()
        };
        Openings(months.skip_while(|day| !self.opened(|month| month <= Month::of(*day))).map(net).collect())
    }

    /// Whether a verified site opened in such a month and was still in operation at the end of that month.
    fn opened(&self, is_such: impl Fn(Month) -> bool) -> bool {
        let there = (0..self.sites.len()).filter(|index| !self.sites[*index].merged_away);
        there.flat_map(|index| standings_of(&self.held_at(index))).any(|(stage, on, ended)| {
            let month = on.map(Month::of).filter(|month| is_such(*month));
            matches!(stage, Stage::Verified(_))
                && !before(on)
                && month.is_some_and(|month| ended.is_none_or(|ended| Month::of(ended) > month))
        })
    }
}
