//! What a connection with permessage-deflate does to its own messages.
//!
//! A message is compressed in the task that sends it, once there is room for it and before the outbox is locked.

use std::cell::Cell;

use mandovi_websocket::deflate::{Agreement, Compressor};
use mandovi_websocket::{MessageKind, Role};

use crate::sync::{Mutex, MutexGuard, lock};

/// A frame that was larger than this, in bytes, does not keep its memory.
const FRAME_MAX: usize = 64 * 1024;

thread_local! {
    /// Where a frame is made before it is queued.
    static FRAME: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Compression {
    pub(crate) agreement: Agreement,
    compressors: Compressors,
}

#[derive(Debug)]
enum Compressors {
    /// Without takeover there is one for each message.
    Any(Compressor),
    /// With takeover it is locked from before a message is compressed until it is queued: what refers to earlier messages must be
    /// queued in their order.
    InOrder(Mutex<Compressor>),
}

/// The right to compress the next message.
pub(crate) enum Turn<'a> {
    Any(Compressor),
    InOrder(MutexGuard<'a, Compressor>),
}

impl Compression {
    pub(crate) fn new(role: Role, agreement: Agreement) -> Self {
        let compressor = Compressor::new(role, &agreement);
        let compressors = match compressor.has_takeover() {
            false => Compressors::Any(compressor),
            true => Compressors::InOrder(Mutex::new(compressor)),
        };
        Self { agreement, compressors }
    }

    /// Whether a message of so many bytes is worth it.
    pub(crate) fn wants(&self, payload_len: usize) -> bool {
        self.agreement.wants(payload_len)
    }

    /// Whether a message may refer to those before it.
    pub(crate) fn has_takeover(&self) -> bool {
        matches!(self.compressors, Compressors::InOrder(_))
    }

    pub(crate) fn turn(&self) -> Turn<'_> {
        match &self.compressors {
            Compressors::Any(compressor) => Turn::Any(compressor.clone()),
            Compressors::InOrder(compressor) => Turn::InOrder(lock(compressor)),
        }
    }
}

impl Turn<'_> {
    /// Makes a frame of a message and lends it. The message must then be queued.
    pub(crate) fn with_frame<R>(
        &mut self,
        kind: MessageKind,
        mask: Option<[u8; 4]>,
        payload: &[u8],
        queue: impl FnOnce(&[u8]) -> R,
    ) -> R {
        let compressor = match self {
            Turn::Any(compressor) => compressor,
            Turn::InOrder(compressor) => compressor,
        };
        let mut frame = FRAME.take();
        frame.clear();
        compressor.write(&mut frame, kind, mask, payload);
        let result = queue(&frame);
        if frame.capacity() <= FRAME_MAX {
            FRAME.set(frame);
        }
        result
    }
}
