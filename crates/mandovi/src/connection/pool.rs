//! Buffers, kept per worker thread and lent to the connection that has something to read or write.
//!
//! An idle connection holds none. A thread keeps at most [`KEEP`] of each kind; what comes back beyond that is freed.

use std::cell::RefCell;

/// The size of a pooled read buffer, in bytes: also the bound of what is handed to a handler at once.
pub(crate) const READ_BUFFER: usize = 64 * 1024;
/// A write buffer that grew beyond this many bytes is freed instead of kept.
const WRITE_BUFFER_MAX: usize = 256 * 1024;
/// How many buffers of each kind a thread keeps.
const KEEP: usize = 16;

thread_local! {
    static READ: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    static WRITE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// A read buffer: initialised, [`READ_BUFFER`] bytes long.
pub(crate) fn read_buffer() -> Vec<u8> {
    READ.with_borrow_mut(Vec::pop).unwrap_or_else(|| vec![0; READ_BUFFER])
}

/// Gives a read buffer back. Buffers of another size are freed.
pub(crate) fn recycle_read(buffer: Vec<u8>) {
    if buffer.len() == READ_BUFFER {
        READ.with_borrow_mut(|pool| keep(pool, buffer));
    }
}

/// A write buffer: empty, perhaps with room already.
pub(crate) fn write_buffer() -> Vec<u8> {
    WRITE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Gives a write buffer back. It is emptied here.
pub(crate) fn recycle_write(mut buffer: Vec<u8>) {
    if (1..=WRITE_BUFFER_MAX).contains(&buffer.capacity()) {
        buffer.clear();
        WRITE.with_borrow_mut(|pool| keep(pool, buffer));
    }
}

fn keep(pool: &mut Vec<Vec<u8>>, buffer: Vec<u8>) {
    if pool.len() < KEEP {
        pool.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_buffer_comes_back_only_at_its_own_size() {
        READ.with_borrow_mut(Vec::clear);
        recycle_read(vec![0; 10]);
        READ.with_borrow(|pool| assert!(pool.is_empty()));
        recycle_read(read_buffer());
        READ.with_borrow(|pool| assert_eq!(pool.len(), 1));
    }

    #[test]
    fn the_pool_is_bounded() {
        WRITE.with_borrow_mut(Vec::clear);
        for _ in 0..2 * KEEP {
            recycle_write(Vec::with_capacity(10));
        }
        recycle_write(Vec::with_capacity(WRITE_BUFFER_MAX + 1));
        WRITE.with_borrow(|pool| assert_eq!(pool.len(), KEEP));
    }
}
