//! The address that a request comes from: the peer, or the one that trusted proxies name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// The leading bits of an IPv6 address that tell subscribers apart.
const SUBSCRIBER_BITS: u32 = 56;

/// The caller's address. `X-Forwarded-For` counts only as far as trusted proxies wrote it.
pub fn of(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if trusted.is_empty() {
        return peer.to_canonical();
    }
    let headers = request.headers().get_all(FORWARDED_FOR);
    // What a proxy appended stands in the same line as whatever its caller wrote.
    let lines: Vec<_> = headers.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    caller(peer, &lines, trusted)
}

/// Walks back from the peer, hop by hop, while the last hop is a trusted proxy.
fn caller(peer: IpAddr, lines: &[impl AsRef<str>], trusted: &[IpNet]) -> IpAddr {
    let mut caller = peer.to_canonical();
    for hop in lines.iter().rev().flat_map(|line| line.as_ref().rsplit(',')) {
        let is_trusted = trusted.iter().any(|network| network.contains(&caller));
        let Some(before) = parse(hop.trim()).filter(|_| is_trusted) else { break };
        caller = before;
    }
    caller
}

/// Some proxies write the port too.
fn parse(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// The address that limits count. An IPv6 address counts by its /56, because one subscriber has all of it.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> SUBSCRIBER_BITS))),
    }
}

/// Reads addresses and networks, separated by commas.
pub fn parse_networks(text: &str) -> Result<Vec<IpNet>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let network = |name: &str| name.parse().ok().or_else(|| name.parse().ok().map(|address: IpAddr| address.into()));
    names.map(|name| network(name).ok_or_else(|| format!("{name} is neither an address nor a network"))).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn caller_of(peer: &str, lines: &[&str]) -> String {
        let trusted = parse_networks("10.0.0.0/8, 192.0.2.1,2001:db8::/32").unwrap();
        caller(peer.parse().unwrap(), lines, &trusted).to_string()
    }

    #[test]
    fn caller_of_an_untrusted_peer_is_the_peer_whatever_it_says() {
        assert_eq!(caller_of("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(caller_of("203.0.113.9", &["10.0.0.1", "192.0.2.1"]), "203.0.113.9");
    }

    #[test]
    fn caller_behind_trusted_proxies_is_the_right_most_that_is_not_trusted() {
        assert_eq!(caller_of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(caller_of("10.0.0.1", &["1.1.1.1, 198.51.100.1, 192.0.2.1 ,10.2.3.4"]), "198.51.100.1");
        // Two lines are one list; the caller wrote the first.
        assert_eq!(caller_of("::ffff:10.0.0.1", &["1.1.1.1", "198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(caller_of("2001:db8::1", &["[2a00::5]:443"]), "2a00::5");
    }

    #[test]
    fn caller_in_a_hostile_header_is_no_further_than_it_can_be_read() {
        for hostile in ["", ",,,", "unknown", "1.2.3.4.5", "10.0.0.1\u{0}", "<script>", "1.1.1.1, _hidden"] {
            assert_eq!(caller_of("10.0.0.1", &[hostile]), "10.0.0.1", "{hostile:?}");
        }
        assert_eq!(caller_of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(caller_of("10.0.0.1", &["1.1.1.1, nonsense, 10.9.9.9"]), "10.9.9.9");
        let long = "10.0.0.2, ".repeat(5_000) + "10.0.0.3";
        assert_eq!(caller_of("10.0.0.1", &[&long]), "10.0.0.2");
    }

    /// nginx appends to whatever it was sent.
    #[test]
    fn caller_after_bytes_that_are_no_text_is_whom_the_proxy_appended() {
        let peer = "10.0.0.1:4711".parse().unwrap();
        let line = HeaderValue::from_bytes(b"\xff, 198.51.100.1").unwrap();
        let request = TestRequest::default().peer_addr(peer).insert_header((FORWARDED_FOR, line)).to_http_request();
        assert_eq!(of(&request, &parse_networks("10.0.0.0/8").unwrap()).to_string(), "198.51.100.1");
    }

    #[test]
    fn counted_takes_a_whole_ipv6_network_as_one() {
        let one = counted("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(one, counted("2001:db8:1:ff::9".parse().unwrap()));
        assert_ne!(one, counted("2001:db8:1:102::9".parse().unwrap()));
    }

    #[test]
    fn parse_networks_names_what_is_none() {
        assert!(parse_networks(" ").unwrap().is_empty());
        assert!(parse_networks("10.0.0.1,proxy").unwrap_err().contains("proxy"));
    }
}
