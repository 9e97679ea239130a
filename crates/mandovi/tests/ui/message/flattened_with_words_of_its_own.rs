//! What is said of a member is said where the member is declared.

use mandovi::prelude::*;

#[message]
pub struct Place {
    #[field(1)]
    pub room: String,
}

#[message]
pub struct Event {
    #[field(flatten, secret)]
    pub place: Place,
}

#[message]
pub struct Entry {
    #[field(flatten, event_id)]
    pub place: Place,
}

#[message]
pub struct Visit {
    #[field(flatten, format = "uuid")]
    pub place: Place,
}

#[message]
pub struct Start {
    #[field(flatten, default = Place { room: "lobby".to_owned() })]
    pub place: Place,
}

#[message]
pub struct End {
    #[field(flatten)]
    pub place: Option<Place>,
}

fn main() {}
