//! docker-compose.yml as far as it can be tried without an engine: its services run the shipped program on folders in the place
//! of volumes, and the commands of `docs/operations.md` find what they need.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Aged;
use crate::documents::markdown::Document;
use crate::process::{Process, output, partner_client, ran};
use crate::support::{TestDatabase, binary, db_lines};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// `docker`, with the program of the test in the place of the image. Words that it does not know fail.
const DOCKER: &str = r#"#!/bin/sh
set -eu
case $* in "tag green-homes green-homes:before" | "load --input green-homes.tar") exit ;; esac
[ "$1" = compose ]; shift
verb=$1; shift
case $verb in
up) [ "$*" = --detach ]; exit ;;
stop) [ "$*" = "green-homes nightly" ]; exit ;;
run)
    program=green-homes
    while :; do
        case $1 in
        --rm | -T) shift ;;
        --entrypoint) program=$2; shift 2 ;;
        *) break ;;
        esac
    done
    [ "$1" = commands ]; shift ;;
*) exit 1 ;;
esac
exec "$program" "$@"
"#;

fn compose() -> Value {
    let read = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let file = Path::new(ROOT).join("docker-compose.yml");
    let output = Command::new("python3").args(["-c", read]).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "scripts/install-test-needs.sh provides yaml: {said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The volumes of a container, as folders, and its programs.
struct Container {
    place: TempDir,
    database: TestDatabase,
}

impl Container {
    /// A register that has been served.
    fn new() -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", data_dir.path().join("green-homes.db").display());
        let database = TestDatabase { url, data_dir };
        partner_client(&database, "SOLARCO");
        assert_eq!(Process::serve(&database, database.data_dir.path()).terminate(), Some(0));
        let place = tempfile::tempdir().unwrap();
        let container = Self { place, database };
        fs::create_dir(container.backups()).unwrap();
        fs::create_dir(container.programs()).unwrap();
        symlink(binary(), container.programs().join("green-homes")).unwrap();
        symlink(Path::new(ROOT).join("deploy/nightly.sh"), container.programs().join("green-homes-nightly")).unwrap();
        container
    }

    fn backups(&self) -> PathBuf {
        self.place.path().join("backups")
    }

    fn programs(&self) -> PathBuf {
        self.place.path().join("bin")
    }

    /// A program in it.
    fn program(&self, name: &str, text: &str) {
        let path = self.programs().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let path = format!("{}:{}", self.programs().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("env");
        command.env("PATH", path).env("GREEN_HOMES_DATA_DIR", self.database.data_dir.path());
        command.env("BACKUPS", self.backups()).env("GREEN_HOMES_LOG", "warn").env_remove("DATABASE_URL");
        command.env_remove("DATABASE_URL_FILE").current_dir(self.place.path()).arg(program);
        command
    }

    /// What the service of docker-compose.yml runs, with this argument before those that it names.
    fn service(&self, name: &str, first: Option<&str>) -> Command {
        let service = compose()["services"][name].clone();
        let words = |member: &str| -> Vec<String> {
            let words = service[member].as_array().unwrap().iter();
            words.map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let mut command = self.command(&words("entrypoint").concat());
        command.args(first).args(words("command"));
        command
    }

    /// A night with these backups and copies before migrations. The register is the container's.
    fn night_of(&self, aged: &Aged) -> Command {
        let data_dir = aged.place.path().join("green-homes");
        let mut night = self.service("nightly", Some("--now"));
        night.env("BACKUPS", aged.place.path().join("green-homes-backups")).env("GREEN_HOMES_DATA_DIR", &data_dir);
        fs::remove_file(data_dir.join("signing-key.pem")).unwrap();
        night.env("DATABASE_URL", &self.database.url);
        night
    }

    /// The whole backups, oldest first.
    fn made(&self) -> Vec<PathBuf> {
        let found = fs::read_dir(self.backups()).unwrap().map(|entry| entry.unwrap().path());
        let mut made: Vec<PathBuf> = found.filter(|path| path.join("manifest.json").exists()).collect();
        made.sort();
        made
    }
}

#[test]
fn read_the_services_those_of_the_night_and_of_commands_have_what_they_need() {
    let compose = compose();
    let dockerfile = fs::read_to_string(Path::new(ROOT).join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("deploy/nightly.sh /usr/local/bin/green-homes-nightly\n"));
    let ignored = fs::read_to_string(Path::new(ROOT).join(".dockerignore")).unwrap();
    assert!(ignored.contains("\n!deploy/nightly.sh\n"), "the builder does not get it");
    assert!(dockerfile.contains("/data /backups\n"), "the folders are the user's");
    for name in ["nightly", "commands"] {
        let service = &compose["services"][name];
        let volumes = json!(["data:/data", "backups:/backups", "./methodology:/methodology:ro"]);
        assert_eq!(service["volumes"], volumes, "{name}");
        assert_eq!((&service["image"], &service["read_only"]), (&json!("green-homes"), &json!(true)), "{name}");
    }
    let of_postgres = &compose["services"]["nightly-postgres"];
    assert_eq!(of_postgres["command"], json!(["audit"]), "PostgreSQL backs itself up");
    assert_eq!(of_postgres["environment"]["DATABASE_URL_FILE"], json!("/run/secrets/database_url"));
    for name in ["nightly", "nightly-postgres"] {
        let service = &compose["services"][name];
        assert_eq!((&service["init"], &service["restart"]), (&json!(true), &json!("unless-stopped")), "{name}");
        assert!(service.get("ports").is_none(), "{name}");
    }
    for volume in ["data", "backups"] {
        assert!(compose["volumes"].as_object().unwrap().contains_key(volume), "{volume}");
    }
}

#[test]
fn read_the_services_each_that_runs_the_program_gets_every_setting() {
    let compose = compose();
    let help = Command::new(binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let settings = help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap());
    // The image sets the first two; the database is what the services differ in.
    let of_the_image = ["GREEN_HOMES_DATA_DIR", "GREEN_HOMES_LISTEN"];
    let of_the_database = ["DATABASE_URL", "DATABASE_URL_FILE", "GREEN_HOMES_DATABASE_SHARES_CLOCK"];
    let settings: Vec<&str> =
        settings.filter(|name| !of_the_image.contains(name) && !of_the_database.contains(name)).collect();
    assert!(settings.len() > 12, "{settings:?}");
    for name in ["green-homes", "nightly", "commands", "green-homes-postgres", "nightly-postgres"] {
        let service = &compose["services"][name];
        let given = service["environment"].as_object().unwrap();
        let missing: Vec<_> = settings.iter().filter(|setting| !given.contains_key(**setting)).collect();
        assert!(missing.is_empty(), "{name} does not get {missing:?}");
        assert_eq!(given["GREEN_HOMES_METHODOLOGY_DIR"], json!("/methodology"), "{name}");
        let volumes = service["volumes"].as_array().unwrap();
        assert!(volumes.contains(&json!("./methodology:/methodology:ro")), "{name}");
    }
}

#[test]
fn run_the_night_of_docker_it_backs_up_and_audits() {
    let container = Container::new();
    let (printed, said, code) = ran(container.service("nightly", Some("--now")));
    assert_eq!(code, Some(0), "{said}");
    assert!(printed.contains("\"kid\"") && said.contains("the register is whole"), "{printed}{said}");
    assert_eq!(container.made().len(), 1);
    let noted = "SELECT (SELECT count(*) FROM audits) || ' ' || (SELECT count(*) FROM backups) AS line";
    assert_eq!(db_lines(&container.database.url, noted), ["1 1"]);
}

#[test]
fn run_the_night_of_docker_where_the_backup_fails_the_others_run_and_the_newest_backup_stays() {
    let container = Container::new();
    let aged = Aged::new();
    aged.lose_the_new();
    // The name is a link to the program of the test.
    fs::remove_file(container.programs().join("green-homes")).unwrap();
    let fails = format!("#!/bin/sh\n[ \"$1\" != backup ] || exit 1\nexec {} \"$@\"\n", binary().display());
    container.program("green-homes", &fails);
    let (_, said, code) = ran(container.night_of(&aged));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("nightly: backup FAILED") && said.contains("the register is whole"), "{said}");
    aged.check_the_newest();
}

#[test]
fn run_the_night_of_docker_it_lets_go_of_what_is_28_days_old_and_of_nothing_else() {
    let container = Container::new();
    let aged = Aged::new();
    let (_, said, code) = ran(container.night_of(&aged));
    assert_eq!(code, Some(0), "{said}");
    aged.check();
}

#[test]
fn wait_for_the_night_of_docker_makes_up_for_a_missed_backup_and_wakes_at_half_past_one() {
    let container = Container::new();
    let woken = container.place.path().join("woken");
    // Says when it would wake, and ends the script that sleeps.
    let sleep = format!("#!/bin/sh\necho $(($(date +%s) + $1)) > {}\nkill $PPID\n", woken.display());
    container.program("sleep", &sleep);
    for _ in 0..2 {
        let (_, said, code) = ran(container.service("nightly", None));
        assert_eq!(code, None, "{said}");
        assert_eq!(container.made().len(), 1, "the first had none to be missed after, the second had one: {said}");
        let at: u64 = fs::read_to_string(&woken).unwrap().trim().parse().unwrap();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        // 18:30 UTC; the two clocks of the script were read a moment apart.
        assert!((66_600..66_630).contains(&(at % 86_400)) && at > now - 60 && at <= now + 86_460, "{at}");
    }
}

#[test]
fn run_the_commands_for_docker_they_back_up_restore_and_delete() {
    let container = Container::new();
    container.program("docker", DOCKER);
    // What is encrypted is not looked into here.
    container.program("gpg", "#!/bin/sh\nexec cat\n");
    let document = Document::read("docs/operations.md");
    let (_, chapter) = document.text.split_once("\n## Docker\n").unwrap();
    let blocks = document.blocks.iter().filter(|block| block.info == "sh" && chapter.contains(block.text.trim_end()));
    let mut text = String::from("set -eux\n");
    for block in blocks.filter(|block| block.text.contains("docker compose")) {
        if block.text.contains("pg_dump") {
            continue;
        }
        text += &block.text;
        // The name that the reader takes from what was shown.
        if block.text.contains("--entrypoint ls") {
            text += "latest=$(ls /backups)\ntest -n \"$latest\"\n";
        }
    }
    for (from, to) in [("/data", container.database.data_dir.path()), ("/backups", &container.backups())] {
        text = text.replace(&format!("\"{from}/"), &format!("\"{}/", to.display()));
        text = text.replace(&format!(" {from}"), &format!(" {}", to.display()));
    }
    text = text.replace("/tmp/drill", container.place.path().join("drill").to_str().unwrap());
    let mut shell = container.command("sh");
    shell.args(["-c", &text]);
    let (printed, said, code) = ran(shell);
    assert_eq!(code, Some(0), "{text}\n{said}");
    assert!(printed.contains("client_secret") && printed.contains("\"void_after\""), "{printed}");
    assert_eq!(said.matches("the register is whole").count(), 5, "{said}");
    assert!(!container.database.data_dir.path().join("lost").exists());
    let sent = fs::read_dir(container.place.path()).unwrap().map(|entry| entry.unwrap().path());
    let sent: Vec<PathBuf> = sent.filter(|path| path.extension().is_some_and(|kind| kind == "gpg")).collect();
    assert!(fs::metadata(&sent[0]).unwrap().len() > 100_000, "{sent:?}");
    assert_eq!(output(&container.database, &["audit"]).1, Some(0));
}
