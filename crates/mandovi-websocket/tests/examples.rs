//! The examples do what they say: their servers, against the crate's own client.

#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(dead_code, unreachable_pub, reason = "examples are programs, and here they are modules")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use mandovi_websocket::{CloseCode, Connection, Limits, Message, MessageRef, handshake};

#[path = "../examples/blocking.rs"]
mod blocking;
#[path = "../examples/echo_server.rs"]
mod echo_server;

/// Opens a WebSocket, sends `texts`, takes as many messages, and closes.
fn talk(mut socket: TcpStream, texts: &[&str]) -> Vec<Message> {
    let (mut buffer, mut input, mut out) = ([0; 4096], Vec::new(), Vec::new());
    let key = handshake::key([9; 16]);
    let none: &[&str] = &[];
    handshake::write_request(&mut out, "localhost", "/", &key, none, &http::HeaderMap::new()).unwrap();
    let mut connection = Connection::client(Limits::default(), || [1, 2, 3, 4]);
    for text in texts {
        connection.send(MessageRef::Text(text), &mut out).unwrap();
    }
    socket.write_all(&std::mem::take(&mut out)).unwrap();
    let head_len = loop {
        let n = socket.read(&mut buffer).unwrap();
        assert!(n > 0);
        input.extend_from_slice(&buffer[..n]);
        if let Some((head, len)) = handshake::parse_response(&input, 8192).unwrap() {
            handshake::verify_response(head.status(), head.headers(), &key, none).unwrap();
            break len;
        }
    };
    connection.receive(&input[head_len..]);
    let mut messages = Vec::new();
    loop {
        while let Some(message) = connection.next_message(&mut out).unwrap() {
            messages.push(Message::from(message));
        }
        if messages.len() >= texts.len() {
            connection.close(CloseCode::NORMAL, "", &mut out);
        }
        socket.write_all(&std::mem::take(&mut out)).unwrap();
        if connection.is_finished() {
            return messages;
        }
        let n = socket.read(&mut buffer).unwrap();
        assert!(n > 0, "the server left without a close frame");
        connection.receive(&buffer[..n]);
    }
}

#[tokio::test]
async fn the_echo_server_echoes() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let client = tokio::task::spawn_blocking(move || talk(socket, &["one", "", "drei €"]));
    echo_server::serve(listener.accept().await.unwrap().0).await.unwrap();
    assert_eq!(client.await.unwrap(), ["one", "", "drei €"].map(|text| Message::Text(text.to_owned())));
}

#[test]
fn the_blocking_server_tells_the_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let client = std::thread::spawn(move || talk(socket, &["now"]));
    blocking::serve(listener.accept().unwrap().0).unwrap();
    let messages = client.join().unwrap();
    assert!(matches!(&messages[0], Message::Text(text) if text.ends_with("seconds since 1970")), "{messages:?}");
}
