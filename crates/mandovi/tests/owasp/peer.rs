//! A client that is written by hand, and says what it likes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What every upgrade has.
pub const UPGRADE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                           Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What is awaited must come about; how long it takes is the machine's business.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it comes about")
}

/// The same where the clock stands still and goes on by itself: within a day of that.
pub async fn within_a_day<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(24 * 3600), future).await.expect("it comes about")
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In small letters.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The member `message` of its body.
    pub fn message(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["message"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What a server sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Text(String),
    Close(u16, String),
    /// A frame of another kind: its first byte and its payload.
    Frame(u8, Vec<u8>),
    /// The end of the connection.
    Gone,
}

pub struct Peer(TcpStream);

impl Peer {
    /// A connection on which nothing was said.
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Whatever the server says, until it has closed.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        rest
    }

    /// Writes a request as it is, and reads one answer.
    pub async fn exchange(address: SocketAddr, request: &str) -> (Self, Answer) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(stream.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // Names in small letters; values stay as they are.
        let lower =
            |line: &str| line.split_once(':').map(|(name, value)| format!("{}:{value}\r\n", name.to_lowercase()));
        let mut answer = Answer { status, head: head.lines().filter_map(lower).collect(), body: String::new() };
        if let Some(length) = answer.header("content-length") {
            let mut body = vec![0; length.parse().unwrap()];
            soon(stream.read_exact(&mut body)).await.unwrap();
            answer.body = String::from_utf8(body).unwrap();
        }
        (Self(stream), answer)
    }

    /// Asks for a WebSocket, with more headers.
    pub async fn ask(address: SocketAddr, path: &str, headers: &str) -> (Self, Answer) {
        Self::exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{headers}\r\n")).await
    }

    /// The same, and it must be given.
    pub async fn open(address: SocketAddr, path: &str, headers: &str) -> Self {
        let (peer, answer) = Self::ask(address, path, headers).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        peer
    }

    /// These bytes, whatever they are.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    pub async fn text(&mut self, text: &str) {
        self.bytes(&frame(0x81, text.as_bytes())).await;
    }

    /// The next frame.
    pub async fn next(&mut self) -> Seen {
        soon(self.read()).await.unwrap_or(Seen::Gone)
    }

    async fn read(&mut self) -> std::io::Result<Seen> {
        let first = self.0.read_u8().await?;
        let length = match self.0.read_u8().await? {
            126 => u64::from(self.0.read_u16().await?),
            127 => self.0.read_u64().await?,
            small => small.into(),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await?;
        Ok(match first {
            0x81 => Seen::Text(String::from_utf8(payload).unwrap()),
            0x88 if payload.len() >= 2 => {
                let code = u16::from_be_bytes([payload[0], payload[1]]);
                Seen::Close(code, String::from_utf8(payload[2..].to_vec()).unwrap())
            }
            _ => Seen::Frame(first, payload),
        })
    }
}

/// A frame with a mask that changes nothing.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(small @ ..126) => frame.push(0x80 | small as u8),
        Ok(length) => frame.extend([&[0xfe][..], &length.to_be_bytes()].concat()),
        Err(_) => frame.extend([&[0xff][..], &(payload.len() as u64).to_be_bytes()].concat()),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
