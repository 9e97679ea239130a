//! HTTP and WebSocket frames by hand, over a TCP socket: what is sent and seen is bytes.

use std::fmt::Write as _;
use std::net::SocketAddr;

use mandovi::CloseCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Checked, within};

/// The key of RFC 6455 §1.3, and what a server must make of it.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// See [`KEY`].
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// The mask of every frame sent here.
const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// A TCP connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    held: Vec<u8>,
}

/// The head of an HTTP message, and its body where it has a length.
#[derive(Clone, Debug)]
pub struct Head {
    /// The first line.
    pub line: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Head {
    /// The status of an answer; 0 for a request.
    pub fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// The value of a header that is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(given, _)| given == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() { None } else { value }
    }

    /// The names of the headers, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Checked<serde_json::Value> {
        serde_json::from_str(&self.body).map_err(|error| format!("{error} in {:?}", self.body))
    }
}

/// A WebSocket frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The first byte: FIN, RSV and the opcode.
    pub first: u8,
    /// Whether it was masked.
    pub masked: bool,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A whole text message, unmasked.
    pub fn text(payload: &str) -> Self {
        Self { first: 0x81, masked: false, payload: payload.into() }
    }

    /// A close frame, unmasked.
    pub fn close(code: CloseCode, reason: &str) -> Self {
        let mut payload = code.as_u16().to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        Self { first: 0x88, masked: false, payload }
    }
}

/// The text of a request: a verb and a path, and headers each with its line end.
pub fn request(verb: &str, target: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("{verb} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n"
}

impl Raw {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(address: SocketAddr) -> Checked<Self> {
        let stream = within("a connection", TcpStream::connect(address)).await?;
        Ok(Self::new(stream.map_err(|error| format!("cannot connect: {error}"))?))
    }

    /// Takes a connection over.
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, held: Vec::new() }
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// When the peer has gone.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> Checked {
        let written = within("a write", self.stream.write_all(bytes.as_ref())).await?;
        written.map_err(|error| format!("cannot write: {error}"))
    }

    /// Ends the sending half of TCP.
    ///
    /// # Errors
    /// When the peer has gone.
    pub async fn shut_down(&mut self) -> Checked {
        self.stream.shutdown().await.map_err(|error| format!("cannot shut down: {error}"))
    }

    /// Reads more; `false` at the end of TCP.
    async fn read(&mut self) -> Checked<bool> {
        let mut buffer = [0; 4096];
        let what = format!("bytes after {:?}", self.held.escape_ascii().to_string());
        match within(what, self.stream.read(&mut buffer)).await? {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.held.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) => Err(format!("cannot read: {error}")),
        }
    }

    async fn take(&mut self, count: usize) -> Checked<Vec<u8>> {
        while self.held.len() < count {
            if !self.read().await? {
                return Err(format!("TCP ended after {:?}", self.held.escape_ascii().to_string()));
            }
        }
        Ok(self.held.drain(..count).collect())
    }

    /// Reads an HTTP head, and the body of the length that it names.
    ///
    /// # Errors
    /// When none comes.
    pub async fn head(&mut self) -> Checked<Head> {
        let end = loop {
            if let Some(at) = self.held.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.read().await? {
                return Err(format!("TCP ended after {:?}", self.held.escape_ascii().to_string()));
            }
        };
        let text = String::from_utf8(self.take(end).await?).map_err(|error| error.to_string())?;
        let mut lines = text.trim_end().split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut head = Head { line, headers, body: String::new() };
        let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        head.body = String::from_utf8(self.take(length).await?).map_err(|error| error.to_string())?;
        Ok(head)
    }

    /// Writes a request and reads the answer.
    ///
    /// # Errors
    /// When none comes.
    pub async fn exchange(&mut self, request: impl AsRef<[u8]>) -> Checked<Head> {
        self.write(request).await?;
        self.head().await
    }

    /// Writes a frame, masked as a client must.
    ///
    /// # Errors
    /// When the peer has gone.
    pub async fn send(&mut self, first: u8, payload: &[u8]) -> Checked {
        let mut frame = vec![first];
        match u16::try_from(payload.len()) {
            Ok(length @ 0..126) => frame.push(0x80 | length as u8),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.write(frame).await
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When none comes.
    pub async fn frame(&mut self) -> Checked<Frame> {
        let start = self.take(2).await?;
        let (first, masked) = (start[0], start[1] & 0x80 != 0);
        let length = match start[1] & 0x7f {
            126 => self.take(2).await?.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)),
            127 => self.take(8).await?.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)),
            length => usize::from(length),
        };
        let mask = if masked { self.take(4).await? } else { vec![0] };
        let payload = self.take(length).await?;
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        Ok(Frame { first, masked, payload })
    }

    /// Expects the end of TCP and nothing before it.
    ///
    /// # Errors
    /// When more comes, or the end does not.
    pub async fn end(&mut self) -> Checked {
        if self.held.is_empty() && !self.read().await? {
            return Ok(());
        }
        Err(format!("more came: {:?}", self.held.escape_ascii().to_string()))
    }
}
