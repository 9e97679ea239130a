//! Whose word on a client's address is taken, and what it says.
//!
//! A header is read from its end: there stands what the proxy that is connected has added. As long as that names another trusted
//! proxy its own word is next; the first address that is none of them is the client's. What stands before that anybody may have
//! written, and nobody reads it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::{error, fmt};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, HeaderValue};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word on a client's address is taken, and where they say it. Default: none.
///
/// One header, and not whichever is there: a proxy that writes the one hands on the other as the client wrote it.
///
/// ```
/// use mandovi::manager::{ConnectionManager, TrustedProxies};
///
/// let proxies = TrustedProxies::x_forwarded_for().and("10.0.0.0/8")?.and("fd00::/8")?.and("192.0.2.7")?;
/// let manager = ConnectionManager::builder().trusted_proxies(proxies).build();
/// # let _ = manager;
/// # Ok::<(), mandovi::manager::InvalidNetwork>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    says: Says,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Says {
    #[default]
    Nothing,
    XForwardedFor,
    Forwarded,
}

impl TrustedProxies {
    /// Proxies that append the address to `X-Forwarded-For`.
    pub fn x_forwarded_for() -> Self {
        Self { networks: Vec::new(), says: Says::XForwardedFor }
    }

    /// Proxies that append the address to `Forwarded` (RFC 7239).
    pub fn forwarded() -> Self {
        Self { networks: Vec::new(), says: Says::Forwarded }
    }

    /// Proxies that say it in no header, but with the [PROXY protocol](crate::server::ProxyProtocol).
    pub fn proxy_protocol() -> Self {
        Self::default()
    }

    /// Proxies of this network too: `10.0.0.0/8`, `2001:db8::/32`, or one address.
    ///
    /// # Errors
    /// If the text is no network, or has bits beyond its length.
    pub fn and(mut self, network: &str) -> Result<Self, InvalidNetwork> {
        self.networks.push(network.parse()?);
        Ok(self)
    }

    /// Whether there is no proxy that could be trusted.
    pub(crate) fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether a proxy is connected from that address.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.networks.iter().any(|network| network.contains(address))
    }

    /// The client of a request that came from `peer`: the peer itself, or whom trusted proxies name (with port 0). What cannot be
    /// read is not believed, and neither is what stands before it: then it is the last address that is known for sure.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if self.networks.is_empty() || self.says == Says::Nothing || !self.contains(peer.ip()) {
            return peer;
        }
        let mut client = None;
        for said in self.said(headers) {
            let Some(address) = said else { break };
            client = Some(address.to_canonical());
            if !self.contains(address) {
                break;
            }
        }
        client.map_or(peer, |address| SocketAddr::new(address, 0))
    }

    /// What proxies added, the last one first; `None` is what cannot be read.
    fn said<'a>(&self, headers: &'a HeaderMap) -> Box<dyn Iterator<Item = Option<IpAddr>> + 'a> {
        // A header may stand in several lines, which make one list.
        let lines = |name| headers.get_all(name).into_iter().rev().map(HeaderValue::as_bytes);
        match self.says {
            Says::Nothing => Box::new(std::iter::empty()),
            Says::XForwardedFor => {
                Box::new(lines(X_FORWARDED_FOR).flat_map(|line| line.rsplit(|&byte| byte == b',')).map(node))
            }
            Says::Forwarded => Box::new(lines(FORWARDED).flat_map(Elements).map(forwarded_for)),
        }
    }
}

/// The elements of a `Forwarded`, from its end. Whatever a client has left open before them does not reach into them.
struct Elements<'a>(&'a [u8]);

impl<'a> IntoIterator for Elements<'a> {
    type Item = &'a [u8];
    type IntoIter = FromTheEnd<'a>;

    fn into_iter(self) -> FromTheEnd<'a> {
        FromTheEnd(Some(self.0))
    }
}

struct FromTheEnd<'a>(Option<&'a [u8]>);

impl<'a> Iterator for FromTheEnd<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.0?;
        let mut quoted = false;
        for (at, &byte) in line.iter().enumerate().rev() {
            match byte {
                b'"' if !is_escaped(line, at) => quoted = !quoted,
                b',' if !quoted => {
                    self.0 = Some(&line[..at]);
                    return Some(&line[at + 1..]);
                }
                _ => {}
            }
        }
        self.0 = None;
        Some(line)
    }
}

fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The one `for` of an element.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    for pair in pairs(element) {
        let pair = pair.trim_ascii();
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (name, value) = (&pair[..equals], &pair[equals + 1..]);
        if !name.eq_ignore_ascii_case(b"for") {
            continue;
        }
        let value = match value {
            [b'"', quoted @ .., b'"'] => quoted,
            token if token.contains(&b'"') || token.contains(&b':') => return None,
            token => token,
        };
        // No address needs an escape.
        if found.is_some() || value.contains(&b'\\') {
            return None;
        }
        found = Some(node(value)?);
    }
    found
}

fn pairs(element: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    element.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        byte == b';' && !quoted
    })
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. Not
/// `unknown`, and no name.
fn node(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes.trim_ascii()).ok()?;
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address = address.parse::<Ipv6Addr>().ok()?;
        return (port.is_empty() || is_port(port.strip_prefix(':')?)).then_some(address.into());
    }
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.rsplit_once(':')?;
    let address = address.parse::<std::net::Ipv4Addr>().ok()?;
    is_port(port).then_some(address.into())
}

/// A port, or what stands for one (RFC 7239 §6).
fn is_port(port: &str) -> bool {
    let of = |allowed: fn(&u8) -> bool| port.as_bytes().iter().all(allowed);
    match port.strip_prefix('_') {
        Some(_) => of(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)),
        None => (1..=5).contains(&port.len()) && of(u8::is_ascii_digit),
    }
}

/// A network of IPv6; one of IPv4 as those that are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    bits: u128,
    mask: u128,
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
    .to_bits()
}

impl Network {
    fn contains(&self, address: u128) -> bool {
        address & self.mask == self.bits
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse().ok().filter(|length| *length <= most).ok_or(InvalidNetwork)?
            }
            Some(_) => return Err(InvalidNetwork),
        };
        let host_bits: u32 = most - length;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        let bits = bits(address);
        // `10.1.2.3/8` is a slip, and who makes one has not said whom to trust.
        if bits & mask == bits { Ok(Self { bits, mask }) } else { Err(InvalidNetwork) }
    }
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidNetwork;

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a network such as `10.0.0.0/8` or `2001:db8::/32`, without bits beyond its length, and not an address",
        )
    }
}

impl error::Error for InvalidNetwork {}

#[cfg(all(test, not(mandovi_loom)))]
mod tests {
    use super::*;

    fn client(proxies: &TrustedProxies, peer: &str, headers: &[(HeaderName, &str)]) -> String {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let client = proxies.client(peer, &headers.collect());
        assert_eq!(client.port(), if client.ip() == peer.ip() && client == peer { 4711 } else { 0 });
        client.ip().to_string()
    }

    fn trusted(kind: fn() -> TrustedProxies) -> TrustedProxies {
        kind().and("10.0.0.0/8").unwrap().and("fd00::/8").unwrap()
    }

    #[test]
    fn networks() {
        for good in ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.1", "192.0.2.1/32", "::/0", "2001:db8::/32", "::1", "::1/128"]
        {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0/8",
            "::/129",
            "::1/64",
            "10.0.0.0/+8",
            "a",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(InvalidNetwork), "{bad}");
        }
        let proxies = trusted(TrustedProxies::x_forwarded_for);
        for (address, inside) in [
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.0", false),
            ("9.255.255.255", false),
            ("fd00::1", true),
            ("fe00::1", false),
            ("::", false),
        ] {
            assert_eq!(proxies.contains(address.parse().unwrap()), inside, "{address}");
        }
        let all = TrustedProxies::x_forwarded_for().and("0.0.0.0/0").unwrap();
        assert!(all.contains("192.0.2.1".parse().unwrap()) && !all.contains("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn the_walk_from_the_right() {
        let proxies = trusted(TrustedProxies::x_forwarded_for);
        let of = |peer: &str, lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (X_FORWARDED_FOR, *line)).collect();
            client(&proxies, peer, &lines)
        };
        // Nobody's word.
        assert_eq!(of("192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        // What the client wrote stands before what the proxy added.
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        // Through several proxies.
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.3,10.0.0.2"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1 , fd00::3", "10.0.0.2"]), "198.51.100.1");
        // Proxies only: the first of them.
        assert_eq!(of("10.0.0.1", &["10.0.0.9, 10.0.0.2"]), "10.0.0.9");
        // What cannot be read, and nothing before it.
        for bad in
            ["", "unknown", "_hidden", "1.1.1.1, x", "1.1.1.1,", "1.1.1.1, 1.2.3.4:x", "1.1.1.1 2.2.2.2", "\u{e9}"]
        {
            assert_eq!(of("10.0.0.1", &[bad]), "10.0.0.1", "{bad:?}");
            assert_eq!(of("10.0.0.1", &[&format!("{bad}, 10.0.0.2")]), "10.0.0.2", "{bad:?}");
        }
        for (written, read) in [
            ("192.0.2.1:80", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(of("10.0.0.1", &[written]), read);
        }
        // The other header is the client's own.
        assert_eq!(client(&proxies, "10.0.0.1", &[(FORWARDED, "for=1.1.1.1")]), "10.0.0.1");
        let silent = trusted(TrustedProxies::proxy_protocol);
        assert_eq!(client(&silent, "10.0.0.1", &[(X_FORWARDED_FOR, "1.1.1.1")]), "10.0.0.1");
        assert_eq!(client(&TrustedProxies::x_forwarded_for(), "10.0.0.1", &[(X_FORWARDED_FOR, "1.1.1.1")]), "10.0.0.1");
    }

    #[test]
    fn forwarded() {
        let proxies = trusted(TrustedProxies::forwarded);
        let of = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (FORWARDED, *line)).collect();
            client(&proxies, "10.0.0.1", &lines)
        };
        for (line, read) in [
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=192.0.2.43;proto=http;by=203.0.113.43", "192.0.2.43"),
            ("proto=http; FOR=192.0.2.43", "192.0.2.43"),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
            ("for=\"192.0.2.43:_gazonk\"", "192.0.2.43"),
            ("for=1.1.1.1, for=192.0.2.43", "192.0.2.43"),
            ("for=192.0.2.43, for=10.0.0.7, for=\"[fd00::1]\"", "192.0.2.43"),
            ("for=192.0.2.43;host=\"a,b;c\\\",\", for=10.0.0.7", "192.0.2.43"),
            // Whatever a client leaves open, the proxy's own word is behind it.
            ("for=\"1.1.1.1, for=192.0.2.43", "192.0.2.43"),
            ("for=\"1.1.1.1, for=\"192.0.2.43\"", "192.0.2.43"),
            ("a=\"\\, for=192.0.2.43", "192.0.2.43"),
            // What cannot be read.
            ("", "10.0.0.1"),
            ("for=unknown", "10.0.0.1"),
            ("for=_SEVKISEK", "10.0.0.1"),
            ("proto=http", "10.0.0.1"),
            ("for=1.1.1.1;for=2.2.2.2", "10.0.0.1"),
            ("for=2001:db8::1", "10.0.0.1"),
            ("for=\"1.1.1.1", "10.0.0.1"),
            ("for=\"1\\.1.1.1\"", "10.0.0.1"),
            ("for", "10.0.0.1"),
            ("for=1.1.1.1, for=unknown", "10.0.0.1"),
            ("for=1.1.1.1, for=unknown, for=10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(of(&[line]), read, "{line:?}");
        }
        assert_eq!(of(&["for=1.1.1.1", "for=192.0.2.43"]), "192.0.2.43");
        assert_eq!(of(&["for=192.0.2.43", "for=10.0.0.9"]), "192.0.2.43");
    }

    /// The time is linear in the line, but for what stands between quotes that are escaped.
    #[test]
    fn any_bytes_are_read() {
        let proxies = trusted(TrustedProxies::forwarded);
        let all: Vec<&str> = vec!["\"", "\\", ",", ";", "for=", "10.0.0.2", "1.1.1.1", "[", "]", ":", " ", "="];
        let mut seed = 1u64;
        for _ in 0..20_000 {
            let mut line = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                line.push_str(all[(seed >> 33) as usize % all.len()]);
            }
            let answered = client(&proxies, "10.0.0.1", &[(FORWARDED, &line), (FORWARDED, "for=192.0.2.43")]);
            assert_eq!(answered, "192.0.2.43", "{line}");
            client(&proxies, "10.0.0.1", &[(FORWARDED, &line)]);
        }
        for line in ["\\".repeat(32_000), "\\\"".repeat(16_000), "for=10.0.0.2,".repeat(2_000), "\"".repeat(32_000)] {
            client(&proxies, "10.0.0.1", &[(FORWARDED, &line)]);
        }
    }
}
