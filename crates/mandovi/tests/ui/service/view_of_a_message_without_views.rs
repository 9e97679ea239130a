//! Only a message with views can be shown in one.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, #[view] view: Option<LineView>, output: Sender<String>) -> Outcome<()>;
}

fn main() {}
