//! Any bytes into a [`Decoder`](mandovi_websocket::Decoder): it tells what the model tells, however the bytes are cut,
//! as early as can be, and never needs more storage than the limits promise.

use crate::source::{Source, cut};
use crate::{drive, model};

/// The input: role, two limits, a script (its length in front) that cuts the bytes and drives an odd caller, the bytes.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let role = source.role();
    let limits = source.limits();
    let script = source.run();
    let bytes = source.rest();

    let expected = model::read(role, limits, bytes);
    assert_eq!(drive::whole(role, limits, None, bytes), expected, "in one piece");
    assert_eq!(drive::pieces(role, limits, None, cut(bytes, script)), expected, "in pieces");

    let (seen, ended) = drive::bytes(role, limits, None, bytes);
    assert_eq!(seen, expected, "byte by byte");
    if let Some(ended) = ended {
        let before = model::read(role, limits, &bytes[..ended - 1]);
        assert!(!before.last().is_some_and(model::Seen::is_end), "it could have been told earlier");
    }

    let (messages, events) = drive::oddly(role, limits, None, bytes, script);
    let (expected_messages, expected_events): (Vec<_>, Vec<_>) =
        expected.into_iter().partition(model::Seen::is_message);
    assert_eq!(messages, expected_messages, "by an odd caller");
    assert_eq!(events, expected_events, "by an odd caller");
}
