//! What is measured: the rows of the table. Names are what reports and `--row` know them by.

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use mandovi_websocket::deflate::{Agreement, Compression, Compressor};
use mandovi_websocket::{MessageKind, Role, frame, handshake};

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
    /// As `Receive`, compressed. All contenders get the same bytes, which ours has compressed at level 6.
    Inflate(Deflate, Payload),
    /// As `Send` from a server, compressed.
    Deflate(Deflate, Payload),
}

/// How messages are compressed, in both directions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deflate {
    /// From 1 to 9.
    pub(crate) level: u8,
    /// Whether messages refer to earlier ones.
    pub(crate) takeover: bool,
    /// How far back, as a power of two.
    pub(crate) window_bits: u8,
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
    /// Text: JSON of 1 KiB, each message of a batch of the same shape and with other values.
    Json,
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
    Row {
        name: "deflate-1k-level1",
        about: "send 1 KiB JSON compressed: level 1, no takeover; 64 different messages, one flush",
        work: Work::Deflate(Deflate { level: 1, takeover: false, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "deflate-1k-level6",
        about: "send 1 KiB JSON compressed: level 6, no takeover; 64 different messages, one flush",
        work: Work::Deflate(Deflate { level: 6, takeover: false, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "deflate-1k-level1-takeover12",
        about: "send 1 KiB JSON compressed: level 1, takeover with a window of 12 bits; 64 different messages, one flush",
        work: Work::Deflate(Deflate { level: 1, takeover: true, window_bits: 12 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "deflate-1k-level1-takeover15",
        about: "send 1 KiB JSON compressed: level 1, takeover with a window of 15 bits; 64 different messages, one flush",
        work: Work::Deflate(Deflate { level: 1, takeover: true, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "deflate-1k-level6-takeover15",
        about: "send 1 KiB JSON compressed: level 6, takeover with a window of 15 bits; 64 different messages, one flush",
        work: Work::Deflate(Deflate { level: 6, takeover: true, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "inflate-1k",
        about: "receive 1 KiB JSON compressed: no takeover; 64 frames in one read",
        work: Work::Inflate(Deflate { level: 6, takeover: false, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "inflate-1k-takeover12",
        about: "receive 1 KiB JSON compressed: takeover with a window of 12 bits; 64 frames in one read",
        work: Work::Inflate(Deflate { level: 6, takeover: true, window_bits: 12 }, Payload::Json),
        batch: 64,
        batches: 10,
    },
    Row {
        name: "inflate-1k-takeover15",
        about: "receive 1 KiB JSON compressed: takeover with a window of 15 bits; 64 frames in one read",
        work: Work::Inflate(Deflate { level: 6, takeover: true, window_bits: 15 }, Payload::Json),
        batch: 64,
        batches: 10,
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
    /// The bytes that a contender finds in the transport: the first batch as a client sends it, and what every later one
    /// is. (They differ with takeover, where the first has nothing to refer to.) Nothing for who sends.
    pub(crate) fn arriving(&self) -> [Vec<u8>; 2] {
        let mut compressor = match self.work {
            Work::Send(..) | Work::Deflate(..) => return [Vec::new(), Vec::new()],
            Work::Receive(_) => None,
            Work::Inflate(deflate, _) => Some(Compressor::new(Role::Client, &deflate.agreement())),
        };
        let kind = if self.is_text() { MessageKind::Text } else { MessageKind::Binary };
        let payloads = self.payloads();
        std::array::from_fn(|_| {
            let mut wire = Vec::new();
            for payload in &payloads {
                match &mut compressor {
                    Some(compressor) => compressor.write(&mut wire, kind, Some(KEY), payload),
                    None => frame::write(&mut wire, kind.opcode(), true, Some(KEY), payload),
                }
            }
            wire
        })
    }

    /// The messages of a batch.
    pub(crate) fn payloads(&self) -> Vec<Vec<u8>> {
        (0..self.batch).map(|at| self.payload().content(at)).collect()
    }

    /// The messages of a batch, in memory that lives as long as the program: the cheapest that every contender can
    /// send from.
    pub(crate) fn payloads_to_send(&self) -> Vec<&'static [u8]> {
        self.payloads().into_iter().map(|payload| &*Vec::leak(payload)).collect()
    }

    /// Whether the messages are text.
    pub(crate) fn is_text(&self) -> bool {
        !matches!(self.payload(), Payload::Binary(_))
    }

    fn payload(&self) -> Payload {
        let (Work::Receive(payload) | Work::Send(_, payload) | Work::Inflate(_, payload) | Work::Deflate(_, payload)) =
            self.work;
        payload
    }
}

impl Deflate {
    /// What a handshake gives where both ends want this.
    pub(crate) fn agreement(&self) -> Agreement {
        let compression = Compression::new()
            .level(self.level)
            .own_takeover(self.takeover)
            .peer_takeover(self.takeover)
            .own_window_bits(self.window_bits)
            .peer_window_bits(self.window_bits);
        let mut headers = handshake::request_headers(&handshake::key([7; 16]));
        headers.insert(SEC_WEBSOCKET_EXTENSIONS, compression.offer());
        handshake::check(&http::Method::GET, http::Version::HTTP_11, &headers)
            .ok()
            .and_then(|mut accepted| accepted.negotiate(&compression))
            .expect("the same settings on both ends agree")
    }
}

impl Payload {
    /// Message number `at` of a batch.
    fn content(self, at: usize) -> Vec<u8> {
        let (pattern, length) = match self {
            Self::Ascii(length) => ("{\"room\":17,\"from\":\"ada\",\"say\":\"good morning to all of you\"}", length),
            Self::Mixed(length) | Self::Binary(length) => ("aéb–c😀d", length),
            Self::Json => return json(at),
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

/// What a service would send: some records with names, numbers, times and words.
fn json(at: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "harbour", "morning", "ferry", "delayed", "water", "island", "ticket", "crossing", "north", "quiet", "signal",
        "captain", "bridge", "arrival", "market", "evening",
    ];
    // Numbers that look like chance and are the same in every run (a linear congruential generator).
    let mut state = at as u64 + 1;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut text = String::from("[");
    loop {
        let words: Vec<&str> = (0..3 + next(4)).map(|_| WORDS[next(16) as usize]).collect();
        let record = format!(
            "{{\"id\":{},\"user\":\"u{}\",\"at\":\"2026-11-{:02}T{:02}:{:02}:{:02}Z\",\"price\":{}.{:02},\"text\":\"{}\"}}",
            next(1_000_000),
            next(10_000),
            1 + next(30),
            next(24),
            next(60),
            next(60),
            next(1000),
            next(100),
            words.join(" ")
        );
        if text.len() + record.len() + 2 > 1024 {
            break;
        }
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&record);
    }
    // Spaces are JSON too.
    text.extend(std::iter::repeat_n(' ', 1023 - text.len()));
    text.push(']');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_what_their_names_say() {
        for length in [64, 1024] {
            let [ascii, mixed, binary] = [Payload::Ascii(length), Payload::Mixed(length), Payload::Binary(length)]
                .map(|payload| payload.content(0));
            assert!(ascii.len() == length && ascii.is_ascii());
            assert!(mixed.len() == length && !mixed.is_ascii() && std::str::from_utf8(&mixed).is_ok());
            assert_eq!(mixed, binary);
        }
        let json: Vec<_> = (0..64).map(|at| Payload::Json.content(at)).collect();
        for (at, one) in json.iter().enumerate() {
            assert_eq!(one.len(), 1024);
            assert!(serde_json::from_slice::<serde_json::Value>(one).is_ok());
            assert!(!json[..at].contains(one), "message {at} is there twice");
        }
    }

    #[test]
    fn validation_compares_rows_of_one_size() -> Result<(), AnyError> {
        for (text, binary) in VALIDATION {
            let (text, binary) = (find(text)?, find(binary)?);
            assert_eq!(text.payloads()[0].len(), binary.payloads()[0].len());
            assert_eq!((text.batch, text.batches), (binary.batch, binary.batches));
        }
        Ok(())
    }
}
