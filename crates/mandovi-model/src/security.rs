//! How callers prove who they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Location;

/// A way in which callers prove who they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scheme {
    /// The name that methods use.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What the caller shows.
    pub kind: SchemeKind,
    /// The query parameter that may carry the token, of schemes whose token is otherwise in `Authorization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The scopes that credentials may hold, with what each allows. Methods may ask for others too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scopes: BTreeMap<String, String>,
}

impl Scheme {
    /// A scheme of a kind, without description and scopes.
    pub fn new(name: impl Into<String>, kind: SchemeKind) -> Self {
        Self { name: name.into(), description: String::new(), kind, query: None, scopes: BTreeMap::new() }
    }
}

/// What a caller shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SchemeKind {
    /// A user name and a password in `Authorization`.
    Basic,
    /// A signed token in `Authorization`, or in the query.
    Jwt,
    /// A key.
    ApiKey {
        /// Where it travels: a header, the query or a cookie.
        location: Location,
        /// The name of the header, parameter or cookie.
        name: String,
    },
    /// A token in `Authorization`, obtained by one of these flows.
    OAuth2 {
        /// The flows.
        flows: Vec<Flow>,
    },
    /// Something of the application's own.
    Custom {
        /// The headers, parameters and cookies that it looks at, as far as they have names.
        carriers: Vec<(Location, String)>,
    },
}

/// A way to obtain an OAuth2 token (RFC 6749).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// Which of the four.
    pub kind: FlowKind,
    /// Where the user agrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_url: Option<String>,
    /// Where the token comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    /// Where a new token comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_url: Option<String>,
}

impl Flow {
    /// A flow without URLs.
    pub fn new(kind: FlowKind) -> Self {
        Self { kind, authorization_url: None, token_url: None, refresh_url: None }
    }
}

/// The flows of RFC 6749.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowKind {
    /// §4.1
    AuthorizationCode,
    /// §4.2
    Implicit,
    /// §4.3
    Password,
    /// §4.4
    ClientCredentials,
}

/// A scheme and the scopes that a method asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Security {
    /// The name of the [`Scheme`].
    pub scheme: String,
    /// The scopes that the credential must hold, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

impl Security {
    /// A scheme without scopes.
    pub fn new(scheme: impl Into<String>) -> Self {
        Self { scheme: scheme.into(), scopes: Vec::new() }
    }
}
