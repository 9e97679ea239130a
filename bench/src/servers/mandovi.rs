//! Mandovi, untyped and typed, as its guide says: a handler that receives and sends, and nothing about flushing.

use std::io;

use axum::Router;
use axum::routing::get;
use mandovi::ConnectionManager;
use mandovi::manager::ConnectionLimits;
use mandovi::prelude::*;
use tokio::net::TcpListener;

use crate::load::connection::PATH;

pub(super) async fn serve_untyped(listener: TcpListener) -> io::Result<()> {
    let router = Router::new().route(PATH, get(mandovi::websocket(echo)));
    mandovi::serve(listener, router).manager(manager()).await?;
    Ok(())
}

pub(super) async fn serve_typed(listener: TcpListener) -> io::Result<()> {
    mandovi::serve(listener, EchoServer::new(Echoes).into_router()).manager(manager()).await?;
    Ok(())
}

/// All clients of a benchmark come from one address.
pub(crate) fn manager() -> ConnectionManager {
    ConnectionManager::builder().limits(ConnectionLimits::default().no_limit_per_address()).build()
}

pub(crate) async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    while let Some(message) = input.recv_ref().await? {
        output.send(message).await?;
    }
    Ok(())
}

/// The typed echo.
#[service]
pub(crate) trait Echo {
    /// Sends back every string.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
}

struct Echoes;

impl Echo for Echoes {
    async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(text) = input.recv().await? {
            output.send(text).await?;
        }
        Ok(())
    }
}
