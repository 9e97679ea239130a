//! Log-out everywhere, for those who are on their way in: a call that was let in as somebody before that one was logged out must not
//! get a connection after it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mandovi_websocket::CloseCode;
use tokio::time::Instant;

/// How long a log-out is remembered, and how many are. A call that takes longer on its way in is told to prove itself again.
const KEPT_FOR: Duration = Duration::from_secs(60);
const KEPT: usize = 10_000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct LogOuts {
    /// The number of the last one.
    last: AtomicU64,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    all: VecDeque<LogOut>,
    /// The number of the last one that is forgotten.
    forgotten: u64,
}

#[derive(Debug)]
struct LogOut {
    number: u64,
    at: Instant,
    principal: Box<str>,
    code: CloseCode,
    reason: Box<str>,
}

impl LogOuts {
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a call begins.
    pub(super) fn now(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// Notes one, before those who are in are closed.
    pub(super) fn note(&self, principal: &str, code: CloseCode, reason: &str) {
        let (principal, reason) = (principal.into(), reason.into());
        let mut recent = self.recent();
        let (number, at) = (self.last.load(Ordering::Relaxed) + 1, Instant::now());
        while let Some(first) = recent.all.front()
            && (recent.all.len() >= KEPT || at.duration_since(first.at) > KEPT_FOR)
        {
            recent.forgotten = first.number;
            recent.all.pop_front();
        }
        recent.all.push_back(LogOut { number, at, principal, code, reason });
        self.last.store(number, Ordering::Release);
    }

    /// What a call is told that began at `began`, if its principal was logged out since.
    pub(super) fn since(&self, began: u64, principal: &str) -> Option<(CloseCode, String)> {
        // Whoever logs out does it before looking into the index, which this call has entered: either sees the other.
        if self.now() == began {
            return None;
        }
        let recent = self.recent();
        if recent.forgotten > began {
            return Some((crate::server::close_code(401), String::new()));
        }
        let newer = recent.all.iter().rev().take_while(|log_out| log_out.number > began);
        let own = newer.into_iter().find(|log_out| *log_out.principal == *principal)?;
        Some((own.code, own.reason.clone().into_string()))
    }
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests {
    use super::*;

    fn code(log_outs: &LogOuts, began: u64, principal: &str) -> Option<u16> {
        log_outs.since(began, principal).map(|(code, _)| code.as_u16())
    }

    #[tokio::test(start_paused = true)]
    async fn only_who_began_before_it_is_concerned() {
        let log_outs = LogOuts::default();
        let before = log_outs.now();
        assert_eq!(code(&log_outs, before, "ada"), None);
        log_outs.note("ada", CloseCode::POLICY_VIOLATION, "bye");
        assert_eq!(log_outs.since(before, "ada"), Some((CloseCode::POLICY_VIOLATION, "bye".to_owned())));
        assert_eq!(code(&log_outs, before, "grace"), None);
        assert_eq!(code(&log_outs, log_outs.now(), "ada"), None);
        let between = log_outs.now();
        log_outs.note("grace", CloseCode::NORMAL, "");
        assert_eq!(code(&log_outs, between, "ada"), None);
        assert_eq!(code(&log_outs, between, "grace"), Some(1000));
        assert_eq!(code(&log_outs, before, "ada"), Some(1008));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_counts_against_those_who_took_too_long() {
        let log_outs = LogOuts::default();
        log_outs.note("ada", CloseCode::NORMAL, "");
        tokio::time::advance(KEPT_FOR).await;
        log_outs.note("grace", CloseCode::NORMAL, "");
        assert_eq!(code(&log_outs, 0, "somebody"), None, "all are remembered");
        tokio::time::advance(Duration::from_millis(1)).await;
        log_outs.note("joan", CloseCode::NORMAL, "");
        assert_eq!(code(&log_outs, 0, "somebody"), Some(4401));
        assert_eq!(code(&log_outs, 1, "somebody"), None);
        for _ in 0..KEPT {
            log_outs.note("flood", CloseCode::NORMAL, "");
        }
        assert_eq!(log_outs.recent().all.len(), KEPT);
        assert_eq!(code(&log_outs, 2, "somebody"), Some(4401));
        assert_eq!(code(&log_outs, log_outs.now() - 1, "somebody"), None);
    }
}
