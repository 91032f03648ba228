//! Callers who ask and never read: they take little memory, and nobody else waits.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use green_homes::register::system_clock;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};

use crate::process::{Process, command};
use crate::support::{App, Client, TestDatabase, run};

/// The largest page that everybody may ask for, some 700 KB.
const BIG: &str = "/openapi.json";
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A socket from this address whose own buffer is small, so that little is on the way unread.
fn open(to: &str, from: [u8; 4]) -> TcpStream {
    let to: SocketAddr = to.trim_start_matches("http://").parse().unwrap();
    let opened = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    sockopt::set_socket_recv_buffer_size(&opened, 4096).unwrap();
    bind(&opened, &SocketAddr::from((from, 0))).unwrap();
    connect(&opened, &to).unwrap();
    TcpStream::from(opened)
}

/// A request as it stands on the line.
fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{headers}\r\n")
}

/// Memory of a process in bytes, as `/proc` calls it: `VmRSS` now, `VmHWM` at most so far.
fn memory(server: &Process, which: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// Starts a service, asks for the page once so that it is made, and gives its memory.
fn serve(path: &str) -> (TestDatabase, Process, usize) {
    let database = TestDatabase::sqlite();
    let mut command = command(&database, database.data_dir.path());
    command.arg("serve");
    let server = Process::start(command);
    run(async { assert_eq!(Client::new(&server.address).get(path).await.status, 200) });
    let before = memory(&server, "VmHWM");
    (database, server, before)
}

#[test]
fn ask_for_big_pages_and_never_read_takes_little_memory_and_leaves_others_alone() {
    let (_database, server, before) = serve(BIG);
    let asked = request("GET", BIG, "").repeat(50);
    let unread: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut socket = open(&server.address, [127, 0, 0, 2]);
            socket.write_all(asked.as_bytes()).unwrap();
            socket
        })
        .collect();
    for socket in &unread {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(socket.peek(&mut [0]).unwrap(), 1, "the first answer has begun");
    }
    let whole = run(async {
        let public = Client::new(&server.address);
        assert_eq!(public.get("/v1/progress").await.status, 200);
        public.get("/openapi.json").await.bytes.len()
    });
    // Two hundred pages would take 140 MB.
    let grown = memory(&server, "VmHWM").saturating_sub(before);
    assert!(grown < 60 << 20, "{} KiB more", grown >> 10);
    // Whoever reads late gets everything.
    let mut late = &unread[0];
    let (mut answered, mut buffer) = (0, vec![0; 1 << 16]);
    while answered < 50 * whole {
        let read = late.read(&mut buffer).unwrap();
        assert!(read > 0, "cut off after {answered} bytes");
        answered += read;
    }
}

#[test]
fn ask_for_answers_without_a_body_and_never_read_is_no_longer_read_either() {
    let (_database, server, before) = serve("/v1/progress");
    for asked in [
        request("GET", "/v1/progress", "if-none-match: *\r\n"),
        request("HEAD", "/v1/progress", ""),
        request("OPTIONS", "/v1/progress", "origin: http://a\r\naccess-control-request-method: GET\r\n"),
        request("GET", "/wp-admin", ""),
    ] {
        let mut socket = open(&server.address, [127, 0, 0, 2]);
        socket.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        let many = asked.repeat(1000);
        let mut taken = 0;
        let stopped = loop {
            match socket.write(many.as_bytes()) {
                Ok(written) => taken += written,
                Err(error) => break error,
            }
            assert!(taken < 32 << 20, "the service reads on: {asked}");
        };
        assert!([ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&stopped.kind()), "{stopped}");
    }
    run(async { assert_eq!(Client::new(&server.address).get("/v1/progress").await.status, 200) });
    let grown = memory(&server, "VmHWM").saturating_sub(before);
    assert!(grown < 30 << 20, "{} KiB more", grown >> 10);
}

/// Whether the service closed this connection, or answers on it.
fn is_closed(mut socket: &TcpStream) -> bool {
    // A connection that was closed may refuse what is written, or may not yet.
    let written = socket.write_all(request("GET", "/livez", "").as_bytes());
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    match written.and_then(|()| socket.read(&mut [0; 4096])) {
        Ok(read) => read == 0,
        Err(error) => {
            assert!([ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()), "{error}");
            true
        }
    }
}

#[test]
fn open_more_connections_than_one_address_may_have_closes_those_alone() {
    run(async {
        let database = TestDatabase::sqlite();
        let mut settings = database.settings();
        settings.address_connections = 4;
        let app = App::start_with(database, settings, system_clock()).await;
        let address = app.address.clone();
        let check = move || {
            let mut held: Vec<TcpStream> = (0..4).map(|_| open(&address, [127, 0, 0, 2])).collect();
            assert!(held.iter().all(|socket| !is_closed(socket)));
            for _ in 0..10 {
                assert!(is_closed(&open(&address, [127, 0, 0, 2])), "one too many");
            }
            assert!(!is_closed(&open(&address, [127, 0, 0, 3])), "another address");
            assert!(held.iter().all(|socket| !is_closed(socket)), "those that were there");
            held.pop();
            let until = Instant::now() + PATIENCE;
            while is_closed(&open(&address, [127, 0, 0, 2])) {
                assert!(Instant::now() < until, "a connection that closed counts on");
            }
        };
        actix_web::rt::task::spawn_blocking(check).await.unwrap();
        app.stop().await;
    });
}

#[test]
fn ask_through_a_trusted_proxy_and_never_read_is_refused_and_others_behind_it_are_not() {
    run(async {
        let database = TestDatabase::sqlite();
        let mut settings = database.settings();
        (settings.address_connections, settings.trusted_proxies) = (4, Some("127.0.0.0/8".to_owned()));
        let app = App::start_with(database, settings, system_clock()).await;
        let address = app.address.clone();
        let unread = actix_web::rt::task::spawn_blocking(move || {
            let asked = request("GET", BIG, "x-forwarded-for: 198.51.100.1\r\n").repeat(50);
            let ask = |_| {
                let mut socket = open(&address, [127, 0, 0, 1]);
                socket.write_all(asked.as_bytes()).unwrap();
                socket
            };
            (0..8).map(ask).collect::<Vec<_>>()
        });
        let unread = unread.await.unwrap();
        let ask = async |from: &str| app.public().send("GET", "/v1/progress", &[("x-forwarded-for", from)], None).await;
        let until = Instant::now() + PATIENCE;
        let refused = loop {
            let reply = ask("198.51.100.1").await;
            if reply.status == 429 {
                break reply;
            }
            assert!(Instant::now() < until, "requests under way are not counted");
        };
        assert_eq!((refused.body["code"].as_str(), refused.header("retry-after")), (Some("too_many_requests"), "1"));
        assert_eq!(ask("198.51.100.2").await.status, 200, "another address behind the proxy");
        assert_eq!(app.public().get("/v1/progress").await.status, 200, "the proxy itself");
        drop(unread);
        while ask("198.51.100.1").await.status != 200 {
            assert!(Instant::now() < until, "a request that nobody waits for counts on");
        }
        app.stop().await;
    });
}
