//! tokio-websockets: a `Stream` and a `Sink`.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use mandovi_websocket::Role;
use tokio_websockets::{ClientBuilder, Config, Limits, Message, Payload, ServerBuilder, WebSocketStream};

use crate::instructions::Operation;
use crate::instructions::memory::Memory;
use crate::instructions::rows::{self, Row, Work};

pub(super) fn prepare(row: &Row, memory: &Memory) -> Option<Operation> {
    Some(match row.work {
        Work::Receive(payload) => receive(row, payload, memory.clone()),
        Work::Send(role, payload) => send(row, role, payload, memory.clone()),
    })
}

fn receive(row: &Row, _: rows::Payload, memory: Memory) -> Operation {
    let batch = row.batch;
    let mut socket = ServerBuilder::new().limits(Limits::unlimited()).serve(memory);
    Box::new(move |show| {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..batch {
            let Poll::Ready(Some(message)) = Pin::new(&mut socket).poll_next(&mut context)? else {
                return Err("it waits for a transport that is always ready".into());
            };
            show(message.as_payload());
        }
        Ok(())
    })
}

fn send(row: &Row, role: Role, payload: rows::Payload, memory: Memory) -> Operation {
    let batch = row.batch;
    let is_text = payload.is_text();
    let payload = Payload::from(Bytes::from_static(row.payload_to_send()));
    // It cuts messages into frames of 4 MiB by default, and flushes by itself at 8 KiB: here once for each batch.
    let config = Config::default().flush_threshold(usize::MAX);
    let mut socket: WebSocketStream<Memory> = match role {
        Role::Client => ClientBuilder::new().config(config).take_over(memory.clone()),
        Role::Server => ServerBuilder::new().config(config).serve(memory.clone()),
    };
    Box::new(move |show| {
        let mut context = Context::from_waker(Waker::noop());
        let mut socket = Pin::new(&mut socket);
        for _ in 0..batch {
            let Poll::Ready(()) = socket.as_mut().poll_ready(&mut context)? else {
                return Err("it waits for a transport that is always ready".into());
            };
            let payload = payload.clone();
            socket.as_mut().start_send(if is_text { Message::text(payload) } else { Message::binary(payload) })?;
        }
        let Poll::Ready(()) = socket.as_mut().poll_flush(&mut context)? else {
            return Err("it waits for a transport that is always ready".into());
        };
        memory.show_written(show);
        Ok(())
    })
}
