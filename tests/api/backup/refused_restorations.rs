//! Restorations that are refused: into a directory in use, and of a backup that is not what was signed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::process::{command, partner_client};
use crate::support::db_execute;

use super::{backed_up, carry_out, installed, names, place, restored, said};

#[test]
fn restore_into_a_used_directory_is_refused_and_changes_nothing() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let before = fs::read(database.data_dir.path().join("green-homes.db")).unwrap();
    let refused = carry_out(&database, &["restore", directory.to_str().unwrap()]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("is there already"), "{}", said(&refused));
    assert_eq!(fs::read(database.data_dir.path().join("green-homes.db")).unwrap(), before);
}

/// Signs the manifest of a backup anew, as whoever has the key of a data directory can, after `change` has changed it.
fn sign_again(directory: &Path, data_dir: &Path, change: impl Fn(&mut Value)) {
    let pem = fs::read_to_string(data_dir.join("signing-key.pem")).unwrap();
    let der = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(&der).unwrap();
    let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let thumbprint = digest(&SHA256, format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}").as_bytes());
    let path = directory.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["kid"] = json!(URL_SAFE_NO_PAD.encode(thumbprint));
    let database = fs::read(directory.join("green-homes.db")).unwrap();
    let sha256 = digest(&SHA256, &database);
    let sha256 = sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    manifest["files"][0] = json!({"name": "green-homes.db", "bytes": database.len(), "sha256": sha256});
    change(&mut manifest);
    let manifest = manifest.to_string();
    let signature = URL_SAFE_NO_PAD.encode(key.sign(manifest.as_bytes()));
    fs::write(path, manifest).unwrap();
    fs::write(directory.join("manifest.sig"), json!({"public_key": x, "signature": signature}).to_string()).unwrap();
}

/// A restoration that is refused for this reason and leaves nothing behind.
fn check_refused(directory: &Path, arguments: &[&str], why: &str) {
    let new = installed();
    let refused = carry_out(&new, &[&["restore", directory.to_str().unwrap()], arguments].concat());
    assert!(refused.status.code() == Some(1) && said(&refused).contains(why), "{why}: {}", said(&refused));
    assert_eq!(names(new.data_dir.path()), Vec::<String>::new(), "{why}");
}

#[test]
fn restore_a_backup_with_a_changed_byte_is_refused() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let path = directory.join("green-homes.db");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&path, changed).unwrap();
    check_refused(&directory, &[], "green-homes.db is not what was backed up");
    fs::write(&path, whole).unwrap();
    let files = ["manifest.json", "manifest.sig"].map(|name| directory.join(name));
    let whole = files.clone().map(|path| fs::read_to_string(path).unwrap());
    let put_back = || files.iter().zip(&whole).for_each(|(path, text)| fs::write(path, text).unwrap());
    for (from, to, why) in [
        ("\"format\": 2", "\"format\": 1", "the format 1, and is not signed"),
        ("\"format\": 2", "\"format\": 3", "format 3"),
        ("\"version\": 3", "\"version\": 4", "is not the signature of its manifest.json"),
        ("\"made_at\": \"2", "\"made_at\": \"3", "is not the signature of its manifest.json"),
        ("{", "", "broken"),
    ] {
        assert!(whole[0].contains(from), "{from}");
        fs::write(&files[0], whole[0].replacen(from, to, 1)).unwrap();
        check_refused(&directory, &[], why);
    }
    put_back();
    for (text, why) in
        [(String::new(), "manifest.sig is broken"), (whole[1].replace('"', "'"), "manifest.sig is broken")]
    {
        fs::write(&files[1], text).unwrap();
        check_refused(&directory, &[], why);
    }
    fs::remove_file(&files[1]).unwrap();
    check_refused(&directory, &[], "its manifest.sig cannot be read");
    put_back();
    // Even who has the key cannot make it say what the database does not.
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(4));
    check_refused(&directory, &[], "another version");
    sign_again(&directory, database.data_dir.path(), |manifest| {
        manifest["version"] = json!(3);
        manifest["files"][0]["name"] = json!("../green-homes.db");
    });
    check_refused(&directory, &[], "names the file");
    put_back();
    restored(&installed(), &directory);
}

/// Whoever changes a backup can sign it with a key of their own: only a key that is known apart from the backup tells.
#[test]
fn restore_a_backup_that_another_key_signed_is_refused_where_the_key_is_known() {
    let (database, other) = (installed(), installed());
    for database in [&database, &other] {
        partner_client(database, "WRITER");
    }
    let (_place, directory) = place();
    let kid = backed_up(&database, &directory)["kid"].as_str().unwrap().to_owned();
    let (_elsewhere, elsewhere) = place();
    let other_kid = backed_up(&other, &elsewhere)["kid"].as_str().unwrap().to_owned();
    assert_ne!(kid, other_kid);

    let new = installed();
    let done = carry_out(&new, &["restore", directory.to_str().unwrap(), "--kid", &kid]);
    assert!(done.status.success() && !said(&done).contains("compare this id"), "{}", said(&done));
    assert_eq!(serde_json::from_slice::<Value>(&done.stdout).unwrap()["trusted"], json!(true));

    sign_again(&directory, other.data_dir.path(), |_| {});
    check_refused(&directory, &["--kid", &kid], &format!("signed by the key {other_kid}, and not by {kid}"));
    let keyed = installed();
    let key = fs::read(database.data_dir.path().join("signing-key.pem")).unwrap();
    let keyed_file = keyed.data_dir.path().join("signing-key.pem");
    fs::write(&keyed_file, &key).unwrap();
    fs::set_permissions(&keyed_file, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = carry_out(&keyed, &["restore", directory.to_str().unwrap()]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("and not by"), "{}", said(&refused));
    assert_eq!(names(keyed.data_dir.path()), ["signing-key.pem"]);
    // Whoever says so may restore what an earlier key signed. The key that is there stays.
    let done = carry_out(&keyed, &["restore", directory.to_str().unwrap(), "--kid", &other_kid]);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(fs::read(keyed.data_dir.path().join("signing-key.pem")).unwrap(), key);
    // Where no key is known, the command says which it was.
    let done = carry_out(&installed(), &["restore", directory.to_str().unwrap()]);
    assert!(done.status.success() && said(&done).contains(&format!("by the key {other_kid}")), "{}", said(&done));
    assert!(said(&done).contains("compare this id"), "{}", said(&done));
    // A key that the manifest does not name.
    fs::copy(elsewhere.join("manifest.sig"), directory.join("manifest.sig")).unwrap();
    check_refused(&directory, &[], "is not the signature of its manifest.json");
}

/// A change of the copy is found even where the manifest was made again with the right key.
#[test]
fn restore_a_copy_that_was_changed_and_signed_again_is_refused_by_the_audit() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let path = directory.join("green-homes.db");
    let whole = fs::read(&path).unwrap();
    let url = format!("sqlite://{}", path.display());
    let admin =
        "INSERT INTO clients (client_id, name, role, created_at) VALUES ('c-new', 'x', 'admin', '2026-01-01 00:00:00')";
    for (change, named) in [
        (admin, "client c-new: was added by no entry"),
        ("DROP TRIGGER entries_refuse_update", "schema trigger entries_refuse_update: is missing"),
    ] {
        fs::write(&path, &whole).unwrap();
        db_execute(&url, &format!("PRAGMA journal_mode = DELETE; {change}")).unwrap();
        sign_again(&directory, database.data_dir.path(), |_| {});
        check_refused(&directory, &[], named);
    }
}

#[test]
fn restore_what_is_refused_leaves_nothing_behind() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    // Refused at once, and after the database was copied.
    let whole = fs::read(directory.join("green-homes.db")).unwrap();
    let refuse = |what: &str| {
        let parent = tempfile::tempdir().unwrap();
        let new = parent.path().join("new").join("data");
        let mut restore = command(&database, &new);
        restore.env("DATABASE_URL", format!("sqlite://{}/green-homes.db", new.display()));
        let refused = restore.arg("restore").arg(&directory).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert_eq!(names(parent.path()), Vec::<String>::new(), "{what}");
    };
    fs::write(directory.join("green-homes.db"), b"no database").unwrap();
    refuse("another file");
    fs::write(directory.join("green-homes.db"), whole).unwrap();
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(4));
    refuse("another version");
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(3));
    let new = installed();
    let done = carry_out(&new, &["restore", directory.to_str().unwrap()]);
    let made_at = serde_json::from_slice::<Value>(&done.stdout).unwrap()["backup"]["made_at"].clone();
    assert!(said(&done).contains("revoke clients, suspend partners, reset secrets"), "{}", said(&done));
    let day = &made_at.as_str().unwrap()[..10];
    assert!(said(&done).contains(&format!("what was done after {day}")), "{}", said(&done));
}
