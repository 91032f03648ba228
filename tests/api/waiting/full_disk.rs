//! A disk that is full: callers and probes are told so, and the service goes on once there is room.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, command, ran, under};
use crate::support::{App, Client, Reply, TestDatabase, db_execute, home, progress_at, run, token};

use super::{REGISTER, until};

/// A service whose database lies on a disk of 6 MB. The disk is mounted in a namespace of the service, so that nobody needs a right for it.
struct OnSmallDisk {
    server: Process,
    /// The database, by its path in the namespace.
    database: TestDatabase,
    mounted_on: TempDir,
}

impl OnSmallDisk {
    fn serve() -> Self {
        let mounted_on = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db", mounted_on.path().display());
        let database = TestDatabase { url, data_dir: tempfile::tempdir().unwrap() };
        let mut plain = command(&database, database.data_dir.path());
        plain.args(["serve", "--metrics-listen", "127.0.0.1:0"]);
        let mut unshare = unshare();
        let mount = "mount -t tmpfs -o size=6m tmpfs \"$1\"; shift; exec \"$@\"";
        unshare.args(["sh", "-euc", mount, "sh"]).arg(mounted_on.path());
        Self { server: Process::start(under(unshare, &plain)), database, mounted_on }
    }

    /// What a command prints that runs beside the service.
    fn printed(&self, arguments: &[&str]) -> Value {
        let mut plain = command(&self.database, self.database.data_dir.path());
        plain.args(arguments);
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--target", &self.server.id().to_string(), "--mount"]);
        nsenter.args(if is_root() { &[][..] } else { &["--user", "--preserve-credentials"] });
        let (printed, said, code) = ran(under(nsenter, &plain));
        assert_eq!(code, Some(0), "{said}");
        serde_json::from_str(&printed).unwrap_or_default()
    }

    /// A file on the disk.
    fn file(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.server.id(), self.mounted_on.path().join(name).display()))
    }
}

/// A program in a namespace of its own, where it may mount. Below a changed root, which is no mount itself, mounts keep how they spread.
fn unshare() -> Command {
    let of_kind = |kind: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(if is_root() { &[][..] } else { &["--user", "--map-root-user"] }).arg("--mount").args(kind);
        unshare
    };
    let has_own_mounts = of_kind(&[]).arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if has_own_mounts { of_kind(&[]) } else { of_kind(&["--propagation", "unchanged"]) }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The refusal of the first home that finds no room, and how many were recorded before.
async fn until_refused(partner: &Client) -> (Reply, usize) {
    for recorded in 0..10_000 {
        let reply = partner.post(REGISTER, &home(&format!("b{recorded}"))).await;
        if reply.status != 201 {
            return (reply, recorded);
        }
    }
    panic!("the disk does not fill");
}

async fn until_ready(operator: &Client) {
    until("ready", async || operator.get("/readyz").await.status == 200).await;
}

async fn until_the_disk_is_named(operator: &Client) {
    until("readiness names the disk", async || {
        let ready = operator.get("/readyz").await;
        ready.status == 503 && ready.body["problem"]["code"] == json!("storage_full")
    })
    .await;
}

#[test]
fn fill_the_disk_says_so_and_goes_on_when_there_is_room() {
    run(async {
        let small = OnSmallDisk::serve();
        small.printed(&["partner", "add", "--code", "SOLARCO", "--name", "Solar Co"]);
        let client = small.printed(&["client", "add", "--role", "partner", "--partner", "SOLARCO", "--name", "tests"]);
        let [id, secret] = ["client_id", "client_secret"].map(|name| client[name].as_str().unwrap());
        let public = Client::new(&small.server.address);
        let partner = public.with_token(token(&public.address, id, secret).await.unwrap());
        let operator = Client::new(&small.server.metrics_address);
        partner.register(&home("a")).await;
        // It takes what there is, and then fails.
        let _ = fs::write(small.file("filling"), vec![0; 8 << 20]);
        let (refused, recorded) = until_refused(&partner).await;
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("storage_full")), "{}", refused.text);
        assert_eq!(refused.header("retry-after"), "60");
        until_the_disk_is_named(&operator).await;
        assert_eq!(public.get("/v1/progress").await.status, 200);
        fs::remove_file(small.file("filling")).unwrap();
        until_ready(&operator).await;
        partner.register(&home("after")).await;
        let version = small.printed(&["audit"])["version"].as_i64().unwrap();
        let progress = progress_at(&public.address, version).await;
        assert_eq!(progress["data"]["live"]["sites"]["reported"], json!(recorded + 2));
        assert_eq!(small.server.terminate(), Some(0));
    });
}

#[test]
fn fill_the_disk_of_postgres_says_so_and_goes_on_when_there_is_room() {
    run(async {
        let app = App::start(TestDatabase::postgres()).await;
        let partner = app.partner("SOLARCO").await;
        partner.register(&home("a")).await;
        // As PostgreSQL itself refuses a statement for which its disk has no room.
        let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION 'could not extend file \"base/1/2\": No space left on device' USING ERRCODE = '53100'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON entries EXECUTE FUNCTION full_disk(); \
             CREATE TRIGGER full_disk BEFORE UPDATE ON register_head EXECUTE FUNCTION full_disk()";
        db_execute(&app.database.url, full).unwrap();
        let (refused, recorded) = until_refused(&partner).await;
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("storage_full")), "{}", refused.text);
        until_the_disk_is_named(&app.operator()).await;
        assert_eq!(app.public().get("/v1/progress").await.status, 200);
        db_execute(&app.database.url, "DROP FUNCTION full_disk CASCADE").unwrap();
        until_ready(&app.operator()).await;
        assert_eq!(recorded, 0);
        partner.register(&home("b0")).await;
        assert_eq!(app.progress_at(app.db_version()).await["data"]["sites"]["reported"], json!(2));
        app.stop().await;
    });
}
