//! The commands that call a server.

use std::future::Future;
use std::pin::pin;

use analytics::design::{
    AnalyticsClient, AnalyticsError, DataPoint, DataPointView, DataPointViewed, MetricName, Threshold,
};
use clap::Args;
use jiff::Timestamp;
use mandovi::prelude::*;
use mandovi::value::Value as _;

use crate::Result;
use crate::console::{lines, print_json, print_line};
use crate::table::{Row, Table};

/// Runs a call until it ends or Ctrl-C comes.
pub(crate) async fn until(stop: impl Future<Output = ()>, call: impl Future<Output = Result>) -> Result {
    let done = tokio::select! {
        done = call => done,
        () = stop => Ok(()),
    };
    // The halves of the stream are gone: its connection has its turn to write the close frame.
    tokio::task::yield_now().await;
    done
}

#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Where the service is.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl Server {
    pub(crate) fn at(url: String) -> Self {
        Self { url }
    }

    fn client(&self) -> Result<AnalyticsClient> {
        Ok(AnalyticsClient::builder(&self.url).build()?)
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Print one JSON value per line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Points {
    /// A metric to follow; may be repeated. Without it all are.
    #[arg(long, value_name = "NAME", value_parser = metric)]
    metric: Vec<MetricName>,
    /// Show the newest of each metric, at most once in so many milliseconds; with 0 every point.
    #[arg(long, value_name = "MS")]
    interval: Option<u32>,
    /// How much to tell of each point: "summary", "detailed" or "full".
    #[arg(long)]
    view: Option<DataPointView>,
    /// End after so many points.
    #[arg(long)]
    count: Option<usize>,
    #[command(flatten)]
    output: Output,
}

impl Points {
    pub(crate) async fn run(&self, server: &Server) -> Result {
        let points = server.client()?.subscribe(&self.metric, self.interval, self.view).await?;
        print_all(points, Table::live(), self.output, self.count).await
    }
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// The metric.
    #[arg(value_parser = metric)]
    metric: MetricName,
    /// The first moment, such as 2026-03-02T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// The moment before which it ends.
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// How much to tell of each point: "summary", "detailed" or "full".
    #[arg(long)]
    view: Option<DataPointView>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

impl History {
    pub(crate) async fn run(self) -> Result {
        let Self { metric, from, to, view, server, output } = self;
        let points = server.client()?.history(metric, from, to, view).await?;
        print_all(points, Table::lines(), output, None).await
    }
}

/// Prints points until the server ends the stream, or there are enough of them.
async fn print_all(
    mut points: Receiver<DataPointViewed, Failure<AnalyticsError>>,
    mut table: Table,
    Output { json }: Output,
    count: Option<usize>,
) -> Result {
    let mut left = count.unwrap_or(usize::MAX);
    while left > 0
        && let Some(point) = points.recv().await?
    {
        match json {
            true => print_json(&point)?,
            false => table.show(Row::of(&point))?,
        }
        left -= 1;
    }
    Ok(())
}

#[derive(Debug, Args)]
pub(crate) struct Alerts {
    /// Alert when a metric is above a value; may be repeated.
    #[arg(long, value_name = "METRIC=VALUE", value_parser = limit)]
    above: Vec<(MetricName, f64)>,
    /// Alert when a metric is below a value; may be repeated.
    #[arg(long, value_name = "METRIC=VALUE", value_parser = limit)]
    below: Vec<(MetricName, f64)>,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

/// Whether it is a name the service says.
fn metric(name: &str) -> Result<MetricName, std::convert::Infallible> {
    Ok(MetricName(name.to_owned()))
}

fn limit(text: &str) -> Result<(MetricName, f64), String> {
    let limit =
        text.split_once('=').and_then(|(metric, value)| Some((MetricName(metric.to_owned()), value.parse().ok()?)));
    limit.ok_or_else(|| "a metric and a value, such as cpu=80".to_owned())
}

impl Alerts {
    pub(crate) async fn run(self) -> Result {
        let (sender, mut alerts) = self.server.client()?.alerts().await?;
        for threshold in thresholds(&self.above, &self.below) {
            sender.send(threshold).await?;
        }
        while let Some(alert) = alerts.recv().await? {
            match self.output.json {
                true => print_json(&alert)?,
                false => print_line(format!(
                    "{:.3}  {:<12} {:>10.2}  {}",
                    alert.timestamp,
                    alert.metric.0,
                    alert.value,
                    alert.state.as_str()
                ))?,
            }
        }
        Ok(())
    }
}

/// One threshold for each metric.
fn thresholds(above: &[(MetricName, f64)], below: &[(MetricName, f64)]) -> Vec<Threshold> {
    let mut thresholds = Vec::<Threshold>::new();
    let limits = above.iter().map(|limit| (limit, true)).chain(below.iter().map(|limit| (limit, false)));
    for ((metric, value), is_above) in limits {
        let at = thresholds.iter().position(|threshold| threshold.metric == *metric).unwrap_or_else(|| {
            thresholds.push(Threshold { metric: metric.clone(), above: None, below: None });
            thresholds.len() - 1
        });
        let threshold = &mut thresholds[at];
        *if is_above { &mut threshold.above } else { &mut threshold.below } = Some(*value);
    }
    thresholds
}

pub(crate) async fn metrics(server: &Server, Output { json }: Output) -> Result {
    let metrics = server.client()?.metrics().await?;
    for metric in metrics {
        match json {
            true => print_json(&metric)?,
            false => {
                let unit = metric.unit.unwrap_or_default();
                print_line(format!("{:<12} {unit:<4} {:>6} points", metric.name.0, metric.points))?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn ingest(server: &Server) -> Result {
    let (sender, reply) = server.client()?.ingest().await?;
    let mut reply = pin!(reply);
    let ingested = tokio::select! {
        sent = send_lines(&sender) => {
            sent?;
            reply.await?
        }
        // The server has heard enough.
        done = &mut reply => done?,
    };
    Ok(print_json(&ingested)?)
}

/// Sends every line of standard input, then ends this side's stream.
async fn send_lines(sender: &Sender<DataPoint>) -> Result {
    let mut lines = lines();
    let mut number = 0;
    while let Some(line) = lines.recv().await {
        number += 1;
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        // As the server would, it says everything that is wrong with it.
        let point = DataPoint::from_json(MessageRef::Text(&line)).map_err(|error| format!("line {number}: {error}"))?;
        if is_over(sender.send(point).await)? {
            return Ok(());
        }
    }
    is_over(sender.finish())?;
    Ok(())
}

/// Whether the server has ended the stream already: why, the reply tells.
fn is_over(sent: Result<(), StreamError>) -> Result<bool, StreamError> {
    match sent {
        Err(StreamError::Closed(_)) => Ok(true),
        sent => sent.map(|()| false),
    }
}
