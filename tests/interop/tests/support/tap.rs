//! A listener on the wire: it passes bytes on between a client and its server, and counts the pings and pongs among them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::Checked;

/// The first byte of a ping and of a pong.
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// See the module. Dropped, it takes no more connections; those it has go on.
#[derive(Debug)]
pub struct Tap {
    address: SocketAddr,
    from_client: Arc<Seen>,
    from_server: Arc<Seen>,
    task: JoinHandle<()>,
}

/// What one side has sent, over all connections.
#[derive(Debug, Default)]
pub struct Seen {
    pings: AtomicUsize,
    pongs: AtomicUsize,
}

impl Seen {
    /// How many pings.
    pub fn pings(&self) -> usize {
        self.pings.load(Ordering::SeqCst)
    }

    /// How many pongs.
    pub fn pongs(&self) -> usize {
        self.pongs.load(Ordering::SeqCst)
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Tap {
    /// Before this server, on a free port.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn before(server: SocketAddr) -> Checked<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| format!("no port: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("no address: {error}"))?;
        let (from_client, from_server) = <(Arc<Seen>, Arc<Seen>)>::default();
        let (client_seen, server_seen) = (Arc::clone(&from_client), Arc::clone(&from_server));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let ((client_reads, client_writes), (server_reads, server_writes)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(pass(client_reads, server_writes, Arc::clone(&client_seen)));
                tokio::spawn(pass(server_reads, client_writes, Arc::clone(&server_seen)));
            }
        });
        Ok(Self { address, from_client, from_server, task })
    }

    /// Its URL for calls.
    pub fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What clients have sent.
    pub fn client_sent(&self) -> &Seen {
        &self.from_client
    }

    /// What the server has sent.
    pub fn server_sent(&self) -> &Seen {
        &self.from_server
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: Arc<Seen>) {
    let mut frames = Frames::default();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        frames.take(&buffer[..count], &seen);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Where in the stream of bytes of one direction a frame begins. The handshakes seen here have no body.
#[derive(Debug, Default)]
struct Frames {
    upgraded: bool,
    /// Not yet understood: a head, of HTTP or of a frame.
    held: Vec<u8>,
    /// What is left of the frame's payload.
    payload: u64,
}

impl Frames {
    fn take(&mut self, mut bytes: &[u8], seen: &Seen) {
        while !bytes.is_empty() {
            let skipped = usize::try_from(self.payload).map_or(bytes.len(), |left| left.min(bytes.len()));
            self.payload -= skipped as u64;
            bytes = &bytes[skipped..];
            let Some((&byte, rest)) = bytes.split_first() else { return };
            self.held.push(byte);
            bytes = rest;
            if !self.upgraded {
                self.upgraded = self.held.ends_with(b"\r\n\r\n");
                if self.upgraded {
                    self.held.clear();
                }
            } else if let Some(payload) = head(&self.held) {
                match self.held[0] {
                    PING => seen.pings.fetch_add(1, Ordering::SeqCst),
                    PONG => seen.pongs.fetch_add(1, Ordering::SeqCst),
                    _ => 0,
                };
                self.payload = payload;
                self.held.clear();
            }
        }
    }
}

/// The length of a frame's payload, once its head is whole: the mask belongs to the head.
fn head(bytes: &[u8]) -> Option<u64> {
    let second = *bytes.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if bytes.len() < 2 + extended + mask {
        return None;
    }
    let length = bytes[2..2 + extended].iter().fold(0, |length, &byte| length << 8 | u64::from(byte));
    Some(if extended == 0 { u64::from(second & 0x7f) } else { length })
}
