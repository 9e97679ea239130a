//! Messages: their order, their batches, and what is taken at once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mandovi_websocket::Opcode;
use serde::{Deserialize, Serialize, Serializer};
use tokio::io::AsyncReadExt as _;

use super::peer::{Seen, echo, halves, pipe, serve, serve_output, text};
use crate::connection::{Conclusion, Settings, run_with};
use crate::stream::{Message, Receiver, Sender};
use crate::value::{Validator, Value};

#[tokio::test]
async fn messages_come_back_in_the_order_they_were_sent() {
    let (mut peer, task) = serve(Settings::server(), echo);
    for n in 0..1000 {
        peer.send(&format!("\"{n}\"")).await;
    }
    for n in 0..1000 {
        assert_eq!(peer.recv().await, text(&format!("\"{n}\"")));
    }
    peer.send("null").await;
    assert_eq!(peer.recv().await, Seen::Close(1000, "server closing connection".into()));
    peer.close(1000, "").await;
    assert_eq!(peer.recv().await, Seen::Eof);
    task.await.expect("no panic");
}

#[tokio::test]
async fn fragments_with_a_ping_between_them_are_one_message() {
    let (mut peer, _task) = serve(Settings::server(), echo);
    peer.frame(Opcode::Text, false, b"\"he").await;
    peer.frame(Opcode::Ping, true, b"still there?").await;
    peer.frame(Opcode::Continuation, false, b"ll").await;
    peer.frame(Opcode::Continuation, true, b"o\"").await;
    assert_eq!(peer.recv().await, Seen::Pong(b"still there?".to_vec()));
    assert_eq!(peer.recv().await, text("\"hello\""));
}

#[tokio::test]
async fn recv_ref_lends_from_the_batch() {
    let (mut peer, _task) =
        serve(Settings::server(), |mut input: Receiver<Message>, output: Sender<Message>| async move {
            let mut last: Option<usize> = None;
            while let Some(message) = input.recv_ref().await? {
                // Two messages of one batch lie next to each other: nothing was copied out.
                let at = message.as_bytes().as_ptr() as usize;
                let gap = last.map_or(0, |last| at - last);
                last = Some(at);
                output.send(Message::text(gap.to_string())).await?;
            }
            Ok(())
        });
    let mut both = Vec::new();
    for payload in [&b"12345"[..], b"67890"] {
        mandovi_websocket::frame::write(&mut both, Opcode::Binary, true, Some([0; 4]), payload);
    }
    tokio::io::AsyncWriteExt::write_all(&mut peer.io, &both).await.expect("written");
    assert_eq!(peer.recv().await, text("0"));
    assert_eq!(peer.recv().await, text("11"), "five bytes of payload and the next header of six");
}

#[tokio::test]
async fn what_a_handler_sends_in_one_go_is_written_once() {
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<String>| async move {
        for n in 0..100 {
            output.send(format!("{n}")).await?;
        }
        std::future::pending().await
    });
    let mut bytes = vec![0; 64 * 1024];
    let n = peer.io.read(&mut bytes).await.expect("read");
    // 10 messages of 1 digit and 90 of 2, two quotes and two bytes of header each.
    assert_eq!(n, 10 * 5 + 90 * 6, "all hundred frames came with the first write");
}

#[tokio::test]
async fn senders_in_other_tasks_share_one_order_with_the_handler() {
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<u32>| async move {
        let other = output.clone();
        output.send(1).await?;
        tokio::spawn(async move { other.send(2).await }).await.expect("no panic")?;
        output.send(3).await?;
        std::future::pending().await
    });
    for expected in ["1", "2", "3"] {
        assert_eq!(peer.recv().await, text(expected));
    }
}

thread_local! {
    static ITSELF: RefCell<Option<Sender<Nested>>> = const { RefCell::new(None) };
}

/// A value whose serialisation sends on the same stream.
#[derive(Clone, Debug, Deserialize)]
struct Nested(u32);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 1
            && let Some(sender) = ITSELF.with_borrow(Clone::clone)
        {
            let sent = pin!(sender.send(Nested(2))).as_mut().poll_once();
            assert!(matches!(sent, Poll::Ready(Ok(()))), "no lock is held while a value is serialised");
        }
        serializer.serialize_u32(self.0)
    }
}

impl Value for Nested {
    fn schema(types: &mut crate::model::Types) -> crate::model::Schema {
        u32::schema(types)
    }

    fn validate(&self, _at: &mut Validator) {}
}

trait PollOnce: Future {
    fn poll_once(self: std::pin::Pin<&mut Self>) -> Poll<Self::Output> {
        self.poll(&mut Context::from_waker(Waker::noop()))
    }
}

impl<F: Future> PollOnce for F {}

#[tokio::test]
async fn a_users_serialize_runs_outside_of_the_lock() {
    let (mut peer, _task) = serve_output(Settings::server(), |output: Sender<Nested>| async move {
        ITSELF.set(Some(output.clone()));
        output.send(Nested(1)).await?;
        ITSELF.set(None);
        std::future::pending().await
    });
    assert_eq!(peer.recv().await, text("2"), "the inner message was complete first");
    assert_eq!(peer.recv().await, text("1"));
}

#[tokio::test]
async fn large_shared_payloads_keep_their_place_among_small_ones() {
    let (mut peer, _task) =
        serve_output(Settings::server().outbox_size(1 << 20), |output: Sender<Message>| async move {
            output.send(Message::text("before")).await?;
            output.send(Message::binary(vec![7; 200_000])).await?;
            output.send(Message::text("after")).await?;
            std::future::pending().await
        });
    assert_eq!(peer.recv().await, text("before"));
    assert_eq!(peer.recv().await, Seen::Binary(200_000));
    assert_eq!(peer.recv().await, text("after"));
}

#[tokio::test]
async fn a_message_larger_than_the_read_buffer_arrives_whole() {
    let settings = Settings::server().max_message_size(1 << 20).outbox_size(1 << 20);
    let (mut peer, _task) = serve(settings, |mut input: Receiver<Message>, output: Sender<Message>| async move {
        while let Some(message) = input.recv_ref().await? {
            let len = message.as_bytes().len();
            assert!(message.as_bytes().iter().all(|byte| *byte == 9));
            output.send(Message::text(len.to_string())).await?;
        }
        Ok(())
    });
    for len in [1, 65_535, 65_536, 1 << 20] {
        peer.frame(Opcode::Binary, true, &vec![9; len]).await;
        assert_eq!(peer.recv().await, text(&len.to_string()));
    }
}

#[tokio::test]
async fn an_invalid_message_names_its_field_and_the_stream_goes_on() {
    let (mut peer, _task) = serve(Settings::server(), |mut input: Receiver<u32>, output: Sender<String>| async move {
        loop {
            match input.recv().await {
                Ok(Some(n)) => output.send(n.to_string()).await?,
                Ok(None) => return Ok(()),
                Err(crate::StreamError::Invalid(invalid)) => {
                    output.send(invalid.violations()[0].rule).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    });
    for (sent, expected) in [
        ("1", "\"1\""),
        ("\"x\"", "\"invalid_field_type\""),
        ("{", "\"decode_payload\""),
        ("2 3", "\"decode_payload\""),
        ("", "\"decode_payload\""),
        (" 4\n", "\"4\""),
    ] {
        peer.send(sent).await;
        assert_eq!(peer.recv().await, text(expected), "after {sent:?}");
    }
}

/// One poll of the connection's task does a bounded amount of work, however much the peer has sent.
#[tokio::test]
async fn a_flood_is_taken_in_bounded_pieces() {
    let (mut peer, shared, pump) = pipe(Settings::server(), 4 << 20);
    let (mut input, _output) = halves::<String, String>(&shared);
    let received = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&received);
    let handler = async move {
        while let Ok(Some(_)) = input.recv().await {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Conclusion::Silent
    };
    let frames = 40_000;
    for _ in 0..frames {
        peer.send("\"0123456789012345678901234567890123456789\"").await;
    }
    let mut connection = pin!(run_with(pump, shared, handler));
    let polls = poll_fn(|cx| {
        // Outside of a tokio task there is no cooperative budget: the bound is the connection's own.
        assert!(connection.as_mut().poll(cx).is_pending());
        Poll::Ready(received.load(std::sync::atomic::Ordering::Relaxed))
    })
    .await;
    let bound = 5 * 64 * 1024 / 48;
    assert!((1..=bound).contains(&polls), "{polls} messages in one poll, of {frames}");
}
