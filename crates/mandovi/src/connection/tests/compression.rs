//! What a connection with permessage-deflate holds.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use mandovi_websocket::deflate::{Agreement, Compression, Compressor};
use mandovi_websocket::{Assembler, CloseCode, Decoder, Limits, MessageKind, MessageRef, Role, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::peer::halves;
use crate::connection::{Conclusion, InPlace, Io, Payload, Pump, Settings, Shared, run_with};
use crate::stream::{Message, Receiver, Sender};
use crate::value::ViewId;

pub(super) fn agreement(settings: Compression) -> Agreement {
    let mut request = handshake::request_headers(&handshake::key([1; 16]));
    request.insert(SEC_WEBSOCKET_EXTENSIONS, settings.offer());
    let mut accepted = handshake::check(&http::Method::GET, http::Version::HTTP_11, &request).expect("a handshake");
    accepted.negotiate(&settings).expect("the same settings")
}

pub(super) struct Connection {
    pub(super) peer: DuplexStream,
    compressor: Compressor,
    pub(super) shared: Arc<Shared>,
    pub(super) pump: Pump,
}

pub(super) fn connect(compression: Compression) -> Connection {
    let (peer, theirs) = duplex(1 << 20);
    let settings = Settings::server().compression(compression);
    let agreement = agreement(compression);
    let shared = Shared::with_deflate(Role::Server, settings.outbox_size, Some(agreement));
    let pump = Pump::new(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), settings, None);
    Connection { peer, compressor: Compressor::new(Role::Client, &agreement), shared, pump }
}

impl Connection {
    async fn send(&mut self, payload: &[u8], times: usize) {
        let mut wire = Vec::new();
        for _ in 0..times {
            self.compressor.write(&mut wire, MessageKind::Binary, Some([1, 2, 3, 4]), payload);
        }
        self.peer.write_all(&wire).await.expect("the pipe is large");
    }

    /// Polls until nothing moves, with a handler. The most that was held meanwhile, in bytes.
    async fn run(&mut self, handler: impl Future<Output = Conclusion>) -> usize {
        let waker = Waker::from(Arc::clone(&self.shared));
        let mut handler = pin!(Some(handler));
        self.shared.wake_handler();
        let mut most = 0;
        poll_fn(|cx| {
            for _ in 0..1000 {
                let mut handler = InPlace { future: handler.as_mut(), waker: &waker };
                assert!(self.pump.poll(cx, &mut handler).is_pending());
                most = most.max(self.pump.held());
            }
            Poll::Ready(())
        })
        .await;
        most
    }
}

#[tokio::test]
async fn an_idle_connection_holds_no_buffers() {
    for compression in [Compression::new(), Compression::new().own_takeover(true).peer_takeover(true)] {
        let mut connection = connect(compression);
        let (mut input, output): (Receiver<Message>, Sender<Message>) = halves(&connection.shared);
        connection.send(&[7; 5000], 100).await;
        let mut seen = 0;
        let echo = async {
            while let Ok(Some(message)) = input.recv().await {
                let _ = output.send(message).await;
                seen += 1;
            }
            Conclusion::done()
        };
        connection.run(echo).await;
        assert_eq!(seen, 100);
        assert_eq!(connection.pump.held(), 0);
    }
}

#[tokio::test]
async fn a_message_under_way_keeps_its_own_size() {
    let mut connection = connect(Compression::new());
    let (input, _output): (Receiver<Message>, Sender<Message>) = halves(&connection.shared);
    let mut wire = Vec::new();
    connection.compressor.write(&mut wire, MessageKind::Binary, Some([1, 2, 3, 4]), &[7; 1000]);
    wire.truncate(wire.len() - 1);
    connection.peer.write_all(&wire).await.expect("the pipe is large");
    connection.run(std::future::pending()).await;
    assert!(connection.pump.held() <= 1000 + 10, "{}", connection.pump.held());
    drop(input);
}

#[tokio::test]
async fn behind_a_receiver_that_sleeps_only_so_much_is_inflated() {
    let mut connection = connect(Compression::new());
    let (mut input, _output): (Receiver<Message>, Sender<Message>) = halves(&connection.shared);
    // 400 KiB of compressed messages that would be 60 MB.
    connection.send(&[7; 60_000], 1000).await;
    let most = connection.run(std::future::pending()).await;
    assert!(most <= 4 * 64 * 1024, "{most} bytes were held");

    // Nothing is lost of them.
    let mut seen = 0;
    let all = async {
        while let Ok(Some(message)) = input.recv().await {
            assert_eq!(message.as_ref().len(), 60_000);
            seen += 1;
        }
        Conclusion::done()
    };
    let most = connection.run(all).await;
    assert!(most <= 4 * 64 * 1024, "{most} bytes were held");
    assert_eq!(seen, 1000);
}

/// What was read and is not inflated yet is as good as received: neither a connection that breaks nor one that is closed
/// here takes it away.
#[tokio::test]
async fn what_was_read_before_an_end_is_inflated_and_delivered() {
    for (closes, elsewhere) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut connection = connect(Compression::new());
        let (mut input, output): (Receiver<Message>, Sender<Message>) = halves(&connection.shared);
        connection.send(&[7; 60_000], 100).await;
        let Connection { peer, shared, pump, .. } = connection;
        let all = {
            let shared = Arc::clone(&shared);
            async move {
                let mut seen = 0;
                while let Ok(Some(_)) = input.recv().await {
                    seen += 1;
                    if seen == 1 && closes {
                        shared.request_close(CloseCode::GOING_AWAY, "");
                    }
                    let _ = output.send(Message::text("seen")).await;
                    if elsewhere {
                        tokio::task::yield_now().await;
                    }
                }
                seen
            }
        };
        // What the connection says then fails.
        let _peer = closes.then_some(peer);
        let seen = if elsewhere {
            let seen = tokio::spawn(all);
            tokio::spawn(run_with(pump, shared, std::future::pending()));
            seen.await.expect("no panic")
        } else {
            let (tell, told) = tokio::sync::oneshot::channel();
            tokio::spawn(run_with(pump, shared, async {
                let _ = tell.send(all.await);
                Conclusion::Silent
            }));
            told.await.expect("it is not cut")
        };
        assert_eq!(seen, 100, "closes: {closes}, in another task: {elsewhere}");
    }
}

/// A waker may do anything, also send on the stream that wakes it, which with takeover takes the compressor's lock.
#[tokio::test]
async fn wakers_run_outside_of_the_compressors_lock() {
    struct Sends(Arc<Shared>);
    impl Wake for Sends {
        fn wake(self: Arc<Self>) {
            let payload = Payload::Slice(&[7; 1000]);
            let _ = self.0.send_now(MessageKind::Binary, &payload, true);
        }
    }
    for permit in [false, true] {
        let mut connection = connect(Compression::new().own_takeover(true).peer_takeover(true));
        let (_input, output): (Receiver<Message>, Sender<Message>) = halves(&connection.shared);
        connection.run(std::future::pending()).await;
        // It sleeps: the next message wakes whoever polls it.
        let shared = Arc::clone(&connection.shared);
        shared.register_task(&Waker::from(Arc::new(Sends(Arc::clone(&shared)))));
        let (done, was_done) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let message = Message::binary(vec![7; 1000]);
            let sent = if permit {
                output.reserve().now_or_never().expect("room").and_then(|permit| permit.send(message))
            } else {
                output.send(message).now_or_never().expect("room")
            };
            let _ = done.send(sent.is_ok());
        });
        let sent = tokio::task::spawn_blocking(move || was_done.recv_timeout(Duration::from_secs(5))).await;
        assert_eq!(sent.expect("no panic"), Ok(true), "a deadlock, with a permit: {permit}");
    }
}

/// What refers to earlier messages is queued in their order, whoever sends it and however: by `send`, with a permit, plain in between,
/// with sends that are given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_takeover_many_tasks_share_one_order() {
    const EACH: usize = 500;
    let compression = Compression::new().own_takeover(true).peer_takeover(true).own_window_bits(10);
    let agreement = agreement(compression);
    // Small, so that sends wait.
    let (mut peer, theirs) = duplex(4096);
    let shared = Shared::with_deflate(Role::Server, 2000, Some(agreement));
    let pump = Pump::new(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), Settings::server(), None);
    let mut tasks = Vec::new();
    for task in 0..4usize {
        let output: Sender<Message> = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
        tasks.push(tokio::spawn(async move {
            for n in 0..EACH {
                let text = format!("{task} {n} ").repeat(20 + (n * 37 + task) % 100);
                match n % 5 {
                    0 => output.reserve().await.expect("open").send(Message::text(text)).expect("open"),
                    1 => output.send(Message::text(text)).compress(false).await.expect("open"),
                    2 => {
                        let given_up = Message::text(format!("{task} {n} given up").repeat(10));
                        if output.send(given_up).now_or_never().is_none() {
                            output.send(Message::text(text)).await.expect("open");
                        }
                    }
                    _ => output.send(Message::text(text)).await.expect("open"),
                }
            }
        }));
    }
    tokio::spawn(run_with(pump, shared, async move {
        for task in tasks {
            task.await.expect("no panic");
        }
        Conclusion::done()
    }));
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    decoder.inflate(&agreement);
    decoder.replace_storage(vec![0; 64 * 1024]);
    let (mut assembler, mut next) = (Assembler::new(), [0; 4]);
    'read: loop {
        let n = peer.read(decoder.spare()).await.expect("a pipe");
        assert!(n > 0, "the end comes with a close frame");
        decoder.filled(n);
        loop {
            let event = decoder.decode().expect("it inflates").map(|_| ());
            let mut frames = decoder.take_frames(Vec::new());
            let more = frames.has_message(&assembler) || event.is_some();
            while let Some(MessageRef::Text(text)) = frames.next(&mut assembler) {
                let mut words = text.split(' ').map(str::parse::<usize>);
                let (Some(Ok(task)), Some(Ok(n))) = (words.next(), words.next()) else { panic!("{text}") };
                assert_eq!(next[task], n, "of task {task}");
                next[task] += 1;
            }
            if event.is_some() {
                break 'read;
            }
            if !more {
                break;
            }
        }
    }
    assert_eq!(next, [EACH; 4]);
}
