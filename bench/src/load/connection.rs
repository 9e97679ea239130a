//! One socket of the load generator: the opening handshake, then a script sent and its answers checked.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::Fault;
use super::checker::Checker;
use super::script::{Answers, Script};

/// The key of RFC 6455 §1.3 and the answer to it, so that neither side here has to compute one.
pub(crate) const SAMPLE_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// See [`SAMPLE_KEY`].
pub(crate) const SAMPLE_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// Where every server has its echo.
pub(crate) const PATH: &str = "/echo";

/// How long a server may take over the opening handshake and the first two messages.
const OPENING_TIMEOUT: Duration = Duration::from_secs(10);

/// The first messages of each connection carry its number, so that answers given to the wrong one are noticed.
const OWN_MESSAGES: usize = 2;

/// A WebSocket connection of the load generator.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    checker: Checker,
    script: Rc<Script>,
    /// The next message of the script.
    next: usize,
    /// What of the script's wire is queued and not written.
    pending: std::ops::Range<usize>,
    /// When the batch in flight was written, or was due.
    pub(crate) began: Instant,
}

impl Connection {
    /// Connects, shakes hands, has the first two messages echoed, and is then ready to follow `script`.
    ///
    /// # Errors
    ///
    /// The server refuses, answers wrongly, or takes more than ten seconds.
    pub(crate) fn open(
        server: SocketAddr,
        number: usize,
        answers: Answers,
        script: &Rc<Script>,
        registry: &Registry,
    ) -> Result<Self, Fault> {
        let mut stream = std::net::TcpStream::connect_timeout(&server, OPENING_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(OPENING_TIMEOUT))?;
        stream.set_write_timeout(Some(OPENING_TIMEOUT))?;
        shake_hands(&mut stream, server)?;

        let own = Rc::new(Script::new(answers, Some(number), OWN_MESSAGES));
        let mut checker = Checker::new(number, Rc::clone(&own));
        checker.sent(own.len());
        stream.write_all(own.wire())?;
        let mut buffer = [0; 4096];
        while checker.outstanding() > 0 {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(Fault::Ended { connection: number }),
                Ok(count) => checker.feed(&buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(checker.stalled());
                }
                Err(error) => return Err(error.into()),
            };
        }
        checker.follow(Rc::clone(script));

        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, checker, script: Rc::clone(script), next: 0, pending: 0..0, began: Instant::now() })
    }

    /// How many answers are due.
    pub(crate) fn outstanding(&self) -> u64 {
        self.checker.outstanding()
    }

    /// The fault of having waited in vain.
    pub(crate) fn stalled(&self) -> Fault {
        self.checker.stalled()
    }

    /// Whether all that was queued is written.
    pub(crate) fn is_flushed(&self) -> bool {
        self.pending.is_empty()
    }

    /// Queues the next `count` messages of the script; `count` divides its length, and nothing may be queued.
    pub(crate) fn queue(&mut self, count: usize) {
        debug_assert!(self.is_flushed());
        self.pending = self.script.span(self.next, count);
        self.next = (self.next + count) % self.script.len();
        self.checker.sent(count);
    }

    /// Writes until nothing is queued or the socket takes no more; `true` when nothing is queued.
    ///
    /// # Errors
    ///
    /// The socket failed.
    pub(crate) fn flush(&mut self) -> Result<bool, Fault> {
        while !self.pending.is_empty() {
            match self.stream.write(&self.script.wire()[self.pending.clone()]) {
                Ok(count) => self.pending.start += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Reads once and checks it. Gives the number of messages answered, and whether the socket is drained: a read
    /// that does not fill the buffer has taken all there was, and `epoll` tells of the next byte.
    ///
    /// # Errors
    ///
    /// The socket failed or ended, or an answer is wrong.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Result<(u64, bool), Fault> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    let mut fault = self.checker.stalled();
                    if let Fault::Stalled { connection, .. } = fault {
                        fault = Fault::Ended { connection };
                    }
                    return Err(fault);
                }
                Ok(count) => {
                    return Ok((self.checker.feed(&buffer[..count])?, count < buffer.len()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok((0, true)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The client's side of RFC 6455 §4.1. Byte for byte to the end of the head, so that no frame behind it is lost.
fn shake_hands(stream: &mut std::net::TcpStream, server: SocketAddr) -> Result<(), Fault> {
    const HEAD_MAX_BYTES: usize = 8192;
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {SAMPLE_KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 || head.len() == HEAD_MAX_BYTES {
            return Err(Fault::Handshake(format!("no whole answer: {:?}", String::from_utf8_lossy(&head))));
        }
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 101 ") {
        return Err(Fault::Handshake(format!("answered `{status}`")));
    }
    let accepted = lines.any(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == SAMPLE_ACCEPT
        })
    });
    if accepted { Ok(()) } else { Err(Fault::Handshake("Sec-WebSocket-Accept is missing or wrong".to_owned())) }
}
