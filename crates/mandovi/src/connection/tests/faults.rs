//! What once went wrong, or nearly: frames cut by other frames, deadlines that fired too early or never, data that got lost at an end.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::{CloseCode, Opcode, Role, frame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::peer::{Seen, halves, pipe, serve, text};
use crate::connection::{Conclusion, Io, Pump, Settings, Shared, run_with};
use crate::stream::{Message, Receiver, Sender};

/// A large shared message is a header in one segment and its payload in the next: a pong must not come between them.
#[tokio::test]
async fn a_pong_never_stands_inside_a_frame() {
    let (mut peer, shared, pump) = pipe(Settings::server(), 64);
    let (input, output) = halves::<Message, Message>(&shared);
    output.send(Message::text("x".repeat(100))).await.expect("room");
    output.send(Message::binary(vec![7; 20_000])).await.expect("room");
    tokio::spawn(run_with(pump, shared, async move {
        pending::<()>().await;
        drop((input, output));
        Conclusion::Silent
    }));
    // The first segment is under way now, and cannot go on.
    tokio::task::yield_now().await;
    peer.frame(Opcode::Ping, true, b"now").await;
    tokio::task::yield_now().await;
    assert_eq!(peer.recv().await, text(&"x".repeat(100)));
    assert_eq!(peer.recv().await, Seen::Binary(20_000));
    assert_eq!(peer.recv().await, Seen::Pong(b"now".to_vec()));
}

/// The peer took whole frames only, and then nothing for too long: there is no frame to complete, and 1013 is still said.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_at_the_edge_of_a_frame_is_told_too() {
    for taken in [102, 204, 103, 50] {
        let settings = Settings::server().write_timeout(Duration::from_secs(7));
        let (mut peer, shared, pump) = pipe(settings, taken);
        let (input, output) = halves::<Message, Message>(&shared);
        for _ in 0..5 {
            output.send(Message::binary(vec![1; 100])).await.expect("room");
        }
        let task = tokio::spawn(run_with(pump, shared, async move {
            let _ = output.send(Message::binary(vec![1; 100])).await;
            pending::<()>().await;
            drop((input, output));
            Conclusion::Silent
        }));
        tokio::time::sleep(Duration::from_secs(8)).await;
        let seen = loop {
            match peer.recv().await {
                Seen::Binary(100) => {}
                seen => break seen,
            }
        };
        assert!(matches!(seen, Seen::Close(1013, _)), "{taken} bytes taken: {seen:?}");
        task.abort();
    }
}

/// The client has completed its upload and gone before the handler got round to reading the end of it.
#[tokio::test(start_paused = true)]
async fn an_upload_that_was_complete_when_its_client_left_is_never_cut() {
    let (tell, told) = oneshot::channel();
    let (mut peer, task) =
        serve(Settings::server(), |mut input: Receiver<String>, output: Sender<String>| async move {
            drop(output);
            let mut lines = Vec::new();
            while let Some(line) = input.recv().await? {
                lines.push(line);
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
            tokio::time::sleep(Duration::from_secs(3600)).await;
            let _ = tell.send(lines);
            Ok(())
        });
    peer.send("\"a\"").await;
    peer.send("null\n").await;
    drop(peer);
    assert_eq!(told.await.expect("it came to its end"), ["a"]);
    task.await.expect("no panic");
}

/// A raw upload is complete with its close frame.
#[tokio::test(start_paused = true)]
async fn a_complete_raw_upload_is_never_cut() {
    for lend in [false, true] {
        let (tell, told) = oneshot::channel();
        let (mut peer, task) =
            serve(Settings::server(), move |mut input: Receiver<Message>, output: Sender<Message>| async move {
                drop(output);
                if lend {
                    while input.recv_ref().await?.is_some() {}
                } else {
                    while input.recv().await?.is_some() {}
                }
                tokio::time::sleep(Duration::from_secs(3600)).await;
                let _ = tell.send(());
                Ok(())
            });
        peer.send("a").await;
        peer.close(1000, "").await;
        told.await.expect("it came to its end");
        drop(peer);
        task.await.expect("no panic");
    }
}

/// The stream was closed here, and the peer goes on sending as if nothing had been said: the handler's input ends all the same.
#[tokio::test(start_paused = true)]
async fn a_peer_that_ignores_our_close_frame_does_not_keep_the_stream_open() {
    let (ours, theirs) = duplex(64 * 1024);
    let settings = Settings::server();
    let shared = Shared::new(Role::Server, settings.outbox_size);
    let (mut input, output) = halves::<Message, Message>(&shared);
    let expires = Instant::now() + Duration::from_secs(60);
    let pump = Pump::new(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), settings, Some(expires));
    let late = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&late);
    let task = tokio::spawn(run_with(pump, shared, async move {
        while let Ok(Some(_)) = input.recv().await {
            if Instant::now() > expires {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        drop(output);
        Conclusion::Silent
    }));
    let flood = tokio::spawn(async move {
        let mut message = Vec::new();
        frame::write(&mut message, Opcode::Binary, true, Some([1; 4]), &[0; 30_000]);
        let (_read, mut write) = tokio::io::split(ours);
        while write.write_all(&message).await.is_ok() {
            // A stopped clock goes on only when nobody has anything to do.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let ended = tokio::time::timeout(Duration::from_secs(600), task).await;
    assert!(ended.is_ok(), "{} messages after the credential's end", late.load(Ordering::Relaxed));
    assert!(late.load(Ordering::Relaxed) <= 10, "{} messages", late.load(Ordering::Relaxed));
    flood.abort();
}

fn client_end(settings: Settings, capacity: usize) -> (tokio::io::DuplexStream, Sender<Message>, Receiver<Message>) {
    let (ours, theirs) = duplex(capacity);
    let shared = Shared::new(Role::Client, settings.outbox_size);
    let (input, output) = halves::<Message, Message>(&shared);
    crate::client::spawn(Io::Memory(theirs), &Bytes::new(), shared, settings, true);
    (ours, output, input)
}

/// A raw client that has finished still receives what the server has to say, at the pace of its own reading.
#[tokio::test(start_paused = true)]
async fn a_finished_raw_client_may_read_slowly() {
    let (server, output, mut input) = client_end(Settings::client(), 1024);
    let (mut read, mut write) = tokio::io::split(server);
    let serving = tokio::spawn(async move {
        let mut bytes = Vec::new();
        for _ in 0..40 {
            frame::write(&mut bytes, Opcode::Binary, true, None, &[0; 10_000]);
        }
        frame::write_close(&mut bytes, None, CloseCode::NORMAL, "");
        write.write_all(&bytes).await.expect("the client reads");
        let mut sink = Vec::new();
        let _ = read.read_to_end(&mut sink).await;
    });
    output.finish().expect("open");
    let mut received = 0;
    while let Some(_message) = input.recv().await.expect("a proper end") {
        received += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(received, 40);
    drop((input, output));
    serving.await.expect("no panic");
}

/// ...and what it sent before is written first, however long the server takes for it.
#[tokio::test(start_paused = true)]
async fn a_finished_raw_client_waits_until_its_end_is_out() {
    let (mut server, output, mut input) = client_end(Settings::client(), 1024);
    for _ in 0..6 {
        output.send(Message::binary(vec![0; 10_000])).await.expect("open");
    }
    output.finish().expect("open");
    let serving = tokio::spawn(async move {
        let mut taken = 0;
        let mut piece = [0; 1000];
        while taken < 60_000 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let n = server.read(&mut piece).await.expect("open");
            assert_ne!(n, 0, "cut after {taken}");
            taken += n;
        }
        let mut bytes = Vec::new();
        frame::write(&mut bytes, Opcode::Binary, true, None, b"all there");
        frame::write_close(&mut bytes, None, CloseCode::NORMAL, "");
        server.write_all(&bytes).await.expect("open");
        let mut sink = Vec::new();
        let _ = server.read_to_end(&mut sink).await;
    });
    let answer = input.recv().await.expect("open").expect("an answer");
    assert_eq!(answer.as_ref().as_bytes(), b"all there");
    assert!(input.recv().await.expect("a proper end").is_none());
    drop((input, output));
    serving.await.expect("no panic");
}

/// A permit that is used after `finish` must not put a message behind the end of the stream.
#[tokio::test]
async fn a_permit_ends_with_its_stream() {
    let (mut server, output, input) = client_end(Settings::client(), 1024);
    let permit = output.reserve().await.expect("room");
    output.finish().expect("open");
    assert!(permit.send(Message::text("too late")).is_err());
    drop((input, output));
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(Duration::from_millis(200), server.read_to_end(&mut bytes)).await;
    // A close frame and nothing else.
    assert_eq!(bytes.first(), Some(&0x88), "{bytes:?}");
}

/// `Duration::MAX` is how one says "never".
#[tokio::test(start_paused = true)]
async fn a_deadline_may_be_far_away() {
    let never = Duration::MAX;
    let settings = Settings::server().write_timeout(never).close_timeout(never).leave_timeout(never);
    let (mut peer, task) = serve(settings, |mut input: Receiver<Message>, output: Sender<Message>| async move {
        for _ in 0..10 {
            output.send(Message::binary(vec![0; 30_000])).await?;
        }
        while input.recv().await?.is_some() {}
        Ok(())
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..10 {
        assert_eq!(peer.recv().await, Seen::Binary(30_000));
    }
    peer.close(1000, "").await;
    assert!(matches!(peer.recv().await, Seen::Close(1000, _)));
    task.await.expect("no panic");
}

/// What a user's bytes do when they are dropped runs outside of every lock.
#[tokio::test]
async fn shared_bytes_are_dropped_outside_of_locks() {
    struct Owner(Vec<u8>, Sender<Message>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            let _ = self.1.is_closed();
        }
    }
    let (peer, shared, pump) = pipe(Settings::server().outbox_size(1 << 20), 64);
    let (input, output) = halves::<Message, Message>(&shared);
    for _ in 0..3 {
        let owner = Owner(vec![0; 20_000], output.clone());
        output.send(Message::Binary(Bytes::from_owner(owner))).await.expect("room");
    }
    let (done, was_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            drop(peer);
            run_with(pump, shared, async move {
                drop((input, output));
                pending::<()>().await;
                Conclusion::Silent
            })
            .await;
        });
        let _ = done.send(());
    });
    let ended = tokio::task::spawn_blocking(move || was_done.recv_timeout(Duration::from_secs(5))).await;
    assert!(ended.expect("no panic").is_ok(), "a deadlock");
}

/// No message is accepted behind the close frame.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_a_sender_in_another_task_was_promised_arrives() {
    for _ in 0..2000 {
        let (mut peer, shared, pump) = pipe(Settings::server().outbox_size(1 << 20), 1 << 20);
        let (input, output) = halves::<u32, u32>(&shared);
        let sending = tokio::spawn(async move {
            let mut sent = 0u32;
            while output.send(sent).await.is_ok() {
                sent += 1;
            }
            sent
        });
        let task = tokio::spawn(run_with(pump, shared, async move {
            drop(input);
            tokio::task::yield_now().await;
            Conclusion::done()
        }));
        let mut received = 0;
        while let Seen::Text(_) = peer.recv().await {
            received += 1;
        }
        drop(peer);
        assert_eq!(sending.await.expect("no panic"), received);
        task.await.expect("no panic");
    }
}

/// Where a layer below holds bytes back, as TLS does, a peer that takes nothing is noticed as well.
#[tokio::test(start_paused = true)]
async fn a_flush_that_never_ends_is_bounded() {
    let (client, server) = duplex(64 * 1024);
    let stuck = Stuck { io: server, after: 200, buffered: 0 };
    let service = hyper::service::service_fn(|mut request: http::Request<hyper::body::Incoming>| async move {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let (io, prefix) = Io::from_upgraded(upgrade.await.expect("upgraded"));
            assert!(matches!(io, Io::Upgraded(_)));
            let shared = Shared::new(Role::Server, 1 << 20);
            let pump = Pump::new(io, &prefix, Arc::clone(&shared), Settings::server(), None);
            let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
            run_with(pump, shared, async move {
                let _ = output.send(Message::binary(vec![0; 1000])).await;
                Conclusion::done()
            })
            .await;
            ENDED.add_permits(1);
        });
        let response = http::Response::builder().status(101).header("connection", "upgrade").header("upgrade", "x");
        Ok::<_, std::convert::Infallible>(response.body(http_body_util::Empty::<Bytes>::new()).expect("a response"))
    });
    static ENDED: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);
    let stuck = hyper_util::rt::TokioIo::new(stuck);
    tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stuck, service).with_upgrades());
    let mut client = client;
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n").await.expect("open");
    let ended = tokio::time::timeout(Duration::from_secs(120), ENDED.acquire()).await;
    assert!(ended.is_ok(), "the connection never ends");
    drop(client);
}

/// Takes what is written into a buffer of its own, and stops giving it on after some bytes.
struct Stuck {
    io: tokio::io::DuplexStream,
    after: usize,
    buffered: usize,
}

impl tokio::io::AsyncRead for Stuck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl tokio::io::AsyncWrite for Stuck {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.after >= buf.len() {
            self.after -= buf.len();
            return Pin::new(&mut self.io).poll_write(cx, buf);
        }
        self.after = 0;
        self.buffered += buf.len();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.buffered > 0 { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A handler that takes a message now and then is at work, whatever the size of the batches.
#[tokio::test(start_paused = true)]
async fn a_handler_at_work_on_one_batch_is_not_cut() {
    let (tell, told) = oneshot::channel();
    let (mut peer, _task) =
        serve(Settings::server(), |mut input: Receiver<Message>, _output: Sender<Message>| async move {
            let mut taken = 0;
            while input.recv().await?.is_some() {
                taken += 1;
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            let _ = tell.send(taken);
            Ok(())
        });
    for _ in 0..20 {
        peer.send("x").await;
    }
    peer.close(1000, "").await;
    assert_eq!(told.await.expect("not cut"), 20);
}
