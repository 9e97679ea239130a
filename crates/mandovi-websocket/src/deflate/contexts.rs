//! zlib's working memory, shared by all connections of a thread.
//!
//! A context carries nothing from one message to the next: what takeover needs is in the connection's
//! [`History`](super::history::History), and is given to the context as a dictionary. So any context will do for any
//! message, and a few per thread are enough.

use std::cell::RefCell;

use zlib_rs::{Deflate, DeflateConfig, Inflate};

/// How many idle contexts of each kind a thread keeps.
const KEEP: usize = 4;
/// Inflating with the largest window inflates what any window deflated; zlib-rs allocates the same for each.
const INFLATE_WINDOW_BITS: u8 = 15;

thread_local! {
    static INFLATING: RefCell<Vec<Inflate>> = const { RefCell::new(Vec::new()) };
    static DEFLATING: RefCell<Vec<Deflating>> = const { RefCell::new(Vec::new()) };
}

/// A context to inflate one message with.
pub(super) fn inflating() -> Inflate {
    let kept = INFLATING.try_with(|kept| kept.borrow_mut().pop()).ok().flatten();
    match kept {
        Some(mut context) => {
            context.reset(false);
            context
        }
        None => Inflate::new(false, INFLATE_WINDOW_BITS),
    }
}

/// Gives it back, in whatever state.
pub(super) fn give_back(context: Inflate) {
    // Without the thread's store, which ends before other values of the thread do, the context is freed.
    let _ = INFLATING.try_with(|kept| keep(&mut kept.borrow_mut(), context));
}

/// A context to deflate one message with, and what it was made for.
struct Deflating {
    level: u8,
    window_bits: u8,
    context: Deflate,
}

/// Lends a context to deflate one message with.
pub(super) fn with_deflating<R>(level: u8, window_bits: u8, deflate: impl FnOnce(&mut Deflate) -> R) -> R {
    let kept = DEFLATING.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        let at = kept.iter().position(|kept| kept.level == level && kept.window_bits == window_bits)?;
        Some(kept.swap_remove(at))
    });
    let mut lent = match kept.ok().flatten() {
        Some(mut kept) => {
            kept.context.reset();
            kept
        }
        None => {
            let config = DeflateConfig {
                level: i32::from(level),
                // Negative: without zlib's own header and checksum.
                window_bits: -i32::from(window_bits),
                ..DeflateConfig::default()
            };
            Deflating { level, window_bits, context: Deflate::new_with_config(config) }
        }
    };
    let result = deflate(&mut lent.context);
    let _ = DEFLATING.try_with(|kept| keep(&mut kept.borrow_mut(), lent));
    result
}

/// The oldest goes when there are too many: whoever used it last may have had settings of its own.
fn keep<T>(kept: &mut Vec<T>, context: T) {
    if kept.len() == KEEP {
        kept.remove(0);
    }
    kept.push(context);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_a_few_contexts_and_no_more() {
        let many: Vec<_> = (0..2 * KEEP).map(|_| inflating()).collect();
        many.into_iter().for_each(give_back);
        INFLATING.with_borrow(|kept| assert_eq!(kept.len(), KEEP));
        for level in 1..=9 {
            with_deflating(level, 15, |_| ());
        }
        DEFLATING.with_borrow(|kept| assert_eq!(kept.len(), KEEP));
        with_deflating(9, 15, |_| {
            DEFLATING.with_borrow(|kept| assert_eq!(kept.len(), KEEP - 1, "the kept one is lent"))
        });
    }
}
