//! Rows, pairings, and the table that they make.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::support::raw::{Head, Raw};
use crate::support::scripted::Call;
use crate::support::{Checked, Peer, Server, Side, Tools, full_token};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// How many pairings run at once.
const AT_ONCE: usize = 4;

/// Client and server, in the order of the table's columns.
const PAIRINGS: [(Side, Side); 4] =
    [(Side::Goa, Side::Goa), (Side::Goa, Side::Mandovi), (Side::Mandovi, Side::Goa), (Side::Mandovi, Side::Mandovi)];

/// What a row answers: what differs by design in this pairing, or nothing.
pub(crate) type Done = Checked<&'static str>;
type Story = for<'a> fn(&'a mut Case) -> Pin<Box<dyn Future<Output = Done> + Send + 'a>>;

/// A row: its title and its story.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) story: Story,
}

/// A list of rows.
macro_rules! rows {
    ($($title:literal: $story:path),* $(,)?) => {
        &[$($crate::matrix::Row { title: $title, story: |case| Box::pin($story(case)) }),*]
    };
}
pub(crate) use rows;

/// One row in one pairing, with a server of its own.
pub(crate) struct Case {
    pub(crate) client: Side,
    pub(crate) serves: Side,
    pub(crate) server: Server,
    tools: Tools,
}

impl Case {
    /// Makes a call with the client of the pairing.
    pub(crate) fn call(&self, method: &str, parameters: &[(&str, &str)]) -> Checked<Peer> {
        let call = Call::new(self.server.http(), method, parameters);
        match self.client {
            Side::Goa => Peer::goa(&self.tools, &call),
            Side::Mandovi => Peer::mandovi(call),
        }
    }

    /// Calls a method of the chatter with a good token.
    pub(crate) fn chat(&self, method: &str, parameters: &[(&str, &str)]) -> Checked<Peer> {
        let token = full_token();
        let all: Vec<_> = std::iter::once(("token", token.as_str())).chain(parameters.iter().copied()).collect();
        self.call(&format!("chatter.{method}"), &all)
    }

    /// One HTTP request by hand.
    pub(crate) async fn exchange(&self, request: &str) -> Checked<Head> {
        Raw::connect(self.server.address()).await?.exchange(request).await
    }

    /// The event of a stream in this view that is open. Goa's client tells the header; ours keeps it to itself.
    pub(crate) fn opened_in(&self, view: &str) -> Value {
        match self.client {
            Side::Goa => json!({ "event": "open", "status": 101, "view": view }),
            Side::Mandovi => opened(),
        }
    }

    /// The event of a stream that ended without a close frame.
    pub(crate) fn abnormal(&self) -> Value {
        let reason = match self.client {
            Side::Goa => "unexpected EOF",
            Side::Mandovi => "the peer ended the connection without a close frame",
        };
        json!({ "event": "error", "code": 1006, "reason": reason })
    }

    /// Gives a command and expects the end of TCP of it: orderly, or a reset where the server had not read all.
    pub(crate) async fn cut(&self, peer: &mut Peer, command: &str) -> Checked {
        peer.tell(command);
        let event = peer.event().await?;
        let reset = event["message"].as_str().is_some_and(|message| message.contains("connection reset"));
        let is_cut = event["event"] == "error" && (event["code"] == 1006 || reset);
        check(is_cut, || peer.mistake(&format!("wanted the end of TCP, got {event}")))
    }

    /// Expects a 400 that the design does not declare. Goa's client quotes its body, ours has read it.
    pub(crate) async fn bad_request(&self, peer: &mut Peer, name: &str, message: &str) -> Checked {
        let event = peer.event().await?;
        let (wanted_name, wanted) = match self.client {
            Side::Goa => {
                (format!("\"name\":\"{name}\""), Value::from(message).to_string().trim_matches('"').to_owned())
            }
            Side::Mandovi => (name.to_owned(), message.to_owned()),
        };
        let text = event["message"].as_str().unwrap_or_default();
        let named = match self.client {
            Side::Goa => text.contains(&wanted_name),
            Side::Mandovi => event["name"] == wanted_name.as_str(),
        };
        if event["event"] == "error" && event["status_seen"] == 400 && named && text.contains(&wanted) {
            return Ok(());
        }
        Err(peer.mistake(&format!("wanted a 400 {name} {message:?}\ngot {event}")))
    }
}

/// The event of a stream that is open.
pub(crate) fn opened() -> Value {
    json!({ "event": "open", "status": 101 })
}

/// The event of the proper end of what the server sends.
pub(crate) fn eof() -> Value {
    json!({ "event": "eof" })
}

/// The event of a stream that was closed here.
pub(crate) fn closed() -> Value {
    json!({ "event": "closed" })
}

/// The event of a refusal that the design declares.
pub(crate) fn refused(status: u16, name: &str, value: &Value) -> Value {
    json!({ "event": "error", "status_seen": status, "name": name, "value": value })
}

/// A check of the row's own.
pub(crate) fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// What came of all rows.
pub(crate) struct Matrix {
    rows: Vec<(&'static str, Vec<Done>)>,
}

/// Runs every row in every pairing.
pub(crate) async fn run(tools: &Tools, rows: &[Row]) -> Matrix {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = Vec::new();
    for row in rows {
        let cells = PAIRINGS.map(|pairing| {
            let (tools, room, story) = (tools.clone(), Arc::clone(&room), row.story);
            tokio::spawn(async move {
                let _permit = room.acquire().await;
                cell(tools, pairing, story).await
            })
        });
        running.push((row.title, cells));
    }
    let mut matrix = Matrix { rows: Vec::new() };
    for (title, cells) in running {
        let mut done = Vec::new();
        for cell in cells {
            done.push(cell.await.unwrap_or_else(|panicked| Err(panicked.to_string())));
        }
        matrix.rows.push((title, done));
    }
    matrix
}

async fn cell(tools: Tools, (client, serves): (Side, Side), story: Story) -> Done {
    let server = Server::start(serves, &tools).await?;
    let mut case = Case { client, serves, server, tools };
    let done = story(&mut case).await;
    done.map_err(|mistake| format!("{mistake}\nthe server's log:\n{}", case.server.log()))
}

impl Matrix {
    /// All of it in Markdown.
    pub(crate) fn table(&self) -> String {
        let head = PAIRINGS.map(|(client, server)| format!("{client:?} -> {server:?}"));
        let mut table = format!("| client -> server | {} |\n| --- | --- | --- | --- | --- |\n", head.join(" | "));
        for (title, cells) in &self.rows {
            let cells = cells.iter().map(|cell| match cell {
                Ok("") => "ok".to_owned(),
                Ok(by_design) => format!("ok, by design: {by_design}"),
                Err(_) => "**failed**".to_owned(),
            });
            let _ = writeln!(table, "| {title} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
        table
    }

    /// What went wrong, by row and pairing.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failed = self.rows.iter().flat_map(|(title, cells)| {
            cells.iter().zip(PAIRINGS).filter_map(move |(cell, (client, server))| {
                let mistake = cell.as_ref().err()?;
                Some(format!("{title}, {client:?} -> {server:?}: {mistake}"))
            })
        });
        failed.collect()
    }
}
