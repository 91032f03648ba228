//! The id in a path. An id that cannot be read names nothing, so it is answered 404 and not 422.

use actix_web::web::Path;
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::domain::values::{Code, InstallationId, SiteId};

use super::caller_first::CallerFirst;
use super::problems::ApiError;

/// The value in the one place of a path, such as `{id}`.
pub struct PathId<T>(pub T);

/// A value that can stand in a path.
pub trait InPath: Sized + Unpin {
    /// Reads the value; none where it names nothing.
    fn read(raw: &str) -> Option<Self>;
}

impl InPath for InstallationId {
    fn read(raw: &str) -> Option<Self> {
        Self::parse(raw).ok()
    }
}

impl InPath for SiteId {
    fn read(raw: &str) -> Option<Self> {
        Self::parse(raw).ok()
    }
}

impl InPath for Code {
    fn read(raw: &str) -> Option<Self> {
        Self::parse(raw).ok()
    }
}

/// The number of a dispute.
impl InPath for i64 {
    fn read(raw: &str) -> Option<Self> {
        raw.parse().ok()
    }
}

impl<T: InPath> FromRequest for PathId<T> {
    type Error = ApiError;
    type Future = CallerFirst<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The path's own extractor decodes what the router leaves encoded.
        let raw = Path::<String>::extract(request).into_inner().map(Path::into_inner).ok();
        CallerFirst::of(request, raw.and_then(|raw| T::read(&raw)).map(Self).ok_or(ApiError::NotFound))
    }
}
