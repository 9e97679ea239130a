//! What every call of one route has in common, made once.

use std::num::NonZeroU32;
use std::sync::Arc;

use mandovi_websocket::CloseCode;

use super::Options;
use crate::connection::{HealthAction, MessageRate, Settings};
use crate::observe::Metered;

/// See the module.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Empty for a raw WebSocket, like the next.
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    /// The route, without what its parameters stand for.
    pub(crate) path: &'static str,
    /// What holds for its connections: what the server says, changed by what the design says of the service and of the method.
    pub(crate) settings: Arc<Settings>,
    /// What is measured of its calls.
    pub(crate) metered: Metered,
}

/// What a design says of the settings of a service, or of a method.
pub type Tune = fn(Settings) -> Settings;

/// So many messages each second, and so many at once; zero for no limit.
pub const fn message_rate(per_second: u32, burst: u32) -> Option<MessageRate> {
    match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
        (Some(per_second), Some(burst)) => Some(MessageRate { per_second, burst }),
        _ => None,
    }
}

/// To close with a code; where it is none, which `#[service]` does not let through, to log.
pub const fn close_with(code: u16) -> HealthAction {
    match CloseCode::new(code) {
        Some(code) => HealthAction::Close(code),
        None => HealthAction::Log,
    }
}

impl Endpoint {
    /// A raw WebSocket, which has no design.
    pub(super) fn raw(options: &Options) -> Self {
        Self { service: "", method: "", path: "", settings: Arc::new(options.settings), metered: Metered::default() }
    }
}
