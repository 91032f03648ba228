//! Which factors public numbers are made with.

use serde_json::json;

use crate::process::printed;
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_the_methodologies_tells_which_is_in_force,
    compare_methodologies_prints_each_figure_and_writes_nothing,
);

async fn read_the_methodologies_tells_which_is_in_force(database: TestDatabase) {
    let app = App::start(database).await;
    let anybody = app.public();
    let list = anybody.get("/v1/methodology").await;
    let first = &list.body["data"][0];
    assert_eq!((&first["version"], &first["in_force"]), (&json!(1), &json!(true)), "{}", list.text);
    assert_eq!(first["activated_at_versions"], json!([]), "from the beginning");
    let one = anybody.get("/v1/methodology/1").await;
    let data = &one.body["data"];
    assert_eq!((one.status, &data["grid"]["factors"][9]["tco2_per_mwh"]), (200, &json!(0.6592)), "{}", one.text);
    assert_eq!(data["measures"].as_array().unwrap().len(), 30);
    assert!(data["measures"].as_array().unwrap().iter().all(|one| one["source"].is_string()), "each says where from");
    for unknown in ["0", "2", "01", "+1", "x"] {
        assert_eq!(anybody.get(&format!("/v1/methodology/{unknown}")).await.status, 404, "{unknown}");
    }
    // What is in force already is; what there is not is refused in words.
    let version = app.db_version();
    assert_eq!(printed(&app.database, &["methodology", "activate", "1"]).2, Some(0));
    assert_eq!(app.db_version(), version, "no entry");
    let (_, said, code) = printed(&app.database, &["methodology", "activate", "2"]);
    assert!(code == Some(1) && said.contains("there is no methodology 2; there are: 1"), "{said}");
    app.stop().await;
}

async fn compare_methodologies_prints_each_figure_and_writes_nothing(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    let version = app.db_version();
    let (said, _, code) = printed(&app.database, &["methodology", "compare", "1"]);
    assert_eq!((code, said.lines().count()), (Some(0), 19), "{said}");
    assert!(said.starts_with("figure\tmethodology 1\tmethodology 1\tdifference\nto_date.generation_kwh\t"), "{said}");
    assert!(said.lines().skip(1).all(|line| line.ends_with("\t0.000000")), "{said}");
    assert_eq!(app.db_version(), version);
    app.stop().await;
}
