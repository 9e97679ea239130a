//! A method that takes input fixes its view.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/echo")]
    async fn echo(&self, #[view] view: LineView, input: Receiver<String>, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
