//! A contact is somebody.

use mandovi::prelude::*;

pub struct Caller;

#[service(contact())]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
