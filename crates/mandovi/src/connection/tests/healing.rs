//! What stays of a connection that broke while its call goes on: the halves' own, and nothing of what the old connection was like.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use mandovi_websocket::Role;
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

use super::peer::{Peer, Seen, halves};
use crate::connection::{
    Conclusion, Heals, HealthAction, HealthPolicy, Io, MissedPong, Pump, SLOW_CONSUMER, Settings, Shared, SlowConsumer,
    run,
};
use crate::error::{Closed, Initiator, StreamError};
use crate::manager::Verdict;
use crate::stream::{Receiver, Sender};
use crate::sync::lock;

/// A call's halves, and what they stand on.
struct Call {
    settings: Settings,
    shared: Arc<Shared>,
    input: Receiver<String>,
    output: Sender<String>,
}

fn survives(closed: &Closed) -> bool {
    closed.initiator() == Initiator::Peer
}

impl Call {
    fn new(settings: Settings) -> Self {
        let shared = Shared::new(Role::Client, &settings);
        let (input, output) = halves(&shared);
        Self { settings, shared, input, output }
    }

    /// Another connection of it, to a peer whose pipe holds so much; what this gives ends with why it broke, if it did.
    fn connect(&self, capacity: usize) -> (DuplexStream, tokio::task::JoinHandle<Option<Closed>>) {
        let (ours, theirs) = duplex(capacity);
        let heals = Heals::new(survives, false, false);
        let (shared, settings) = (Arc::clone(&self.shared), Arc::new(self.settings));
        let mut pump = Pump::healing(Io::Memory(theirs), &Bytes::new(), Arc::clone(&shared), settings, None, heals);
        let task = tokio::spawn(async move {
            let mut watch = pin!(Some(pending::<Conclusion>()));
            run(&mut pump, watch.as_mut(), &Waker::from(shared)).await;
            pump.broken_by().map(|(closed, _)| closed)
        });
        (ours, task)
    }
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_is_healthy() {
    let mut policy = HealthPolicy::new();
    policy.max_errors = 2;
    policy.degraded = HealthAction::Shed;
    let call = Call::new(Settings::client().health(policy));
    let (peer, task) = call.connect(1024);
    call.shared.message_error();
    call.shared.message_error();
    settle().await;
    assert_eq!(call.shared.vitals.verdict(), Verdict::Degraded);
    assert!(lock(&call.shared.outbox).is_shedding());
    drop(peer);
    assert!(task.await.unwrap().is_some());
    let (_peer, task) = call.connect(1024);
    settle().await;
    assert_eq!(call.shared.vitals.verdict(), Verdict::Healthy);
    assert!(!lock(&call.shared.outbox).is_shedding(), "that was the other connection");
    assert!(!task.is_finished());
    // The errors before do not count against it.
    call.shared.message_error();
    settle().await;
    assert_eq!(call.shared.vitals.verdict(), Verdict::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_new_connection_is_idle_no_longer_than_any() {
    let idle = Duration::from_secs(10);
    let call = Call::new(Settings::client().idle_timeout(idle).ping_interval(Duration::ZERO));
    let (peer, task) = call.connect(1024);
    call.output.send("hello".to_owned()).await.unwrap();
    settle().await;
    drop(peer);
    assert!(task.await.unwrap().is_some());
    let (peer, _task) = call.connect(1024);
    let began = Instant::now();
    let mut peer = Peer::of_client(peer);
    let Seen::Close(1001, reason) = peer.recv().await else { panic!("idle") };
    assert!(reason.starts_with("idle_timeout"), "{reason}");
    assert!(began.elapsed() < idle + Duration::from_millis(100), "{:?}", began.elapsed());
}

/// Its own time is over, not the connection's: nothing is taken up again.
#[tokio::test(start_paused = true)]
async fn what_this_side_ends_is_ended() {
    for settings in [
        Settings::client().idle_timeout(Duration::from_secs(1)),
        Settings::client().max_lifetime(Duration::from_secs(1)),
    ] {
        let mut call = Call::new(settings);
        let (peer, task) = call.connect(1024);
        let mut peer = Peer::of_client(peer);
        assert!(matches!(peer.recv().await, Seen::Close(1001, _)));
        drop(peer);
        assert_eq!(task.await.unwrap(), None, "it did not break");
        let Err(StreamError::Closed(closed)) = call.input.recv().await else { panic!("closed") };
        assert_eq!((closed.code().as_u16(), closed.initiator()), (1001, Initiator::Local));
        assert!(call.output.send("more".to_owned()).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_is_a_broken_connection() {
    let call = Call::new(Settings::client().missed_pong(MissedPong::Close));
    let (mut peer, task) = call.connect(1024);
    let reads = tokio::spawn(async move { while peer.read(&mut [0; 64]).await.unwrap() > 0 {} });
    let closed = task.await.unwrap().expect("it broke");
    assert_eq!(closed.code().as_u16(), 1006);
    reads.await.unwrap();
    assert!(call.shared.end().is_none(), "the call goes on");
}

/// While there is no connection nobody takes anything: policies act as for a peer that takes nothing.
#[tokio::test(start_paused = true)]
async fn who_may_drop_does_not_wait_for_another_connection() {
    for policy in [SlowConsumer::DropOldest, SlowConsumer::DropNewest] {
        let call = Call::new(Settings::client().outbox_size(1000).slow_consumer(policy));
        let (peer, task) = call.connect(1024);
        settle().await;
        drop(peer);
        assert!(task.await.unwrap().is_some());
        for n in 0..100 {
            let sent = timeout(Duration::from_secs(1), call.output.send(format!("{n:0100}"))).await;
            sent.expect("it does not wait").unwrap();
        }
        let lagged = call.output.lagged();
        assert!(lagged > 80, "{lagged}");
        // What was kept arrives, in order.
        let (peer, _task) = call.connect(64 * 1024);
        let mut peer = Peer::of_client(peer);
        let mut seen = Vec::new();
        for _ in lagged..100 {
            let Seen::Text(text) = peer.recv().await else { panic!("a message") };
            seen.push(text.trim_matches('"').parse::<u64>().unwrap());
        }
        assert!(seen.is_sorted());
        match policy {
            SlowConsumer::DropNewest => assert_eq!(seen, (0..100 - lagged).collect::<Vec<_>>()),
            _ => assert_eq!(seen, (lagged..100).collect::<Vec<_>>()),
        }
        settle().await;
        assert_eq!(lock(&call.shared.outbox).used(), 0, "every byte is accounted for");
        assert!(!lock(&call.shared.outbox).is_blocked());
    }
}

/// Whatever was under way when it broke: each message once, in order, and every byte accounted for.
#[tokio::test(start_paused = true)]
async fn what_may_be_dropped_is_put_back_in_its_place() {
    for taken in 0..400 {
        let call = Call::new(Settings::client().outbox_size(10_000).slow_consumer(SlowConsumer::DropOldest));
        let (mut peer, task) = call.connect(64);
        for n in 0..8 {
            // Some may be dropped, and some not.
            let send = call.output.send(format!("{n:040}"));
            let send = if n % 3 == 2 { send.when_slow(SlowConsumer::Wait) } else { send };
            send.await.unwrap();
        }
        settle().await;
        let mut bytes = vec![0; taken];
        for byte in bytes.chunks_mut(16) {
            peer.read_exact(byte).await.unwrap_or_default();
        }
        if taken > 8 * 48 {
            break;
        }
        drop(peer);
        assert!(task.await.unwrap().is_some());
        let (peer, _task) = call.connect(64 * 1024);
        let mut peer = Peer::of_client(peer);
        call.output.send("last".to_owned()).await.unwrap();
        let mut seen = Vec::new();
        loop {
            match peer.recv().await {
                Seen::Text(text) if text == "\"last\"" => break,
                Seen::Text(text) => seen.push(text.trim_matches('"').parse::<usize>().unwrap()),
                other => panic!("{other:?}"),
            }
        }
        // Those that were written whole are gone with the first connection: no more than its pipe held.
        assert!(seen.ends_with(&(8 - seen.len()..8).collect::<Vec<_>>()), "{taken}: {seen:?}");
        let written = 8 - seen.len();
        assert!(written * 48 <= taken + 64 && (written + 1) * 48 > taken.saturating_sub(16), "{taken}: {seen:?}");
        settle().await;
        assert_eq!(lock(&call.shared.outbox).used(), 0, "{taken}");
    }
}

/// Who would rather end than lag has ended, whether there is a connection at the moment or not.
#[tokio::test(start_paused = true)]
async fn an_end_for_being_slow_is_an_end() {
    let mut call = Call::new(Settings::client().outbox_size(1000).slow_consumer(SlowConsumer::Close));
    let (peer, task) = call.connect(16);
    let error = loop {
        if let Err(error) = call.output.send("x".repeat(100)).await {
            break error;
        }
    };
    let StreamError::Closed(closed) = error else { panic!("{error:?}") };
    assert_eq!((closed.code().as_u16(), closed.reason()), (1013, SLOW_CONSUMER));
    settle().await;
    drop(peer);
    assert_eq!(task.await.unwrap(), None, "nothing to take up again");
    let Err(StreamError::Closed(closed)) = call.input.recv().await else { panic!("closed") };
    assert_eq!(closed.code().as_u16(), 1013);
}
