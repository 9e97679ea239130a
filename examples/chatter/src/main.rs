//! `chatter`: serves the chat until Ctrl-C.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use chatter::chat::Chat;
use clap::Parser;
use tokio::net::TcpListener;

/// Serves a chat over WebSocket.
#[derive(Debug, Parser)]
#[command(name = "chatter", after_help = "Ctrl-C or SIGTERM closes every stream and ends the server.")]
struct Arguments {
    /// Where to listen; with port 0 the system chooses a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { listen } = Arguments::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    match serve(listen).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(listen: SocketAddr) -> io::Result<()> {
    // Before anybody is told that the server runs: from then on it may be told to stop.
    let stop = chatter::stop::requested()?;
    let listener = TcpListener::bind(listen).await.map_err(|error| cannot_listen(listen, &error))?;
    // Nobody needs to read it.
    let _ = welcome(listener.local_addr()?);
    let metrics = mandovi::metrics::prometheus().map_err(io::Error::other)?;
    let app = metrics.router().fallback_service(chatter::service(Chat::default()));
    mandovi::serve(listener, app).with_graceful_shutdown(stop).await
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
  alias chatter-cli='cargo run --release --quiet --package chatter --bin chatter-cli -- --url http://{address}'
  TOKEN=$(chatter-cli login --user goa --password rocks)
  chatter-cli echoer --token $TOKEN
  chatter-cli subscribe --token $TOKEN
  chatter-cli history --token $TOKEN --view tiny"
    )?;
    out.flush()
}
