use mandovi::prelude::*;

#[message]
struct Event {
    #[field(1, format = "datetime")]
    at: String,
}

fn main() {}
