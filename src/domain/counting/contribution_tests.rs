//! The contribution of a site, rule by rule.

use crate::domain::records::{MeasureLines, PrivateFacts, SiteFacts, StatusDetails, Terms};
use crate::domain::reference::{MeasureId, Place, parse_province};
use crate::domain::values::{Code, Flags, InstallationId, Month, Quantity, SiteId, SiteKind, Text, Tier, Vnd};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn site(installations: Vec<Installation>) -> SiteRecord {
    let place = Place::new(parse_province("01").unwrap(), None, None).unwrap();
    SiteRecord {
        site: Site {
            id: SiteId::new(uuid::Uuid::nil()),
            partner: Code::parse("SOLARCO").unwrap(),
            facts: SiteFacts { kind: SiteKind::Home, place, flags: Flags::default() },
            superseded_by: None,
            revision: 1,
            version: 1,
        },
        external_id: None,
        private: PrivateFacts::default(),
        installations,
    }
}

fn installation(version: i64, state: StatusDetails, lines: &[(&str, i64)]) -> Installation {
    let line = |(code, milli): &(&str, i64)| MeasureLine {
        measure: MeasureId::parse(code).unwrap(),
        quantity: Quantity::stored(*milli),
        inverter_w: None,
    };
    Installation {
        id: InstallationId::new(uuid::Uuid::from_u128(u128::try_from(version).unwrap())),
        site: SiteId::new(uuid::Uuid::nil()),
        partner: Code::parse("SOLARCO").unwrap(),
        sandbox: false,
        external_id: Text::parse(&version.to_string()).unwrap(),
        terms: Terms::default(),
        measures: MeasureLines::stored(lines.iter().map(line).collect()),
        state,
        set_aside: false,
        reported_at: chrono::DateTime::UNIX_EPOCH,
        registered_version: version,
        revision: 1,
        version,
    }
}

fn installed(on: &str) -> StatusDetails {
    StatusDetails::Installed { on: day(on) }
}

fn verified(on: &str, tier: Tier) -> StatusDetails {
    StatusDetails::Verified { on: day(on), tier, at: chrono::DateTime::UNIX_EPOCH }
}

/// The rows that count the site: stage, month installed, month ended; those that ended first come first.
fn site_rows(record: &SiteRecord) -> Vec<(Stage, Option<Month>, Option<Month>)> {
    let mut rows: Vec<_> = contribution(record)
        .into_iter()
        .filter_map(|(key, totals)| Some((key.dims()?, totals)))
        .filter(|(dims, totals)| dims.measure.is_none() && totals.sites != 0)
        .map(|(dims, totals)| {
            assert_eq!(totals.sites, 1);
            (dims.stage, dims.installed, dims.ended)
        })
        .collect();
    rows.sort_by_key(|(_, installed, ended)| (ended.is_none(), *installed));
    rows
}

/// The only row that counts the site, if there is one.
fn site_row(record: &SiteRecord) -> Option<(Stage, Option<Month>, Option<Month>)> {
    let rows = site_rows(record);
    assert!(rows.len() <= 1, "{rows:?}");
    rows.first().copied()
}

/// Rows of one measure: stage, month ended, totals.
fn measure_rows(record: &SiteRecord, code: &str) -> Vec<(Stage, Option<Month>, Totals)> {
    let measure = MeasureId::parse(code);
    let rows = contribution(record).into_iter().filter_map(|(key, totals)| Some((key.dims()?, totals)));
    rows.filter(|(dims, _)| dims.measure == measure).map(|(dims, totals)| (dims.stage, dims.ended, totals)).collect()
}

fn month(text: &str) -> Month {
    Month::of(day(text))
}

#[test]
fn one_home_with_one_measure_gives_its_three_rows() {
    let record = site(vec![installation(1, installed("2026-01-15"), &[("rooftop_solar_pv", 5400)])]);
    let cells: Vec<_> = contribution(&record).into_values().collect();
    let measure = Totals { sites: 1, quantity: 5400, quantity_days: 5400 * 17, ..Totals::default() };
    // The row of the site and the row of the installation share a cell here.
    assert_eq!(cells, [Totals { sites: 1, installations: 1, ..Totals::default() }, measure]);
}

#[test]
fn a_site_with_many_measures_and_installations_counts_once_at_its_best_stage() {
    let record = site(vec![
        installation(1, installed("2026-01-15"), &[("rooftop_solar_pv", 5400), ("solar_water_heater", 4000)]),
        installation(2, verified("2026-03-02", Tier::Document), &[("led_lighting", 9000)]),
        installation(3, verified("2026-02-02", Tier::Inspected), &[("efficient_fan", 3000)]),
    ]);
    let (january, february) = (Some(month("2026-01-01")), Some(month("2026-02-01")));
    let verified = (Stage::Verified(Tier::Inspected), february, None);
    assert_eq!(site_rows(&record), [(Stage::Reported, january, february), verified]);
}

#[test]
fn the_earliest_verified_day_counts_whatever_its_tier() {
    let record = site(vec![
        installation(1, verified("2026-01-15", Tier::Document), &[("led_lighting", 9000)]),
        installation(2, verified("2026-03-02", Tier::Metered), &[("rooftop_solar_pv", 5400)]),
    ]);
    assert_eq!(site_row(&record), Some((Stage::Verified(Tier::Metered), Some(month("2026-01-01")), None)));
}

#[test]
fn measures_that_are_not_counted_make_no_site() {
    let record = site(vec![installation(1, installed("2026-01-15"), &[("improved_cookstove", 1000)])]);
    assert_eq!(site_row(&record), None);
    assert_eq!(measure_rows(&record, "improved_cookstove").len(), 1, "kept all the same");
}

#[test]
fn rejected_withdrawn_sandbox_and_merged_away_count_for_nothing() {
    let lines = [("rooftop_solar_pv", 5400)];
    let on = Some(day("2026-01-15"));
    assert!(contribution(&site(vec![installation(1, StatusDetails::Rejected { on }, &lines)])).is_empty());
    assert!(contribution(&site(vec![installation(1, StatusDetails::Withdrawn { on }, &lines)])).is_empty());
    let mut sandbox = installation(1, installed("2026-01-15"), &lines);
    sandbox.sandbox = true;
    assert!(contribution(&site(vec![sandbox])).is_empty());
    let mut merged = site(vec![installation(1, installed("2026-01-15"), &lines)]);
    merged.site.superseded_by = Some(SiteId::new(uuid::Uuid::from_u128(9)));
    assert!(contribution(&merged).is_empty());
}

#[test]
fn a_site_without_anything_in_operation_keeps_its_last_stage_with_the_month_of_the_end() {
    let ended = StatusDetails::Decommissioned {
        on: day("2021-05-01"),
        verified: Some((Tier::Document, chrono::DateTime::UNIX_EPOCH)),
        ended: day("2026-02-10"),
    };
    let record = site(vec![installation(1, ended, &[("rooftop_solar_pv", 5400)])]);
    let stage = Stage::Verified(Tier::Document);
    assert_eq!(site_row(&record), Some((stage, Some(month("2021-05-01")), Some(month("2026-02-01")))));
    assert_eq!(measure_rows(&record, "rooftop_solar_pv")[0].2.quantity_end_days, 5400 * 10);
}

#[test]
fn what_is_in_the_programme_comes_before_what_was_there_before_it() {
    let old = || installation(1, verified("2018-05-01", Tier::Metered), &[("rooftop_solar_pv", 5400)]);
    assert_eq!(site_row(&site(vec![old()])), Some((Stage::Verified(Tier::Metered), Some(month("2018-05-01")), None)));
    let new = installation(2, installed("2026-01-15"), &[("led_lighting", 9000)]);
    assert_eq!(site_row(&site(vec![old(), new])), Some((Stage::Reported, Some(month("2026-01-01")), None)));
    let pledge = installation(2, StatusDetails::Pledged, &[("led_lighting", 9000)]);
    assert_eq!(site_row(&site(vec![old(), pledge])), Some((Stage::Pledged, None, None)));
}

#[test]
fn a_site_that_is_equipped_anew_keeps_the_years_before() {
    let gone = |on: &str, ended: &str| StatusDetails::Decommissioned {
        on: day(on),
        verified: Some((Tier::Document, chrono::DateTime::UNIX_EPOCH)),
        ended: day(ended),
    };
    let first = || installation(1, gone("2020-02-01", "2022-06-30"), &[("rooftop_solar_pv", 5400)]);
    let again = installation(2, verified("2025-03-01", Tier::Metered), &[("rooftop_solar_pv", 6000)]);
    let closed = (Stage::Verified(Tier::Document), Some(month("2020-02-01")), Some(month("2022-06-01")));
    let open = (Stage::Verified(Tier::Metered), Some(month("2025-03-01")), None);
    assert_eq!(site_rows(&site(vec![first(), again])), [closed, open]);
    let pledge = installation(2, StatusDetails::Pledged, &[("rooftop_solar_pv", 6000)]);
    assert_eq!(site_rows(&site(vec![first(), pledge])), [closed, (Stage::Pledged, None, None)]);
    let old = installation(2, verified("2015-01-01", Tier::Document), &[("solar_water_heater", 4000)]);
    let before = (Stage::Verified(Tier::Document), Some(month("2015-01-01")), None);
    assert_eq!(site_rows(&site(vec![first(), old])), [closed, before]);
    // The new one begins on the day the old one ends: one run.
    let seamless = installation(2, verified("2022-06-30", Tier::Metered), &[("rooftop_solar_pv", 6000)]);
    let run = (Stage::Verified(Tier::Metered), Some(month("2020-02-01")), None);
    assert_eq!(site_row(&site(vec![first(), seamless])), Some(run));
}

#[test]
fn runs_of_one_cell_add_up() {
    let gone = |on: &str, ended: &str| StatusDetails::Decommissioned { on: day(on), verified: None, ended: day(ended) };
    let record = site(vec![
        installation(1, gone("2026-01-02", "2026-01-09"), &[("led_lighting", 9000)]),
        installation(2, gone("2026-01-12", "2026-01-20"), &[("led_lighting", 9000)]),
    ]);
    let cells = contribution(&record);
    let sites: Vec<i64> =
        cells.iter().filter(|(key, _)| key.dims().unwrap().measure.is_none()).map(|(_, t)| t.sites).collect();
    assert_eq!(sites, [2]);
}

#[test]
fn a_measure_counts_its_site_on_the_line_within_the_programme() {
    for code in ["rooftop_solar_pv", "solar_water_heater"] {
        let record = site(vec![
            installation(1, verified("2018-05-01", Tier::Metered), &[(code, 5400)]),
            installation(2, verified("2024-05-01", Tier::Document), &[(code, 5400)]),
        ]);
        let sites: Vec<_> =
            measure_rows(&record, code).iter().map(|(stage, _, totals)| (*stage, totals.sites)).collect();
        assert_eq!(sites, [(Stage::Verified(Tier::Document), 1), (Stage::Verified(Tier::Metered), 0)], "{code}");
    }
}

#[test]
fn of_an_exclusive_group_installations_of_one_measure_add_up() {
    let record = site(vec![
        installation(1, verified("2024-01-10", Tier::Metered), &[("hvac_chiller_upgrade", 1_000_000_000)]),
        installation(2, verified("2025-03-05", Tier::Metered), &[("hvac_chiller_upgrade", 50_000_000)]),
    ]);
    let rows = measure_rows(&record, "hvac_chiller_upgrade");
    assert_eq!(rows.iter().map(|(_, ended, _)| *ended).collect::<Vec<_>>(), [None, None]);
}

#[test]
fn of_an_exclusive_group_the_earlier_one_ends_the_day_before_the_later_one() {
    let record = site(vec![
        installation(1, installed("2025-01-10"), &[("solar_water_heater", 4000)]),
        installation(2, installed("2026-03-05"), &[("heat_pump_water_heater", 1000)]),
    ]);
    let [(_, ended, totals)] = measure_rows(&record, "solar_water_heater")[..] else { panic!("one row") };
    assert_eq!((ended, totals.quantity_end_days), (Some(month("2026-03-01")), 4000 * 4));
    assert_eq!(measure_rows(&record, "heat_pump_water_heater")[0].1, None);
}

#[test]
fn of_an_exclusive_group_a_lower_stage_ends_nothing_and_an_ended_one_still_does() {
    let heater = installation(1, verified("2025-01-10", Tier::Document), &[("solar_water_heater", 4000)]);
    let pump = installation(2, installed("2026-03-05"), &[("heat_pump_water_heater", 1000)]);
    assert_eq!(measure_rows(&site(vec![heater.clone(), pump]), "solar_water_heater")[0].1, None);
    let gone = StatusDetails::Decommissioned {
        on: day("2026-03-05"),
        verified: Some((Tier::Document, chrono::DateTime::UNIX_EPOCH)),
        ended: day("2026-06-01"),
    };
    let pump = installation(2, gone, &[("heat_pump_water_heater", 1000)]);
    let rows = measure_rows(&site(vec![heater, pump]), "solar_water_heater");
    assert_eq!(rows[0].1, Some(month("2026-03-01")), "it does not revive");
}

#[test]
fn of_two_of_a_group_on_one_day_the_later_entry_wins_and_the_other_has_no_credited_day() {
    let record = site(vec![
        installation(7, installed("2026-03-01"), &[("solar_water_heater", 4000)]),
        installation(8, installed("2026-03-01"), &[("heat_pump_water_heater", 1000)]),
    ]);
    assert_eq!(measure_rows(&record, "solar_water_heater")[0].1, Some(month("2026-02-28")));
    assert_eq!(measure_rows(&record, "heat_pump_water_heater")[0].1, None);
}

#[test]
fn a_measure_installed_twice_counts_its_site_on_the_better_line_alone() {
    let record = site(vec![
        installation(1, installed("2025-01-10"), &[("rooftop_solar_pv", 3000)]),
        installation(2, verified("2026-01-10", Tier::Document), &[("rooftop_solar_pv", 2000)]),
    ]);
    let sites: Vec<_> = measure_rows(&record, "rooftop_solar_pv")
        .iter()
        .map(|(stage, _, totals)| (stage.as_str(), totals.sites, totals.quantity))
        .collect();
    assert_eq!(sites, [("reported", 0, 3000), ("verified", 1, 2000)]);
}

#[test]
fn money_is_summed_with_the_count_that_knows_it() {
    let mut known = installation(1, installed("2026-01-15"), &[("rooftop_solar_pv", 5400)]);
    known.terms.cost = Some(Vnd::stored(90_000_000));
    let unknown = installation(2, installed("2026-01-20"), &[("led_lighting", 9000)]);
    let all = contribution(&site(vec![known, unknown])).into_values();
    let total = all.fold(Totals::default(), Totals::wrapping_add);
    assert_eq!((total.installations, total.cost_vnd, total.cost_known), (2, 90_000_000, 1));
}

#[test]
fn difference_of_a_verification_moves_the_site_from_one_stage_to_the_other() {
    let lines = [("rooftop_solar_pv", 5400)];
    let before = contribution(&site(vec![installation(1, installed("2026-01-15"), &lines)]));
    let after = contribution(&site(vec![installation(1, verified("2026-01-15", Tier::Document), &lines)]));
    let moved = difference(&after, &before);
    let sites: Vec<i64> = moved.values().map(|totals| totals.sites).collect();
    assert_eq!(sites, [-1, 1, -1, 1], "site row and measure row, out of one cell and into another");
    let mut again = before;
    add_all(&mut again, &moved);
    assert_eq!(again, after);
}
