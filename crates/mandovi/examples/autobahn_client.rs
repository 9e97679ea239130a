//! The client that the Autobahn test suite is run against: it asks how many cases there are, and says everything again in
//! each. The suite judges; what is an error here belongs to most of the cases.
//!
//! `cargo run --release -p mandovi --example autobahn_client -- --url ws://127.0.0.1:9002`; see `docs/conformance.md`.

use std::error::Error;
use std::process::ExitCode;

use mandovi::prelude::*;
use mandovi::{Compression, Settings};

/// Under which name the suite reports us.
const AGENT: &str = "mandovi";

/// The suite sends messages of up to 16 MiB (cases 9.*).
const MAX_MESSAGE_SIZE: usize = 64 * 1024 * 1024;

/// What the suite's server offers.
#[service]
pub trait Suite {
    /// Says how many cases there are, as one text.
    #[get("/getCaseCount")]
    async fn case_count(&self, output: Sender<Message>) -> Outcome<()>;

    /// Runs a case: everything is to be said again, until it closes.
    #[get("/runCase")]
    async fn run_case(
        &self,
        #[query] case: u32,
        #[query] agent: String,
        input: Receiver<Message>,
        output: Sender<Message>,
    ) -> Outcome<()>;

    /// Writes the reports, and closes.
    #[get("/updateReports")]
    async fn update_reports(&self, #[query] agent: String, output: Sender<Message>) -> Outcome<()>;
}

/// What every connection allows: all of permessage-deflate too, for messages of every size (cases 12.* and 13.*).
fn settings() -> Settings {
    let compression = Compression::new().threshold(0).own_takeover(true).peer_takeover(true);
    Settings::client().max_message_size(MAX_MESSAGE_SIZE).compression(compression)
}

// One thread: when a case is over for us, our close frame is written before the next one connects.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let url = match arguments[..] {
        [] => "ws://127.0.0.1:9002",
        ["--url", url] => url,
        _ => {
            eprintln!("usage: autobahn_client [--url ws://ADDR:PORT]");
            return ExitCode::from(2);
        }
    };
    match run(url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {url}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let suite = SuiteClient::builder(url).settings(settings()).build()?;
    let count: u32 = match suite.case_count().await?.recv().await? {
        Some(Message::Text(count)) => count.parse()?,
        other => return Err(format!("the number of cases was expected, and not {other:?}").into()),
    };
    for case in 1..=count {
        let (sender, receiver) = suite.run_case(case, AGENT).await?;
        let ended = echo(sender, receiver).await;
        println!("case {case} of {count}: {}", ended.map_or_else(|error| error.to_string(), |()| "closed".into()));
    }
    let mut done = suite.update_reports(AGENT).await?;
    while done.recv().await?.is_some() {}
    Ok(())
}

async fn echo(sender: Sender<Message>, mut receiver: Receiver<Message, Failure<NoError>>) -> Outcome<()> {
    while let Some(message) = receiver.recv_ref().await? {
        sender.send(message).await?;
    }
    Ok(())
}
