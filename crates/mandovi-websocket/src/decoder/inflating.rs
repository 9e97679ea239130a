//! The decoder of a connection with permessage-deflate: every data message, compressed or not, goes into a batch of its own.

use crate::batch::Batch;
use crate::utf8::Utf8;
use crate::{MessageKind, ProtocolError};

#[cfg(feature = "deflate")]
use crate::deflate::{Inflater, Target};

/// What a compressed message may have on the wire when it may have `limit` bytes: what a simple compressor makes of bytes
/// that do not compress.
pub(super) const fn on_the_wire(limit: usize) -> usize {
    limit.saturating_add(limit / 8).saturating_add(64)
}

pub(super) struct Inflating {
    pub(super) batch: Batch,
    #[cfg(feature = "deflate")]
    inflater: Inflater,
}

impl Inflating {
    #[cfg(feature = "deflate")]
    pub(super) fn new(inflater: Inflater) -> Self {
        Self { batch: Batch::default(), inflater }
    }

    /// Takes a piece of a message's payload. That of a plain message is validated already.
    pub(super) fn feed(
        &mut self,
        piece: &[u8],
        message: &super::Message,
        utf8: &mut Utf8,
        limit: usize,
    ) -> Result<(), ProtocolError> {
        if !message.compressed {
            self.batch.extend(piece, limit);
            return Ok(());
        }
        #[cfg(feature = "deflate")]
        self.inflater.feed(piece, &mut Target { batch: &mut self.batch, kind: message.kind, utf8, limit })?;
        #[cfg(not(feature = "deflate"))]
        let _ = (utf8, limit);
        Ok(())
    }

    /// The message's last piece was taken: it becomes a frame of the batch.
    pub(super) fn finish(
        &mut self,
        message: &super::Message,
        utf8: &mut Utf8,
        limit: usize,
    ) -> Result<(), ProtocolError> {
        #[cfg(feature = "deflate")]
        if message.compressed {
            self.inflater.finish(&mut Target { batch: &mut self.batch, kind: message.kind, utf8, limit })?;
        }
        let _ = limit;
        if message.kind == MessageKind::Text && !utf8.is_complete() {
            return Err(ProtocolError::InvalidUtf8);
        }
        self.batch.finish(message.kind);
        Ok(())
    }

    /// Nothing more will come.
    pub(super) fn abandon(&mut self) {
        self.batch.abandon();
        #[cfg(feature = "deflate")]
        self.inflater.abandon();
    }

    /// Bytes held for takeover.
    #[cfg(feature = "deflate")]
    pub(super) fn history_len(&self) -> usize {
        self.inflater.history_len()
    }
}
