//! The transport of every contender: memory that is always ready, and copies as a kernel would.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives a first batch and then another again and again, never the end of one and the beginning of the next in one
/// read; keeps what is written until it is asked for. A clone is the same transport.
#[derive(Clone)]
pub(crate) struct Memory(Rc<Shared>);

struct Shared {
    batches: [Vec<u8>; 2],
    batch: Cell<usize>,
    at: Cell<usize>,
    written: RefCell<Vec<u8>>,
    calls: Cell<u64>,
    bytes_written: Cell<u64>,
}

impl Memory {
    /// What arrives: first, and then for ever.
    pub(crate) fn new(batches: [Vec<u8>; 2]) -> Self {
        Self(Rc::new(Shared {
            batches,
            batch: Cell::new(0),
            at: Cell::new(0),
            written: RefCell::new(Vec::with_capacity(128 * 1024)),
            calls: Cell::new(0),
            bytes_written: Cell::new(0),
        }))
    }

    /// How often it was read or written: with a socket, so many system calls.
    pub(crate) fn calls(&self) -> u64 {
        self.0.calls.get()
    }

    /// How much was written and shown.
    pub(crate) fn bytes_written(&self) -> u64 {
        self.0.bytes_written.get()
    }

    /// Shows what was written since the last time, and forgets it.
    pub(crate) fn show_written(&self, show: &mut dyn FnMut(&[u8])) {
        let mut written = self.0.written.borrow_mut();
        self.0.bytes_written.set(self.0.bytes_written.get() + written.len() as u64);
        show(&written);
        written.clear();
    }

    /// Copies what arrives into `room`; how much that was.
    pub(crate) fn read_into(&self, room: &mut [u8]) -> usize {
        let bytes = self.arrived(room.len());
        room[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }

    /// What arrives next, where it lies, at most `most` bytes.
    pub(crate) fn arrived(&self, most: usize) -> &[u8] {
        self.0.calls.set(self.0.calls.get() + 1);
        let at = self.0.at.get();
        let batch = &self.0.batches[self.0.batch.get()];
        let end = batch.len().min(at.saturating_add(most));
        if end == batch.len() {
            self.0.batch.set(1);
            self.0.at.set(0);
        } else {
            self.0.at.set(end);
        }
        &batch[at..end]
    }

    /// Takes bytes that leave.
    pub(crate) fn write_from(&self, bytes: &[u8]) {
        self.0.calls.set(self.0.calls.get() + 1);
        self.0.written.borrow_mut().extend_from_slice(bytes);
    }

    fn write_all_from(&self, pieces: &[IoSlice<'_>]) -> usize {
        self.0.calls.set(self.0.calls.get() + 1);
        let mut written = self.0.written.borrow_mut();
        pieces.iter().for_each(|piece| written.extend_from_slice(piece));
        pieces.iter().map(|piece| piece.len()).sum()
    }
}

impl Read for Memory {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_into(room))
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_from(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Memory {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        room.put_slice(self.arrived(room.remaining()));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write_from(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.write_all_from(pieces)))
    }

    fn is_write_vectored(&self) -> bool {
        true // as a TCP socket
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_stops_at_the_end_of_a_batch() {
        let memory = Memory::new([b"abcde".to_vec(), b"12345".to_vec()]);
        let mut room = [0; 3];
        for (first, second) in [(b"abc", b"de"), (b"123", b"45"), (b"123", b"45")] {
            assert_eq!((memory.read_into(&mut room), &room), (3, first));
            assert_eq!((memory.read_into(&mut room), &room[..2]), (2, &second[..]));
        }
        assert_eq!(memory.calls(), 6);
    }

    #[test]
    fn what_was_written_is_shown_once() {
        let memory = Memory::new([Vec::new(), Vec::new()]);
        memory.write_from(b"ab");
        assert_eq!(memory.write_all_from(&[IoSlice::new(b"c"), IoSlice::new(b"de")]), 3);
        let mut shown = Vec::new();
        memory.show_written(&mut |bytes| shown.push(bytes.to_vec()));
        memory.show_written(&mut |bytes| shown.push(bytes.to_vec()));
        assert_eq!(shown, [&b"abcde"[..], b""]);
        assert_eq!((memory.calls(), memory.bytes_written()), (2, 5));
    }
}
