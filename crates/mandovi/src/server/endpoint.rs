//! What every call of one route has in common, made once.

use std::sync::Arc;

use super::Options;
use crate::connection::Settings;
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

impl Endpoint {
    /// A raw WebSocket, which has no design.
    pub(super) fn raw(options: &Options) -> Self {
        Self { service: "", method: "", path: "", settings: Arc::new(options.settings), metered: Metered::default() }
    }
}
