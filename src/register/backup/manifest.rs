//! The manifest of a backup, and its signature.
//!
//! The signature is over the bytes of `manifest.json` as they are, so no form of JSON has to be agreed on.

use std::path::Path;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::values::thumbprint;

use super::error::{BackupError, at};
use super::files;
use super::files::KeptFile;

/// The name of the database in a backup.
pub const DATABASE: &str = "green-homes.db";
/// The file that makes a directory a backup.
pub const MANIFEST: &str = "manifest.json";
/// The file with the signature of the manifest.
pub const SIGNATURE: &str = "manifest.sig";
/// The number of the layout of backups. A layout that an older program would misread takes the next number. Manifests of the
/// layout 1 were not signed.
pub const FORMAT: u32 = 2;

/// The key that signs a manifest.
pub struct Signer<'a> {
    /// Its id.
    pub kid: &'a str,
    /// The public key, base64url without padding.
    pub x: &'a str,
    /// Signs bytes with the private key.
    pub sign: &'a dyn Fn(&[u8]) -> Vec<u8>,
}

/// The content of [`SIGNATURE`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    /// The public key, base64url without padding.
    public_key: String,
    /// The Ed25519 signature of the bytes of the manifest, base64url without padding.
    signature: String,
}

/// The manifest of a backup.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The number of its layout.
    pub format: u32,
    /// The version of the program that made it.
    pub program_version: String,
    /// The id of the register.
    pub instance_id: String,
    /// The version of the register that it holds.
    pub version: i64,
    /// The hash of the last entry, in hexadecimal.
    pub head_hash: String,
    /// The id of the key that signed it.
    pub kid: String,
    /// The instant at which it was made.
    pub made_at: DateTime<Utc>,
    pub files: Vec<KeptFile>,
}

/// The part that every layout of a manifest has.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl Manifest {
    /// Writes the signature, then the manifest as the last file of a backup.
    pub(super) fn write(&self, directory: &Path, signer: &Signer<'_>) -> Result<(), BackupError> {
        let text = written(self)?;
        let signature = URL_SAFE_NO_PAD.encode((signer.sign)(&text));
        let signature = written(&Signature { public_key: signer.x.to_owned(), signature })?;
        for (name, content) in [(SIGNATURE, signature), (MANIFEST, text)] {
            let path = directory.join(name);
            files::write_private(&path, &content).map_err(at(&path))?;
        }
        files::sync(directory)
    }

    /// Reads the manifest of a backup, and checks its signature and every file against it. With `trusted`, the id of a key, only
    /// a manifest that this key signed is taken; without, whoever changed a backup could have signed it anew.
    pub(super) fn verified(directory: &Path, trusted: Option<&str>) -> Result<Self, BackupError> {
        let path = directory.join(MANIFEST);
        let refused = |why: String| BackupError::Refused(format!("{} is no backup: {why}", directory.display()));
        let text =
            files::read_plain(&path).map_err(|error| refused(format!("its {MANIFEST} cannot be read ({error})")))?;
        let broken = |error: serde_json::Error| refused(format!("its {MANIFEST} is broken ({error})"));
        let any: AnyFormat = serde_json::from_slice(&text).map_err(broken)?;
        if any.format < FORMAT {
            let why = "and is not signed: restore it with the version of the program that made it";
            return Err(refused(format!("it has the format {}, {why}", any.format)));
        }
        if any.format > FORMAT {
            return Err(refused(format!("it has the format {}, and this program reads {FORMAT}", any.format)));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(broken)?;
        check_signature(directory, &text, &manifest.kid).map_err(refused)?;
        if let Some(trusted) = trusted.filter(|trusted| *trusted != manifest.kid) {
            return Err(BackupError::Refused(format!(
                "{} was signed by the key {}, and not by {trusted}, which --kid or the data directory names. If the key was changed since, \
                 name the id that you noted then by --kid; else do not trust it",
                directory.display(),
                manifest.kid
            )));
        }
        for file in &manifest.files {
            if !file.is_plain() {
                return Err(refused(format!("it names the file {:?}", file.name)));
            }
            if KeptFile::of(&directory.join(&file.name))? != *file {
                return Err(refused(format!("{} is not what was backed up", file.name)));
            }
        }
        if manifest.files.iter().any(|file| file.name == DATABASE) {
            return Ok(manifest);
        }
        Err(refused("it has no database".to_owned()))
    }
}

fn written(content: &impl Serialize) -> Result<Vec<u8>, BackupError> {
    let mut text = serde_json::to_vec_pretty(content).map_err(|error| BackupError::Refused(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// Checks that the key `kid` signed the manifest `text`.
fn check_signature(directory: &Path, text: &[u8], kid: &str) -> Result<(), String> {
    let signature = files::read_plain(&directory.join(SIGNATURE));
    let signature = signature.map_err(|error| format!("its {SIGNATURE} cannot be read ({error})"))?;
    let signature: Signature =
        serde_json::from_slice(&signature).map_err(|error| format!("its {SIGNATURE} is broken ({error})"))?;
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let key = UnparsedPublicKey::new(&ED25519, bytes(&signature.public_key));
    let is_of_key = thumbprint(&signature.public_key) == kid;
    if is_of_key && key.verify(text, &bytes(&signature.signature)).is_ok() {
        return Ok(());
    }
    Err(format!("its {SIGNATURE} is not the signature of its {MANIFEST} by the key {kid}"))
}
