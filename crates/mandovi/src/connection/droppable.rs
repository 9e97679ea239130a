//! Messages that wait to be written and may still be dropped: each by itself, in the order in which they were sent.
//!
//! Only those are here whose policy may drop them once they are queued; all others are in the contiguous run of the
//! [`Outbox`](super::outbox::Outbox). Nothing of them is on its way: what the pump takes is here no longer.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::num::NonZeroU64;
use std::sync::OnceLock;

use bytes::Bytes;

/// What a message counts for beside its bytes: its place, and that of its key. So the bound is one of memory.
pub(crate) const PLACE: usize = 96;

/// What tells the messages about one thing from those about another, for `LatestPerKey`: 64 bits of a hash whose seed is this
/// process's own, so that no peer can choose keys that meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MessageKey(NonZeroU64);

impl MessageKey {
    pub(crate) fn of(key: &impl Hash) -> Self {
        static SEED: OnceLock<RandomState> = OnceLock::new();
        let hash = SEED.get_or_init(RandomState::new).hash_one(key);
        Self(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MAX))
    }
}

/// A whole frame, or a whole event.
#[derive(Debug)]
pub(crate) enum Body {
    Copied(Vec<u8>),
    /// A header, and a payload that others have too. Boxed: most are not.
    Shared(Box<(Vec<u8>, Bytes)>),
}

impl Body {
    pub(crate) fn len(&self) -> usize {
        match self {
            Body::Copied(frame) => frame.len(),
            Body::Shared(parts) => parts.0.len() + parts.1.len(),
        }
    }
}

#[derive(Debug)]
struct Waiting {
    key: Option<MessageKey>,
    body: Body,
}

/// What was dropped: how many, and payloads whose destructor may be a user's, to be dropped once no lock is held.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    pub(crate) messages: u64,
    pub(crate) payloads: Vec<Bytes>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Droppable {
    /// By the number that each was given.
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    bytes: usize,
    /// The newest that waits of each key.
    latest: HashMap<MessageKey, u64, BuildHasherDefault<AsItIs>>,
    /// How many wait that are not the newest of their key.
    superseded: usize,
}

impl Droppable {
    /// The number of the next message.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The number of the first that waits.
    fn first(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(number, _)| *number)
    }

    /// Bytes of frames that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// What those that wait count for against the bound.
    pub(crate) fn counted(&self) -> usize {
        self.bytes + self.waiting.len() * PLACE
    }

    pub(crate) fn push(&mut self, body: Body, key: Option<MessageKey>) {
        let number = self.next;
        self.next += 1;
        self.bytes += body.len();
        if let Some(key) = key
            && self.latest.insert(key, number).is_some()
        {
            self.superseded += 1;
        }
        self.waiting.insert(number, Waiting { key, body });
    }

    /// The first, to be written, unless something else goes before it: what is before the message of this number.
    pub(crate) fn take(&mut self, before: Option<u64>) -> Option<Body> {
        let first = self.first()?;
        if before.is_some_and(|before| first >= before) {
            return None;
        }
        let waiting = self.waiting.remove(&first)?;
        self.forget(first, &waiting);
        Some(waiting.body)
    }

    /// The same, if it is in one piece of at most so many bytes.
    pub(crate) fn take_small(&mut self, before: Option<u64>, most: usize) -> Option<Vec<u8>> {
        match &self.waiting.first_key_value()?.1.body {
            Body::Copied(frame) if frame.len() <= most => {}
            _ => return None,
        }
        match self.take(before)? {
            Body::Copied(frame) => Some(frame),
            Body::Shared(_) => None,
        }
    }

    /// Drops the first.
    pub(crate) fn drop_oldest(&mut self, dropped: &mut Dropped) -> bool {
        let Some((number, waiting)) = self.waiting.pop_first() else { return false };
        self.forget(number, &waiting);
        dropped.add(waiting.body);
        true
    }

    /// Drops all but the newest of each key, and that of this key too.
    pub(crate) fn drop_superseded(&mut self, key: Option<MessageKey>, dropped: &mut Dropped) {
        if self.superseded > 0 {
            let is_old = |(number, waiting): &(&u64, &Waiting)| {
                waiting.key.is_some_and(|key| self.latest.get(&key) != Some(number))
            };
            let old: Vec<u64> = self.waiting.iter().filter(is_old).map(|(number, _)| *number).collect();
            for number in old {
                self.drop_one(number, dropped);
            }
        }
        if let Some(number) = key.and_then(|key| self.latest.get(&key).copied()) {
            self.drop_one(number, dropped);
        }
    }

    /// What the newest message of this key counts for.
    pub(crate) fn counted_of(&self, key: MessageKey) -> usize {
        let waiting = self.latest.get(&key).and_then(|number| self.waiting.get(number));
        waiting.map_or(0, |waiting| waiting.body.len() + PLACE)
    }

    fn drop_one(&mut self, number: u64, dropped: &mut Dropped) {
        if let Some(waiting) = self.waiting.remove(&number) {
            self.forget(number, &waiting);
            dropped.add(waiting.body);
        }
    }

    fn forget(&mut self, number: u64, waiting: &Waiting) {
        self.bytes -= waiting.body.len();
        let Some(key) = waiting.key else { return };
        if self.latest.get(&key) == Some(&number) {
            self.latest.remove(&key);
        } else {
            self.superseded -= 1;
        }
    }
}

impl Dropped {
    pub(crate) fn add(&mut self, body: Body) {
        self.messages += 1;
        if let Body::Shared(parts) = body {
            self.payloads.push(parts.1);
        }
    }
}

/// A key is a hash already.
#[derive(Debug, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
