//! Peers that send a great deal of nothing: what they make us hold, shown with its bound.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use mandovi_websocket::{Opcode, frame};
use tokio::io::AsyncWriteExt as _;

use super::compression::connect;
use super::peer::{halves, pipe};
use crate::Compression;
use crate::connection::{Conclusion, InPlace, Pump, Settings, Shared};
use crate::stream::Message;

const MILLION: usize = 1_000_000;
/// How much of the flood comes at once.
const PORTION: usize = 1000;

fn frames(opcode: Opcode, fin: bool, rsv1: bool, payload: &[u8], count: usize) -> Vec<u8> {
    let mut one = Vec::new();
    frame::Header { fin, rsv1, opcode, mask: Some([0; 4]), payload_len: payload.len() as u64 }.write(&mut one);
    one.extend_from_slice(payload);
    one.repeat(count)
}

/// Sends `first`, a million of the frames in `portion` and `last`, to a handler that takes every message. What we send is not
/// read. Gives the most bytes that were held, and the sizes of the messages.
async fn flood(
    mut peer: impl tokio::io::AsyncWrite + Unpin,
    shared: &Arc<Shared>,
    pump: &mut Pump,
    [first, portion, last]: [&[u8]; 3],
) -> (usize, Vec<usize>) {
    let (mut input, _output) = halves::<Message, Message>(shared);
    let waker = Waker::from(Arc::clone(shared));
    let mut most = 0;
    let seen = std::cell::RefCell::new(Vec::new());
    let mut handler = pin!(Some(async {
        while let Ok(Some(message)) = input.recv().await {
            seen.borrow_mut().push(message.as_ref().len());
        }
        Conclusion::Silent
    }));
    let portions = std::iter::repeat_n(portion, MILLION / PORTION);
    for bytes in std::iter::once(first).chain(portions).chain([last]) {
        peer.write_all(bytes).await.expect("the connection reads");
        poll_fn(|cx| {
            for _ in 0..2 {
                let mut handler = InPlace { future: handler.as_mut(), waker: &waker };
                assert!(pump.poll(cx, &mut handler).is_pending());
                most = most.max(pump.held());
            }
            Poll::Ready(())
        })
        .await;
    }
    (most, seen.take())
}

/// RFC 6455 §5.5.3 lets us answer only the newest ping.
#[tokio::test]
async fn s5_5_3_a_million_pings_of_one_that_reads_no_pongs() {
    let (peer, shared, mut pump) = pipe(Settings::server(), 64 * 1024);
    let pings = frames(Opcode::Ping, true, false, b"here?", PORTION);
    let (most, seen) = flood(peer.io, &shared, &mut pump, [b"", &pings, b""]).await;
    assert!((4 * 1024..16 * 1024).contains(&most), "{most} bytes were held");
    assert!(seen.is_empty());
}

#[tokio::test]
async fn s5_4_a_million_empty_fragments() {
    let (peer, shared, mut pump) = pipe(Settings::server(), 64 * 1024);
    let first = frames(Opcode::Text, false, false, b"some", 1);
    let fragments = frames(Opcode::Continuation, false, false, b"", PORTION);
    let last = frames(Opcode::Continuation, true, false, b"thing", 1);
    let (most, seen) = flood(peer.io, &shared, &mut pump, [&first, &fragments, &last]).await;
    assert!(most <= 64 * 1024, "{most} bytes were held");
    assert_eq!(seen, [9]);
}

#[tokio::test]
async fn s6_of_rfc7692_a_million_empty_fragments_of_a_compressed_message() {
    let mut connection = connect(Compression::new());
    let first = frames(Opcode::Text, false, true, b"\xf2\x48\xcd\xc9", 1);
    let fragments = frames(Opcode::Continuation, false, false, b"", PORTION);
    let last = frames(Opcode::Continuation, true, false, b"\xc9\x07\x00", 1);
    let portions: [&[u8]; 3] = [&first, &fragments, &last];
    let (most, seen) = flood(connection.peer, &connection.shared, &mut connection.pump, portions).await;
    assert!(most <= 2 * 64 * 1024, "{most} bytes were held");
    assert_eq!(seen, [5]);
}

#[tokio::test]
async fn s7_2_3_6_of_rfc7692_a_million_empty_compressed_messages() {
    let mut connection = connect(Compression::new());
    let empty = frames(Opcode::Text, true, true, b"\x00", PORTION);
    let (most, seen) = flood(connection.peer, &connection.shared, &mut connection.pump, [b"", &empty, b""]).await;
    assert!(most <= 2 * 64 * 1024, "{most} bytes were held");
    assert_eq!((seen.len(), seen.iter().sum::<usize>()), (MILLION, 0));
}
