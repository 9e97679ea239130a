//! The model's inflating: each time the whole message so far, with `miniz_oxide`, into one buffer behind all that it may
//! refer to.

use mandovi_websocket::ProtocolError;
use mandovi_websocket::Role;
use mandovi_websocket::deflate::Agreement;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::check_text;

/// What the sender's flush left out (RFC 7692 §7.2.2), and an empty last block, to see that the message ended between two.
const END: [u8; 6] = [0x00, 0x00, 0xff, 0xff, 0x03, 0x00];

/// The messages of one direction.
pub(crate) struct Inflate {
    /// With takeover: everything so far.
    history: Option<Vec<u8>>,
    window: usize,
}

impl Inflate {
    /// For the messages of `sender`.
    pub(crate) fn new(agreement: &Agreement, sender: Role) -> Self {
        Self { history: agreement.takeover(sender).then(Vec::new), window: 1 << agreement.window_bits(sender) }
    }

    /// What came of a message inflates to this.
    pub(crate) fn message(
        &mut self,
        payload: &[u8],
        is_last: bool,
        is_text: bool,
        limit: usize,
    ) -> Result<Vec<u8>, ProtocolError> {
        let history = self.history.as_deref().unwrap_or_default();
        let history = &history[history.len().saturating_sub(self.window)..];
        let (message, outcome) = inflated(history, payload, is_last, limit);
        if is_text {
            // What came out before a violation is judged first.
            check_text(&message, is_last && outcome.is_ok())?;
        }
        outcome?;
        if let Some(history) = self.history.as_mut().filter(|_| is_last) {
            history.extend_from_slice(&message);
        }
        Ok(message)
    }
}

/// At most `limit` bytes, and whether that is all.
fn inflated(history: &[u8], mut input: &[u8], is_last: bool, limit: usize) -> (Vec<u8>, Result<(), ProtocolError>) {
    let mut buffer = [history, &vec![0; limit + 1]].concat();
    let mut at = history.len();
    let mut stream = DecompressorOxide::new();
    let mut more = |stream: &mut DecompressorOxide, input: &mut &[u8]| {
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | TINFL_FLAG_HAS_MORE_INPUT;
        let (status, used, made) = decompress(stream, input, &mut buffer, at, flags);
        at += made;
        *input = &input[used..];
        if at > history.len() + limit {
            return Err(ProtocolError::MessageTooBig { limit });
        }
        match status {
            TINFLStatus::Done => Ok(true),
            TINFLStatus::NeedsMoreInput => Ok(false),
            _ => Err(ProtocolError::CorruptDeflate),
        }
    };
    let mut run = || {
        let mut has_ended = input.is_empty();
        while !input.is_empty() {
            has_ended = more(&mut stream, &mut input)?;
            if has_ended && !input.is_empty() {
                // A last block inside of the message: another stream follows (RFC 7692 §7.2.3.4).
                stream = DecompressorOxide::new();
            }
        }
        if is_last && !has_ended {
            let mut end = &END[..];
            if !more(&mut stream, &mut end)? || !end.is_empty() {
                return Err(ProtocolError::CorruptDeflate);
            }
        }
        Ok(())
    };
    let outcome = run();
    let end = at.min(history.len() + limit);
    (buffer[history.len()..end].to_vec(), outcome)
}
