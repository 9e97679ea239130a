//! What the public types promise beside their methods. A line that does not compile is a breaking change.

use std::error::Error;
use std::fmt::Debug;
use std::hash::Hash;

use mandovi_websocket::frame::Header;
use mandovi_websocket::handshake::{Accepted, HandshakeError};
use mandovi_websocket::{
    Assembler, CloseCode, CloseFrame, CloseState, Connection, Decoder, Event, Frames, Limits, Message, MessageKind,
    MessageRef, Opcode, ProtocolError, Role, SendError,
};

/// A part of a connection, which may live in any task or thread.
const fn part<T: Debug + Send + Sync + Unpin + 'static>() {}
/// A plain value.
const fn value<T: Clone + Eq + Hash + Debug + Send + Sync + Unpin>() {}
const fn small<T: Copy + Eq + Hash + Debug + Send + Sync + Unpin>() {}
const fn error<T: Error + Copy + Eq + Hash + Send + Sync + Unpin + 'static>() {}
/// Not `Sync`: the masking keys come from a function that need not be.
const fn connection<T: Debug + Send + Unpin + 'static>() {}

const _: () = {
    connection::<Connection>();
    part::<Decoder>();
    part::<Frames>();
    part::<Assembler>();
    part::<Accepted>();
    value::<CloseFrame>();
    value::<Event<'static>>();
    value::<Message>();
    small::<CloseCode>();
    small::<CloseState>();
    small::<Header>();
    small::<Limits>();
    small::<MessageKind>();
    small::<MessageRef<'static>>();
    small::<Opcode>();
    small::<Role>();
    error::<HandshakeError>();
    error::<ProtocolError>();
    error::<SendError>();
};

#[cfg(feature = "deflate")]
const _: () = {
    use mandovi_websocket::deflate::{Agreement, Compression, Compressor};

    const COMPRESSION: Compression = Compression::new().level(6).own_takeover(true).own_window_bits(12);

    small::<Compression>();
    small::<Agreement>();
    part::<Compressor>();
    assert!(COMPRESSION.level == 6);
};

/// Settings and empty parts can be constants.
const LIMITS: Limits = Limits::new().max_frame_size(1).max_message_size(2);
const _: Decoder = Decoder::new(Role::Server, LIMITS);
const _: Assembler = Assembler::new();
const _: CloseState = CloseState::new();

#[test]
fn messages_are_made_of_what_they_hold() {
    let text = Message::from("text".to_owned());
    assert_eq!((MessageRef::from("text"), MessageRef::from(&text)), (text.as_ref(), MessageRef::Text("text")));
    let binary = Message::from(vec![1, 2]);
    assert_eq!(
        (MessageRef::from(&[1, 2][..]), MessageRef::from(&binary)),
        (binary.as_ref(), MessageRef::Binary(&[1, 2]))
    );
    assert_eq!(Message::from(binary.as_ref()), binary);
}

#[test]
fn constant_limits_are_the_default_ones() {
    assert_eq!(Limits::new(), Limits::default());
}
