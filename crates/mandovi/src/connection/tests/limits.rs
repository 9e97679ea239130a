//! Every limit of a connection: just below it, at it, and over it; and what its end says names the setting.

use std::future::{Future, pending, poll_fn};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use mandovi_websocket::Opcode;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, sleep, timeout};

use super::peer::{Peer, Seen, echo, halves, pipe, serve, text};
use crate::connection::{Conclusion, HealthPolicy, Key, MessageRate, Settings, Shared, run_with};
use crate::stream::{Message, Receiver, Sender};
use crate::value::ViewId;

const MS: Duration = Duration::from_millis(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A handler that does nothing, and knows when the server drains.
fn silent(settings: Settings) -> (Peer, Arc<Shared>, JoinHandle<()>, Sender<String>) {
    let (peer, shared, pump) = pipe(settings, 64 * 1024);
    let output = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
    let task = tokio::spawn(run_with(pump, Arc::clone(&shared), pending::<Conclusion>()));
    (peer, shared, task, output)
}

/// What a handler's context tells it.
fn draining(shared: &Arc<Shared>) -> impl Future<Output = ()> + Send + use<> {
    let shared = Arc::clone(shared);
    let mut key = Key::default();
    poll_fn(move |cx| shared.poll_draining(cx, &mut key))
}

#[tokio::test(start_paused = true)]
async fn idle_timeout() {
    let (mut peer, _, task, _output) = silent(Settings::server().idle_timeout(seconds(60)));
    let began = Instant::now();
    // Pings and pongs are no messages: the peer answers two.
    let closed = peer.recv().await;
    let reason = "idle_timeout: no message in either direction for 60s";
    assert_eq!(closed, Seen::Close(1001, reason.into()));
    assert_eq!(began.elapsed(), seconds(60));
    peer.close(1001, "").await;
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_either_way_is_not_idle() {
    let settings = Settings::server().idle_timeout(seconds(60));
    // From the peer, a millisecond before the end.
    let (mut peer, _task) = serve(settings, |mut input: Receiver<String>, _output: Sender<String>| async move {
        while input.recv().await?.is_some() {}
        Ok(())
    });
    for _ in 0..3 {
        assert!(timeout(seconds(60) - MS, peer.recv()).await.is_err());
        peer.send("\"here\"").await;
    }
    let last = Instant::now();
    assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
    assert_eq!(last.elapsed(), seconds(60));
    // To the peer.
    let (mut peer, _, _task, output) = silent(settings);
    for _ in 0..3 {
        assert!(timeout(seconds(60) - MS, peer.recv()).await.is_err());
        output.send("here").await.unwrap();
        assert_eq!(peer.recv().await, text("\"here\""));
    }
    let last = Instant::now();
    assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
    assert_eq!(last.elapsed(), seconds(60));
}

/// A part of a message is none, or a peer could keep a place for ever with a byte now and then.
#[tokio::test(start_paused = true)]
async fn a_part_of_a_message_is_idle() {
    let (mut peer, _, _task, _output) = silent(Settings::server().idle_timeout(seconds(60)));
    let began = Instant::now();
    peer.io.write_all(&[0x81, 0xfe, 0x01, 0x00, 0, 0, 0, 0]).await.unwrap();
    for _ in 0..50 {
        sleep(seconds(1)).await;
        peer.io.write_all(b"x").await.unwrap();
    }
    assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
    assert_eq!(began.elapsed(), seconds(60));
}

/// Nor are parts that never become one, however many come, and however little is in them.
#[tokio::test(start_paused = true)]
async fn fragments_without_an_end_are_idle() {
    let settings = Settings::server().idle_timeout(seconds(60)).message_rate(rate(1, 1));
    let (mut peer, shared, pump) = pipe(settings, 1024 * 1024);
    let (mut input, _output) = halves::<String, String>(&shared);
    let task = tokio::spawn(run_with(pump, Arc::clone(&shared), async move {
        let _ = input.recv().await;
        Conclusion::Silent
    }));
    let began = Instant::now();
    peer.frame(Opcode::Text, false, b"").await;
    for _ in 0..200 {
        sleep(seconds(1)).await;
        if task.is_finished() {
            break;
        }
        let mut out = Vec::new();
        mandovi_websocket::frame::write(&mut out, Opcode::Continuation, false, Some([1; 4]), b"");
        let _ = peer.io.write_all(&out).await;
    }
    let closed = shared.end().expect("it is over");
    assert!(closed.reason().starts_with("idle_timeout"), "{closed}");
    assert!(began.elapsed() < seconds(120), "{:?}", began.elapsed());
}

/// Who has more than it can take is not idle.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_behind_is_not_idle() {
    let (mut peer, shared, pump) = pipe(Settings::server().idle_timeout(seconds(60)), 1024 * 1024);
    let (mut input, _output) = halves::<String, String>(&shared);
    let task = tokio::spawn(run_with(pump, shared, async move {
        sleep(seconds(1000)).await;
        while let Ok(Some(_)) = input.recv().await {}
        Conclusion::Silent
    }));
    let message = format!("\"{}\"", "x".repeat(60_000));
    for _ in 0..5 {
        peer.send(&message).await;
    }
    let began = Instant::now();
    assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
    assert_eq!(began.elapsed(), seconds(1060));
    peer.close(1001, "").await;
    task.await.unwrap();
}

/// The same where what it has not taken is little, and nothing else looks at the connection.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_a_little_behind_is_not_idle_either() {
    let mut health = HealthPolicy::new();
    health.max_ping_age = Duration::ZERO;
    let settings = Settings::server().idle_timeout(seconds(60)).ping_interval(Duration::ZERO).health(health);
    let (mut peer, shared, pump) = pipe(settings, 1024);
    let (mut input, _output) = halves::<String, String>(&shared);
    tokio::spawn(run_with(pump, shared, async move {
        sleep(seconds(1000)).await;
        while let Ok(Some(_)) = input.recv().await {}
        Conclusion::Silent
    }));
    let began = Instant::now();
    for _ in 0..2 {
        peer.send("\"x\"").await;
        assert!(timeout(seconds(1), peer.recv()).await.is_err());
    }
    assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
    assert_eq!(began.elapsed(), seconds(1060));
}

#[tokio::test(start_paused = true)]
async fn max_lifetime() {
    let mut ends = Vec::new();
    for _ in 0..20 {
        let settings = Settings::server().max_lifetime(seconds(1000)).close_timeout(seconds(7));
        let (mut peer, shared, pump) = pipe(settings, 64 * 1024);
        let told = draining(&shared);
        let output: Sender<String> = Sender::new(Arc::clone(&shared), ViewId::DEFAULT);
        let task = tokio::spawn(run_with(pump, shared, async move {
            told.await;
            output.send("so long").await.unwrap();
            pending().await
        }));
        let began = Instant::now();
        assert_eq!(peer.recv().await, text("\"so long\""));
        let told = began.elapsed();
        assert!(told >= seconds(900) && told <= seconds(1100) + MS, "{told:?}");
        assert_eq!(peer.recv().await, Seen::Close(1012, "max_lifetime: open for 1000s, open another".into()));
        assert_eq!(began.elapsed(), told + seconds(7));
        peer.close(1012, "").await;
        task.await.unwrap();
        ends.push(told);
    }
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() > 10, "not all at once: {ends:?}");
}

/// A handler that comes to its end when it is told so ends as it says.
#[tokio::test(start_paused = true)]
async fn who_is_told_of_its_lifetime_may_end_by_itself() {
    let (mut peer, shared, pump) = pipe(Settings::server().max_lifetime(seconds(10)), 64 * 1024);
    let told = draining(&shared);
    tokio::spawn(run_with(pump, shared, async move {
        told.await;
        Conclusion::done()
    }));
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
}

fn rate(per_second: u32, burst: u32) -> MessageRate {
    MessageRate { per_second: NonZeroU32::new(per_second).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

/// What is allowed is taken, to the last message; the first that is not ends the connection, and what came before it is answered.
#[tokio::test(start_paused = true)]
async fn message_rate_at_once() {
    for sent in [9, 10, 11, 500] {
        let (mut peer, _task) = serve(Settings::server().message_rate(rate(5, 10)), echo);
        let mut wire = Vec::new();
        for n in 0..sent {
            mandovi_websocket::frame::write(&mut wire, Opcode::Text, true, Some([1; 4]), format!("\"{n}\"").as_bytes());
        }
        peer.io.write_all(&wire).await.unwrap();
        for n in 0..sent.min(10) {
            assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
        }
        let next = timeout(seconds(1), peer.recv()).await;
        if sent <= 10 {
            assert!(next.is_err(), "{sent}");
            continue;
        }
        let Ok(Seen::Close(4429, reason)) = next else { panic!("{next:?}") };
        let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
        assert_eq!(reason["name"], "message_rate");
        let retry_after = reason["retry_after_ms"].as_u64().unwrap();
        assert!((200..=202).contains(&retry_after), "one fifth of a second: {retry_after}");
    }
}

#[tokio::test(start_paused = true)]
async fn message_rate_in_the_long_run() {
    // A message each fifth of a second, and none to save up.
    for (pause, lives) in [(201, true), (200, true), (199, false)] {
        let (mut peer, task) = serve(Settings::server().message_rate(rate(5, 1)), echo);
        for n in 0..300 {
            peer.send("\"x\"").await;
            match peer.recv().await {
                Seen::Text(_) => {}
                Seen::Close(4429, _) if !lives => break,
                other => panic!("{pause} {n}: {other:?}"),
            }
            assert!(lives || n < 299, "{pause}");
            advance(Duration::from_millis(pause)).await;
        }
        task.abort();
    }
}

/// One message, in however many fragments, and control frames beside it are one message.
#[tokio::test(start_paused = true)]
async fn fragments_and_pings_do_not_count() {
    let (mut peer, _task) = serve(Settings::server().message_rate(rate(1, 1)), echo);
    peer.frame(Opcode::Text, false, b"\"").await;
    for _ in 0..20 {
        peer.frame(Opcode::Continuation, false, b"x").await;
        peer.frame(Opcode::Ping, true, b"").await;
    }
    peer.frame(Opcode::Continuation, true, b"\"").await;
    for _ in 0..20 {
        assert_eq!(peer.recv().await, Seen::Pong(Vec::new()));
    }
    assert_eq!(peer.recv().await, text(&format!("\"{}\"", "x".repeat(20))));
}

async fn frames(settings: Settings, sizes: &[usize], whole: bool) -> Seen {
    let (mut peer, _task) = serve(settings, |mut input: Receiver<Message>, output: Sender<Message>| async move {
        while let Some(message) = input.recv_ref().await? {
            output.send(message).await?;
        }
        Ok(())
    });
    for (n, size) in sizes.iter().enumerate() {
        let opcode = if whole || n == 0 { Opcode::Binary } else { Opcode::Continuation };
        peer.frame(opcode, whole || n + 1 == sizes.len(), &vec![0; *size]).await;
    }
    peer.recv().await
}

#[tokio::test]
async fn max_frame_size() {
    let settings = Settings::server().max_frame_size(1000).max_message_size(2500);
    for size in [999, 1000] {
        assert_eq!(frames(settings, &[size], true).await, Seen::Binary(size));
    }
    let reason = "max_frame_size: a frame is over 1000 bytes (RFC 6455 §10.4)";
    assert_eq!(frames(settings, &[1001], true).await, Seen::Close(1009, reason.into()));
    // A message may be larger, in pieces.
    assert_eq!(frames(settings, &[1000, 1000, 499], false).await, Seen::Binary(2499));
    assert_eq!(frames(settings, &[1000, 1000, 500], false).await, Seen::Binary(2500));
    let reason = "max_message_size: a message is over 2500 bytes (RFC 6455 §10.4)";
    assert_eq!(frames(settings, &[1000, 1000, 501], false).await, Seen::Close(1009, reason.into()));
}

#[tokio::test]
async fn max_message_size_names_itself_where_it_is_what_bounds_a_frame() {
    let settings = Settings::server().max_message_size(1000);
    assert_eq!(frames(settings, &[1000], true).await, Seen::Binary(1000));
    let reason = "max_message_size: a frame is over 1000 bytes (RFC 6455 §10.4)";
    assert_eq!(frames(settings, &[1001], true).await, Seen::Close(1009, reason.into()));
}

/// While nobody takes anything a connection reads two buffers, whatever their size, and then lets the peer wait.
#[tokio::test(start_paused = true)]
async fn read_buffer_size() {
    let kib = 1024;
    for (set, is) in [
        (0, kib),
        (kib - 1, kib),
        (kib, kib),
        (kib + 1, 2 * kib),
        (16 * kib, 16 * kib),
        (64 * kib, 64 * kib),
        (1024 * kib, 1024 * kib),
        (1024 * kib + 1, 1024 * kib),
        (usize::MAX, 1024 * kib),
    ] {
        let settings = Settings::server().read_buffer_size(set);
        let (mut peer, shared, pump) = pipe(settings, 4096 * kib);
        let (mut input, output) = halves::<String, String>(&shared);
        let (go_on, gone_on) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(run_with(pump, Arc::clone(&shared), async move {
            let _ = gone_on.await;
            let mut taken = 0;
            while let Ok(Some(_)) = input.recv().await {
                taken += 1;
            }
            let _ = output.send(taken.to_string()).await;
            Conclusion::done()
        }));
        let mut wire = Vec::new();
        while wire.len() < 2 * is + 300 * kib {
            mandovi_websocket::frame::write(&mut wire, Opcode::Text, true, Some([1; 4]), b"\"something\"");
        }
        let sent = wire.len() / 17;
        mandovi_websocket::frame::write(&mut wire, Opcode::Text, true, Some([1; 4]), b"null");
        peer.io.write_all(&wire).await.unwrap();
        sleep(seconds(1)).await;
        let (received, _) = shared.vitals.bytes();
        let received = usize::try_from(received).unwrap();
        assert!(received > is && received <= 2 * is, "{set}: {received}");
        go_on.send(()).unwrap();
        assert_eq!(peer.recv().await, text(&format!("\"{sent}\"")), "{set}");
    }
}

#[test]
fn write_buffer_size() {
    let write_buffer = |size| Settings::server().write_buffer_size(size).write_buffer();
    assert_eq!([0, 1023, 1024, 1025].map(write_buffer), [1024, 1024, 1024, 1025]);
    assert_eq!([16_384, 1 << 20, (1 << 20) + 1].map(write_buffer), [16_384, 1 << 20, 1 << 20]);
}
