//! What later messages of one direction may refer to ([RFC 7692 §7.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2)).

use std::collections::VecDeque;

/// The last bytes of the compressed messages of one direction, before compression: as many as the window has.
#[derive(Clone, Default)]
pub(super) struct History {
    /// A ring: with 32 KiB, moving what stays would cost as much as a small message.
    bytes: VecDeque<u8>,
    window: usize,
}

impl History {
    pub(super) fn new(window_bits: u8) -> Self {
        Self { bytes: VecDeque::new(), window: 1 << window_bits }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The pieces of it that are not empty, in their order.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (first, second) = self.bytes.as_slices();
        [first, second].into_iter().filter(|piece| !piece.is_empty())
    }

    pub(super) fn push(&mut self, message: &[u8]) {
        let message = &message[message.len().saturating_sub(self.window)..];
        let over = (self.bytes.len() + message.len()).saturating_sub(self.window);
        self.bytes.drain(..over);
        // To its size and no further: doubling would keep up to twice the window.
        self.bytes.reserve_exact(message.len());
        self.bytes.extend(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_last_bytes_and_no_more() {
        let mut history = History::new(9);
        let mut all = Vec::new();
        for size in [0, 1, 200, 400, 511, 512, 513, 7, 2000, 3] {
            let message: Vec<u8> = (0..size).map(|at| (at * 31 + size) as u8).collect();
            history.push(&message);
            all.extend_from_slice(&message);
            assert_eq!(history.pieces().collect::<Vec<_>>().concat(), &all[all.len().saturating_sub(512)..]);
            assert!(history.bytes.capacity() <= 512);
        }
    }
}
