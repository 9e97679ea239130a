//! A whole design, its published form, and what documents say of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Method, Scheme, Tuning, Types};

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
    /// What documents say of the service as a whole.
    #[serde(default, skip_serializing_if = "Info::is_empty")]
    pub info: Info,
    /// The ways in which callers prove who they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schemes: Vec<Scheme>,
    /// What it says of the connections of all methods that do not say it themselves.
    #[serde(default, skip_serializing_if = "Tuning::is_empty")]
    pub tuning: Tuning,
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
            info: Info::default(),
            schemes: Vec::new(),
            tuning: Tuning::default(),
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

/// What documents say of a service as a whole. Nothing of it changes what travels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Info {
    /// Its title, where it is not the name of the trait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its version; documents that need one say `0.0.0` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The URL of the terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Under which licence it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<License>,
    /// Where more is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs: Option<ExternalDocs>,
    /// Where it is served.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
}

impl Info {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whom to ask about a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Contact {
    /// A name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// An address of mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Under which licence a service may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct License {
    /// Its name.
    pub name: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl License {
    /// A licence by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), url: None }
    }
}

/// Where more is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExternalDocs {
    /// The page.
    pub url: String,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl ExternalDocs {
    /// A page.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), description: None }
    }
}

/// Where a service is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Server {
    /// The URL before the paths of the methods: `https://chat.example.com`.
    pub url: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Server {
    /// A URL and what it is for.
    pub fn new(url: impl Into<String>, description: impl Into<String>) -> Self {
        Self { url: url.into(), description: description.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Definition, Enumeration, ErrorCase, ErrorClass, Schema, Verb};

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
