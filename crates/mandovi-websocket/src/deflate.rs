//! Compression of messages: permessage-deflate ([RFC 7692 §7](https://www.rfc-editor.org/rfc/rfc7692#section-7)).
//!
//! [`Compression`] is what one end is willing to do. The opening handshake makes an [`Agreement`] of it with the peer's
//! wishes: [`Accepted::negotiate`](crate::handshake::Accepted::negotiate) on a server, [`Compression::offer`] and
//! [`handshake::verify_response_with`](crate::handshake::verify_response_with) on a client. With an agreement a
//! [`Decoder`](crate::Decoder::inflate) inflates what comes, and a [`Compressor`] deflates what goes.
//!
//! Compression is not for everyone: it costs CPU, and where secrets and an attacker's input share a message, its length
//! tells about the secret (CRIME, BREACH). So nothing here is on unless it is asked for.
//!
//! # Memory
//!
//! The contexts that zlib works in are large (47 KiB to inflate, 250 to 370 KiB to deflate), so no connection owns one. Each
//! thread keeps a few, and a message borrows one for as long as it takes. What a connection keeps between messages is
//! only the *history* that takeover refers to: the last 2ⁿ bytes of each direction where takeover was agreed, for a window
//! of n bits, and nothing without takeover.
//!
//! | agreed | held per idle connection |
//! |---|---|
//! | no takeover (the default), any window | nothing but this crate's own fields, about 200 bytes |
//! | takeover in one direction, window of 9, 10, 12, 15 bits | 0.5, 1, 4, 32 KiB |
//! | takeover in both directions | twice that |
//!
//! With takeover a message begins by reading the history into a context, which to deflate costs more the larger the window is. The few
//! connections that a thread served last are spared that: their contexts are still where they were.
//!
//! While a peer's compressed message is under way and incomplete, one inflating context (47 KiB) is held for it, and what
//! was inflated so far, which [`Limits::max_message_size`](crate::Limits::max_message_size) bounds.
//!
//! # Window bits of 8
//!
//! zlib cannot deflate with a window of 256 bytes. Its window of 512 bytes never refers back further than 250 bytes,
//! so that is what an agreement on 8 bits gets, as zlib itself does for its own format.
//!
//! ```
//! use mandovi_websocket::deflate::Compression;
//! use mandovi_websocket::{Connection, Limits, MessageRef, handshake};
//! use http::header::SEC_WEBSOCKET_EXTENSIONS;
//!
//! let compression = Compression::new();
//!
//! // The client offers,
//! let key = handshake::key([7; 16]);
//! let mut headers = handshake::request_headers(&key);
//! headers.insert(SEC_WEBSOCKET_EXTENSIONS, compression.offer());
//!
//! // the server picks what it can honour,
//! let mut accepted = handshake::check(&http::Method::GET, http::Version::HTTP_11, &headers)?;
//! let agreement = accepted.negotiate(&compression).expect("a matching offer");
//! let response = accepted.response_headers(None);
//!
//! // and both know the same.
//! let status = http::StatusCode::SWITCHING_PROTOCOLS;
//! let agreed = handshake::verify_response_with(status, &response, &key, &[], &compression)?.deflate;
//!
//! let mut server = Connection::server(Limits::default()).with_deflate(&agreement);
//! let mut client = Connection::client(Limits::default(), || [1, 2, 3, 4]).with_deflate(&agreed.expect("agreed"));
//! let text = "compresses well, ".repeat(100);
//! let mut wire = Vec::new();
//! server.send(MessageRef::Text(&text), &mut wire)?;
//! assert!(wire.len() < 100);
//! client.receive(&wire);
//! assert_eq!(client.next_message(&mut Vec::new())?, Some(MessageRef::Text(&text)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compressor;
mod contexts;
mod history;
mod inflater;
mod negotiation;
mod settings;

pub use compressor::Compressor;
pub(crate) use inflater::{Inflater, Target};
pub use negotiation::Agreement;
pub(crate) use negotiation::Offer;
pub use settings::Compression;
