//! The commands that serve.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use analytics::feed;
use analytics::generator::{Generator, Kind};
use analytics::store::Store;
use clap::Args;
use jiff::Timestamp;
use mandovi::ConnectionManager;
use mandovi::manager::{Drain, DrainReport};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Result, call};

/// Where measurements come from.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// Which of all believable days it is: the same seed gives the same course of things.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many samples of each metric are taken in a second, up to 1000.
    #[arg(long, value_name = "PER_SECOND", default_value = "1", value_parser = rate)]
    rate: f64,
    /// The metrics to generate, separated by commas; without it all of them.
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    metrics: Option<Vec<Kind>>,
    /// How many samples there are of the time before the start.
    #[arg(long, value_name = "SAMPLES", default_value_t = 300)]
    past: u32,
}

impl Source {
    /// A store with a past, and the feed of its future.
    fn start(&self) -> (Store, impl Future<Output = ()> + Send + 'static) {
        let store = Store::default();
        let mut generator = Generator::new(self.seed, self.metrics.as_deref().unwrap_or(&Kind::ALL));
        let every = feed::period(self.rate);
        feed::backfill(&store, &mut generator, self.past, every, Timestamp::now());
        let feed = feed::run(store.clone(), generator, every, Timestamp::now);
        (store, async {
            feed.await;
        })
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if 0.0 < rate && rate <= 1000.0 => Ok(rate),
        _ => Err("a number above 0, up to 1000".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; with port 0 the system chooses a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    source: Source,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let listener = TcpListener::bind(self.listen).await.map_err(|error| cannot_listen(self.listen, &error))?;
        // Nobody needs to read it.
        let _ = welcome(listener.local_addr()?);
        let report = serve(listener, &self.source, Drain::new(), stop).await?;
        let _ = writeln!(io::stdout(), "{report}");
        Ok(())
    }
}

async fn serve(
    listener: TcpListener,
    source: &Source,
    drain: Drain,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<DrainReport> {
    let (store, feed) = source.start();
    let feed = tokio::spawn(feed);
    let manager = ConnectionManager::new();
    let served = mandovi::serve(listener, analytics::app(store, &manager))
        .manager(manager)
        .drain(drain)
        .with_graceful_shutdown(stop)
        .await;
    feed.abort();
    served
}

/// Serves on a free port and watches that, until either ends.
pub(crate) async fn demo(source: Source, watch: call::Points, stop: impl Future<Output = ()>) -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    eprintln!("serving on {url} until Ctrl-C; try `analytics metrics --url {url}`");
    let (ended, end) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let end = async {
            let _ = end.await;
        };
        serve(listener, &source, Drain::new().window(Duration::ZERO), end).await
    });
    let watched = call::until(stop, watch.run(&call::Server::at(url))).await;
    let _ = ended.send(());
    server.await??;
    watched
}

fn cannot_listen(listen: SocketAddr, error: &io::Error) -> io::Error {
    let text = match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {listen}: another program does; stop it, or choose another port with --listen")
        }
        _ => format!("cannot listen on {listen}: {error}"),
    };
    io::Error::new(error.kind(), text)
}

fn welcome(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\
listening on http://{address}

Try in another terminal:
  alias analytics='cargo run --release --quiet --package analytics --'
  analytics watch --url http://{address} --view detailed
  analytics alerts --url http://{address} --above cpu=60"
    )?;
    out.flush()
}
