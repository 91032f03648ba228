//! The private key with which this process signs tokens: made on the first start, kept in the data directory with rights for
//! its owner alone, never in the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;

use crate::domain::values::thumbprint;

const FILE: &str = "signing-key.pem";
/// The rights of group and others.
const OTHERS: u32 = 0o077;
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// An Ed25519 key that signs tokens and manifests of backups. A manifest begins with a brace, which what is signed of a token
/// never has, so neither signature passes for the other.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    /// The private key.
    pub(super) signer: EncodingKey,
    /// The id of the key: its thumbprint (RFC 7638).
    pub kid: String,
    /// The public key, base64url without padding.
    pub x: String,
}

impl SigningKey {
    /// Reads the key of a data directory, or makes one. Two processes that start at once on one directory get the same key.
    pub fn load_or_create(data_dir: &Path) -> io::Result<Self> {
        let path = Self::file(data_dir);
        if !path.exists() {
            create(data_dir, &path)?;
        }
        Self::read(&path)
    }

    /// The file of a data directory's key.
    #[must_use]
    pub fn file(data_dir: &Path) -> PathBuf {
        data_dir.join(FILE)
    }

    /// The key of a data directory, if it has one.
    pub fn load(data_dir: &Path) -> io::Result<Option<Self>> {
        let path = Self::file(data_dir);
        path.exists().then(|| Self::read(&path)).transpose()
    }

    /// Signs bytes as they are.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }

    fn read(path: &Path) -> io::Result<Self> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, format!("{} is no Ed25519 key", path.display()));
        let mut file = File::open(path)?;
        refuse_if_open_to_others(path, file.metadata()?.permissions().mode() & 0o7777)?;
        let mut pem = String::new();
        file.read_to_string(&mut pem)?;
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body.trim()).map_err(|_| broken())?;
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| broken())?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Ok(Self { pair, signer: EncodingKey::from_ed_der(&der), kid: thumbprint(&x), x })
    }
}

/// Refuses a key that others may read. It is not mended, because whoever read it can sign tokens as any client.
fn refuse_if_open_to_others(path: &Path, mode: u32) -> io::Result<()> {
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let shown = path.display();
    let words = format!(
        "{shown} has the mode {mode:04o}, so that others may have read the key that signs tokens. If nobody did: chmod 600 \
         {shown}. Else do not start: withdraw it as docs/operations.md says, \"A signing key that was stolen\""
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, words))
}

/// Makes a key. It is written under a draft name and then linked to its name, because linking fails where another process was
/// first; writing in place could leave half a key.
fn create(data_dir: &Path, path: &Path) -> io::Result<()> {
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    let encoded = STANDARD.encode(document.as_ref());
    let pem = format!("{BEGIN}\n{encoded}\n{END}\n");
    let draft = data_dir.join(format!("{FILE}.{}", uuid::Uuid::new_v4().simple()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()?;
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_or_create_makes_the_key_once_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = SigningKey::load_or_create(dir.path()).unwrap();
        let second = SigningKey::load_or_create(dir.path()).unwrap();
        assert_eq!(first.kid, second.kid);
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "the draft is gone");
    }

    #[test]
    fn load_or_create_with_a_broken_file_says_so_and_leaves_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "no key").unwrap();
        fs::set_permissions(dir.path().join(FILE), fs::Permissions::from_mode(0o600)).unwrap();
        let error = SigningKey::load_or_create(dir.path()).err().unwrap();
        assert!(error.to_string().ends_with("is no Ed25519 key"), "{error}");
        assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), "no key");
    }
}
