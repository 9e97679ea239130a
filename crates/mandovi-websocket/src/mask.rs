//! Masking ([RFC 6455 §5.3](https://www.rfc-editor.org/rfc/rfc6455#section-5.3)): XOR with a repeated 4-byte key.
//!
//! A plain `u64` loop: compilers turn it into vector instructions, and it is not where the time goes.

/// The high bit of every byte: set somewhere in a word exactly when the word is not all ASCII.
pub(crate) const NON_ASCII: u64 = 0x8080_8080_8080_8080;

/// Masks or unmasks (the same operation) `payload`, whose first byte is byte `offset` of its frame.
///
/// Returns the OR of all resulting bytes, spread over a word: a text that is all ASCII then needs no second pass.
#[inline]
pub(crate) fn apply(payload: &mut [u8], key: [u8; 4], offset: usize) -> u64 {
    let key = u32::from_be_bytes(key).rotate_left(8 * (offset & 3) as u32).to_be_bytes();
    // Words all the way: a key that is put together from bytes costs more than a short message's payload.
    let narrow = u32::from_ne_bytes(key);
    let wide = u64::from(narrow) << 32 | u64::from(narrow);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(payload: &[u8], key: [u8; 4], offset: usize) -> Vec<u8> {
        payload.iter().enumerate().map(|(at, byte)| byte ^ key[(at + offset) % 4]).collect()
    }

    #[test]
    fn s5_3_any_length_and_offset_equals_the_naive_loop() {
        let key = [0x12, 0xfe, 0x00, 0x80];
        for length in 0..40usize {
            for offset in 0..5 {
                let plain: Vec<u8> = (0..length).map(|at| (at * 7) as u8).collect();
                let mut masked = plain.clone();
                apply(&mut masked, key, offset);
                assert_eq!(masked, naive(&plain, key, offset), "length {length}, offset {offset}");
                let seen = apply(&mut masked, key, offset);
                assert_eq!(masked, plain);
                assert_eq!(seen & NON_ASCII == 0, plain.is_ascii(), "length {length}");
            }
        }
    }
}
