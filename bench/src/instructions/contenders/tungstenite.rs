//! tungstenite: blocking, over `Read` and `Write`.

use bytes::Bytes;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes, WebSocket};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    match row.work {
        Work::Receive(_) => Some(receive(row, memory.clone(), WebSocketConfig::default())),
        Work::Send(role, _) => Some(send(row, role, memory.clone())),
        Work::Inflate(..) | Work::Deflate(..) => None,
    }
}

/// Differs only in how it reads.
pub(super) fn prepare_4k(row: &Row, memory: &Memory) -> Option<Operation> {
    let config = WebSocketConfig::default().read_buffer_size(4096);
    matches!(row.work, Work::Receive(_)).then(|| receive(row, memory.clone(), config))
}

fn receive(row: &Row, memory: Memory, config: WebSocketConfig) -> Operation {
    let batch = row.batch;
    let mut socket = WebSocket::from_raw_socket(memory, Role::Server, Some(config));
    Box::new(move |show| {
        for _ in 0..batch {
            match socket.read()? {
                Message::Text(text) => show(text.as_bytes()),
                Message::Binary(bytes) => show(&bytes),
                other => return Err(format!("not a data message: {other:?}").into()),
            }
        }
        Ok(())
    })
}

fn send(row: &Row, role: mandovi_websocket::Role, memory: Memory) -> Operation {
    let is_text = row.is_text();
    // Cloned, each is a pointer and a length.
    let messages: Vec<_> = row.payloads_to_send().into_iter().map(|payload| message(payload, is_text)).collect();
    let role = if role == mandovi_websocket::Role::Client { Role::Client } else { Role::Server };
    let mut socket = WebSocket::from_raw_socket(memory.clone(), role, None);
    Box::new(move |show| {
        for message in &messages {
            socket.write(message.clone())?;
        }
        socket.flush()?;
        memory.show_written(show);
        Ok(())
    })
}

fn message(payload: &'static [u8], is_text: bool) -> Message {
    match std::str::from_utf8(payload) {
        Ok(text) if is_text => Message::Text(Utf8Bytes::from_static(text)),
        _ => Message::Binary(Bytes::from_static(payload)),
    }
}
