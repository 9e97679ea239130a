//! What only shows on the wire: requests that no typed client sends, and the very bytes of the handshake.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use chatter::auth::issue_token;

use crate::cli::Server;

/// Sends a request and reads until the server closes the connection. Gives the head of the answer, and the rest.
fn exchange(server: &Server, request: &str) -> (String, Vec<u8>) {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    connection.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let rest = answer.split_off(end + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), rest)
}

/// A refusal: its status line, and its text.
fn refusal(server: &Server, request: &str) -> (String, String) {
    let (head, body) = exchange(server, request);
    let status = head.lines().next().unwrap().to_owned();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let text = body.as_str().or_else(|| body["message"].as_str()).unwrap();
    (status, text.to_owned())
}

#[test]
fn what_is_missing_is_told_in_the_words_of_goa() {
    let server = Server::start();
    let no_password = "POST /login HTTP/1.1\nHost: chat\nConnection: close\nContent-Length: 0\n\n";
    let expected = ("http/1.1 400 bad request".to_owned(), r#""Authorization" is missing from header"#.to_owned());
    assert_eq!(refusal(&server, no_password), expected);

    let no_token = "GET /echoer HTTP/1.1\nHost: chat\nConnection: Upgrade, close\nUpgrade: websocket\n\
        Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n";
    let expected = ("http/1.1 400 bad request".to_owned(), r#""token" is missing from header"#.to_owned());
    assert_eq!(refusal(&server, no_token), expected);

    let no_path = "GET /nowhere HTTP/1.1\nHost: chat\nConnection: close\n\n";
    let expected = ("http/1.1 404 not found".to_owned(), "404 page not found".to_owned());
    assert_eq!(refusal(&server, no_path), expected);
}

#[test]
fn a_refused_login_carries_its_name_and_its_text() {
    let server = Server::start();
    // goa:pebbles
    let request = "POST /login HTTP/1.1\nHost: chat\nConnection: close\nContent-Length: 0\n\
        Authorization: Basic Z29hOnBlYmJsZXM=\n\n";
    let (head, body) = exchange(&server, request);
    assert!(head.starts_with("http/1.1 401 "), "{head}");
    assert!(head.contains("\r\ngoa-error: unauthorized\r\n"), "{head}");
    assert_eq!(body, b"\"invalid username and password combination\"\n");
}

#[test]
fn an_empty_history_is_a_stream_that_ends() {
    let server = Server::start();
    let token = issue_token(&["stream:read"]).unwrap();
    // The close frame of the client, masked with zeros, ends the closing handshake.
    let request = format!(
        "GET /history?view=tiny HTTP/1.1\nHost: chat\nConnection: Upgrade\nUpgrade: websocket\n\
        Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nAuthorization: Bearer {token}\n\n"
    );
    let mut connection = TcpStream::connect(server.address()).unwrap();
    connection.write_all(request.replace('\n', "\r\n").as_bytes()).unwrap();
    let close = b"\x88\x1b\x03\xe8server closing connection";
    let mut answer = Vec::new();
    while !answer.ends_with(close) {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    connection.write_all(b"\x88\x82\0\0\0\0\x03\xe8").unwrap();
    assert_eq!(connection.read(&mut [0; 16]).unwrap(), 0, "nothing follows");

    let head = String::from_utf8(answer[..answer.len() - close.len()].to_vec()).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    assert!(head.contains("\r\ngoa-view: tiny\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "no message in between: {head}");
}

#[test]
fn metrics_tell_what_happened() {
    let server = Server::start();
    let login = "POST /login HTTP/1.1\nHost: chat\nConnection: close\nContent-Length: 0\n\
        Authorization: Basic Z29hOnBlYmJsZXM=\n\n";
    exchange(&server, login);
    let (head, body) = exchange(&server, "GET /metrics HTTP/1.1\nHost: chat\nConnection: close\n\n");
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let body = String::from_utf8(body).unwrap();
    let refused = r#"mandovi_refused_total{service="Chatter",method="login",status="401"} 1"#;
    assert!(body.lines().any(|line| line == refused), "{body}");
}
