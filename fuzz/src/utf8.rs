//! Text in fragments and pieces against the standard library: the same verdict, and told at the first byte that makes
//! it certain.

use mandovi_websocket::{Limits, Opcode, ProtocolError, Role, frame};

use crate::drive::Reader;
use crate::model::Seen;
use crate::source::{Source, cut};

/// The input: role, masking key, sizes of fragments and of pieces (each with its length in front), the text.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let role = source.role();
    let key: [u8; 4] = std::array::from_fn(|_| source.byte());
    let (fragments, sizes) = (source.run(), source.run());
    let text = source.rest();
    let key = (role == Role::Server).then_some(key);

    let mut wire = Vec::new();
    let fragments = cut(text, fragments);
    let mut opcode = Opcode::Text;
    for (at, fragment) in fragments.iter().enumerate() {
        frame::write(&mut wire, opcode, at + 1 == fragments.len(), key, fragment);
        opcode = Opcode::Continuation;
    }
    if fragments.is_empty() {
        frame::write(&mut wire, opcode, true, key, &[]);
    }

    let expected = match std::str::from_utf8(text) {
        Ok(text) => Seen::Text(text.to_owned()),
        Err(_) => Seen::Error(ProtocolError::InvalidUtf8),
    };
    let limits = Limits::default().max_frame_size(data.len()).max_message_size(data.len());
    let mut reader = Reader::new(role, limits, None);
    for piece in cut(&wire, sizes) {
        reader.feed(piece);
    }
    assert_eq!(reader.seen, [expected], "{text:x?}");

    let (_, ended) = crate::drive::bytes(role, limits, None, &wire);
    assert_eq!(ended, told_at(text, &fragments, key.is_some()), "{text:x?}");
}

/// How many bytes of the wire are enough to know that the text is not UTF-8.
fn told_at(text: &[u8], fragments: &[&[u8]], masked: bool) -> Option<usize> {
    let wrong = std::str::from_utf8(text).err()?;
    // An incomplete character is wrong at the end of the message only; else the shortest prefix that is wrong already.
    let bad = (wrong.valid_up_to() + 1..=text.len())
        .find(|end| std::str::from_utf8(&text[..*end]).is_err_and(|error| error.error_len().is_some()))
        .unwrap_or(text.len() + 1);
    let (mut wire, mut seen) = (0, 0);
    for fragment in fragments {
        let header = frame::Header {
            fin: false,
            rsv1: false,
            opcode: Opcode::Text,
            mask: masked.then_some([0; 4]),
            payload_len: fragment.len() as u64,
        };
        wire += header.encoded_len();
        if bad <= seen + fragment.len() {
            return Some(wire + bad - seen);
        }
        seen += fragment.len();
        wire += fragment.len();
    }
    Some(wire)
}
