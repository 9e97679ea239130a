//! The WebSocket protocol ([RFC 6455]) without IO: bytes in, bytes out.
//!
//! This crate knows frames, fragments, the close handshake and the opening handshake. It never touches a socket, a
//! clock or a source of randomness and starts no thread: the caller reads, writes, keeps time and supplies masking keys. (What zlib
//! works in is kept per thread, with the feature `deflate`.)
//!
//! ```text
//!             bytes read                      whole messages
//!  transport ───────────▶ Decoder ─▶ Frames ─────────────────▶ application
//!                            │ ping, pong, close
//!  transport ◀─────────── frame::write ◀────────────────────── application
//!             bytes to write                  messages
//! ```
//!
//! - [`Decoder`] reads frames where they lie: it checks every rule of the RFC, unmasks in place and validates UTF-8.
//! - [`Frames`] is what it has accepted: an owned batch that lends its messages as [`MessageRef`]. [`Assembler`]
//!   joins the messages that came in fragments.
//! - [`frame`] writes frames into the caller's buffer.
//! - [`CloseState`], [`CloseCode`], [`CloseFrame`]: how a connection ends.
//! - [`handshake`]: how it begins, over the [`http`] crate's types or over bytes.
//! - [`Connection`] is all of these put together, for those who want the protocol and no more.
//!
//! What the peer may make us hold is bounded by [`Limits`]. A length that a header announces is checked and never
//! allocated: memory grows with the bytes that arrived.
//!
//! [RFC 6455]: https://www.rfc-editor.org/rfc/rfc6455
//!
//! What follows is the README.
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail"))]

mod batch;
mod close;
mod connection;
mod decoder;
#[cfg(feature = "deflate")]
#[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
pub mod deflate;
mod error;
pub mod frame;
mod frames;
pub mod handshake;
mod limits;
mod mask;
mod message;
mod utf8;

pub use close::{CloseCode, CloseFrame, CloseState};
pub use connection::{Connection, SendError};
pub use decoder::{Decoder, Event};
pub use error::ProtocolError;
pub use frame::Opcode;
pub use frames::{Assembler, Frames};
pub use limits::Limits;
pub use message::{Message, MessageKind, MessageRef};

#[cfg(all(feature = "deflate", any(doc, doctest)))]
#[doc = include_str!("guide.md")]
pub mod guide {}

/// Which end of the connection we are.
///
/// It decides who masks: a client masks every frame, a server none ([RFC 6455 §5.1]).
///
/// [RFC 6455 §5.1]: https://www.rfc-editor.org/rfc/rfc6455#section-5.1
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// We opened the connection: our frames are masked, the peer's are not.
    Client,
    /// We accepted the connection: the peer's frames are masked, ours are not.
    Server,
}

impl Role {
    /// The role of the other end.
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}
