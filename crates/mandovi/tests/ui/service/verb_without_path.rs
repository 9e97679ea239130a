//! The path comes first.

use mandovi::prelude::*;

pub struct Caller;

#[service(schemes(jwt = Jwt<Caller>))]
pub trait Rooms {
    #[get]
    async fn one(&self, input: Receiver<String>) -> Outcome<()>;

    #[get(auth = jwt)]
    async fn two(&self, input: Receiver<String>) -> Outcome<()>;
}

fn main() {}
