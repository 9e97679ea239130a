//! A client that obeys a script, whatever it is made of.
//!
//! The commands and events are those of `goa/README.md` and `peers/README.md`.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::support::compare::{matches, steady};
use crate::support::scripted::{self, Call};
use crate::support::{Checked, Tools, within};

/// A client under way. Dropped, it is killed.
#[derive(Debug)]
pub struct Peer {
    commands: Option<mpsc::UnboundedSender<String>>,
    events: mpsc::UnboundedReceiver<Value>,
    transcript: Transcript,
    life: Life,
}

/// What ends when the peer is dropped.
#[derive(Debug)]
enum Life {
    Process { _child: Child },
    Runtime(Option<Runtime>),
}

impl Drop for Life {
    fn drop(&mut self) {
        // A process is killed by its handle. A runtime drops its sockets as they are: the same to the other side.
        if let Self::Runtime(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            runtime.shutdown_background();
        }
    }
}

/// All that was said, for a person who reads a failure.
#[derive(Clone, Debug, Default)]
struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    fn add(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn tell(&self, mistake: &str) -> String {
        format!("{mistake}\n{}", self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n"))
    }
}

impl Peer {
    /// Calls a method of either service with the client that Goa made.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn goa(tools: &Tools, call: &Call) -> Checked<Self> {
        let mut command = Command::new(tools.goa("goa-client")?);
        command.args(["-url", &call.url, &call.method]);
        command.args(call.parameters.iter().map(|(name, value)| format!("{name}={value}")));
        Self::process(command)
    }

    /// Opens a WebSocket with Python's `websockets`.
    ///
    /// # Errors
    /// When Python is missing or it cannot be started.
    pub fn python(tools: &Tools, arguments: &[&str]) -> Checked<Self> {
        let mut command = tools.python()?;
        command.args(arguments);
        Self::process(command)
    }

    /// Opens a WebSocket with Node's own.
    ///
    /// # Errors
    /// When Node is missing or it cannot be started.
    pub fn node(tools: &Tools, arguments: &[&str]) -> Checked<Self> {
        let mut command = tools.node("node_peer.mjs")?;
        command.args(arguments);
        Self::process(command)
    }

    /// Opens a WebSocket over HTTP/2 with Node's `http2`.
    ///
    /// # Errors
    /// When Node is missing or it cannot be started.
    pub fn node_http2(tools: &Tools, arguments: &[&str]) -> Checked<Self> {
        let mut command = tools.node("node_http2_peer.mjs")?;
        command.args(arguments);
        Self::process(command)
    }

    /// Calls a method of either service with the client that Mandovi made, in a runtime of its own.
    ///
    /// # Errors
    /// When there is no runtime to be had.
    pub fn mandovi(call: Call) -> Checked<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        let transcript = Transcript::default();
        transcript.add(format!("mandovi {} {:?}", call.method, call.parameters));
        let (commands, obeyed) = mpsc::unbounded_channel();
        let (told, events) = mpsc::unbounded_channel();
        runtime.spawn(scripted::run(call, obeyed, told));
        Ok(Self { commands: Some(commands), events, transcript, life: Life::Runtime(Some(runtime)) })
    }

    fn process(mut command: Command) -> Checked<Self> {
        let transcript = Transcript::default();
        transcript.add(format!("{:?}", command.as_std()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| transcript.tell(&format!("cannot start: {error}")))?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("a process without pipes".to_owned());
        };
        let (commands, mut obeyed) = mpsc::unbounded_channel::<String>();
        let (told, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(command) = obeyed.recv().await {
                if stdin.write_all(format!("{command}\n").as_bytes()).await.is_err() {
                    break;
                }
            }
        });
        let seen = transcript.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                match serde_json::from_str(&line) {
                    Ok(event) => drop(told.send(event)),
                    Err(_) => seen.add(format!("not JSON: {line}")),
                }
            }
        });
        let seen = transcript.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                seen.add(format!("stderr: {line}"));
            }
        });
        Ok(Self { commands: Some(commands), events, transcript, life: Life::Process { _child: child } })
    }

    /// Gives a command.
    pub fn tell(&self, command: impl Into<String>) {
        let command = command.into();
        self.transcript.add(format!("> {command:.200}"));
        // A peer that has ended tells so by its events.
        let _ = self.commands.as_ref().map(|commands| commands.send(command));
    }

    /// Gives the command `send` with a JSON value.
    pub fn send(&self, value: &Value) {
        self.tell(format!("send {value}"));
    }

    /// The next event.
    ///
    /// # Errors
    /// When it does not come, with the transcript.
    pub async fn event(&mut self) -> Checked<Value> {
        match within("an event", self.events.recv()).await {
            Ok(Some(event)) => {
                self.transcript.add(format!("< {:.2000}", event.to_string()));
                Ok(event)
            }
            Ok(None) => Err(self.transcript.tell("the peer has ended")),
            Err(mistake) => Err(self.transcript.tell(&mistake)),
        }
    }

    /// The next event, which must be this one; see [`matches`].
    ///
    /// # Errors
    /// When it is not, with the transcript.
    pub async fn expect(&mut self, wanted: Value) -> Checked<Value> {
        let event = steady(self.event().await?);
        if matches(&event, &wanted) {
            return Ok(event);
        }
        Err(self.transcript.tell(&format!("wanted {wanted}\ngot    {event}")))
    }

    /// Gives a command and expects this event of it.
    ///
    /// # Errors
    /// As [`expect`](Self::expect).
    pub async fn ask(&mut self, command: &str, wanted: Value) -> Checked<Value> {
        self.tell(command);
        self.expect(wanted).await
    }

    /// Expects the next message to be this value.
    ///
    /// # Errors
    /// As [`expect`](Self::expect).
    pub async fn message(&mut self, value: Value) -> Checked<Value> {
        self.ask("recv", serde_json::json!({ "event": "message", "value": value })).await
    }

    /// Ends the script: after what was commanded, the peer must end without another event.
    ///
    /// # Errors
    /// When it says more, or does not end.
    pub async fn end(mut self) -> Checked {
        self.commands = None;
        match within("the peer to end", self.events.recv()).await {
            Ok(None) => Ok(()),
            Ok(Some(event)) => Err(self.transcript.tell(&format!("one event too many: {event}"))),
            Err(mistake) => Err(self.transcript.tell(&mistake)),
        }
    }

    /// Kills the peer: its process by SIGKILL, a client in this process with its whole runtime. No close frame is sent.
    pub fn kill(self) {
        drop(self.life);
    }

    /// A mistake that a test found itself, with the transcript.
    pub fn mistake(&self, mistake: &str) -> String {
        self.transcript.tell(mistake)
    }
}
