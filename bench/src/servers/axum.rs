//! axum's own `ws`, with and without JSON.
//!
//! Its users who want speed feed answers while more messages are ready and flush when the input is drained; a plain
//! `send` writes once for each message and costs ten times as much in the pipelined scenario.

use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;

use crate::load::connection::PATH;

pub(super) async fn serve_typed(listener: TcpListener) -> io::Result<()> {
    serve(listener, |upgrade| upgrade.on_upgrade(echo_typed)).await
}

pub(super) async fn serve_untyped(listener: TcpListener) -> io::Result<()> {
    serve(listener, |upgrade| upgrade.on_upgrade(echo_untyped)).await
}

async fn serve(listener: TcpListener, accept: fn(WebSocketUpgrade) -> Response) -> io::Result<()> {
    let router = Router::new().route(PATH, get(move |upgrade: WebSocketUpgrade| async move { accept(upgrade) }));
    // Answers are written in whole batches, so waiting for more to fill a packet only delays them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

async fn echo_typed(mut socket: WebSocket) {
    while let Some(Ok(message)) = next_or_flush(&mut socket).await {
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(value) = serde_json::from_str::<String>(&text) else {
            return;
        };
        let Ok(answer) = serde_json::to_string(&value) else {
            return;
        };
        if socket.feed(Message::Text(answer.into())).await.is_err() {
            return;
        }
    }
}

async fn echo_untyped(mut socket: WebSocket) {
    while let Some(Ok(message)) = next_or_flush(&mut socket).await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.feed(message).await.is_err() {
            return;
        }
    }
}

/// The next message; while none is ready, what was fed is flushed. A flush of nothing costs nothing.
async fn next_or_flush(socket: &mut WebSocket) -> Option<Result<Message, axum::Error>> {
    poll_fn(|cx| match socket.poll_next_unpin(cx) {
        Poll::Ready(message) => Poll::Ready(message),
        Poll::Pending => match ready!(socket.poll_flush_unpin(cx)) {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Some(Err(error))),
        },
    })
    .await
}
