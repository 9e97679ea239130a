//! A call has one view.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/lines")]
    async fn lines(
        &self,
        #[view] view: Option<LineView>,
        #[view] again: Option<LineView>,
        output: Sender<Line>,
    ) -> Outcome<()>;
}

fn main() {}
