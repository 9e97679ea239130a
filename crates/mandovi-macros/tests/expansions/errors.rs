#[errors]
pub enum RoomError {
    /// There is no such room.
    #[status(404)]
    NotFound,
    /// The name is not one.
    #[status(400, name = "bad-name")]
    BadName(String),
    /// Too many lines; come back later.
    #[status(429, exhausted)]
    SlowDown {
        #[retry_after]
        after: Duration,
        limit: u32,
    },
}
