//! A header is a member of the result.

use mandovi::prelude::*;

pub struct Caller;

#[service()]
pub trait Rooms {
    #[post("/enter", header(location = "Location"))]
    async fn enter(&self) -> Outcome<()>;
}

fn main() {}
