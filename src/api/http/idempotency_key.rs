//! `Idempotency-Key`: a write that carries one is carried out once, however often it is sent, and
//! answered the same for at least a day.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, IF_MATCH};

use crate::domain::values::{Fault, Hash, hash_of};

use super::problems::ApiError;

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The most characters that a key may have.
pub const LONGEST: usize = 200;

/// A client's key with a digest of the request that it came with.
#[derive(Clone)]
pub struct IdempotencyKey {
    /// The key.
    pub name: String,
    /// SHA-256 over method, path, query, `If-Match` and body.
    pub digest: Hash,
}

impl IdempotencyKey {
    /// The key of a request, if it has one: 1 to 200 visible characters of ASCII, in quotes or not.
    pub fn of(request: &HttpRequest, body: &[u8]) -> Result<Option<Self>, ApiError> {
        let mut sent = request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = sent.next() else { return Ok(None) };
        let text = value.to_str().map_err(|_| ApiError::invalid("Idempotency-Key", Fault::NotVisibleAscii))?.trim();
        let name = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let fault = |fault| Err(ApiError::invalid("Idempotency-Key", fault));
        match name {
            _ if sent.next().is_some() => fault(Fault::DuplicateField),
            "" => fault(Fault::Empty),
            _ if name.len() > LONGEST => fault(Fault::TooLong { max: LONGEST }),
            _ if !name.bytes().all(|byte| byte.is_ascii_graphic()) => fault(Fault::NotVisibleAscii),
            _ => Ok(Some(Self { name: name.to_owned(), digest: digest(request, body) })),
        }
    }
}

fn digest(request: &HttpRequest, body: &[u8]) -> Hash {
    let if_match = request.headers().get(IF_MATCH).map(HeaderValue::as_bytes).unwrap_or_default();
    hash_of(&[
        request.method().as_str().as_bytes(),
        request.path().as_bytes(),
        request.query_string().as_bytes(),
        if_match,
        body,
    ])
}
