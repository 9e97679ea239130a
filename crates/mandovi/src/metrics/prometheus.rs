//! A recorder for Prometheus, and the route that it is read by.

use std::fmt;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// How often what was recorded is put into its buckets, where nobody reads it: without that it would pile up.
const UPKEEP: Duration = Duration::from_secs(5);
/// The content type of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Buckets of how long it takes to answer, in seconds: from a tenth of a millisecond to the usual deadline.
const ANSWER: &[f64] =
    &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Buckets of how long a call lasts: streams may last for days.
const CALL: &[f64] = &[0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0, 86400.0];
/// Buckets of how long output waits: mostly microseconds, and with a slow peer until the write timeout.
const QUEUE: &[f64] =
    &[0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 30.0];

/// The numbers of this process, as Prometheus reads them.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Prometheus {
    handle: PrometheusHandle,
}

/// The program has a recorder already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallError;

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recorder of metrics is installed already")
    }
}

impl std::error::Error for InstallError {}

/// Installs a recorder for the whole process, and says what every [metric](super::TABLE) means.
///
/// All numbers of the process that go through the `metrics` facade are in it, also those of others. A thread of its own
/// tidies up every five seconds.
///
/// ```
/// use axum::Router;
///
/// let prometheus = mandovi::metrics::prometheus()?;
/// let app: Router = Router::new().merge(prometheus.router()); // beside the routes of the services
/// # let _ = app;
/// # Ok::<(), mandovi::metrics::InstallError>(())
/// ```
///
/// The route is open to whoever reaches it: put it on a listener of its own, or behind a layer, where the numbers are
/// not everybody's business.
///
/// # Errors
/// There is a recorder already.
pub fn prometheus() -> Result<Prometheus, InstallError> {
    let recorder = builder().build_recorder();
    let handle = recorder.handle();
    ::metrics::set_global_recorder(recorder).map_err(|_| InstallError)?;
    super::describe();
    let tidied = handle.clone();
    let upkeep = std::thread::Builder::new().name("mandovi-metrics".to_owned()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP);
            tidied.run_upkeep();
        }
    });
    if let Err(error) = upkeep {
        tracing::error!(%error, "no thread for the upkeep of metrics: they take room until they are read");
    }
    Ok(Prometheus { handle })
}

fn builder() -> PrometheusBuilder {
    let buckets = [
        (super::HANDSHAKE, ANSWER),
        (super::CLIENT_HANDSHAKE, ANSWER),
        (super::ROUND_TRIP, ANSWER),
        (super::CLIENT_ROUND_TRIP, ANSWER),
        (super::HANDLER, CALL),
        (super::CLIENT_HANDLER, CALL),
        (super::QUEUE, QUEUE),
        (super::CLIENT_QUEUE, QUEUE),
    ];
    buckets.into_iter().fold(PrometheusBuilder::new(), |builder, (name, values)| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), values).expect("there are buckets")
    })
}

impl Prometheus {
    /// Everything, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// A router with one route, `GET /metrics`.
    pub fn router(&self) -> Router {
        let this = self.clone();
        let answer = move || {
            let text = this.render();
            async move { ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], text) }
        };
        Router::new().route("/metrics", get(answer))
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Kind, TABLE};

    #[test]
    fn every_histogram_has_buckets_of_its_own() {
        let recorder = builder().build_recorder();
        ::metrics::with_local_recorder(&recorder, || {
            for metric in TABLE.iter().filter(|metric| metric.kind == Kind::Histogram) {
                ::metrics::histogram!(metric.name).record(0.01);
            }
        });
        let text = recorder.handle().render();
        for metric in TABLE.iter().filter(|metric| metric.kind == Kind::Histogram) {
            assert!(text.contains(&format!("# TYPE {} histogram\n", metric.name)), "{}: {text}", metric.name);
        }
    }
}
