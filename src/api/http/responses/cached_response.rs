//! Public pages on their way out: which representation the caller takes, whether it has it already,
//! and for how long caches may repeat it.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::register::{Coding, ReadyPage, Representation};

use crate::api::http::problems::ApiError;

/// JSON.
pub const JSON: &str = "application/json";
/// A text.
pub const TEXT: &str = "text/plain; charset=utf-8";
/// A map.
pub const GEO_JSON: &str = "application/geo+json";

/// For how long caches may repeat a page without asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheFor {
    /// Numbers, which can change four times a second. For half a minute more a cache may answer at once with an
    /// old number while it fetches the new one.
    OneSecond,
    /// Pages that a new version of the service may change.
    FiveMinutes,
    /// Pages that hardly ever change.
    OneHour,
    /// Pages that never change.
    Always,
    /// Numbers for internal use, which no cache may keep.
    Never,
}

impl CacheFor {
    const fn cache_control(self) -> &'static str {
        match self {
            Self::OneSecond => "public, max-age=1, stale-while-revalidate=30",
            Self::FiveMinutes => "public, max-age=300, stale-while-revalidate=3600",
            Self::OneHour => "public, max-age=3600, stale-while-revalidate=86400",
            Self::Always => "public, max-age=86400, immutable",
            Self::Never => "no-store",
        }
    }
}

/// A page of a value that always has a JSON form: numbers, dates and texts.
pub fn as_page(media_type: &'static str, value: &impl Serialize) -> ReadyPage {
    ReadyPage::new(media_type, serde_json::to_vec(value).unwrap_or_default())
}

/// Answers `GET` and `HEAD` with a page, compressed as the caller accepts it, or with 304 when the caller has
/// these bytes already. A request copies pointers, not bytes.
pub async fn send(request: &HttpRequest, page: &ReadyPage, lasts: CacheFor) -> Result<HttpResponse, ApiError> {
    let chosen = choose(request, page).await?;
    Ok(answer(request, page, chosen, lasts))
}

/// The coding of a page, and its bytes in that coding.
pub type Chosen<'p> = (Option<Coding>, &'p Representation);

/// Chooses the bytes that the caller accepts.
pub async fn choose<'p>(request: &HttpRequest, page: &'p ReadyPage) -> Result<Chosen<'p>, ApiError> {
    let coding = coding_for(request.headers(), page.gains());
    let sent = match coding {
        None => &page.identity,
        Some(coding) => page.coded(coding).await?,
    };
    Ok((coding, sent))
}

/// Answers with the chosen bytes.
pub fn answer(request: &HttpRequest, page: &ReadyPage, (coding, sent): Chosen, lasts: CacheFor) -> HttpResponse {
    if is_known(request.headers(), &sent.etag) {
        let mut response = HttpResponse::NotModified().finish();
        identify(response.headers_mut(), sent, lasts);
        return response;
    }
    let mut response = HttpResponse::Ok().body(sent.body.clone());
    let headers = response.headers_mut();
    identify(headers, sent, lasts);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.media_type));
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    response
}

/// The headers that an answer has with a body or without.
fn identify(headers: &mut HeaderMap, sent: &Representation, lasts: CacheFor) {
    if let Ok(etag) = HeaderValue::from_maybe_shared(sent.etag.clone()) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(lasts.cache_control()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding, Authorization"));
}

/// `If-None-Match` compares weakly.
fn is_known(headers: &HeaderMap, etag: &[u8]) -> bool {
    let mut listed = listed(headers, IF_NONE_MATCH);
    listed.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == etag)
}

/// The members of a header that is a list, in one line or several.
fn listed(headers: &HeaderMap, name: actix_web::http::header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// How much a caller wants each coding, from 0 (not at all) to 1.
#[derive(Default)]
struct Wanted {
    gzip: Option<f32>,
    brotli: Option<f32>,
    identity: Option<f32>,
    others: Option<f32>,
}

/// The coding of a page for a caller, by RFC 9110, section 12.5.3. Among codings with equal weight the smaller
/// result wins (brotli). A page that compression would not shrink is sent as it is. A caller who accepts
/// nothing that we have gets the page uncompressed, instead of 406.
fn coding_for(headers: &HeaderMap, gains: bool) -> Option<Coding> {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return None;
    }
    let mut wanted = Wanted::default();
    for member in listed(headers, ACCEPT_ENCODING) {
        let (name, weight) = member.split_once(';').map_or((member, Some(1.0)), |(name, rest)| (name, weight(rest)));
        let slot = match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => &mut wanted.gzip,
            name if name.eq_ignore_ascii_case("br") => &mut wanted.brotli,
            name if name.eq_ignore_ascii_case("identity") => &mut wanted.identity,
            "*" => &mut wanted.others,
            _ => continue,
        };
        *slot = Some(weight.unwrap_or_default());
    }
    let of = |named: Option<f32>| named.or(wanted.others).unwrap_or_default();
    let (gzip, brotli) = (of(wanted.gzip), of(wanted.brotli));
    let (coding, most) = if brotli >= gzip { (Coding::Brotli, brotli) } else { (Coding::Gzip, gzip) };
    // A coding that the header does not name is acceptable, but less than any that it names.
    let identity = wanted.identity.or(wanted.others);
    let refuses_identity = identity == Some(0.0);
    let prefers_identity = wanted.identity.is_some_and(|weight| weight > most);
    let coded = most > 0.0 && !prefers_identity && (gains || refuses_identity);
    coded.then_some(coding)
}

/// The weight `q=…` of a member; none if it is malformed.
fn weight(parameters: &str) -> Option<f32> {
    let (name, value) = parameters.split_once('=')?;
    let weight = value.trim().parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    name.trim().eq_ignore_ascii_case("q").then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(accepted: &'static str, gains: bool) -> &'static str {
        let mut headers = HeaderMap::new();
        for line in accepted.split('\n') {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
        }
        coding_for(&headers, gains).map_or("identity", Coding::name)
    }

    #[test]
    fn choose_a_coding_follows_what_the_caller_wants() {
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("X-GZIP", "gzip"),
            ("gzip\nbr", "br"),
            ("br;q=0.5, gzip;q=0.8", "gzip"),
            ("br ; q=0, gzip", "gzip"),
            ("br;q=0.000,gzip;Q=0.001", "gzip"),
            ("*", "br"),
            ("br;q=0, *", "gzip"),
            ("gzip, *;q=0", "gzip"),
            ("identity, gzip", "gzip"),
            ("identity, gzip;q=0.5", "identity"),
            ("identity;q=0.5, gzip;q=0.5", "gzip"),
            ("identity;q=0", "identity"),
            ("*;q=0", "identity"),
            ("gzip;q=0", "identity"),
            ("gzip;q=2", "identity"),
            ("gzip;q=nan", "identity"),
            ("gzip;level=9", "identity"),
            ("zstd", "identity"),
            ("identity", "identity"),
            ("", "identity"),
        ] {
            assert_eq!(coding(accepted, true), expected, "{accepted:?}");
        }
    }

    #[test]
    fn choose_a_coding_for_a_page_that_gains_nothing_is_none_unless_there_must_be_one() {
        for (accepted, expected) in [
            ("gzip, br", "identity"),
            ("*", "identity"),
            ("gzip, identity;q=0", "gzip"),
            ("gzip, *;q=0", "gzip"),
            ("*;q=0", "identity"),
        ] {
            assert_eq!(coding(accepted, false), expected, "{accepted:?}");
        }
        assert!(coding_for(&HeaderMap::new(), true).is_none());
    }
}
