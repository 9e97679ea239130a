//! What becomes of messages to a slow peer, policy by policy.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::deflate::{Agreement, Compression};
use mandovi_websocket::{Assembler, Decoder, Limits, MessageKind, MessageRef, Role};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::compression::agreement;
use super::peer::{Seen, pipe, serve_output, text};
use crate::connection::{
    Conclusion, Key, MessageKey, Payload, SLOW_CONSUMER, Settings, Shared, SlowConsumer, Terms, run_with,
};
use crate::error::StreamError;
use crate::stream::{Message, Sender};
use crate::sync::lock;

const SIZE: usize = 1000;

/// What the peer gets of the texts 0 to 99, of 100 bytes each, sent while it takes nothing, and how many the sender was told of.
/// `key`: what a text is about.
async fn hundred(policy: SlowConsumer, key: impl Fn(usize) -> usize + Send + 'static) -> (Vec<usize>, u64) {
    let (done, sent) = tokio::sync::oneshot::channel();
    let settings = Settings::server().outbox_size(SIZE);
    let (mut peer, shared, pump) = pipe(settings, 1);
    let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
    let handler = async move {
        for n in 0..100 {
            let text = format!("{n:0100}");
            output.send(Message::text(text)).when_slow(policy).key(key(n)).await.expect("open");
        }
        assert_eq!(output.lagged(), output.take_lagged(), "nobody was told before");
        assert_eq!(output.take_lagged(), 0, "told once");
        let _ = done.send(output.lagged());
        Conclusion::done()
    };
    tokio::spawn(run_with(pump, shared, handler));
    let lagged = sent.await.expect("a slow peer holds nobody up");
    let mut seen = Vec::new();
    loop {
        match peer.recv().await {
            Seen::Text(text) => seen.push(text.parse().expect("a number")),
            Seen::Close(1000, _) => return (seen, lagged),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn drop_newest_keeps_what_it_has() {
    let (seen, lagged) = hundred(SlowConsumer::DropNewest, |n| n).await;
    // Ten fill the bound, before anything is written: they are on their way. What is counted is the frame, 102 bytes.
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
    assert_eq!(lagged, 90);
}

#[tokio::test(start_paused = true)]
async fn drop_oldest_keeps_the_newest() {
    let (seen, lagged) = hundred(SlowConsumer::DropOldest, |n| n).await;
    assert_eq!(seen.len() as u64 + lagged, 100);
    // Half of the bound at most is on its way: four. What waits behind it is the newest.
    let (on_their_way, waited) = seen.split_at(4);
    assert_eq!(on_their_way, [0, 1, 2, 3]);
    assert_eq!(waited, (100 - waited.len()..100).collect::<Vec<_>>());
    assert!(waited.len() >= 2, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn the_latest_of_every_key_gets_through() {
    let (seen, lagged) = hundred(SlowConsumer::LatestPerKey, |n| n % 3).await;
    assert_eq!(seen.len() as u64 + lagged, 100);
    assert!(seen.is_sorted());
    assert!(seen.ends_with(&[97, 98, 99]), "{seen:?}");
}

/// A key that is seldom sent is not pushed out by one that is often.
#[tokio::test(start_paused = true)]
async fn a_rare_key_is_kept() {
    let (seen, _) = hundred(SlowConsumer::LatestPerKey, |n| usize::from(n == 6)).await;
    assert!(seen.contains(&6) && seen.ends_with(&[99]), "{seen:?}");
}

/// Without a key the oldest goes, as if the policy were that.
#[tokio::test(start_paused = true)]
async fn latest_without_a_key_is_drop_oldest() {
    let settings = Settings::server().outbox_size(SIZE).slow_consumer(SlowConsumer::LatestPerKey);
    let (_peer, shared, pump) = pipe(settings, 1);
    let shared_too = Arc::clone(&shared);
    let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
    tokio::spawn(run_with(pump, shared, async move {
        for _ in 0..50 {
            output.send(Message::text("x".repeat(100))).await.expect("open");
        }
        std::future::pending().await
    }));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(shared_too.vitals.messages_dropped() > 30);
    assert_eq!(shared_too.vitals.messages_sent(), 50);
}

/// A peer that takes everything misses nothing, however much is sent at once: full is not slow.
#[tokio::test]
async fn a_peer_that_reads_misses_nothing() {
    for policy in [SlowConsumer::DropNewest, SlowConsumer::DropOldest, SlowConsumer::LatestPerKey, SlowConsumer::Close]
    {
        let settings = Settings::server().outbox_size(SIZE).slow_consumer(policy);
        let (mut peer, shared, pump) = pipe(settings, 1 << 20);
        let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
        tokio::spawn(run_with(pump, shared, async move {
            for n in 0..100 {
                output.send(Message::text(format!("{n:0100}"))).key("one").await.expect("open");
            }
            assert_eq!(output.lagged(), 0);
            Conclusion::done()
        }));
        for n in 0..100 {
            assert_eq!(peer.recv().await, text(&format!("{n:0100}")), "{policy:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn close_is_1013_and_says_why() {
    let settings = Settings::server().outbox_size(SIZE).slow_consumer(SlowConsumer::Close);
    let (told, error) = tokio::sync::oneshot::channel();
    let (mut peer, shared, pump) = pipe(settings, 1);
    let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
    let task = tokio::spawn(run_with(pump, shared, async move {
        let error = loop {
            if let Err(error) = output.send(Message::text("x".repeat(100))).await {
                break error;
            }
        };
        assert!(output.is_closed());
        let _ = told.send(error);
        Conclusion::Silent
    }));
    let StreamError::Closed(closed) = error.await.expect("told at once") else { panic!("closed") };
    assert_eq!((closed.code().as_u16(), closed.reason()), (1013, SLOW_CONSUMER));
    assert_eq!(closed.class(), crate::ErrorClass::Exhausted);
    // One frame was begun; the rest is not waited for.
    assert_eq!(peer.recv().await, text(&"x".repeat(100)));
    assert_eq!(peer.recv().await, Seen::Close(1013, SLOW_CONSUMER.to_owned()));
    peer.close(1013, "").await;
    task.await.expect("no panic");
}

/// Just below, at and above the bound of the outbox, while the peer takes nothing.
#[test]
fn the_bound_decides() {
    for policy in [SlowConsumer::DropNewest, SlowConsumer::DropOldest, SlowConsumer::Close] {
        for (first, room) in [(97, true), (98, false), (99, false)] {
            let shared = Shared::new(Role::Server, 100);
            let terms = Terms { slow: policy, ..Terms::waiting(false) };
            assert!(send(&shared, &vec![0; first], Terms::waiting(false)).is_ready());
            assert!(!lock(&shared.outbox).block().wake());
            let sent = send(&shared, b"x", terms);
            let kept = lock(&shared.outbox).used() > first + 2;
            assert_eq!(kept, room, "{policy:?} after {first}");
            assert_eq!(shared.vitals.messages_dropped(), u64::from(!room && policy != SlowConsumer::Close));
            assert_eq!(matches!(sent, Poll::Ready(Err(_))), !room && policy == SlowConsumer::Close);
        }
    }
}

/// A message larger than the bound goes where nothing waits, also beside one that is on its way.
#[test]
fn one_message_may_exceed_the_bound() {
    for policy in [SlowConsumer::DropNewest, SlowConsumer::DropOldest, SlowConsumer::LatestPerKey] {
        let shared = Shared::new(Role::Server, 100);
        let terms = Terms { slow: policy, ..Terms::waiting(false) };
        assert!(send(&shared, &[1; 5000], terms).is_ready());
        let first = lock(&shared.outbox).take().expect("queued");
        assert_eq!(first.counted(), 5004);
        assert!(!lock(&shared.outbox).block().wake());
        // The newest takes the place of the one before it; what is on its way is out of reach.
        assert!(send(&shared, &[2; 5000], terms).is_ready());
        assert!(send(&shared, &[3; 6000], terms).is_ready());
        let next = lock(&shared.outbox).take();
        match policy {
            SlowConsumer::DropNewest => assert!(next.is_none()),
            _ => assert_eq!(next.expect("the newest waits").bytes()[4], 3),
        }
        assert_eq!(shared.vitals.messages_dropped(), if policy == SlowConsumer::DropNewest { 2 } else { 1 });
    }
}

/// What was sent to wait is not dropped to make room, and a message that cannot be helped by dropping others leaves them.
#[test]
fn what_waits_is_not_dropped() {
    let shared = Shared::new(Role::Server, 1000);
    let waits = Terms::waiting(false);
    let drops = Terms { slow: SlowConsumer::DropOldest, ..waits };
    assert!(send(&shared, &[1; 100], drops).is_ready());
    assert!(send(&shared, &[2; 998], waits).is_ready());
    assert!(!lock(&shared.outbox).block().wake());
    assert!(send(&shared, &[3; 100], drops).is_ready());
    assert!(send(&shared, &[4; 100], waits).is_pending());
    assert_eq!(shared.vitals.messages_dropped(), 1);
    let mut outbox = lock(&shared.outbox);
    assert_eq!(outbox.take().expect("the first").bytes()[2], 1);
    assert_eq!(outbox.take().expect("the second").bytes()[4], 2);
    assert!(outbox.take().is_none());
}

/// While shedding, what would wait is dropped, and whoever waits is let go.
#[tokio::test(start_paused = true)]
async fn shedding_drops_instead_of_waiting() {
    let (said, told) = tokio::sync::oneshot::channel();
    let (goes, on) = tokio::sync::oneshot::channel::<()>();
    let settings = Settings::server().outbox_size(SIZE);
    let (mut peer, shared, pump) = pipe(settings, 1);
    let output = Sender::<Message>::new(Arc::clone(&shared), crate::value::ViewId::DEFAULT);
    let judge = Arc::clone(&shared);
    tokio::spawn(run_with(pump, shared, async move {
        for n in 0..100 {
            output.send(Message::text(format!("{n:0100}"))).await.expect("open");
        }
        let _ = said.send(output.lagged());
        let _ = on.await;
        output.send(Message::text("waited")).await.expect("open");
        Conclusion::done()
    }));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(judge.vitals.messages_sent(), 10, "it waits");
    judge.shed(true);
    assert_eq!(told.await, Ok(90));
    judge.shed(false);
    let _ = goes.send(());
    for n in 0..10 {
        assert_eq!(peer.recv().await, text(&format!("{n:0100}")));
    }
    assert_eq!(peer.recv().await, text("waited"));
}

/// A publisher in another task is not held up by a stalled peer, and the heartbeat of the runtime goes on: one that only ever
/// drops still yields.
#[tokio::test(start_paused = true)]
async fn a_loop_that_drops_lets_others_have_their_turn() {
    let (mut peer, _task) = serve_output(
        Settings::server().outbox_size(SIZE).slow_consumer(SlowConsumer::DropNewest),
        |output: Sender<Message>| async move {
            // The pump has its turn in between, or the peer would never get the second half of a frame.
            while output.lagged() < 100_000 {
                output.send(Message::binary(vec![1; 30_000])).await?;
            }
            Ok(())
        },
    );
    assert_eq!(peer.recv().await, Seen::Binary(30_000));
    assert_eq!(peer.recv().await, Seen::Binary(30_000));
}

fn send(shared: &Arc<Shared>, payload: &[u8], terms: Terms) -> Poll<Result<(), crate::Closed>> {
    send_as(shared, &Payload::Slice(payload), terms)
}

fn send_as(shared: &Arc<Shared>, payload: &Payload<'_>, terms: Terms) -> Poll<Result<(), crate::Closed>> {
    let mut key = Key::default();
    let polled =
        shared.poll_send(&mut Context::from_waker(Waker::noop()), &mut key, MessageKind::Binary, payload, terms);
    lock(&shared.outbox).forget(&key);
    polled
}

/// What the peer of a random run may rely on.
struct Run {
    shared: Arc<Shared>,
    limit: usize,
    rng: StdRng,
    /// The policy and key of each message that was accepted, by its number.
    sent: Vec<(SlowConsumer, Option<u8>)>,
    largest: usize,
    wire: Vec<u8>,
    segment: Option<crate::connection::outbox::Segment>,
}

impl Run {
    fn send(&mut self) {
        let policies =
            [SlowConsumer::Wait, SlowConsumer::DropOldest, SlowConsumer::DropNewest, SlowConsumer::LatestPerKey];
        let policy = policies[self.rng.random_range(0..4)];
        let key = self.rng.random_bool(0.7).then(|| self.rng.random_range(0..5_u8));
        let len = match self.rng.random_range(0..20) {
            0 => 20_000,
            1 => 300,
            _ => self.rng.random_range(0..100),
        };
        let mut payload = self.sent.len().to_be_bytes().to_vec();
        payload.resize(8 + len, 7);
        let shared = Bytes::from(payload.clone());
        let payload = if self.rng.random() { Payload::Shared(&shared) } else { Payload::Slice(&payload) };
        let terms = Terms { compress: self.rng.random(), slow: policy, key: key.map(|key| MessageKey::of(&key)) };
        if let Poll::Ready(sent) = send_as(&self.shared, &payload, terms) {
            sent.expect("open");
            self.sent.push((policy, key));
            self.largest = self.largest.max(len + 40);
        }
        // What waits beside what is on its way: one more than the bound, and the place of each.
        let used = lock(&self.shared.outbox).used();
        assert!(used <= self.limit + 2 * (self.largest + 96), "{used} of {}", self.limit);
    }

    /// The pump: takes, writes, or finds that it cannot.
    fn pump(&mut self) {
        let mut outbox = lock(&self.shared.outbox);
        match self.segment.take() {
            Some(segment) if self.rng.random_bool(0.6) => {
                self.wire.extend_from_slice(segment.bytes());
                let (room, flushed) = outbox.written(&segment);
                drop(outbox);
                let _ = (room.wake(), flushed.wake());
            }
            Some(segment) => {
                self.segment = Some(segment);
                let woken = outbox.block();
                drop(outbox);
                woken.wake();
            }
            None => {
                // A frame of the pump's own may stand before any segment, but for the payload of a frame whose header is out.
                if !outbox.payload_is_next() && self.rng.random_bool(0.2) {
                    mandovi_websocket::frame::write(&mut self.wire, mandovi_websocket::Opcode::Pong, true, None, b"");
                }
                self.segment = outbox.take();
            }
        }
    }
}

/// Whatever is sent, taken, written: what arrives is what was sent, in its order, and only what may be missing is.
#[test]
fn any_run_is_a_proper_stream() {
    let compressions =
        [None, None, Some(Compression::new()), Some(Compression::new().own_takeover(true).peer_takeover(true))];
    let mut dropped = 0;
    for seed in 0..400_u64 {
        let agreed = compressions[seed as usize % compressions.len()].map(agreement);
        let mut rng = StdRng::seed_from_u64(seed);
        let limit = [100, 1000, 4000, 64 * 1024][rng.random_range(0..4)];
        let shared = Shared::with_deflate(Role::Server, limit, agreed);
        let (sent, wire) = (Vec::new(), Vec::new());
        let mut run = Run { shared, limit, rng, sent, largest: 0, wire, segment: None };
        let sends = run.rng.random_range(0.3..0.95);
        for _ in 0..300 {
            if run.rng.random_bool(sends) { run.send() } else { run.pump() }
        }
        while run.segment.is_some() || !lock(&run.shared.outbox).is_empty() {
            run.pump();
        }
        let arrived = decode(&run.wire, agreed);
        assert!(arrived.is_sorted_by(|a, b| a < b), "seed {seed}: in order, none twice");
        let vitals = &run.shared.vitals;
        assert_eq!(vitals.messages_sent(), run.sent.len() as u64, "seed {seed}");
        assert_eq!(arrived.len() as u64, vitals.messages_sent() - vitals.messages_dropped(), "seed {seed}");
        dropped += vitals.messages_dropped();
        let there: std::collections::HashSet<usize> = arrived.into_iter().collect();
        for (number, (policy, _)) in run.sent.iter().enumerate() {
            assert!(*policy != SlowConsumer::Wait || there.contains(&number), "seed {seed}: {number} was to wait");
        }
        assert!(lock(&run.shared.outbox).park(false) && lock(&run.shared.outbox).used() == 0, "seed {seed}");
    }
    assert!(dropped > 10_000, "{dropped}: it tests something");
}

/// Where all is sent for the latest, and the bound holds one of each key, the last of each key arrives.
#[test]
fn the_last_of_each_key_arrives_in_any_run() {
    for seed in 0..200_u64 {
        let mut rng = StdRng::seed_from_u64(seed);
        let shared = Shared::new(Role::Server, 2000);
        let (sent, wire) = (Vec::new(), Vec::new());
        let mut run =
            Run { shared, limit: 2000, rng: StdRng::seed_from_u64(seed), sent, largest: 100, wire, segment: None };
        let mut last = HashMap::new();
        for number in 0..500_usize {
            // Seldom ones among them.
            let key = rng.random_range(0..10_u32).pow(2) / 10;
            let terms =
                Terms { slow: SlowConsumer::LatestPerKey, key: Some(MessageKey::of(&key)), ..Terms::waiting(false) };
            let mut payload = number.to_be_bytes().to_vec();
            payload.resize(rng.random_range(8..100), 0);
            if send(&run.shared, &payload, terms).is_ready() {
                last.insert(key, number);
            }
            if rng.random_bool(0.2) {
                run.pump();
            }
        }
        while run.segment.is_some() || !lock(&run.shared.outbox).is_empty() {
            run.pump();
        }
        let arrived = decode(&run.wire, None);
        assert!(run.shared.vitals.messages_dropped() > 0, "seed {seed}");
        for (key, number) in last {
            assert!(arrived.contains(&number), "seed {seed}: the last of {key}");
        }
    }
}

/// The numbers of the messages in what was written.
fn decode(wire: &[u8], agreed: Option<Agreement>) -> Vec<usize> {
    let mut decoder = Decoder::new(Role::Client, Limits::default());
    if let Some(agreed) = &agreed {
        decoder.inflate(agreed);
    }
    let (mut assembler, mut numbers, mut rest) = (Assembler::new(), Vec::new(), wire);
    loop {
        let event = decoder.decode().expect("whole frames of one stream").is_some();
        let mut frames = decoder.take_frames(Vec::new());
        let mut some = event;
        while let Some(message) = frames.next(&mut assembler) {
            let MessageRef::Binary(bytes) = message else { panic!("text") };
            let (number, padding) = bytes.split_at(8);
            assert!(padding.iter().all(|byte| Some(byte) == padding.first()));
            numbers.push(usize::from_be_bytes(number.try_into().expect("eight")));
            some = true;
        }
        if some {
            continue;
        }
        if rest.is_empty() {
            assert!(decoder.is_empty(), "no part of a frame");
            return numbers;
        }
        if decoder.spare().is_empty() {
            let held = decoder.storage_len();
            decoder.replace_storage(vec![0; held + 64 * 1024]);
        }
        let n = rest.len().min(decoder.spare().len());
        decoder.spare()[..n].copy_from_slice(&rest[..n]);
        decoder.filled(n);
        rest = &rest[n..];
    }
}
