use super::*;
use crate::domain::figures::methodology::first;
use crate::domain::reference::MeasureId;

#[test]
fn read_a_file_that_numbers_cannot_be_made_with_says_what_is_wrong() {
    let text = &first().text;
    for (old, new, said) in [
        ("\"issued\"", "\"issue\"", "missing field `issued`"),
        ("\"year\": 2016", "\"year\": 2026", "grid: factors are needed, at most one a year, in order"),
        (
            "\"tco2_per_mwh\": 0.8041",
            "\"tco2_per_mwh\": 0",
            "grid: the factor of 2020 must be above 0 and at most 2, not 0",
        ),
        ("\"province_code\": \"04\"", "\"province_code\": \"02\"", "yields: there is no province 02"),
        ("\"province_code\": \"04\"", "\"province_code\": \"01\"", "yields: province 01 stands there twice"),
        (
            "\"kwh_per_kwp_year\": 1072",
            "\"kwh_per_kwp_year\": -1",
            "yields: province 04 must be from 500 to 2500, not -1",
        ),
        ("\"solar\": 0.1", "\"solar\": 10", "uncertainty: solar must be from 0 to 1, not 10"),
        (
            "\"size_installed\": 0.05",
            "\"size_installed\": -0.05",
            "uncertainty: size_reported must be from 0 to 1, not -0.05",
        ),
        (
            "\"tco2_per_mwh\": 0.6592",
            "\"tco2_per_mwh\": 659.2",
            "grid: the factor of 2023 must be above 0 and at most 2, not 659.2",
        ),
        ("\"year\": 2014", "\"year\": 14", "grid: a year must be from 1990 to 2100, not 14"),
        (
            "\"own_factor\": 0.8",
            "\"own_factor\": 2.5",
            "offgrid_solar_pv: own_factor must be above 0 and at most 2, not 2.5",
        ),
        (
            "\"kwh_per_kwp_year\": 1072",
            "\"kwh_per_kwp_year\": 10720",
            "yields: province 04 must be from 500 to 2500, not 10720",
        ),
        ("\"yield_share\": 1,", "\"yield_share\": 1.2,", "rooftop_solar_pv: yield_share must be from 0 to 1, not 1.2"),
        (
            "\"yield_share_high\": 0.9",
            "\"yield_share_high\": 9",
            "offgrid_solar_pv: yield_share_high must be from 0 to 1, not 9",
        ),
        (
            "\"kwh_per_unit_year\": 450",
            "\"kwh_per_unit_year\": -450",
            "solar_water_heater: kwh_per_unit_year must be above 0",
        ),
        (
            "\"kwh_per_unit_year\": 1,",
            "\"kwh_per_unit_year\": 1000,",
            "hvac_chiller_upgrade: kwh_per_unit_year must be above 0 and at most 2, not 1000",
        ),
        (
            "\"tco2e_per_unit_year\": 0.0631",
            "\"tco2e_per_unit_year\": 63.1",
            "fuel_saving_lpg: tco2e_per_unit_year must be above 0 and at most 0.2, not 63.1",
        ),
        ("\"low\": 250", "\"low\": 2500", "solar_water_heater: its range needs a low and a high end"),
        ("\"high\": 900", "\"high\": 90000", "solar_water_heater: high must be above 0 and at most 10000, not 90000"),
        ("\"low\": 0.8,", "\"low\": 1.8,", "hvac_chiller_upgrade: its range needs a low and a high end"),
        ("\"title_en\": \"", "\"title_en\": \"\\u202e", "title_vi and title_en are needed"),
        ("\"low\": 978", "\"low\": 1978", "yields: province 01 needs a low and a high end around its yield"),
        ("\"measure\": \"cool_roof\"", "\"measure\": \"warm_roof\"", "measures: there is no warm_roof"),
        ("\"measure\": \"greenery\"", "\"measure\": \"waste_sorting\"", "waste_sorting: its quantities are in site"),
        ("\"unit\": \"lamp\"", "\"unit\": \"unit\"", "led_lighting: its quantities are in lamp, not in unit"),
        ("\"own_factor\"", "\"own_factr\"", "unknown field `own_factr`"),
        ("\"yield_share\": 0.6", "\"yield_share\": 0.4", "offgrid_solar_pv: its range needs a low and a high end"),
        ("\"kwh_per_unit_year\": 450,", "", "solar_water_heater: a saving needs kwh_per_unit_year alone"),
        ("\"tco2e_per_unit_year\": 2.9", "\"kwh_per_unit_year\": 2.9", "biogas_digester: a direct cut needs"),
        (
            "\"lifetime_years\": 25",
            "\"lifetime_years\": 0",
            "rooftop_solar_pv: lifetime_years must be from 1 to 50, not 0",
        ),
        (
            "\"degradation_per_year\": 0.005",
            "\"degradation_per_year\": 0.5",
            "rooftop_solar_pv: degradation_per_year must be from 0 to 0.1, not 0.5",
        ),
        ("\"range\": \"deemed\"", "\"range\": \"declared\"", "solar_water_heater: range declared is for savings"),
    ] {
        assert!(text.contains(old), "{old}");
        let error = Methodology::read(&text.replacen(old, new, 1)).expect_err(said);
        assert!(error.starts_with(said), "{error:?} does not begin with {said:?}");
    }
}

#[test]
fn read_a_file_that_skips_a_year_carries_the_factor_before_it_forward() {
    let mut file: serde_json::Value = serde_json::from_str(&first().text).unwrap();
    file["grid"]["factors"].as_array_mut().unwrap().retain(|factor| factor["year"] != 2021);
    let skipping = Methodology::read(&file.to_string()).unwrap();
    assert_eq!(skipping.grid_factor(2021), (first().grid_factor(2020).0, true));
    assert!([2022, 2030].iter().all(|year| skipping.grid_factor(*year) == first().grid_factor(*year)));
}

#[test]
fn read_a_file_without_one_of_the_measures_names_it_unless_it_is_younger() {
    let mut file: serde_json::Value = serde_json::from_str(&first().text).unwrap();
    let greenery = MeasureId::parse("greenery").unwrap();
    assert!(Methodology::read(&file.to_string()).unwrap().knows(greenery));
    file["measures"].as_array_mut().unwrap().pop();
    let older = Methodology::read(&file.to_string()).unwrap();
    assert_eq!((older.knows(greenery), older.effect(greenery)), (false, None), "a measure that came later");
    file["measures"].as_array_mut().unwrap().retain(|factors| factors["measure"] != "cool_roof");
    assert_eq!(Methodology::read(&file.to_string()).unwrap_err(), "measures: cool_roof is missing");
    file["yields"]["by_province"].as_array_mut().unwrap().pop();
    assert_eq!(Methodology::read(&file.to_string()).unwrap_err(), "yields: province 96 is missing");
}
