//! What later messages of one direction may refer to ([RFC 7692 §7.2](https://www.rfc-editor.org/rfc/rfc7692#section-7.2)).

/// The last bytes of the compressed messages of one direction, before compression: as many as the window has.
#[derive(Clone, Default)]
pub(super) struct History {
    bytes: Vec<u8>,
    window: usize,
}

impl History {
    pub(super) fn new(window_bits: u8) -> Self {
        Self { bytes: Vec::new(), window: 1 << window_bits }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn push(&mut self, message: &[u8]) {
        let message = &message[message.len().saturating_sub(self.window)..];
        let over = (self.bytes.len() + message.len()).saturating_sub(self.window);
        self.bytes.drain(..over);
        // To its size and no further: doubling would keep up to twice the window.
        self.bytes.reserve_exact(message.len());
        self.bytes.extend_from_slice(message);
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
            assert_eq!(history.bytes(), &all[all.len().saturating_sub(512)..]);
            assert!(history.bytes.capacity() <= 512);
        }
    }
}
