//! Where the messages of a compressed connection are gathered: as whole frames of our own making, so that who reads
//! them need not know that they were compressed.
//!
//! ```text
//! storage  │ whole frames │ header, message so far │ spare │
//!          0          frames_end                  end
//! ```

#![cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "only compression begins a batch"))]

use std::ops::Range;

use crate::MessageKind;

/// Every frame in a batch has the longest length field: its length is not known when its payload begins.
const HEADER_LEN: usize = 10;
/// The room that is made first, where none was lent.
const FIRST_ROOM: usize = 4096;
/// From so many bytes of whole frames on nothing is added before they are taken: what is inflated is bounded by what is
/// read, not by what could be made of it.
const FULL: usize = 64 * 1024;

/// See the module.
#[derive(Default)]
pub(crate) struct Batch {
    storage: Vec<u8>,
    frames_end: usize,
    /// Where the message under way ends; `frames_end` if there is none.
    end: usize,
}

impl Batch {
    pub(crate) fn has_frames(&self) -> bool {
        self.frames_end > 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.frames_end >= FULL
    }

    pub(crate) fn storage_len(&self) -> usize {
        self.storage.len()
    }

    /// Bytes held: frames, and the message under way.
    pub(crate) fn held(&self) -> usize {
        self.end
    }

    /// Bytes of the message under way, header included.
    pub(crate) fn unfinished_len(&self) -> usize {
        self.end - self.frames_end
    }

    /// The message under way, as far as it has come.
    pub(crate) fn message(&self) -> &[u8] {
        self.storage.get(self.frames_end + HEADER_LEN..self.end).unwrap_or_default()
    }

    /// Begins a message.
    pub(crate) fn begin(&mut self) {
        self.reserve(HEADER_LEN, FIRST_ROOM);
        self.end = self.frames_end + HEADER_LEN;
    }

    /// Room for more of the message, at least one byte; at most what is left of its limit, which it must not have reached.
    pub(crate) fn room(&mut self, limit: usize) -> &mut [u8] {
        let left = limit - self.message().len();
        if self.end == self.storage.len() {
            self.reserve(1, left);
        }
        let to = self.storage.len().min(self.end.saturating_add(left));
        &mut self.storage[self.end..to]
    }

    /// The first `n` bytes of the [`room`](Self::room) were filled: they are the message's. Lends them.
    pub(crate) fn filled(&mut self, n: usize) -> &[u8] {
        let start = self.end;
        self.end += n;
        &self.storage[start..self.end]
    }

    /// Appends to the message, which stays within its limit.
    pub(crate) fn extend(&mut self, bytes: &[u8], limit: usize) {
        self.reserve(bytes.len(), limit - self.message().len());
        self.storage[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
    }

    /// The message is whole: it becomes a frame.
    pub(crate) fn finish(&mut self, kind: MessageKind) {
        let len = self.message().len() as u64;
        let header = &mut self.storage[self.frames_end..self.frames_end + HEADER_LEN];
        header[0] = 0x80 | kind.opcode().as_u8();
        header[1] = 127;
        header[2..].copy_from_slice(&len.to_be_bytes());
        self.frames_end = self.end;
    }

    /// Forgets the message under way.
    pub(crate) fn abandon(&mut self) {
        self.end = self.frames_end;
    }

    /// Moves the whole frames out, together with the storage; the message under way goes on in `replacement`.
    pub(crate) fn take(&mut self, mut replacement: Vec<u8>) -> (Vec<u8>, Range<usize>) {
        let unfinished = &self.storage[self.frames_end..self.end];
        if replacement.len() < unfinished.len() {
            replacement.resize(unfinished.len(), 0);
        }
        replacement[..unfinished.len()].copy_from_slice(unfinished);
        self.end = unfinished.len();
        let frames = 0..std::mem::take(&mut self.frames_end);
        (std::mem::replace(&mut self.storage, replacement), frames)
    }

    /// Forgets the whole frames.
    pub(crate) fn discard(&mut self) {
        self.storage.copy_within(self.frames_end..self.end, 0);
        self.end -= std::mem::take(&mut self.frames_end);
    }

    /// Moves what is held into `storage`, which must be large enough, and gives the old one back.
    pub(crate) fn replace_storage(&mut self, mut storage: Vec<u8>) -> Vec<u8> {
        assert!(self.end <= storage.len(), "the new storage is smaller than what is held");
        storage[..self.end].copy_from_slice(&self.storage[..self.end]);
        std::mem::replace(&mut self.storage, storage)
    }

    /// Makes room for `more` bytes; for as much again as the message has, but not for much more than `most`.
    fn reserve(&mut self, more: usize, most: usize) {
        if self.storage.len() - self.end < more {
            let room = self.unfinished_len().min(most).max(more).max(FIRST_ROOM);
            // Exactly: the vector would double what it has, frames and all.
            self.storage.reserve_exact(self.end + room - self.storage.len());
            self.storage.resize(self.end + room, 0);
        }
    }
}
