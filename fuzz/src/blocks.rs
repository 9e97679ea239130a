//! RFC 1951 read bit by bit, for two questions only: how far back a compressed message refers, and whether a block has no
//! code for its own end.

/// Codes of one alphabet: how many there are of each length, and the symbols in the order of their codes.
struct Codes {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Codes {
    fn new(lengths: &[u8]) -> Self {
        let mut counts = [0; 16];
        let mut symbols = Vec::new();
        for length in 1..16u8 {
            let of_length = (0u16..).zip(lengths).filter(|(_, of)| **of == length).map(|(symbol, _)| symbol);
            let before = symbols.len();
            symbols.extend(of_length);
            counts[usize::from(length)] = (symbols.len() - before) as u16;
        }
        Self { counts, symbols }
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A block was met that has no code for its end.
    lacks_end: bool,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, lacks_end: false }
    }

    fn bit(&mut self) -> Option<usize> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Some(usize::from(bit))
    }

    fn number(&mut self, bits: usize) -> Option<usize> {
        (0..bits).try_fold(0, |number, at| Some(number | self.bit()? << at))
    }

    fn symbol(&mut self, codes: &Codes) -> Option<usize> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for length in 1..16 {
            code |= self.bit()?;
            let count = usize::from(codes.counts[length]);
            if code < first + count {
                return codes.symbols.get(index + code - first).map(|symbol| usize::from(*symbol));
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// The largest distance in a message without the end of its last flush; `None`: it is malformed.
pub(crate) fn furthest(payload: &[u8]) -> Option<usize> {
    message(&mut Bits::new(&[payload, &[0x00, 0x00, 0xff, 0xff]].concat()))
}

/// Whether a block in it has no code for its end, which is malformed, but not to every implementation.
pub(crate) fn lacks_end(payload: &[u8]) -> bool {
    // With what a receiver appends.
    let whole = [payload, &[0x00, 0x00, 0xff, 0xff, 0x03, 0x00]].concat();
    let mut bits = Bits::new(&whole);
    message(&mut bits);
    bits.lacks_end
}

fn message(bits: &mut Bits<'_>) -> Option<usize> {
    let mut furthest = 0;
    while bits.at < bits.bytes.len() * 8 {
        let is_last = bits.bit()? == 1;
        match bits.number(2)? {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let (length, check) = (bits.number(16)?, bits.number(16)?);
                if length ^ check != 0xffff {
                    return None;
                }
                bits.at += length * 8;
            }
            1 => {
                let lengths: Vec<u8> = [(8, 144), (9, 112), (7, 24), (8, 8)]
                    .iter()
                    .flat_map(|(length, count)| std::iter::repeat_n(*length, *count))
                    .collect();
                furthest = furthest.max(block(bits, &Codes::new(&lengths), &Codes::new(&[5; 30]))?);
            }
            2 => {
                let (literals, distances) = dynamic(bits)?;
                furthest = furthest.max(block(bits, &literals, &distances)?);
            }
            _ => return None,
        }
        if is_last {
            // Another stream may follow.
            bits.at = bits.at.next_multiple_of(8);
        }
    }
    Some(furthest)
}

fn dynamic(bits: &mut Bits<'_>) -> Option<(Codes, Codes)> {
    let (literals, distances, lengths) = (bits.number(5)? + 257, bits.number(5)? + 1, bits.number(4)? + 4);
    let mut of_lengths = [0; 19];
    for at in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].into_iter().take(lengths) {
        of_lengths[at] = bits.number(3)? as u8;
    }
    let of_lengths = Codes::new(&of_lengths);
    let mut all = Vec::new();
    while all.len() < literals + distances {
        let (length, times) = match bits.symbol(&of_lengths)? {
            16 => (*all.last()?, 3 + bits.number(2)?),
            17 => (0, 3 + bits.number(3)?),
            18 => (0, 11 + bits.number(7)?),
            length => (length as u8, 1),
        };
        all.extend(std::iter::repeat_n(length, times));
    }
    bits.lacks_end |= all[256] == 0;
    Some((Codes::new(&all[..literals]), Codes::new(&all[literals..])))
}

/// The largest distance in one block.
fn block(bits: &mut Bits<'_>, literals: &Codes, distances: &Codes) -> Option<usize> {
    let mut furthest = 0;
    loop {
        match bits.symbol(literals)? {
            0..256 => continue,
            256 => return Some(furthest),
            // The length itself does not matter, only how many more bits it has.
            length => bits.number(if length < 265 || length == 285 { 0 } else { (length - 261) / 4 })?,
        };
        let symbol = bits.symbol(distances)?;
        let distance = match symbol {
            0..4 => symbol + 1,
            _ => {
                let more = symbol / 2 - 1;
                ((2 + symbol % 2) << more) + bits.number(more)? + 1
            }
        };
        furthest = furthest.max(distance);
    }
}
