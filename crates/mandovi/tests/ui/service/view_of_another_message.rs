//! The names of the views are those of the message.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[message(view(tiny = [text]))]
pub struct Other {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, #[view] view: Option<OtherView>, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
