//! The contract of the analytics service: what travels, what can go wrong, and the methods.
//!
//! No behaviour belongs here: servers, clients and documents are all made from this file alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mandovi::prelude::*;

/// The name of a metric.
#[message(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_.]*$", example = "cpu")]
#[derive(Eq, PartialOrd, Ord, Hash)]
pub struct MetricName(pub String);

/// What a metric was at one time.
#[message(view(
    summary = [timestamp, metric, value],
    detailed = [timestamp, metric, value, change],
    full = [timestamp, metric, value, change, metadata],
))]
pub struct DataPoint {
    /// When it was measured.
    #[field(1, example = "2026-03-02T12:00:00.5Z")]
    pub timestamp: Timestamp,
    /// The metric.
    #[field(2)]
    pub metric: MetricName,
    /// What was measured, in the metric's unit.
    #[field(3, example = 41.5)]
    pub value: f64,
    /// The difference from the point before; absent for the first one.
    #[field(4, example = -1.25)]
    pub change: Option<f64>,
    /// What else is known, such as the host.
    #[field(5, max_length = 16)]
    pub metadata: BTreeMap<String, String>,
}

/// Something that is measured.
#[message]
pub struct Metric {
    /// Its name.
    #[field(1)]
    pub name: MetricName,
    /// The unit of its values; absent where nobody has said it.
    #[field(2, example = "%")]
    pub unit: Option<String>,
    /// How many points of it are remembered.
    #[field(3)]
    pub points: u64,
}

/// What came of an upload.
#[message]
pub struct Ingested {
    /// How many points were taken.
    #[field(1)]
    pub accepted: u64,
    /// How many were not: those older than the newest of their metric.
    #[field(2)]
    pub rejected: u64,
    /// The accepted ones by metric.
    #[field(3)]
    pub totals: BTreeMap<MetricName, Total>,
}

/// The accepted points of one metric.
#[message]
pub struct Total {
    /// How many they are.
    #[field(1)]
    pub count: u64,
    /// The sum of their values.
    #[field(2)]
    pub sum: f64,
}

/// What is worth an alert. It stands in for the threshold that the same client set on the metric before; without limits it takes
/// that away.
#[message]
pub struct Threshold {
    /// The metric to watch.
    #[field(1)]
    pub metric: MetricName,
    /// Values above this raise an alert.
    #[field(2, example = 80.0)]
    pub above: Option<f64>,
    /// Values below this raise an alert.
    #[field(3)]
    pub below: Option<f64>,
}

/// A metric went over a threshold, or came back.
#[message]
pub struct Alert {
    /// The metric.
    #[field(1)]
    pub metric: MetricName,
    /// Which of the two happened.
    #[field(2)]
    pub state: AlertState,
    /// The value that did it.
    #[field(3)]
    pub value: f64,
    /// When it was measured.
    #[field(4)]
    pub timestamp: Timestamp,
}

/// Where a metric is.
#[message]
pub enum AlertState {
    /// Beyond the threshold.
    Raised,
    /// Within it again.
    Cleared,
}

/// What the service refuses.
#[errors]
pub enum AnalyticsError {
    /// There is no such metric.
    #[status(404)]
    NoSuchMetric {
        /// What was asked for.
        metric: MetricName,
    },
    /// The window of time holds no time.
    #[status(400)]
    InvalidWindow(String),
    /// There are as many metrics as there may be.
    #[status(429, exhausted)]
    TooManyMetrics {
        /// How many there may be.
        limit: u32,
    },
    /// The client reads more slowly than points are made, and some would be missing: ask for an interval.
    #[status(429, name = "fell_behind", temporary, exhausted)]
    FellBehind {
        /// How many points of all metrics it would not see.
        missed: u64,
    },
}

/// Live metrics.
#[service(title = "Analytics", version = "1.0")]
pub trait Analytics {
    /// What is measured.
    #[get("/metrics")]
    async fn metrics(&self) -> Outcome<Vec<Metric>>;

    /// The points from now on: server streaming, in the view that the caller asks for.
    #[get("/subscribe", limits(outbox_size = "256 KiB"))]
    async fn subscribe(
        &self,
        cx: Context,
        /// The metrics to follow; all where none is named.
        #[query(name = "metric")]
        metrics: Vec<MetricName>,
        /// With 0 every point is sent. Otherwise the newest of each metric, at most once in so many milliseconds.
        #[query(default = 0, maximum = 3_600_000, example = 1000)]
        interval_ms: u32,
        #[view] view: Option<DataPointView>,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError>;

    /// The points of a window of time, oldest first.
    #[get("/metrics/{metric}/history")]
    async fn history(
        &self,
        metric: MetricName,
        /// The first moment of the window; without it the window begins with what is remembered.
        #[query(example = "2026-03-02T12:00:00Z")]
        from: Option<Timestamp>,
        /// The moment before which the window ends; without it the window ends now.
        #[query(example = "2026-03-02T13:00:00Z")]
        to: Option<Timestamp>,
        #[view] view: Option<DataPointView>,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError>;

    /// Takes points from elsewhere: client streaming with a result. The first point of a metric makes the metric.
    #[get("/ingest", limits(max_message_size = "128 KiB"))]
    async fn ingest(&self, input: Receiver<DataPoint>) -> Outcome<Ingested, AnalyticsError>;

    /// Watches for thresholds: bidirectional, since a client may change its mind.
    #[get("/alerts")]
    async fn alerts(
        &self,
        cx: Context,
        input: Receiver<Threshold>,
        output: Sender<Alert>,
    ) -> Outcome<(), AnalyticsError>;
}
