//! Ours, as `mandovi` composes it.

use mandovi_websocket::{Assembler, Decoder, Limits, Opcode, Role, frame};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

/// The smallest storage to read into.
const READ: usize = 16 * 1024;

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    Some(match row.work {
        Work::Receive(_) => receive(row, memory.clone()),
        Work::Send(role, payload) => {
            send(row, role, if payload.is_text() { Opcode::Text } else { Opcode::Binary }, memory.clone())
        }
    })
}

fn receive(row: &Row, memory: Memory) -> Operation {
    let batch = row.batch;
    let room = row.arriving().len().max(READ);
    let limits = Limits::default().max_frame_size(room).max_message_size(room);
    let mut decoder = Decoder::new(Role::Server, limits);
    decoder.replace_storage(vec![0; room]);
    let mut other = vec![0; room];
    let mut assembler = Assembler::new();
    Box::new(move |show| {
        let mut left = batch;
        while left > 0 {
            let arrived = memory.read_into(decoder.spare());
            decoder.filled(arrived);
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

fn send(row: &Row, role: Role, opcode: Opcode, memory: Memory) -> Operation {
    let batch = row.batch;
    let payload = row.payload_to_send();
    let mut out = Vec::new();
    Box::new(move |show| {
        for _ in 0..batch {
            let key = (role == Role::Client).then(rand::random);
            frame::write(&mut out, opcode, true, key, payload);
        }
        memory.write_from(&out);
        out.clear();
        memory.show_written(show);
        Ok(())
    })
}
