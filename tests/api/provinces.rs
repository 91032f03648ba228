//! The progress of every province.

use serde_json::{Value, json};

use crate::lifecycle::{People, act};
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(read_the_progress_of_provinces_adds_up_to_the_headline_on_both_lists);

async fn read_the_progress_of_provinces_adds_up_to_the_headline_on_both_lists(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    // Bình Dương became part of Hồ Chí Minh City; of the third it is not known where it was.
    for (name, place) in [
        ("a", json!({"province_code": "01"})),
        ("b", json!({"province_code": "79", "former_province_code": "74"})),
        ("c", json!({"province_code": "79"})),
    ] {
        let mut body = home(name);
        body["site"] = place;
        body["site"]["kind"] = json!("home");
        let id = people.owner.register(&body).await;
        act(&people.reviewer, &id, "verify").await;
    }
    people.installation_in("installed", "d").await;
    let headline = app.progress_at(app.db_version()).await;
    let anybody = app.inside().await;
    for (query, provinces, outlines) in [("", 35, 34), ("?list=34", 35, 34), ("?list=63", 65, 63)] {
        let reply = anybody.get(&format!("/v1/progress/provinces{query}")).await;
        let rows = reply.body["data"].as_array().unwrap();
        assert_eq!((reply.status, rows.len()), (200, provinces), "{query}");
        assert_eq!(reply.body["meta"]["version"], headline["meta"]["version"], "{query}");
        let sum = |name: &str| rows.iter().map(|row| row[name].as_f64().unwrap()).sum::<f64>();
        for (name, expected) in [
            ("sites_verified", &headline["data"]["sites"]["verified"]),
            ("sites_reported", &headline["data"]["sites"]["reported"]),
            ("capacity_kwp_verified", &headline["data"]["capacity_kwp"]["verified"]),
            ("annual_avoided_tco2e_high", &headline["data"]["annual"]["avoided_tco2e_high"]),
            ("to_date_avoided_tco2e", &headline["data"]["to_date"]["avoided_tco2e"]),
        ] {
            assert!((sum(name) - expected.as_f64().unwrap()).abs() < 1e-9, "{query} {name}");
        }
        let map = anybody.get(&format!("/v1/progress/provinces.geojson{query}")).await;
        assert_eq!((map.status, map.header("content-type")), (200, "application/geo+json"));
        let features = map.body["features"].as_array().unwrap();
        let unknown = features.iter().filter(|one| one["geometry"].is_null()).count();
        assert_eq!(unknown, 1 + usize::from(query == "?list=63"), "what is unknown has numbers and no outline");
        assert_eq!(features.len() - unknown, outlines, "one for each province");
        let on_map: i64 = features.iter().filter_map(|one| one["properties"]["sites_verified"].as_i64()).sum();
        assert_eq!(on_map, 3, "each province once");
    }
    let former = anybody.get("/v1/progress/provinces?list=63").await.body["data"].as_array().unwrap().clone();
    let of = |code: &str| -> Value {
        former.iter().find(|row| row["former_province_code"] == code).unwrap()["sites_verified"].clone()
    };
    assert_eq!([of("74"), of("79"), of("unknown")], [json!(1), json!(0), json!(1)]);
    for (path, features) in [("/v1/provinces.geojson", 34), ("/v1/progress/provinces.geojson", 35)] {
        let within = anybody.get(path).await.body["features"].as_array().unwrap().clone();
        let apart =
            anybody.get(&format!("{path}?archipelagos=apart")).await.body["features"].as_array().unwrap().clone();
        assert_eq!((within.len(), apart.len()), (features, features + 2), "{path}");
        let parts =
            |all: &[Value]| all.iter().map(|one| one["geometry"]["coordinates"].to_string().len()).sum::<usize>();
        assert!(parts(&within).abs_diff(parts(&apart)) < 100, "{path}: no island is lost");
        let da_nang = within.iter().find(|one| one["properties"]["code"] == "48").unwrap();
        assert_eq!(da_nang["geometry"]["type"], json!("MultiPolygon"));
    }
    let named = anybody.get("/v1/progress/provinces.geojson?archipelagos=gone").await;
    assert_eq!(named.errors(), [("archipelagos".to_owned(), "unknown_value".to_owned())]);
    for (query, label) in [("", "province"), ("?list=63", "former_province")] {
        let rows = anybody.get(&format!("/v1/progress/provinces{query}")).await.body;
        let table = anybody.get(&format!("/v1/progress/provinces.csv{query}")).await;
        assert!(table.header("content-type").starts_with("text/csv"), "{}", table.text);
        let mut reader = csv::Reader::from_reader(table.text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader.headers().unwrap().clone();
        assert_eq!(header.get(0), Some(&*format!("{label}_code")));
        let place = |name: &str| header.iter().position(|one| one == name).unwrap();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows["data"].as_array().unwrap().len());
        assert_eq!(&records[0][place(label)], "01 Hà Nội", "spreadsheets take 01 for 1");
        for (record, row) in records.iter().zip(rows["data"].as_array().unwrap()) {
            assert_eq!(record[place("sites_verified")], row["sites_verified"].to_string());
            assert_eq!(record[place("annual_avoided_tco2e_high")], row["annual_avoided_tco2e_high"].to_string());
        }
    }
    let wrong = anybody.get("/v1/progress/provinces?list=35").await;
    assert_eq!(wrong.errors(), [("list".to_owned(), "unknown_value".to_owned())]);
    app.stop().await;
}
