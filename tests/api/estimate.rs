//! The sum of one installation, so that a sceptic can redo it by hand.

use serde_json::{Value, json};

use crate::lifecycle::{People, act};
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_the_estimate_of_an_installation_year_by_year,
    read_the_estimate_of_several_measures_each_adds_up_over_its_years,
    read_the_estimate_of_what_a_later_measure_replaced_ends_the_day_before,
    register_in_a_group_of_measures_names_each_loss,
);

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

async fn read_the_estimate_of_an_installation_year_by_year(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let mut body = home("a");
    body["installed_on"] = json!("2022-07-01");
    body["measures"] = json!([{"measure": "rooftop_solar_pv", "quantity": 5}]);
    let id = people.owner.register(&body).await;
    act(&people.reviewer, &id, "verify").await;
    let path = format!("/v1/installations/{id}/estimate");
    let read = people.owner.get(&path).await;
    assert_eq!(read.status, 200, "{}", read.text);
    let data = &read.body["data"];
    let solar = &data["measures"][0];
    let facts = json!([solar["kwh_per_kwp_year"], solar["per_unit_year"], solar["degradation_per_year"]]);
    assert_eq!(facts, json!([1087.0, 1.0, 0.0075]));
    // The first two years, by hand: 5 × 1087 × 184 / 365 × 0.6766 and 5 × 1087 × 0.9925 × 0.6592.
    let years = solar["years"].as_array().unwrap();
    for (year, [days, kwh, factor, tonnes]) in
        years.iter().zip([[184.0, 2739.8356, 0.6766, 1.853_773], [365.0, 5394.2375, 0.6592, 3.555_881]])
    {
        assert_eq!((number(&year["days"]), number(&year["tco2_per_mwh"])), (days, factor), "{year}");
        assert!((number(&year["kwh"]) - kwh).abs() < 1.0 && (number(&year["avoided_tco2e"]) - tonnes).abs() < 1e-3);
        assert_eq!(year["factor_carried"], json!(false));
    }
    assert_eq!(years[2]["factor_carried"], json!(true), "there is no official factor of 2024 yet");
    let to_date = &solar["figures"]["to_date"];
    let sum = |name: &str| years.iter().map(|year| number(&year[name])).sum::<f64>();
    assert!((sum("avoided_tco2e") - number(&to_date["avoided_tco2e"])).abs() < 1e-9, "{to_date}");
    assert!((sum("kwh") - number(&to_date["generation_kwh"])).abs() < 1e-6, "{to_date}");
    assert_eq!(data["total"]["to_date"], *to_date);
    // It is all there is: the headline is the same.
    let headline = app.progress_at(app.db_version()).await["data"].clone();
    for (name, figure) in
        [("to_date", "avoided_tco2e"), ("annual", "generation_kwh"), ("lifetime", "avoided_tco2e_low")]
    {
        assert_eq!(headline[name][figure], data["total"][name][figure], "{name} {figure}");
    }
    assert_eq!(people.reviewer.get(&path).await.body["data"], *data);
    assert_eq!(people.other.get(&path).await.status, 404);
    assert_eq!(people.owner.get(&format!("{path}?methodology=2")).await.body["data"], *data);
    let unknown = people.owner.get(&format!("{path}?methodology=99")).await;
    assert_eq!(unknown.errors(), [("methodology".to_owned(), "unknown_methodology".to_owned())], "{}", unknown.text);
    app.stop().await;
}

async fn read_the_estimate_of_several_measures_each_adds_up_over_its_years(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    for quantity in 1..=8 {
        let mut body = home(&quantity.to_string());
        body["installed_on"] = json!(format!("2021-0{quantity}-13"));
        body["measures"] = json!([
            {"measure": "rooftop_solar_pv", "quantity": f64::from(quantity) + 0.7},
            {"measure": "led_lighting", "quantity": quantity * 3},
            {"measure": "improved_cookstove", "quantity": quantity}
        ]);
        let id = people.owner.register(&body).await;
        let read = people.owner.get(&format!("/v1/installations/{id}/estimate")).await;
        for measure in read.body["data"]["measures"].as_array().unwrap() {
            let to_date = &measure["figures"]["to_date"];
            let years = measure["years"].as_array().unwrap();
            let sum = |name: &str| years.iter().map(|year| number(&year[name])).sum::<f64>();
            let kwh = number(&to_date["generation_kwh"]) + number(&to_date["saving_kwh"]);
            assert!((sum("kwh") - kwh).abs() < 1e-6, "{measure}");
            assert!((sum("avoided_tco2e") - number(&to_date["avoided_tco2e"])).abs() < 1e-6, "{measure}");
        }
    }
    app.stop().await;
}

async fn register_in_a_group_of_measures_names_each_loss(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let body = |name: &str, on: &str, measure: &str| {
        let mut body = home("a");
        body["external_id"] = json!(name);
        body["installed_on"] = json!(on);
        body["measures"] = json!([{"measure": measure, "quantity": 4}]);
        body
    };
    let told = |answer: &Value| -> Vec<String> {
        let warnings = answer["data"]["warnings"].as_array().unwrap().iter();
        let of_group = warnings.filter(|warning| warning["code"] == json!("overlapping_measure"));
        of_group.map(|warning| warning["detail"].as_str().unwrap().to_owned()).collect()
    };
    // What was taken down still ended what came before it.
    let pump = people.owner.register(&body("pump", "2022-01-10", "heat_pump_water_heater")).await;
    let end = json!({"decommissioned_on": "2024-06-01", "reason": "removed"});
    let ended = people.owner.post(&format!("/v1/installations/{pump}/decommission"), &end).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    let heater = people.owner.post("/v1/installations", &body("heater", "2021-05-01", "solar_water_heater")).await;
    let said = told(&heater.body);
    assert!(said.len() == 1 && said[0].contains(&pump) && said[0].contains("09/01/2022"), "{said:?}");
    // One in the middle loses to the later and ends the earlier.
    let elsewhere = |mut body: Value| {
        body["site"]["external_id"] = json!("S-roof");
        body
    };
    let insulation = people.owner.register(&elsewhere(body("insulation", "2020-03-01", "roof_insulation"))).await;
    let workplace = people.owner.register(&elsewhere(body("workplace", "2024-05-01", "cool_roof_workplace"))).await;
    let middle = people.owner.post("/v1/installations", &elsewhere(body("middle", "2022-05-01", "cool_roof"))).await;
    let said = told(&middle.body);
    assert_eq!(said.len(), 2, "{}", middle.text);
    assert!(said[0].contains(&workplace) && said[0].contains("30/04/2024"), "{said:?}");
    assert!(said[1].contains(&insulation) && said[1].contains("30/04/2022"), "{said:?}");
    let again = people.owner.post("/v1/installations", &elsewhere(body("again", "2023-05-01", "cool_roof"))).await;
    let said = told(&again.body);
    assert!(said.len() == 1 && said[0].contains(&workplace), "the first of its measure ended the insulation: {said:?}");
    // A still later one ends nothing that is over.
    let last = people.owner.post("/v1/installations", &elsewhere(body("last", "2025-05-01", "roof_insulation"))).await;
    let said = told(&last.body);
    assert!(said.len() == 1 && said[0].contains(&workplace) && said[0].contains("30/04/2025"), "{said:?}");
    app.stop().await;
}

async fn read_the_estimate_of_what_a_later_measure_replaced_ends_the_day_before(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let heater = |name: &str, on: &str, measure: &str| {
        let mut body = home("a");
        body["external_id"] = json!(name);
        body["installed_on"] = json!(on);
        body["measures"] = json!([{"measure": measure, "quantity": 2}, {"measure": "battery_storage", "quantity": 5}]);
        body
    };
    let first = people.owner.register(&heater("old", "2021-03-01", "solar_water_heater")).await;
    // Registered before the one that takes the place of the first, and installed after it.
    people.owner.register(&heater("later", "2025-06-01", "heat_pump_water_heater")).await;
    let second = people.owner.register(&heater("new", "2024-03-01", "heat_pump_water_heater")).await;
    let pledged = people.installation_in("pledged", "p").await;
    let measures = async |id: &str| {
        let read = people.owner.get(&format!("/v1/installations/{id}/estimate")).await;
        assert_eq!(read.status, 200, "{}", read.text);
        read.body["data"]["measures"].as_array().unwrap().clone()
    };
    let old = measures(&first).await;
    assert_eq!((&old[0]["credited_until"], &old[1]["credited_until"]), (&json!("2024-02-29"), &json!(null)));
    let read = people.owner.get(&format!("/v1/installations/{first}")).await;
    let warnings = read.body["data"]["warnings"].to_string();
    assert!(warnings.contains("29/02/2024") && warnings.contains(&second), "the day of the estimate: {warnings}");
    let last = old[0]["years"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["year"], number(&last["days"])), (&json!(2024), 60.0));
    assert_eq!(old[0]["figures"]["annual"]["saving_kwh"], json!(0));
    assert_eq!(
        (&old[1]["effect"], &old[1]["years"]),
        (&json!("none"), &json!([])),
        "a battery saves nothing by itself"
    );
    assert_eq!(measures(&second).await[0]["figures"]["annual"]["saving_kwh"], json!(1200));
    let pledged = &measures(&pledged).await[0];
    assert_eq!((&pledged["years"], &pledged["counts"]), (&json!([]), &json!(false)));
    assert_eq!((&old[0]["counts"], &measures(&second).await[0]["counts"]), (&json!(true), &json!(true)));
    // Displaced in the month in which it was installed, on its first day.
    let mut same_day = heater("one", "2024-05-02", "solar_water_heater");
    same_day["site"]["external_id"] = json!("S-same-day");
    let displaced = people.owner.register(&same_day).await;
    same_day["external_id"] = json!("two");
    same_day["measures"][0]["measure"] = json!("heat_pump_water_heater");
    let reply = people.owner.post("/v1/installations", &same_day).await;
    let warning = reply.body["warnings"].to_string() + &reply.body["data"].to_string();
    assert!(warning.contains(&displaced) && warning.contains("01/05/2024"), "{warning}");
    assert_eq!(measures(&displaced).await[0]["years"], json!([]), "no day, no year");
    app.stop().await;
}
