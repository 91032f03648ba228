//! Rate limits: one for each client, and one for each address on costly requests that need no valid token. Pages that are
//! served from memory to everybody are not counted, because a refusal would cost as much as the page.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

use crate::api::http::{ApiError, client_address};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit");
/// The burst: requests of this many seconds may come at once.
const BURST_SECONDS: u32 = 10;
/// After this many requests the limiter forgets everybody who has the whole burst again, so that it stays small.
const TIDY_AFTER: u32 = 4096;

/// The limits of clients and of addresses.
pub struct RateLimits {
    clients: Option<RateLimit<String>>,
    addresses: Option<RateLimit<IpAddr>>,
    proxies: Vec<IpNet>,
}

/// One limit, kept for each key.
struct RateLimit<K: Hash + Eq + Clone> {
    name: &'static str,
    rate: NonZeroU32,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    asked: AtomicU32,
}

/// The use of a limit, for the headers `RateLimit-Policy` and `RateLimit` of the answer
/// (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy)]
pub struct RateLimitHeaders {
    name: &'static str,
    burst: u32,
    left: u32,
    /// Seconds until the whole burst is available again.
    full_in: u64,
}

impl RateLimits {
    /// Limits in requests a second, for each client and for each address; 0 sets no limit.
    #[must_use]
    pub fn new(client_rate: u32, address_rate: u32, proxies: Vec<IpNet>) -> Self {
        Self {
            clients: RateLimit::new("client", client_rate),
            addresses: RateLimit::new("address", address_rate),
            proxies,
        }
    }

    /// Counts a request for a client; `TooManyRequests` where it asks too often.
    pub fn count_client(&self, request: &HttpRequest, client_id: &str) -> Result<(), ApiError> {
        self.clients.as_ref().map_or(Ok(()), |limit| limit.count(request, &client_id.to_owned()))
    }

    /// Counts a request for its address; `TooManyRequests` where the address asks too often.
    pub fn count_address(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let Some(limit) = &self.addresses else { return Ok(()) };
        limit.count(request, &self.counted_address_of(request))
    }

    /// The address that a request comes from, as far as trusted proxies say.
    pub fn address_of(&self, request: &HttpRequest) -> IpAddr {
        client_address::of(request, &self.proxies)
    }

    /// The address for which a request counts.
    pub fn counted_address_of(&self, request: &HttpRequest) -> IpAddr {
        client_address::counted(self.address_of(request))
    }
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    fn new(name: &'static str, rate: u32) -> Option<Self> {
        let rate = NonZeroU32::new(rate)?;
        let quota = Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::new(BURST_SECONDS)?));
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Some(Self { name, rate, limiter, clock: DefaultClock::default(), asked: AtomicU32::new(0) })
    }

    fn count(&self, request: &HttpRequest, key: &K) -> Result<(), ApiError> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let outcome = self.limiter.check_key(key);
        let left = outcome.as_ref().map_or(0, StateSnapshot::remaining_burst_capacity);
        let burst = self.rate.get().saturating_mul(BURST_SECONDS);
        let full_in = u64::from((burst - left.min(burst)).div_ceil(self.rate.get()));
        request.extensions_mut().insert(RateLimitHeaders { name: self.name, burst, left, full_in });
        let refused = |wait: Duration| ApiError::TooManyRequests { retry_after: seconds(wait) };
        outcome.map(|_| ()).map_err(|not_until| refused(not_until.wait_time_from(self.clock.now())))
    }
}

/// A wait in whole seconds, rounded up, at least one.
fn seconds(wait: Duration) -> u64 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    (wait.as_secs() + begun).max(1)
}

impl RateLimitHeaders {
    /// Writes the two headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let Self { name, burst, left, full_in } = self;
        let policy = HeaderValue::from_str(&format!("\"{name}\";q={burst};w={BURST_SECONDS}"));
        let remaining = HeaderValue::from_str(&format!("\"{name}\";r={left};t={full_in}"));
        if let (Ok(policy), Ok(remaining)) = (policy, remaining) {
            headers.insert(POLICY, policy);
            headers.insert(REMAINING, remaining);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_many_addresses_forgets_those_who_have_their_burst_again() {
        let limit = RateLimit::new("address", 1_000_000).unwrap();
        let request = actix_web::test::TestRequest::default().to_http_request();
        for address in 0..10 * TIDY_AFTER {
            limit.count(&request, &address).unwrap();
        }
        assert!(limit.limiter.len() < 64, "{} are remembered", limit.limiter.len());
    }

    #[test]
    fn seconds_are_whole_and_at_least_one() {
        let waits = [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(2), Duration::from_millis(2001)];
        assert_eq!(waits.map(seconds), [1, 1, 2, 3]);
    }
}
