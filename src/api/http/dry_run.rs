//! `?dry_run=true`: the caller asks what would come of a write, and nothing is recorded.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::caller_first::CallerFirst;
use super::problems::ApiError;
use super::query::Query;

/// The query of a write that can be tried out: the parameter `dry_run`, and no other.
#[derive(Clone, Copy)]
pub struct DryRun(pub bool);

impl FromRequest for DryRun {
    type Error = ApiError;
    type Future = CallerFirst<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = Query::of(request).and_then(|mut query| {
            let dry_run = query.flag("dry_run");
            query.finish().map(|()| Self(dry_run))
        });
        CallerFirst::of(request, read)
    }
}
