//! A method answers an `Outcome`.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/one")]
    async fn one(&self, input: Receiver<String>);

    #[get("/two")]
    async fn two(&self, input: Receiver<String>) -> Result<(), String>;
}

fn main() {}
