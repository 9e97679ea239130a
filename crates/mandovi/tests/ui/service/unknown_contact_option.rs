//! A contact has few options.

use mandovi::prelude::*;

pub struct Caller;

#[service(contact(phone = "1"))]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
