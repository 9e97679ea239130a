//! In place of meters where nothing is measured: without the feature `metrics`.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::Outcome;
use crate::error::Closed;
use crate::manager::Transport;

#[derive(Debug, Default)]
pub(crate) struct Metered {}

#[derive(Debug, Default)]
pub(crate) struct MeteredCalls {}

/// There is none.
#[derive(Debug)]
pub(crate) enum Meters {}

/// There is none.
#[derive(Debug)]
#[allow(dead_code, reason = "nobody makes one")]
pub(crate) struct Meter;

impl Metered {
    pub(crate) fn get(&self, _service: &'static str, _method: &'static str) -> Option<Arc<Meters>> {
        None
    }
}

impl MeteredCalls {
    pub(crate) fn get(&self, _service: &'static str, _method: &'static str) -> Option<Arc<Meters>> {
        None
    }
}

pub(super) fn refused_unknown(_status: StatusCode) {}

impl Meters {
    pub(crate) fn handled(&self, _lasted: Duration) {
        match *self {}
    }

    pub(crate) fn refused(&self, _status: StatusCode, _retry_after: bool) {
        match *self {}
    }

    pub(crate) fn called(&self, _outcome: Outcome) {
        match *self {}
    }

    #[allow(dead_code, reason = "for the client that comes back by itself")]
    pub(crate) fn reconnected(&self) {
        match *self {}
    }
}

impl Meter {
    pub(crate) fn open(meters: &Arc<Meters>, _transport: Transport, _handshake: Duration) -> Self {
        match **meters {}
    }

    pub(crate) fn ended(&self, _closed: &Closed) {}

    pub(crate) fn flush(&self, _numbers: [u64; 4]) {}

    pub(crate) fn invalid(&self) {}

    pub(crate) fn lagged(&self, _messages: u64) {}

    pub(crate) fn reaped(&self) {}

    pub(crate) fn round_trip(&self, _took: Duration) {}

    pub(crate) fn queued(&self, _waited: Duration) {}
}
