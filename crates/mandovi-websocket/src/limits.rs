//! What a peer may make us hold. Checked by the [`Decoder`](crate::Decoder), never by guesswork elsewhere.

/// Bounds on what is received; sending is not bounded here.
///
/// Both are checked as soon as a frame's header is complete, before any of its payload is kept, and a violation ends
/// the connection with close code 1009 ([RFC 6455 §10.4](https://www.rfc-editor.org/rfc/rfc6455#section-10.4)).
///
/// ```
/// use mandovi_websocket::Limits;
///
/// let limits = Limits::default().max_frame_size(16 * 1024).max_message_size(1024 * 1024);
/// assert_eq!(limits.max_message_size, 1_048_576);
/// ```
///
/// Most peers send a message as one frame, whatever its size: to take larger messages from them, raise both. To take only
/// smaller ones, lowering `max_message_size` is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Largest payload of one data frame, in bytes. Default 64 KiB. Control frames have their own bound, 125.
    ///
    /// A frame is read as one piece, so this is also the largest storage that a [`Decoder`](crate::Decoder) needs
    /// (plus 14 bytes of header).
    pub max_frame_size: usize,
    /// Largest message, in bytes: the sum over its fragments. Default 64 KiB.
    ///
    /// A fragmented message costs up to twice this while it grows in the [`Assembler`](crate::Assembler).
    pub max_message_size: usize,
}

impl Limits {
    /// The defaults: 64 KiB for a frame and for a message.
    pub const fn new() -> Self {
        Self { max_frame_size: 64 * 1024, max_message_size: 64 * 1024 }
    }

    /// Sets [`max_frame_size`](Self::max_frame_size), in bytes.
    #[must_use]
    pub const fn max_frame_size(mut self, bytes: usize) -> Self {
        self.max_frame_size = bytes;
        self
    }

    /// Sets [`max_message_size`](Self::max_message_size), in bytes.
    #[must_use]
    pub const fn max_message_size(mut self, bytes: usize) -> Self {
        self.max_message_size = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
