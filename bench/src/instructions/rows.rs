//! What is measured: the rows of the table. Names are what reports and `--row` know them by.

use mandovi_websocket::{Opcode, Role, frame};

use crate::AnyError;

/// The masking key of what arrives. No byte of it is zero, so that a contender that forgets to unmask is found out.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name in the report.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
    /// What to do.
    pub(crate) work: Work,
    /// Messages in one batch: they arrive in one read, or leave with one flush.
    pub(crate) batch: usize,
    /// Batches that are counted.
    pub(crate) batches: usize,
}

/// The kind of work.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// A server takes the bytes of masked frames and shows each message, validated.
    Receive(Payload),
    /// Messages that lie in the application's memory become frames on the transport.
    Send(Role, Payload),
}

/// A message's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Text, ASCII only.
    Ascii(usize),
    /// Text, every second character of two to four bytes.
    Mixed(usize),
    /// The bytes of `Mixed`, told to be binary.
    Binary(usize),
}

/// All of them, in the order of the report.
pub(crate) const ALL: &[Row] = &[
    Row {
        name: "receive-64",
        about: "receive 64-byte text, 64 frames in one read",
        work: Work::Receive(Payload::Ascii(64)),
        batch: 64,
        batches: 50,
    },
    Row {
        name: "receive-64-alone",
        about: "receive 64-byte text, one frame in one read",
        work: Work::Receive(Payload::Ascii(64)),
        batch: 1,
        batches: 1000,
    },
    Row {
        name: "receive-64-mixed",
        about: "receive 64-byte text that is not ASCII, 64 frames in one read",
        work: Work::Receive(Payload::Mixed(64)),
        batch: 64,
        batches: 50,
    },
    Row {
        name: "binary-1k",
        about: "receive 1 KiB binary, 8 frames in one read",
        work: Work::Receive(Payload::Binary(1024)),
        batch: 8,
        batches: 100,
    },
    Row {
        name: "text-1k-ascii",
        about: "receive 1 KiB text, ASCII, 8 frames in one read",
        work: Work::Receive(Payload::Ascii(1024)),
        batch: 8,
        batches: 100,
    },
    Row {
        name: "text-1k-mixed",
        about: "receive 1 KiB text, every second character longer, 8 frames in one read",
        work: Work::Receive(Payload::Mixed(1024)),
        batch: 8,
        batches: 100,
    },
    Row {
        name: "binary-16k",
        about: "receive 16 KiB binary: unmasking, above all",
        work: Work::Receive(Payload::Binary(16 * 1024)),
        batch: 1,
        batches: 100,
    },
    Row {
        name: "binary-1m",
        about: "receive 1 MiB binary",
        work: Work::Receive(Payload::Binary(1024 * 1024)),
        batch: 1,
        batches: 8,
    },
    Row {
        name: "send-64-server",
        about: "send 64-byte text unmasked, 64 messages, one flush",
        work: Work::Send(Role::Server, Payload::Ascii(64)),
        batch: 64,
        batches: 50,
    },
    Row {
        name: "send-64-client",
        about: "send 64-byte text masked with a fresh unpredictable key, 64 messages, one flush",
        work: Work::Send(Role::Client, Payload::Ascii(64)),
        batch: 64,
        batches: 50,
    },
    Row {
        name: "send-16k-client",
        about: "send 16 KiB binary masked",
        work: Work::Send(Role::Client, Payload::Binary(16 * 1024)),
        batch: 1,
        batches: 100,
    },
];

/// Pairs of rows that differ in the message's kind only: what a text costs over the same size in binary.
pub(crate) const VALIDATION: &[(&str, &str)] = &[("text-1k-ascii", "binary-1k"), ("text-1k-mixed", "binary-1k")];

/// The row of this name.
///
/// # Errors
///
/// There is none: names those that there are.
pub(crate) fn find(name: &str) -> Result<&'static Row, AnyError> {
    ALL.iter().find(|row| row.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|row| row.name).collect();
        format!("no row `{name}`; there are: {}", names.join(", ")).into()
    })
}

impl Row {
    /// The bytes that a contender finds in the transport: a batch as a client sends it. Nothing where it sends itself.
    pub(crate) fn arriving(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        if let Work::Receive(payload) = self.work {
            let opcode = if payload.is_text() { Opcode::Text } else { Opcode::Binary };
            for _ in 0..self.batch {
                frame::write(&mut wire, opcode, true, Some(KEY), &self.payload());
            }
        }
        wire
    }

    /// The content of each message.
    pub(crate) fn payload(&self) -> Vec<u8> {
        let (Work::Receive(payload) | Work::Send(_, payload)) = self.work;
        payload.content()
    }

    /// The content, as memory that lives as long as the program: the cheapest that every contender can send from.
    pub(crate) fn payload_to_send(&self) -> &'static [u8] {
        Vec::leak(self.payload())
    }

    /// Whether the frames that are sent are masked.
    #[cfg(test)]
    pub(crate) fn is_masked(&self) -> bool {
        !matches!(self.work, Work::Send(Role::Server, _))
    }
}

impl Payload {
    /// Whether the message is text.
    pub(crate) fn is_text(self) -> bool {
        !matches!(self, Self::Binary(_))
    }

    fn content(self) -> Vec<u8> {
        let (pattern, length) = match self {
            Self::Ascii(length) => ("{\"room\":17,\"from\":\"ada\",\"say\":\"good morning to all of you\"}", length),
            Self::Mixed(length) | Self::Binary(length) => ("aéb–c😀d", length),
        };
        let mut text: String = pattern.chars().cycle().take(length).collect();
        while text.len() > length {
            text.pop();
        }
        // The cut may have taken a character of several bytes.
        text.extend(std::iter::repeat_n('.', length - text.len()));
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_what_their_names_say() {
        for length in [64, 1024] {
            let [ascii, mixed, binary] =
                [Payload::Ascii(length), Payload::Mixed(length), Payload::Binary(length)].map(Payload::content);
            assert!(ascii.len() == length && ascii.is_ascii());
            assert!(mixed.len() == length && !mixed.is_ascii() && std::str::from_utf8(&mixed).is_ok());
            assert_eq!(mixed, binary);
        }
    }

    #[test]
    fn validation_compares_rows_of_one_size() -> Result<(), AnyError> {
        for (text, binary) in VALIDATION {
            let (text, binary) = (find(text)?, find(binary)?);
            assert_eq!(text.payload().len(), binary.payload().len());
            assert_eq!((text.batch, text.batches), (binary.batch, binary.batches));
        }
        Ok(())
    }
}
