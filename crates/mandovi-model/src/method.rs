//! One method: what it takes, what flows through it, and what it answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ErrorCase, Rule, Schema, Security, Tuning};

/// One method of a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Method {
    /// The name of the trait's method.
    pub name: String,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The HTTP verb; always GET where something flows.
    pub verb: Verb,
    /// The whole path, the service's in front, with `{name}` for each path parameter.
    pub path: String,
    /// What the caller gives before anything flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The request's body, of a method where nothing flows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Schema>,
    /// What the method answers once, at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Schema>,
    /// The view in which results are shown, where the design fixes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// What flows; nothing in an ordinary HTTP method.
    #[serde(default, skip_serializing_if = "Streaming::is_unary")]
    pub streaming: Streaming,
    /// How a plain method answers, where it is not 200 (or 204 without a result) with all of the result in the body.
    #[serde(default, skip_serializing_if = "Response::is_usual")]
    pub response: Response,
    /// What the caller must prove: any one of these. Nothing where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<Security>,
    /// The errors that it declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorCase>,
    /// What it says of its connections itself; [`Service::tuning_of`](crate::Service::tuning_of) has what holds.
    #[serde(default, skip_serializing_if = "Tuning::is_empty")]
    pub tuning: Tuning,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Method {
    /// A method that takes and answers nothing.
    pub fn new(name: impl Into<String>, verb: Verb, path: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            verb,
            path: path.into(),
            parameters: Vec::new(),
            body: None,
            result: None,
            view: None,
            streaming: Streaming::default(),
            response: Response::default(),
            security: Vec::new(),
            errors: Vec::new(),
            tuning: Tuning::default(),
            deprecated: false,
        }
    }
}

/// An HTTP verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Verb {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Verb {
    /// Every verb that a design may use.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The verb as HTTP spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a plain method answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status; `None` is 200, or 204 without a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The members of the result that travel in headers or cookies and not in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ResponseHeader>,
}

impl Response {
    /// Whether nothing is said.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A member of a result that travels in the answer's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResponseHeader {
    /// The member's name.
    pub field: String,
    /// [`Location::Header`] or [`Location::Cookie`].
    pub location: Location,
    /// The name of the header or cookie.
    pub name: String,
}

impl ResponseHeader {
    /// A member and where it travels.
    pub fn new(field: impl Into<String>, location: Location, name: impl Into<String>) -> Self {
        Self { field: field.into(), location, name: name.into() }
    }
}

/// Something that the caller gives in the request's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// Where it travels.
    pub location: Location,
    /// What it means.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it must be given.
    pub required: bool,
    /// Whether it may be given several times.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// Whether it chooses the view in which results are shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub selects_view: bool,
    /// The shape of its value, or of each of its values.
    pub schema: Schema,
    /// The value that stands in when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// Values to show in documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<serde_json::Value>,
    /// The rules that its value (each of its values) keeps beyond its shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Whether it must never be shown: not in logs, not in traces, not in tools.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
    /// Whether it is where a broken stream of server-sent events goes on: `Last-Event-ID`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last_event_id: bool,
    /// Whether it should no longer be used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
}

impl Parameter {
    /// A parameter that must be given once.
    pub fn new(name: impl Into<String>, location: Location, schema: Schema) -> Self {
        Self {
            name: name.into(),
            location,
            description: String::new(),
            required: true,
            many: false,
            selects_view: false,
            schema,
            default: None,
            examples: Vec::new(),
            rules: Vec::new(),
            secret: false,
            last_event_id: false,
            deprecated: false,
        }
    }
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Location {
    /// A `{name}` of the path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl Location {
    /// The word that messages use for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What flows through a method, in each direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Streaming {
    /// What flows from the client; with `raw` the shape says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Schema>,
    /// What flows from the server; with `raw` the shape says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Schema>,
    /// WebSocket messages flow as they are, text and binary, not JSON values.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub raw: bool,
    /// The method decides before the upgrade and may still refuse with any error that it declares.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub opening: bool,
}

impl Streaming {
    /// Whether it is also served as server-sent events: JSON flows from the server, and nothing from the client.
    pub const fn has_events(&self) -> bool {
        self.input.is_none() && self.output.is_some() && !self.raw
    }

    /// Whether nothing flows: an ordinary HTTP method.
    pub const fn is_unary(&self) -> bool {
        self.input.is_none() && self.output.is_none()
    }
}
