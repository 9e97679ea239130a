//! The hand-written wake-ups, every interleaving: `RUSTFLAGS="--cfg mandovi_loom" cargo test -p mandovi --lib --release loom`.
//!
//! The models drive the real [`Inbox`](super::inbox::Inbox), [`Outbox`](super::outbox::Outbox) and [`Shared`] from two
//! threads; only locks, atomics and the task's waker are loom's. A lost wake-up shows as a deadlock.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loom::future::block_on;
use loom::thread;
use mandovi_websocket::{Decoder, Frames, Limits, MessageKind, Opcode, Role, frame};

use super::inbox::Taken;
use super::settings::SlowConsumer;
use super::shared::{Payload, Shared, Terms};
use super::waiters::Key;
use crate::error::Closed;
use crate::sync::lock;

fn batch() -> Frames {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, Opcode::Binary, true, Some([1; 4]), b"x");
    let mut decoder = Decoder::new(Role::Server, Limits::default());
    decoder.replace_storage(vec![0; 64]);
    decoder.spare()[..bytes.len()].copy_from_slice(&bytes);
    decoder.filled(bytes.len());
    assert!(decoder.decode().expect("a proper frame").is_none());
    decoder.take_frames(Vec::new())
}

/// Polls `turn` as the connection's task does: registers, works, parks; and sleeps until it is woken.
async fn pump(shared: &Shared, mut turn: impl FnMut() -> bool) {
    poll_fn(|cx| {
        shared.register_task(cx.waker());
        if turn() {
            return Poll::Ready(());
        }
        if !lock(&shared.outbox).park(false) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await;
}

fn send(shared: &Arc<Shared>, cx: &mut Context<'_>, key: &mut Key) -> Poll<Result<(), Closed>> {
    shared.poll_send(cx, key, MessageKind::Binary, &Payload::Slice(b"12345678"), Terms::waiting(false))
}

/// A send from another thread wakes the pump that is about to park, or finds it awake; nothing stays in the outbox.
#[test]
fn loom_send_and_park() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 1024);
        let sender = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                block_on(async {
                    let mut key = Key::default();
                    poll_fn(|cx| send(&shared, cx, &mut key)).await.expect("open");
                });
            })
        };
        let mut written = 0;
        block_on(pump(&shared, || {
            let mut outbox = lock(&shared.outbox);
            while let Some(segment) = outbox.take() {
                written += segment.bytes().len();
                let (room, flushed) = outbox.written(&segment);
                assert!(!room.wake() && !flushed.wake());
            }
            written == 10
        }));
        sender.join().expect("no panic");
    });
}

/// A send that finds the outbox full is woken when the pump has written.
#[test]
fn loom_full_outbox_and_write() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 10);
        let sender = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                block_on(async {
                    for _ in 0..2 {
                        let mut key = Key::default();
                        poll_fn(|cx| send(&shared, cx, &mut key)).await.expect("open");
                    }
                });
            })
        };
        let mut written = 0;
        block_on(pump(&shared, || {
            let segment = lock(&shared.outbox).take();
            if let Some(segment) = segment {
                written += segment.bytes().len();
                let (room, flushed) = lock(&shared.outbox).written(&segment);
                room.wake();
                flushed.wake();
            }
            written == 20
        }));
        sender.join().expect("no panic");
    });
}

/// A message that may be dropped is dropped or written, never both and never neither, whenever the pump takes.
#[test]
fn loom_drop_and_take() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 10);
        assert!(!lock(&shared.outbox).block().wake());
        let drops = |shared: &Arc<Shared>| {
            let terms = Terms { slow: SlowConsumer::DropOldest, ..Terms::waiting(false) };
            let (mut key, payload) = (Key::default(), Payload::Slice(b"12345678"));
            block_on(poll_fn(|cx| shared.poll_send(cx, &mut key, MessageKind::Binary, &payload, terms))).expect("open");
        };
        drops(&shared);
        let sender = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || drops(&shared))
        };
        let mut written = 0;
        block_on(pump(&shared, || {
            let segment = lock(&shared.outbox).take();
            if let Some(segment) = segment {
                written += segment.bytes().len() as u64 / 10;
                let (room, flushed) = lock(&shared.outbox).written(&segment);
                let _ = (room.wake(), flushed.wake());
            }
            written + shared.vitals.messages_dropped() == 2
        }));
        sender.join().expect("no panic");
        assert!(written >= 1 && lock(&shared.outbox).is_flushed());
    });
}

/// Whoever would rather drop than wait is woken when the pump finds that the peer takes nothing.
#[test]
fn loom_full_outbox_and_block() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 10);
        assert!(!lock(&shared.outbox).append(|run| run.extend_from_slice(b"0123456789")));
        let pump = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let segment = lock(&shared.outbox).take();
                let woken = lock(&shared.outbox).block();
                woken.wake();
                segment
            })
        };
        block_on(async {
            let terms = Terms { slow: SlowConsumer::DropNewest, ..Terms::waiting(false) };
            let (mut key, payload) = (Key::default(), Payload::Slice(b"12345678"));
            let sent = poll_fn(|cx| shared.poll_send(cx, &mut key, MessageKind::Binary, &payload, terms));
            sent.await.expect("open");
        });
        assert_eq!(shared.vitals.messages_dropped(), 1);
        assert!(pump.join().expect("no panic").is_some());
    });
}

/// A receiver in another thread gets the batch, then the end; a full slot wakes the pump once it is taken.
#[test]
fn loom_slot_and_receiver() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 1024);
        lock(&shared.inbox).receiver = super::ReceiverLife::Held;
        let receiver = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut batches = 0;
                block_on(poll_fn(|cx| {
                    loop {
                        let taken = lock(&shared.inbox).poll_take(cx.waker(), false);
                        match taken {
                            Taken::Frames { wake_pump, .. } => {
                                batches += 1;
                                if wake_pump {
                                    shared.wake_task();
                                }
                            }
                            Taken::End(_) => return Poll::Ready(()),
                            Taken::Nothing { .. } => return Poll::Pending,
                        }
                    }
                }));
                assert_eq!(batches, 2, "nothing is lost before the end");
            })
        };
        let mut put = 0;
        block_on(pump(&shared, || {
            let mut inbox = lock(&shared.inbox);
            if put < 2 {
                if !inbox.has_room() {
                    return false;
                }
                let woken = inbox.put(batch());
                drop(inbox);
                woken.wake();
                put += 1;
                if put < 2 {
                    return turn_again(&shared);
                }
                inbox = lock(&shared.inbox);
            }
            let left = inbox.leave(Closed::finished());
            let end = inbox.finish();
            drop(inbox);
            left.wake();
            end.wake();
            true
        }));
        receiver.join().expect("no panic");
    });
}

/// The model's pump puts one batch a turn; the real one loops. Waking the task is the same as looping.
fn turn_again(shared: &Shared) -> bool {
    shared.wake_task();
    false
}

/// The handler's own waker: a wake from another thread is never lost, whenever the task looks.
#[test]
fn loom_handler_waker() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 1024);
        assert!(shared.take_ready(), "the first poll is due");
        let waker = Waker::from(Arc::clone(&shared));
        let other = thread::spawn(move || waker.wake());
        block_on(poll_fn(|cx| {
            shared.register_task(cx.waker());
            if shared.take_ready() { Poll::Ready(()) } else { Poll::Pending }
        }));
        other.join().expect("no panic");
    });
}

/// A close that is asked for from another thread is seen, also by a pump about to park.
#[test]
fn loom_close_request() {
    loom::model(|| {
        let shared = Shared::new(Role::Server, 1024);
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.request_close(mandovi_websocket::CloseCode::GOING_AWAY, "bye"))
        };
        block_on(pump(&shared, || lock(&shared.outbox).close_request.take().is_some()));
        other.join().expect("no panic");
    });
}
