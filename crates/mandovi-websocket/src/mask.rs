//! Masking ([RFC 6455 §5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)): XOR with a repeated 4-byte key.
//!
//! Plain `u64` loops: compilers turn them into vector instructions.

/// The high bit of every byte: set somewhere in a word exactly when the word is not all ASCII.
pub(crate) const NON_ASCII: u64 = 0x8080_8080_8080_8080;

/// From here on it is worth the question which vectors the processor has.
const LONG: usize = 256;

/// Masks or unmasks (the same operation) `payload`, whose first byte is byte `offset` of its frame.
///
/// Returns the OR of all resulting bytes, spread over a word: a text that is all ASCII then needs no second pass.
#[inline]
pub(crate) fn apply(payload: &mut [u8], key: [u8; 4], offset: usize) -> u64 {
    let key = rotated(key, offset);
    if payload.len() < LONG { xor(payload, key) } else { xor_long(payload, key) }
}

/// The same without looking at the result, for what is no text.
#[inline]
pub(crate) fn apply_blindly(payload: &mut [u8], key: [u8; 4], offset: usize) {
    let key = rotated(key, offset);
    if payload.len() < LONG {
        xor(payload, key);
    } else {
        xor_long_blindly(payload, key);
    }
}

#[inline]
fn rotated(key: [u8; 4], offset: usize) -> [u8; 4] {
    u32::from_be_bytes(key).rotate_left(8 * (offset & 3) as u32).to_be_bytes()
}

// With `simd` compiled twice each, for every processor of the kind and for those with AVX2, which have half as much to do.

#[cfg_attr(feature = "simd", multiversion::multiversion(targets("x86_64+avx2")))]
fn xor_long(payload: &mut [u8], key: [u8; 4]) -> u64 {
    xor(payload, key)
}

#[cfg_attr(feature = "simd", multiversion::multiversion(targets("x86_64+avx2")))]
fn xor_long_blindly(payload: &mut [u8], key: [u8; 4]) {
    // Blocks, because the compiler unrolls them further than a plain loop.
    let (blocks, rest) = payload.as_chunks_mut::<256>();
    let wide = wide(key);
    for block in blocks {
        for word in block.as_chunks_mut::<8>().0 {
            *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
        }
    }
    xor(rest, key);
}

#[inline(always)]
fn xor(payload: &mut [u8], key: [u8; 4]) -> u64 {
    let (narrow, wide) = (u32::from_ne_bytes(key), wide(key));
    let mut seen = 0;
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        let value = u64::from_ne_bytes(*word) ^ wide;
        seen |= value;
        *word = value.to_ne_bytes();
    }
    let (half, rest) = rest.as_chunks_mut::<4>();
    for word in half {
        let value = u32::from_ne_bytes(*word) ^ narrow;
        seen |= u64::from(value);
        *word = value.to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
        seen |= u64::from(*byte);
    }
    seen
}

/// The key twice. As a word, not byte by byte: that would cost more than a short message's payload.
#[inline(always)]
fn wide(key: [u8; 4]) -> u64 {
    let narrow = u64::from(u32::from_ne_bytes(key));
    narrow << 32 | narrow
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(payload: &[u8], key: [u8; 4], offset: usize) -> Vec<u8> {
        payload.iter().enumerate().map(|(at, byte)| byte ^ key[(at + offset) % 4]).collect()
    }

    #[test]
    fn s5_3_any_length_and_offset_equals_the_naive_loop() {
        let key = [0x12, 0xfe, 0x00, 0x80];
        for length in (0..40).chain(LONG - 3..LONG + 40).chain(2 * LONG - 1..2 * LONG + 20) {
            for offset in 0..5 {
                let plain: Vec<u8> = (0..length).map(|at| (at * 7 % 251) as u8).collect();
                let mut masked = plain.clone();
                apply(&mut masked, key, offset);
                assert_eq!(masked, naive(&plain, key, offset), "length {length}, offset {offset}");
                apply_blindly(&mut masked, key, offset);
                assert_eq!(masked, plain, "length {length}, offset {offset}");
                apply_blindly(&mut masked, key, offset);
                let seen = apply(&mut masked, key, offset);
                assert_eq!(masked, plain);
                assert_eq!(seen & NON_ASCII == 0, plain.is_ascii(), "length {length}");
            }
        }
    }

    #[test]
    fn one_byte_that_is_not_ascii_is_seen_wherever_it_is() {
        let key = [0x12, 0xfe, 0x00, 0x80];
        for length in [1, 4, 7, 8, 15, 40, LONG - 1, LONG, 2 * LONG + 13] {
            for at in 0..length {
                let mut text = vec![b'a'; length];
                apply_blindly(&mut text, key, 1);
                assert_eq!(apply(&mut text, key, 1) & NON_ASCII, 0, "length {length}");
                text[at] = 0xc3;
                apply_blindly(&mut text, key, 3);
                assert_ne!(apply(&mut text, key, 3) & NON_ASCII, 0, "length {length}, byte {at}");
            }
        }
    }
}
