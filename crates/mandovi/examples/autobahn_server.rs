//! The server that the Autobahn test suite is run against: it says everything again, and the rest is the runtime's.
//!
//! `cargo run --release -p mandovi --example autobahn_server -- --listen 127.0.0.1:9001`; see `docs/conformance.md`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use axum::{Router, routing::get};
use mandovi::prelude::*;
use mandovi::{Compression, Settings, server::Options};
use tokio::net::TcpListener;

/// The suite sends messages of up to 16 MiB (cases 9.*).
const MAX_MESSAGE_SIZE: usize = 64 * 1024 * 1024;

async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    while let Some(message) = input.recv_ref().await? {
        output.send(message).await?;
    }
    Ok(())
}

/// What every connection allows: all of permessage-deflate too, for messages of every size (cases 12.* and 13.*).
fn settings() -> Settings {
    let compression = Compression::new().threshold(0).own_takeover(true).peer_takeover(true);
    Settings::server().max_message_size(MAX_MESSAGE_SIZE).compression(compression)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let listen = match arguments[..] {
        [] => "127.0.0.1:9001",
        ["--listen", address] => address,
        _ => {
            eprintln!("usage: autobahn_server [--listen ADDR:PORT]  (port 0: any that is free)");
            return ExitCode::from(2);
        }
    };
    match serve(listen).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {listen}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(listen: &str) -> io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    writeln!(io::stdout(), "listening on ws://{}", listener.local_addr()?)?;
    let echo = mandovi::websocket(echo).options(Options::default().settings(settings()));
    mandovi::serve(listener, Router::new().route("/", get(echo))).await?;
    Ok(())
}
