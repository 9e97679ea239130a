//! Either the caller chooses the view or the design.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines", view = tiny)]
    async fn lines(&self, #[view] view: Option<LineView>, output: Sender<Line>) -> Outcome<()>;
}

fn main() {}
