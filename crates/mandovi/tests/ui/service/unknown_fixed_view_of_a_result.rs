//! The view of a result is one of what the collection holds.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines", view = small)]
    async fn lines(&self) -> Outcome<Vec<Line>>;
}

fn main() {}
