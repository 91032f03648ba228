//! `backup`, `restore` and `audit`. Each of them audits, and an audit makes the headlines of closed days again, so each first
//! reads the further methodologies.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;

use crate::api::MAKE;
use crate::api::access::SigningKey;
use crate::app;
use crate::app::StartError;
use crate::db::ledger::{Audited, BackedUp, audits_and_backups};
use crate::db::{Database, DbError, Url};
use crate::register::backup::{Restore, Signer};
use crate::register::{Clock, Marker, audit, backup};
use crate::settings::Settings;

use super::change::ACTOR;
use super::output::{print_answer, say};

/// Carries out `backup DIR`.
pub(super) fn run_backup(settings: &Settings, clock: &Clock, directory: &Path) -> Result<(), StartError> {
    let url = settings.database()?;
    if let Url::Postgres(_) = &url {
        let (place, target) = (quoted(&url.without_password()), quoted(&directory.display().to_string()));
        return Err(format!(
            "PostgreSQL backs itself up; run: pg_dump --format=directory --file={target} --dbname={place}\n(the \
             password in ~/.pgpass or PGPASSWORD; signing-key.pem is not needed: without it the next start makes another)"
        )
        .into());
    }
    refuse_inside(&settings.data_dir, directory)?;
    let destination = backup::Destination::of(directory)?;
    app::learn_methodologies(settings)?;
    let database = app::existing_database(settings)?;
    DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir)?;
    let key = SigningKey::load_or_create(&settings.data_dir)?;
    let signer = Signer { kid: &key.kid, x: &key.x, sign: &|bytes| key.sign(bytes) };
    let manifest = backup::backup(&database, &signer, &destination, clock(), MAKE)?;
    let (version, target, kid) = (manifest.version, directory.display(), &manifest.kid);
    say!("backed up version {version} of {url} to {target}; the audit of the copy is clean");
    say!("signed by the key {kid}: note this id apart from the backups, for `restore --kid`");
    let noted = BackedUp { at: clock(), version: manifest.version };
    warn_unless_noted(&database, |connection| audits_and_backups::note_backup(connection, noted));
    print_answer(serde_json::to_string_pretty(&manifest)?)
}

/// Refuses a backup in the data directory, which would be lost with it, and which nothing deletes in time.
fn refuse_inside(data_dir: &Path, directory: &Path) -> Result<(), StartError> {
    let target = std::path::absolute(directory)?;
    // What is there already may be reached by links.
    let known =
        target.ancestors().find_map(|known| Some((known.canonicalize().ok()?, target.strip_prefix(known).ok()?)));
    if let (Ok(data_dir), Some((known, new))) = (data_dir.canonicalize(), known)
        && known.join(new).starts_with(&data_dir)
    {
        let (shown, data_dir) = (directory.display(), data_dir.display());
        return Err(format!(
            "{shown} lies in the data directory {data_dir}, and would be lost with it: name another place"
        )
        .into());
    }
    Ok(())
}

/// Carries out `restore DIR`.
pub(super) fn run_restore(
    settings: &Settings,
    clock: &Clock,
    directory: &Path,
    kid: Option<String>,
) -> Result<(), StartError> {
    let url = settings.database()?;
    let Url::Sqlite(path) = &url else {
        let (place, source) = (quoted(&url.without_password()), quoted(&directory.display().to_string()));
        return Err(format!(
            "PostgreSQL restores itself; into an empty database, run: pg_restore --exit-on-error --no-owner \
             --dbname={place} {source}\n(the password in ~/.pgpass or PGPASSWORD)"
        )
        .into());
    };
    if !directory.is_dir() {
        return Err(format!("there is no directory {}", directory.display()).into());
    }
    app::learn_methodologies(settings)?;
    let trusted = match kid {
        Some(kid) => Some(kid),
        None => SigningKey::load(&settings.data_dir)?.map(|key| key.kid),
    };
    let trusted = trusted.as_deref();
    let to = Restore { from: directory, database: Path::new(path), trusted, actor: ACTOR, make: MAKE };
    let restored = backup::restore(&to, clock)?;
    app::mark(settings, &Marker { instance_id: restored.backup.instance_id.clone(), version: restored.version })?;
    say!(
        "restored version {} as it stood at {} into {url}; entry {} says that later versions published before {} are \
         void",
        restored.backup.version,
        restored.backup.made_at,
        restored.version,
        restored.restored_at
    );
    if !restored.trusted {
        say!(
            "the manifest is signed by the key {}, of which only the backup itself tells: compare this id with the one that \
             you noted when it was made, before the service starts",
            restored.backup.kid
        );
    }
    say!(
        "what was done after {}, after version {}, is undone, too: revoke clients, suspend partners, reset secrets, withdraw keys \
         and erase persons again, before the service starts; when in doubt, reset every secret",
        restored.backup.made_at,
        restored.backup.version
    );
    print_answer(serde_json::to_string_pretty(&restored)?)
}

/// Carries out `audit`.
pub(super) fn run_audit(settings: &Settings, clock: &Clock) -> Result<ExitCode, StartError> {
    app::learn_methodologies(settings)?;
    let database = app::existing_database(settings)?;
    let report = audit::audit(&database, MAKE)?;
    let findings = i64::try_from(report.findings_total).unwrap_or(i64::MAX);
    let noted = Audited { at: clock(), version: report.version, ok: report.ok, findings };
    warn_unless_noted(&database, |connection| audits_and_backups::note_audit(connection, noted));
    print_answer(serde_json::to_string_pretty(&report)?)?;
    for what in &report.not_audited {
        say!("WARNING: not audited: {what}");
    }
    if report.ok {
        let entries = if report.version == 1 { "entry" } else { "entries" };
        let as_far = if report.not_audited.is_empty() { "" } else { ", as far as it was audited" };
        say!("the register is whole{as_far}: {} {entries}", report.version);
        return Ok(ExitCode::SUCCESS);
    }
    let things = if report.findings_total == 1 { "thing is" } else { "things are" };
    say!("{} {things} wrong with the register", report.findings_total);
    Ok(ExitCode::FAILURE)
}

/// Notes an audit or a backup. A failure is a warning, because a read-only database can be audited, too.
fn warn_unless_noted(database: &Database, note: impl FnOnce(&mut crate::db::Connection) -> Result<(), DbError>) {
    let noted = database.connection().and_then(|mut connection| note(&mut connection));
    if let Err(error) = noted {
        tracing::warn!(%error, "this is not noted in the database, so metrics and /readyz do not show it");
    }
}

/// An argument, quoted for a shell.
fn quoted(argument: &str) -> String {
    format!("'{}'", argument.replace('\'', "'\\''"))
}
