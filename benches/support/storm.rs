//! More than the service can do: many connections, each sending new installations on its own, at most so many a second
//! together. Accepted and refused are told apart, which `wrk` cannot.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Result;
use super::http::{self, Answer, Connection};

/// A thread does nothing but send and read.
const STACK: usize = 128 * 1024;

/// What became of what was sent.
#[derive(Default)]
pub struct Outcome {
    /// How long each accepted one took.
    pub accepted: Vec<Duration>,
    /// Answered 429 or 503 with `Retry-After`.
    pub refused: u64,
    /// Answered otherwise, or not at all.
    pub failures: u64,
}

/// Who sends, and where to.
pub struct Storm {
    address: SocketAddr,
    headers: String,
    next: AtomicU64,
}

impl Storm {
    /// A storm of homes from number `first` on, each sent once.
    pub fn new(address: SocketAddr, token: &str, first: u64) -> Arc<Self> {
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        Arc::new(Self { address, headers, next: AtomicU64::new(first) })
    }

    /// Begins to send over this many connections, each once in `pace`, until the instant.
    pub fn begin(self: &Arc<Self>, connections: u32, pace: Duration, until: Instant) -> Result<Blowing> {
        let began = Instant::now();
        let mut senders = Vec::new();
        for number in 0..connections {
            let (storm, late) = (self.clone(), pace * number / connections);
            let sender = std::thread::Builder::new().stack_size(STACK);
            senders.push(sender.spawn(move || storm.send(began + late, pace, until))?);
        }
        Ok(Blowing(senders))
    }

    fn send(&self, mut due: Instant, pace: Duration, until: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        let mut connection = None;
        while due < until {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let began = Instant::now();
            match self.send_one(&mut connection) {
                Ok(answer) if answer.status == 201 => outcome.accepted.push(began.elapsed()),
                Ok(answer) if matches!(answer.status, 429 | 503) && answer.retry_after => outcome.refused += 1,
                Ok(_) => outcome.failures += 1,
                Err(_) => {
                    outcome.failures += 1;
                    connection = None;
                }
            }
            // What could not be sent in time is not made up for.
            due = Instant::now().max(due + pace);
        }
        outcome
    }

    fn send_one(&self, connection: &mut Option<Connection>) -> Result<Answer> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let request = http::post("/v1/installations", &self.headers, &body(number));
        match connection {
            Some(open) => open.send(&request),
            None => connection.insert(Connection::to(self.address)?).send(&request),
        }
    }
}

/// A storm that goes on.
pub struct Blowing(Vec<JoinHandle<Outcome>>);

impl Blowing {
    /// Waits for its end; the accepted ones are sorted.
    pub fn wait(self) -> Result<Outcome> {
        let mut all = Outcome::default();
        for sender in self.0 {
            let one = sender.join().map_err(|_| "a sender broke")?;
            all.accepted.extend(one.accepted);
            all.refused += one.refused;
            all.failures += one.failures;
        }
        all.accepted.sort_unstable();
        Ok(all)
    }
}

/// 99 of 100 are at most this, of sorted ones; in milliseconds.
pub fn p99_ms(sorted: &[Duration]) -> f64 {
    let place = sorted.len() * 99 / 100;
    sorted.get(place).map_or(f64::INFINITY, |duration| duration.as_secs_f64() * 1e3)
}

/// All homes fall into the same cells: what is written does not make the memory grow.
fn body(number: u64) -> String {
    format!(
        r#"{{"external_id":"I-{number}","site":{{"external_id":"S-{number}","kind":"home","province_code":"01"}},"status":"installed","installed_on":"2026-01-15","measures":[{{"measure":"rooftop_solar_pv","quantity":5.4}}]}}"#
    )
}
