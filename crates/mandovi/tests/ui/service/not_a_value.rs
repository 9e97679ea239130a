//! What flows is a value of the design.

use mandovi::prelude::*;

pub struct Plain;

#[service]
pub trait Rooms {
    #[get("/listen")]
    async fn listen(&self, input: Receiver<Plain>) -> Outcome<()>;
}

fn main() {}
