//! What a connection costs before it holds anything.

use crate::connection::{EventsPump, Pump, Settings, Shared};

#[test]
fn sizes() {
    println!(
        "Pump {} EventsPump {} Shared {} Settings {}",
        size_of::<Pump>(),
        size_of::<EventsPump>(),
        size_of::<Shared>(),
        size_of::<Settings>()
    );
}
