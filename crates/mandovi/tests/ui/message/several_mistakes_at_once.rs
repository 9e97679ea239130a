//! All mistakes are told, and what uses the type is not wrong because of them.

use mandovi::prelude::*;

#[message(view(tiny = [nothing]))]
pub struct Line {
    #[field(1)]
    text: String,
    #[field(1)]
    length: u32,
    other: bool,
}

#[service]
pub trait Lines {
    #[get("/lines")]
    async fn lines(&self, #[view] view: Option<LineView>, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
