//! For whom a public number is: everybody, or those who check the numbers.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};

use crate::api::http::{ApiError, CacheFor};
use crate::domain::records::{Actor, Role};

use super::caller::Caller;

/// Who asks for a public number.
pub enum Audience {
    /// Anybody: what was published.
    Public,
    /// A reviewer or an administrator of the whole country: everything, as it is now.
    Internal(Box<Actor>),
}

impl Audience {
    /// The audience of a request. A token that is not good is refused, so that nobody takes published numbers for those of now.
    pub async fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        if !request.headers().contains_key(AUTHORIZATION) {
            return Ok(Self::Public);
        }
        let Caller(actor, _) = Caller::from_request(request, &mut Payload::None).await?;
        let sees_all = matches!(actor.role, Role::Reviewer | Role::Admin) && actor.province.is_none();
        Ok(if sees_all { Self::Internal(Box::new(actor)) } else { Self::Public })
    }

    /// Whether the numbers are for internal use.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Internal(_))
    }

    /// How long caches may repeat a page that they may repeat for `public` where it is public.
    #[must_use]
    pub fn lasts(&self, public: CacheFor) -> CacheFor {
        if self.is_internal() { CacheFor::Never } else { public }
    }

    /// The key of a page in a cache.
    #[must_use]
    pub fn key(&self, path: &str) -> String {
        format!("{path}{}", if self.is_internal() { " internal" } else { "" })
    }
}
