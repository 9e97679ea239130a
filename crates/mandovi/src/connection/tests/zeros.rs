//! Settings at their ends: nothing overflows, nothing goes round and round without a pause.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use super::peer::{halves, pipe};
use crate::connection::{Conclusion, HealthPolicy, Settings, run_with};
use crate::stream::Sender;
use crate::value::ViewId;

/// How often a future is polled.
struct Polled<F> {
    future: std::pin::Pin<Box<F>>,
    times: Arc<AtomicUsize>,
}

impl<F: Future> Future for Polled<F> {
    type Output = F::Output;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.times.fetch_add(1, Ordering::Relaxed);
        self.future.as_mut().poll(cx)
    }
}

/// Every time of it is that.
fn all(time: Duration) -> Settings {
    let mut policy = HealthPolicy::new();
    policy.max_ping_age = time;
    policy.error_window = time;
    policy.full_for = time;
    policy.max_errors = 1;
    policy.max_queue_percent = 100;
    policy.max_message_rate = 1;
    policy.max_message_size = 1;
    Settings::server()
        .health(policy)
        .ping_interval(time)
        .pong_timeout(time)
        .tcp_timeout(time)
        .idle_timeout(time)
        .max_lifetime(time)
        .close_timeout(time)
        .leave_timeout(time)
        .write_timeout(time)
        .event_heartbeat(time)
}

/// How often the task of a connection is polled in a second in which nothing happens, that is blocked and has had errors.
async fn polls(settings: Settings) -> usize {
    let (peer, shared, pump) = pipe(settings, 64);
    let (_input, _output) = halves::<String, String>(&shared);
    let output = Sender::<String>::new(Arc::clone(&shared), ViewId::DEFAULT);
    let times = Arc::new(AtomicUsize::new(0));
    let run = run_with(pump, Arc::clone(&shared), pending::<Conclusion>());
    let task = tokio::spawn(Polled { future: Box::pin(run), times: Arc::clone(&times) });
    output.send("x".repeat(100)).await.unwrap();
    shared.message_error();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    times.store(0, Ordering::Relaxed);
    // A paused clock does not go on while somebody is ready: what spins is seen by its own polls.
    for _ in 0..1000 {
        tokio::time::advance(Duration::from_millis(1)).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    task.abort();
    drop(peer);
    times.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_health_policy_of_zeros_does_not_spin() {
    for change in [
        |policy: &mut HealthPolicy| policy.full_for = Duration::ZERO,
        |policy: &mut HealthPolicy| {
            policy.error_window = Duration::ZERO;
            policy.max_errors = 1;
        },
        |policy: &mut HealthPolicy| {
            policy.full_for = Duration::from_nanos(1);
            policy.max_queue_percent = 100;
        },
    ] {
        let mut policy = HealthPolicy::new();
        change(&mut policy);
        let polls = polls(Settings::server().health(policy)).await;
        assert!(polls <= 110, "{polls} polls in a second");
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_is_too_long_or_too_short() {
    for time in [Duration::MAX, Duration::from_secs(u64::MAX / 4), Duration::from_nanos(1), Duration::ZERO] {
        let polls = polls(all(time)).await;
        assert!(polls <= 2200, "{time:?}: {polls} polls in a second");
    }
}
