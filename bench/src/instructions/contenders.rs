//! Who does the work: our codec and others, each as its own users would write it for speed.
//!
//! All get the same bytes from the same [`Memory`] and show the same payloads. What a library wants
//! owned is given to it in the form that costs it least: a message to send lies in static memory.

mod fastwebsockets;
mod mandovi;
mod sockudo;
mod tokio_websockets;
mod tungstenite;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::Operation;
use super::memory::Memory;
use super::rows::Row;
use crate::AnyError;

/// One codec.
pub(crate) struct Contender {
    /// The name in the report.
    pub(crate) name: &'static str,
    /// What it is and how it is used, for people.
    pub(crate) about: &'static str,
    /// Readies it for a row; `None` where it has no equivalent.
    pub(crate) prepare: fn(&Row, &Memory) -> Option<Operation>,
}

/// All of them, in the order of the report: ours first.
pub(crate) const ALL: &[Contender] = &[
    Contender {
        name: OURS,
        about: "`mandovi-websocket`, as the runtime uses it: `Decoder` reads into storage that goes round, `Frames` lends each \
                message, `frame::write` appends to a buffer that is written at once",
        prepare: mandovi::prepare,
    },
    Contender {
        name: "fastwebsockets",
        about: "fastwebsockets 0.10, `FragmentCollector` over an async transport, polled by hand; it writes every frame by itself",
        prepare: fastwebsockets::prepare,
    },
    Contender {
        name: "tokio-websockets",
        about: "tokio-websockets 0.12 (0.13 needs a newer compiler than ours), `Stream` and `Sink` polled by hand",
        prepare: tokio_websockets::prepare,
    },
    Contender {
        name: "sockudo-ws",
        about: "sockudo-ws 3.1, its `Protocol` without IO, reading into one `BytesMut`",
        prepare: sockudo::prepare,
    },
    Contender {
        name: "tungstenite",
        about: "tungstenite 0.30, `WebSocket` over `Read` and `Write`, as it comes: it clears its 128 KiB buffer before each read",
        prepare: tungstenite::prepare,
    },
    Contender {
        name: "tungstenite-4k",
        about: "the same with `read_buffer_size(4096)`: less to clear, more reads",
        prepare: tungstenite::prepare_4k,
    },
];

/// The contender that the others are set against.
pub(crate) const OURS: &str = "mandovi";

/// The contender of this name.
///
/// # Errors
///
/// There is none: names those that there are.
pub(crate) fn find(name: &str) -> Result<&'static Contender, AnyError> {
    ALL.iter().find(|contender| contender.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|contender| contender.name).collect();
        format!("no contender `{name}`; there are: {}", names.join(", ")).into()
    })
}

/// The output of a future that never waits, because its transport is always ready.
fn ready<F: Future>(future: F) -> Result<F::Output, AnyError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("it waits for a transport that is always ready".into()),
    }
}
