//! A client of HTTP/2 that opens WebSockets (RFC 8441) and reads and writes their frames by hand: the `h2` crate for the
//! streams, nothing of the server for the rest. The tests of the accept loop use it too.

#![allow(dead_code, reason = "each of the two uses its own part")]

use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use h2::ext::Protocol;
use h2::{Reason, RecvStream, SendStream};
use http::{Method, Request, Response};
use mandovi_websocket::{CloseCode, Opcode, frame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// What came out of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    Text(String),
    Binary(Vec<u8>),
    /// A compressed message, as it came.
    Compressed(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    /// END_STREAM.
    End,
    /// RST_STREAM.
    Reset(Reason),
    /// The whole connection has gone.
    Gone,
}

pub fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

pub fn close(code: u16, reason: &str) -> Seen {
    Seen::Close(code, reason.to_owned())
}

/// An HTTP/2 connection.
pub struct Client {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// The two halves of a connection: the second one moves only while it is polled. Its own window is never what a stream waits for.
pub async fn handshake<I>(io: I) -> (SendRequest<Bytes>, Connection<I, Bytes>)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    h2::client::Builder::new().initial_connection_window_size(1 << 24).handshake(io).await.unwrap()
}

impl Client {
    /// Says its preface, and waits until the server has announced that it takes an extended `CONNECT`.
    pub async fn new(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (mut requests, connection) = handshake(io).await;
        let connection = tokio::spawn(connection);
        while !requests.is_extended_connect_protocol_enabled() {
            requests = requests.ready().await.unwrap();
            tokio::task::yield_now().await;
        }
        Self { requests, connection }
    }

    pub async fn tcp(address: std::net::SocketAddr) -> Self {
        Self::new(tokio::net::TcpStream::connect(address).await.unwrap()).await
    }

    /// Sends a request whose stream stays open where it is a `CONNECT`.
    pub async fn request(&mut self, request: Request<()>) -> Result<(Response<()>, Stream), h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let ends = request.method() != Method::CONNECT;
        let (response, send) = requests.send_request(request, ends)?;
        let (head, recv) = response.await?.into_parts();
        Ok((Response::from_parts(head, ()), Stream { send, recv, held: Vec::new(), takes: true, kept: 0 }))
    }

    /// A proper `CONNECT`, with more headers.
    pub async fn connect(&mut self, path: &str, headers: &[(&str, &str)]) -> (Response<()>, Stream) {
        self.request(connect(path, headers)).await.unwrap()
    }

    /// A stream that must open.
    pub async fn open(&mut self, path: &str) -> Stream {
        let (response, stream) = self.connect(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        stream
    }

    /// Ends TCP without a word.
    pub fn cut(self) {
        self.connection.abort();
    }

    /// How the connection ended, once it has.
    pub async fn ended(self) -> Result<(), h2::Error> {
        self.connection.await.unwrap()
    }
}

/// The request that opens a WebSocket.
pub fn connect(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = request(Method::CONNECT, path);
    request.extensions_mut().insert(Protocol::from_static("websocket"));
    request.headers_mut().insert("sec-websocket-version", "13".parse().unwrap());
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

pub fn request(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://localhost{path}")).body(()).unwrap()
}

/// One stream of the connection.
pub struct Stream {
    send: SendStream<Bytes>,
    recv: RecvStream,
    held: Vec<u8>,
    takes: bool,
    /// What was read and keeps the window shut.
    kept: usize,
}

impl Stream {
    /// From now on what is read does not open the window again.
    pub fn takes_no_more(&mut self) {
        self.takes = false;
    }

    /// Opens the window by what was read without it, and from now on by what is read.
    pub fn takes_again(&mut self) {
        self.takes = true;
        self.release(0);
    }

    fn release(&mut self, read: usize) {
        self.kept += read;
        if self.takes {
            self.recv.flow_control().release_capacity(std::mem::take(&mut self.kept)).unwrap();
        }
    }

    pub fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) {
        self.send_frame_masked(opcode, Some(MASK), payload);
    }

    pub fn send_frame_masked(&mut self, opcode: Opcode, mask: Option<[u8; 4]>, payload: &[u8]) {
        let mut out = Vec::new();
        frame::write(&mut out, opcode, true, mask, payload);
        self.send_bytes(out);
    }

    /// What goes out when the window lets it; nothing waits for that here.
    pub fn send_bytes(&mut self, bytes: impl Into<Bytes>) {
        self.send.send_data(bytes.into(), false).unwrap();
    }

    pub fn text(&mut self, text: &str) {
        self.send_frame(Opcode::Text, text.as_bytes());
    }

    pub fn close(&mut self, code: u16, reason: &str) {
        let mut out = Vec::new();
        frame::write_close(&mut out, Some(MASK), CloseCode::new(code).unwrap(), reason);
        self.send_bytes(out);
    }

    /// END_STREAM.
    pub fn end(&mut self) {
        self.send.send_data(Bytes::new(), true).unwrap();
    }

    /// RST_STREAM.
    pub fn reset(mut self, reason: Reason) {
        self.send.send_reset(reason);
    }

    /// Everything up to END_STREAM, as the body of a refusal comes.
    pub async fn body(mut self) -> String {
        let mut body = Vec::new();
        while let Some(data) = self.recv.data().await {
            body.extend_from_slice(&data.unwrap());
        }
        String::from_utf8(body).unwrap()
    }

    /// The next frame of the WebSocket, or how the stream ended.
    pub async fn next(&mut self) -> Seen {
        loop {
            if let Some(seen) = self.take_frame() {
                return seen;
            }
            match self.recv.data().await {
                Some(Ok(data)) => {
                    self.release(data.len());
                    self.held.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    return error.reason().filter(|_| error.is_reset()).map_or(Seen::Gone, Seen::Reset);
                }
                None => {
                    assert!(self.held.is_empty(), "the stream ended inside a frame");
                    return Seen::End;
                }
            }
        }
    }

    fn take_frame(&mut self) -> Option<Seen> {
        let (header, start) = frame::Header::parse(&self.held).unwrap()?;
        let end = start + usize::try_from(header.payload_len).unwrap();
        if self.held.len() < end {
            return None;
        }
        assert!(header.fin && header.mask.is_none(), "a server's frames are whole and not masked");
        let payload = self.held[start..end].to_vec();
        self.held.drain(..end);
        if header.rsv1 {
            return Some(Seen::Compressed(payload));
        }
        let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Some(match header.opcode {
            Opcode::Text => Seen::Text(utf8(&payload)),
            Opcode::Binary => Seen::Binary(payload),
            Opcode::Ping => Seen::Ping(payload),
            Opcode::Pong => Seen::Pong(payload),
            Opcode::Close if payload.is_empty() => close(1005, ""),
            Opcode::Close => close(u16::from_be_bytes([payload[0], payload[1]]), &utf8(&payload[2..])),
            other => panic!("{other:?}"),
        })
    }
}
