//! Tokens that somebody forged.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use green_homes::api::Scope;
use green_homes::api::access::SigningKey;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::App;

/// What the tests' service calls itself.
const ISSUER: &str = "https://register.example";

/// The forgery that is a genuine token but for its age.
pub const OUT_OF_DATE: &str = "out of date";
/// The forgery of a process whose clock is ahead.
pub const TOO_EARLY: &str = "too early";

/// A thief of the service's own key, who can sign whatever he likes.
pub struct Forger {
    key: EncodingKey,
    kid: String,
    public_key: Vec<u8>,
}

impl Forger {
    /// With the key of the service's data directory.
    pub fn of(app: &App) -> Self {
        let data_dir = app.database.data_dir.path();
        let published = SigningKey::load_or_create(data_dir).unwrap();
        let public_key = URL_SAFE_NO_PAD.decode(published.x).unwrap();
        Self { key: key_of(data_dir), kid: published.kid, public_key }
    }

    pub fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, &self.key)
    }

    /// Tokens for a real client, each with one thing wrong.
    pub fn forgeries(&self, client_id: &str) -> Vec<(String, String)> {
        let (header, good) = (self.header(), claims(client_id));
        let now = chrono::Utc::now().timestamp();
        let mut forged = vec![("garbage".to_owned(), "garbage".to_owned()), ("dots".to_owned(), "a.b.c".to_owned())];
        forged.push((OUT_OF_DATE.to_owned(), self.sign(&header, &with(&good, "exp", json!(now - 1)))));
        forged.push((TOO_EARLY.to_owned(), self.sign(&header, &with(&good, "nbf", json!(now + 30)))));
        let wrong_claims = [
            ("exp", Value::Null),
            ("nbf", Value::Null),
            ("aud", json!("https://another.example")),
            ("iss", json!("https://another.example")),
            ("sub", json!("c-nobody")),
        ];
        for (name, value) in wrong_claims {
            forged.push((format!("{name} {value}"), self.sign(&header, &with(&good, name, value))));
        }
        for (name, value) in [("typ", json!("JWT")), ("typ", Value::Null), ("kid", json!("x")), ("kid", Value::Null)] {
            forged.push((format!("{name} {value}"), self.sign(&with(&header, name, value), &good)));
        }
        let stranger = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(stranger.path()).unwrap();
        forged.push(("another key".to_owned(), signed(&header, &good, &key_of(stranger.path()))));
        let base64 = STANDARD.encode(&self.public_key);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
        for secret in [self.public_key.as_slice(), pem.as_bytes()] {
            let key = EncodingKey::from_secret(secret);
            forged.push((
                "the public key as a secret".to_owned(),
                signed(&with(&header, "alg", json!("HS256")), &good, &key),
            ));
        }
        let unsigned = |alg: &str, signature: &str| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.{signature}", part(&with(&header, "alg", json!(alg))), part(&good))
        };
        let genuine = self.sign(&header, &with(&good, "jti", json!("2")));
        forged.extend(["none", "None", "EdDSA"].map(|alg| (format!("alg {alg}, unsigned"), unsigned(alg, ""))));
        let borrowed = unsigned("EdDSA", genuine.rsplit('.').next().unwrap());
        forged.push(("the signature of another token".to_owned(), borrowed));
        forged
    }
}

fn key_of(data_dir: &std::path::Path) -> EncodingKey {
    let pem = std::fs::read_to_string(data_dir.join("signing-key.pem")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    EncodingKey::from_ed_der(&STANDARD.decode(body).unwrap())
}

/// What a genuine token of the client says.
pub fn claims(client_id: &str) -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({"iss": ISSUER, "aud": ISSUER, "sub": client_id, "client_id": client_id, "iat": now, "nbf": now,
        "exp": now + 900, "jti": "1", "scope": Scope::ALL.map(Scope::as_str).join(" ")})
}

/// The object with a member changed; `null` takes it away.
fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut changed = object.clone();
    match value {
        Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
        value => changed[name] = value,
    }
    changed
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey) -> String {
    let header: Header = serde_json::from_value(header.clone()).unwrap();
    encode(&header, claims, key).unwrap()
}
