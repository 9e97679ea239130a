//! tokio-websockets: a `Stream` and a `Sink`.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use mandovi_websocket::Role;
use tokio_websockets::{ClientBuilder, Config, Limits, Message, Payload, ServerBuilder, WebSocketStream};

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

fn send(row: &Row, role: Role, memory: Memory) -> Operation {
    let is_text = row.is_text();
    // Cloned, each is a pointer and a length.
    let payloads: Vec<_> =
        row.payloads_to_send().into_iter().map(|payload| Payload::from(Bytes::from_static(payload))).collect();
    // It cuts messages into frames of 4 MiB by default, and flushes by itself at 8 KiB: here once for each batch.
    let config = Config::default().flush_threshold(usize::MAX);
    let mut socket: WebSocketStream<Memory> = match role {
        Role::Client => ClientBuilder::new().config(config).take_over(memory.clone()),
        Role::Server => ServerBuilder::new().config(config).serve(memory.clone()),
    };
    Box::new(move |show| {
        let mut context = Context::from_waker(Waker::noop());
        let mut socket = Pin::new(&mut socket);
        for payload in &payloads {
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
