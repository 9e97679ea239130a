//! What the harbour refuses.

use mandovi::prelude::*;

use crate::values::{Berth, BoatName};

/// What every method may refuse.
#[errors]
pub enum GateError {
    /// Nobody knows you.
    #[status(401)]
    Unauthorized(String),
    /// This is not for you.
    #[status(403, name = "not-for-you")]
    Forbidden(String),
}

/// What methods about boats refuse as well.
#[errors]
pub enum HarbourError {
    /// There is no such boat.
    #[status(404)]
    NoSuchBoat,
    /// Somebody lies there.
    #[status(409)]
    Occupied(Occupied),
    /// The standard object, filled by hand.
    #[status(422)]
    Nonsense(ErrorResult),
    /// Too many boats; come back later.
    #[status(429, exhausted)]
    Crowded {
        /// How long to wait.
        #[retry_after]
        after: Duration,
        /// How many wait.
        waiting: u32,
    },
    /// The tide is wrong.
    #[status(503, temporary)]
    Tide {
        /// When it turns, where that is known.
        #[retry_after]
        after: Option<Duration>,
    },
    /// The pilot did not come.
    #[status(504, timeout, temporary)]
    NoPilot(String),
    /// The crane is broken.
    #[status(500, fault)]
    Crane,
    /// What every method may refuse.
    #[include]
    Gate(GateError),
}

/// Who lies there.
#[message]
pub struct Occupied {
    /// Where.
    #[field(1)]
    pub berth: Berth,
    /// Who.
    #[field(2)]
    pub by: BoatName,
}
