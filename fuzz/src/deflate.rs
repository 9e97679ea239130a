//! What goes into a `Compressor` comes out of a `Decoder`, and out of another implementation: any messages, any settings of
//! both ends, any cuts. It never refers further back than the window that was agreed, and keeps no more history than that.

use mandovi_websocket::deflate::Compressor;
use mandovi_websocket::frame::Header;
use mandovi_websocket::{Limits, MessageKind, Opcode, Role, frame};

use crate::agreed::{agree, settings};
use crate::model::{self, Inflate, Seen};
use crate::source::{Source, cut};
use crate::{blocks, drive};

/// The input: the receiver's role, the settings of the client and of the server, sizes of pieces (their length in front), then
/// messages as they come.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let role = source.role();
    let (client, server) = (settings(&mut source), settings(&mut source));
    let sizes = source.run();
    let (at_client, at_server) = agree(&client, &server);
    let (receivers, senders, mask) = match role {
        Role::Client => (at_client, at_server, None),
        Role::Server => (at_server, at_client, Some([0x37, 0xfa, 0x21, 0x3d])),
    };
    let mut compressor = Compressor::new(role.peer(), &senders);

    let mut wire = Vec::new();
    let mut expected = Vec::new();
    let mut last = Vec::new();
    let window = 1 << senders.window_bits(role.peer());
    let (mut most, mut compressed) = (0, 0);
    while !source.is_empty() && wire.len() < 1 << 16 {
        let op = source.byte();
        let payload = match op >> 4 {
            // A byte, many times; a few bytes, many times.
            0 | 1 => vec![source.byte(); source.length()],
            2 | 3 => {
                let pattern = source.run();
                let length = source.length();
                pattern.iter().copied().cycle().take(length).collect()
            }
            // Noise.
            4 => {
                let mut seed = u32::from(source.short()) + 1;
                let length = source.length();
                std::iter::repeat_with(|| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 24) as u8
                })
                .take(length)
                .collect()
            }
            // The last message again, with something before and after it.
            5..=9 => [source.run(), &last, source.run()].concat(),
            _ => source.run().to_vec(),
        };
        let payload = &payload[..payload.len().min(1 << 17)];
        let kind = if op & 1 == 0 { MessageKind::Binary } else { MessageKind::Text };
        let payload = match kind {
            MessageKind::Binary => payload.to_vec(),
            MessageKind::Text => String::from_utf8_lossy(payload).into_owned().into_bytes(),
        };
        let start = wire.len();
        match op & 6 {
            0 => frame::write(&mut wire, kind.opcode(), true, mask, &payload),
            _ => {
                compressor.write(&mut wire, kind, mask, &payload);
                let (header, header_len) = Header::parse(&wire[start..]).unwrap().unwrap();
                assert_eq!(header.payload_len as usize, wire.len() - start - header_len);
                if header.rsv1 {
                    compressed += payload.len();
                    let mut bytes = wire[start + header_len..].to_vec();
                    for (at, byte) in bytes.iter_mut().enumerate() {
                        *byte ^= mask.map_or(0, |mask| mask[at % 4]);
                    }
                    let furthest = blocks::furthest(&bytes).expect("what was compressed can be read");
                    assert!(furthest <= window, "it refers {furthest} bytes back, over {window}");
                }
                // A promise to the receiver's limits.
                let least = payload.len() + payload.len() / 8 + 64 + frame::MAX_HEADER_LEN;
                assert!(wire.len() - start <= least, "{} bytes of {}", wire.len() - start, payload.len());
            }
        }
        if op & 8 != 0 {
            frame::write(&mut wire, Opcode::Ping, true, mask, b"between");
        }
        expected.push(match kind {
            MessageKind::Binary => Seen::Binary(payload.clone()),
            MessageKind::Text => Seen::Text(String::from_utf8(payload.clone()).unwrap()),
        });
        if op & 8 != 0 {
            expected.push(Seen::Ping(b"between".to_vec()));
        }
        most = most.max(payload.len());
        last = payload;
    }
    let kept = if senders.takeover(role.peer()) { compressed.min(window) } else { 0 };
    assert_eq!(compressor.history_len(), kept);

    let limits = Limits::default().max_frame_size(most).max_message_size(most);
    assert_eq!(drive::whole(role, limits, Some(&receivers), &wire), expected, "in one piece");
    assert_eq!(drive::pieces(role, limits, Some(&receivers), cut(&wire, sizes)), expected, "in pieces");
    let (seen, rest) = model::read_with(role, limits, Some(Inflate::new(&receivers, role.peer())), &wire);
    assert_eq!(seen, expected, "by another implementation");
    assert!(rest.is_empty());
}
