//! How many messages a peer may send: a token bucket (GCRA).

use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::settings::MessageRate;

/// The runtime's own clock, which tests can stop.
#[derive(Clone, Debug)]
struct Since(Instant);

impl Clock for Since {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

/// Only for connections whose messages are counted so.
#[derive(Debug)]
pub(super) struct Bucket(RateLimiter<NotKeyed, InMemoryState, Since, NoOpMiddleware<Nanos>>);

impl Bucket {
    pub(super) fn new(rate: MessageRate) -> Box<Self> {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Box::new(Self(RateLimiter::direct_with_clock(quota, Since(Instant::now()))))
    }

    /// Takes one message.
    ///
    /// # Errors
    /// How long it is too early for it.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.0.check().map_err(|early| early.wait_time_from(self.0.clock().now()))
    }
}
