//! What the cells come to, against somebody patient: today, later, at the ends of past months, as it was known at the
//! close of past days, on both lists of provinces.

use chrono::{Days, NaiveDate};
use green_homes::api::MAKE;
use green_homes::api::numbers::headline::FiguresView;
use green_homes::db::ledger::closed_days;
use green_homes::domain::counting::NationalSums;
use green_homes::domain::figures::{
    Dimension, Estimate, Estimator, Methodology, NONE, NationalOutput, Selection, WholeEstimate, aggregate,
    methodology, timeline,
};
use green_homes::domain::records::Stage;
use green_homes::domain::reference::Place;
use green_homes::domain::values::Month;
use green_homes::domain::values::Tier;
use green_homes::register::{Options, PageRenderer, PublicSettings, Register, audit};
use serde_json::Value;

use super::Driver;
use crate::reference_emissions;
use crate::support::{clock_at, further_methodology};

impl Driver {
    pub(super) fn finish(&self) {
        let mut national = NationalSums::default();
        national.add_cells(self.cells.iter());
        let today = self.today();
        // Today, ends of months, a leap day, and when stoves are past their life; nothing else happens until then.
        for on in [today, last_of_month(today), on("2028-02-29"), on("2028-12-31"), on("2033-07-15")] {
            for methodology in methodology::all() {
                let found = NationalOutput::of(&national, &mut Estimator::new(methodology, on)).verified;
                reference_emissions::assert_same(
                    &found,
                    &reference_emissions::estimate(&self.model, methodology, on),
                    &format!("{on} by {}", methodology.version),
                );
            }
        }
        // At the ends of past months, by what is known now.
        let timeline = timeline(&national, methodology::first(), today);
        for on in [on("2020-02-29"), on("2021-12-31"), on("2024-02-29")] {
            let found = timeline.iter().find(|(end, _)| *end == Month::of(on)).map(|(_, standing)| standing.to_date);
            let found = found.unwrap_or_default();
            let to_date = reference_emissions::estimate(&self.model, methodology::first(), on).to_date;
            let found = WholeEstimate { to_date: found, ..WholeEstimate::default() };
            reference_emissions::assert_same(&found, &Estimate { to_date, ..Estimate::default() }, &on.to_string());
        }
        for (end, found) in timeline {
            let expected = self.model.sites_on(end.last_day().min(today));
            let count = |word| expected.get(word).copied().unwrap_or(0);
            assert_eq!((found.sites.verified, found.sites.reported), (count("verified"), count("reported")), "{end:?}");
        }
        self.compare_places(&national, methodology::first(), today);
        self.compare_places(&national, further_methodology(), last_of_month(today));
        self.compare_past_days();
        let report = audit::audit(&self.database.db_open(), MAKE).unwrap();
        assert!(report.ok, "{:?}", report.findings);
    }

    /// Both lists of provinces: each row, those that are not known among them, and all rows together.
    fn compare_places(&self, national: &NationalSums, methodology: &'static Methodology, day: NaiveDate) {
        let country = NationalOutput::of(national, &mut Estimator::new(methodology, day)).verified;
        for dimension in [Dimension::Province, Dimension::FormerProvince] {
            let selection = Selection {
                group_by: vec![dimension],
                filters: vec![(Dimension::Stage, vec![Stage::Verified(Tier::Document).rank().into()])],
                ..Selection::default()
            };
            let mut estimator = Estimator::new(methodology, day);
            let rows = aggregate(&selection, self.cells.iter(), &mut estimator, usize::MAX).unwrap();
            let (mut sites, mut sum) = (0, WholeEstimate::default());
            for value in dimension.values() {
                let row = rows.iter().find(|(group, _)| group[..] == [value]);
                let row = row.map(|(_, sums)| *sums).unwrap_or_default();
                let is_there = |place: Place| value_of(dimension, place) == value;
                let what = format!("{dimension:?} {value}");
                assert_eq!(row.totals.sites, self.model.verified_sites(is_there), "{what}");
                let lines = self.model.lines().into_iter().filter(|line| is_there(line.place));
                reference_emissions::assert_row_same(
                    &row.estimate,
                    &reference_emissions::estimate_of(lines, methodology, day),
                    &what,
                );
                sites += row.totals.sites;
                sum += row.estimate;
            }
            assert_eq!(sites, self.model.verified_sites(|_| true), "{dimension:?}");
            assert_eq!(sum, country, "all rows together");
        }
    }

    /// The headline as it is kept of past days, up to the eve of the next entry, by what was known then.
    fn compare_past_days(&self) {
        let Some((last, _)) = self.past.last() else { return };
        let settings = PublicSettings { public_url: "https://register.example".to_owned(), publisher: "P".to_owned() };
        let (database, clock) = (self.database.db_open(), clock_at(self.now.clone()));
        let (render, options) = (
            PageRenderer { make: MAKE, settings },
            Options { queue: 1, monthly_releases: false, daily_installations: 0, marker: None },
        );
        let register = Register::start(&database, &clock, &render, options).unwrap();
        while register.snapshot().figures.day < self.today() {
            assert!(register.is_alive());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        register.stop(std::time::Duration::from_secs(20));
        let eves = self.past.iter().skip(1).map(|(day, _)| *day).chain([self.today()]);
        let known = self.past.iter().zip(eves).map(|((day, model), next)| (*day, next - Days::new(1), model));
        // The first, one of the middle, and the last: counting day by day takes its time.
        let chosen = [0, self.past.len() / 2, self.past.len() - 1];
        for (_, (first, eve, model)) in known.enumerate().filter(|(place, _)| chosen.contains(place)) {
            for day in if first == *last { vec![first, eve] } else { vec![eve] } {
                let kept = closed_days::find(&mut database.connection().unwrap(), day).unwrap().expect("a closed day");
                let body: Value = serde_json::from_str(&kept.body).unwrap();
                assert_eq!(body["meta"]["as_of"], day.to_string());
                let figures = FiguresView::published(&register.figures_at(day, None).unwrap());
                let all: Value = serde_json::from_str(&figures.json).unwrap();
                assert_eq!(body["data"]["live"]["sites"], all["sites"], "{day}");
                model.headline().assert_is(&all);
                model.openings(day).assert_is(&all["pace"]["installed"]);
                let expected = reference_emissions::estimate(model, methodology::of_new_registers(), day);
                reference_emissions::assert_headline(&all, &expected, &format!("at the close of {day}"));
            }
        }
    }
}

fn value_of(dimension: Dimension, place: Place) -> u16 {
    match dimension {
        Dimension::Province => place.province().index().into(),
        _ => place.former().map_or(NONE, |former| former.index().into()),
    }
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn last_of_month(day: NaiveDate) -> NaiveDate {
    Month::of(day).last_day()
}
