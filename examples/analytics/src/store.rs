//! What was measured: the newest points of each metric, and whoever waits for the next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::broadcast;

use crate::design::{AnalyticsError, DataPoint, Metric, MetricName};
use crate::generator::{Kind, rounded};

/// How many points of a metric are remembered: an hour of one per second.
pub const REMEMBERED: usize = 3600;
/// How many metrics there may be. Names come from whoever uploads points, and memory is finite.
pub const METRICS: usize = 100;
/// How many points of all metrics a subscriber may be behind.
const BACKLOG: usize = 4096;

/// The measurements, shared by all who hold a clone.
#[derive(Debug, Clone)]
pub struct Store {
    series: Arc<Mutex<BTreeMap<MetricName, Series>>>,
    /// Every new point. A subscriber that is slow loses the oldest, and is told how many.
    news: broadcast::Sender<Arc<DataPoint>>,
}

/// The points of one metric.
#[derive(Debug, Default)]
struct Series {
    unit: Option<String>,
    /// Oldest first; times never go back.
    points: VecDeque<Arc<DataPoint>>,
    /// How many there have been, so that a reader knows whether the newest is new.
    count: u64,
}

/// What came of a point.
#[derive(Debug, PartialEq)]
pub enum Recorded {
    /// It is the newest of its metric.
    Accepted,
    /// It is older than the newest of its metric.
    Rejected,
}

impl Default for Store {
    fn default() -> Self {
        Self::with_backlog(BACKLOG)
    }
}

impl Store {
    /// Without any measurement. A subscriber may be so many points behind.
    ///
    /// # Panics
    /// When it is none.
    pub fn with_backlog(points: usize) -> Self {
        Self { series: Arc::default(), news: broadcast::channel(points).0 }
    }

    /// Makes a metric known before its first point.
    pub fn introduce(&self, kind: Kind) {
        self.lock().entry(kind.metric()).or_default().unit = Some(kind.unit().to_owned());
    }

    /// Takes a point, fills in its change where that is missing, and tells who waits.
    ///
    /// # Errors
    /// [`AnalyticsError::TooManyMetrics`] when it would be the first of one metric too many.
    pub fn record(&self, mut point: DataPoint) -> Result<Recorded, AnalyticsError> {
        let mut all = self.lock();
        if !all.contains_key(&point.metric) && all.len() >= METRICS {
            return Err(AnalyticsError::TooManyMetrics { limit: METRICS as u32 });
        }
        let series = all.entry(point.metric.clone()).or_default();
        if let Some(before) = series.points.back() {
            if point.timestamp < before.timestamp {
                return Ok(Recorded::Rejected);
            }
            let change = rounded(point.value - before.value);
            point.change.get_or_insert(change);
        }
        let point = Arc::new(point);
        if series.points.len() == REMEMBERED {
            series.points.pop_front();
        }
        series.points.push_back(Arc::clone(&point));
        series.count += 1;
        // Under the lock, so that subscribers see the order of the store. Nobody may be there to hear it.
        let _ = self.news.send(point);
        Ok(Recorded::Accepted)
    }

    /// Every point from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<DataPoint>> {
        self.news.subscribe()
    }

    /// All metrics, by name.
    pub fn metrics(&self) -> Vec<Metric> {
        let metric = |(name, series): (&MetricName, &Series)| Metric {
            name: name.clone(),
            unit: series.unit.clone(),
            points: series.points.len() as u64,
        };
        self.lock().iter().map(metric).collect()
    }

    /// That there is a metric.
    ///
    /// # Errors
    /// [`AnalyticsError::NoSuchMetric`] when there is none.
    pub fn check(&self, metric: &MetricName) -> Result<(), AnalyticsError> {
        match self.lock().contains_key(metric) {
            true => Ok(()),
            false => Err(no_such(metric)),
        }
    }

    /// The newest point of a metric and how many there have been; nothing where there is none yet.
    pub fn newest(&self, metric: &MetricName) -> Option<(u64, Arc<DataPoint>)> {
        let all = self.lock();
        let series = all.get(metric)?;
        series.points.back().map(|point| (series.count, Arc::clone(point)))
    }

    /// The points of a metric in a window of time, which does not hold its end.
    ///
    /// # Errors
    /// [`AnalyticsError::NoSuchMetric`].
    pub fn window(
        &self,
        metric: &MetricName,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<Arc<DataPoint>>, AnalyticsError> {
        let all = self.lock();
        let points = &all.get(metric).ok_or_else(|| no_such(metric))?.points;
        let first = from.map_or(0, |from| points.partition_point(|point| point.timestamp < from));
        let end = to.map_or(points.len(), |to| points.partition_point(|point| point.timestamp < to));
        Ok(points.range(first..end.max(first)).map(Arc::clone).collect())
    }

    /// Nothing that runs under the lock leaves the series half changed.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<MetricName, Series>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such(metric: &MetricName) -> AnalyticsError {
    AnalyticsError::NoSuchMetric { metric: metric.clone() }
}
