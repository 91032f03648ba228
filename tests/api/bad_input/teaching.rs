//! Mistakes that people make every day: the answer says what is right, in both languages.

use std::io::{Read, Write};

use green_homes::domain::records::Role;
use serde_json::json;

use super::{assert_problem, changed};
use crate::support::{App, Client, Reply, TestDatabase, home, run};

const LANGUAGES: [&str; 2] = ["vi", "en"];

#[test]
fn send_a_common_mistake_is_told_the_right_form() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let province = [
            "Không phải mã của 34 tỉnh, thành; xem /v1/provinces (\"Hà Nội\" là \"01\"; \"1\" viết là \"01\").",
            "Not a code of the 34 provinces; see /v1/provinces (\"Ha Noi\" is \"01\"; \"1\" is written \"01\").",
        ];
        let quantity = "/measures/0/quantity";
        let cases = [
            ("/site/province_code", json!("1"), province),
            ("/site/province_code", json!("Hà Nội"), province),
            (
                "/site/province_code",
                json!(1),
                [
                    "Phải là chuỗi ký tự trong dấu nháy kép, ví dụ \"01\".",
                    "Must be a string in double quotes, such as \"01\".",
                ],
            ),
            (
                quantity,
                json!("5,4"),
                [
                    "Phải là số JSON, không có dấu nháy, dấu thập phân là dấu chấm, ví dụ 5.4.",
                    "Must be a JSON number without quotes, with a decimal point, such as 5.4.",
                ],
            ),
            (quantity, json!(5.4321), ["Tối đa 3 chữ số thập phân.", "At most 3 decimals."]),
            (quantity, json!(200_000), ["Tối đa 100.000.", "Above the ceiling of 100,000."]),
            (
                "/consent",
                json!({"on": "2026-01-02", "text_version": 3}),
                [
                    "Phiên bản văn bản đồng ý hiện hành là 2; xem /v1/consent/2.",
                    "The text of the consent in force is version 2; see /v1/consent/2.",
                ],
            ),
            (
                "/status",
                json!("pledged"),
                [
                    "Hồ sơ cam kết (pledged) không có installed_on; khi lắp xong, gọi POST …/complete.",
                    "A pledged installation has no installed_on; once it is in place, POST …/complete.",
                ],
            ),
        ];
        for (pointer, value, expected) in cases {
            let body = changed(&home("a"), pointer, value);
            for (language, expected) in LANGUAGES.iter().zip(expected) {
                let reply = post(&partner, language, "/v1/installations", &body.to_string()).await;
                assert_eq!(reply.body["errors"][0]["detail"], expected, "{body}");
            }
        }
        app.stop().await;
    });
}

#[test]
fn send_an_array_as_the_body_is_told_to_send_one_object() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let many = json!([home("a"), home("b")]).to_string();
        let expected = [
            "Phải là một đối tượng JSON {…}, không phải một mảng: mỗi yêu cầu gửi một đối tượng.",
            "Must be one JSON object {…}, not an array: send one object a request.",
        ];
        for (language, expected) in LANGUAGES.iter().zip(expected) {
            let reply = post(&partner, language, "/v1/installations", &many).await;
            assert_eq!(reply.errors(), [(String::new(), "wrong_type".to_owned())]);
            assert_eq!(reply.body["errors"][0]["detail"], expected);
        }
        app.stop().await;
    });
}

#[test]
fn send_what_is_no_json_shows_what_stands_there() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let comma = home("a").to_string().replace("5.4", "5,4");
        for (language, near) in LANGUAGES.iter().zip(["gần «…", "near «…"]) {
            let reply = post(&partner, language, "/v1/installations", &comma).await;
            let detail = reply.body["detail"].as_str().unwrap();
            let hint = if *language == "vi" {
                "»: dấu thập phân phải là dấu chấm."
            } else {
                "»: the decimal sign is a point."
            };
            assert!(detail.contains(near) && detail.contains("5,4") && detail.ends_with(hint), "{detail}");
        }
        for empty in ["", " \n "] {
            for (language, said) in LANGUAGES.iter().zip(["Nội dung trống.", "The body is empty."]) {
                let reply = post(&partner, language, "/v1/installations", empty).await;
                assert_problem(&reply, 400, "malformed_json");
                assert_eq!(reply.body["detail"], said);
            }
        }
        let hidden = "{\"external_id\": \u{202e}\u{200b}\u{7}x";
        let reply = post(&partner, "en", "/v1/installations", hidden).await;
        let detail = reply.body["detail"].as_str().unwrap();
        assert!(!detail.contains(['\u{202e}', '\u{200b}', '\u{7}']) && detail.contains('x'), "{detail:?}");
        app.stop().await;
    });
}

#[test]
fn send_a_wrong_value_says_that_nothing_was_recorded_where_something_could_be() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let read = partner.get("/v1/installations?limit=0").await;
        assert_eq!(read.body["detail"], "Một hoặc nhiều giá trị không hợp lệ; xem errors.");
        let write = partner.post("/v1/installations", &json!({})).await;
        let expected = "Một hoặc nhiều giá trị không hợp lệ; xem errors. Chưa có dữ liệu nào được ghi nhận.";
        assert_eq!(write.body["detail"], expected);
        let too_large = partner.post_raw("/v1/installations", " ".repeat(70_000)).await;
        assert_eq!(too_large.body["detail"], "Nội dung gửi lên tối đa 65.536 byte (64 KiB).");
        let key = [("content-type", "application/json"), ("idempotency-key", "Đơn 1")];
        let key = partner.send("POST", "/v1/installations", &key, Some(home("a").to_string().into())).await;
        assert_eq!(
            key.body["errors"][0]["detail"], "Chỉ dùng chữ, số và ký hiệu ASCII, không dấu, không khoảng trắng.",
            "{}",
            key.text
        );
        app.stop().await;
    });
}

#[test]
fn ask_for_a_period_by_its_name_is_told_how_to_ask() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let dashboard = app.role(Role::Dashboard).await;
        let cases = [
            ("/v1/aggregates?from=2026-01", "from", "not_a_date", "Thiếu ngày: hãy viết 2026-01-01 (YYYY-MM-DD)."),
            ("/v1/aggregates.csv?to=2026", "to", "not_a_date", "Thiếu ngày: hãy viết 2026-01-01 (YYYY-MM-DD)."),
            ("/v1/progress?as_of=2026-02", "as_of", "not_a_date", "Thiếu ngày: hãy viết 2026-02-28 (YYYY-MM-DD)."),
            (
                "/v1/progress/bridge?from=2026-01&to=2026-02-01",
                "from",
                "not_a_date",
                "Thiếu ngày: hãy viết 2026-01-01 (YYYY-MM-DD).",
            ),
            (
                "/v1/aggregates?year=2026",
                "year",
                "unknown_field",
                "Không có tham số này; hãy dùng from=2026-01-01&to=2027-01-01.",
            ),
            (
                "/v1/aggregates?quarter=2026-Q3",
                "quarter",
                "unknown_field",
                "Không có tham số này; hãy dùng from=2026-07-01&to=2026-10-01.",
            ),
            (
                "/v1/progress/bridge?year=2025&from=2026-01-01&to=2026-02-01",
                "year",
                "unknown_field",
                "Không có tham số này; hãy dùng from=2024-12-31&to=2025-12-31.",
            ),
            (
                "/v1/progress/timeline?year=2026",
                "year",
                "unknown_field",
                "Không có tham số này: kết quả gồm mọi kỳ; chọn độ dài của kỳ bằng interval=month, quarter hoặc year.",
            ),
            (
                "/v1/progress?year=2026",
                "year",
                "unknown_field",
                "Không có tham số này: số liệu là của một thời điểm; chọn ngày bằng as_of=YYYY-MM-DD.",
            ),
            (
                "/v1/tables/measures.csv?month=2026-01",
                "month",
                "unknown_field",
                "Không có tham số này: số liệu là của một thời điểm; chọn ngày bằng as_of=YYYY-MM-DD.",
            ),
        ];
        for (path, pointer, code, detail) in cases {
            let reply = dashboard.get(path).await;
            assert_problem(&reply, 422, "invalid_request");
            let error = json!({"pointer": pointer, "code": code, "detail": detail});
            assert!(reply.body["errors"].as_array().unwrap().contains(&error), "{path}: {}", reply.text);
        }
        let english = [("accept-language", "en")];
        let reply = dashboard.send("GET", "/v1/aggregates?year=2026", &english, None).await;
        let expected = "There is no such parameter; use from=2026-01-01&to=2027-01-01.";
        assert_eq!(reply.body["errors"][0]["detail"], expected);
        app.stop().await;
    });
}

#[test]
fn ask_in_vietnamese_percent_encoded_is_answered_in_either_form() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let mut answers = Vec::new();
        // Hoàn Kiếm: composed, with a plus for the space, decomposed.
        for name in ["Ho%C3%A0n%20Ki%E1%BA%BFm", "Ho%C3%A0n+Ki%E1%BA%BFm", "Hoa%CC%80n%20Kie%CC%82%CC%81m"] {
            let reply = app.public().get(&format!("/v1/communes?q={name}&limit=3")).await;
            assert_eq!(
                (reply.status, reply.body["data"].as_array().map(Vec::len)),
                (200, Some(1)),
                "{name} {}",
                reply.text
            );
            answers.push(reply.body["data"].clone());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        // The web framework refuses an address in raw UTF-8 before any of our code runs: docs/internals/decisions.md.
        let host = app.address.trim_start_matches("http://").to_owned();
        let mut connection = std::net::TcpStream::connect(&host).unwrap();
        write!(connection, "GET /v1/communes?q=Hoàn HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        app.stop().await;
    });
}

async fn post(client: &Client, language: &str, path: &str, body: &str) -> Reply {
    let headers = [("content-type", "application/json"), ("accept-language", language)];
    client.send("POST", path, &headers, Some(body.as_bytes().to_vec())).await
}
