//! From two ends' wishes to what both do ([RFC 7692 §7.1](https://www.rfc-editor.org/rfc/rfc7692#section-7.1)).

use http::{HeaderMap, HeaderValue};

use super::Compression;
use crate::Role;
use crate::handshake::HandshakeError;
use crate::handshake::extensions::{self, Extension};

const NAME: &str = "permessage-deflate";
const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";
/// Without a limit.
const MAX_BITS: u8 = 15;

/// The four parameters, as they stand in an offer or in a response; each at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// In an offer it may stand without a value.
    client_max_window_bits: Option<Option<u8>>,
}

impl Parameters {
    /// `None`: an unknown parameter, one that stands twice, or one with a value that it must not have (RFC 7692 §7.1).
    fn parse(extension: &Extension) -> Option<Self> {
        let mut parameters = Self::default();
        for (name, value) in &extension.parameters {
            let value = value.as_deref();
            let before = parameters;
            match name.as_str() {
                SERVER_NO_CONTEXT_TAKEOVER if value.is_none() => parameters.server_no_context_takeover = true,
                CLIENT_NO_CONTEXT_TAKEOVER if value.is_none() => parameters.client_no_context_takeover = true,
                SERVER_MAX_WINDOW_BITS => parameters.server_max_window_bits = Some(bits(value?)?),
                CLIENT_MAX_WINDOW_BITS => {
                    parameters.client_max_window_bits = Some(match value {
                        Some(value) => Some(bits(value)?),
                        None => None,
                    });
                }
                _ => return None,
            }
            let twice = match name.as_str() {
                SERVER_NO_CONTEXT_TAKEOVER => before.server_no_context_takeover,
                CLIENT_NO_CONTEXT_TAKEOVER => before.client_no_context_takeover,
                SERVER_MAX_WINDOW_BITS => before.server_max_window_bits.is_some(),
                _ => before.client_max_window_bits.is_some(),
            };
            if twice {
                return None;
            }
        }
        Some(parameters)
    }

    fn to_header(self) -> HeaderValue {
        let mut value = NAME.to_owned();
        let mut push = |name: &str, bits: Option<u8>| {
            value.push_str("; ");
            value.push_str(name);
            if let Some(bits) = bits {
                value.push_str(&format!("={bits}"));
            }
        };
        if self.server_no_context_takeover {
            push(SERVER_NO_CONTEXT_TAKEOVER, None);
        }
        if self.client_no_context_takeover {
            push(CLIENT_NO_CONTEXT_TAKEOVER, None);
        }
        if let Some(bits) = self.server_max_window_bits {
            push(SERVER_MAX_WINDOW_BITS, Some(bits));
        }
        if let Some(bits) = self.client_max_window_bits {
            push(CLIENT_MAX_WINDOW_BITS, bits);
        }
        HeaderValue::try_from(value).expect("tokens and digits are a valid header value")
    }
}

/// A decimal from 8 to 15 without leading zeroes (RFC 7692 §7.1.2).
fn bits(value: &str) -> Option<u8> {
    match value {
        "8" => Some(8),
        "9" => Some(9),
        _ => value
            .strip_prefix('1')
            .filter(|rest| rest.len() == 1)
            .and_then(|_| value.parse().ok())
            .filter(|bits| *bits <= MAX_BITS),
    }
}

/// A valid offer of permessage-deflate in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Offer(Parameters);

impl Offer {
    /// The valid ones in the client's order of preference. Those with anything that the RFC does not know are declined.
    pub(crate) fn all(extensions: &[Extension]) -> Vec<Self> {
        let offers = extensions.iter().filter(|extension| extension.name.eq_ignore_ascii_case(NAME));
        offers.filter_map(Parameters::parse).map(Self).collect()
    }

    /// Server: what this offer and our settings come to.
    pub(crate) fn accept(self, settings: &Compression) -> Agreement {
        let Self(offer) = self;
        let settings = settings.clamped();
        let server_bits = offer.server_max_window_bits.unwrap_or(MAX_BITS).min(settings.own_window_bits);
        // Only a client that says so can be told a window. One that cannot, and whose history would take more than we
        // allow, is told to have none.
        let (client_bits, may_take_over) = match offer.client_max_window_bits {
            Some(limit) => (limit.unwrap_or(MAX_BITS).min(settings.peer_window_bits), true),
            None => (MAX_BITS, settings.peer_window_bits == MAX_BITS),
        };
        let parameters = Parameters {
            server_no_context_takeover: offer.server_no_context_takeover || !settings.own_takeover,
            client_no_context_takeover: offer.client_no_context_takeover || !settings.peer_takeover || !may_take_over,
            server_max_window_bits: (offer.server_max_window_bits.is_some() || server_bits < MAX_BITS)
                .then_some(server_bits),
            client_max_window_bits: offer
                .client_max_window_bits
                .is_some_and(|limit| limit.is_some() || client_bits < MAX_BITS)
                .then_some(Some(client_bits)),
        };
        Agreement::new(parameters, &settings)
    }
}

/// What both ends do from the handshake on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    /// As they stand in the response.
    parameters: Parameters,
    server: Direction,
    client: Direction,
    pub(super) level: u8,
    pub(super) threshold: usize,
}

/// The messages of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Direction {
    takeover: bool,
    window_bits: u8,
}

impl Agreement {
    fn new(parameters: Parameters, settings: &Compression) -> Self {
        let direction = |no_takeover: bool, bits: Option<u8>| Direction {
            takeover: !no_takeover,
            window_bits: bits.unwrap_or(MAX_BITS),
        };
        Self {
            parameters,
            server: direction(parameters.server_no_context_takeover, parameters.server_max_window_bits),
            client: direction(parameters.client_no_context_takeover, parameters.client_max_window_bits.flatten()),
            level: settings.level,
            threshold: settings.threshold,
        }
    }

    const fn direction(&self, of: Role) -> Direction {
        match of {
            Role::Server => self.server,
            Role::Client => self.client,
        }
    }

    /// Whether the messages of that end may refer to earlier ones.
    pub const fn takeover(&self, of: Role) -> bool {
        self.direction(of).takeover
    }

    /// The window for the messages of that end, 8 to 15 bits.
    pub const fn window_bits(&self, of: Role) -> u8 {
        self.direction(of).window_bits
    }

    /// Whether a message of so many bytes is worth compressing: [`Compression::threshold`].
    #[inline]
    pub const fn wants(&self, payload_len: usize) -> bool {
        payload_len >= self.threshold
    }

    /// The value of `Sec-WebSocket-Extensions` in the response.
    pub(crate) fn to_header(self) -> HeaderValue {
        self.parameters.to_header()
    }
}

impl Compression {
    /// Client: the `Sec-WebSocket-Extensions` that offers permessage-deflate with these settings.
    pub fn offer(&self) -> HeaderValue {
        self.clamped().offered().to_header()
    }

    fn offered(&self) -> Parameters {
        Parameters {
            server_no_context_takeover: !self.peer_takeover,
            client_no_context_takeover: !self.own_takeover,
            server_max_window_bits: (self.peer_window_bits < MAX_BITS).then_some(self.peer_window_bits),
            // A hint that we can be told a window (RFC 7692 §7.1.2.2).
            client_max_window_bits: Some((self.own_window_bits < MAX_BITS).then_some(self.own_window_bits)),
        }
    }

    /// Client: what the server made of our [`offer`](Self::offer).
    pub(crate) fn verify(&self, headers: &HeaderMap) -> Result<Option<Agreement>, HandshakeError> {
        let extensions = extensions::parse(headers).map_err(|_| HandshakeError::BadAgreement)?;
        let Some((accepted, others)) = extensions.split_first() else { return Ok(None) };
        if !others.is_empty() || !accepted.name.eq_ignore_ascii_case(NAME) {
            return Err(HandshakeError::UnofferedExtension);
        }
        let answer = Parameters::parse(accepted).ok_or(HandshakeError::BadAgreement)?;
        let settings = self.clamped();
        let offered = settings.offered();
        // What we asked for must be granted, or our memory is not what the settings say (RFC 7692 §7.1.1.1, §7.1.2.1).
        let server_takeover_ok = answer.server_no_context_takeover || !offered.server_no_context_takeover;
        let server_bits_ok = match (offered.server_max_window_bits, answer.server_max_window_bits) {
            (Some(offered), Some(answer)) => answer <= offered,
            (Some(_), None) => false,
            (None, _) => true,
        };
        // In a response it has a value, and not more than was offered (RFC 7692 §7.1.2.2).
        let client_bits_ok = match answer.client_max_window_bits {
            Some(Some(bits)) => bits <= settings.own_window_bits,
            Some(None) => false,
            None => true,
        };
        if !(server_takeover_ok && server_bits_ok && client_bits_ok) {
            return Err(HandshakeError::BadAgreement);
        }
        let mut agreement = Agreement::new(answer, &settings);
        // We may always do less than we were allowed.
        agreement.client.takeover &= settings.own_takeover;
        agreement.client.window_bits = agreement.client.window_bits.min(settings.own_window_bits);
        Ok(Some(agreement))
    }
}

#[cfg(test)]
mod tests;
