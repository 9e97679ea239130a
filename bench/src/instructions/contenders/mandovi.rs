//! Ours, as `mandovi` composes it.

use mandovi_websocket::deflate::{Agreement, Compressor};
use mandovi_websocket::{Assembler, Decoder, Limits, MessageKind, Role, frame};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

/// The smallest storage to read into.
const READ: usize = 16 * 1024;

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    let kind = if row.is_text() { MessageKind::Text } else { MessageKind::Binary };
    let memory = memory.clone();
    Some(match row.work {
        Work::Receive(_) => receive(row, memory, None),
        Work::Inflate(deflate, _) => receive(row, memory, Some(deflate.agreement())),
        Work::Send(role, _) => send(row, memory, move |out, payload| {
            let key = (role == Role::Client).then(rand::random);
            frame::write(out, kind.opcode(), true, key, payload);
        }),
        Work::Deflate(deflate, _) => {
            let mut compressor = Compressor::new(Role::Server, &deflate.agreement());
            send(row, memory, move |out, payload| compressor.write(out, kind, None, payload))
        }
    })
}

fn receive(row: &Row, memory: Memory, agreement: Option<Agreement>) -> Operation {
    let batch = row.batch;
    let room = row.arriving()[0].len().max(READ);
    let limits = Limits::default().max_frame_size(room).max_message_size(room);
    let mut decoder = Decoder::new(Role::Server, limits);
    if let Some(agreement) = agreement {
        decoder.inflate(&agreement);
    }
    decoder.replace_storage(vec![0; room]);
    let mut other = vec![0; room];
    let mut assembler = Assembler::new();
    Box::new(move |show| {
        let mut left = batch;
        while left > 0 {
            if !decoder.is_stalled() {
                let arrived = memory.read_into(decoder.spare());
                decoder.filled(arrived);
            }
            while decoder.decode()?.is_some() {}
            let mut frames = decoder.take_frames(std::mem::take(&mut other));
            while let Some(message) = frames.next(&mut assembler) {
                show(message.as_bytes());
                left -= 1;
            }
            other = frames.into_storage();
        }
        Ok(())
    })
}

fn send(row: &Row, memory: Memory, mut write: impl FnMut(&mut Vec<u8>, &[u8]) + 'static) -> Operation {
    let payloads = row.payloads_to_send();
    let mut out = Vec::new();
    Box::new(move |show| {
        for payload in &payloads {
            write(&mut out, payload);
        }
        memory.write_from(&out);
        out.clear();
        memory.show_written(show);
        Ok(())
    })
}
