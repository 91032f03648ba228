//! Where a register begins and what it belongs to: never by a mistyped path, never in place of one that was there, and never into a file
//! that is gone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Process, command, output, partner_client, printed, ran, serve_a_partner};
use crate::support::{App, Client, TestDatabase, db_execute, db_lines, home, on_both_databases, run, token};

on_both_databases!(
    serve_a_register_that_a_newer_program_changed_stops_writing_and_reads_on,
    put_another_register_under_a_process_ends_it,
);

/// `green-homes` on the database in a data directory.
fn in_directory(directory: &Path, arguments: &[&str]) -> Command {
    let database = TestDatabase { url: String::new(), data_dir: tempfile::tempdir().unwrap() };
    let mut command = command(&database, directory);
    command.env_remove("DATABASE_URL").args(arguments);
    command
}

/// What a command says that must fail.
fn refused(command: Command) -> String {
    let (_, said, code) = ran(command);
    assert_eq!(code, Some(1), "{said}");
    said
}

fn entries(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn serve_where_no_register_was_meant_to_be_refuses_and_makes_none() {
    let root = tempfile::tempdir().unwrap();
    let mistyped = root.path().join("green-hones");
    for arguments in [
        &["serve"][..],
        &["migrate"],
        &["audit"],
        &["client", "list"],
        &["clock", "accept"],
        &["partner", "add", "--code", "SOLARCO", "--name", "S"],
    ] {
        refused(in_directory(&mistyped, arguments));
        assert!(!mistyped.exists(), "{arguments:?}");
    }
    let said = refused(in_directory(&mistyped, &["serve"]));
    assert!(said.contains("green-homes init --data-dir"), "{said}");
    // A directory of something else.
    fs::write(root.path().join("thesis.txt"), "").unwrap();
    let said = refused(in_directory(root.path(), &["serve"]));
    assert!(said.contains("it has thesis.txt"), "{said}");
    assert_eq!(entries(root.path()), ["thesis.txt"]);
}

#[test]
fn init_makes_a_register_once() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("new");
    assert_eq!(ran(in_directory(&directory, &["init"])).2, Some(0));
    assert!(refused(in_directory(&directory, &["init"])).contains("already"));
    assert_eq!(ran(in_directory(&directory, &["partner", "add", "--code", "SOLARCO", "--name", "S"])).2, Some(0));
    let server = Process::start(in_directory(&directory, &["serve"]));
    assert_eq!(server.terminate(), Some(0));
    // An empty directory that somebody made is meant for a register.
    let empty = tempfile::tempdir().unwrap();
    let server = Process::start(in_directory(empty.path(), &["serve"]));
    assert_eq!(server.terminate(), Some(0));
    assert!(entries(empty.path()).contains(&"register.json".to_owned()), "{:?}", entries(empty.path()));
}

/// A register with two homes whose service was killed, so that the newest is in the `-wal` file alone.
fn killed(database: &TestDatabase) -> i64 {
    run(async {
        let directory = database.data_dir.path();
        let (server, partner) = serve_a_partner(database).await;
        partner.register(&home("a")).await;
        partner.register(&home("b")).await;
        let version = Client::new(&server.address).get("/v1/progress").await.body["meta"]["version"].clone();
        let known = || -> Option<i64> {
            let text = fs::read_to_string(directory.join("register.json")).ok()?;
            serde_json::from_str::<Value>(&text).ok()?["version"].as_i64()
        };
        let until = Instant::now() + Duration::from_secs(20);
        // The entries of the partner, its client and the two homes, after the first.
        while known() != Some(5) {
            assert!(Instant::now() < until, "{:?} of {version}", known());
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        server.kill();
        5
    })
}

/// Whoever closes the last connection deletes the log, so an outsider must find the locks of the service.
#[test]
fn read_the_database_beside_the_service_keeps_its_log_and_what_comes_after() {
    let database = TestDatabase::sqlite();
    run(async {
        let (server, partner) = serve_a_partner(&database).await;
        partner.register(&home("a")).await;
        let path = database.url.strip_prefix("sqlite://").unwrap();
        // This process and another one.
        assert_eq!(db_lines(&database.url, "SELECT 'x' AS line FROM installations").len(), 1);
        let mut outsider = Command::new("python3");
        outsider.args(["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute('SELECT count(*) FROM sites').fetchone()[0])"]);
        let (read, said, _) = ran({
            outsider.arg(path);
            outsider
        });
        assert_eq!(read.trim(), "1", "{said}");
        assert!(fs::exists(format!("{path}-wal")).unwrap(), "the log is there");
        partner.register(&home("b")).await;
        server.kill();
        let again = Process::serve(&database, database.data_dir.path());
        until_reported(&again.address, 2).await;
        assert_eq!(again.terminate(), Some(0));
    });
}

/// Its commits would go into a file that nobody sees. What was in the log may be lost with it: whoever deletes files can do that.
#[test]
fn take_the_log_away_under_the_service_ends_it() {
    let database = TestDatabase::sqlite();
    run(async {
        let (server, partner) = serve_a_partner(&database).await;
        partner.register(&home("a")).await;
        fs::remove_file(format!("{}-wal", database.url.strip_prefix("sqlite://").unwrap())).unwrap();
        assert_eq!(actix_web::rt::task::spawn_blocking(move || server.ended()).await.unwrap(), Some(1));
    });
}

async fn until_reported(address: &str, sites: i64) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let progress = Client::new(address).get("/v1/progress").await.body;
        if progress["data"]["live"]["sites"]["reported"] == sites {
            return;
        }
        assert!(Instant::now() < until, "{progress}");
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn start_on_a_database_without_its_newest_entries_is_refused_in_words() {
    let database = TestDatabase::sqlite();
    let version = killed(&database);
    let file = database.url.trim_start_matches("sqlite://").to_owned();
    let (wal, kept) = (format!("{file}-wal"), tempfile::tempdir().unwrap());
    for name in ["", "-wal"] {
        fs::copy(format!("{file}{name}"), kept.path().join(format!("kept{name}"))).unwrap();
    }
    let restore = || {
        for name in ["", "-wal"] {
            fs::copy(kept.path().join(format!("kept{name}")), format!("{file}{name}")).unwrap();
        }
        let _ = fs::remove_file(format!("{file}-shm"));
    };
    let refuses = |what: &str| {
        for arguments in [&["serve"][..], &["partner", "add", "--code", "NEW", "--name", "N"], &["backup", "to"]] {
            let (_, said, code) = printed(&database, arguments);
            assert_eq!(code, Some(1), "{what}: {arguments:?}: {said}");
        }
        let said = printed(&database, &["serve"]).1;
        assert!(said.contains("-wal") && said.contains("restor"), "{what}: {said}");
    };
    fs::remove_file(&wal).unwrap();
    refuses("the -wal file is gone");
    restore();
    fs::remove_file(&wal).unwrap();
    fs::write(&file, "").unwrap();
    refuses("an empty file");
    fs::remove_file(&file).unwrap();
    refuses("no file");
    let said = printed(&database, &["init"]).1;
    assert!(said.contains("--begin-new-register"), "{said}");
    // With everything back it goes on where it was.
    restore();
    let server = Process::serve(&database, database.data_dir.path());
    let progress = run(async { Client::new(&server.address).get("/v1/progress").await.body });
    assert_eq!(
        (&progress["meta"]["version"], &progress["data"]["live"]["sites"]["reported"]),
        (&json!(version), &json!(2))
    );
    assert_eq!(server.terminate(), Some(0));
    // Whoever means it begins anew beside the old key.
    fs::remove_file(&file).unwrap();
    let _ = fs::remove_file(&wal);
    assert_eq!(printed(&database, &["init", "--begin-new-register"]).2, Some(0));
    let server = Process::serve(&database, database.data_dir.path());
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn take_the_file_away_under_a_process_acknowledges_nothing_more() {
    for replace in [false, true] {
        let database = TestDatabase::sqlite();
        let (id, secret) = partner_client(&database, "SOLARCO");
        let server = Process::serve(&database, database.data_dir.path());
        let file = database.url.trim_start_matches("sqlite://").to_owned();
        let (code, replies) = run(async {
            let partner = Client::new(&server.address).with_token(token(&server.address, &id, &secret).await.unwrap());
            partner.register(&home("a")).await;
            if replace {
                fs::copy(&file, format!("{file}.other")).unwrap();
                fs::rename(format!("{file}.other"), &file).unwrap();
            } else {
                fs::remove_file(&file).unwrap();
            }
            let body = home("b").to_string().into_bytes();
            let json = [("content-type", "application/json")];
            let sent = partner.try_send("POST", "/v1/installations", &json, Some(body)).await;
            (server.ended(), sent.map(|reply| (reply.status, reply.body["code"].clone())))
        });
        assert_eq!(code, Some(1), "the process ends, to be started anew");
        // The request may come after the end.
        if let Some((status, _)) = replies {
            assert_eq!(status, 503, "nothing goes into a file that is gone: {replies:?}");
        }
    }
}

async fn serve_a_register_that_a_newer_program_changed_stops_writing_and_reads_on(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    partner.register(&home("a")).await;
    app.progress_at(app.db_version()).await;
    for (column, was) in [("format_no", "5"), ("contribution_no", "")] {
        let before =
            db_lines(&app.database.url, &format!("SELECT CAST({column} AS TEXT) AS line FROM register_head")).remove(0);
        assert!(was.is_empty() || before == was, "{before}");
        db_execute(&app.database.url, &format!("UPDATE register_head SET {column} = 999")).unwrap();
        let refused = partner.post("/v1/installations", &home("b")).await;
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("outdated_program")), "{}", refused.text);
        let until = Instant::now() + Duration::from_secs(20);
        while app.operator().get("/readyz").await.body["problem"]["code"] != json!("outdated_program") {
            assert!(Instant::now() < until, "{}", app.operator().get("/readyz").await.text);
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        let progress = app.public().get("/v1/progress").await;
        assert_eq!((progress.status, &progress.body["data"]["live"]["sites"]["reported"]), (200, &json!(1)));
        assert_eq!(app.operator().get("/livez").await.status, 200);
        db_execute(&app.database.url, &format!("UPDATE register_head SET {column} = {before}")).unwrap();
        while app.operator().get("/readyz").await.status != 200 {
            assert!(Instant::now() < until, "{}", app.operator().get("/readyz").await.text);
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    }
    partner.register(&home("b")).await;
    let database = app.stop().await;
    db_execute(&database.url, "UPDATE register_head SET format_no = 999").unwrap();
    let (_, said, code) = printed(&database, &["serve"]);
    assert!(code == Some(1) && said.contains("start the newer program"), "{said}");
    let (_, code) = output(&database, &["client", "list"]);
    assert_eq!(code, Some(1));
}

async fn put_another_register_under_a_process_ends_it(database: TestDatabase) {
    let app = App::start(database).await;
    let url = app.database.url.clone();
    db_execute(&url, "UPDATE register_head SET instance_id = 'another'").unwrap();
    let ended = app.ended().await;
    assert!(ended.is_err_and(|error| error.to_string().contains("the writer ended unasked")));
}
