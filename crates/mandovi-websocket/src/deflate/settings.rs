//! What one end is willing to do.

/// The settings of permessage-deflate on one end: what it does to its own messages, and what it lets the peer do.
///
/// The setters refuse what is out of range. A field that is set to such a value counts as the nearest one in range.
///
/// ```
/// use mandovi_websocket::deflate::Compression;
///
/// let compression = Compression::new().level(6).threshold(256);
/// assert_eq!(compression.level, 6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Compression {
    /// How hard to try, 1 (fastest) to 9. Default 1: 6 makes the same JSON about a third smaller for about three times the
    /// CPU.
    pub level: u8,
    /// Messages of fewer bytes are sent plain. Default 128.
    pub threshold: usize,
    /// Whether our messages may refer to earlier ones. Costs 2 to the power of `own_window_bits` bytes per connection, and with
    /// many busy connections CPU for each message, which grows with the window: 12 bits or fewer go well with it. Default no.
    pub own_takeover: bool,
    /// Whether the peer's messages may refer to earlier ones. Costs 2 to the power of the peer's window bits per
    /// connection. Default no.
    pub peer_takeover: bool,
    /// The largest window for our messages, 9 to 15 bits. The peer may ask for a smaller one. Default 15.
    pub own_window_bits: u8,
    /// The largest window for the peer's messages, 9 to 15 bits. Where takeover is allowed to a peer that cannot be told
    /// a smaller window, takeover is declined instead, so that memory stays bounded. Default 15.
    pub peer_window_bits: u8,
}

impl Compression {
    /// The defaults: level 1, 128 bytes, no takeover, windows of 15 bits.
    pub const fn new() -> Self {
        Self {
            level: 1,
            threshold: 128,
            own_takeover: false,
            peer_takeover: false,
            own_window_bits: 15,
            peer_window_bits: 15,
        }
    }

    /// What is really done: every value in its range.
    pub(super) fn clamped(mut self) -> Self {
        self.level = self.level.clamp(1, 9);
        self.own_window_bits = self.own_window_bits.clamp(9, 15);
        self.peer_window_bits = self.peer_window_bits.clamp(9, 15);
        self
    }

    /// Sets [`level`](Self::level).
    ///
    /// # Panics
    ///
    /// If it is not 1 to 9.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        assert!(level >= 1 && level <= 9, "a compression level is 1 to 9");
        self.level = level;
        self
    }

    /// Sets [`threshold`](Self::threshold), in bytes.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Sets [`own_takeover`](Self::own_takeover).
    #[must_use]
    pub const fn own_takeover(mut self, yes: bool) -> Self {
        self.own_takeover = yes;
        self
    }

    /// Sets [`peer_takeover`](Self::peer_takeover).
    #[must_use]
    pub const fn peer_takeover(mut self, yes: bool) -> Self {
        self.peer_takeover = yes;
        self
    }

    /// Sets [`own_window_bits`](Self::own_window_bits).
    ///
    /// # Panics
    ///
    /// If they are not 9 to 15.
    #[must_use]
    pub const fn own_window_bits(mut self, bits: u8) -> Self {
        assert!(bits >= 9 && bits <= 15, "a window has 9 to 15 bits");
        self.own_window_bits = bits;
        self
    }

    /// Sets [`peer_window_bits`](Self::peer_window_bits).
    ///
    /// # Panics
    ///
    /// If they are not 9 to 15.
    #[must_use]
    pub const fn peer_window_bits(mut self, bits: u8) -> Self {
        assert!(bits >= 9 && bits <= 15, "a window has 9 to 15 bits");
        self.peer_window_bits = bits;
        self
    }
}

impl Default for Compression {
    fn default() -> Self {
        Self::new()
    }
}
