//! `chatter`: serves the chat until Ctrl-C or SIGTERM.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chatter::chat::Chat;
use clap::Parser;
use mandovi::ConnectionManager;
use mandovi::server::{Certificates, shutdown_signal};
use tokio::net::TcpListener;

/// Serves a chat over WebSocket.
#[derive(Debug, Parser)]
#[command(
    name = "chatter",
    after_help = "\
Ctrl-C or SIGTERM closes every stream, and ends the server. /healthz and /readyz tell a supervisor how it is, and /metrics Prometheus."
)]
struct Arguments {
    /// Where to listen; with port 0 the system chooses a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A certificate chain in PEM: speaks TLS. It is read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// For how long a server that stops still accepts connections, to say that it is not ready.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    readiness_delay: Duration,
    /// Over how long a server that stops spreads the closing of its streams.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    drain_window: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "a number of seconds".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> io::Result<()> {
    let Arguments { listen, tls_cert, tls_key, readiness_delay, drain_window } = arguments;
    let certificates =
        tls_cert.zip(tls_key).map(|(chain, key)| Certificates::from_pem_files(chain, key)).transpose()?;
    // Before anybody is told that the server runs: from then on it may be told to stop.
    let stop = shutdown_signal()?;
    let listener = TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    let manager = ConnectionManager::new();
    let app = chatter::app(Chat::default(), &manager);
    let scheme = if certificates.is_some() { "https" } else { "http" };
    // Nobody needs to read it.
    let _ = welcome(scheme, listener.local_addr()?);
    let metrics = mandovi::metrics::prometheus().map_err(io::Error::other)?;
    let app = metrics.router().fallback_service(app);
    let mut serve = mandovi::serve(listener, app)
        .manager(manager)
        .readiness_delay(readiness_delay)
        .drain_window(drain_window)
        .with_graceful_shutdown(stop);
    if let Some(certificates) = certificates {
        serve = serve.tls(certificates);
    }
    let report = serve.await?;
    let _ = writeln!(io::stdout(), "{report}");
    Ok(())
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

fn welcome(scheme: &str, address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "\
listening on {scheme}://{address}

Try in another terminal:
  alias chatter-cli='cargo run --release --quiet --package chatter --bin chatter-cli -- --url {scheme}://{address}'
  TOKEN=$(chatter-cli login --user goa --password rocks)
  chatter-cli echoer --token $TOKEN
  chatter-cli subscribe --token $TOKEN
  chatter-cli history --token $TOKEN --view tiny"
    )?;
    out.flush()
}
