//! `analytics`: serves live metrics, and calls them from a shell.

mod call;
mod console;
mod serve;
mod table;

use std::error::Error;
use std::io;
use std::process::ExitCode;

use analytics::design::AnalyticsError;
use clap::{Parser, Subcommand};
use mandovi::Failure;
use tokio::runtime::Builder;

/// Live metrics over WebSocket.
#[derive(Debug, Parser)]
#[command(
    name = "analytics",
    after_help = "\
`analytics demo` shows everything in one terminal. Output is a table, and with --json one JSON value per line. What goes wrong \
is told on standard error; Ctrl-C ends every command.

Exit codes: 0 done, 1 the service refused or failed, 2 wrong usage."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves generated measurements, and takes others.
    Serve(serve::Serve),
    /// Serves on a free port, and watches it.
    Demo {
        #[command(flatten)]
        source: serve::Source,
        #[command(flatten)]
        watch: call::Points,
    },
    /// Follows metrics.
    Watch {
        #[command(flatten)]
        server: call::Server,
        #[command(flatten)]
        watch: call::Points,
    },
    /// Prints the remembered points of a metric.
    History(call::History),
    /// Uploads points: one JSON value per line of standard input, until Ctrl-D.
    Ingest {
        #[command(flatten)]
        server: call::Server,
    },
    /// Prints when metrics go over thresholds, and when they come back.
    Alerts(call::Alerts),
    /// Prints what is measured.
    Metrics {
        #[command(flatten)]
        server: call::Server,
        #[command(flatten)]
        output: call::Output,
    },
}

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let Arguments { command } = Arguments::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    // A server uses every core. The connection of a client, on the same thread as the client itself, is sure to have its turn to
    // write the close frame.
    let mut runtime = match command {
        Command::Serve(_) => Builder::new_multi_thread(),
        _ => Builder::new_current_thread(),
    };
    let done = runtime.enable_all().build().map_err(Into::into).and_then(|runtime| runtime.block_on(run(command)));
    match done {
        Err(error) if !is_broken_pipe(&*error) => {
            eprintln!("error: {}", told(&*error));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Whoever read our output has had enough of it, which is no error.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error in words for this command line.
fn told(error: &(dyn Error + 'static)) -> String {
    let failure = error.downcast_ref::<Failure<AnalyticsError>>();
    match failure.and_then(Failure::declared) {
        Some(AnalyticsError::NoSuchMetric { metric }) => {
            format!("there is no metric {:?}: see `analytics metrics`", metric.0)
        }
        Some(AnalyticsError::FellBehind { missed }) => {
            format!("{missed} points came faster than they were printed: use --interval or fewer metrics")
        }
        _ => error.to_string(),
    }
}

async fn run(command: Command) -> Result {
    // Before anything is told: from then on it may be told to stop.
    let stop = mandovi::server::shutdown_signal()?;
    match command {
        Command::Serve(serve) => Ok(serve.run(stop).await?),
        Command::Demo { source, watch } => serve::demo(source, watch, stop).await,
        Command::Watch { server, watch } => call::until(stop, watch.run(&server)).await,
        Command::History(history) => call::until(stop, history.run()).await,
        Command::Ingest { server } => call::until(stop, call::ingest(&server)).await,
        Command::Alerts(alerts) => call::until(stop, alerts.run()).await,
        Command::Metrics { server, output } => call::until(stop, call::metrics(&server, output)).await,
    }
}
