//! sockudo-ws: its codec without IO, which takes bytes out of a `BytesMut`.

use bytes::{Bytes, BytesMut};
use sockudo_ws::protocol::Protocol;
use sockudo_ws::{Message, Role};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

/// What it reserves for a read, as its own connections do.
const READ: usize = 64 * 1024;

/// More than any row needs.
const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    Some(match row.work {
        Work::Receive(_) => receive(row, memory.clone()),
        Work::Send(role, payload) => send(row, role, payload.is_text(), memory.clone()),
    })
}

fn receive(row: &Row, memory: Memory) -> Operation {
    let batch = row.batch;
    let mut protocol = Protocol::new(Role::Server, LIMIT, LIMIT);
    let mut buffer = BytesMut::with_capacity(READ);
    let mut messages = Vec::new();
    Box::new(move |show| {
        let mut left = batch;
        while left > 0 {
            buffer.reserve(READ);
            buffer.extend_from_slice(memory.arrived(buffer.capacity() - buffer.len()));
            protocol.process_into(&mut buffer, &mut messages)?;
            for message in messages.drain(..) {
                // Not `as_text`, which would validate once more what was validated on the way.
                show(message.as_bytes());
                left -= 1;
            }
        }
        Ok(())
    })
}

fn send(row: &Row, role: mandovi_websocket::Role, is_text: bool, memory: Memory) -> Operation {
    let batch = row.batch;
    let payload = Bytes::from_static(row.payload_to_send());
    let message = if is_text { Message::Text(payload) } else { Message::Binary(payload) };
    let role = if role == mandovi_websocket::Role::Client { Role::Client } else { Role::Server };
    let mut protocol = Protocol::new(role, LIMIT, LIMIT);
    let mut buffer = BytesMut::with_capacity(READ);
    Box::new(move |show| {
        for _ in 0..batch {
            protocol.encode_message(&message, &mut buffer)?;
        }
        memory.write_from(&buffer);
        buffer.clear();
        memory.show_written(show);
        Ok(())
    })
}
