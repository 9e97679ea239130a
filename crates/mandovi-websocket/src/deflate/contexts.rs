//! zlib's working memory, shared by all connections of a thread.
//!
//! A context need not carry anything from one message to the next: what takeover needs is in the connection's
//! [`History`](super::history::History), and is given to the context as a dictionary. So any context will do for any
//! message, and a few per thread are enough.
//!
//! To deflate, a dictionary costs more than a message. So a context remembers whose message it had last: the few streams with
//! takeover that a thread served last go on where they were, without a dictionary.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use zlib_rs::{Deflate, DeflateConfig, Inflate};

/// How many idle contexts of each kind a thread keeps.
const KEEP: usize = 8;
/// Inflating with the largest window inflates what any window deflated; zlib-rs allocates the same for each.
const INFLATE_WINDOW_BITS: u8 = 15;

thread_local! {
    #[expect(clippy::vec_box, reason = "a connection keeps the box, not 128 bytes for it")]
    static INFLATING: RefCell<Vec<Box<Inflate>>> = const { RefCell::new(Vec::new()) };
    static DEFLATING: RefCell<Vec<Deflating>> = const { RefCell::new(Vec::new()) };
}

/// A context to inflate one message with.
pub(super) fn inflating() -> Box<Inflate> {
    let kept = INFLATING.try_with(|kept| kept.borrow_mut().pop()).ok().flatten();
    match kept {
        Some(mut context) => {
            context.reset(false);
            context
        }
        None => Box::new(Inflate::new(false, INFLATE_WINDOW_BITS)),
    }
}

/// Gives it back, in whatever state.
pub(super) fn give_back(context: Box<Inflate>) {
    // Without the thread's store, which ends before other values of the thread do, the context is freed.
    let _ = INFLATING.try_with(|kept| keep(&mut kept.borrow_mut(), context));
}

/// A place in the stream of one end's messages with takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    stream: u64,
    messages: u64,
}

impl Place {
    /// The beginning of a stream that is no other's.
    pub(super) fn new() -> Self {
        static STREAMS: AtomicU64 = AtomicU64::new(0);
        Self { stream: STREAMS.fetch_add(1, Ordering::Relaxed), messages: 0 }
    }

    /// Behind the next message.
    pub(super) fn advance(&mut self) {
        self.messages += 1;
    }
}

/// A context to deflate with, what it was made for, and where it stands.
struct Deflating {
    level: u8,
    window_bits: u8,
    place: Option<Place>,
    context: Deflate,
}

impl Deflating {
    fn new(level: u8, window_bits: u8) -> Self {
        let config = DeflateConfig {
            level: i32::from(level),
            // Negative: without zlib's own header and checksum.
            window_bits: -i32::from(window_bits),
            ..DeflateConfig::default()
        };
        Self { level, window_bits, place: None, context: Deflate::new_with_config(config) }
    }

    /// The one that stands at `place`; else the one of its kind that was used the longest ago, unless there is room for another.
    fn find(kept: &[Self], level: u8, window_bits: u8, place: Option<Place>) -> Option<usize> {
        let fits = |kept: &Self| kept.level == level && kept.window_bits == window_bits;
        let at = kept.iter().position(|kept| fits(kept) && kept.place == place);
        at.or_else(|| kept.iter().position(fits).filter(|_| kept.len() == KEEP))
    }
}

/// Lends a context to deflate the next message with, and says whether it knows the messages before `place`. Without a place it
/// knows none, and must be given back after a full flush.
pub(super) fn with_deflating<R>(
    level: u8,
    window_bits: u8,
    place: Option<Place>,
    deflate: impl FnOnce(&mut Deflate, bool) -> R,
) -> R {
    let kept = DEFLATING.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        let at = Deflating::find(&kept, level, window_bits, place)?;
        Some(kept.remove(at))
    });
    let mut lent = kept.ok().flatten().unwrap_or_else(|| Deflating::new(level, window_bits));
    let goes_on = place.is_some() && lent.place == place;
    // Without takeover a message ended with a full flush, behind which a context knows nothing of it.
    if !goes_on && (place.is_some() || lent.place.is_some()) {
        lent.context.reset();
    }
    let result = deflate(&mut lent.context, goes_on);
    lent.place = place;
    if let Some(place) = &mut lent.place {
        place.advance();
    }
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
            with_deflating(level, 15, None, |_, _| ());
        }
        DEFLATING.with_borrow(|kept| assert_eq!(kept.len(), KEEP));
        with_deflating(9, 15, None, |_, _| {
            DEFLATING.with_borrow(|kept| assert_eq!(kept.len(), KEEP - 1, "the kept one is lent"))
        });
    }

    #[test]
    fn the_streams_served_last_go_on_and_others_begin_anew() {
        let mut streams: Vec<_> = (0..KEEP).map(|_| Place::new()).collect();
        let serve = |place: &mut Place| {
            let goes_on = with_deflating(1, 12, Some(*place), |_, goes_on| goes_on);
            place.advance();
            goes_on
        };
        assert!(streams.iter_mut().all(|place| !serve(place)));
        assert!(streams.iter_mut().all(serve));
        // One more than there are contexts: it takes that of the one that was served the longest ago.
        let mut late = Place::new();
        assert!(!serve(&mut late) && serve(&mut late));
        assert!(!serve(&mut streams[0]) && serve(&mut streams[KEEP - 1]));
        // Another place of the same stream is not the one where the context stands.
        let mut behind = streams[KEEP - 1];
        behind.advance();
        assert!(!serve(&mut behind));
        // Without takeover nothing goes on.
        assert!((0..3).all(|_| !with_deflating(1, 12, None, |_, goes_on| goes_on)));
    }
}
