//! A scheme is one of ours, or implements the trait.

use mandovi::prelude::*;

pub struct Caller;

pub struct Digest;

#[service(schemes(digest = Digest))]
pub trait Rooms {
    #[get("/listen", auth = digest)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
