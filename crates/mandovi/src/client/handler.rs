//! A client's connection task: it has no method to run, it only watches the halves that the user holds.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use mandovi_websocket::CloseCode;

use crate::connection::{Conclusion, Io, Pump, ReceiverLife, Settings, Shared, run_with};
use crate::observe::Observed;
use crate::sync::{Ordering, lock};

/// Runs the connection of a call whose halves exist already. `sends`: the call has a sending half.
pub(crate) fn spawn(io: Io, prefix: &Bytes, shared: Arc<Shared>, settings: Settings, sends: bool) {
    spawn_observed(io, prefix, shared, settings, sends, &Observed::default());
}

/// The same, telling of it.
pub(super) fn spawn_observed(
    io: Io,
    prefix: &Bytes,
    shared: Arc<Shared>,
    settings: Settings,
    sends: bool,
    observed: &Observed,
) {
    let connected = observed.opened(&shared);
    let pump = Pump::new(io, prefix, Arc::clone(&shared), settings, None);
    tokio::spawn(async move {
        // Dropped behind the pump.
        let _connected = connected;
        let watched = Arc::clone(&shared);
        // Whoever drops or finishes a half wakes the handler.
        let watch = poll_fn(move |_| conclusion(&watched, sends).map_or(Poll::Pending, Poll::Ready));
        run_with(pump, shared, watch).await;
    });
}

/// What the halves that are left mean for the call.
pub(super) fn conclusion(shared: &Shared, sends: bool) -> Option<Conclusion> {
    let receiver = lock(&shared.inbox).receiver;
    let finished = lock(&shared.outbox).finished;
    let sender_gone = shared.senders.load(Ordering::Acquire) == 0;
    if sends && sender_gone && !finished {
        // An upload never looks complete by accident.
        let reason = "the client cancelled the call".into();
        return Some(Conclusion::Close(CloseCode::GOING_AWAY, reason));
    }
    if receiver != ReceiverLife::Held && (!sends || finished) {
        return Some(Conclusion::Close(CloseCode::NORMAL, "client closing connection".into()));
    }
    None
}
