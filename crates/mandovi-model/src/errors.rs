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

/// What a caller may do about an error; all `false` means that trying again is of no use.
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
}

impl ErrorClass {
    /// No class: the caller's fault, and final.
    pub const FINAL: Self = Self { temporary: false, timeout: false, fault: false, exhausted: false };

    /// Whether trying again is of no use.
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
}
