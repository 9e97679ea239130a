//! fastwebsockets: async, message by message.

use fastwebsockets::{FragmentCollector, Frame, Payload, Role, WebSocket};

use super::ready;
use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    match row.work {
        Work::Receive(_) => Some(receive(row, memory.clone())),
        Work::Send(role, _) => Some(send(row, role, memory.clone())),
        Work::Inflate(..) | Work::Deflate(..) => None,
    }
}

fn receive(row: &Row, memory: Memory) -> Operation {
    let batch = row.batch;
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(memory, Role::Server));
    Box::new(move |show| {
        for _ in 0..batch {
            show(&ready(socket.read_frame())??.payload);
        }
        Ok(())
    })
}

fn send(row: &Row, role: mandovi_websocket::Role, memory: Memory) -> Operation {
    let is_text = row.is_text();
    let payloads = row.payloads_to_send();
    let role = if role == mandovi_websocket::Role::Client { Role::Client } else { Role::Server };
    let mut socket = WebSocket::after_handshake(memory.clone(), role);
    Box::new(move |show| {
        for payload in &payloads {
            let payload = Payload::Borrowed(payload);
            let frame = if is_text { Frame::text(payload) } else { Frame::binary(payload) };
            ready(socket.write_frame(frame))??;
        }
        ready(socket.flush())??;
        memory.show_written(show);
        Ok(())
    })
}
