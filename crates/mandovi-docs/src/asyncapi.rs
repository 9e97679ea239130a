//! AsyncAPI 3.0.0: the streams of a service, in both directions, with how they end.
//!
//! A channel for each streaming method: its address is the path, its WebSocket binding the query and the headers of the
//! upgrade. Directions are the service's: it receives what clients send. AsyncAPI has no words for refusals, close
//! codes, views and limits, so those are extensions (`x-refusals`, `x-close-codes`, `x-view`, `x-limits`, `x-heartbeat`,
//! `x-slow-consumer`, `x-health`).

use std::collections::BTreeSet;

use mandovi_model::{Location, Method, Parameter, Schema, SchemeKind, Service};
use serde_json::{Value, json};

use crate::{
    close_codes::{CLOSE_CODES, class_of},
    document::{Document, Node, Object},
    example::{example, parameter_example},
    info,
    method::{document_path, error_body, errors_by_status, longer, parameters_schema, summary, views},
    schema::{Dialect, Schemas, component_name},
    security::{self, Alternative, Specification},
    tuning,
};

/// The streams of a design as an AsyncAPI 3.0.0 document. Plain methods are not in it: see [`openapi`](crate::openapi()).
pub fn asyncapi(service: &Service) -> Document {
    let writer = Writer { service, schemas: Schemas::new(service, Dialect::ASYNCAPI) };
    let streams: Vec<_> = service.methods.iter().filter(|method| !method.streaming.is_unary()).collect();
    let mut channels = Object::new();
    let mut operations = Object::new();
    for method in streams {
        channels.set(component_name(&method.name), writer.channel(method));
        operations.extend(writer.operations(method));
    }
    let components = Object::new()
        .with_filled("schemas", writer.schemas.definitions())
        .with_filled("securitySchemes", security::schemes(service, Specification::AsyncApi));
    Document::new(
        Object::new()
            .with("asyncapi", "3.0.0")
            .with("info", writer.info())
            .with("defaultContentType", "application/json")
            .with_filled("servers", writer.servers())
            .with("channels", channels)
            .with("operations", operations)
            .with("components", components)
            .with("x-close-codes", common_close_codes()),
    )
}

struct Writer<'a> {
    service: &'a Service,
    schemas: Schemas<'a>,
}

/// A message of a channel: its key there, and what it is.
struct Message {
    key: String,
    body: Object,
}

impl Writer<'_> {
    fn info(&self) -> Object {
        let Service { name, info, .. } = self.service;
        let docs = info
            .docs
            .as_ref()
            .map(|docs| Object::new().with("url", &docs.url).with_some("description", docs.description.as_ref()));
        info::info(self.service, &self.schemas)
            .with("tags", vec![Object::new().with("name", name)])
            .with_some("externalDocs", docs)
    }

    fn servers(&self) -> Object {
        let mut servers = Object::new();
        for server in &self.service.info.servers {
            let (protocol, rest) = match server.url.split_once("://") {
                Some(("https" | "wss", rest)) => ("wss", rest),
                Some((_, rest)) => ("ws", rest),
                None => ("ws", server.url.as_str()),
            };
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let path = path.trim_end_matches('/');
            let wanted: String =
                host.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
            let mut name = wanted.clone();
            let mut number = 2;
            while servers.contains(&name) {
                name = format!("{wanted}-{number}");
                number += 1;
            }
            let server = Object::new()
                .with("host", host)
                .with("protocol", protocol)
                .with_text("pathname", path)
                .with_text("description", &server.description);
            servers.set(name, server);
        }
        servers
    }

    fn channel(&self, method: &Method) -> Object {
        let mut parameters = Object::new();
        for parameter in of(method, Location::Path) {
            parameters.set(component_name(&parameter.name), self.path_parameter(parameter));
        }
        let mut messages = Object::new();
        for message in self.received(method).into_iter().chain(self.sent(method)) {
            messages.set(message.key, message.body);
        }
        let mut channel = Object::new()
            .with("address", document_path(method))
            .with("title", &method.name)
            .with_text("summary", summary(&method.description))
            .with_text("description", longer(&method.description))
            .with_filled("parameters", parameters)
            .with("messages", messages)
            .with("bindings", Object::new().with("ws", self.binding(method)))
            .with_flag("x-deprecated", method.deprecated)
            .with_flag("x-raw", method.streaming.raw)
            .with_flag("x-server-sent-events", method.streaming.has_events())
            .with_filled("x-refusals", self.refusals(method))
            .with("x-close-codes", self.close_codes(method));
        channel.extend(tuning::extensions(self.service, method));
        channel
    }

    /// AsyncAPI's parameters are texts without a schema of their own.
    fn path_parameter(&self, parameter: &Parameter) -> Object {
        let text = |node: Node| match node {
            Node::Scalar(Value::String(text)) => Some(text),
            Node::Scalar(scalar) => Some(scalar.to_string()),
            _ => None,
        };
        let examples: Vec<_> = parameter_example(self.service, parameter).and_then(text).into_iter().collect();
        let schema = self.schemas.of(&parameter.schema, &parameter.rules, None);
        let values = match schema.get("enum") {
            Some(Node::Array(values)) => values.iter().cloned().filter_map(text).collect(),
            _ => Vec::new(),
        };
        Object::new()
            .with_text("description", &parameter.description)
            .with_filled("enum", values)
            .with_filled("examples", examples)
            .with("x-schema", schema)
    }

    fn binding(&self, method: &Method) -> Object {
        let parameters = |location| parameters_schema(self.service, &self.schemas, method, location);
        Object::new()
            .with("method", "GET")
            .with_filled("query", parameters(Location::Query))
            .with_filled("headers", parameters(Location::Header))
            .with_filled("x-cookies", parameters(Location::Cookie))
            .with("bindingVersion", "0.1.0")
    }

    /// What clients send.
    fn received(&self, method: &Method) -> Vec<Message> {
        let Some(input) = &method.streaming.input else { return Vec::new() };
        if method.streaming.raw {
            return vec![self.raw("input", "Any message, as it is.")];
        }
        // A fixed view is about results only.
        let end = Object::new()
            .with("title", "end")
            .with("summary", "The end of the client's stream, which still receives.")
            .with("contentType", "application/json")
            .with("payload", Object::new().with("type", "null"))
            .with("examples", vec![Object::new().with("payload", Node::from(Value::Null))]);
        vec![self.message("input", input, None), Message { key: "end".to_owned(), body: end }]
    }

    /// What the service sends: what flows, in every view that may be chosen, or its one answer.
    fn sent(&self, method: &Method) -> Vec<Message> {
        let in_views = |key: &str, schema: &Schema| {
            let views = views(self.service, method, schema);
            let chosen = views.len() > 1;
            let message = |view: Option<&str>| match view {
                Some(view) if chosen => self.message(&format!("{key}_{}", component_name(view)), schema, Some(view)),
                view => self.message(key, schema, view),
            };
            views.into_iter().map(message).collect::<Vec<_>>()
        };
        let mut sent = Vec::new();
        match &method.streaming.output {
            Some(_) if method.streaming.raw => sent.push(self.raw("output", "Any message, as it is.")),
            Some(output) => sent.extend(in_views("output", output)),
            None => {}
        }
        if let Some(result) = &method.result {
            sent.extend(in_views("result", result));
        }
        sent
    }

    fn message(&self, key: &str, schema: &Schema, view: Option<&str>) -> Message {
        let examples: Vec<_> = example(self.service, schema, &[], view)
            .map(|payload| Object::new().with("payload", payload))
            .into_iter()
            .collect();
        let title = match schema {
            Schema::Named { name } => name.as_str(),
            _ => key,
        };
        let body = Object::new()
            .with("title", title)
            .with("contentType", "application/json")
            .with("payload", self.schemas.of(schema, &[], view))
            .with_filled("examples", examples)
            .with_some("x-view", view);
        Message { key: key.to_owned(), body }
    }

    fn raw(&self, key: &str, about: &str) -> Message {
        let body = Object::new()
            .with("title", key)
            .with("summary", about)
            .with("contentType", "application/octet-stream")
            .with("payload", Object::new());
        Message { key: key.to_owned(), body }
    }

    fn operations(&self, method: &Method) -> Object {
        let mut operations = Object::new();
        let (received, sent) = (self.received(method), self.sent(method));
        let once = method.streaming.output.is_none();
        for (action, messages) in [("receive", received), ("send", sent)] {
            if messages.is_empty() {
                continue;
            }
            let name = format!("{}_{action}", component_name(&method.name));
            operations.set(name, self.operation(method, action, &messages, action == "send" && once));
        }
        // A call in which only the server speaks, and says nothing, is no operation: none is made up.
        operations
    }

    fn operation(&self, method: &Method, action: &str, messages: &[Message], once: bool) -> Object {
        let channel = format!("#/channels/{}", component_name(&method.name));
        let reference = |to: String| Object::new().with("$ref", to);
        let messages = messages.iter().map(|message| reference(format!("{channel}/messages/{}", message.key)));
        let alternatives = security::alternatives(self.service, method);
        let scopes: Vec<_> = method
            .security
            .iter()
            .filter(|security| !security.scopes.is_empty())
            .map(|security| {
                Object::new()
                    .with("scheme", &security.scheme)
                    .with("scopes", security.scopes.iter().collect::<Vec<_>>())
            })
            .collect();
        Object::new()
            .with("action", action)
            .with("channel", reference(channel.clone()))
            .with("title", &method.name)
            .with_text("summary", summary(&method.description))
            .with_filled("security", alternatives.iter().map(requirement).collect::<Vec<_>>())
            .with("tags", vec![Object::new().with("name", &self.service.name)])
            .with("messages", messages.collect::<Vec<_>>())
            .with_flag("x-once", once)
            .with_flag("x-deprecated", method.deprecated)
            .with_filled("x-scopes", scopes)
    }

    /// The declared errors as answers before the upgrade; the OpenAPI document has their bodies.
    fn refusals(&self, method: &Method) -> Vec<Object> {
        let declared = errors_by_status(method).into_values().flatten();
        declared
            .map(|error| {
                Object::new()
                    .with("status", error.status)
                    .with("name", &error.name)
                    .with_text("description", &error.description)
            })
            .collect()
    }

    /// The declared errors as ends of an open stream. The codes that every stream may end with stand at the end of the
    /// document.
    fn close_codes(&self, method: &Method) -> Vec<Object> {
        let declared = errors_by_status(method).into_values().flatten();
        declared
            .map(|error| {
                let retry_after = Object::new().with("type", "integer").with("minimum", 0u64);
                let properties = Object::new()
                    .with("name", Object::new().with("const", &error.name))
                    .with_some("retry_after_ms", error.retry_after.then_some(retry_after))
                    .with("body", error_body(&self.schemas, error));
                let reason =
                    Object::new().with("type", "object").with("properties", properties).with("required", vec!["name"]);
                Object::new()
                    .with("code", 4000 + error.status)
                    .with("name", &error.name)
                    .with("class", class_of(error.status, error.retry_after, error.class))
                    .with_text("description", &error.description)
                    .with("reason", reason)
            })
            .collect()
    }
}

/// One alternative. Only OAuth2 schemes have a place for the scopes that an operation asks for: a copy of the scheme.
fn requirement(alternative: &Alternative<'_>) -> Object {
    let oauth2 = matches!(&alternative.scheme.kind, SchemeKind::OAuth2 { .. });
    let own = alternative.name == component_name(&alternative.scheme.name);
    if oauth2 && own && !alternative.scopes.is_empty() {
        let scheme = security::scheme(alternative.scheme, Specification::AsyncApi);
        if scheme.contains("flows") {
            return scheme.with("scopes", alternative.scopes.iter().collect::<Vec<_>>());
        }
    }
    Object::new().with("$ref", format!("#/components/securitySchemes/{}", alternative.name))
}

fn of(method: &Method, location: Location) -> impl Iterator<Item = &Parameter> {
    method.parameters.iter().filter(move |parameter| parameter.location == location)
}

fn common_close_codes() -> Vec<Object> {
    let mut names = BTreeSet::new();
    let codes = CLOSE_CODES.iter().filter(|code| names.insert(code.code));
    codes
        .map(|code| {
            let reason = code.reason.map(|reason| Node::from(json!(reason)));
            Object::new()
                .with("code", code.code)
                .with("class", code.class)
                .with("description", code.description)
                .with_some("reason", reason)
        })
        .collect()
}
