//! A client that says what it likes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Raw(TcpStream);

impl Raw {
    /// Asks for a WebSocket. Gives the status too.
    pub async fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (Self, u16) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (Self(stream), status)
    }

    /// A frame of less than 126 bytes, with a mask that changes nothing.
    pub async fn frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).await.unwrap();
    }

    /// A close frame.
    pub async fn close(&mut self, code: u16, reason: &str) {
        self.frame(8, &[&code.to_be_bytes(), reason.as_bytes()].concat()).await;
    }

    /// These bytes, whatever they are.
    pub async fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Until the server has closed.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
        rest
    }
}
