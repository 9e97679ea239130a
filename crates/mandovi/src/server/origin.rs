//! Which pages may open a stream, and read what is answered: the `Origin` header against an allow-list (RFC 6455 §10.2, RFC 6454).
//!
//! Origins are compared whole: scheme, host and port. There are no wildcards and no comparison of parts, and what does
//! not parse is refused.

use std::{error, fmt, net::Ipv6Addr, str::FromStr};

use http::{HeaderMap, HeaderValue, header};

/// The pages that may open a stream. Same origin only, unless told otherwise. The listed ones may also read what plain methods and
/// streams of events answer (CORS), with credentials.
///
/// A request without `Origin` does not come from a page and is allowed. The origin `null` is always refused.
///
/// ```
/// use mandovi::server::AllowedOrigins;
///
/// let origins = AllowedOrigins::same_origin().and("https://app.example.com")?;
/// # let _ = origins;
/// # Ok::<(), mandovi::server::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedOrigins {
    same: bool,
    listed: Vec<Origin>,
}

impl Default for AllowedOrigins {
    fn default() -> Self {
        Self::same_origin()
    }
}

impl AllowedOrigins {
    /// Pages that this server itself delivered: the host and port of `Origin` are those of `Host`. The scheme is not
    /// compared, because a server behind a proxy that ends TLS does not know its own.
    pub fn same_origin() -> Self {
        Self { same: true, listed: Vec::new() }
    }

    /// No page at all, to be extended with [`and`](Self::and).
    pub fn none() -> Self {
        Self { same: false, listed: Vec::new() }
    }

    /// Pages of this origin too, written as a browser sends it: `https://app.example.com` or `http://localhost:3000`,
    /// without path and final slash.
    ///
    /// # Errors
    ///
    /// If the text is not an origin.
    pub fn and(mut self, origin: &str) -> Result<Self, InvalidOrigin> {
        self.listed.push(origin.parse()?);
        Ok(self)
    }

    /// Checks a request. `authority` is that of the request target, for HTTP/2, where there is no `Host`.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        authority: Option<&str>,
        credential_from_cookie: bool,
    ) -> Result<(), OriginRefused> {
        let allowed = match only(headers, header::ORIGIN) {
            Lines::None => !credential_from_cookie,
            Lines::One(origin) => {
                let host = match only(headers, header::HOST) {
                    Lines::None => authority,
                    Lines::One(host) => host.to_str().ok(),
                    Lines::Several => None,
                };
                origin.to_str().is_ok_and(|origin| self.allows(origin, host))
            }
            Lines::Several => false,
        };
        if allowed { Ok(()) } else { Err(OriginRefused) }
    }

    /// The origin of a request, where it is one of those that were listed.
    pub(crate) fn listed<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        if self.listed.is_empty() {
            return None;
        }
        let Lines::One(value) = only(headers, header::ORIGIN) else { return None };
        let origin = value.to_str().ok()?.parse().ok()?;
        self.listed.contains(&origin).then_some(value)
    }

    /// Whether any origin is listed.
    pub(crate) fn lists_any(&self) -> bool {
        !self.listed.is_empty()
    }

    /// Whether a page of that origin may talk to the server of that host (with its port where it has one).
    pub(crate) fn allows(&self, origin: &str, host: Option<&str>) -> bool {
        let Ok(origin) = origin.parse::<Origin>() else { return false };
        self.listed.contains(&origin) || (self.same && host.is_some_and(|host| origin.is_at(host)))
    }
}

/// The origin of a request is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OriginRefused;

/// A text that is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOrigin;

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an origin such as `https://app.example.com`: scheme, host and perhaps a port, without a path")
    }
}

impl error::Error for InvalidOrigin {}

enum Lines<'a> {
    None,
    One(&'a HeaderValue),
    Several,
}

/// The value of a header that may stand there once. Two of them are what a request smuggled past a proxy looks like.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Lines<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Lines::None,
        (Some(value), None) => Lines::One(value),
        (Some(_), Some(_)) => Lines::Several,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    fn is_at(&self, host: &str) -> bool {
        // Only pages of the web can be of the same origin as a server; `chrome-extension://example.com` is not.
        let Some(default_port) = default_port(&self.scheme) else { return false };
        parse_authority(host).is_ok_and(|(host, port)| host == self.host && port.or(Some(default_port)) == self.port)
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(InvalidOrigin)?;
        let scheme_char = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(scheme_char) {
            return Err(InvalidOrigin);
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = parse_authority(authority)?;
        let port = port.or(default_port(&scheme));
        Ok(Self { scheme, host, port })
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Host in its one spelling, and port where there is one. Neither user names nor paths belong here.
fn parse_authority(text: &str) -> Result<(String, Option<u16>), InvalidOrigin> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(InvalidOrigin)?;
        let address: Ipv6Addr = address.parse().map_err(|_| InvalidOrigin)?;
        let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(InvalidOrigin)?) };
        (format!("[{address}]"), port)
    } else {
        let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        let host_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if host.is_empty() || !host.bytes().all(host_char) {
            return Err(InvalidOrigin);
        }
        (host.to_ascii_lowercase(), port)
    };
    let port = match port {
        None => None,
        // `u16` would also take a plus sign.
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().map_err(|_| InvalidOrigin)?),
        Some(_) => return Err(InvalidOrigin),
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lines: &[(&'static str, &str)]) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        lines.iter().map(|&(name, text)| (name.parse().unwrap(), value(text))).collect()
    }

    #[track_caller]
    fn same(origin: &str, host: &str, allowed: bool) {
        let headers = request(&[("origin", origin), ("host", host)]);
        let answer = AllowedOrigins::default().check(&headers, None, false);
        assert_eq!(answer.is_ok(), allowed, "{origin} at {host}");
        assert_eq!(AllowedOrigins::none().check(&headers, None, false), Err(OriginRefused));
    }

    #[test]
    fn same_origin_is_by_host_and_port() {
        same("http://example.com", "example.com", true);
        same("https://example.com", "example.com", true);
        same("https://EXAMPLE.com", "Example.COM", true);
        same("http://example.com", "example.com:80", true);
        same("https://example.com", "example.com:443", true);
        same("http://localhost:8080", "localhost:8080", true);
        same("http://[::1]:8080", "[0:0::1]:8080", true);
        same("http://127.0.0.1", "127.0.0.1", true);
    }

    #[test]
    fn another_host_or_port_is_refused() {
        same("http://example.com", "example.org", false);
        same("http://example.com", "www.example.com", false);
        same("http://www.example.com", "example.com", false);
        same("http://example.com.evil.com", "example.com", false);
        same("http://evilexample.com", "example.com", false);
        same("http://example.com:8080", "example.com", false);
        same("http://example.com", "example.com:8080", false);
        same("https://example.com", "example.com:80", false);
        same("http://example.com", "example.com:443", false);
        same("http://[::1]", "[::2]", false);
        same("http://127.0.0.1", "localhost", false);
        same("http://example.com.", "example.com", false);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        let odd = [
            "null",
            "",
            "example.com",
            "://example.com",
            "http://",
            "http:example.com",
            "http://example.com/",
            "http://example.com/path",
            "http://example.com?x",
            "http://example.com#x",
            "http://user@example.com",
            "http://example.com:",
            "http://example.com:+80",
            "http://example.com:65536",
            "http://example.com:80:80",
            "http://*",
            "*",
            "http://exam ple.com",
            "http://example.com http://example.com",
            "http://example.com,http://x",
            "http://[::1",
            "http://[::1]80",
            "http://[example.com]",
            "1http://example.com",
            "chrome-extension://example.com",
            "file://",
            "http://example.com\\.evil.com",
            "http://ex\u{e4}mple.com",
        ];
        for origin in odd {
            same(origin, "example.com", false);
        }
    }

    #[test]
    fn a_missing_or_broken_host_is_refused() {
        let check = |headers: &HeaderMap, authority| AllowedOrigins::default().check(headers, authority, false).is_ok();
        assert!(!check(&request(&[("origin", "http://example.com")]), None));
        assert!(check(&request(&[("origin", "http://example.com")]), Some("example.com")));
        assert!(!check(&request(&[("origin", "http://example.com"), ("host", "")]), Some("example.com")));
        assert!(!check(&request(&[("origin", "http://example.com"), ("host", "\u{e4}")]), None));
        let two_hosts = [("origin", "http://example.com"), ("host", "example.com"), ("host", "example.com")];
        assert!(!check(&request(&two_hosts), Some("example.com")));
        let two_origins = [("origin", "http://example.com"), ("origin", "http://example.com"), ("host", "example.com")];
        assert!(!check(&request(&two_origins), None));
    }

    #[test]
    fn no_origin_is_allowed_unless_a_cookie_was_the_credential() {
        let headers = request(&[("host", "example.com")]);
        for origins in [AllowedOrigins::default(), AllowedOrigins::none()] {
            assert_eq!(origins.check(&headers, None, false), Ok(()));
            assert_eq!(origins.check(&headers, None, true), Err(OriginRefused));
        }
        let headers = request(&[("origin", "http://example.com"), ("host", "example.com")]);
        assert_eq!(AllowedOrigins::default().check(&headers, None, true), Ok(()));
    }

    #[test]
    fn listed_origins_are_compared_whole() {
        let origins = AllowedOrigins::none()
            .and("https://app.example.com")
            .and_then(|origins| origins.and("http://localhost:3000"))
            .and_then(|origins| origins.and("capacitor://localhost"))
            .unwrap();
        let allowed = |origin| origins.allows(origin, Some("api.example.com"));
        for origin in [
            "https://app.example.com",
            "https://APP.example.com",
            "https://app.example.com:443",
            "http://localhost:3000",
            "capacitor://localhost",
        ] {
            assert!(allowed(origin), "{origin}");
        }
        for origin in [
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://example.com",
            "https://x.app.example.com",
            "http://localhost",
            "https://localhost:3000",
            "capacitor://localhost:80",
            "https://api.example.com",
            "null",
        ] {
            assert!(!allowed(origin), "{origin}");
        }
        let origins = AllowedOrigins::same_origin().and("https://app.example.com").unwrap();
        assert!(origins.allows("https://api.example.com", Some("api.example.com")));
        assert!(origins.allows("https://app.example.com", Some("api.example.com")));
    }

    #[test]
    fn only_origins_can_be_listed() {
        for text in ["null", "*", "https://*.example.com", "example.com", "https://example.com/"] {
            assert_eq!(AllowedOrigins::none().and(text), Err(InvalidOrigin), "{text}");
        }
        assert!(InvalidOrigin.to_string().contains("https://app.example.com"));
    }
}
