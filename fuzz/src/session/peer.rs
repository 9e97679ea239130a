//! The only place that knows how a [`Connection`] is called.

use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::{CloseCode, CloseFrame, Connection, Limits, MessageRef, ProtocolError, Role};

use crate::model::Seen;

pub(super) struct Peer {
    connection: Connection,
    /// Whether the other end's close frame came before ours was written.
    received_first: bool,
}

impl Peer {
    pub(super) fn new(role: Role, limits: Limits, agreement: Option<&Agreement>) -> Self {
        let mut key = 0u32;
        let keys = move || {
            key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            key.to_ne_bytes()
        };
        let connection = match role {
            Role::Client => Connection::client(limits, keys),
            Role::Server => Connection::server(limits),
        };
        let connection = match agreement {
            Some(agreement) => connection.with_deflate(agreement),
            None => connection,
        };
        Self { connection, received_first: false }
    }

    /// Whether it could be sent.
    pub(super) fn send(&mut self, message: &Seen, out: &mut Vec<u8>) -> bool {
        let message = match message {
            Seen::Text(text) => MessageRef::Text(text),
            Seen::Binary(bytes) => MessageRef::Binary(bytes),
            other => panic!("{other:?} is not a message"),
        };
        self.connection.send(message, out).is_ok()
    }

    pub(super) fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        self.connection.ping(payload, out).is_ok()
    }

    pub(super) fn close(&mut self, code: CloseCode, reason: &str, out: &mut Vec<u8>) {
        self.connection.close(code, reason, out);
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.connection.receive(bytes);
    }

    pub(super) fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Seen>, ProtocolError> {
        self.watched(|connection| connection.next_message(out).map(|message| message.map(Seen::message)))
    }

    fn watched<T>(&mut self, call: impl FnOnce(&mut Connection) -> T) -> T {
        let was_sent = self.connection.close_state().is_sent();
        let was_received = self.connection.close_state().is_received();
        let result = call(&mut self.connection);
        self.received_first |= !was_sent && !was_received && self.connection.close_state().is_received();
        result
    }

    pub(super) fn is_close_sent(&self) -> bool {
        self.connection.close_state().is_sent()
    }

    pub(super) fn sent_code(&self) -> Option<CloseCode> {
        self.connection.close_state().sent()
    }

    pub(super) fn received_code(&self) -> Option<CloseCode> {
        self.connection.close_state().received()
    }

    pub(super) fn received_first(&self) -> bool {
        self.received_first
    }

    pub(super) fn close_frame(&self) -> Option<CloseFrame> {
        self.connection.close_frame().cloned()
    }

    pub(super) fn is_finished(&self) -> bool {
        self.connection.is_finished()
    }
}
