//! The id and the secret that a client sends by HTTP Basic.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A client's id and secret, as they came; nobody has checked them yet.
pub struct BasicCredentials {
    /// The id that the client names.
    pub client_id: String,
    /// The secret that is to prove it.
    pub secret: String,
}

impl BasicCredentials {
    /// Reads the header `Authorization`. `None` where it is absent, of another scheme, or broken.
    ///
    /// RFC 6749 encodes id and secret as form values before Base64. Ours consist of letters, digits, `-` and `_`, which
    /// that encoding leaves as they are, so nothing is decoded here.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = header.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (client_id, secret) = decoded.split_once(':')?;
        Some(Self { client_id: client_id.to_owned(), secret: secret.to_owned() })
    }
}
