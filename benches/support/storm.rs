//! More than the service can do: many connections, each sending new installations on its own, together at most so many
//! a second. All in one thread, so that the load takes one processor's share and no more. Accepted and refused are told
//! apart, which `wrk` cannot.

use std::cell::Cell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use actix_web::rt::{System, spawn, time};

use super::Result;
use super::http;

/// What became of what was sent.
#[derive(Default)]
pub struct Outcome {
    /// How long each accepted one took, sorted.
    pub accepted: Vec<Duration>,
    /// Answered 429 or 503 with `Retry-After`.
    pub refused: u64,
    /// What else was answered, or why nothing was.
    pub failures: Vec<String>,
}

/// How much, and how long.
#[derive(Clone, Copy)]
pub struct Force {
    /// How many connections.
    pub connections: u32,
    /// How long a connection takes for one request at least.
    pub pace: Duration,
    /// How long it blows before anything is counted: the connections are opened meanwhile.
    pub warm_up: Duration,
    /// How long it is counted.
    pub long: Duration,
}

/// A storm that goes on.
pub struct Storm(JoinHandle<Result<Outcome>>);

impl Storm {
    /// Begins to send homes from number `first` on, each once.
    pub fn begin(address: SocketAddr, token: &str, first: u64, force: Force) -> Self {
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        Self(std::thread::spawn(move || System::new().block_on(blow(address, headers, first, force))))
    }

    /// Waits for its end.
    pub fn wait(self) -> Result<Outcome> {
        self.0.join().map_err(|_| "the storm broke")?
    }
}

async fn blow(address: SocketAddr, headers: String, first: u64, force: Force) -> Result<Outcome> {
    let (headers, next) = (Rc::new(headers), Rc::new(Cell::new(first)));
    let counted_from = Instant::now() + force.warm_up;
    let mut senders = Vec::new();
    for _ in 0..force.connections {
        let sender = Sender { address, headers: headers.clone(), next: next.clone(), pace: force.pace };
        senders.push(spawn(sender.send(counted_from, counted_from + force.long)));
    }
    let mut all = Outcome::default();
    for sender in senders {
        let one = sender.await?;
        all.accepted.extend(one.accepted);
        all.refused += one.refused;
        all.failures.extend(one.failures);
    }
    all.accepted.sort_unstable();
    Ok(all)
}

/// One connection.
struct Sender {
    address: SocketAddr,
    headers: Rc<String>,
    next: Rc<Cell<u64>>,
    pace: Duration,
}

impl Sender {
    async fn send(self, counted_from: Instant, until: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        let mut connection = None;
        while Instant::now() < until {
            let began = Instant::now();
            let answered = self.send_one(&mut connection).await;
            if began >= counted_from {
                match answered {
                    Ok(head) if head.starts_with("HTTP/1.1 201") => outcome.accepted.push(began.elapsed()),
                    Ok(head) if refuses(&head) => outcome.refused += 1,
                    Ok(head) => outcome.failures.push(head),
                    Err(error) => outcome.failures.push(error.to_string()),
                }
            }
            // What could not be sent in time is not made up for.
            time::sleep_until((began + self.pace).into()).await;
        }
        outcome
    }

    /// Gives the head of the answer; a connection that broke is opened again the next time.
    async fn send_one(&self, connection: &mut Option<TcpStream>) -> std::io::Result<String> {
        let number = self.next.replace(self.next.get() + 1);
        let request = http::post("/v1/installations", &self.headers, &body(number));
        let stream = match connection.take() {
            Some(open) => open,
            None => TcpStream::connect(self.address).await?,
        };
        let head = exchange(&stream, &request).await?;
        if header(&head, "connection").is_none_or(|word| word != "close") {
            *connection = Some(stream);
        }
        Ok(head)
    }
}

/// Sends a request; gives the head of its answer, once all of it is there.
pub async fn exchange(stream: &TcpStream, request: &[u8]) -> std::io::Result<String> {
    let mut rest = request;
    while !rest.is_empty() {
        stream.writable().await?;
        match stream.try_write(rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        stream.readable().await?;
        match stream.try_read(&mut part) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => answer.extend_from_slice(part.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && header(head, "content-length").and_then(|length| length.parse().ok()) == Some(body.len())
        {
            return Ok(head.to_owned());
        }
    }
}

/// A header of an answer.
fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

/// Whether an answer says that it is too much, and when to try again.
fn refuses(head: &str) -> bool {
    let status = head.split(' ').nth(1);
    matches!(status, Some("429" | "503")) && header(head, "retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok())
}

/// 99 of 100 are at most this, of sorted ones; in milliseconds.
pub fn p99_ms(sorted: &[Duration]) -> f64 {
    let place = sorted.len() * 99 / 100;
    sorted.get(place).map_or(f64::INFINITY, |duration| duration.as_secs_f64() * 1e3)
}

/// All homes fall into the same cells: what is written does not make the memory grow.
pub fn body(number: u64) -> String {
    let site = format!(r#"{{"external_id":"S-{number}","kind":"home","province_code":"01"}}"#);
    let measures = r#"[{"measure":"rooftop_solar_pv","quantity":5.4}]"#;
    format!(
        r#"{{"external_id":"I-{number}","site":{site},"status":"installed","installed_on":"2026-01-15","measures":{measures}}}"#
    )
}
