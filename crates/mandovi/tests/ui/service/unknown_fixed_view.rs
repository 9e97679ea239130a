//! The view that a method fixes is one of the message.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines", view = small)]
    async fn lines(&self, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
