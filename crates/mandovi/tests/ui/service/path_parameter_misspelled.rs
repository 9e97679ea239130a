use mandovi::prelude::*;

/// Rooms.
#[service]
pub trait Rooms {
    /// Who is there?
    #[get("/rooms/{rom}")]
    async fn who(&self, room: String) -> Outcome<String>;
}

fn main() {}
