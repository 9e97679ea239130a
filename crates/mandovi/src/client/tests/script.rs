//! A server that follows a script, one step for each connection.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mandovi_websocket::deflate::{Agreement, Compression, Compressor};
use mandovi_websocket::{
    Assembler, CloseCode, Decoder, Event, Frames, Limits, MessageKind, MessageRef, Opcode, Role, frame, handshake,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::Instant;

/// What the server does with a connection.
#[derive(Clone, Debug)]
pub(in crate::client) enum Step {
    /// There is nobody.
    Refuse,
    /// Reads the request, and says nothing until the client leaves.
    Hold,
    /// Reads the request, and is gone.
    Vanish,
    /// Status, headers and body; then it closes.
    Answer(&'static str, &'static str, &'static str),
    /// One for each request; then it closes.
    Answers(Vec<(&'static str, &'static str, &'static str)>),
    /// 101, and then.
    Open(Vec<Act>),
    /// The same with this extension.
    Deflated(&'static str, Vec<Act>),
}

/// What it does with a stream.
#[derive(Clone, Debug)]
pub(in crate::client) enum Act {
    Text(&'static str),
    Say(String),
    /// The first part of a message...
    Begin(&'static str),
    /// ...and its last.
    End(&'static str),
    /// Waits for a message that is this string, or `null`.
    Expect(&'static str),
    ExpectText(String),
    /// Bytes that are no frame.
    Garbage,
    Wait(Duration),
    /// A close frame, and then whatever the client still sends.
    Close(u16, &'static str),
    /// A close frame, and it is gone.
    Leave(u16),
    /// Leaves without a word.
    Cut,
    /// Until the client leaves.
    Stay,
}

/// See the module.
#[derive(Clone)]
pub(in crate::client) struct Script(Arc<Inner>);

type Answering = Box<dyn Fn(usize, &str) -> Step + Send + Sync>;

struct Inner {
    steps: Mutex<VecDeque<Step>>,
    answering: Option<Answering>,
    began: Instant,
    log: Mutex<Log>,
    dialled: watch::Sender<usize>,
    /// Connections that are open.
    open: watch::Sender<usize>,
    slow: Mutex<Duration>,
    handshakes: AtomicUsize,
    most: AtomicUsize,
}

#[derive(Default)]
struct Log {
    times: Vec<u128>,
    heads: Vec<String>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}

/// A header of a request.
pub(super) fn header(head: &str, name: &str) -> Option<String> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
}

impl Script {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::made(steps.into_iter().collect(), None)
    }

    /// A step for each connection, from its number and the head of its request.
    pub(super) fn answering(answering: impl Fn(usize, &str) -> Step + Send + Sync + 'static) -> Self {
        Self::made(VecDeque::new(), Some(Box::new(answering)))
    }

    fn made(steps: VecDeque<Step>, answering: Option<Answering>) -> Self {
        Self(Arc::new(Inner {
            steps: Mutex::new(steps),
            answering,
            began: Instant::now(),
            log: Mutex::default(),
            dialled: watch::Sender::new(0),
            open: watch::Sender::new(0),
            slow: Mutex::default(),
            handshakes: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }))
    }

    /// When each connection was asked for, in milliseconds.
    pub(super) fn times(&self) -> Vec<u128> {
        self.0.log.lock().unwrap().times.clone()
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.0.log.lock().unwrap().heads.clone()
    }

    pub(super) fn forget(&self) {
        *self.0.log.lock().unwrap() = Log::default();
    }

    /// A connection takes so long to be made.
    pub(super) fn slow(&self, by: Duration) {
        *self.0.slow.lock().unwrap() = by;
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::Relaxed)
    }

    /// Waits until so many steps have begun, and the first is over.
    pub(super) async fn reached(&self, steps: usize) {
        self.0.dialled.subscribe().wait_for(|dialled| *dialled >= steps).await.unwrap();
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no connection is left.
    pub(super) async fn over(&self) {
        self.0.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }

    pub(in crate::client) async fn connect(&self) -> io::Result<DuplexStream> {
        let inner = &self.0;
        let number = {
            let mut log = inner.log.lock().unwrap();
            log.times.push(inner.began.elapsed().as_millis());
            log.times.len() - 1
        };
        inner.dialled.send_modify(|dialled| *dialled += 1);
        let at_once = inner.handshakes.fetch_add(1, Ordering::Relaxed) + 1;
        inner.most.fetch_max(at_once, Ordering::Relaxed);
        let slow = *inner.slow.lock().unwrap();
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        inner.handshakes.fetch_sub(1, Ordering::Relaxed);
        let step = match &inner.answering {
            Some(_) => None,
            None => Some(inner.steps.lock().unwrap().pop_front().unwrap_or(Step::Refuse)),
        };
        if let Some(Step::Refuse) = step {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = duplex(64 * 1024);
        inner.open.send_modify(|open| *open += 1);
        let script = self.clone();
        tokio::spawn(async move {
            let open = OpenGuard(script.clone());
            script.follow(number, step, Peer::new(theirs)).await;
            drop(open);
        });
        Ok(ours)
    }

    async fn follow(&self, number: usize, step: Option<Step>, mut peer: Peer) {
        let Some(head) = peer.head().await else { return };
        self.0.log.lock().unwrap().heads.push(head.clone());
        let step = match (&self.0.answering, step) {
            (Some(answering), _) => answering(number, &head),
            (None, step) => step.unwrap(),
        };
        match step {
            Step::Refuse | Step::Vanish => {}
            Step::Hold => peer.until_gone().await,
            Step::Answer(status, headers, body) => peer.answer(status, headers, body).await,
            Step::Answers(answers) => {
                for (index, (status, headers, body)) in answers.into_iter().enumerate() {
                    if index > 0 && peer.head().await.is_none() {
                        return;
                    }
                    peer.answer(status, headers, body).await;
                }
            }
            Step::Open(acts) => peer.open(&head, None, acts).await,
            Step::Deflated(extension, acts) => peer.open(&head, Some(extension), acts).await,
        }
    }
}

struct OpenGuard(Script);

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.0.open.send_modify(|open| *open -= 1);
    }
}

struct Peer {
    io: DuplexStream,
    read: Vec<u8>,
    decoder: Decoder,
    frames: Option<Frames>,
    assembler: Assembler,
}

impl Peer {
    fn new(io: DuplexStream) -> Self {
        let limits = Limits::default().max_frame_size(1 << 30).max_message_size(1 << 30);
        let decoder = Decoder::new(Role::Server, limits);
        Self { io, read: Vec::new(), decoder, frames: None, assembler: Assembler::new() }
    }

    /// The head of the next request. (No test sends a body.)
    async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).collect();
                return Some(String::from_utf8(head).unwrap());
            }
            let mut buffer = [0; 4096];
            match self.io.read(&mut buffer).await {
                Ok(n) if n > 0 => self.read.extend_from_slice(&buffer[..n]),
                _ => return None,
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        // The client may have left.
        let _ = self.io.write_all(bytes).await;
    }

    async fn answer(&mut self, status: &str, headers: &str, body: &str) {
        let len = body.len();
        self.write(format!("HTTP/1.1 {status}\r\n{headers}content-length: {len}\r\n\r\n{body}").as_bytes()).await;
    }

    async fn until_gone(&mut self) {
        let mut buffer = vec![0; 64 * 1024];
        while matches!(self.io.read(&mut buffer).await, Ok(n) if n > 0) {}
    }

    async fn open(&mut self, head: &str, extension: Option<&str>, acts: Vec<Act>) {
        let accept = handshake::accept_key(&header(head, "sec-websocket-key").unwrap());
        let extensions =
            extension.map(|extension| format!("sec-websocket-extensions: {extension}\r\n")).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n{extensions}\r\n"
        );
        self.write(answer.as_bytes()).await;
        let agreement = extension.map(|_| deflate());
        let mut compressor = agreement.as_ref().map(|agreement| Compressor::new(Role::Server, agreement));
        for act in acts {
            match act {
                Act::Text(text) => self.text(compressor.as_mut(), text).await,
                Act::Say(text) => self.text(compressor.as_mut(), &text).await,
                Act::Begin(part) => self.frame(Opcode::Text, false, part).await,
                Act::End(part) => self.frame(Opcode::Continuation, true, part).await,
                Act::Expect("null") => assert_eq!(self.message().await, "null"),
                Act::Expect(text) => assert_eq!(self.message().await, format!("{text:?}")),
                Act::ExpectText(text) => assert!(self.message().await == format!("{text:?}"), "another message"),
                Act::Garbage => self.write(&[0xff; 16]).await,
                Act::Wait(time) => tokio::time::sleep(time).await,
                Act::Close(code, reason) => {
                    let mut out = Vec::new();
                    match CloseCode::new(code) {
                        Some(code) => frame::write_close(&mut out, None, code, reason),
                        None => frame::write(&mut out, Opcode::Close, true, None, &[]),
                    }
                    self.write(&out).await;
                    let _ = self.io.shutdown().await;
                    self.until_gone().await;
                    return;
                }
                Act::Leave(code) => {
                    let mut out = Vec::new();
                    frame::write_close(&mut out, None, CloseCode::new(code).unwrap(), "");
                    return self.write(&out).await;
                }
                Act::Cut => return,
                Act::Stay => return self.until_gone().await,
            }
        }
        panic!("a script that does not say how it ends");
    }

    async fn text(&mut self, compressor: Option<&mut Compressor>, text: &str) {
        let mut out = Vec::new();
        match compressor {
            None => frame::write(&mut out, Opcode::Text, true, None, text.as_bytes()),
            Some(compressor) => compressor.write(&mut out, MessageKind::Text, None, text.as_bytes()),
        }
        self.write(&out).await;
    }

    async fn frame(&mut self, opcode: Opcode, fin: bool, part: &str) {
        let mut out = Vec::new();
        frame::write(&mut out, opcode, fin, None, part.as_bytes());
        self.write(&out).await;
    }

    async fn message(&mut self) -> String {
        loop {
            if let Some(frames) = &mut self.frames {
                if let Some(MessageRef::Text(text)) = frames.next(&mut self.assembler) {
                    return text.to_owned();
                }
                self.frames = None;
            }
            if self.decoder.has_frames() {
                self.frames = Some(self.decoder.take_frames(vec![0; 1 << 20]));
                continue;
            }
            if self.decoder.spare().is_empty() {
                self.decoder.replace_storage(vec![0; 1 << 20]);
            }
            let n = self.io.read(self.decoder.spare()).await.unwrap();
            assert_ne!(n, 0, "the client left before it said what was expected");
            self.decoder.filled(n);
            while let Some(event) = self.decoder.decode().unwrap() {
                assert!(matches!(event, Event::Ping(_) | Event::Pong(_)), "{event:?}");
            }
        }
    }
}

/// What stands in the script's answers, more or less: a server may always begin each message anew.
fn deflate() -> Agreement {
    let request = http::HeaderMap::from_iter([(
        http::header::SEC_WEBSOCKET_EXTENSIONS,
        http::HeaderValue::from_static("permessage-deflate; server_no_context_takeover"),
    )]);
    let mut all = handshake::request_headers(&handshake::key([0; 16]));
    all.extend(request);
    let mut accepted = handshake::check(&http::Method::GET, http::Version::HTTP_11, &all).unwrap();
    accepted.negotiate(&Compression::new()).unwrap()
}
