//! A view is chosen for what flows from the server.

use mandovi::prelude::*;

#[message(view(tiny = [text]))]
pub struct Line {
    #[field(1)]
    pub text: String,
}

#[service]
pub trait Rooms {
    #[get("/line")]
    async fn line(&self, #[view] view: Option<LineView>) -> Outcome<Line>;
}

fn main() {}
