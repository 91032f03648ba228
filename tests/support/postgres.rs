//! Throwaway PostgreSQL clusters for tests: one shared by a test run, private ones for tests that break the server.
//!
//! A cluster leaves nothing behind: a watchdog process stops the server and deletes its folder as soon as the test
//! process has gone, however it went. Missing server programs are a failure, never a skipped test.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::watchdog::Watchdog;

/// The superuser of every cluster, and the account that runs the server when the tests run as root.
const USER: &str = "postgres";

/// The ports tried: below the ranges that Linux and macOS give to outgoing connections, so that a stopped cluster
/// finds its port still free.
const PORTS: std::ops::Range<u16> = 15_000..32_000;

/// Removes all traces of the cluster: ends the programs of the watchdog's process group (`initdb` or `pg_ctl`, if the test
/// process was waiting for one), then the server.
const REMOVE: &str = r#"
kill -TERM 0
"$1" stop --pgdata="$2/data" --mode=immediate --silent
rm -rf "$2"
"#;

/// What installs the missing programs.
const HOW_TO_INSTALL: &str = "`make test` installs the PostgreSQL server programs on Debian and Ubuntu; \
                              elsewhere install the PostgreSQL server and put its initdb on the PATH";

/// The cluster that the tests of this process share, started at the first call.
///
/// Never stop it: other tests run at the same time. A test that needs a failing server takes [`Cluster::private`].
pub fn cluster() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::private)
}

/// A running PostgreSQL server with a folder, a password and a port of its own.
pub struct Cluster {
    programs: PathBuf,
    account: Option<Account>,
    folder: PathBuf,
    port: u16,
    password: String,
    databases: AtomicU32,
    /// Removes the cluster when dropped.
    watchdog: Watchdog,
}

/// A running PgBouncer.
pub struct Bouncer {
    port: u16,
    child: std::process::Child,
}

impl Bouncer {
    /// The URL of a database over this pooler.
    pub fn over(&self, url: &str) -> String {
        let place = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).expect("a place");
        url.replace(place, &format!("127.0.0.1:{}", self.port))
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A user and a group of the operating system.
type Account = (u32, u32);

impl Cluster {
    /// Starts a cluster of the caller's own; dropping it stops the server and deletes its data.
    pub fn private() -> Cluster {
        let programs = find_programs();
        // A short path: that of a Unix socket may have 107 characters at most.
        let folder = tempfile::Builder::new().prefix("gh-pg-").tempdir_in("/tmp").expect("a folder under /tmp").keep();
        let root = fs::metadata(&folder).expect("the new folder").uid() == 0;
        let account = root.then(server_account);
        if let Some((uid, gid)) = account {
            chown(&folder, Some(uid), Some(gid)).expect("give the folder to the server's account");
        }
        let shell = command(Path::new("sh"), Path::new("/"), account);
        let watchdog = Watchdog::start(shell, REMOVE, &[&programs.join("pg_ctl"), &folder]);
        let databases = AtomicU32::new(0);
        let cluster =
            Cluster { programs, account, folder, port: free_port(), password: random_hex(), databases, watchdog };
        cluster.initialise();
        cluster.start();
        cluster
    }

    /// The URL of a new, empty database.
    pub fn create_database(&self) -> String {
        self.create_database_from("template0")
    }

    /// The URL of a new database that is a copy of `template`, to which nobody may be connected.
    pub fn create_database_from(&self, template: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.create_named(&name, template);
        self.url(&name)
    }

    /// The URL of a new database that is restored from a dump of `database`, as docs/operations.md does it.
    pub fn create_database_from_a_dump_of(&self, database: &str) -> String {
        let url = self.create_database();
        let (_, name) = url.rsplit_once('/').expect("a URL with a name");
        let dump = self.folder.join(format!("dump-{name}"));
        for (program, arguments) in [
            ("pg_dump", [format!("--file={}", dump.display()), "--format=directory".to_owned(), database.to_owned()]),
            ("pg_restore", [format!("--dbname={name}"), "--no-owner".to_owned(), dump.display().to_string()]),
        ] {
            let mut command = self.command(program);
            command.args(["--username", USER, "--port", &self.port.to_string()]).arg("--host").arg(&self.folder);
            if program == "pg_restore" {
                command.arg("--exit-on-error");
            }
            run(command.args(arguments));
        }
        url
    }

    /// Creates the database `name`, lets `prepare` fill it through its URL, and leaves it as a template.
    ///
    /// `prepare` must have closed its connections when it returns.
    pub fn create_template(&self, name: &str, prepare: impl FnOnce(&str)) {
        self.create_named(name, "template0");
        prepare(&self.url(name));
    }

    /// Kills the server as a crash would: connections break at once, what was not committed is lost.
    pub fn stop_hard(&self) {
        run(self.command("pg_ctl").arg("stop").args(["--mode=immediate", "--silent"]).arg(self.pgdata()));
    }

    /// Starts the stopped server on the same port and returns when it accepts connections.
    pub fn start(&self) {
        let log = self.folder.join("log");
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.args(["start", "--wait", "--timeout=60", "--silent"]).arg(self.pgdata()).arg("--log").arg(&log);
        let output = output(&mut pg_ctl);
        let why = || fs::read_to_string(&log).unwrap_or_else(|error| error.to_string());
        assert!(output.status.success(), "PostgreSQL does not start:\n{}", why());
    }

    /// A PgBouncer before this server, on a port of its own, in a pool mode.
    pub fn bouncer(&self, pool_mode: &str) -> Bouncer {
        let port = free_port();
        let (settings, users) = (self.folder.join(format!("{port}.ini")), self.folder.join(format!("{port}.users")));
        fs::write(&users, format!("\"{USER}\" \"{}\"\n", self.password)).expect("write the users");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = plain\nauth_file = {}\npool_mode = {pool_mode}\ndefault_pool_size = 50\n\
             ignore_startup_parameters = extra_float_digits\n",
            self.port,
            users.display()
        );
        fs::write(&settings, text).expect("write the settings");
        for file in [&users, &settings] {
            if let Some((uid, gid)) = self.account {
                chown(file, Some(uid), Some(gid)).expect("give the file to the server's account");
            }
        }
        let mut program = command(Path::new("/usr/sbin/pgbouncer"), &self.folder, self.account);
        program.arg("--quiet").arg(&settings).process_group(self.watchdog.group());
        let child = program.spawn().expect("`make test` installs PgBouncer");
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(std::time::Instant::now() < until, "PgBouncer does not listen");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Bouncer { port, child }
    }

    fn create_named(&self, name: &str, template: &str) {
        let sql = format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#);
        let mut psql = self.command("psql");
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--username", USER, "--dbname=postgres"]);
        psql.arg("--host").arg(&self.folder).args(["--port", &self.port.to_string(), "--command", &sql]);
        run(&mut psql);
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Makes the data folder. Only the private socket is open without a password.
    fn initialise(&self) {
        let password_file = self.folder.join("password");
        fs::write(&password_file, &self.password).expect("write the password");
        let mut initdb = self.command("initdb");
        initdb.args(["--locale=C", "--encoding=UTF8", "--no-sync", "--username", USER]);
        initdb.args(["--auth-local=trust", "--auth-host=scram-sha-256"]).arg("--pwfile").arg(&password_file);
        run(initdb.arg(self.pgdata()));
        // Durable as in production, for the tests of durability. The zone is not UTC, so that SQL which leans on the
        // session's zone shows here.
        let settings = format!(
            "listen_addresses = '127.0.0.1,127.0.0.2'\nport = {}\nunix_socket_directories = '{}'\nmax_connections = 200\n\
             shared_buffers = 128MB\nfsync = on\nsynchronous_commit = on\ntimezone = 'Asia/Ho_Chi_Minh'\n",
            self.port,
            self.folder.display()
        );
        let file = self.folder.join("data/postgresql.conf");
        let mut file = OpenOptions::new().append(true).open(file).expect("open postgresql.conf");
        file.write_all(settings.as_bytes()).expect("write postgresql.conf");
    }

    fn pgdata(&self) -> String {
        format!("--pgdata={}/data", self.folder.display())
    }

    /// A server program, run by the account that owns the cluster, in the process group of the watchdog.
    fn command(&self, program: &str) -> Command {
        let mut command = command(&self.programs.join(program), &self.folder, self.account);
        command.process_group(self.watchdog.group());
        command
    }
}

/// The folder with the server programs: of the initdb on the PATH, else of the newest version that Debian installed.
fn find_programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok());
    let mut versions: Vec<u32> = fs::read_dir("/usr/lib/postgresql")
        .map(|folders| folders.flatten().filter_map(|folder| folder.file_name().to_str()?.parse().ok()).collect())
        .unwrap_or_default();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    on_path
        .filter_map(|initdb| Some(initdb.parent()?.to_path_buf()))
        .chain(versions.iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))))
        .find(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|name| folder.join(name).exists()))
        .unwrap_or_else(|| panic!("no PostgreSQL server programs (initdb, pg_ctl, psql): {HOW_TO_INSTALL}"))
}

/// The account that runs the server instead of root, as which `initdb` refuses to run.
fn server_account() -> Account {
    // Its lines read name:password:user:group:...
    let account = |line: &str| {
        let mut fields = line.strip_prefix(USER)?.strip_prefix(':')?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = accounts.lines().find_map(account);
    found.unwrap_or_else(|| panic!("no account {USER} to run the server for root: {HOW_TO_INSTALL}"))
}

fn command(program: &Path, folder: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
    // The tester's own PGHOST, PGDATA and the like must not leak in.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    if let Some((uid, gid)) = account {
        command.uid(uid).gid(gid);
    }
    command
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn run(command: &mut Command) {
    let output = output(command);
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{report}", output.status);
}

/// 128 bits from the operating system, as hexadecimal digits.
fn random_hex() -> String {
    let mut bytes = [0; 16];
    let mut random = fs::File::open("/dev/urandom").expect("open /dev/urandom");
    random.read_exact(&mut bytes).expect("read /dev/urandom");
    bytes.map(|byte| format!("{byte:02x}")).concat()
}

/// The first free port at or after a random one, so that test runs side by side rarely try the same.
fn free_port() -> u16 {
    let random = u16::from_str_radix(&random_hex()[..4], 16).expect("hexadecimal digits");
    let start = PORTS.start + random % (PORTS.end - PORTS.start);
    (start..PORTS.end)
        .chain(PORTS.start..start)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn create_database_twice_gives_two_empty_databases() {
        let (first, second) = (cluster().create_database(), cluster().create_database());
        assert_eq!(query(&first, "CREATE TABLE homes (id int)"), Ok(String::new()));
        assert_eq!(query(&first, "SELECT count(*) FROM homes"), Ok("0".to_owned()));
        assert_eq!(query(&second, "SELECT to_regclass('homes') IS NULL"), Ok("t".to_owned()));
    }

    #[test]
    fn create_database_from_a_template_copies_it() {
        cluster().create_template("support_template", |url| {
            query(url, "CREATE TABLE homes AS SELECT 7 AS id").expect("fill the template");
        });
        let copy = cluster().create_database_from("support_template");
        assert_eq!(query(&copy, "SELECT id FROM homes"), Ok("7".to_owned()));
    }

    #[test]
    fn stop_hard_then_start_keeps_what_was_committed() {
        let cluster = Cluster::private();
        let url = cluster.create_database();
        query(&url, "CREATE TABLE homes AS SELECT 7 AS id").expect("commit a row");
        cluster.stop_hard();
        assert!(query(&url, "SELECT 1").is_err());
        cluster.start();
        assert_eq!(query(&url, "SELECT id FROM homes"), Ok("7".to_owned()));
    }

    #[test]
    fn drop_of_a_private_cluster_leaves_nothing() {
        let cluster = Cluster::private();
        let (folder, port) = (cluster.folder.clone(), cluster.port);
        drop(cluster);
        assert!(!folder.exists());
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }

    /// What psql prints for `sql`, or its error.
    fn query(url: &str, sql: &str) -> Result<String, String> {
        let mut psql = command(&find_programs().join("psql"), Path::new("/"), None);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql, url]);
        let output = output(&mut psql);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}
