//! What the methods do.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;
use mandovi::prelude::*;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

use crate::design::{
    Alert, AlertState, Analytics, AnalyticsError, DataPoint, DataPointView, Ingested, Metric, MetricName, Threshold,
    Total,
};
use crate::generator::rounded;
use crate::store::{Recorded, Store};

impl Analytics for Store {
    async fn metrics(&self) -> Outcome<Vec<Metric>> {
        Ok(Store::metrics(self))
    }

    async fn subscribe(
        &self,
        cx: Context,
        metrics: Vec<MetricName>,
        interval_ms: u32,
        _view: Option<DataPointView>, // `output` knows it, and sends only what it shows.
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError> {
        metrics.iter().try_for_each(|metric| self.check(metric))?;
        match interval_ms {
            0 => self.follow(&cx, &metrics, opening).await,
            _ => self.sample(&cx, metrics, Duration::from_millis(interval_ms.into()), opening).await,
        }
    }

    async fn history(
        &self,
        metric: MetricName,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        _view: Option<DataPointView>,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError> {
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            return Err(AnalyticsError::InvalidWindow("`from` must be before `to`".to_owned()).into());
        }
        let points = self.window(&metric, from, to)?;
        let output = opening.accept().await?;
        for point in points {
            output.send(&*point).await?;
        }
        Ok(())
    }

    async fn ingest(&self, mut input: Receiver<DataPoint>) -> Outcome<Ingested, AnalyticsError> {
        let mut ingested = Ingested { accepted: 0, rejected: 0, totals: BTreeMap::new() };
        while let Some(point) = input.recv().await? {
            let (metric, value) = (point.metric.clone(), point.value);
            match self.record(point)? {
                Recorded::Rejected => ingested.rejected += 1,
                Recorded::Accepted => {
                    ingested.accepted += 1;
                    let total = ingested.totals.entry(metric).or_insert(Total { count: 0, sum: 0.0 });
                    total.count += 1;
                    total.sum += value;
                }
            }
        }
        ingested.totals.values_mut().for_each(|total| total.sum = rounded(total.sum));
        Ok(ingested)
    }

    async fn alerts(
        &self,
        cx: Context,
        mut input: Receiver<Threshold>,
        output: Sender<Alert>,
    ) -> Outcome<(), AnalyticsError> {
        let mut watches = BTreeMap::<MetricName, Watch>::new();
        let mut news = self.subscribe();
        loop {
            let (metric, point) = tokio::select! {
                // What was asked for comes before what is new, so that no point passes by its threshold.
                biased;
                threshold = input.recv() => {
                    // A client that says no more thresholds still hears of those it set, until it leaves.
                    let Some(threshold) = threshold? else { break };
                    self.check(&threshold.metric)?;
                    let metric = threshold.metric.clone();
                    match watches.entry(metric.clone()) {
                        Entry::Occupied(mut watch) => watch.get_mut().threshold = threshold,
                        Entry::Vacant(place) => {
                            place.insert(Watch { threshold, raised: false });
                        }
                    }
                    (metric.clone(), self.newest(&metric).map(|(_, point)| point))
                }
                point = news.recv() => {
                    let point = heard(point)?;
                    (point.metric.clone(), Some(point))
                }
            };
            if let (Some(watch), Some(point)) = (watches.get_mut(&metric), point)
                && let Some(alert) = watch.look(&point)
            {
                output.send(alert).await?;
            }
        }
        loop {
            let point = tokio::select! {
                point = news.recv() => heard(point)?,
                _ = cx.closed() => return Ok(()),
            };
            if let Some(watch) = watches.get_mut(&point.metric)
                && let Some(alert) = watch.look(&point)
            {
                output.send(alert).await?;
            }
        }
    }
}

impl Store {
    /// Sends every point.
    async fn follow(
        &self,
        cx: &Context,
        metrics: &[MetricName],
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError> {
        // Before the client is told that the stream is open: it misses nothing that it causes from then on.
        let mut news = self.subscribe();
        let output = opening.accept().await?;
        loop {
            let point = tokio::select! {
                point = news.recv() => heard(point)?,
                _ = cx.closed() => return Ok(()),
            };
            if metrics.is_empty() || metrics.contains(&point.metric) {
                output.send(&*point).await?;
            }
        }
    }

    /// Sends the newest point of each metric every so often. However slow the client is, it gets the newest.
    async fn sample(
        &self,
        cx: &Context,
        metrics: Vec<MetricName>,
        every: Duration,
        opening: Opening<Sender<DataPoint>>,
    ) -> Outcome<(), AnalyticsError> {
        let output = opening.accept().await?;
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = BTreeMap::<MetricName, u64>::new();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = cx.closed() => return Ok(()),
            }
            // Metrics may have come since.
            let all = || Store::metrics(self).into_iter().map(|metric| metric.name).collect();
            let metrics: Vec<_> = if metrics.is_empty() { all() } else { metrics.clone() };
            for metric in metrics {
                let Some((count, point)) = self.newest(&metric) else { continue };
                if seen.insert(metric, count) != Some(count) {
                    output.send(&*point).await?;
                }
            }
        }
    }
}

/// A threshold, and on which side of it the metric was last.
struct Watch {
    threshold: Threshold,
    raised: bool,
}

impl Watch {
    /// The alert that a point is worth: only where it crosses the threshold.
    fn look(&mut self, point: &DataPoint) -> Option<Alert> {
        let Threshold { above, below, .. } = &self.threshold;
        let beyond = above.is_some_and(|above| point.value > above) || below.is_some_and(|below| point.value < below);
        if beyond == self.raised {
            return None;
        }
        self.raised = beyond;
        Some(Alert {
            metric: point.metric.clone(),
            state: if beyond { AlertState::Raised } else { AlertState::Cleared },
            value: point.value,
            timestamp: point.timestamp,
        })
    }
}

/// The next point, unless this reader was so slow that some are gone: it is told instead of shown a series with holes.
fn heard(news: Result<Arc<DataPoint>, RecvError>) -> Outcome<Arc<DataPoint>, AnalyticsError> {
    match news {
        Ok(point) => Ok(point),
        Err(RecvError::Lagged(missed)) => Err(AnalyticsError::FellBehind { missed }.into()),
        // The store holds the other end.
        Err(closed @ RecvError::Closed) => Err(Failure::internal(closed)),
    }
}
