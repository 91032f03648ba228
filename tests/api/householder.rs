//! The person at home: the text they consent to.

use serde_json::json;

use crate::support::{App, TestDatabase, run};

#[test]
fn get_the_consent_text_by_version_gives_both_languages_and_its_first_day() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let reply = app.public().get("/v1/consent/1").await;
        let data = &reply.body["data"];
        assert_eq!((&data["version"], &data["in_force_from"]), (&json!(1), &json!("2026-11-25")), "{}", reply.text);
        assert_eq!(data["publisher"], "Publisher");
        assert!(data["text_vi"].as_str().unwrap().contains("91/2025/QH15"));
        assert!(data["text_en"].as_str().unwrap().contains("91/2025/QH15"));
        for unknown in ["0", "2", "01", "+1", "one"] {
            assert_eq!(app.public().get(&format!("/v1/consent/{unknown}")).await.status, 404, "{unknown}");
        }
        app.stop().await;
    });
}
