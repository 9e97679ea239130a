//! What the path of a request says in place of the names in the path of a route.

use std::fmt;

use super::{Found, decode, text};

/// What the `{name}`s of a route's path stand for in the path of a request.
#[derive(Default)]
pub(crate) struct Captures(Vec<(String, Vec<u8>)>);

impl Captures {
    /// Matches a template such as `/rooms/{room}` with the raw path of a request, segment by segment; a last
    /// `{*rest}` takes all that is left. A path that does not match has no captures.
    pub(crate) fn of(template: &str, path: &str) -> Self {
        let mut captures = Vec::new();
        let mut rest = Some(path);
        for segment in template.split('/') {
            let Some(left) = rest else { return Self::default() };
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            if let Some(name) = name.and_then(|name| name.strip_prefix('*')) {
                captures.push((name.to_owned(), decode(left.as_bytes())));
                return Self(captures);
            }
            let (raw, after) = left.split_once('/').map_or((left, None), |(raw, after)| (raw, Some(after)));
            rest = after;
            match name {
                Some(name) => captures.push((name.to_owned(), decode(raw.as_bytes()))),
                None if decode(raw.as_bytes()) == segment.as_bytes() => {}
                None => return Self::default(),
            }
        }
        if rest.is_none() { Self(captures) } else { Self::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<Found<'_>> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, bytes)| text(bytes))
    }
}

impl fmt::Debug for Captures {
    // Names only: parameters can be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_are_whole_segments() {
        let captured = |template: &str, path: &str| {
            let captures = Captures::of(template, path).0;
            captures
                .into_iter()
                .map(|(name, value)| name + "=" + std::str::from_utf8(&value).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(captured("/rooms/{room}/by/{user}", "/rooms/a%2Fb/by/c"), ["room=a/b", "user=c"]);
        assert_eq!(captured("/caf\u{e9}/{x}", "/caf%C3%A9/1+1"), ["x=1+1"]);
        assert_eq!(captured("/files/{*rest}", "/files/a/b%20c"), ["rest=a/b c"]);
        assert_eq!(captured("/rooms/{room}", "/rooms/"), ["room="]);
        for path in ["/rooms", "/rooms/a/b", "/room/a", "/", ""] {
            assert!(captured("/rooms/{room}", path).is_empty(), "{path}");
        }
        assert!(captured("/plain", "/plain").is_empty());
        assert_eq!(format!("{:?}", Captures::of("/{room}", "/hunter2")), r#"{"room"}"#);
    }
}
