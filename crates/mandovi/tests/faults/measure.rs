//! What a process holds: tasks, file descriptors, resident memory.

use std::fmt;
use std::time::Duration;

use mandovi::ConnectionManager;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

/// How long what is over may take to be gone.
const SETTLES: Duration = Duration::from_secs(5);

/// What there is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub tasks: usize,
    pub connections: usize,
    pub files: usize,
}

impl Held {
    pub fn now(manager: &ConnectionManager) -> Self {
        let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        Self { tasks: Handle::current().metrics().num_alive_tasks(), connections: manager.len(), files }
    }

    /// Waits until there is no more than this; otherwise says what there is.
    pub async fn is_back(self, manager: &ConnectionManager) -> Result<(), Self> {
        let until = Instant::now() + SETTLES;
        loop {
            let now = Self::now(manager);
            if now.tasks <= self.tasks && now.connections <= self.connections && now.files <= self.files {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(now);
            }
            // Not a guess at how long it takes: a look now and then.
            sleep(Duration::from_millis(2)).await;
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tasks, {} connections, {} files", self.tasks, self.connections, self.files)
    }
}

/// Resident memory in KiB; zero where it is not known.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
