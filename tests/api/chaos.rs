//! A minute of chaos: two processes on one database, and four clients that write. Paths are cut and stall, replies are lost, sessions are
//! terminated, the server crashes, processes freeze and are killed, clocks lie. Whatever happens, the public number of each process is
//! what a recount of the entries up to its version gives, and what was acknowledged is there.

mod sent;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::rt::time::sleep;

use green_homes::api::MAKE;
use green_homes::register::audit::audit;
use serde_json::{Value, json};

use crate::postgres::Cluster;
use crate::process::{Process, client, faked, partner_client};
use crate::support::{Client, PathFault, Proxy, TestDatabase, db_execute, db_lines, db_sqlite, home, run, token};

use sent::{Sent, Work};

const LASTS: Duration = Duration::from_mins(1);
/// How long a disturbance goes on that does not end by itself.
const HOLDS: Duration = Duration::from_secs(3);
/// How long the processes may take to follow the head once nothing disturbs them, and then to take writes.
const RECOVERS: Duration = Duration::from_mins(1);
const WRITERS: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Disturbance {
    /// A process is killed and started anew.
    Kill,
    /// A process stands still, whatever it holds.
    Freeze,
    /// Somebody else holds the lock of the head.
    HoldTheHead,
    /// A process is started on a clock that is three days ahead, and then anew on the right one.
    ClockAhead,
    /// The same, three hours behind.
    ClockBehind,
    /// The connections of a process break.
    Cut,
    /// They take what they are given and hand nothing on, and break.
    Stall,
    /// They hand on what is asked and keep the answers to commits, and break.
    LoseAnswers,
    /// They take commits and hand nothing on from then on, and break.
    StallAtCommits,
    /// PostgreSQL ends every session.
    Terminate,
    /// PostgreSQL is killed and started anew.
    Crash,
}

impl Disturbance {
    const OF_ANY: [Self; 5] = [Self::Kill, Self::Freeze, Self::HoldTheHead, Self::ClockAhead, Self::ClockBehind];
    const OF_POSTGRES: [Self; 6] =
        [Self::Cut, Self::Stall, Self::LoseAnswers, Self::StallAtCommits, Self::Terminate, Self::Crash];
}

#[test]
fn disturb_two_processes_on_postgres_for_a_minute_keeps_every_number_true() {
    let cluster = Arc::new(Cluster::private());
    let url = cluster.create_database();
    run(go_on(TestDatabase { url, ..TestDatabase::sqlite() }, Some(cluster)));
}

#[test]
fn disturb_two_processes_on_sqlite_for_a_minute_keeps_every_number_true() {
    run(go_on(TestDatabase::sqlite(), None));
}

#[expect(clippy::print_stdout, reason = "a run that fails shows what happened before")]
async fn go_on(database: TestDatabase, cluster: Option<Arc<Cluster>>) {
    let of_postgres = if cluster.is_some() { &Disturbance::OF_POSTGRES[..] } else { &[] };
    let kinds = [&Disturbance::OF_ANY[..], of_postgres].concat();
    let mut chaos = Chaos::start(database, cluster).await;
    let writers: Vec<_> = (0..WRITERS).map(|writer| chaos.write(writer)).collect();
    let seed = std::env::var("CHAOS_SEED").map(|seed| seed.parse().unwrap());
    let mut random: u32 = seed.unwrap_or_else(|_| std::process::id());
    println!("CHAOS_SEED={random}");
    let (began, mut deck) = (Instant::now(), kinds.clone());
    while began.elapsed() < LASTS {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let drawn = usize::try_from(random >> 8).unwrap();
        if deck.is_empty() {
            deck.clone_from(&kinds);
        }
        let (what, member) = (deck.swap_remove(drawn % deck.len()), drawn / 64 % 2);
        println!("{:?}: {what:?} of process {member}", began.elapsed());
        chaos.disturb(what, member).await;
        chaos.recovers().await;
    }
    chaos.end(writers).await;
}

/// A process, and its path to the database.
struct Member {
    database: TestDatabase,
    proxy: Option<Proxy>,
    server: Option<Process>,
}

impl Member {
    async fn start(&mut self, clock: &str) {
        let arguments = ["serve", "--metrics-listen", "127.0.0.1:0"];
        let command = faked(&self.database, self.database.data_dir.path(), clock, &arguments);
        self.server = Some(spawn_blocking(move || Process::start(command)).await.unwrap());
    }

    fn public(&self) -> Client {
        Client::new(&self.server.as_ref().unwrap().address)
    }
}

struct Chaos {
    /// The database, on the way that nothing disturbs.
    database: TestDatabase,
    cluster: Option<Arc<Cluster>>,
    members: [Member; 2],
    partner: Client,
    reviewer: Client,
    sent: Rc<RefCell<Sent>>,
}

impl Chaos {
    async fn start(database: TestDatabase, cluster: Option<Arc<Cluster>>) -> Self {
        let (partner_id, partner_secret) = partner_client(&database, "SOLARCO");
        let (reviewer_id, reviewer_secret) = client(&database, &["--role", "reviewer", "--name", "reviewers"]);
        let mut members = [(); 2].map(|()| {
            let (proxy, over) = cluster.is_some().then(|| Proxy::before(&database.url)).unzip();
            let url = over.unwrap_or_else(|| database.url.clone());
            Member { database: TestDatabase { url, ..TestDatabase::sqlite() }, proxy, server: None }
        });
        for member in &mut members {
            member.start("+0").await;
        }
        let address = members[0].public().address;
        let partner = token(&address, &partner_id, &partner_secret).await.unwrap();
        let reviewer = token(&address, &reviewer_id, &reviewer_secret).await.unwrap();
        let (partner, reviewer) =
            (Client::new(&address).with_token(partner), Client::new(&address).with_token(reviewer));
        let chaos = Self { database, cluster, members, partner, reviewer, sent: Rc::default() };
        chaos.note_addresses();
        chaos
    }

    fn note_addresses(&self) {
        for (address, member) in self.sent.borrow_mut().addresses.iter_mut().zip(&self.members) {
            *address = member.public().address;
        }
    }

    /// Has somebody write, to one process and the other in turn, until the end and until everything is acknowledged.
    fn write(&self, writer: usize) -> JoinHandle<()> {
        let (sent, partner, reviewer) = (self.sent.clone(), self.partner.clone(), self.reviewer.clone());
        actix_web::rt::spawn(async move {
            let mut turn = writer;
            loop {
                let Some(work) = sent.borrow_mut().next() else { return };
                turn += 1;
                let address = sent.borrow().addresses[turn % 2].clone();
                let (who, path, body) = match &work {
                    Work::Register(number) => (&partner, "/v1/installations".to_owned(), home_of(*number)),
                    Work::Verify(id) => {
                        (&reviewer, format!("/v1/installations/{id}/verify"), json!({"evidence_tier": "document"}))
                    }
                };
                let who = Client { address, ..who.clone() };
                let headers = [("content-type", "application/json")];
                let reply = who.try_send("POST", &path, &headers, Some(body.to_string().into())).await;
                sent.borrow_mut().note(work, reply);
                sleep(Duration::from_millis(5)).await;
            }
        })
    }

    async fn disturb(&mut self, what: Disturbance, member: usize) {
        let other = 1 - member;
        let (url, disturbed) = (self.database.url.clone(), &mut self.members[member]);
        match what {
            Disturbance::Kill => {
                disturbed.server.take().unwrap().kill();
                disturbed.start("+0").await;
            }
            Disturbance::Freeze => {
                disturbed.server.as_ref().unwrap().freeze();
                sleep(HOLDS).await;
                self.is_right(other).await;
                self.members[member].server.as_ref().unwrap().thaw();
            }
            Disturbance::HoldTheHead => {
                let held = spawn_blocking(move || hold_the_head(&url));
                sleep(HOLDS / 2).await;
                self.is_right(member).await;
                self.is_right(other).await;
                held.await.unwrap();
            }
            Disturbance::ClockAhead | Disturbance::ClockBehind => {
                disturbed.server.take().unwrap().kill();
                disturbed.start(if what == Disturbance::ClockAhead { "+3d" } else { "-3h" }).await;
                self.note_addresses();
                sleep(HOLDS).await;
                self.is_right(member).await;
                let disturbed = &mut self.members[member];
                disturbed.server.take().unwrap().kill();
                disturbed.start("+0").await;
            }
            Disturbance::Cut => disturbed.proxy.as_ref().unwrap().cut(),
            Disturbance::Stall | Disturbance::LoseAnswers | Disturbance::StallAtCommits => {
                let path = match what {
                    Disturbance::Stall => PathFault::Stalls,
                    Disturbance::LoseAnswers => PathFault::KeepsAnswersToCommits,
                    _ => PathFault::StallsAtCommits,
                };
                disturbed.proxy.as_ref().unwrap().open_ones(path);
                sleep(HOLDS).await;
                self.is_right(member).await;
                self.members[member].proxy.as_ref().unwrap().cut();
            }
            Disturbance::Terminate => {
                let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                              WHERE datname = current_database() AND pid <> pg_backend_pid()";
                db_execute(&url, others).unwrap();
            }
            Disturbance::Crash => {
                let cluster = self.cluster.clone().unwrap();
                spawn_blocking(move || {
                    cluster.stop_hard();
                    cluster.start();
                })
                .await
                .unwrap();
            }
        }
        self.note_addresses();
    }

    /// Waits until both processes have followed the head, and take writes.
    async fn recovers(&mut self) {
        let acknowledged = self.sent.borrow().acknowledged();
        self.follow().await;
        let until = Instant::now() + RECOVERS;
        while self.sent.borrow().acknowledged() < acknowledged + 2 * WRITERS {
            assert!(Instant::now() < until, "nothing is acknowledged: {:?}", self.sent.borrow().again);
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until both processes have followed the head.
    async fn follow(&self) {
        let (until, version) = (Instant::now() + RECOVERS, self.db_version());
        for member in 0..2 {
            while self.is_right(member).await < version {
                assert!(Instant::now() < until, "process {member} does not follow");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// The version of a process, whose public number is what a recount of the entries up to this version gives.
    async fn is_right(&self, member: usize) -> i64 {
        let progress = self.members[member].public().get("/v1/progress").await;
        assert_eq!(progress.status, 200, "{}", progress.text);
        let version = progress.body["meta"]["version"].as_i64().unwrap();
        assert!(version <= self.db_version(), "process {member} knows what the register does not");
        let sites = &progress.body["data"]["live"]["sites"];
        for (action, stage) in [("register", "reported"), ("verify", "verified")] {
            let told = sites[stage].as_i64().unwrap();
            assert_eq!(told, self.recount(action, version), "{stage} at version {version} of process {member}");
        }
        version
    }

    /// How many installations have this action as their last one up to a version.
    fn recount(&self, action: &str, version: i64) -> i64 {
        let last = format!(
            "SELECT subject, action, ROW_NUMBER() OVER (PARTITION BY subject ORDER BY version DESC) AS place \
             FROM entries WHERE version <= {version} AND subject LIKE 'installation/%'"
        );
        let count = format!(
            "SELECT CAST(COUNT(*) AS TEXT) AS line FROM ({last}) AS last WHERE place = 1 AND action = '{action}'"
        );
        db_lines(&self.database.url, &count).remove(0).parse().unwrap()
    }

    fn db_version(&self) -> i64 {
        db_lines(&self.database.url, "SELECT CAST(version AS TEXT) AS line FROM register_head")
            .remove(0)
            .parse()
            .unwrap()
    }

    /// Everything that was to be sent is acknowledged in the end, and everything that was acknowledged is there, once.
    async fn end(mut self, writers: Vec<JoinHandle<()>>) {
        self.sent.borrow_mut().ends = true;
        for writer in writers {
            writer.await.unwrap();
        }
        let held = |query: &str| db_lines(&self.database.url, query);
        let acknowledged = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>();
        let homes = held("SELECT external_id AS line FROM installations ORDER BY external_id");
        assert_eq!(homes, acknowledged(&self.sent.borrow().homes));
        let verified = held("SELECT id AS line FROM installations WHERE status = 'verified' ORDER BY id");
        assert_eq!(verified, acknowledged(&self.sent.borrow().verified));
        self.follow().await;
        let [one, other] = self.members.each_ref().map(Member::public);
        assert_eq!(one.get("/v1/progress").await.text, other.get("/v1/progress").await.text);
        for member in &mut self.members {
            assert_eq!(member.server.take().unwrap().terminate(), Some(0));
        }
        let report = audit(&self.database.db_open(), MAKE).unwrap();
        assert!(report.ok, "{:?}", report.findings);
    }
}

/// A home with a size of its own.
fn home_of(number: usize) -> Value {
    let mut body = home(&format!("{number:06}"));
    body["measures"][0]["quantity"] = json!(1 + number % 7);
    body
}

/// Holds the lock that every batch takes.
fn hold_the_head(url: &str) {
    use diesel::connection::SimpleConnection;
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut connection = db_sqlite(path);
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        std::thread::sleep(HOLDS);
        connection.batch_execute("ROLLBACK").unwrap();
    } else {
        let seconds = HOLDS.as_secs();
        let hold = format!("BEGIN; SELECT * FROM register_head FOR UPDATE; SELECT pg_sleep({seconds}); ROLLBACK");
        db_execute(url, &hold).unwrap();
    }
}
