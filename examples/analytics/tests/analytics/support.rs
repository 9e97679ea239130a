//! A service in memory, with a clock of its own.

use std::collections::BTreeMap;

use analytics::design::{AnalyticsClient, DataPoint, DataPointViewed, MetricName};
use analytics::store::{Recorded, Store};
use jiff::Timestamp;
use mandovi::prelude::*;

/// The first second of every test.
pub(crate) const START: &str = "2026-03-02T12:00:00Z";

pub(crate) fn start() -> Timestamp {
    START.parse().unwrap()
}

pub(crate) fn client_of(store: &Store) -> AnalyticsClient {
    AnalyticsClient::in_memory(mandovi::testing::InMemory::from(analytics::service(store.clone()))).build().unwrap()
}

pub(crate) fn name(metric: &str) -> MetricName {
    MetricName(metric.to_owned())
}

/// A point so many seconds after the start.
pub(crate) fn point(metric: &str, second: i64, value: f64) -> DataPoint {
    let at = start() + jiff::SignedDuration::from_secs(second);
    DataPoint {
        timestamp: at,
        metric: name(metric),
        value,
        change: None,
        metadata: BTreeMap::from([("host".to_owned(), "test".to_owned())]),
    }
}

#[track_caller]
pub(crate) fn record(store: &Store, metric: &str, second: i64, value: f64) {
    assert_eq!(store.record(point(metric, second, value)).unwrap(), Recorded::Accepted);
}

/// Metric and value of the next so many points of a stream, in the default view.
pub(crate) async fn next_points<E>(
    points: &mut Receiver<DataPointViewed, Failure<E>>,
    count: usize,
) -> Vec<(String, f64)>
where
    Failure<E>: mandovi::stream::ReceiveError,
    E: std::fmt::Debug,
{
    let mut heard = Vec::new();
    while heard.len() < count {
        match points.recv().await.unwrap().unwrap() {
            DataPointViewed::Default(point) => heard.push((point.metric.0, point.value)),
            other => panic!("nobody asked for a view: {other:?}"),
        }
    }
    heard
}
