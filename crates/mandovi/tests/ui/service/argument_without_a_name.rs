//! The client's method shows the names of arguments.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/rooms/{room}/{seat}")]
    async fn sit(&self, room: String, seat: String, #[query] (row, column): (u8, u8)) -> Outcome<()>;
}

fn main() {}
