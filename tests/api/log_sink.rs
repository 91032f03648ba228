//! Whoever reads the log goes away, is full, or stops reading: requests are answered as before, and lines that are lost are
//! counted. Commands whose output cannot be written end in order.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::process::{Process, command, handed, partner_client};
use crate::support::{Client, TestDatabase, home, on_both_databases, run, token};

on_both_databases!(serve_with_the_reader_of_the_log_gone_answers_and_counts_the_lost_lines);

/// A file that takes nothing, as on a full disk.
fn full() -> Stdio {
    Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap())
}

/// A pipe that nobody reads any more.
fn gone() -> Stdio {
    Stdio::from(std::io::pipe().unwrap().1)
}

async fn partner_of(server: &Process, (id, secret): &(String, String)) -> Client {
    Client::new(&server.address).with_token(token(&server.address, id, secret).await.expect("a token"))
}

/// Requests of every kind that is logged, each answered as if somebody read the log.
async fn ask_for_everything(server: &Process, client: &(String, String)) {
    let partner = partner_of(server, client).await;
    assert_eq!(partner.post("/v1/installations", &home("a")).await.status, 201);
    let again = partner.post("/v1/installations", &home("a")).await;
    assert_eq!((again.status, &again.body["data"]["outcome"]), (200, &json!("unchanged")));
    assert_eq!(partner.post("/v1/installations", &json!({})).await.status, 422);
    assert_eq!(partner.get("/v1/installations/01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73").await.status, 404);
    let list = partner.get("/v1/installations").await;
    assert_eq!((list.status, list.body["data"].as_array().map(Vec::len)), (200, Some(1)));
}

async fn serve_with_the_reader_of_the_log_gone_answers_and_counts_the_lost_lines(database: TestDatabase) {
    let client = partner_client(&database, "WRITER");
    let mut command = command(&database, database.data_dir.path());
    command.env("GREEN_HOMES_LOG", "info").args(["serve", "--metrics-listen", "127.0.0.1:0"]);
    let server = Process::start_then_close_its_log(command);
    ask_for_everything(&server, &client).await;
    let until = Instant::now() + Duration::from_secs(10);
    let lost = loop {
        let metrics = Client::new(&server.metrics_address).get("/metrics").await.text;
        let named = metrics.lines().find_map(|line| line.strip_prefix("green_homes_log_lines_dropped_total "));
        let lost: u64 = named.expect("the metric").parse().unwrap();
        if lost >= 5 {
            break lost;
        }
        assert!(Instant::now() < until, "only {lost} lines are counted");
    };
    assert!(lost < 1000, "{lost}");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn serve_with_a_log_that_is_full_from_the_start_starts_and_answers() {
    run(async {
        let database = TestDatabase::sqlite();
        let client = partner_client(&database, "WRITER");
        for stderr in [full(), gone()] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let mut command = handed(&listener, &database);
            command.env("GREEN_HOMES_LOG", "info").args(["--metrics-listen", "127.0.0.1:0"]);
            let server = Process::start_unheard(command, address, stderr);
            drop(listener);
            let partner = partner_of(&server, &client).await;
            assert_eq!(partner.get("/v1/me").await.status, 200);
            assert_eq!(partner.post("/v1/installations", &json!({})).await.status, 422);
            assert_eq!(server.terminate(), Some(0));
        }
    });
}

#[test]
fn serve_with_a_log_that_nobody_reads_answers_more_than_the_pipe_holds() {
    run(async {
        let database = TestDatabase::sqlite();
        let client = partner_client(&database, "WRITER");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut command = handed(&listener, &database);
        command.env("GREEN_HOMES_LOG", "info");
        // The reader is there until the end, and never reads. A pipe holds 64 KiB, and a line has more than 128 bytes.
        let (reader, writer) = std::io::pipe().unwrap();
        let server = Process::start_unheard(command, address, Stdio::from(writer));
        let partner = partner_of(&server, &client).await;
        for _ in 0..600 {
            assert_eq!(partner.get("/v1/me").await.status, 200);
        }
        assert_eq!(server.terminate(), Some(0), "it does not wait for the reader for ever");
        drop(reader);
    });
}

#[test]
fn run_a_command_whose_output_cannot_be_written_ends_in_order() {
    let database = TestDatabase::sqlite();
    partner_client(&database, "WRITER");
    let add = ["client", "add", "--role", "admin", "--name", "tests"];
    for arguments in [&["openapi"][..], &["client", "list"], &["audit"], &["methodology", "compare", "1"], &add] {
        for stdout in [full(), gone()] {
            let mut command = command(&database, database.data_dir.path());
            let output = command.args(arguments).stdout(stdout).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            assert!(said.contains("could not be printed") && !said.contains("panicked"), "{arguments:?}: {said}");
        }
        for stderr in [full(), gone()] {
            let mut command = command(&database, database.data_dir.path());
            let output = command.args(arguments).stdout(Stdio::piped()).stderr(stderr).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{arguments:?}");
            assert!(!output.stdout.is_empty(), "{arguments:?}");
        }
    }
}
