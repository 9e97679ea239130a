//! A view shows something that is sent or answered.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[post("/lines", view = tiny)]
    async fn say(&self, #[body] line: Line) -> Outcome<()>;
}

fn main() {}
