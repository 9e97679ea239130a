//! The scenarios: what the load generator does to a server. Names are what reports and scripts know them by.

use crate::AnyError;

/// One way of loading a server.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// The name in the report.
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
    /// What to do.
    pub(crate) load: Load,
}

/// The kind of load and its size.
#[derive(Debug)]
pub(crate) enum Load {
    /// Closed loop: every connection writes `depth` messages in one write and waits for all the answers.
    Closed {
        /// How many connections.
        connections: usize,
        /// Messages in flight on each.
        depth: usize,
    },
    /// Open loop: calm connections send on a schedule, perhaps beside one that sends as fast as it can.
    Calm {
        /// How many calm connections.
        connections: usize,
        /// Messages a second on each.
        per_second: u32,
        /// Whether the flooding peer is there.
        flooded: bool,
    },
}

/// All of them, in the order of the report.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "echo64",
        about: "64-byte text echo, 100 connections, ping-pong",
        load: Load::Closed { connections: 100, depth: 1 },
    },
    Scenario {
        name: "echo64-pipelined",
        about: "64-byte text echo, 100 connections, 64 messages in one write",
        load: Load::Closed { connections: 100, depth: 64 },
    },
    Scenario {
        name: "calm",
        about: "99 calm connections, 20 messages a second each, nobody else",
        load: Load::Calm { connections: 99, per_second: 20, flooded: false },
    },
    Scenario {
        name: "flood",
        about: "the same calm connections beside one that sends as fast as it can",
        load: Load::Calm { connections: 99, per_second: 20, flooded: true },
    },
];

/// The scenario of this name.
///
/// # Errors
///
/// There is none: names those that there are.
pub(crate) fn find(name: &str) -> Result<&'static Scenario, AnyError> {
    ALL.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|scenario| scenario.name).collect();
        format!("no scenario `{name}`; there are: {}", names.join(", ")).into()
    })
}
