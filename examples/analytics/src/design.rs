//! The contract of the analytics service: what travels, what can go wrong, and the methods.
//!
//! No behaviour belongs here: servers, clients and documents are all made from this file alone.

use std::collections::BTreeMap;

use mandovi::prelude::*;

/// What a metric was at one time.
#[message(view(
    summary = [timestamp, metric, value],
    detailed = [timestamp, metric, value, change],
    full = [timestamp, metric, value, change, metadata],
))]
pub struct DataPoint {
    /// When it was measured, RFC 3339.
    #[field(1, format = "date-time")]
    pub timestamp: String,
    /// The name of the metric.
    #[field(2)]
    pub metric: String,
    /// What was measured, in the metric's unit.
    #[field(3)]
    pub value: f64,
    /// The difference from the point before; absent for the first one.
    #[field(4)]
    pub change: Option<f64>,
    /// What else is known, such as the host.
    #[field(5)]
    pub metadata: BTreeMap<String, String>,
}

/// Something that is measured.
#[message]
pub struct Metric {
    /// Its name.
    #[field(1)]
    pub name: String,
    /// The unit of its values; absent where nobody has said it.
    #[field(2)]
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
    /// How many were not: those without a valid time, and those older than the newest of their metric.
    #[field(2)]
    pub rejected: u64,
    /// The accepted ones by metric.
    #[field(3)]
    pub totals: BTreeMap<String, Total>,
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
    pub metric: String,
    /// Values above this raise an alert.
    #[field(2)]
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
    pub metric: String,
    /// Which of the two happened.
    #[field(2)]
    pub state: AlertState,
    /// The value that did it.
    #[field(3)]
    pub value: f64,
    /// When it was measured, RFC 3339.
    #[field(4, format = "date-time")]
    pub timestamp: String,
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
        metric: String,
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
#[service]
pub trait Analytics {
    /// What is measured.
    #[get("/metrics")]
    async fn metrics(&self) -> Outcome<Vec<Metric>>;

    /// The points from now on: server streaming, in the view that the caller asks for.
    #[get("/subscribe")]
    async fn subscribe(
        &self,
        cx: Context,
        /// The metrics to follow; all where none is named.
        #[query(name = "metric")]
        metrics: Vec<String>,
        /// With 0 every point is sent. Otherwise the newest of each metric, at most once in so many milliseconds.
        #[query(default = 0)]
        interval_ms: u32,
        #[view] view: Option<DataPointView>,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError>;

    /// The points of a window of time, oldest first.
    #[get("/metrics/{metric}/history")]
    async fn history(
        &self,
        metric: String,
        /// The first moment of the window, RFC 3339; without it the window begins with what is remembered.
        #[query]
        from: Option<String>,
        /// The moment before which the window ends, RFC 3339; without it the window ends now.
        #[query]
        to: Option<String>,
        #[view] view: Option<DataPointView>,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError>;

    /// Takes points from elsewhere: client streaming with a result. The first point of a metric makes the metric.
    #[get("/ingest")]
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
