//! Compressed messages of any content, in any fragments and pieces, within any limits: they inflate to what the model (with
//! another implementation of deflate) inflates them to, or are refused with the same error; never more than the limits
//! allow is held.

use mandovi_websocket::frame::Header;
use mandovi_websocket::{Limits, Opcode, ProtocolError, Role};
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params};

use crate::agreed::{agree, settings};
use crate::model::{self, Inflate, Seen};
use crate::source::{Source, cut};
use crate::{blocks, drive};

/// The input: our role, limits, the settings of both ends, a script (as in `frames`), and messages: what each is, the size of
/// its fragments, and its payload. The last takes the rest.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let role = source.role();
    // Not under 125, and not large, so that bombs are cheap.
    let limits = source.limits();
    let limits = if limits == Limits::default() { limits.max_message_size(5000) } else { limits };
    let settings = settings(&mut source);
    let script = source.run();
    let (at_client, at_server) = agree(&settings, &settings);
    let agreement = match role {
        Role::Client => at_client,
        Role::Server => at_server,
    };

    let mut wire = Vec::new();
    let mut lacks_end = false;
    while !source.is_empty() {
        let what = source.byte();
        let size = source.byte();
        let payload = if what & 0x20 != 0 { source.take(usize::MAX) } else { source.run() };
        let payload = match what & 0x0c {
            0x04 => deflated(&payload.repeat(1 + usize::from(what >> 6) * 20)),
            _ => payload.to_vec(),
        };
        lacks_end |= blocks::lacks_end(&payload);
        let mut opcode = if what & 1 == 0 { Opcode::Binary } else { Opcode::Text };
        let is_compressed = what & 0x0c != 0x08;
        let mut fragments = cut(&payload, &[size]);
        if fragments.is_empty() {
            fragments.push(&[]);
        }
        for (at, fragment) in fragments.iter().enumerate() {
            // Where RSV1 must not be, it is a violation.
            let everywhere = what & 0x10 != 0 && size & 1 == 0;
            let rsv1 = is_compressed && (at == 0 || everywhere);
            write(&mut wire, role, opcode, at + 1 == fragments.len(), rsv1, fragment);
            opcode = Opcode::Continuation;
            if what & 2 != 0 {
                write(&mut wire, role, Opcode::Ping, true, what & 0x10 != 0, &[size]);
            }
        }
    }

    let (expected, _) = model::read_with(role, limits, Some(Inflate::new(&agreement, role.peer())), &wire);
    let agreement = Some(&agreement);
    let whole = drive::whole(role, limits, agreement, &wire);
    // The model's implementation takes a block without a code for its end, up to where that would come.
    let is_stricter = lacks_end && matches!(whole.last(), Some(Seen::Error(ProtocolError::CorruptDeflate)));
    assert!(is_stricter || are_alike(&whole, &expected), "{whole:?}, but {expected:?}");
    let expected = whole;
    assert_eq!(drive::pieces(role, limits, agreement, cut(&wire, script)), expected, "in pieces");
    assert_eq!(drive::bytes(role, limits, agreement, &wire).0, expected, "byte by byte");
    let (messages, events) = drive::oddly(role, limits, agreement, &wire, script);
    let (expected_messages, expected_events): (Vec<_>, Vec<_>) = expected.into_iter().partition(Seen::is_message);
    assert_eq!(messages, expected_messages, "by an odd caller");
    assert_eq!(events, expected_events, "by an odd caller");
}

/// The same; but what is corrupt may be found out one fragment earlier or later, so that control frames before it are told or
/// not, and RSV1 where it must not be is met first or not.
fn are_alike(ours: &[Seen], models: &[Seen]) -> bool {
    use ProtocolError::{CorruptDeflate, ReservedBits};
    let (Some((Seen::Error(error), ours)), Some((Seen::Error(models_error), models))) =
        (ours.split_last(), models.split_last())
    else {
        return ours == models;
    };
    let Some(rest) = ours.strip_prefix(models).or_else(|| models.strip_prefix(ours)) else {
        return false;
    };
    match (error, models_error) {
        (CorruptDeflate, CorruptDeflate | ReservedBits) | (ReservedBits, CorruptDeflate) => {
            rest.iter().all(|seen| matches!(seen, Seen::Ping(_)))
        }
        _ => error == models_error && rest.is_empty(),
    }
}

/// A frame to `role`'s end.
fn write(out: &mut Vec<u8>, role: Role, opcode: Opcode, fin: bool, rsv1: bool, payload: &[u8]) {
    // A key of zeros: masking is the business of other targets, and so the fuzzer sees what is compressed.
    let mask = (role == Role::Server).then_some([0; 4]);
    Header { fin, rsv1, opcode, mask, payload_len: payload.len() as u64 }.write(out);
    out.extend_from_slice(payload);
}

/// What `miniz_oxide` makes of a message.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(6, -15, 0));
    let mut out = vec![0; bytes.len() * 2 + 100];
    let (_, taken, made) = compress(&mut compressor, bytes, &mut out, TDEFLFlush::Sync);
    assert_eq!(taken, bytes.len());
    assert!(out[..made].ends_with(&[0, 0, 0xff, 0xff]));
    out.truncate(made - 4);
    out
}
