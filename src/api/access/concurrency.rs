//! What an address has at a time: its open connections and, behind a trusted proxy, its requests under way. One address
//! must not take everything that there is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use ipnet::IpNet;

use crate::api::http::{ApiError, client_address};

/// Seconds after which whoever has too many requests under way may ask again.
const RETRY_AFTER: u64 = 1;

/// Counts what each address has at a time.
pub struct Concurrency {
    /// The most; none is no limit.
    most: Option<usize>,
    proxies: Vec<IpNet>,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One of the connections or requests of an address, until it is dropped. Nobody is counted who is exempt.
#[derive(Default)]
pub struct Held(Option<(Arc<Concurrency>, IpAddr)>);

/// As many as the address may have are there already.
#[derive(Debug)]
pub struct TooMany;

impl From<TooMany> for ApiError {
    fn from(_: TooMany) -> Self {
        Self::TooManyRequests { retry_after: RETRY_AFTER }
    }
}

impl Concurrency {
    /// At most this many connections and requests for each address; 0 is no limit. Proxies are exempt.
    #[must_use]
    pub fn new(most: usize, proxies: Vec<IpNet>) -> Self {
        Self { most: Some(most).filter(|most| *most > 0), proxies, held: Mutex::default() }
    }

    /// Counts a connection of this peer.
    pub fn connect(self: &Arc<Self>, peer: IpAddr) -> Result<Held, TooMany> {
        self.hold(peer.to_canonical())
    }

    /// Counts a request that came through a trusted proxy for the address that the proxy names. Another peer's connections
    /// are counted already.
    pub fn begin(self: &Arc<Self>, request: &HttpRequest) -> Result<Held, TooMany> {
        match request.peer_addr() {
            Some(peer) if self.is_proxy(peer.ip().to_canonical()) => {
                self.hold(client_address::of(request, &self.proxies))
            }
            _ => Ok(Held::default()),
        }
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    fn hold(self: &Arc<Self>, address: IpAddr) -> Result<Held, TooMany> {
        let Some(most) = self.most.filter(|_| !self.is_proxy(address)) else { return Ok(Held::default()) };
        let address = client_address::counted(address);
        let mut held = self.held();
        let count = held.entry(address).or_default();
        if *count >= most {
            return Err(TooMany);
        }
        *count += 1;
        Ok(Held(Some((self.clone(), address))))
    }

    fn held(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Whether somebody is counted.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some((counts, address)) = self.0.take() else { return };
        let mut held = counts.held();
        if let Some(count) = held.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hold_more_than_an_address_may_is_refused_until_one_is_dropped() {
        let counts = Arc::new(Concurrency::new(2, client_address::parse_networks("10.0.0.0/8").unwrap()));
        let connect = |address: &str| counts.connect(address.parse().unwrap());
        let (first, _second) = (connect("192.0.2.1").unwrap(), connect("::ffff:192.0.2.1").unwrap());
        assert!(connect("192.0.2.1").is_err());
        assert!(connect("192.0.2.2").is_ok());
        drop(first);
        assert!(connect("192.0.2.1").is_ok());
        // One subscriber has a whole network of IPv6.
        let _held = (connect("2001:db8:1:200::1").unwrap(), connect("2001:db8:1:2ff::1").unwrap());
        assert!(connect("2001:db8:1:201::2").is_err());
        assert!(connect("2001:db8:1:300::1").is_ok());
        // Proxies are exempt, and nobody who has nothing is remembered.
        let proxied: Vec<_> = (0..5).map(|_| connect("10.1.2.3").unwrap()).collect();
        assert!(proxied.iter().all(|held| !held.is_counted()));
        assert_eq!(counts.held().len(), 2);
    }
}
