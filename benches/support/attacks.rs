//! Callers who mean harm, one kind at a time: while they do what they can within the limits that are set where nothing is set, the
//! public reads its number and another partner's homes are recorded.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::rt::net::{TcpSocket, TcpStream};
use actix_web::rt::{System, spawn, time};
use chrono::Days;
use green_homes::db::{Database, Url};

use super::overload::Reader;
use super::postgres::Cluster;
use super::report::{Report, Row, Target};
use super::service::{Limits, Register, Service};
use super::storm::{self, Force, Storm, p99_ms};
use super::{Plan, Result, facts, figure, http, seed};

/// Homes in the register before; the attacker's partner recorded a twelfth of them.
const SEEDED: u64 = 100_000;
const FIRST_OTHER: u64 = 400_000_000;
const FIRST_ATTACK: u64 = 600_000_000;
/// What the headline and another partner's home may take, in milliseconds.
const READ: f64 = 50.0;
const WRITTEN: f64 = 250.0;
/// The other partner: connections, and how long each takes for one home at least.
const OTHERS: u32 = 4;
const PACE: Duration = Duration::from_millis(100);
/// Pages that one connection of those who never read asks for.
const PIPELINED: usize = 64;

/// How an attacker goes about it.
struct Attack {
    name: &'static str,
    connections: u8,
    /// The addresses that they come from.
    addresses: u8,
    reads: bool,
    /// The status of an answer that shows that it got where it wanted to; some come while most are refused.
    reaches: u16,
    /// The request of a number.
    request: Box<dyn Fn(u64) -> Vec<u8> + Send>,
}

pub fn measure(plan: &Plan, report: &mut Report) -> Result<()> {
    let seeded = seed::sqlite(&plan.seeds, SEEDED)?;
    let cluster = Cluster::private();
    let template = cluster.create_database();
    seed::fill(&Database::open(&Url::parse(&template)?, 2)?, SEEDED)?;
    let name = template.rsplit('/').next().unwrap_or_default();
    for number in 0..attacks(plan, "").len() {
        one(plan, report, "SQLite", Register::Sqlite(&seeded), number)?;
        let copy = cluster.create_database_from(name);
        one(plan, report, "PostgreSQL", Register::Postgres(&copy), number)?;
    }
    Ok(())
}

fn attacks(plan: &Plan, token: &str) -> Vec<Attack> {
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let get = |path: String, headers: &str| format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n").into_bytes();
    let json = format!("Content-Type: application/json\r\n{bearer}");
    let today = plan.today;
    let attack = |name, (connections, addresses), reaches, request| {
        let reads = true;
        Attack { name, connections, addresses, reads, reaches, request }
    };
    vec![
        Attack {
            reads: false,
            ..attack("callers who never read", (250, 6), 200, Box::new(move |_| get("/openapi.json".to_owned(), "")))
        },
        attack(
            "one partner's long lists",
            (32, 1),
            200,
            Box::new(move |number| {
                let pair =
                    if number % 2 == 0 { "status=decommissioned&province=48" } else { "status=pledged&province=96" };
                get(format!("/v1/installations?{pair}&limit=200"), &bearer)
            }),
        ),
        attack(
            "past days without a token",
            (32, 2),
            200,
            // The last closed day is read anew each time; of days before the register there are many pages.
            Box::new(move |number| {
                let (last, earlier) = (today - Days::new(1), today - Days::new(2 + number % 3_000));
                let path = match number % 3 {
                    0 => format!("/v1/progress/days/{last}/sealed"),
                    1 => format!("/v1/progress?as_of={last}"),
                    _ => format!("/v1/progress?as_of={earlier}"),
                };
                get(path, "")
            }),
        ),
        attack(
            "guessed secrets",
            (32, 2),
            401,
            Box::new(|number| {
                let form = format!("grant_type=client_credentials&client_id=c-guessed&client_secret=guess-{number}");
                http::post("/oauth/token", "Content-Type: application/x-www-form-urlencoded\r\n", &form)
            }),
        ),
        attack(
            "one partner's made-up homes",
            (64, 1),
            201,
            Box::new(move |number| http::post("/v1/installations", &json, &storm::body(FIRST_ATTACK + number))),
        ),
        attack(
            "addresses that are not there",
            (32, 2),
            404,
            Box::new(move |number| get(format!("/v1/none/{number}"), "")),
        ),
    ]
}

/// Measures readers and another partner while the attack of this number goes on.
fn one(plan: &Plan, report: &mut Report, on: &str, register: Register, number: usize) -> Result<()> {
    let service = Service::start(&plan.scratch, register, Limits::Defaults)?;
    service.confine()?;
    let attacker = service.new_token(&["partner", "--partner", facts::partner(0).as_str()])?;
    let attack = attacks(plan, &attacker).swap_remove(number);
    let (name, is_answered, reaches) = (format!("{}, {on}", attack.name), attack.reads, attack.reaches);
    let (address, idle, token) = (service.address, service.memory()?.0, service.token()?);
    let attack = Attackers::begin(address, attack);
    let warm_up = Duration::from_secs(plan.warm_up);
    std::thread::sleep(warm_up);
    let reader = Reader::start(address)?;
    let long = Duration::from_secs(plan.seconds);
    let other = Force { connections: OTHERS, pace: PACE, warm_up: Duration::ZERO, long };
    let outcome = Storm::begin(address, &token, FIRST_OTHER, other).wait()?;
    let (reads, failed_reads) = reader.stop()?;
    let answers = attack.stop()?;
    let row = |what: &str, ours: f64, most: f64, failures: u64| Row {
        name: format!("{name}: {what} / {most} ms"),
        ours: vec![ours],
        theirs: vec![most],
        target: Target::AtMost(1.0),
        failures,
    };
    let failures = outcome.refused + outcome.failures.len() as u64;
    if let Some(failure) = outcome.failures.first() {
        eprintln!("  a home of another partner: {failure}");
    }
    report.add(row("p99 of GET /v1/progress", p99_ms(&reads), READ, failed_reads));
    report.add(row("p99 of another's POST", p99_ms(&outcome.accepted), WRITTEN, failures));
    for (status, answers) in &answers {
        report.note(format!("{name}: answers {status}"), figure(*answers) / (long + warm_up).as_secs_f64(), "a second");
    }
    if is_answered && !answers.contains_key(&reaches) {
        return Err(format!("{name}: the attack comes to nothing, no answer is {reaches}").into());
    }
    report.note(format!("{name}: memory before"), idle, "MiB");
    report.note(format!("{name}: memory at its highest"), service.memory()?.1, "MiB");
    Ok(())
}

/// How many answers of each status there were.
type Answers = BTreeMap<u16, u64>;

/// Those who attack, all in one thread.
struct Attackers {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Answers>>,
}

impl Attackers {
    fn begin(address: SocketAddr, attack: Attack) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = std::thread::spawn(move || System::new().block_on(attack.goes_on(address, told)));
        Self { stop, thread }
    }

    /// The answers that they got.
    fn stop(self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the attackers broke")?
    }
}

impl Attack {
    async fn goes_on(self, address: SocketAddr, stop: Arc<AtomicBool>) -> Result<Answers> {
        let (attack, next) = (Rc::new(self), Rc::new(Cell::new(0)));
        let mut attackers = Vec::new();
        for from in 1..=attack.addresses {
            for _ in 0..attack.connections {
                let (attack, next, stop) = (attack.clone(), next.clone(), stop.clone());
                attackers.push(spawn(async move { attack.of_one(address, from, &next, &stop).await }));
            }
        }
        let mut all = Answers::new();
        for attacker in attackers {
            for (status, answers) in attacker.await? {
                *all.entry(status).or_default() += answers;
            }
        }
        Ok(all)
    }

    /// What one connection does, opened again when it breaks; the answers that it got.
    async fn of_one(&self, to: SocketAddr, from: u8, next: &Cell<u64>, stop: &AtomicBool) -> Answers {
        let (mut answers, mut connection) = (Answers::new(), None);
        while !stop.load(Ordering::Relaxed) {
            let open = match connection.take() {
                Some(open) => Ok(open),
                None => connect(to, from).await,
            };
            let Ok(stream) = open else {
                time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let number = next.replace(next.get() + 1);
            let request = (self.request)(number);
            if self.reads {
                if let Ok(head) = storm::exchange(&stream, &request).await {
                    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                    *answers.entry(status.unwrap_or_default()).or_default() += 1;
                    connection = (!head.to_ascii_lowercase().contains("connection: close")).then_some(stream);
                }
            } else {
                // As much as is taken at once, and then nothing is read until it is cut off.
                let _ = stream.writable().await;
                let _ = stream.try_write(&request.repeat(PIPELINED));
                while !stop.load(Ordering::Relaxed) && stream.peek(&mut [0]).await.is_ok_and(|there| there > 0) {
                    time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        answers
    }
}

/// From an address of this machine that is not the reader's.
async fn connect(to: SocketAddr, from: u8) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 1, from], 0)))?;
    socket.connect(to).await
}
