//! Buffers, kept per worker thread and lent to the connection that has something to read or write.
//!
//! An idle connection holds none. A thread keeps at most [`KEEP`] of each kind; what comes back beyond that is freed.

use std::cell::RefCell;

/// The sizes that a pooled buffer may have, in bytes: powers of two.
pub(crate) const SMALLEST: usize = 1024;
pub(crate) const LARGEST: usize = 1024 * 1024;
/// How many sizes that are.
const SIZES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;
/// A write buffer that grew beyond this many bytes is freed instead of kept.
const WRITE_BUFFER_MAX: usize = 256 * 1024;
/// How many buffers of each kind a thread keeps.
const KEEP: usize = 16;
/// How many bytes of read buffers a thread keeps, of all sizes.
const KEEP_BYTES: usize = KEEP * 64 * 1024;

/// Read buffers by their size.
struct Reads {
    sizes: [Vec<Vec<u8>>; SIZES],
    bytes: usize,
}

thread_local! {
    static READ: RefCell<Reads> = const { RefCell::new(Reads { sizes: [const { Vec::new() }; SIZES], bytes: 0 }) };
    static WRITE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Where buffers of that size are kept, if they are.
fn place(size: usize) -> Option<usize> {
    let kept = size.is_power_of_two() && (SMALLEST..=LARGEST).contains(&size);
    kept.then(|| (size / SMALLEST).ilog2() as usize)
}

/// A read buffer: initialised, `size` bytes long.
pub(crate) fn read_buffer(size: usize) -> Vec<u8> {
    let kept = place(size).and_then(|place| {
        READ.with_borrow_mut(|reads| {
            let buffer = reads.sizes[place].pop()?;
            reads.bytes -= size;
            Some(buffer)
        })
    });
    kept.unwrap_or_else(|| vec![0; size])
}

/// Gives a read buffer back. One that has no size of ours is freed.
pub(crate) fn recycle_read(buffer: Vec<u8>) {
    let size = buffer.len();
    let Some(place) = place(size) else { return };
    READ.with_borrow_mut(|reads| {
        if reads.bytes + size <= KEEP_BYTES && reads.sizes[place].len() < KEEP {
            reads.bytes += size;
            reads.sizes[place].push(buffer);
        }
    });
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
    fn a_read_buffer_comes_back_only_at_a_size_of_ours() {
        for size in [10, SMALLEST - 1, SMALLEST + 1, 3 * SMALLEST, 2 * LARGEST] {
            recycle_read(vec![0; size]);
            READ.with_borrow(|reads| assert_eq!(reads.bytes, 0, "{size}"));
        }
        for size in [SMALLEST, 16 * 1024, 64 * 1024, LARGEST] {
            let buffer = read_buffer(size);
            let at = buffer.as_ptr();
            assert_eq!(buffer.len(), size);
            recycle_read(buffer);
            let buffer = read_buffer(size);
            assert_eq!((buffer.len(), buffer.as_ptr()), (size, at));
        }
        READ.with_borrow(|reads| assert_eq!(reads.bytes, 0));
    }

    #[test]
    fn read_buffers_are_bounded_in_bytes_and_in_number() {
        for _ in 0..2 * KEEP {
            recycle_read(vec![0; SMALLEST]);
            recycle_read(vec![0; 64 * 1024]);
        }
        READ.with_borrow(|reads| {
            assert_eq!(reads.sizes[0].len(), KEEP);
            assert!(reads.bytes > KEEP_BYTES - 64 * 1024 && reads.bytes <= KEEP_BYTES);
        });
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
