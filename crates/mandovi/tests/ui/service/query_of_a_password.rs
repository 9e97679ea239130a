//! A password never travels in the query.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(basic(query = "password") = Basic<Caller>))]
pub trait Rooms {
    #[get("/listen", auth = basic)]
    async fn listen(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
