//! What is misspelt is said, not ignored.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(&self, #[view(example = "tiny")] view: Option<LineView>, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
