//! Compares what comes back with what must come back: the count, the length and every byte of every answer.
//!
//! The answers are known in advance, so the check is one comparison of the bytes of a read with the bytes expected
//! there; only a difference is looked at as a frame. That makes the whole check cheaper than parsing each header.
//! Control frames between two answers are skipped: the connections live for less than any heartbeat waits.

use std::rc::Rc;

use super::Fault;
use super::script::Script;

/// The first byte of the control frames (RFC 6455 §5.5): always final, no extension.
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// The reading side of one connection.
#[derive(Debug)]
pub(crate) struct Checker {
    connection: usize,
    script: Rc<Script>,
    /// Bytes of the script's answer that have come in this cycle.
    offset: usize,
    /// Whole answers of the script that have come in this cycle.
    index: usize,
    sent: u64,
    answered: u64,
    control: Control,
}

/// The control frame in whose middle a read ended.
#[derive(Clone, Copy, Debug)]
enum Control {
    None,
    Length,
    Payload(usize),
}

impl Checker {
    /// Expects the answers to `script`, over and over.
    pub(crate) fn new(connection: usize, script: Rc<Script>) -> Self {
        Self { connection, script, offset: 0, index: 0, sent: 0, answered: 0, control: Control::None }
    }

    /// Goes over to another script, at its beginning. All that was sent must have been answered.
    pub(crate) fn follow(&mut self, script: Rc<Script>) {
        debug_assert_eq!(self.outstanding(), 0, "answers to the old script are due");
        self.script = script;
        self.offset = 0;
        self.index = 0;
    }

    /// So many more messages are on their way.
    pub(crate) fn sent(&mut self, count: usize) {
        self.sent += count as u64;
    }

    /// How many answers are due.
    pub(crate) fn outstanding(&self) -> u64 {
        self.sent - self.answered
    }

    /// The fault of having waited in vain.
    pub(crate) fn stalled(&self) -> Fault {
        Fault::Stalled { connection: self.connection, answered: self.answered, sent: self.sent }
    }

    /// Takes what a read gave; says how many answers became whole.
    ///
    /// # Errors
    ///
    /// The first byte that is not the one expected, an answer to nothing, or a Close frame.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<u64, Fault> {
        let before = self.answered;
        while let Some(&first) = bytes.first() {
            match self.control {
                Control::None => {
                    let expected = &self.script.answer()[self.offset..];
                    let length = expected.len().min(bytes.len());
                    let same = same_bytes(&expected[..length], &bytes[..length]);
                    self.advance(same)?;
                    bytes = &bytes[same..];
                    if same < length {
                        self.differ(bytes[0])?;
                        bytes = &bytes[1..];
                    }
                }
                Control::Length => {
                    self.control = Control::Payload(usize::from(first & 0x7f));
                    bytes = &bytes[1..];
                }
                Control::Payload(left) => {
                    let here = left.min(bytes.len());
                    self.control = Control::Payload(left - here);
                    bytes = &bytes[here..];
                }
            }
            if let Control::Payload(0) = self.control {
                self.control = Control::None;
            }
        }
        Ok(self.answered - before)
    }

    fn advance(&mut self, count: usize) -> Result<(), Fault> {
        self.offset += count;
        let ends = self.script.answer_ends();
        while ends.get(self.index).is_some_and(|end| *end <= self.offset) {
            self.index += 1;
            self.answered += 1;
        }
        if self.index == ends.len() {
            self.index = 0;
            self.offset = 0;
        }
        if self.answered > self.sent {
            return Err(Fault::Unasked { connection: self.connection, sent: self.sent });
        }
        Ok(())
    }

    /// A byte differs: it begins a control frame between two answers, or it is wrong.
    fn differ(&mut self, got: u8) -> Result<(), Fault> {
        let begin = self.index.checked_sub(1).map_or(0, |before| self.script.answer_ends()[before]);
        let at = self.offset - begin;
        match (at, got) {
            (0, CLOSE) => Err(Fault::Ended { connection: self.connection }),
            (0, PING | PONG) => {
                self.control = Control::Length;
                Ok(())
            }
            _ => Err(Fault::Wrong {
                connection: self.connection,
                message: self.answered,
                at,
                wanted: self.script.answer()[self.offset],
                got,
            }),
        }
    }
}

/// How many bytes at the front are the same. The slices are equally long.
fn same_bytes(expected: &[u8], got: &[u8]) -> usize {
    // Equality of slices is one `memcmp`; where they differ matters only once.
    if expected == got {
        return got.len();
    }
    expected.iter().zip(got).take_while(|(wanted, got)| wanted == got).count()
}

#[cfg(test)]
mod tests {
    use super::super::script::Answers;
    use super::*;

    const FRAME: usize = 66;

    /// Feeds `bytes` to a checker that was promised `sent` answers of a cycle of four, in pieces of `piece` bytes.
    fn check(sent: usize, bytes: &[u8], piece: usize) -> Result<u64, Fault> {
        let script = Rc::new(Script::new(Answers::Frames, None, 4));
        let mut checker = Checker::new(7, script);
        checker.sent(sent);
        let mut answered = 0;
        for piece in bytes.chunks(piece) {
            answered += checker.feed(piece)?;
        }
        Ok(answered)
    }

    fn answers(count: usize) -> Vec<u8> {
        let script = Script::new(Answers::Frames, None, 4);
        script.answer().iter().copied().cycle().take(count * FRAME).collect()
    }

    #[test]
    fn right_answers_are_counted_however_they_are_cut() {
        for piece in [1, 2, 65, 66, 67, 1000] {
            assert!(matches!(check(9, &answers(9), piece), Ok(9)), "pieces of {piece}");
        }
        assert!(matches!(check(9, &answers(9)[..8 * FRAME + 65], 100), Ok(8)));
    }

    #[test]
    fn any_altered_byte_is_found() {
        for at in 0..3 * FRAME {
            let mut bytes = answers(3);
            bytes[at] ^= 0x20;
            match check(3, &bytes, 50) {
                Err(Fault::Wrong { connection: 7, message, at: place, .. }) => {
                    assert_eq!(message as usize * FRAME + place, at);
                }
                other => panic!("byte {at}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_lost_doubled_or_swapped_answer_is_found() {
        let good = answers(3);
        let (first, second) = (&good[..FRAME], &good[FRAME..2 * FRAME]);
        assert!(matches!(check(3, second, 1000), Err(Fault::Wrong { message: 0, .. })));
        assert!(matches!(check(3, &[first, first].concat(), 1000), Err(Fault::Wrong { message: 1, .. })));
        assert!(matches!(check(3, &[second, first].concat(), 1000), Err(Fault::Wrong { message: 0, .. })));
    }

    #[test]
    fn an_answer_to_nothing_is_found() {
        assert!(matches!(check(2, &answers(3), 1000), Err(Fault::Unasked { sent: 2, .. })));
    }

    #[test]
    fn pings_between_answers_are_skipped_and_a_close_is_the_end() {
        let good = answers(2);
        let ping = [&[0x89, 3][..], b"hey"].concat();
        let with_ping = [&good[..FRAME], &ping, &[0x8a, 0], &good[FRAME..]].concat();
        for piece in [1, 3, 1000] {
            assert!(matches!(check(2, &with_ping, piece), Ok(2)));
        }
        let with_close = [&good[..FRAME], &[0x88, 2, 3, 0xe8][..]].concat();
        assert!(matches!(check(2, &with_close, 1000), Err(Fault::Ended { connection: 7 })));
        let inside = [&good[..FRAME - 1], &ping, &good[FRAME - 1..]].concat();
        assert!(matches!(check(2, &inside, 1000), Err(Fault::Wrong { at: 65, .. })));
    }
}
