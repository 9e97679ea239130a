//! From the generator into the store, as time passes.

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

use crate::generator::Generator;
use crate::store::Store;

/// The time between samples of a rate per second, which is positive.
pub fn period(rate: f64) -> Duration {
    Duration::from_secs_f64(1.0 / rate)
}

/// Fills the store with samples up to now, as if it had run for so many of them.
///
/// # Panics
/// When the clock is so wrong that there is no time so long before.
pub fn backfill(store: &Store, generator: &mut Generator, samples: u32, every: Duration, now: Timestamp) {
    generator.kinds().iter().for_each(|kind| store.introduce(*kind));
    for step in (1..=samples).rev() {
        sample(store, generator, now - every * step);
    }
}

/// Takes a sample every so often, for ever. The clock says what time it is then.
pub async fn run(
    store: Store,
    mut generator: Generator,
    every: Duration,
    clock: impl Fn() -> Timestamp + Send,
) -> Infallible {
    let mut ticks = interval(every);
    // After a pause of the machine one sample is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        sample(&store, &mut generator, clock());
    }
}

fn sample(store: &Store, generator: &mut Generator, at: Timestamp) {
    for point in generator.sample(at) {
        // Its metrics are known and its times go forward. Where somebody uploaded a later point, that one stands.
        let _ = store.record(point);
    }
}
