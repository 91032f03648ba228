//! Refusals of callers who are no client: counted by shortened address and status, and logged as sums, because a line for
//! each would let anybody wash everything else out of the log.
//!
//! The first refusal after a silence starts a timer of a few seconds; when it ends, the sums are logged and forgotten. So
//! sums come out when nobody asks any more, and no timer runs while nobody is refused.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt;
use ipnet::IpNet;

/// Sums are logged this long after the first refusal.
const EVERY: Duration = Duration::from_secs(5);
/// Addresses and statuses that are counted apart; further ones are counted together, by status. 20,000 take 2 MB.
const COUNTED_APART: usize = 20_000;
/// The largest sums are logged with their address; the others together, by status.
const LINES: usize = 10;

/// The refusals since the sums were last logged.
#[derive(Default)]
pub struct RefusalSums(Mutex<HashMap<Refused, u64>>);

/// Who was refused, and how. No address: whoever is not counted apart.
type Refused = (Option<IpNet>, u16);

impl RefusalSums {
    /// Counts the refusal of a caller at this address.
    pub fn count(self: &Arc<Self>, address: IpAddr, status: u16) {
        if self.add(shortened(address), status) {
            let sums = self.clone();
            rt::spawn(async move {
                rt::time::sleep(EVERY).await;
                sums.log();
            });
        }
    }

    /// Adds a refusal; true if it is the first.
    fn add(&self, network: Option<IpNet>, status: u16) -> bool {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = sums.is_empty();
        let is_known = sums.len() < COUNTED_APART || sums.contains_key(&(network, status));
        *sums.entry((network.filter(|_| is_known), status)).or_default() += 1;
        is_first
    }

    /// Logs the sums and begins anew.
    pub fn log(&self) {
        for ((network, status), requests) in self.take() {
            let address = network.map_or_else(|| "others".to_owned(), |network| network.to_string());
            tracing::info!(target: "green_homes::refused", address, status, requests, "refused");
        }
    }

    /// The largest sums, and the others together.
    fn take(&self) -> Vec<(Refused, u64)> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut sums: Vec<_> = taken.into_iter().collect();
        sums.sort_by_key(|(refused, requests)| (refused.0.is_none(), std::cmp::Reverse(*requests)));
        let rest = sums.split_off(sums.len().min(LINES));
        let mut others = HashMap::new();
        for ((_, status), requests) in rest {
            *others.entry((None, status)).or_default() += requests;
        }
        sums.extend(others);
        sums
    }
}

/// The network of an address: /24 of IPv4, /48 of IPv6, so that the log names no household.
fn shortened(address: IpAddr) -> Option<IpNet> {
    let prefix = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, prefix).ok().map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn shorten_an_address_leaves_its_network() {
        for (address, network) in [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48")] {
            assert_eq!(shortened(address.parse().unwrap()).unwrap().to_string(), network);
        }
    }

    #[test]
    fn count_a_million_addresses_keeps_a_bounded_table_and_every_refusal_in_few_lines() {
        let sums = RefusalSums::default();
        let loud = shortened(Ipv4Addr::new(203, 0, 113, 1).into());
        for n in 0..1_000_000_u32 {
            sums.add(shortened(Ipv6Addr::from_bits(u128::from(n) << 80).into()), 404);
            if n % 10 == 0 {
                sums.add(loud, if n % 20 == 0 { 401 } else { 404 });
            }
        }
        assert!(sums.0.lock().unwrap().len() <= COUNTED_APART + 2);
        let lines = sums.take();
        assert!(lines.len() <= LINES + 2, "{lines:?}");
        assert_eq!(lines.iter().map(|(_, requests)| requests).sum::<u64>(), 1_100_000);
        assert!(lines.contains(&((loud, 401), 50_000)) && lines.contains(&((loud, 404), 50_000)), "{lines:?}");
        assert!(lines.iter().any(|((network, _), requests)| network.is_none() && *requests > 900_000), "{lines:?}");
        assert!(sums.take().is_empty());
    }
}
