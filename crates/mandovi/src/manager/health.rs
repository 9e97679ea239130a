//! How connections are, as those who look after a server see it.

use std::fmt;

/// How a connection is, or all of them.
///
/// What is measured of a connection is held against its [`HealthPolicy`](crate::HealthPolicy). Nothing over its limit: healthy. One measure
/// over it: degraded. Two of them, or one twice as far as it may be: unhealthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing is wrong.
    #[default]
    Healthy,
    /// Something is wrong.
    Degraded,
    /// Much is wrong.
    Unhealthy,
}

impl Verdict {
    /// `healthy`, `degraded` or `unhealthy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    pub(crate) const fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Healthy,
            1 => Self::Degraded,
            _ => Self::Unhealthy,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is measured of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// How long nothing was heard of the peer, in milliseconds.
    PingAge,
    /// How many messages broke the contract within the window.
    Errors,
    /// For how long the outbox was full, in milliseconds.
    QueueFull,
    /// How many messages came within a second.
    MessageRate,
    /// The size of a message, in bytes.
    MessageSize,
}

impl Measure {
    /// The member of [`HealthPolicy`](crate::HealthPolicy) that limits it.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::PingAge => "max_ping_age",
            Self::Errors => "max_errors",
            Self::QueueFull => "full_for",
            Self::MessageRate => "max_message_rate",
            Self::MessageSize => "max_message_size",
        }
    }
}

/// What was found to be over its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Finding {
    /// What was measured.
    pub measure: Measure,
    /// What it was, in the measure's own unit.
    pub value: u64,
    /// What it may be.
    pub limit: u64,
}

impl Finding {
    pub(crate) const fn new(measure: Measure, value: u64, limit: u64) -> Self {
        Self { measure, value, limit }
    }
}

/// How the connections of a server are, from [`ConnectionManager::health`](super::ConnectionManager::health).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ServerHealth {
    /// How many are healthy.
    pub healthy: usize,
    /// How many are degraded.
    pub degraded: usize,
    /// How many are unhealthy.
    pub unhealthy: usize,
}

impl ServerHealth {
    pub(super) fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Healthy => self.healthy += 1,
            Verdict::Degraded => self.degraded += 1,
            Verdict::Unhealthy => self.unhealthy += 1,
        }
    }

    /// Of all of them: unhealthy where half of the connections or more are that; degraded where a tenth of them or more are not
    /// healthy. A few slow clients are no fault of a server.
    pub const fn verdict(&self) -> Verdict {
        let sick = self.degraded + self.unhealthy;
        let all = self.healthy + sick;
        if self.unhealthy > 0 && 2 * self.unhealthy >= all {
            Verdict::Unhealthy
        } else if sick > 0 && 10 * sick >= all {
            Verdict::Degraded
        } else {
            Verdict::Healthy
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_what_its_connections_are() {
        let of = |healthy, degraded, unhealthy| ServerHealth { healthy, degraded, unhealthy }.verdict();
        assert_eq!(of(0, 0, 0), Verdict::Healthy);
        assert_eq!((of(91, 5, 4), of(90, 5, 5)), (Verdict::Healthy, Verdict::Degraded));
        assert_eq!((of(51, 0, 49), of(50, 0, 50)), (Verdict::Degraded, Verdict::Unhealthy));
        assert_eq!(of(0, 1, 0), Verdict::Degraded);
    }
}
