//! tungstenite: blocking, over `Read` and `Write`.

use bytes::Bytes;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes, WebSocket};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Row, Work};

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    Some(match row.work {
        Work::Receive(_) => receive(row, memory.clone(), WebSocketConfig::default()),
        Work::Send(role, payload) => send(row, role, payload.is_text(), memory.clone()),
    })
}

pub(super) fn prepare_4k(row: &Row, memory: &Memory) -> Option<Operation> {
    match row.work {
        Work::Receive(_) => Some(receive(row, memory.clone(), WebSocketConfig::default().read_buffer_size(4096))),
        Work::Send(..) => None,
    }
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

fn send(row: &Row, role: mandovi_websocket::Role, is_text: bool, memory: Memory) -> Operation {
    let batch = row.batch;
    let payload = Bytes::from_static(row.payload_to_send());
    // Cloned, both are a pointer and a length.
    let message = if is_text {
        Message::Text(Utf8Bytes::try_from(payload).unwrap_or_default())
    } else {
        Message::Binary(payload)
    };
    let role = if role == mandovi_websocket::Role::Client { Role::Client } else { Role::Server };
    let mut socket = WebSocket::from_raw_socket(memory.clone(), role, None);
    Box::new(move |show| {
        for _ in 0..batch {
            socket.write(message.clone())?;
        }
        socket.flush()?;
        memory.show_written(show);
        Ok(())
    })
}
