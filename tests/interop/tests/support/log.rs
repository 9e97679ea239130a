//! What a server's methods do, line by line, so that a test can wait for it.
//!
//! The lines are those of `goa-server`: `began SERVICE.METHOD` and `ended SERVICE.METHOD HOW`.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use mandovi::{DeclaredError, Outcome};
use tokio::sync::watch;

use crate::support::{Checked, within};

/// See the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Arc<watch::Sender<Vec<String>>>,
}

impl Default for Log {
    fn default() -> Self {
        Self { lines: Arc::new(watch::Sender::new(Vec::new())) }
    }
}

impl Log {
    /// Adds a line.
    pub fn push(&self, line: impl Into<String>) {
        self.lines.send_modify(|lines| lines.push(line.into()));
    }

    /// How many lines start like this.
    pub fn count(&self, start: &str) -> usize {
        self.lines.borrow().iter().filter(|line| line.starts_with(start)).count()
    }

    /// Waits for the first line that starts like this, and gives it.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn wait(&self, start: &str) -> Checked<String> {
        self.wait_for(start, 1).await
    }

    /// Waits until there are so many lines that start like this, and gives the last of them.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn wait_for(&self, start: &str, times: usize) -> Checked<String> {
        let mut lines = self.lines.subscribe();
        let nth = |lines: &Vec<String>| lines.iter().filter(|line| line.starts_with(start)).nth(times - 1).cloned();
        let what = format!("the server to say {start:?}");
        let found = match within(what, lines.wait_for(|lines| nth(lines).is_some())).await {
            Ok(Ok(lines)) => nth(&lines),
            Ok(Err(_)) => None,
            Err(mistake) => return Err(format!("{mistake}; it said {:?}", self.lines.borrow())),
        };
        found.ok_or_else(|| "the log has gone".to_owned())
    }

    /// Runs a method: `began` when it has come to its first wait, `ended` when it is done or dropped.
    pub async fn run<T, E: DeclaredError>(
        &self,
        method: &'static str,
        work: impl Future<Output = Outcome<T, E>>,
    ) -> Outcome<T, E> {
        let mut ended = Ended { log: self, method, how: "dropped".to_owned() };
        let mut work = pin!(work);
        let mut began = false;
        let outcome = poll_fn(|cx| {
            let polled = work.as_mut().poll(cx);
            // Not before: a subscriber counts from here on.
            if !std::mem::replace(&mut began, true) {
                self.push(format!("began {method}"));
            }
            polled
        })
        .await;
        ended.how = match &outcome {
            Ok(_) => "<nil>".to_owned(),
            Err(failure) => failure.to_string(),
        };
        outcome
    }
}

struct Ended<'a> {
    log: &'a Log,
    method: &'static str,
    how: String,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.log.push(format!("ended {} {}", self.method, self.how));
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.borrow().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
