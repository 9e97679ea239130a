//! A status says that it went well.

use mandovi::prelude::*;

pub struct Caller;

#[service()]
pub trait Rooms {
    #[post("/enter", status = 302)]
    async fn enter(&self) -> Outcome<()>;
}

fn main() {}
