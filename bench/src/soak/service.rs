//! What is soaked: a method of every shape.

use mandovi::prelude::*;
use tokio::sync::{broadcast, watch};
use tokio::time::sleep;

/// How often something is said to all who listen.
const TICK: Duration = Duration::from_millis(20);

/// One thing that is said to all.
#[message]
pub(crate) struct Tick {
    /// Counts.
    #[field(1)]
    pub(crate) number: u64,
    /// Whatever.
    #[field(2)]
    pub(crate) text: String,
}

/// A method of every shape.
#[service]
pub(crate) trait Mixed {
    /// What is said to all, from now on.
    #[get("/feed")]
    async fn feed(&self, output: Sender<Tick>) -> Outcome<()>;

    /// Echoes.
    #[get("/chat")]
    async fn chat(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    /// Counts what it hears.
    #[get("/upload")]
    async fn upload(&self, input: Receiver<Tick>) -> Outcome<u64>;

    /// Echoes, whatever it is.
    #[get("/raw", raw)]
    async fn raw(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;

    /// Adds one.
    #[get("/plain")]
    async fn plain(&self, #[query] number: u64) -> Outcome<u64>;
}

/// The server.
#[derive(Clone)]
pub(crate) struct Node {
    ticks: broadcast::Sender<Tick>,
}

impl Default for Node {
    fn default() -> Self {
        Self { ticks: broadcast::Sender::new(64) }
    }
}

impl Mixed for Node {
    async fn feed(&self, output: Sender<Tick>) -> Outcome<()> {
        let mut ticks = self.ticks.subscribe();
        loop {
            match ticks.recv().await {
                Ok(tick) => output.send(tick).await?,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return Ok(()),
            }
        }
    }

    async fn chat(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            match line.as_str() {
                "fail" => return Err(Failure::internal("on purpose")),
                "end" => return Ok(()),
                _ => output.send(line).await?,
            }
        }
        Ok(())
    }

    async fn upload(&self, mut input: Receiver<Tick>) -> Outcome<u64> {
        let mut heard = 0;
        while input.recv().await?.is_some() {
            heard += 1;
        }
        Ok(heard)
    }

    async fn raw(&self, mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        while let Some(message) = input.recv_ref().await? {
            output.send(message).await?;
        }
        Ok(())
    }

    async fn plain(&self, number: u64) -> Outcome<u64> {
        Ok(number.wrapping_add(1))
    }
}

/// Says something to all, until it is stopped.
pub(crate) async fn broadcast(node: Node, stopped: watch::Receiver<bool>) {
    let text = "t".repeat(200);
    let mut number = 0;
    while !*stopped.borrow() {
        // Nobody may be listening.
        let _ = node.ticks.send(Tick { number, text: text.clone() });
        number += 1;
        sleep(TICK).await;
    }
}
