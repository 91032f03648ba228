//! Sends what was planned to a server that it kills, and holds answers, records, entries and counts
//! against the book.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use green_homes::api::MAKE;
use green_homes::db::Database;
use green_homes::db::ledger::{cells_and_journal as stored, head};
use green_homes::db::records::suspended;
use green_homes::register::audit;
use serde_json::{Value, json};

use super::Crash;
use super::expected_register::{Etags, ExpectedRegister};
use super::plan::{By, Planned};
use super::steps::{IfMatch, Step, Turn};
use crate::process::{Process, client, output, partner_client};
use crate::reference_counts::{Sums, summed};
use crate::support::{Client, Reply, TestDatabase, db_lines, progress_at, side_by_side, token};

pub(super) struct Driver {
    database: TestDatabase,
    own: Database,
    server: Option<Process>,
    partner: String,
    reviewer: String,
    admin: String,
    book: ExpectedRegister,
    /// Requests so far: names of what is new.
    number: usize,
}

impl Driver {
    pub(super) async fn new(database: TestDatabase) -> Self {
        let (partner_id, secret) = partner_client(&database, ExpectedRegister::PARTNER);
        let by_role = |role| client(&database, &["--role", role, "--name", role]);
        let (reviewer, admin) = (by_role("reviewer"), by_role("admin"));
        let server = Process::serve(&database, database.data_dir.path());
        let given = async |id: &str, secret: &str| token(&server.address, id, secret).await.expect("a token");
        let (reviewer, admin) = (given(&reviewer.0, &reviewer.1).await, given(&admin.0, &admin.1).await);
        let partner = given(&partner_id, &secret).await;
        let own = database.db_open();
        let version = head::version(&mut own.connection().unwrap()).unwrap();
        let book = ExpectedRegister { client: partner_id, version, ..ExpectedRegister::default() };
        Self { database, own, server: Some(server), partner, reviewer, admin, book, number: 0 }
    }

    pub(super) async fn carry_out(&mut self, turn: &Turn, crash: Crash) {
        let planned = self.planned(turn).await;
        if planned.is_empty() {
            return;
        }
        if let Crash::Before = crash {
            self.crash();
        }
        let answered: Vec<(Planned, Reply)> = match crash {
            Crash::During(so_long) => {
                let _ = actix_web::rt::time::timeout(so_long, self.send_all(&planned)).await;
                self.crash();
                self.send_all(&planned).await
            }
            _ => self.send_all(&planned).await,
        };
        let said = |(planned, reply): &(Planned, Reply)| {
            let first = self.book.clone().follow(planned, reply, false);
            let Planned { step, seen, path, key, .. } = planned;
            format!("{step:?} {seen:?} {key:?} {path}, alone {first:?}: {} {}", reply.status, reply.text)
        };
        let story = || format!("{crash:?} {:#?}", answered.iter().map(said).collect::<Vec<_>>());
        let explained = self.book.explain(&answered, matches!(crash, Crash::During(_)));
        assert!(!explained.is_empty(), "no order explains these answers: {}", story());
        self.until_settled().await;
        let (mut steps, entries): (Vec<_>, Vec<_>) = self.entries().into_iter().partition(|entry| is_step(entry));
        steps.sort();
        let explained = explained.into_iter().map(ExpectedRegister::settle);
        let mut right = explained.filter(|book| (&book.entries, &book.steps) == (&entries, &steps)).collect::<Vec<_>>();
        assert!(!right.is_empty(), "no order explains these entries: {entries:#?} {steps:#?} {}", story());
        let (journal, records) = (self.journal(), self.records().await);
        right.retain(|book| book.reference.recount() == journal && book.shown() == records);
        assert!(!right.is_empty(), "no order explains these records: {records:#?} {}", story());
        let mut opened = Vec::new();
        for book in right {
            opened.extend(self.opens(&book).await.then_some(book));
        }
        assert!(!opened.is_empty(), "the new codes open nothing: {}", story());
        self.book = opened.swap_remove(0);
        self.book.entries.clear();
        self.book.steps.clear();
        self.book.version += i64::try_from(entries.len() + steps.len()).unwrap();
        self.keep_answers(&answered);
        if let [(Planned { step: Step::Revoke, .. }, _), ..] = answered[..] {
            self.replace_client().await;
        }
    }

    /// Waits until the server has done what suspending or resuming the partner asks for.
    async fn until_settled(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while suspended::are_to_settle(&mut self.own.connection().unwrap()).unwrap() {
            assert!(Instant::now() < until, "the steps of a suspension do not come");
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn planned(&mut self, turn: &Turn) -> Vec<Planned> {
        if turn.asked.iter().any(|asked| !matches!(asked.if_match, IfMatch::Any)) {
            self.look().await;
        }
        let mut planned = Vec::new();
        for asked in turn.asked.iter().filter(|asked| turn.asked.len() == 1 || !asked.step.is_alone()) {
            self.number += 1;
            let one = self.book.plan(asked, self.number);
            planned.extend(one.into_iter().flat_map(|one| vec![one; turn.times]));
        }
        planned.truncate(if planned.iter().any(|one| one.step.is_alone()) { 1 } else { usize::MAX });
        planned
    }

    fn crash(&mut self) {
        self.server.take().unwrap().kill();
        self.server = Some(Process::serve(&self.database, self.database.data_dir.path()));
    }

    fn caller(&self) -> Client {
        Client::new(&self.server.as_ref().unwrap().address)
    }

    /// Sends all at once, and waits for every answer.
    async fn send_all(&self, planned: &[Planned]) -> Vec<(Planned, Reply)> {
        if let [Planned { by: By::Operator, path: site, .. }] = planned {
            return vec![(planned[0].clone(), self.erase(site))];
        }
        let sent: Vec<_> = planned.iter().map(|one| actix_web::rt::spawn(self.send(one))).collect();
        let mut answered = Vec::new();
        for (one, reply) in planned.iter().zip(sent) {
            answered.push((one.clone(), reply.await.unwrap().expect("an answer")));
        }
        answered
    }

    fn send(&self, planned: &Planned) -> impl Future<Output = Option<Reply>> + use<> {
        let caller = match planned.by {
            By::Partner => self.caller().with_token(&self.partner),
            By::Reviewer => self.caller().with_token(&self.reviewer),
            By::Admin => self.caller().with_token(&self.admin),
            By::Householder(home) => self.caller().with_code(self.book.homes[home].code.clone().unwrap()),
            By::Operator => panic!("on the command line"),
        };
        let planned = planned.clone();
        async move {
            let mut headers = vec![("content-type", "application/json")];
            headers.extend(planned.if_match.as_deref().map(|etag| ("if-match", etag)));
            headers.extend(planned.key.as_deref().map(|key| ("idempotency-key", key)));
            caller.try_send(planned.method, &planned.path, &headers, Some(planned.body.to_string().into())).await
        }
    }

    /// What the command says, as a route would.
    fn erase(&self, site: &str) -> Reply {
        let (erased, code) = output(&self.database, &["erase", "--site", site, "--yes"]);
        assert_eq!(code, Some(0), "{erased}");
        let outcome = if erased["changed"] == true { "changed" } else { "unchanged" };
        let body = json!({"data": {"outcome": outcome}});
        Reply {
            status: 200,
            headers: awc::http::header::HeaderMap::new(),
            text: body.to_string(),
            bytes: Vec::new(),
            body,
        }
    }

    /// Whether the codes that are new in this book open their homes.
    async fn opens(&self, book: &ExpectedRegister) -> bool {
        let known = |n: usize| self.book.homes.get(n).and_then(|home| home.code.as_ref());
        for (n, home) in book.homes.iter().enumerate().filter(|(n, home)| home.code.as_ref() != known(*n)) {
            let Some(code) = &home.code else { continue };
            let seen = self.caller().with_code(code).get("/v1/householder").await;
            if seen.body["data"]["site"] != book.homes[n].id.as_str() {
                return false;
            }
        }
        true
    }

    /// What came under a key comes again under it, but for what is shown once.
    fn keep_answers(&mut self, answered: &[(Planned, Reply)]) {
        for (planned, reply) in answered.iter().filter(|(_, reply)| reply.status < 300) {
            let Some(key) = planned.key.clone() else { continue };
            let kept = self.book.kept.get_mut(&(planned.by, key)).unwrap();
            let mut body = reply.body.clone();
            body["data"].as_object_mut().and_then(|data| data.remove("householder"));
            if let Some(first) = &kept.body {
                assert_eq!(&body, first, "{planned:?}");
                assert_eq!(reply.header("idempotent-replayed"), "true", "{planned:?}");
            }
            kept.body = Some(body);
        }
    }

    /// The client that was revoked is shut out; the partner gets another.
    async fn replace_client(&mut self) {
        let shut_out = self.caller().with_token(&self.partner).get("/v1/me").await;
        assert_eq!(shut_out.status, 401, "{}", shut_out.text);
        let new = json!({"role": "partner", "partner": ExpectedRegister::PARTNER, "name": "tests"});
        let made = self.caller().with_token(&self.admin).post("/v1/clients", &new).await;
        let data = |name: &str| made.body["data"][name].as_str().expect("id and secret").to_owned();
        let (id, secret) = (data("client_id"), data("client_secret"));
        self.partner = token(&self.server.as_ref().unwrap().address, &id, &secret).await.expect("a token");
        self.book.client = id;
        // A key is its client's own.
        self.book.kept.retain(|(by, _), _| *by != By::Partner);
        self.book.version += 1;
    }

    /// The etags that the register shows.
    async fn look(&mut self) {
        let reviewer = self.caller().with_token(&self.reviewer);
        let views = self.list().await;
        for (record, installation) in self.book.records.iter_mut().zip(&self.book.reference.installations) {
            let view = views.iter().find(|view| view["id"] == installation.id.to_string().as_str()).unwrap();
            see(&mut record.etags, view["etag"].as_str().unwrap());
        }
        for home in &mut self.book.homes {
            see(&mut home.etags, reviewer.get(&format!("/v1/sites/{}", home.id)).await.header("etag"));
        }
    }

    async fn list(&self) -> Vec<Value> {
        let listed = self.caller().with_token(&self.reviewer).get("/v1/installations?limit=200").await;
        listed.body["data"].as_array().unwrap_or_else(|| panic!("{}", listed.text)).clone()
    }

    /// Every installation as the reference knows it, by its id.
    async fn records(&self) -> BTreeMap<String, Value> {
        let known =
            ["set_aside", "status", "evidence_tier", "installed_on", "decommissioned_on", "cost_vnd", "measures"];
        let record = |view: Value| {
            let site = ["id", "kind", "province_code", "remote"].map(|name| view["site"][name].clone());
            (view["id"].as_str().unwrap().to_owned(), json!([known.map(|name| view[name].clone()), site]))
        };
        self.list().await.into_iter().map(record).collect()
    }

    fn entries(&self) -> Vec<String> {
        let sql = "SELECT action || ' ' || subject AS line FROM entries WHERE version > ";
        db_lines(&self.database.url, &format!("{sql} {} ORDER BY version", self.book.version))
    }

    fn journal(&self) -> BTreeMap<i64, Sums> {
        let mut connection = self.own.connection().unwrap();
        let version = head::version(&mut connection).unwrap();
        summed(stored::postings(&mut connection, 0, version).unwrap().into_iter())
    }

    /// What the public reads is what the reference counts, also after a restart, byte for byte; who was
    /// at home sees what is held; and nothing was changed behind the register's back.
    pub(super) async fn finish(mut self) {
        let version = head::version(&mut self.own.connection().unwrap()).unwrap();
        assert_eq!(version, self.book.version);
        let address = |driver: &Self| driver.server.as_ref().unwrap().address.clone();
        progress_at(&address(&self), version).await;
        let all = self.caller().with_token(&self.reviewer).get("/v1/progress").await.body;
        self.book.reference.headline().assert_is(&side_by_side(all)["data"]);
        let bytes = self.caller().get("/v1/progress").await.text;
        self.crash();
        progress_at(&address(&self), version).await;
        assert_eq!(self.caller().get("/v1/progress").await.text, bytes, "other bytes after a restart");
        for (n, home) in self.book.homes.iter().enumerate() {
            let Some(code) = &home.code else { continue };
            let seen = self.caller().with_code(code).get("/v1/householder").await.body["data"].clone();
            let disputes = seen["disputes"].as_array().unwrap().iter();
            let disputes = disputes.map(|one| json!([one["id"], one.get("note"), one["outcome"]])).collect();
            assert_eq!((seen["private"]["address"].is_string(), disputes), self.book.seen_at(n), "{seen}");
        }
        for code in &self.book.dead {
            assert_eq!(self.caller().with_code(code).get("/v1/householder").await.status, 401);
        }
        let report = audit::audit(&self.own, MAKE).unwrap();
        assert!(report.ok, "{:?}", report.findings);
        self.server.take().unwrap().kill();
    }
}

/// Whether an entry is of a step that follows a suspension or its end.
fn is_step(entry: &str) -> bool {
    entry.starts_with("set_aside ") || entry.starts_with("give_back ")
}

fn see(etags: &mut Option<Etags>, etag: &str) {
    match etags {
        Some((_, last)) => etag.clone_into(last),
        None => *etags = Some((etag.to_owned(), etag.to_owned())),
    }
}
