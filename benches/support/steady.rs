//! A steady flow of new installations beside another load: so many a second, each sent when its
//! time has come, whatever became of those before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::generator::Generator;
use super::http::{self, Connection};
use super::{Result, facts};

/// Connections that share the flow; each waits for its answer before it sends again.
const SENDERS: u64 = 16;

/// A flow that goes on until it is stopped.
pub struct Flow {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    began: Instant,
    senders: Vec<JoinHandle<Result<()>>>,
}

impl Flow {
    /// Starts to write `a_second` homes from number `first` on, for `seconds` at most.
    pub fn start(
        address: SocketAddr,
        token: &str,
        generator: &Generator,
        first: u64,
        a_second: u64,
        seconds: u64,
    ) -> Result<Self> {
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
        let request = |number| {
            let body = facts::body(&generator.home(number)).ok_or("a home without a job")?;
            Ok(http::post("/v1/installations", &headers, &body.to_string()))
        };
        let mut shares = Vec::new();
        for sender in 0..SENDERS {
            let numbers = (first + sender..first + a_second * seconds).step_by(usize::try_from(SENDERS)?);
            shares.push((sender, numbers.map(request).collect::<Result<Vec<_>>>()?));
        }
        let began = Instant::now();
        let mut senders = Vec::new();
        for (sender, requests) in shares {
            let (stop, written) = (stop.clone(), written.clone());
            let due = move |place: u32| {
                let nanoseconds = (sender + SENDERS * u64::from(place)) * 1_000_000_000 / a_second;
                began + Duration::from_nanos(nanoseconds)
            };
            senders.push(std::thread::spawn(move || send(address, &requests, due, &stop, &written)));
        }
        Ok(Self { stop, written, began, senders })
    }

    /// How many were written so far, and since when.
    pub fn so_far(&self) -> (u64, Duration) {
        (self.written.load(Ordering::Relaxed), self.began.elapsed())
    }

    /// Ends the flow; an answer other than 201 on the way is an error.
    pub fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        for sender in self.senders {
            sender.join().map_err(|_| "a sender broke")??;
        }
        Ok(())
    }
}

fn send(
    address: SocketAddr,
    requests: &[Vec<u8>],
    due: impl Fn(u32) -> Instant,
    stop: &AtomicBool,
    written: &AtomicU64,
) -> Result<()> {
    let mut connection = Connection::to(address)?;
    for (place, request) in (0..).zip(requests) {
        std::thread::sleep(due(place).saturating_duration_since(Instant::now()));
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let answer = connection.send(request)?;
        if answer.status != 201 {
            return Err(format!("a write gives {}: {}", answer.status, String::from_utf8_lossy(&answer.body)).into());
        }
        written.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
