//! Messages as the application sees them: text or binary, whole, borrowed.

use crate::Opcode;

/// The two kinds of data message ([RFC 6455 §5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Arbitrary bytes.
    Binary,
}

impl MessageKind {
    /// The opcode of a message's first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

/// A whole message, lent from where it was received (or from the caller who sends it). [`Message`] is one to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageRef<'a> {
    /// UTF-8 text.
    Text(&'a str),
    /// Arbitrary bytes.
    Binary(&'a [u8]),
}

impl<'a> MessageRef<'a> {
    /// The payload, whichever kind it is.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The kind without the payload.
    #[inline]
    pub const fn kind(self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    /// The text of a text message, `None` for a binary one.
    #[inline]
    pub const fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Size of the payload in bytes.
    #[inline]
    pub const fn len(self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the payload is empty.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A whole message of one's own: a [`MessageRef`] that outlives what it was lent from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text.
    Text(String),
    /// Arbitrary bytes.
    Binary(Vec<u8>),
}

impl Message {
    /// Lends it.
    #[inline]
    pub fn as_ref(&self) -> MessageRef<'_> {
        match self {
            Self::Text(text) => MessageRef::Text(text),
            Self::Binary(bytes) => MessageRef::Binary(bytes),
        }
    }
}

impl From<MessageRef<'_>> for Message {
    fn from(message: MessageRef<'_>) -> Self {
        match message {
            MessageRef::Text(text) => Self::Text(text.to_owned()),
            MessageRef::Binary(bytes) => Self::Binary(bytes.to_vec()),
        }
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a Message> for MessageRef<'a> {
    fn from(message: &'a Message) -> Self {
        message.as_ref()
    }
}

impl<'a> From<&'a str> for MessageRef<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for MessageRef<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Binary(bytes)
    }
}
