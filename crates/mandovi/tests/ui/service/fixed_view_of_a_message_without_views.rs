//! A method fixes a view of what has views.

use mandovi::prelude::*;

#[message]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines", view = tiny)]
    async fn lines(&self, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
