//! Tells the person who waits how far it is: a bar on a terminal, a line for each measurement elsewhere.
//!
//! It writes between the measured windows only, never during one, so that drawing costs no measured time.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

const BAR_CELLS: usize = 24;

/// How far a run has come.
#[derive(Debug)]
pub(crate) struct Progress {
    total: usize,
    done: usize,
    began: Instant,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        Self { total: total.max(1), done: 0, began: Instant::now(), on_terminal: stderr().is_terminal() }
    }

    /// The next measurement begins.
    pub(crate) fn begin(&mut self, what: &str) {
        let left = self.left().map(|left| format!(", {} s left", left.as_secs()));
        let line = format!(
            "{} {:3}/{} {what}{}",
            bar(self.done, self.total),
            self.done + 1,
            self.total,
            left.unwrap_or_default()
        );
        // A terminal that cannot be written to is no reason to stop measuring.
        let _ = if self.on_terminal {
            write!(stderr(), "\r\x1b[K{line}").and_then(|()| stderr().flush())
        } else {
            writeln!(stderr(), "{line}")
        };
        self.done += 1;
    }

    /// A line that stays.
    pub(crate) fn note(&self, text: &str) {
        let clear = if self.on_terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(stderr(), "{clear}{text}");
    }

    /// All is done: takes the bar away.
    pub(crate) fn end(self) {
        let seconds = self.began.elapsed().as_secs();
        self.note(&format!("{} measurements in {seconds} s", self.done));
    }

    fn left(&self) -> Option<Duration> {
        let each = self.began.elapsed().checked_div(u32::try_from(self.done).ok()?)?;
        each.checked_mul(u32::try_from(self.total - self.done.min(self.total)).ok()?)
    }
}

fn bar(done: usize, total: usize) -> String {
    let filled = (done * BAR_CELLS / total).min(BAR_CELLS);
    format!("[{}{}]", "#".repeat(filled), ".".repeat(BAR_CELLS - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_from_empty_to_full() {
        assert_eq!(bar(0, 10), "[........................]");
        assert_eq!(bar(5, 10), "[############............]");
        assert_eq!(bar(10, 10), "[########################]");
        assert_eq!(bar(11, 10), bar(10, 10));
    }
}
