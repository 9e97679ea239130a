/// What happened in a room.
#[message(tag = "kind")]
pub enum Event {
    /// Somebody said something.
    Said(Line),
    /// The room was closed.
    Closed,
}
