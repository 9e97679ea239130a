//! A client on plain tokio, with compression where the server has it. Sends its arguments and prints what comes back:
//! `cargo run -p mandovi-websocket --example client -- 127.0.0.1:9001 hello world`.

use std::error::Error;

use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderValue};
use mandovi_websocket::deflate::Compression;
use mandovi_websocket::{CloseCode, Connection, Limits, MessageRef, handshake};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("usage: client HOST:PORT MESSAGE...")?;
    let messages: Vec<String> = arguments.collect();
    let mut socket = TcpStream::connect(&address).await?;
    let (mut input, mut out) = (Vec::new(), Vec::new());

    let compression = Compression::new();
    let extra: HeaderMap<HeaderValue> = [(SEC_WEBSOCKET_EXTENSIONS, compression.offer())].into_iter().collect();
    let key = handshake::key(rand::random());
    handshake::write_request(&mut out, &address, "/", &key, &[], &extra)?;
    socket.write_all(&out).await?;
    out.clear();
    let (response, head_len) = loop {
        if let Some(head) = handshake::parse_response(&input, 8192)? {
            break head;
        }
        if socket.read_buf(&mut input).await? == 0 {
            return Err("the server left before it answered".into());
        }
    };
    let (status, headers) = (response.status(), response.headers());
    let agreement = handshake::verify_response_with(status, headers, &key, &[], &compression)?.deflate;
    input.drain(..head_len);

    // Masking keys must be unpredictable: a cryptographic generator makes them.
    let mut connection = Connection::client(Limits::default(), rand::random);
    if let Some(agreement) = &agreement {
        connection = connection.with_deflate(agreement);
        println!("compressed: {agreement:?}");
    }
    for message in &messages {
        connection.send(MessageRef::Text(message), &mut out)?;
    }
    let mut waiting = messages.len();
    loop {
        connection.receive(&input);
        while let Some(message) = connection.next_message(&mut out)? {
            match message {
                MessageRef::Text(text) => println!("{text}"),
                MessageRef::Binary(bytes) => println!("{} bytes", bytes.len()),
            }
            waiting = waiting.saturating_sub(1);
        }
        if waiting == 0 {
            connection.close(CloseCode::NORMAL, "", &mut out);
        }
        socket.write_all(&out).await?;
        input.clear();
        out.clear();
        if connection.is_finished() || socket.read_buf(&mut input).await? == 0 {
            break;
        }
    }
    println!("closed: {}", connection.close_frame().map_or("without a close frame".to_owned(), ToString::to_string));
    Ok(())
}
