//! A service: its methods, what they take, and what flows through them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ErrorCase, Rule, Schema, Types};

/// The version of the published form, the value of its `mandovi` member.
const VERSION: u32 = 1;

/// A whole design: everything that a `#[service]` trait says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Service {
    /// The name of the trait.
    pub name: String,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What stands before the path of every method, such as `/v1`; usually nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The ways in which callers prove who they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<Scheme>,
    /// The methods in the order of the design.
    pub methods: Vec<Method>,
    /// The types that the methods refer to by name.
    #[serde(default, skip_serializing_if = "Types::is_empty")]
    pub types: Types,
}

impl Service {
    /// A service without methods.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            path: String::new(),
            schemes: Vec::new(),
            methods: Vec::new(),
            types: Types::new(),
        }
    }

    /// The published form: indented JSON whose member `mandovi` is the version of the form, 1.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Published<'a> {
            mandovi: u32,
            #[serde(flatten)]
            service: &'a Service,
        }
        serde_json::to_string_pretty(&Published { mandovi: VERSION, service: self })
            .expect("the model has only text as member names and no floats of its own")
    }

    /// Reads the published form.
    ///
    /// # Errors
    /// The text is not JSON, is of another version, or is not a design.
    pub fn from_json(json: &str) -> Result<Self, UnsupportedDesign> {
        let mut value: serde_json::Value = serde_json::from_str(json).map_err(UnsupportedDesign::new)?;
        let version = value.as_object_mut().and_then(|members| members.remove("mandovi"));
        if version.as_ref().and_then(serde_json::Value::as_u64) != Some(u64::from(VERSION)) {
            return Err(UnsupportedDesign::new(format_args!("its member `mandovi` is not {VERSION}")));
        }
        serde_json::from_value(value).map_err(UnsupportedDesign::new)
    }
}

/// A text is not a design in a version that this crate reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedDesign(String);

impl UnsupportedDesign {
    fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for UnsupportedDesign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a design that this version reads: {}", self.0)
    }
}

impl std::error::Error for UnsupportedDesign {}

/// A way in which callers prove who they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scheme {
    /// The name that methods use.
    pub name: String,
    /// What the caller shows.
    pub kind: SchemeKind,
    /// The query parameter that may carry the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl Scheme {
    /// A scheme whose credential travels in the `Authorization` header.
    pub fn new(name: impl Into<String>, kind: SchemeKind) -> Self {
        Self { name: name.into(), kind, query: None }
    }
}

/// What a caller shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SchemeKind {
    /// A user name and a password.
    Basic,
    /// A signed token.
    Jwt,
}

/// The scheme and the scopes that a method asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// What the caller must prove.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<Security>,
    /// The errors that it declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorCase>,
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
            security: None,
            errors: Vec::new(),
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
        f.write_str(self.as_str())
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
    /// The rules that its value keeps beyond its shape.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
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
            rules: Vec::new(),
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
    /// Whether nothing flows: an ordinary HTTP method.
    pub const fn is_unary(&self) -> bool {
        self.input.is_none() && self.output.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Definition, Enumeration, ErrorClass};

    fn chatter() -> Service {
        let mut service = Service::new("Chatter");
        let mut echoer = Method::new("echoer", Verb::Get, "/echoer");
        echoer.streaming.input = Some(Schema::string());
        echoer.streaming.output = Some(Schema::string());
        let mut unauthorized = ErrorCase::new("unauthorized", 401);
        unauthorized.class = ErrorClass::FINAL.exhausted();
        echoer.errors.push(unauthorized);
        let origin = "chat::Kind";
        service.types.define("Kind", origin, |_| Definition::Enumeration(Enumeration::new("")));
        service.methods.push(echoer);
        service
    }

    #[test]
    fn the_published_form_reads_back_the_same() {
        let service = chatter();
        let json = service.to_json();
        assert!(json.starts_with("{\n  \"mandovi\": 1,\n"), "{json}");
        assert_eq!(Service::from_json(&json), Ok(service));
    }

    #[test]
    fn another_version_is_refused() {
        let json = chatter().to_json().replace("\"mandovi\": 1", "\"mandovi\": 2");
        let refused = Service::from_json(&json).expect_err("version 2");
        assert!(refused.to_string().contains("`mandovi` is not 1"), "{refused}");
        assert!(Service::from_json("{}").is_err());
        assert!(Service::from_json("[").is_err());
    }
}
