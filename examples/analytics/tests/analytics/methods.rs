//! What every method does, and what it refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use analytics::design::{
    Alert, AlertState, AnalyticsError, DataPointDetailed, DataPointFull, DataPointSummary, DataPointView,
    DataPointViewed, Ingested, Metric, Threshold, Total,
};
use analytics::feed;
use analytics::generator::{Generator, Kind};
use analytics::store::{METRICS, REMEMBERED, Store};
use mandovi::DeclaredError as _;
use mandovi::prelude::*;
use serde_json::json;

use crate::support::{client_of, name, next_points, point, record, start};

/// The status of a declared error, its name and its text.
#[track_caller]
fn declared<T>(answer: Outcome<T, AnalyticsError>) -> (u16, String, String) {
    match answer {
        Err(Failure::Declared(error)) => (error.status(), error.name().to_owned(), error.to_string()),
        Err(failure) => panic!("{failure:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn threshold(metric: &str, above: Option<f64>, below: Option<f64>) -> Threshold {
    Threshold { metric: name(metric), above, below }
}

fn alert(metric: &str, state: AlertState, second: i64, value: f64) -> Alert {
    Alert { metric: name(metric), state, value, timestamp: point(metric, second, value).timestamp }
}

#[tokio::test]
async fn each_view_has_exactly_its_members() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 40.0);
    record(&store, "cpu", 1, 41.5);
    let summary = json!({"timestamp": "2026-03-02T12:00:01Z", "metric": "cpu", "value": 41.5});
    let mut detailed = summary.clone();
    detailed["change"] = json!(1.5);
    let mut full = detailed.clone();
    full["metadata"] = json!({"host": "test"});
    let views = [
        (None, &full),
        (Some(DataPointView::Default), &full),
        (Some(DataPointView::Full), &full),
        (Some(DataPointView::Detailed), &detailed),
        (Some(DataPointView::Summary), &summary),
    ];
    for (view, expected) in views {
        let mut points =
            client.history(name("cpu"), Some("2026-03-02T12:00:01Z".parse().unwrap()), None, view).await.unwrap();
        let shown = points.recv().await.unwrap().unwrap();
        assert_eq!(&serde_json::to_value(&shown).unwrap(), expected, "{view:?}");
        assert_eq!(points.recv().await.unwrap(), None);
    }
}

#[tokio::test]
async fn each_view_is_a_type() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 40.0);
    let (timestamp, metric) = (start(), name("cpu"));
    let metadata = BTreeMap::from([("host".to_owned(), "test".to_owned())]);
    let cases = [
        (
            DataPointView::Summary,
            DataPointViewed::Summary(DataPointSummary { timestamp, metric: metric.clone(), value: 40.0 }),
        ),
        (
            DataPointView::Detailed,
            DataPointViewed::Detailed(DataPointDetailed {
                timestamp,
                metric: metric.clone(),
                value: 40.0,
                change: None,
            }),
        ),
        (
            DataPointView::Full,
            DataPointViewed::Full(DataPointFull { timestamp, metric, value: 40.0, change: None, metadata }),
        ),
    ];
    for (view, expected) in cases {
        let mut points = client.history(name("cpu"), None, None, Some(view)).await.unwrap();
        assert_eq!(points.recv().await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn metrics_are_listed_with_units_and_counts() {
    let store = Store::default();
    let mut generator = Generator::new(1, &[Kind::Cpu, Kind::Memory]);
    feed::backfill(&store, &mut generator, 3, Duration::from_secs(1), start());
    record(&store, "queue", 0, 7.0);
    let metric =
        |metric: &str, unit: Option<&str>, points| Metric { name: name(metric), unit: unit.map(str::to_owned), points };
    let expected = [metric("cpu", Some("%"), 3), metric("memory", Some("MiB"), 3), metric("queue", None, 1)];
    assert_eq!(client_of(&store).metrics().await.unwrap(), expected);
}

#[tokio::test]
async fn a_subscription_has_every_later_point_of_its_metrics() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 1.0);
    record(&store, "memory", 0, 100.0);
    record(&store, "requests", 0, 9.0);
    let mut points = client.subscribe(&[name("cpu"), name("memory")], None, None).await.unwrap();
    record(&store, "requests", 1, 10.0);
    record(&store, "cpu", 1, 2.0);
    record(&store, "memory", 1, 101.0);
    record(&store, "cpu", 2, 3.0);
    let expected = [("cpu".to_owned(), 2.0), ("memory".to_owned(), 101.0), ("cpu".to_owned(), 3.0)];
    assert_eq!(next_points(&mut points, 3).await, expected);
}

#[tokio::test]
async fn every_subscriber_has_every_point_in_order() {
    const SUBSCRIBERS: usize = 8;
    const POINTS: i64 = 500;
    let store = Store::default();
    let client = client_of(&store);
    let mut streams = Vec::new();
    for _ in 0..SUBSCRIBERS {
        streams.push(client.subscribe(&[], None, None).await.unwrap());
    }
    for second in 0..POINTS {
        record(&store, "cpu", second, second as f64);
    }
    let expected: Vec<_> = (0..POINTS).map(|second| ("cpu".to_owned(), second as f64)).collect();
    for mut stream in streams {
        assert_eq!(next_points(&mut stream, POINTS as usize).await, expected);
    }
}

#[tokio::test]
async fn a_subscriber_that_falls_behind_is_told_how_far() {
    let store = Store::with_backlog(8);
    let client = client_of(&store);
    let mut points = client.subscribe(&[], None, None).await.unwrap();
    // Nobody else runs meanwhile: the subscription sees none of these before the last is there.
    for second in 0..20 {
        record(&store, "cpu", second, 0.0);
    }
    match points.recv().await {
        Err(Failure::Declared(AnalyticsError::FellBehind { missed })) => assert_eq!(missed, 12),
        other => panic!("{other:?}"),
    }
    // Those who ask for an interval have nothing to fall behind of.
    let mut newest = client.subscribe(&[], Some(1), None).await.unwrap();
    assert_eq!(next_points(&mut newest, 1).await, [("cpu".to_owned(), 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn an_interval_shows_the_newest_of_each_metric() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 1.0);
    record(&store, "memory", 0, 100.0);
    let mut points = client.subscribe(&[], Some(1000), None).await.unwrap();
    assert_eq!(next_points(&mut points, 2).await, [("cpu".to_owned(), 1.0), ("memory".to_owned(), 100.0)]);
    let first = tokio::time::Instant::now();
    for second in 1..10 {
        record(&store, "cpu", second, second as f64);
    }
    // A metric that is the same again is new again; one without a new point is not shown.
    assert_eq!(next_points(&mut points, 1).await, [("cpu".to_owned(), 9.0)]);
    record(&store, "cpu", 10, 9.0);
    assert_eq!(next_points(&mut points, 1).await, [("cpu".to_owned(), 9.0)]);
    let passed = first.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_millis(2100)).contains(&passed), "{passed:?}");
}

#[tokio::test(start_paused = true)]
async fn the_feed_is_one_sequence_for_a_seed() {
    let run = async || {
        let store = Store::default();
        let client = client_of(&store);
        let begin = tokio::time::Instant::now();
        let clock = move || start() + begin.elapsed();
        let generator = Generator::new(5, &Kind::ALL);
        let mut points = client.subscribe(&[], None, None).await.unwrap();
        let feed = tokio::spawn(feed::run(store, generator, feed::period(2.0), clock));
        let points = next_points(&mut points, 60).await;
        feed.abort();
        points
    };
    let first = run().await;
    assert_eq!(first, run().await);
    assert_eq!(first.iter().filter(|(metric, _)| metric == "cpu").count(), 10);
}

#[tokio::test]
async fn a_window_holds_its_start_and_not_its_end() {
    let store = Store::default();
    let client = client_of(&store);
    (0..10).for_each(|second| record(&store, "cpu", second, second as f64));
    let at = |second: i64| Some(start() + jiff::SignedDuration::from_secs(second));
    let cases = [
        (None, None, 0..10),
        (at(3), None, 3..10),
        (None, at(3), 0..3),
        (at(3), at(4), 3..4),
        (at(3), at(7), 3..7),
        // In another zone, and with nothing in it.
        (Some("2026-03-02T13:00:08+01:00".parse().unwrap()), None, 8..10),
        (at(20), at(30), 0..0),
    ];
    for (from, to, expected) in cases {
        let mut points = client.history(name("cpu"), from, to, None).await.unwrap();
        let expected: Vec<_> = expected.map(|second| ("cpu".to_owned(), f64::from(second))).collect();
        assert_eq!(next_points(&mut points, expected.len()).await, expected, "{from:?} {to:?}");
        assert_eq!(points.recv().await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_the_stream_opens() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 1.0);
    let unknown = (404, "no_such_metric".to_owned(), "There is no such metric".to_owned());
    assert_eq!(declared(client.subscribe(&[name("cpu"), name("disk")], None, None).await), unknown);
    let refused = client.history(name("disk"), None, None, None).await;
    match &refused {
        Err(Failure::Declared(AnalyticsError::NoSuchMetric { metric })) => assert_eq!(metric, &name("disk")),
        other => panic!("{other:?}"),
    }
    assert_eq!(declared(refused), unknown);

    let window = async |from: &str, to: &str| {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        declared(client.history(name("cpu"), Some(from), Some(to), None).await)
    };
    let invalid = (400, "invalid_window".to_owned(), "`from` must be before `to`".to_owned());
    assert_eq!(window("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z").await, invalid);
    assert_eq!(window("2026-03-02T12:00:01Z", "2026-03-02T12:00:00Z").await, invalid);
}

#[tokio::test]
async fn an_upload_is_counted_by_metric() {
    let store = Store::default();
    let client = client_of(&store);
    let (sender, reply) = client.ingest().await.unwrap();
    for (second, value) in [(0, 1.5), (1, 2.25), (1, 3.0)] {
        sender.send(point("queue", second, value)).await.unwrap();
    }
    sender.send(point("orders", 0, -4.0)).await.unwrap();
    // Older than the newest of its metric.
    sender.send(point("queue", 0, 100.0)).await.unwrap();
    // What breaks a rule is not even sent.
    for (metric, host) in [("Queue", 1), ("", 1), ("queue", 17)] {
        let metadata = (0..host).map(|number| (number.to_string(), String::new())).collect();
        let wrong = analytics::design::DataPoint { metadata, ..point(metric, 9, 100.0) };
        assert!(matches!(sender.send(wrong).await, Err(mandovi::StreamError::Unsendable(_))), "{metric:?}");
    }
    sender.finish().unwrap();
    let expected = Ingested {
        accepted: 4,
        rejected: 1,
        totals: BTreeMap::from([
            (name("orders"), Total { count: 1, sum: -4.0 }),
            (name("queue"), Total { count: 3, sum: 6.75 }),
        ]),
    };
    assert_eq!(reply.await.unwrap(), expected);

    let mut points = client.history(name("queue"), None, None, Some(DataPointView::Detailed)).await.unwrap();
    let mut changes = Vec::new();
    while let Some(point) = points.recv().await.unwrap() {
        let DataPointViewed::Detailed(point) = point else { panic!("{point:?}") };
        changes.push(point.change);
    }
    assert_eq!(changes, [None, Some(0.75), Some(0.75)]);
}

#[tokio::test]
async fn an_upload_of_nothing_is_nothing() {
    let (sender, reply) = client_of(&Store::default()).ingest().await.unwrap();
    sender.finish().unwrap();
    assert_eq!(reply.await.unwrap(), Ingested { accepted: 0, rejected: 0, totals: BTreeMap::new() });
}

#[tokio::test]
async fn there_are_only_so_many_metrics() {
    let store = Store::default();
    (0..METRICS).for_each(|number| record(&store, &format!("m{number}"), 0, 0.0));
    let (sender, reply) = client_of(&store).ingest().await.unwrap();
    sender.send(point("m0", 1, 0.0)).await.unwrap();
    sender.send(point("another", 0, 0.0)).await.unwrap();
    match reply.await {
        Err(Failure::Declared(AnalyticsError::TooManyMetrics { limit })) => assert_eq!(limit as usize, METRICS),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_newest_points_are_remembered() {
    let store = Store::default();
    (0..=REMEMBERED as i64).for_each(|second| record(&store, "cpu", second, second as f64));
    let points = store.window(&name("cpu"), None, None).unwrap();
    assert_eq!((points.len(), points[0].value), (REMEMBERED, 1.0));
}

#[tokio::test]
async fn an_alert_is_raised_and_cleared_once() {
    let store = Store::default();
    let client = client_of(&store);
    record(&store, "cpu", 0, 95.0);
    record(&store, "requests", 0, 400.0);
    let (sender, mut alerts) = client.alerts().await.unwrap();
    // What is beyond already is told at once, and so says that the threshold has arrived.
    sender.send(threshold("cpu", Some(80.0), None)).await.unwrap();
    assert_eq!(alerts.recv().await.unwrap(), Some(alert("cpu", AlertState::Raised, 0, 95.0)));
    record(&store, "cpu", 1, 99.0);
    record(&store, "requests", 1, 1.0);
    record(&store, "cpu", 2, 80.0);
    record(&store, "cpu", 3, 80.01);
    assert_eq!(alerts.recv().await.unwrap(), Some(alert("cpu", AlertState::Cleared, 2, 80.0)));
    assert_eq!(alerts.recv().await.unwrap(), Some(alert("cpu", AlertState::Raised, 3, 80.01)));

    // A threshold stands in for the one before.
    sender.send(threshold("cpu", Some(90.0), Some(10.0))).await.unwrap();
    assert_eq!(alerts.recv().await.unwrap(), Some(alert("cpu", AlertState::Cleared, 3, 80.01)));
    // Thresholds stay when the client has said its last.
    sender.finish().unwrap();
    record(&store, "cpu", 4, 9.0);
    assert_eq!(alerts.recv().await.unwrap(), Some(alert("cpu", AlertState::Raised, 4, 9.0)));
}

#[tokio::test]
async fn a_threshold_for_no_metric_ends_the_alerts() {
    let (sender, mut alerts) = client_of(&Store::default()).alerts().await.unwrap();
    sender.send(threshold("disk", Some(1.0), None)).await.unwrap();
    let refused = alerts.recv().await;
    assert_eq!(declared(refused).1, "no_such_metric");
}

#[tokio::test]
async fn subscribers_that_leave_are_gone() {
    let server = mandovi::testing::InMemory::from(analytics::service(Store::default()));
    let client = analytics::design::AnalyticsClient::in_memory(server.clone()).build().unwrap();
    let points = client.subscribe(&[], None, None).await.unwrap();
    let sampled = client.subscribe(&[], Some(1000), None).await.unwrap();
    let (sender, alerts) = client.alerts().await.unwrap();
    assert_eq!(server.open_streams(), 3);
    drop((points, sampled, sender, alerts));
    server.closed().await;
}
