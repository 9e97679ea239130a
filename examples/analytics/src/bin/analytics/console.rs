//! Standard input by lines, and standard output by JSON values.

use std::io::{self, Write as _};
use std::thread;

use serde::Serialize;
use tokio::sync::mpsc;

/// How many lines may be read ahead of the network.
const READ_AHEAD: usize = 16;

/// The lines of standard input from now on. It ends with the input: at Ctrl-D, or behind an error.
pub(crate) fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (lines, received) = mpsc::channel(READ_AHEAD);
    // A thread of our own: a read cannot be cancelled, and the runtime would wait for its own threads at the end.
    thread::spawn(move || {
        for line in io::stdin().lines() {
            let failed = line.is_err();
            if lines.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    received
}

/// Writes a value as one line of JSON, at once.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    print_line(serde_json::to_string(value)?)
}

/// Writes one line, at once.
pub(crate) fn print_line(mut line: String) -> io::Result<()> {
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}
