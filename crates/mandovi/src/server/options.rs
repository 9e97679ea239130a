//! What a server can be told, beyond its design.

use super::AllowedOrigins;
use crate::connection::Settings;

/// The options of a server.
///
/// ```
/// use mandovi::server::{AllowedOrigins, Options};
/// use mandovi::Settings;
///
/// let options = Options::default()
///     .settings(Settings::server().max_message_size(1024 * 1024))
///     .allowed_origins(AllowedOrigins::same_origin().and("https://app.example.com")?);
/// # Ok::<(), mandovi::server::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The limits and deadlines of every connection. Default: [`Settings::server`].
    pub settings: Settings,
    /// Which pages may open a stream, and read what plain methods answer to a page of another origin. Default: those of the same origin; clients that are no browsers send no
    /// `Origin` and are not concerned.
    pub allowed_origins: AllowedOrigins,
    /// Whether the name of an authenticated caller stands in spans and logs. Default: no, since it is personal data.
    pub log_principals: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { settings: Settings::server(), allowed_origins: AllowedOrigins::default(), log_principals: false }
    }
}

impl Options {
    /// Sets [`settings`](Self::settings).
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets [`allowed_origins`](Self::allowed_origins).
    #[must_use]
    pub fn allowed_origins(mut self, origins: AllowedOrigins) -> Self {
        self.allowed_origins = origins;
        self
    }

    /// Sets [`log_principals`](Self::log_principals).
    #[must_use]
    pub fn log_principals(mut self, log: bool) -> Self {
        self.log_principals = log;
        self
    }
}
