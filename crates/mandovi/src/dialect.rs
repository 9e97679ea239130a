//! The names that Mandovi gives to its dialects in `Sec-WebSocket-Protocol`, and what an offer of them means.
//!
//! A page in a browser cannot set headers on a WebSocket, so its credential travels as an entry of that list. Such an
//! entry must never be selected, echoed, logged or shown by `Debug`.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The subprotocol name of the plain dialect: one JSON value per message.
pub(crate) const PLAIN: &str = "mandovi.plain";

/// What a client offers that wants a refusal as a close code after the upgrade, because it never sees the status
/// of a failed handshake.
pub(crate) const REFUSE: &str = "mandovi.refuse";

/// What stands before the base64url credential in an offer.
pub(crate) const BEARER_PREFIX: &str = "mandovi.bearer.";

/// How two peers speak on one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// One JSON value per message, as Goa speaks it. Any WebSocket client understands it.
    #[default]
    Plain,
}

impl Dialect {
    /// The subprotocol name of the dialect.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => PLAIN,
        }
    }

    /// The dialects spoken here, in the order in which they are preferred.
    const SPOKEN: &'static [Self] = &[Self::Plain];
}

/// What an offer in `Sec-WebSocket-Protocol` comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// The dialect that the connection will speak.
    pub(crate) dialect: Dialect,
    /// The name for the answer; without one the answer has no `Sec-WebSocket-Protocol`.
    pub(crate) selected: Option<&'static str>,
    /// The credential that a browser sent along.
    pub(crate) credential: Option<Secret>,
    /// The client wants a refusal as a close code after a 101. Only with a selected dialect: a browser fails a
    /// handshake whose answer selects nothing of what it offered, so a 101 would tell it nothing.
    pub(crate) refuse: bool,
}

/// Why an offer is refused, with status 400. Holds nothing of the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfferError {
    /// A credential entry, but no dialect name that is spoken here.
    CredentialWithoutDialect,
    /// A credential entry that is not base64url of plain text, or more than one.
    BadCredential,
}

/// Reads an offer. Unknown names are passed over.
pub(crate) fn negotiate(offered: &[String]) -> Result<Negotiated, OfferError> {
    let dialect = Dialect::SPOKEN.iter().copied().find(|dialect| offered.iter().any(|name| name == dialect.name()));
    let mut credential = None;
    for encoded in offered.iter().filter_map(|name| name.strip_prefix(BEARER_PREFIX)) {
        if dialect.is_none() {
            return Err(OfferError::CredentialWithoutDialect);
        }
        let decoded = decode_credential(encoded).ok_or(OfferError::BadCredential)?;
        if credential.replace(decoded).is_some() {
            return Err(OfferError::BadCredential);
        }
    }
    Ok(Negotiated {
        dialect: dialect.unwrap_or_default(),
        selected: dialect.map(Dialect::name),
        credential,
        refuse: dialect.is_some() && offered.iter().any(|name| name == REFUSE),
    })
}

fn decode_credential(encoded: &str) -> Option<Secret> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    (!token.is_empty() && !token.contains(char::is_control)).then(|| Secret::new(token))
}

/// Text that must not be seen: a token or a password. `Debug` shows that it is there and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this keeps it out of logs, errors and `Debug`.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a page does with its token.
    fn bearer_entry(token: &str) -> String {
        format!("{BEARER_PREFIX}{}", URL_SAFE_NO_PAD.encode(token))
    }

    fn offer(names: &[&str]) -> Result<Negotiated, OfferError> {
        negotiate(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn no_offer_or_only_unknown_names_mean_plain_without_a_header() {
        for names in [&[][..], &["graphql-ws"], &["mandovi.v1"], &["Mandovi.Plain"], &["mandovi.plain2"]] {
            assert_eq!(offer(names), Ok(Negotiated::default()), "{names:?}");
        }
    }

    #[test]
    fn plain_is_selected_wherever_it_stands() {
        for names in [&["mandovi.plain"][..], &["mandovi.v1", "mandovi.plain"], &["x", "mandovi.plain", "y"]] {
            let negotiated = offer(names).unwrap();
            assert_eq!((negotiated.dialect, negotiated.selected), (Dialect::Plain, Some("mandovi.plain")));
            assert_eq!(negotiated.credential, None);
            assert!(!negotiated.refuse);
        }
    }

    #[test]
    fn a_refusal_by_close_code_needs_a_dialect() {
        assert!(offer(&["mandovi.refuse", "mandovi.plain"]).unwrap().refuse);
        assert_eq!(offer(&["mandovi.refuse"]), Ok(Negotiated::default()));
    }

    #[test]
    fn a_credential_is_read_and_never_selected() {
        let entry = bearer_entry("a.b-c_d~\u{e9}");
        for names in [[entry.as_str(), "mandovi.plain"], ["mandovi.plain", entry.as_str()]] {
            let negotiated = offer(&names).unwrap();
            assert_eq!(negotiated.selected, Some("mandovi.plain"));
            assert_eq!(negotiated.credential.unwrap().reveal(), "a.b-c_d~\u{e9}");
        }
    }

    #[test]
    fn a_credential_alone_is_refused() {
        let entry = bearer_entry("token");
        let alone = Err(OfferError::CredentialWithoutDialect);
        assert_eq!(offer(&[&entry]), alone);
        assert_eq!(offer(&[&entry, "mandovi.refuse"]), alone);
        assert_eq!(offer(&["mandovi.v1", &entry]), alone);
        assert_eq!(offer(&["mandovi.bearer.!"]), alone);
    }

    #[test]
    fn a_broken_credential_is_refused() {
        let encode = |bytes: &[u8]| format!("{BEARER_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let broken = [
            "mandovi.bearer.".to_owned(),
            "mandovi.bearer.a".to_owned(),
            "mandovi.bearer.dG9r+/==".to_owned(),
            "mandovi.bearer.dG9rZW4=".to_owned(),
            // Bits are left over in the last character: two texts would mean the same token.
            "mandovi.bearer.YR".to_owned(),
            encode(b"\xff\xfe"),
            encode(b"to\nken"),
            encode(b"to\0ken"),
            encode("to\u{85}ken".as_bytes()),
        ];
        for entry in &broken {
            assert_eq!(offer(&["mandovi.plain", entry]), Err(OfferError::BadCredential), "{entry}");
        }
        let entry = bearer_entry("token");
        assert_eq!(offer(&["mandovi.plain", &entry, &entry]), Err(OfferError::BadCredential));
    }

    #[test]
    fn a_credential_is_not_shown() {
        let negotiated = offer(&["mandovi.plain", &bearer_entry("hunter2")]).unwrap();
        let shown = format!("{negotiated:?} {negotiated:#?}");
        assert!(shown.contains("<redacted>") && !shown.contains("hunter2"), "{shown}");
    }
}
