//! A path to a PostgreSQL that a test can cut, stall, or rob of its replies. It is a real proxy on a port of its own.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// What a connection does with what it is given, instead of handing it on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PathFault {
    /// Takes it, and hands nothing on, in either direction.
    Stalls = 1,
    /// Hands on what is asked, and keeps what is answered to a COMMIT and from then on.
    KeepsAnswersToCommits = 2,
    /// Hands on what is asked, and keeps what is answered.
    SwallowsReplies = 3,
    /// Hands on what is asked until a COMMIT, and from then on nothing.
    StallsAtCommits = 4,
}

/// The number of a path that hands everything on.
const PASSES: u8 = 0;

/// A path to a server.
pub struct Proxy {
    connections: Arc<Mutex<Vec<Connection>>>,
}

struct Connection {
    path: Arc<AtomicU8>,
    ends: [TcpStream; 2],
}

impl Proxy {
    /// A path to the server of a URL, and the URL that leads over it.
    pub fn before(url: &str) -> (Self, String) {
        let place = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let proxy = Self { connections: connections.clone() };
        let over = url.replace(&place, &format!("127.0.0.1:{port}"));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&place)) else { continue };
                let path = Arc::new(AtomicU8::new(PASSES));
                let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
                let pumps = [(client.try_clone().unwrap(), server.try_clone().unwrap(), false), (server, client, true)];
                for (from, to, is_reply) in pumps {
                    let path = path.clone();
                    std::thread::spawn(move || pump(from, to, &path, is_reply));
                }
                connections.lock().unwrap().push(Connection { path, ends });
            }
        });
        (proxy, over)
    }

    /// Makes every connection that is open now behave so; new ones pass.
    pub fn open_ones(&self, path: PathFault) {
        for connection in &*self.connections.lock().unwrap() {
            connection.path.store(path as u8, Ordering::SeqCst);
        }
    }

    /// Breaks every connection that is open now.
    pub fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            for end in connection.ends {
                let _ = end.shutdown(Shutdown::Both);
            }
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, path: &AtomicU8, is_reply: bool) {
    let mut bytes = [0; 16 << 10];
    while let Ok(count) = from.read(&mut bytes) {
        let is_commit = !is_reply && bytes[..count].windows(7).any(|word| word == b"COMMIT\0");
        for (until_commit, then) in [
            (PathFault::KeepsAnswersToCommits, PathFault::SwallowsReplies),
            (PathFault::StallsAtCommits, PathFault::Stalls),
        ] {
            if is_commit && path.load(Ordering::SeqCst) == until_commit as u8 {
                path.store(then as u8, Ordering::SeqCst);
            }
        }
        let path = path.load(Ordering::SeqCst);
        let is_taken = path == PathFault::Stalls as u8 || (path == PathFault::SwallowsReplies as u8 && is_reply);
        if count == 0 || (!is_taken && to.write_all(&bytes[..count]).is_err()) {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
