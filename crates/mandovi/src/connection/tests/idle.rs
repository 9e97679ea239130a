//! An idle connection holds no buffers; a partial frame keeps only its own size.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

use tokio::io::AsyncWriteExt as _;

use super::peer::{halves, pipe};
use crate::connection::{Conclusion, InPlace, Settings};

async fn held_after(bytes: &[u8]) -> usize {
    let (mut peer, shared, mut pump) = pipe(Settings::server(), 64 * 1024);
    let (mut input, output) = halves::<String, String>(&shared);
    let handler = async move {
        while let Ok(Some(line)) = input.recv().await {
            let _ = output.send(line).await;
        }
        Conclusion::done()
    };
    let waker = Waker::from(Arc::clone(&shared));
    let mut handler = pin!(Some(handler));
    for part in [&b""[..], bytes] {
        peer.io.write_all(part).await.expect("open");
        poll_fn(|cx| {
            for _ in 0..3 {
                let mut handler = InPlace { future: handler.as_mut(), waker: &waker };
                assert!(pump.poll(cx, &mut handler).is_pending());
            }
            Poll::Ready(())
        })
        .await;
    }
    pump.held()
}

#[tokio::test]
async fn an_idle_connection_holds_no_buffers() {
    assert_eq!(held_after(b"").await, 0);
    let mut frames = Vec::new();
    for _ in 0..100 {
        mandovi_websocket::frame::write(&mut frames, mandovi_websocket::Opcode::Text, true, Some([1; 4]), b"\"hello\"");
    }
    assert_eq!(held_after(&frames).await, 0, "after a hundred messages");
}

#[tokio::test]
async fn a_partial_frame_keeps_its_own_size() {
    // A header that announces 60,000 bytes, and ten of them.
    let mut frame = vec![0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0];
    frame.extend([b'x'; 10]);
    assert_eq!(held_after(&frame).await, 18);
}
