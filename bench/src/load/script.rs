//! What is sent and what must come back, as bytes, built before any clock starts.

/// How a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// With WebSocket frames: the payload unmasked in a frame of its own (RFC 6455 §5.1).
    Frames,
    /// With the very bytes that it got, masked as they were: the TCP echo, which knows no frames.
    SameBytes,
}

/// The bytes of one payload of the scenarios: a JSON string with its quotes, the same for typed and untyped servers.
pub(crate) const PAYLOAD_BYTES: usize = 64;

/// A text message in one frame (RFC 6455 §5.2).
const FIN_TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;

/// A cycle of messages: the frames to send, one after another, and the bytes that answer them.
///
/// All messages differ, so that a lost, doubled or reordered one shows in the bytes of the next.
#[derive(Debug)]
pub(crate) struct Script {
    wire: Vec<u8>,
    wire_ends: Vec<usize>,
    answer: Vec<u8>,
    answer_ends: Vec<usize>,
}

impl Script {
    /// A cycle of `count` messages for the connection of this number; `None` for one that several share.
    pub(crate) fn new(answers: Answers, connection: Option<usize>, count: usize) -> Self {
        let payloads = (0..count).map(|message| payload(connection, message));
        Self::of(answers, payloads)
    }

    fn of(answers: Answers, payloads: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut script = Self { wire: Vec::new(), wire_ends: Vec::new(), answer: Vec::new(), answer_ends: Vec::new() };
        for (index, payload) in payloads.enumerate() {
            let key = masking_key(index);
            let begin = script.wire.len();
            write_frame(&mut script.wire, Some(key), &payload);
            match answers {
                Answers::Frames => write_frame(&mut script.answer, None, &payload),
                Answers::SameBytes => script.answer.extend_from_slice(&script.wire[begin..]),
            }
            script.wire_ends.push(script.wire.len());
            script.answer_ends.push(script.answer.len());
        }
        script
    }

    /// How many messages the cycle has.
    pub(crate) fn len(&self) -> usize {
        self.wire_ends.len()
    }

    /// Where in [`wire`](Self::wire) the messages `first..first + count` stand.
    pub(crate) fn span(&self, first: usize, count: usize) -> std::ops::Range<usize> {
        let begin = first.checked_sub(1).map_or(0, |before| self.wire_ends[before]);
        begin..self.wire_ends[first + count - 1]
    }

    /// The frames to send.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The bytes that must come back.
    pub(crate) fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// Where each answer ends in [`answer`](Self::answer).
    pub(crate) fn answer_ends(&self) -> &[usize] {
        &self.answer_ends
    }
}

/// 64 bytes of JSON text that need no escapes and say whose they are.
fn payload(connection: Option<usize>, message: usize) -> Vec<u8> {
    let whose = connection.map_or_else(|| "anyone".to_owned(), |connection| connection.to_string());
    let text = format!("message {message} of {whose}, and then the letters that fill it up to size");
    let mut payload = vec![b'"'];
    payload.extend(text.bytes().take(PAYLOAD_BYTES - 2));
    payload.resize(PAYLOAD_BYTES - 1, b'.');
    payload.push(b'"');
    payload
}

/// A key in which no two bytes are the same and none is zero, so that a server which forgets to unmask is noticed.
fn masking_key(message: usize) -> [u8; 4] {
    let seed = u8::try_from(message % 64).unwrap_or_default();
    [0x11 + seed, 0x52 + seed, 0x93 + seed, 0xb4 + seed]
}

/// Appends a text frame with the shortest length field (RFC 6455 §5.2).
fn write_frame(out: &mut Vec<u8>, key: Option<[u8; 4]>, payload: &[u8]) {
    let mask_bit = if key.is_some() { MASKED } else { 0 };
    out.push(FIN_TEXT);
    if let Some(length) = u8::try_from(payload.len()).ok().filter(|length| *length < 126) {
        out.push(mask_bit | length);
    } else if let Ok(length) = u16::try_from(payload.len()) {
        out.push(mask_bit | 126);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        out.push(mask_bit | 127);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    match key {
        None => out.extend_from_slice(payload),
        Some(key) => {
            out.extend_from_slice(&key);
            out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_is_a_json_string_of_64_bytes_and_differs() {
        let mut seen = std::collections::HashSet::new();
        for connection in [None, Some(0), Some(99), Some(10_000)] {
            for message in [0, 1, 63, 1023] {
                let payload = payload(connection, message);
                assert_eq!(payload.len(), PAYLOAD_BYTES);
                let text: String = serde_json::from_slice(&payload).expect("the payload is a JSON string");
                let again = serde_json::to_vec(&text).expect("a string is JSON");
                assert_eq!(again, payload, "a typed echo gives the same bytes");
                assert!(seen.insert(payload));
            }
        }
    }

    #[test]
    fn frames_are_those_of_the_rfc() {
        // RFC 6455 §5.7: a masked "Hello" and the same unmasked.
        let mut frame = Vec::new();
        write_frame(&mut frame, Some([0x37, 0xfa, 0x21, 0x3d]), b"Hello");
        assert_eq!(frame, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        frame.clear();
        write_frame(&mut frame, None, b"Hello");
        assert_eq!(frame, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    }

    #[test]
    fn the_length_field_is_the_shortest() {
        for (length, header) in [(125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut frame = Vec::new();
            write_frame(&mut frame, None, &vec![b'x'; length]);
            assert_eq!(frame.len(), header + length);
        }
    }

    #[test]
    fn a_span_is_the_frames_of_its_messages() {
        let script = Script::new(Answers::Frames, None, 4);
        let frame = 2 + 4 + PAYLOAD_BYTES;
        assert_eq!(script.len(), 4);
        assert_eq!(script.span(0, 1), 0..frame);
        assert_eq!(script.span(1, 2), frame..3 * frame);
        assert_eq!(script.span(0, 4), 0..script.wire().len());
        assert_eq!(script.answer().len(), 4 * (2 + PAYLOAD_BYTES));
        assert_eq!(Script::new(Answers::SameBytes, None, 4).answer(), script.wire());
    }
}
