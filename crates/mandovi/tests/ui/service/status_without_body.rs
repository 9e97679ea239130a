//! Some statuses have no body.

use mandovi::prelude::*;

pub struct Caller;

#[service()]
pub trait Rooms {
    #[post("/enter", status = 204)]
    async fn enter(&self) -> Outcome<String>;
}

fn main() {}
