//! The shipped Caddyfile in front of the real service, with a certificate that Caddy signs itself.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{DOCUMENT, program};
use crate::process::{Process, Running, command};
use crate::support::TestDatabase;

const CADDYFILE: &str = include_str!("../../../deploy/Caddyfile");

/// A Caddy that serves `localhost`, as docker-compose.yml starts it where no domain is set.
struct Caddy {
    // Ends before its folder is taken away.
    running: Running,
    https: u16,
    http: u16,
    folder: TempDir,
}

impl Caddy {
    /// In front of a service. `change` is what a test wants otherwise in the shipped file.
    fn before(upstream: &str, change: impl Fn(String) -> String) -> Self {
        let [https, http] = free_ports();
        let folder = tempfile::tempdir().unwrap();
        // The ports and the place of the certificates alone: 80, 443 and the home of Caddy's user belong to the machine.
        let here = format!(
            "{{\n\thttps_port {https}\n\thttp_port {http}\n\tadmin off\n\tskip_install_trust\n\tstorage file_system {}\n",
            folder.path().display()
        );
        let (before, after) = CADDYFILE.split_once("\n{\n").expect("the options of Caddy");
        let file = folder.path().join("Caddyfile");
        fs::write(&file, change(format!("{before}\n{here}{after}"))).unwrap();
        let mut caddy = caddy(&folder);
        caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file);
        caddy
            .env("GREEN_HOMES_DOMAIN", "localhost")
            .env("GREEN_HOMES_UPSTREAM", upstream.trim_start_matches("http://"));
        caddy.stdout(Stdio::null());
        caddy.stderr(fs::File::create(folder.path().join("log")).unwrap());
        let mut started = Self { https, http, folder, running: Running::start(caddy) };
        let until = Instant::now() + Duration::from_secs(30);
        // It signs its certificate after it listens.
        while connect(http).is_err() || !started.ask("/", &[]).status.success() {
            let waits = started.running.goes_on() && Instant::now() < until;
            assert!(waits, "{}", fs::read_to_string(started.folder.path().join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
        started
    }

    fn ask(&self, path: &str, arguments: &[&str]) -> Output {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--http2", "--path-as-is", "--include", "--noproxy", "*", "--cacert"]);
        curl.arg(self.folder.path().join("pki/authorities/local/root.crt")).args(arguments);
        curl.arg(format!("https://localhost:{}{path}", self.https)).output().unwrap()
    }

    /// What the public gets: the version of HTTP, the status, the headers and the body.
    fn get(&self, path: &str, arguments: &[&str]) -> Answer {
        let output = self.ask(path, arguments);
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut first = head.lines().next().unwrap().split(' ');
        let (http, status) = (first.next().unwrap().to_owned(), first.next().unwrap().parse().unwrap());
        Answer { http, status, head: head.to_owned(), body: body.to_owned() }
    }
}

struct Answer {
    http: String,
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.next().unwrap_or_default()
    }
}

fn caddy(folder: &TempDir) -> Command {
    let mut caddy = Command::new(program("caddy"));
    caddy.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
    caddy.stdin(Stdio::null());
    caddy
}

/// Two ports that nobody has, both held until both are known.
fn free_ports() -> [u16; 2] {
    let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.each_ref().map(|listener| listener.local_addr().unwrap().port())
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect(("127.0.0.1", port))
}

fn service(database: &TestDatabase) -> Process {
    let mut serve = command(database, database.data_dir.path());
    serve.args(["serve", "--metrics-listen", "127.0.0.1:0", "--trusted-proxies", "127.0.0.1,::1"]);
    Process::start(serve)
}

#[test]
fn ask_through_caddy_the_public_gets_http_2_and_nothing_of_operators() {
    let database = TestDatabase::sqlite();
    let server = service(&database);
    let caddy = Caddy::before(&server.address, |file| file);
    let progress = caddy.get("/v1/progress", &[]);
    assert_eq!((&*progress.http, progress.status), ("HTTP/2", 200), "{}", progress.head);
    assert!(progress.header("strict-transport-security").starts_with("max-age="), "{}", progress.head);
    // A proxy that compresses or changes the answer would break these.
    let etag = progress.header("etag");
    assert!(!etag.is_empty() && !etag.starts_with("W/"), "{}", progress.head);
    let unchanged = caddy.get("/v1/progress", &["--header", &format!("If-None-Match: {etag}")]);
    assert_eq!(unchanged.status, 304, "{}", unchanged.head);

    let ready = caddy.get("/readyz", &[]);
    assert_eq!(ready.status, 200, "{}", ready.body);
    // Even where operators' own listener stands behind Caddy by mistake, this is shut.
    let mistaken = Caddy::before(&server.metrics_address, |file| file);
    for caddy in [&caddy, &mistaken] {
        for path in ["/readyz?verbose", "/readyz?verbose=", "/readyz?verbose=true", "/readyz?a=b&verbose", "/metrics"] {
            let shut = caddy.get(path, &[]);
            assert_eq!(shut.status, 404, "{path}: {}", shut.body);
            let is_told = ["database", "disk", "green_homes_"].iter().any(|word| shut.body.contains(word));
            assert!(!is_told, "{path}: {}", shut.body);
        }
    }
    // Whoever comes without TLS is sent on.
    let plain = format!("http://localhost:{}/v1/progress", caddy.http);
    let form = "%{http_code} %{redirect_url}";
    let sent_on =
        Command::new("curl").args(["--silent", "--noproxy", "*", "--write-out", form, &plain]).output().unwrap();
    let sent_on = String::from_utf8(sent_on.stdout).unwrap();
    assert!(sent_on.starts_with("308 https://localhost") && sent_on.ends_with("/v1/progress"), "{sent_on}");
    server.kill();
}

#[test]
fn send_half_a_request_to_caddy_it_hangs_up() {
    let database = TestDatabase::sqlite();
    let server = service(&database);
    // How long the shipped file waits is read below; nobody waits for it here.
    let caddy = Caddy::before(&server.address, |file| file.replace("read_header 10s", "read_header 10ms"));
    let mut slow = connect(caddy.http).unwrap();
    slow.write_all(b"GET /v1/progress HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    slow.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let ended = slow.read_to_end(&mut Vec::new());
    let is_cut = ended.as_ref().map_or_else(|error| error.kind() == ErrorKind::ConnectionReset, |_| true);
    assert!(is_cut, "it still waits: {ended:?}");
    server.kill();
}

#[test]
fn read_the_caddyfile_caddy_takes_it_with_every_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Caddyfile");
    // The command of the document, which sets the domain.
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/Caddyfile");
    let line = DOCUMENT.lines().find(|line| line.starts_with("sed ")).unwrap();
    let line = line.replace("/usr/share/doc/green-homes/deploy/Caddyfile", shipped);
    let line = line.replace("/etc/caddy/Caddyfile", file.to_str().unwrap());
    assert!(Command::new("sh").args(["-euc", &line]).status().unwrap().success(), "{line}");
    let mut adapt = caddy(&folder);
    adapt.args(["adapt", "--adapter", "caddyfile", "--validate", "--config"]).arg(&file);
    let output = adapt.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let servers = config["apps"]["http"]["servers"].as_object().unwrap();
    assert_eq!(servers.len(), 2, "with TLS and without: {config}");
    for server in servers.values() {
        assert!(server.to_string().contains("homes.example.org"), "{server}");
        for (name, seconds) in
            [("read_header_timeout", 10), ("read_timeout", 30), ("write_timeout", 180), ("idle_timeout", 120)]
        {
            // Caddy counts nanoseconds.
            assert_eq!(server[name].as_u64(), Some(seconds * 1_000_000_000), "{name}: {server}");
        }
    }
    let config = config.to_string();
    assert!(config.contains("127.0.0.1:8080"), "{config}");
    // The service answers 503 after two minutes, before Caddy gives up, and Caddy has time to pass it on.
    for name in ["response_header_timeout", "read_timeout"] {
        assert!(config.contains(&format!("\"{name}\":130000000000")), "{name}: {config}");
    }
}
