//! Declared errors: the cases that a caller can tell apart.

use serde::{Deserialize, Serialize};

use crate::Schema;

/// One error that a method declares: a variant of an `#[errors]` enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorCase {
    /// Its name on the wire, such as `invalid-scopes`: unique among the errors of a method.
    pub name: String,
    /// The HTTP status of a refusal, 400 to 599; after the upgrade the close code is 4000 more than this.
    pub status: u16,
    /// What a caller may do about it.
    #[serde(default, skip_serializing_if = "ErrorClass::is_final")]
    pub class: ErrorClass,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The shape of its body; `None` is the standard object of six fields (`name`, `id`, `message`, `temporary`,
    /// `timeout`, `fault`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Schema>,
    /// Whether it tells the caller how long to wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retry_after: bool,
}

impl ErrorCase {
    /// A case of no class, without description, with the standard body.
    pub fn new(name: impl Into<String>, status: u16) -> Self {
        Self {
            name: name.into(),
            status,
            class: ErrorClass::default(),
            description: String::new(),
            schema: None,
            retry_after: false,
        }
    }
}

/// What a caller may do about an error. Of `recoverable`, `exhausted`, `unauthenticated` and `fatal` at most one is said, and counts; without
/// them `temporary`, `timeout` and `fault` mean that trying again may help; without any the status tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorClass {
    /// May pass: the same call may succeed later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
    /// Something took too long.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub timeout: bool,
    /// The server is at fault, not the caller.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
    /// The caller has used up what it may use: slow down, then try again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exhausted: bool,
    /// Trying again may help, whatever the status.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub recoverable: bool,
    /// Another credential may help, whatever the status.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unauthenticated: bool,
    /// Nothing helps, whatever the status.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fatal: bool,
}

impl ErrorClass {
    /// No class: nothing is said but the status.
    pub const FINAL: Self = Self {
        temporary: false,
        timeout: false,
        fault: false,
        exhausted: false,
        recoverable: false,
        unauthenticated: false,
        fatal: false,
    };

    /// Whether no class is said.
    pub fn is_final(&self) -> bool {
        *self == Self::FINAL
    }

    /// The same class, and [`temporary`](Self::temporary).
    #[must_use]
    pub const fn temporary(mut self) -> Self {
        self.temporary = true;
        self
    }

    /// The same class, and [`timeout`](Self::timeout).
    #[must_use]
    pub const fn timeout(mut self) -> Self {
        self.timeout = true;
        self
    }

    /// The same class, and [`fault`](Self::fault).
    #[must_use]
    pub const fn fault(mut self) -> Self {
        self.fault = true;
        self
    }

    /// The same class, and [`exhausted`](Self::exhausted).
    #[must_use]
    pub const fn exhausted(mut self) -> Self {
        self.exhausted = true;
        self
    }

    /// The same class, and [`recoverable`](Self::recoverable): for peers that know Goa's words, [`temporary`](Self::temporary) too.
    #[must_use]
    pub const fn recoverable(mut self) -> Self {
        self.recoverable = true;
        self.temporary = true;
        self
    }

    /// The same class, and [`unauthenticated`](Self::unauthenticated).
    #[must_use]
    pub const fn unauthenticated(mut self) -> Self {
        self.unauthenticated = true;
        self
    }

    /// The same class, and [`fatal`](Self::fatal).
    #[must_use]
    pub const fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }
}
