//! sockudo-ws: its codec without IO, which takes bytes out of a `BytesMut`.

use bytes::{Bytes, BytesMut};
use sockudo_ws::deflate::DeflateConfig;
use sockudo_ws::protocol::{CompressedProtocol, Protocol};
use sockudo_ws::{DeflateWindowBits, Message, Role};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{Deflate, Row, Work};

/// What it reserves for a read, as its own connections do.
const READ: usize = 64 * 1024;

/// More than any row needs.
const LIMIT: usize = 16 * 1024 * 1024;

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    let memory = memory.clone();
    Some(match row.work {
        Work::Receive(_) => {
            let mut protocol = Protocol::new(Role::Server, LIMIT, LIMIT);
            receive(row, memory, move |buffer, messages| protocol.process_into(buffer, messages))
        }
        Work::Inflate(deflate, _) => {
            let mut protocol = CompressedProtocol::server(LIMIT, LIMIT, config(deflate)?);
            receive(row, memory, move |buffer, messages| protocol.process_into(buffer, messages))
        }
        Work::Send(role, _) => {
            let role = if role == mandovi_websocket::Role::Client { Role::Client } else { Role::Server };
            let mut protocol = Protocol::new(role, LIMIT, LIMIT);
            send(row, memory, move |message, buffer| protocol.encode_message(message, buffer))
        }
        Work::Deflate(deflate, _) => {
            let mut protocol = CompressedProtocol::server(LIMIT, LIMIT, config(deflate)?);
            send(row, memory, move |message, buffer| protocol.encode_message(message, buffer))
        }
    })
}

/// The same settings in its own words.
fn config(deflate: Deflate) -> Option<DeflateConfig> {
    let window_bits = match deflate.window_bits {
        12 => DeflateWindowBits::Bits12,
        15 => DeflateWindowBits::Bits15,
        _ => return None,
    };
    Some(DeflateConfig {
        server_max_window_bits: window_bits,
        client_max_window_bits: window_bits,
        server_no_context_takeover: !deflate.takeover,
        client_no_context_takeover: !deflate.takeover,
        compression_level: u32::from(deflate.level),
        ..DeflateConfig::default()
    })
}

fn receive(
    row: &Row,
    memory: Memory,
    mut process: impl FnMut(&mut BytesMut, &mut Vec<Message>) -> sockudo_ws::Result<()> + 'static,
) -> Operation {
    let batch = row.batch;
    let mut buffer = BytesMut::with_capacity(READ);
    let mut messages = Vec::new();
    Box::new(move |show| {
        let mut left = batch;
        while left > 0 {
            buffer.reserve(READ);
            buffer.extend_from_slice(memory.arrived(buffer.capacity() - buffer.len()));
            process(&mut buffer, &mut messages)?;
            for message in messages.drain(..) {
                // Not `as_text`, which would validate once more what was validated on the way.
                show(message.as_bytes());
                left -= 1;
            }
        }
        Ok(())
    })
}

fn send(
    row: &Row,
    memory: Memory,
    mut encode: impl FnMut(&Message, &mut BytesMut) -> sockudo_ws::Result<()> + 'static,
) -> Operation {
    let is_text = row.is_text();
    let messages: Vec<_> = row
        .payloads_to_send()
        .into_iter()
        .map(Bytes::from_static)
        .map(|payload| if is_text { Message::Text(payload) } else { Message::Binary(payload) })
        .collect();
    let mut buffer = BytesMut::with_capacity(READ);
    Box::new(move |show| {
        for message in &messages {
            encode(message, &mut buffer)?;
        }
        memory.write_from(&buffer);
        buffer.clear();
        memory.show_written(show);
        Ok(())
    })
}
