//! Where a call comes from: `traceparent` and `tracestate` of its handshake (W3C Trace Context), read strictly. Whatever is
//! not exactly what the recommendation says is as if it were not there.

use std::fmt;

use http::HeaderMap;

/// The header that names the caller's span.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// The header with what tracing systems add to it.
#[cfg(any(feature = "opentelemetry", test))]
pub(crate) const TRACESTATE: &str = "tracestate";
/// The length of a `traceparent` of version 00.
const LEN: usize = 55;
/// How long a `traceparent` of a later version may be here.
const LEN_MAX: usize = 256;
/// §3.3.1.5: what everybody must pass on at least is the most that is taken here.
#[cfg(any(feature = "opentelemetry", test))]
const STATE_MAX: usize = 512;
/// §3.3.1.1.
#[cfg(any(feature = "opentelemetry", test))]
const MEMBERS_MAX: usize = 32;

/// A caller's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceParent {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    pub(crate) flags: u8,
}

impl TraceParent {
    /// That of a request, if it has exactly one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).into_iter();
        let only = all.next().filter(|_| all.next().is_none())?;
        Self::parse(only.as_bytes())
    }

    /// §3.2: version, trace, parent and flags in lower-case hexadecimal digits. Later versions may have more behind.
    fn parse(text: &[u8]) -> Option<Self> {
        if text.len() < LEN || text.len() > LEN_MAX {
            return None;
        }
        let [version] = hex::<1>(&text[..2])?;
        let whole = match version {
            0xff => false,
            0 => text.len() == LEN,
            _ => text.len() == LEN || text[LEN] == b'-',
        };
        let dashes = text[2] == b'-' && text[35] == b'-' && text[52] == b'-';
        if !whole || !dashes {
            return None;
        }
        let (trace, span, [flags]) = (hex::<16>(&text[3..35])?, hex::<8>(&text[36..52])?, hex::<1>(&text[53..55])?);
        (trace != [0; 16] && span != [0; 8]).then_some(Self { trace, span, flags })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", Hex(&self.trace), Hex(&self.span), self.flags)
    }
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// The members of a request's `tracestate`; none of them, where any breaks §3.3.1 or there are too many.
#[cfg(any(feature = "opentelemetry", test))]
pub(crate) fn trace_state(headers: &HeaderMap) -> Option<Vec<(String, String)>> {
    let mut len = 0;
    let mut members: Vec<(String, String)> = Vec::new();
    for line in headers.get_all(TRACESTATE) {
        len += line.len();
        if len > STATE_MAX {
            return None;
        }
        for member in line.to_str().ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            let known = members.iter().any(|(other, _)| other == key);
            if !is_key(key) || !is_value(value) || known || members.len() == MEMBERS_MAX {
                return None;
            }
            members.push((key.to_owned(), value.to_owned()));
        }
    }
    Some(members)
}

/// §3.3.1.3.1.
#[cfg(any(feature = "opentelemetry", test))]
fn is_key(key: &str) -> bool {
    let first = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    first && key.len() <= 256 && key.bytes().all(rest) && key.bytes().filter(|byte| *byte == b'@').count() <= 1
}

/// §3.3.1.3.2.
#[cfg(any(feature = "opentelemetry", test))]
fn is_value(value: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, 0x20..=0x2b | 0x2d..=0x3c | 0x3e..=0x7e);
    !value.is_empty() && value.len() <= 256 && value.bytes().all(allowed) && !value.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parent(lines: &[&str]) -> Option<String> {
        let headers = lines.iter().map(|line| (http::HeaderName::from_static(TRACEPARENT), line.parse().unwrap()));
        TraceParent::of(&headers.collect()).map(|parent| parent.to_string())
    }

    #[test]
    fn only_what_the_recommendation_says_is_a_parent() {
        assert_eq!(parent(&[GOOD]).as_deref(), Some(GOOD));
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(parent(&[later]).as_deref(), Some(GOOD));
        assert_eq!(parent(&[&format!("{later}-what-the-future-will-be")]).as_deref(), Some(GOOD));
        let bad = [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        ];
        for bad in bad {
            assert_eq!(parent(&[bad]), None, "{bad}");
        }
        assert_eq!(parent(&[GOOD, GOOD]), None, "two parents");
        let long = format!("{later}-{}", "x".repeat(LEN_MAX - LEN - 1));
        assert!(parent(&[&long]).is_some());
        assert_eq!(parent(&[&format!("{long}x")]), None);
    }

    fn state(lines: &[&str]) -> Option<usize> {
        let headers = lines.iter().map(|line| (http::HeaderName::from_static(TRACESTATE), line.parse().unwrap()));
        trace_state(&headers.collect()).map(|members| members.len())
    }

    #[test]
    fn a_state_is_taken_whole_or_not_at_all() {
        assert_eq!(state(&[]), Some(0));
        assert_eq!(state(&["rojo=00f067aa0ba902b7 , congo=t61rcWkgMzE", "tenant@system=x y,,"]), Some(3));
        for bad in ["rojo", "Rojo=1", "rojo=", "rojo=a=b", "a=1,a=2", "a@b@c=1", "=1", "a=\u{e9}"] {
            assert_eq!(state(&[bad]), None, "{bad}");
        }
        let many = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(state(&[&many(MEMBERS_MAX)]), Some(MEMBERS_MAX));
        assert_eq!(state(&[&many(MEMBERS_MAX + 1)]), None);
        let long = |len: usize| format!("a={},b={}", "x".repeat(256), "x".repeat(len - 261));
        assert_eq!(long(STATE_MAX).len(), STATE_MAX);
        assert_eq!(state(&[&long(STATE_MAX)]), Some(2));
        assert_eq!(state(&[&long(STATE_MAX + 1)]), None);
    }
}
