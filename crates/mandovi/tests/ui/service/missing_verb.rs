//! A method has a verb and a path.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
