//! A message as it is on the wire, for streams that are not JSON.

use bytes::Bytes;
use mandovi_websocket::{MessageKind, MessageRef};

use crate::value::{Invalid, Item, ViewId};

/// A whole WebSocket message, text or binary, as it is: what a *raw* stream carries.
///
/// `Receiver<Message>` and `Sender<Message>` run over the same pump, with the same limits, as typed streams.
/// [`Receiver::recv_ref`](crate::Receiver::recv_ref) lends the bytes without a copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text.
    Text(String),
    /// Arbitrary bytes. Large ones are queued without a copy.
    Binary(Bytes),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<String>) -> Self {
        Message::Text(text.into())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Message::Binary(bytes.into())
    }

    /// A borrowed view of it.
    pub fn as_ref(&self) -> MessageRef<'_> {
        match self {
            Message::Text(text) => MessageRef::Text(text),
            Message::Binary(bytes) => MessageRef::Binary(bytes),
        }
    }
}

impl From<MessageRef<'_>> for Message {
    fn from(message: MessageRef<'_>) -> Self {
        match message {
            MessageRef::Text(text) => Message::Text(text.to_owned()),
            MessageRef::Binary(bytes) => Message::Binary(Bytes::copy_from_slice(bytes)),
        }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Message::Text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Message::Text(text.to_owned())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Message::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Message::Binary(bytes.into())
    }
}

impl Item for Message {
    const RAW: bool = true;

    fn encode(&self, _view: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        out.extend_from_slice(self.as_ref().as_bytes());
        Ok(self.as_ref().kind())
    }

    fn decode(_view: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid> {
        Ok(message.into())
    }

    fn shared(&self) -> Option<Bytes> {
        match self {
            Message::Text(_) => None,
            Message::Binary(bytes) => Some(bytes.clone()),
        }
    }
}
