//! What `deploy/` and `docs/operations.md` speak of is there: metrics, units, settings, commands. What another program reads is
//! read by that program: systemd, Prometheus, Caddy. None of them may be missing.

mod compose;
mod proxy;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::output;
use crate::support::{App, TestDatabase, binary, home, run};

const DOCUMENT: &str = include_str!("../../docs/operations.md");
const DASHBOARD: &str = include_str!("../../deploy/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../deploy/prometheus-alerts.yml");

#[test]
fn read_the_metrics_each_is_documented_and_none_is_made_up() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.partner("SOLARCO").await.register(&home("a")).await;
        let place = tempfile::tempdir().unwrap();
        assert_eq!(output(&app.database, &["backup", place.path().to_str().unwrap()]).1, Some(0));
        assert_eq!(output(&app.database, &["audit"]).1, Some(0));
        let text = app.operator().get("/metrics").await.text;
        let exported = exported(&text);
        assert!(exported.len() > 25, "{text}");
        serde_json::from_str::<Value>(DASHBOARD).unwrap();
        for (file, text) in [("the dashboard", DASHBOARD), ("the alerts", ALERTS), ("docs/operations.md", DOCUMENT)] {
            let named = named(text);
            assert!(named.len() > 8, "{file}: {named:?}");
            let made_up: Vec<_> = named.difference(&exported).collect();
            assert!(made_up.is_empty(), "{file} names {made_up:?}, which nobody exports");
        }
        let documented = named(DOCUMENT);
        let missing: Vec<_> = families(&text).into_iter().filter(|name| !documented.contains(name)).collect();
        assert!(missing.is_empty(), "docs/operations.md does not explain {missing:?}");
        app.stop().await;
    });
}

/// The names of all lines with a value, with those of the histogram's own name.
fn exported(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut names: BTreeSet<String> = lines.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect();
    names.extend(families(text));
    names
}

/// One name a metric, as a dashboard or an alert would use it.
fn families(text: &str) -> Vec<String> {
    let typed = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    typed
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        })
        .collect()
}

/// Words of a text that can only be metrics.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let prefixes = ["green_homes_", "process_start_", "process_resident_"];
    words.filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix))).map(str::to_owned).collect()
}

#[test]
fn read_the_units_systemd_understands_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !["service", "socket", "timer", "conf"].contains(&path.extension().unwrap_or_default().to_str().unwrap()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        check_lines(name, &text);
        if name == "postgres.conf" {
            let drop_in = folder.path().join("green-homes.service.d");
            fs::create_dir(&drop_in).unwrap();
            fs::write(drop_in.join(name), text).unwrap();
            continue;
        }
        let unit = folder.path().join(name);
        let text = text.replace("/usr/bin/green-homes", binary().to_str().unwrap());
        fs::write(&unit, text.replace(NIGHTLY, NIGHTLY_HERE)).unwrap();
        units.push(unit);
    }
    assert_eq!(units.len(), 6, "{units:?}");
    let mut verify = Command::new(program("systemd-analyze"));
    verify.env("SYSTEMD_UNIT_PATH", format!("{}:", folder.path().display())).args(["verify", "--man=no"]).args(&units);
    let verified = verify.output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    let about_us: Vec<&str> = said.lines().filter(|line| line.contains("green-homes")).collect();
    assert!(verified.status.success() && about_us.is_empty(), "{said}");
}

/// A program that scripts/install-test-needs.sh provides: installed, or unpacked from its Debian package.
fn program(name: &str) -> PathBuf {
    let unpacked = binary().ancestors().nth(2).unwrap().join("tools/debian/usr/bin");
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).chain([unpacked]).map(|folder| folder.join(name));
    places.find(|place| place.exists()).unwrap_or_else(|| panic!("{name}: scripts/install-test-needs.sh provides it"))
}

#[test]
fn read_the_files_for_prometheus_promtool_takes_each() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for (kind, file) in
        [("config", "prometheus.yml"), ("config", "prometheus-compose.yml"), ("rules", "prometheus-alerts.yml")]
    {
        let checked = Command::new(program("promtool")).args(["check", kind]).arg(folder.join(file)).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{file}: {said}");
    }
}

/// Each alert comes when its metric is bad, with the words that it has, and none comes while all is well.
#[test]
fn read_the_alerts_each_comes_when_its_metric_is_bad() {
    let cases = include_str!("../data/alerts.yml");
    let alerts: BTreeSet<&str> = ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let tried: BTreeSet<&str> = cases.lines().filter_map(|line| line.trim().strip_prefix("alertname: ")).collect();
    assert_eq!(tried, alerts);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prometheus-alerts.yml"), ALERTS).unwrap();
    let file = folder.path().join("cases.yml");
    fs::write(&file, cases).unwrap();
    let tested = Command::new(program("promtool")).args(["test", "rules"]).arg(&file).output().unwrap();
    let said = [tested.stdout, tested.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(tested.status.success(), "{said}");
}

/// Sections, names with values, comments, and nothing else.
fn check_lines(name: &str, text: &str) {
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let is_section = line.starts_with('[') && line.ends_with(']');
        let is_value = line.split_once('=').is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(is_section || is_value, "{name}: {line}");
    }
}

#[test]
fn read_the_settings_that_deployment_speaks_of_the_program_knows_each() {
    let help = Command::new(binary()).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Settings of Docker Compose and Caddy themselves.
    let other = [
        "GREEN_HOMES_DOMAIN",
        "GREEN_HOMES_UPSTREAM",
        "GREEN_HOMES_PORT",
        "GREEN_HOMES_POSTGRES_PORT",
        "GREEN_HOMES_FRONT_NETWORK",
    ];
    let files =
        ["docs/operations.md", "Dockerfile", "docker-compose.yml", "deploy/green-homes.service", "deploy/environment"];
    for file in files {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        for word in words.filter(|word| word.starts_with("GREEN_HOMES_") && !other.contains(word)) {
            assert!(help.contains(&format!("[env: {word}=")), "{file} speaks of {word}");
        }
    }
}

#[test]
fn deploy_behind_a_proxy_trusts_the_proxy_alone() {
    let unit = include_str!("../../deploy/green-homes.service");
    let trusted = unit.lines().find_map(|line| line.strip_prefix("Environment=GREEN_HOMES_TRUSTED_PROXIES="));
    // The socket unit and `reverse_proxy` of operations.md: on this machine.
    assert!(trusts(trusted.unwrap(), "127.0.0.1") && trusts(trusted.unwrap(), "::1"));
    assert!(!trusts(trusted.unwrap(), "203.0.113.9"));
    let compose = include_str!("../../docker-compose.yml");
    let front = "${GREEN_HOMES_FRONT_NETWORK:-172.30.80.0/24}";
    let setting = format!("GREEN_HOMES_TRUSTED_PROXIES: ${{GREEN_HOMES_TRUSTED_PROXIES:-{front}}}");
    let (settings, _) = compose.split_once("\nservices:").unwrap();
    assert!(settings.contains("x-app-settings") && settings.contains(&setting), "{settings}");
    let (_, networks) = compose.split_once("\nnetworks:").unwrap();
    assert!(networks.contains(&format!("  front:\n    ipam:\n      config:\n        - subnet: {front}\n")));
    assert!(trusts("172.30.80.0/24", "172.30.80.1") && !trusts("172.30.80.0/24", "203.0.113.9"));
}

fn trusts(proxies: &str, address: &str) -> bool {
    let address: IpAddr = address.parse().unwrap();
    green_homes::api::parse_networks(proxies).unwrap().iter().any(|network| network.contains(&address))
}

#[test]
fn back_up_nightly_lets_go_of_what_is_28_days_old_and_of_nothing_else() {
    let aged = Aged::new();
    expire_as_the_unit_does(&aged);
    aged.check();
}

#[test]
fn back_up_nightly_without_a_new_backup_the_newest_whole_one_stays() {
    let aged = Aged::new();
    aged.lose_the_new();
    expire_as_the_unit_does(&aged);
    aged.check_the_newest();
}

/// Runs what the unit of the backup runs at its end, whether or not the backup succeeded.
fn expire_as_the_unit_does(aged: &Aged) {
    let unit = include_str!("../../deploy/green-homes-backup.service");
    let here = unit.replace("/var/lib", aged.place.path().to_str().unwrap()).replace(NIGHTLY, NIGHTLY_HERE);
    let values = |name: &str| here.lines().filter_map(move |line| line.strip_prefix(name)).collect::<Vec<_>>();
    let [line] = values("ExecStopPost=")[..] else { panic!("{here}") };
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap());
    command.args(words).envs(values("Environment=").into_iter().filter_map(|value| value.split_once('=')));
    assert!(command.status().unwrap().success(), "{line}");
}

/// Where the package puts `deploy/nightly.sh`.
const NIGHTLY: &str = "/usr/lib/green-homes/nightly";
const NIGHTLY_HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/nightly.sh");

/// A data directory and a directory of backups, `green-homes` and `green-homes-backups`, with files of every age.
struct Aged {
    place: TempDir,
}

impl Aged {
    const REGISTER: [&str; 2] = ["green-homes/signing-key.pem", "green-homes/backups/evidence.db"];
    const OLD: [&str; 2] =
        ["green-homes-backups/20261001T183000Z/manifest.json", "green-homes-backups/by-hand-20261001/manifest.json"];
    /// Copies before migrations, and a draft, which is no whole backup.
    const COPIES: [&str; 3] = [
        "green-homes/backups/schema-1-20261001.db",
        "green-homes/backups/.schema-1-20261001.db.partial",
        "green-homes-backups/.x.partial-1/manifest.json",
    ];
    const NEWEST_OLD: &str = "green-homes-backups/by-hand/manifest.json";
    const NEW: [&str; 2] =
        ["green-homes-backups/20261123T183000Z/manifest.json", "green-homes/backups/schema-2-20261123.db"];

    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        for (files, hours) in [
            (&Self::REGISTER[..], 24 * 400),
            (&Self::OLD, 24 * 30),
            (&Self::COPIES, 24 * 28),
            (&[Self::NEWEST_OLD], 24 * 29),
            // An hour before they are 28 days old.
            (&Self::NEW, 24 * 28 - 1),
        ] {
            for file in files {
                let path = place.path().join(file);
                let folder = path.parent().unwrap();
                fs::create_dir_all(folder).unwrap();
                fs::write(&path, "x").unwrap();
                let written_at = SystemTime::now() - Duration::from_hours(hours);
                for changed in [&path, folder] {
                    File::open(changed).unwrap().set_modified(written_at).unwrap();
                }
            }
        }
        Self { place }
    }

    fn is_left(&self, file: &str) -> bool {
        self.place.path().join(file).exists()
    }

    /// What is 28 days old has gone, and nothing else.
    fn check(&self) {
        assert!(Self::REGISTER.iter().chain(&Self::NEW).all(|file| self.is_left(file)));
        assert!(!self.is_left(Self::NEWEST_OLD));
        assert!(!Self::OLD.iter().chain(&Self::COPIES).any(|file| self.is_left(file)));
    }

    /// As after four weeks in which every backup failed.
    fn lose_the_new(&self) {
        fs::remove_dir_all(self.place.path().join(Self::NEW[0]).parent().unwrap()).unwrap();
    }

    /// The newest backup is left although it is 28 days old; the others have gone.
    fn check_the_newest(&self) {
        assert!(self.is_left(Self::NEWEST_OLD));
        assert!(!Self::OLD.iter().chain(&Self::COPIES).any(|file| self.is_left(file)));
    }
}
