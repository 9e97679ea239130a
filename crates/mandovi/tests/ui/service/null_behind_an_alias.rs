//! What the name of a type hides is found by its bounds.

use mandovi::prelude::*;

type Maybe = Option<String>;

#[service]
pub trait Rooms {
    #[get("/options")]
    async fn options(&self, input: Receiver<Maybe>) -> Outcome<()>;
}

fn main() {}
