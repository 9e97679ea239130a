//! The servers of both services: Goa's program, and ours in this process.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use chatter::chat::Chat;
use chatter::design::{Caller, ChatError, ChatSummary, ChatSummaryView, Chatter, ChatterServer, Event, User};
use mandovi::prelude::*;
use mandovi::server::Options;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::support::exchange::Exchange;
use crate::support::log::Log;
use crate::support::market::MarketServer;
use crate::support::{Checked, Side, Tools, within};

/// A server with both services on one port. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    log: Log,
    life: Life,
}

#[derive(Debug)]
enum Life {
    Goa(Child),
    Mandovi { stop: Arc<Notify>, task: JoinHandle<std::io::Result<()>> },
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Self::Mandovi { task, .. } = self {
            task.abort();
        }
    }
}

impl Server {
    /// Starts the server of that side, on a free port.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub async fn start(side: Side, tools: &Tools) -> Checked<Self> {
        match side {
            Side::Goa => Self::goa(tools).await,
            Side::Mandovi => Self::mandovi().await,
        }
    }

    /// Goa's. It collects garbage often, since only that closes the socket of a method that has failed.
    async fn goa(tools: &Tools) -> Checked<Self> {
        let mut command = Command::new(tools.goa("goa-server")?);
        command.args(["-gc", "200ms"]).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err("a process without pipes".to_owned());
        };
        let mut lines = BufReader::new(stdout).lines();
        let line = within("goa-server to listen", lines.next_line()).await?.ok().flatten().unwrap_or_default();
        let address = line.strip_prefix("listening ").and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| format!("goa-server says {line:?} in place of its address"))?;
        let log = Log::default();
        let lines = log.clone();
        tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = stderr.next_line().await {
                // Each begins with the time of day.
                lines.push(line.split_once(' ').map_or(line.as_str(), |(_, rest)| rest));
            }
        });
        Ok(Self { address, log, life: Life::Goa(child) })
    }

    /// Ours, with the options that it has by itself.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn mandovi() -> Checked<Self> {
        Self::mandovi_with(Options::default(), Duration::ZERO).await
    }

    /// Ours, with these options; a shutdown gives handlers so much time before it closes their streams, all at once with 1001.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn mandovi_with(options: Options, notice: Duration) -> Checked<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| format!("no port: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("no address: {error}"))?;
        let log = Log::default();
        let chat = Chat::default();
        let chatter = ChatterServer::new(Watched { chat, log: log.clone() })
            .basic(chatter::auth::verify_user)
            .jwt(chatter::auth::token_verifier())
            .options(options.clone());
        let market = MarketServer::new(Exchange { log: log.clone() }).options(options);
        let router = chatter.into_router().merge(market.into_router()).fallback(mandovi::server::not_found);
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let serve = mandovi::serve(listener, router)
            .drain_notice(notice)
            .drain_deadline(notice)
            .with_graceful_shutdown(async move { stopped.notified().await });
        let task = tokio::spawn(async move { serve.await.map(|_| ()) });
        Ok(Self { address, log, life: Life::Mandovi { stop, task } })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL for calls.
    pub fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its URL for plain WebSocket clients, with a path.
    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// What its methods do.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Asks it to stop: Goa's by SIGTERM. Does not wait.
    pub fn stop(&self) {
        match &self.life {
            Life::Goa(child) => {
                if let Some(id) = child.id() {
                    // No signal can be sent without `unsafe` or another crate.
                    let _ = std::process::Command::new("kill").arg(id.to_string()).status();
                }
            }
            Life::Mandovi { stop, .. } => stop.notify_one(),
        }
    }

    /// Waits until it has stopped.
    ///
    /// # Errors
    /// When it does not.
    pub async fn stopped(&mut self) -> Checked {
        match &mut self.life {
            Life::Goa(child) => within("goa-server to end", child.wait()).await.map(drop),
            Life::Mandovi { task, .. } => within("our server to end", task).await.map(drop),
        }
    }
}

/// The chatter example, with a log of what its methods do.
#[derive(Debug)]
struct Watched {
    chat: Chat,
    log: Log,
}

impl Chatter for Watched {
    async fn login(&self, who: Auth<User>) -> Outcome<String, ChatError> {
        self.log.run("chatter.login", self.chat.login(who)).await
    }

    async fn echoer(
        &self,
        caller: Auth<Caller>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), ChatError> {
        self.log.run("chatter.echoer", self.chat.echoer(caller, input, output)).await
    }

    async fn listener(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<(), ChatError> {
        self.log.run("chatter.listener", self.chat.listener(caller, input)).await
    }

    async fn summary(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<Vec<ChatSummary>, ChatError> {
        self.log.run("chatter.summary", self.chat.summary(caller, input)).await
    }

    async fn subscribe(&self, cx: Context, caller: Auth<Caller>, output: Sender<Event>) -> Outcome<(), ChatError> {
        self.log.run("chatter.subscribe", self.chat.subscribe(cx, caller, output)).await
    }

    async fn history(
        &self,
        caller: Auth<Caller>,
        view: Option<ChatSummaryView>,
        output: Sender<ChatSummary>,
    ) -> Outcome<(), ChatError> {
        self.log.run("chatter.history", self.chat.history(caller, view, output)).await
    }
}
