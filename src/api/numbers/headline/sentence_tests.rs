//! The sentences of many registers, word for word, in `tests/data/sentences.txt`. Whoever changes a word reads them all there, as
//! the editor of a newspaper would.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::counting::ByStage;
use crate::domain::figures::{WholeAmount, methodology};
use crate::domain::values::start_of;

use super::*;

const GOLDEN: &str = include_str!("../../../../tests/data/sentences.txt");

/// A register of a closed day, with nothing in it.
fn empty() -> Figures {
    let mut figures = Figures::before_the_register(day("2026-11-26"));
    figures.methodology = methodology(2).unwrap();
    figures
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn with(change: impl FnOnce(&mut Figures)) -> Figures {
    let mut figures = empty();
    change(&mut figures);
    figures
}

/// Verified sites by evidence, from the weakest to the strongest.
fn verify(figures: &mut Figures, by_tier: [i64; 4]) {
    figures.progress.sites.verified = by_tier.iter().sum();
    for (tier, sites) in Tier::ALL.iter().zip(by_tier) {
        figures.progress.by_evidence_tier.insert(*tier, sites);
    }
}

fn solar(figures: &mut Figures, sites: i64, capacity_wp: i64) {
    figures.progress.sites_with_rooftop_solar.verified = sites;
    figures.output.capacity_wp = ByStage { verified: capacity_wp, ..ByStage::default() };
}

/// Emissions of a year in kilograms: avoided, low, high.
fn avoid(figures: &mut Figures, [avoided_kg, low_kg, high_kg]: [i64; 3]) {
    let annual = &mut figures.output.verified.annual;
    *annual = WholeAmount { avoided_kg, low_kg, high_kg, provisional_kg: avoided_kg, ..*annual };
}

/// A usual register, changed.
fn usual_with(change: impl FnOnce(&mut Figures)) -> Figures {
    with(|figures| {
        usual(figures);
        change(figures);
    })
}

/// A usual register.
fn usual(figures: &mut Figures) {
    verify(figures, [0, 526, 40, 0]);
    solar(figures, 269, 1_284_300);
    avoid(figures, [1_499_312, 1_091_704, 2_046_431]);
    figures.progress.sites.reported = 46;
}

fn running(figures: &mut Figures, at: &str) {
    let at: DateTime<Utc> = at.parse().unwrap();
    (figures.closed, figures.recorded_at) = (false, at);
}

type Named = (&'static str, Figures);

/// Registers of counts alone.
fn counts() -> Vec<Named> {
    let many = |sites: i64| with(|f| verify(f, [0, sites, 0, 0]));
    vec![
        ("nothing yet", empty()),
        ("nothing yet, while the day goes on", with(|f| running(f, "2026-11-26T02:00:00Z"))),
        ("only reported", with(|f| f.progress.sites.reported = 12)),
        ("only one reported", with(|f| f.progress.sites.reported = 1)),
        ("only pledged", with(|f| f.progress.sites.pledged = 7)),
        ("one, by documents", many(1)),
        ("two, by documents", many(2)),
        ("one hundred", many(100)),
        ("a quarter of a million", many(250_000)),
        ("one short of the target", many(999_999)),
        ("the target", many(1_000_000)),
        ("beyond the target", many(1_234_567)),
        ("one, inspected", with(|f| verify(f, [0, 0, 1, 0]))),
        ("one, metered", with(|f| verify(f, [0, 0, 0, 1]))),
        ("one, sampled", with(|f| verify(f, [1, 0, 0, 0]))),
        ("every evidence", with(|f| verify(f, [1_200, 300, 40, 5]))),
        (
            "evidence of some that is not told yet",
            with(|f| {
                verify(f, [0, 300, 40, 0]);
                f.progress.sites.verified += 7;
            }),
        ),
    ]
}

/// A usual register at different hours, with and without what waits and solar power.
fn clauses() -> Vec<Named> {
    vec![
        ("usual", with(usual)),
        ("usual, while the day goes on", usual_with(|f| running(f, "2026-11-25T22:50:03.123456Z"))),
        ("usual, a minute before midnight", usual_with(|f| running(f, "2026-11-26T16:59:59Z"))),
        ("usual, no entry yet on this day", usual_with(|f| running(f, "2026-11-20T08:00:00Z"))),
        ("nothing waits", usual_with(|f| f.progress.sites.reported = 0)),
        ("one waits", usual_with(|f| f.progress.sites.reported = 1)),
        ("no solar power", usual_with(|f| solar(f, 0, 0))),
        (
            "one with solar power",
            with(|f| {
                verify(f, [0, 1, 0, 0]);
                solar(f, 1, 5_400);
                avoid(f, [3_869, 2_883, 4_856]);
            }),
        ),
        (
            "a little solar power",
            with(|f| {
                verify(f, [0, 1, 0, 0]);
                solar(f, 1, 40);
                avoid(f, [29, 21, 36]);
            }),
        ),
        (
            "solar power of a city",
            with(|f| {
                verify(f, [0, 81_234, 0, 0]);
                solar(f, 80_111, 612_345_678);
                avoid(f, [430_123_456, 310_999_999, 550_500_000]);
            }),
        ),
    ]
}

/// Registers whose emissions are of different kinds, and on different days.
fn emissions() -> Vec<Named> {
    vec![
        (
            "cookstoves alone",
            with(|f| {
                avoid(f, [5_500, 2_500, 15_000]);
                f.output.verified.annual.provisional_kg = 0;
            }),
        ),
        (
            "cookstoves alone, some reported",
            with(|f| {
                avoid(f, [5_500, 2_500, 15_000]);
                f.output.verified.annual.provisional_kg = 0;
                f.progress.sites.reported = 3;
            }),
        ),
        (
            "direct cuts alone: no grid factor",
            with(|f| {
                verify(f, [0, 10, 0, 0]);
                avoid(f, [29_000, 12_500, 50_000]);
                f.output.verified.annual.provisional_kg = 0;
            }),
        ),
        ("sold in part", usual_with(|f| f.output.verified.annual.sold_kg = 31_900)),
        (
            "sold in whole",
            with(|f| {
                verify(f, [0, 10, 0, 0]);
                avoid(f, [29_000, 12_500, 50_000]);
                f.output.verified.annual.provisional_kg = 0;
                f.output.verified.annual.sold_kg = 29_000;
            }),
        ),
        (
            "sold but for a little",
            with(|f| {
                verify(f, [0, 10, 0, 0]);
                avoid(f, [29_000, 12_500, 50_000]);
                f.output.verified.annual.sold_kg = 28_990;
            }),
        ),
        (
            "sold, while the day goes on",
            with(|f| {
                usual(f);
                f.output.verified.annual.sold_kg = 420;
                running(f, "2026-11-26T05:05:00Z");
            }),
        ),
    ]
}

/// Registers of other days and by another methodology.
fn days() -> Vec<Named> {
    vec![
        (
            "the factor of the year is known",
            with(|f| {
                usual(f);
                f.day = day("2023-12-31");
                f.output.verified.annual.provisional_kg = 0;
            }),
        ),
        (
            "by methodology 1, which is not in force",
            with(|f| {
                usual(f);
                f.methodology = methodology(1).unwrap();
                f.restated = true;
            }),
        ),
        ("the last day of the target", usual_with(|f| f.day = day("2030-12-31"))),
        ("past the target's day, not reached", usual_with(|f| f.day = day("2031-03-01"))),
        (
            "past the target's day, reached",
            with(|f| {
                verify(f, [0, 1_000_001, 0, 0]);
                f.day = day("2031-03-01");
            }),
        ),
        (
            "less than a tonne",
            with(|f| {
                verify(f, [0, 0, 2, 0]);
                avoid(f, [46, 21, 84]);
            }),
        ),
        ("the first day of a month", usual_with(|f| f.day = day("2027-01-01"))),
    ]
}

#[test]
fn sentences_of_many_registers_are_as_they_were_read() {
    let settings = PublicSettings { public_url: String::new(), publisher: "GreenID & VCCA".to_owned() };
    let all = [counts(), clauses(), emissions(), days()].concat();
    assert_eq!(all.len(), 41);
    let mut written = String::new();
    for (name, figures) in &all {
        let both = [Language::Vietnamese, Language::English];
        let counts = both.map(|language| of_counts(figures, &settings, language));
        let of_figures = both.map(|language| of_figures(figures, language));
        write!(written, "# {name}\n{}\n{}\n\n", counts.join("\n"), of_figures.join("\n")).unwrap();
    }
    for (found, golden) in written.split("# ").zip(GOLDEN.split("# ")) {
        assert_eq!(found, golden);
    }
    assert_eq!(written, GOLDEN, "all of them:\n{written}");
}

#[test]
fn instant_of_a_running_day_is_that_of_ha_noi() {
    let figures = with(|f| running(f, "2026-11-25T22:50:03.123456Z"));
    assert_eq!(
        clock_in_ha_noi(figures.generated_at()),
        start_of(day("2026-11-26"))
            + TimeDelta::hours(12)
            + TimeDelta::minutes(50)
            + TimeDelta::microseconds(3_123_456)
    );
}
