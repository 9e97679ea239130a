//! The servers that are measured, each as its own users would write it for speed.
//!
//! All have a WebSocket echo at [`PATH`](crate::load::connection::PATH) and run on one tokio worker. A module holds one
//! library, and its servers share nothing with those of another, so that none is tuned by accident.

mod axum;
mod mandovi;
mod raw;

use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;

use tokio::net::TcpListener;

pub(crate) use self::mandovi::{echo, manager as mandovi_manager};
use crate::load::script::Answers;
use crate::{AnyError, measure};

/// A server that runs until it fails.
type Serving = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// One server of the benchmark.
#[derive(Debug)]
pub(crate) struct Server {
    /// The name in the report.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
    /// What comes back.
    pub(crate) answers: Answers,
    serve: fn(TcpListener) -> Serving,
}

/// All of them, in the order of the report: the ceiling first.
pub(crate) const ALL: &[Server] = &[
    Server {
        name: RAW,
        about: "TCP echo of the same bytes (tokio): the ceiling, no WebSocket at all",
        answers: Answers::SameBytes,
        serve: |listener| Box::pin(raw::serve(listener)),
    },
    Server {
        name: "mandovi",
        about: "mandovi::websocket, borrowed messages, untyped",
        answers: Answers::Frames,
        serve: |listener| Box::pin(mandovi::serve_untyped(listener)),
    },
    Server {
        name: "mandovi-typed",
        about: "mandovi #[service], a bidirectional stream of String",
        answers: Answers::Frames,
        serve: |listener| Box::pin(mandovi::serve_typed(listener)),
    },
    Server {
        name: "axum",
        about: "axum 0.8 ws with serde_json, String in and out, flushed when drained",
        answers: Answers::Frames,
        serve: |listener| Box::pin(axum::serve_typed(listener)),
    },
    Server {
        name: "axum-untyped",
        about: "axum 0.8 ws, messages echoed as they are, flushed when drained",
        answers: Answers::Frames,
        serve: |listener| Box::pin(axum::serve_untyped(listener)),
    },
];

/// The server that the others are set against.
pub(crate) const RAW: &str = "raw";

/// What a server prints before its address once it takes connections.
pub(crate) const LISTENING: &str = "listening ";

/// The server of this name.
///
/// # Errors
///
/// There is none: names those that there are.
pub(crate) fn find(name: &str) -> Result<&'static Server, AnyError> {
    ALL.iter().find(|server| server.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|server| server.name).collect();
        format!("no server `{name}`; there are: {}", names.join(", ")).into()
    })
}

/// Runs a server in this process, on a free port of the loopback, until it fails or, if so asked, standard input ends.
///
/// # Errors
///
/// The core does not exist, or the socket fails.
pub(crate) fn serve(server: &Server, core: Option<usize>, until_stdin_ends: bool) -> Result<(), AnyError> {
    if let Some(core) = core {
        // Before the runtime starts its worker, which inherits it.
        measure::pin_to(core)?;
    }
    if until_stdin_ends {
        std::thread::spawn(|| {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            std::process::exit(0);
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{LISTENING}{}", listener.local_addr()?);
        io::stdout().flush()?;
        // On the worker: the thread that blocks here takes no part.
        tokio::spawn((server.serve)(listener)).await??;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::{Generator, STALL, Tally};
    use crate::scenario;

    /// Every server under every scenario for a moment: the load generator checks the answers.
    #[test]
    fn every_server_answers_rightly() -> Result<(), AnyError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        for server in ALL {
            let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
            let address = listener.local_addr()?;
            runtime.spawn((server.serve)(listener));
            for scenario in scenario::ALL {
                let mut tally = Tally::default();
                Generator::open(&scenario.load, address, server.answers, STALL)
                    .and_then(|mut load| load.run(Duration::from_millis(20), &mut tally))
                    .map_err(|fault| format!("{} {}: {fault}", server.name, scenario.name))?;
                assert!(tally.answered > 0, "{} {}", server.name, scenario.name);
            }
        }
        Ok(())
    }
}
