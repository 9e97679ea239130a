//! A little fuzzing without coverage, the same every time: inputs of a corpus, changed.

/// A xorshift generator: enough to choose mutations, and always the same ones.
pub struct Rng(u64);

impl Rng {
    /// Any seed but zero.
    pub const fn new(seed: u64) -> Self {
        Self(if seed == 0 { 1 } else { seed })
    }

    /// 0 to `bound` - 1; 0 where there is nothing to choose.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }
}

/// Longest input that is made.
const MOST: usize = 4096;

/// Bytes that mean something to a frame, a text or a head.
const TELLING: &[u8] = &[
    0, 1, 2, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xc3, 0xe2, 0xed, 0xf0, 0xf4, 0xfd, 0xfe,
    0xff, b' ', b',', b';', b':', b'\r', b'\n', b'=', b'"',
];

/// A changed copy of one of the inputs: one to four mutations.
pub fn mutant(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut data = corpus[rng.below(corpus.len())].clone();
    for _ in 0..=rng.below(4) {
        let at = rng.below(data.len());
        match rng.below(7) {
            0 if !data.is_empty() => data[at] ^= 1 << rng.below(8),
            1 if !data.is_empty() => data[at] = TELLING[rng.below(TELLING.len())],
            2 if !data.is_empty() => {
                data.remove(at);
            }
            3 => data.insert(at, TELLING[rng.below(TELLING.len())]),
            4 => data.truncate(at),
            5 => {
                // A piece of itself, again.
                let end = (at + 1 + rng.below(64)).min(data.len());
                let piece = data[at.min(end)..end].to_vec();
                data.splice(at..at, piece);
            }
            _ => {
                // The tail of another.
                let other = &corpus[rng.below(corpus.len())];
                data.truncate(at);
                data.extend_from_slice(&other[rng.below(other.len())..]);
            }
        }
    }
    data.truncate(MOST);
    data
}
