//! Where a credential of another kind travels is said by its type.

use mandovi::prelude::*;

pub struct Signed;

#[service(schemes(signed(header = "X-Signature") = Signed))]
pub trait Rooms {
    #[get("/rooms")]
    async fn rooms(&self) -> Outcome<u32>;
}

fn main() {}
