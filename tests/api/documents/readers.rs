//! The reader of each document: a service that runs, and the account that such a reader was given.

use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::ROOT;
use super::shell::{Outcome, Script};
use crate::process::{Process, client, faked, output};
use crate::support::{Client, TestDatabase, binary, db_lines, progress_at, run, token};

/// Programs that the blocks start, apart from those that every Debian has.
const PROGRAMS: [&str; 2] = ["curl", "python3"];

/// Somebody who reads a document beside a running service, in a folder like the repository.
pub struct Reader {
    pub address: String,
    service: Option<Process>,
    database: TestDatabase,
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Reader {
    /// The reader of this document.
    pub fn of(document: &str) -> Self {
        for program in PROGRAMS {
            let found = Command::new(program).arg("--version").output();
            assert!(found.is_ok(), "{program} is missing, which the documents use: install it (`make test` does)");
        }
        let data_dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", data_dir.path().join("green-homes.db").display());
        let database = TestDatabase { url, data_dir };
        let service = Process::serve(&database, database.data_dir.path());
        let address = service.address.clone();
        let mut reader = Self { address, service: Some(service), database, folder: repository(), settings: Vec::new() };
        reader.prepare(document);
        reader
    }

    /// What stands in the register, and what the reader was given.
    fn prepare(&mut self, document: &str) {
        assert_eq!(output(&self.database, &["partner", "add", "--code", "SOLARCO", "--name", "Solar Co"]).1, Some(0));
        let partner = client(&self.database, &["--role", "partner", "--partner", "SOLARCO", "--name", "Back office"]);
        let reviewer = client(&self.database, &["--role", "reviewer", "--name", "Review desk"]);
        run(self.walk(&partner, &reviewer));
        // The internals show the register of the walk and nothing else.
        if !document.starts_with("docs/internals/") {
            let code = run(self.register_a_second_home(&partner, document == "docs/reviewers.md"));
            self.settings.push(("HOUSEHOLDER_CODE", code));
        }
        let reads_figures = ["docs/public-data.md", "docs/dashboards.md"].contains(&document);
        if reads_figures {
            run(self.register_sixty_homes(&partner, &reviewer));
        }
        let account = match document {
            "docs/partners.md" => Some(partner),
            "docs/reviewers.md" => Some(reviewer),
            "docs/dashboards.md" => Some(client(&self.database, &["--role", "dashboard", "--name", "Report"])),
            _ => None,
        };
        if reads_figures {
            self.pass_midnight();
        }
        if let Some((id, secret)) = account {
            self.settings.extend([("CLIENT_ID", id), ("CLIENT_SECRET", secret)]);
        }
        if document == "docs/operations.md" {
            let backup = self.folder.path().join("backup").display().to_string();
            assert_eq!(output(&self.database, &["backup", &backup]).1, Some(0));
            self.settings.push(("latest", backup));
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        self.settings.extend([("GREEN_HOMES_LISTEN", free.clone()), ("DRILL_LISTEN", free)]);
        let head = db_lines(&self.database.url, "SELECT CAST(version AS TEXT) AS line FROM register_head");
        run(progress_at(&self.address, head[0].parse().unwrap()));
        self.settings.push(("GREEN_HOMES_URL", self.address.clone()));
    }

    /// What the walk of README.md does.
    async fn walk(&self, partner: &(String, String), reviewer: &(String, String)) {
        let [partner, reviewer] = [self.caller(partner).await, self.caller(reviewer).await];
        let id = partner
            .register(&json!({
                "external_id": "HN-0001", "status": "installed", "installed_on": "2026-10-02",
                "site": {"external_id": "NHA-17", "kind": "home", "province_code": "01", "low_income": false},
                "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}]
            }))
            .await;
        let decision = json!({"evidence_tier": "inspected", "note": "Seen on the roof"});
        let reply = reviewer.post(&format!("/v1/installations/{id}/verify"), &decision).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// Sixty verified homes with 5 kWp each, so that the register publishes figures.
    async fn register_sixty_homes(&self, partner: &(String, String), reviewer: &(String, String)) {
        let [partner, reviewer] = [self.caller(partner).await, self.caller(reviewer).await];
        for number in 0..60 {
            let province = ["01", "79"][number % 2];
            let home = json!({
                "external_id": format!("S-{number}"), "status": "installed", "installed_on": "2026-09-14",
                "site": {"kind": "home", "province_code": province},
                "measures": [{"measure": "rooftop_solar_pv", "quantity": 5}]
            });
            let id = partner.register(&home).await;
            let path = format!("/v1/installations/{id}/verify");
            let reply = reviewer.post(&path, &json!({"evidence_tier": "document"})).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }

    /// The same register, served on the next day, once it has published figures.
    fn pass_midnight(&mut self) {
        self.service.take().unwrap().kill();
        let service = Process::start(faked(
            &self.database,
            self.database.data_dir.path(),
            "+1d",
            &["serve", "--metrics-listen", "127.0.0.1:0"],
        ));
        self.address.clone_from(&service.address);
        self.service = Some(service);
        let until = Instant::now() + Duration::from_mins(1);
        while run(Client::new(&self.address).get("/v1/progress")).body["data"]["figures"].is_null() {
            assert!(Instant::now() < until, "no figures are published");
        }
    }

    /// A home with consent that waits for a reviewer, and a dispute about it; the householder's code.
    async fn register_a_second_home(&self, partner: &(String, String), with_dispute: bool) -> String {
        let home = json!({
            "external_id": "HN-0002", "status": "installed", "installed_on": "2026-11-02",
            "site": {"external_id": "NHA-18", "kind": "home", "province_code": "01", "address": "12 Hàng Bạc"},
            "consent": {"on": "2026-11-27", "text_version": 2},
            "measures": [{"measure": "rooftop_solar_pv", "quantity": 3.2}]
        });
        let (_, householder) = self.caller(partner).await.register_home(&home).await;
        if with_dispute {
            let reply = householder.post("/v1/householder/dispute", &json!({"reason": "wrong_facts"})).await;
            assert_ne!(reply.body["data"]["id"], Value::Null, "{}", reply.text);
        }
        householder.code.unwrap()
    }

    async fn caller(&self, (id, secret): &(String, String)) -> Client {
        let token = token(&self.address, id, secret).await.expect("a token");
        Client::new(&self.address).with_token(token)
    }

    /// Runs a script as this reader would.
    pub fn run(&self, script: &Script) -> Outcome {
        script.run(self.folder.path(), self.shell())
    }

    /// The same with another setting.
    pub fn run_with(&self, script: &Script, name: &str, value: &str) -> Outcome {
        let mut shell = self.shell();
        shell.env(name, value);
        script.run(self.folder.path(), shell)
    }

    fn shell(&self) -> Command {
        let mut shell = Command::new("/bin/sh");
        let programs = self.folder.path().join("target/release");
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", programs.display())).env("TMPDIR", self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREEN_HOMES_")) {
            shell.env_remove(name);
        }
        shell.env_remove("DATABASE_URL").env_remove("DATABASE_URL_FILE");
        shell.env("GREEN_HOMES_DATA_DIR", self.database.data_dir.path());
        shell.envs(self.settings.iter().map(|(name, value)| (name, value)));
        shell
    }
}

/// The service must end however the test does.
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(service) = self.service.take() {
            service.kill();
        }
    }
}

/// A folder with the parts of the repository that documents use, and the binary under test as the release that was built.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("target/release")).unwrap();
    symlink(binary(), folder.path().join("target/release/green-homes")).unwrap();
    symlink(Path::new(ROOT).join("docs"), folder.path().join("docs")).unwrap();
    folder
}
