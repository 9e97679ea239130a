//! A GET has no body.

use mandovi::prelude::*;

#[service]
pub trait Rooms {
    #[get("/find")]
    async fn find(&self, #[body] what: String) -> Outcome<String>;
}

fn main() {}
