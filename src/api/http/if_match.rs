//! `If-Match`: the revision of a record that a correction is for.

use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::register::ExpectedRevision;

use super::caller_first::CallerFirst;
use super::problems::ApiError;

/// The revision that a request names; a request without one is refused (428).
pub struct IfMatch(pub ExpectedRevision);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = CallerFirst<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent: Vec<&str> = request.headers().get_all(IF_MATCH).filter_map(|value| value.to_str().ok()).collect();
        let expected = match sent[..] {
            [] => Err(ApiError::PreconditionRequired),
            _ => read(&sent.join(",")).map(Self).ok_or(ApiError::MalformedPrecondition),
        };
        CallerFirst::of(request, expected)
    }
}

/// Reads the header. Weak tags are kept and never match, because `If-Match` compares strongly (RFC 9110).
fn read(header: &str) -> Option<ExpectedRevision> {
    if header.trim() == "*" {
        return Some(ExpectedRevision::Any);
    }
    let tags: Vec<String> = header.split(',').map(|etag| etag.trim().to_owned()).collect();
    let is_tag = |tag: &String| {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"')
    };
    tags.iter().all(is_tag).then_some(ExpectedRevision::OneOf(tags))
}
