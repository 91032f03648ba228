//! Which factors public numbers are made with.

use std::fs;

use serde_json::json;

use crate::lifecycle::People;
use crate::process::{command, printed, ran};
use crate::support::{App, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_the_methodologies_tells_which_is_in_force,
    compare_methodologies_prints_each_figure_and_writes_nothing,
    ask_for_a_methodology_that_there_is_not_names_every_fault,
    activate_the_first_the_second_and_the_first_again_gives_the_old_numbers,
);

async fn read_the_methodologies_tells_which_is_in_force(database: TestDatabase) {
    let app = App::start(database).await;
    let anybody = app.public();
    let list = anybody.get("/v1/methodology").await;
    let (first, second) = (&list.body["data"][0], &list.body["data"][1]);
    assert_eq!((&first["version"], &first["in_force"]), (&json!(1), &json!(false)), "{}", list.text);
    assert_eq!((&second["version"], &second["in_force"]), (&json!(2), &json!(true)), "{}", list.text);
    assert_eq!(first["activations"], json!([]));
    assert_eq!(second["activations"][0]["version"], json!(1), "a new register begins with it");
    let pinned = "940e6a085f4ddca7f8a6b56feefb78b3fafb1bf16fd800df9ed6acf5fd142392";
    assert_eq!(first["sha256"], json!(pinned));
    let one = anybody.get("/v1/methodology/1").await;
    let data = &one.body["data"];
    assert_eq!((one.status, &data["grid"]["factors"][9]["tco2_per_mwh"]), (200, &json!(0.6592)), "{}", one.text);
    assert_eq!((data["measures"].as_array().unwrap().len(), &one.body["about"]), (30, first));
    assert!(data["measures"].as_array().unwrap().iter().all(|one| one["source"].is_string()), "each says where from");
    for unknown in ["0", "3", "01", "+1", "x"] {
        assert_eq!(anybody.get(&format!("/v1/methodology/{unknown}")).await.status, 404, "{unknown}");
    }
    // A measure that is younger than methodology 1 is no part of its estimates, and the answer says so once there is one.
    let warned = async |path: &str| {
        let warnings = app.inside().await.get(path).await.body["meta"]["warnings"].clone();
        warnings.as_array().unwrap().contains(&json!("measures_not_in_methodology"))
    };
    assert!(!warned("/v1/progress?methodology=1").await, "nobody has such a measure");
    let mut roof = home("roof");
    roof["measures"] = json!([{"measure": "cool_roof_workplace", "quantity": 200}]);
    app.partner("ROOFCO").await.register(&roof).await;
    app.progress_at(app.db_version()).await;
    assert!(warned("/v1/progress?methodology=1").await && !warned("/v1/progress").await);
    assert!(warned("/v1/progress/provinces?methodology=1").await && warned("/v1/tables/measures?methodology=1").await);
    // What is in force already is; what there is not is refused in words.
    let version = app.db_version();
    assert_eq!(printed(&app.database, &["methodology", "activate", "2"]).2, Some(0));
    assert_eq!(app.db_version(), version, "no entry");
    let (_, said, code) = printed(&app.database, &["methodology", "activate", "3"]);
    assert!(code == Some(1) && said.contains("there is no methodology 3; there are: 1, 2"), "{said}");
    app.stop().await;
}

async fn compare_methodologies_prints_each_figure_and_writes_nothing(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    let version = app.db_version();
    let (said, _, code) = printed(&app.database, &["methodology", "compare", "2"]);
    assert_eq!((code, said.lines().count()), (Some(0), 25), "{said}");
    assert!(said.starts_with("figure\tmethodology 2\tmethodology 2\tdifference\nto_date.generation_kwh\t"), "{said}");
    assert!(said.lines().skip(1).all(|line| line.ends_with("\t0.000") || line.ends_with("_kwh\t0\t0\t0")), "{said}");
    assert_eq!(app.db_version(), version);
    app.stop().await;
}

async fn activate_the_first_the_second_and_the_first_again_gives_the_old_numbers(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    people.installation_in("verified", "a").await;
    let activated = async |number: &str| {
        let (_, said, code) = printed(&app.database, &["methodology", "activate", number]);
        assert_eq!(code, Some(0), "{said}");
        let mut data = app.progress_at(app.db_version()).await["data"].clone();
        // It tells the minute of the last entry.
        for name in ["sentence", "sentence_of_figures"] {
            data[name].take();
        }
        data.to_string()
    };
    let (first, second) = (activated("1").await, activated("2").await);
    assert_ne!(first, second);
    assert_eq!((activated("1").await, activated("2").await), (first, second), "byte for byte");
    app.stop().await;
}

async fn ask_for_a_methodology_that_there_is_not_names_every_fault(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    let estimate = format!("/v1/installations/{}/estimate", people.installation_in("verified", "a").await);
    let anybody = app.public();
    for (caller, path) in [
        (&anybody, "/v1/progress"),
        (&anybody, "/v1/progress.csv"),
        (&anybody, "/v1/progress.txt"),
        (&anybody, "/v1/progress/timeline"),
        (&anybody, "/v1/progress/provinces"),
        (&anybody, "/v1/progress/provinces.geojson"),
        (&people.dashboard, "/v1/aggregates"),
        (&people.owner, &estimate),
    ] {
        let asked = async |query: &str| {
            let reply = caller.get(&format!("{path}?{query}")).await;
            (reply.status, reply.errors())
        };
        let named = |faults: &[(&str, &str)]| -> Vec<(String, String)> {
            faults.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect()
        };
        for wrong in ["99", "0", "-1", "01", "%2B1", "1.0", "one", "", "99999999999"] {
            let both = named(&[("methodology", "unknown_methodology"), ("x", "unknown_field")]);
            assert_eq!(asked(&format!("x=1&methodology={wrong}")).await, (422, both), "{path} {wrong}");
        }
        let twice = named(&[("methodology", "duplicate_field")]);
        assert_eq!(asked("methodology=1&methodology=1").await, (422, twice), "{path}");
        assert_eq!(asked("methodology=1").await, (200, Vec::new()), "{path}");
        let over = ["not_a_date", "in_the_future"]
            .map(|code| named(&[("as_of", code), ("methodology", "unknown_methodology")]));
        let past = named(&[("methodology", "not_allowed_here")]);
        if path == "/v1/progress" {
            assert_eq!(asked("as_of=2026-02-30&methodology=2.0").await, (422, over[0].clone()));
            assert_eq!(asked("as_of=2999-01-01&methodology=2.0").await, (422, over[1].clone()));
            assert_eq!(asked("as_of=2020-02-24&methodology=1").await.0, 401, "to count a past day anew needs a token");
        } else if path == "/v1/progress/timeline" {
            assert_eq!(asked("basis=recorded_on&methodology=1").await, (422, past), "past days are as they were");
        }
    }
    app.stop().await;
}

#[test]
fn start_with_a_folder_that_holds_something_else_says_what_is_wrong() {
    let database = TestDatabase::sqlite();
    let further = include_str!("../data/methodology/3.json");
    let first = include_str!("../../reference/methodology/1.json");
    for (name, text, said) in [
        ("two.json", further.to_owned(), "two.json is not named by the number of a methodology, as 2.json is"),
        ("02.json", further.to_owned(), "02.json is not named by the number of a methodology, as 2.json is"),
        ("4.json", further.to_owned(), "4.json says that it is version 3"),
        (
            "4.json",
            further.replace("\"version\": 3", "\"version\": 4"),
            "4.json is there, but there is no methodology 3",
        ),
        ("1.json", format!("{first}\n"), "1.json is not the methodology 1 that is built in"),
        (
            "3.json",
            further.replace("\"lamp\"", "\"lamps\""),
            "3.json: led_lighting: its quantities are in lamp, not in lamps",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        fs::write(folder.path().join("README.md"), "what is no methodology is not looked at").unwrap();
        for arguments in [&["serve"][..], &["methodology", "compare", "1"]] {
            let mut command = command(&database, database.data_dir.path());
            command.env("GREEN_HOMES_METHODOLOGY_DIR", folder.path()).args(arguments);
            let (_, words, code) = ran(command);
            assert!(code == Some(1) && words.contains("--methodology-dir: ") && words.contains(said), "{words}");
        }
    }
    let nowhere = database.data_dir.path().join("nowhere");
    let (_, words, code) = printed(&database, &["serve", "--methodology-dir", nowhere.to_str().unwrap()]);
    assert!(code == Some(1) && words.contains("nowhere cannot be read: "), "{words}");
}
