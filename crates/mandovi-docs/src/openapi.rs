//! OpenAPI 3.1: the plain methods of a service, and the upgrades of its streams.
//!
//! A stream is a GET that answers 101; what flows then is in the AsyncAPI document, to which `x-asyncapi-channel` points.
//! A stream of the server alone also answers 200 with server-sent events.

use mandovi_model::{ErrorCase, Location, Method, Parameter, ResponseHeader, Schema, Service};

use crate::{
    document::{Document, Node, Object},
    example::{example, parameter_example},
    info,
    method::{
        document_path, error_body, error_body_example, errors_by_status, longer, parameter_schema, summary, views,
    },
    schema::{Dialect, Schemas, component_name, error_example},
    security::{self, Specification},
    tuning,
};

/// The plain methods of a design and the upgrades of its streams as an OpenAPI 3.1 document.
pub fn openapi(service: &Service) -> Document {
    let writer = Writer { service, schemas: Schemas::new(service, Dialect::OPENAPI) };
    let mut paths = Object::new();
    for method in &service.methods {
        let verb = method.verb.as_str().to_ascii_lowercase();
        paths.object_mut(&document_path(method)).set(verb, writer.operation(method));
    }
    let servers: Vec<_> = service
        .info
        .servers
        .iter()
        .map(|server| Object::new().with("url", &server.url).with_text("description", &server.description))
        .collect();
    let docs = service
        .info
        .docs
        .as_ref()
        .map(|docs| Object::new().with("url", &docs.url).with_some("description", docs.description.as_ref()));
    let tag = Object::new().with("name", &service.name).with_text("description", &service.description);
    let components = Object::new()
        .with_filled("schemas", writer.schemas.definitions())
        .with_filled("securitySchemes", security::schemes(service, Specification::OpenApi));
    Document::new(
        Object::new()
            .with("openapi", "3.1.1")
            .with("info", info::info(service, &writer.schemas))
            .with_filled("servers", servers)
            .with("paths", paths)
            .with("components", components)
            .with("tags", vec![tag])
            .with_some("externalDocs", docs),
    )
}

struct Writer<'a> {
    service: &'a Service,
    schemas: Schemas<'a>,
}

/// An answer of a stream's upgrade that the framework gives by itself.
const REFUSED_UPGRADES: [(u16, &str); 3] = [
    (403, "The origin is not allowed."),
    (426, "Not a WebSocket handshake of version 13."),
    (503, "The server is about to stop."),
];

impl Writer<'_> {
    fn operation(&self, method: &Method) -> Object {
        let stream = !method.streaming.is_unary();
        let parameters: Vec<_> = method.parameters.iter().map(|parameter| self.parameter(parameter)).collect();
        let body = method.body.as_ref().map(|body| {
            let content = self.content(&[(None, body)]);
            Object::new().with("required", body.is_required()).with("content", content)
        });
        let alternatives = security::alternatives(self.service, method);
        let security: Vec<_> = alternatives
            .iter()
            .map(|alternative| Object::new().with(&alternative.name, alternative.scopes.iter().collect::<Vec<_>>()))
            .collect();
        let channel = format!("asyncapi.json#/channels/{}", component_name(&method.name));
        let mut operation = Object::new()
            .with("operationId", &method.name)
            .with("tags", vec![&self.service.name])
            .with_text("summary", summary(&method.description))
            .with_text("description", longer(&method.description))
            .with_flag("deprecated", method.deprecated)
            .with_filled("parameters", parameters)
            .with_some("requestBody", body)
            .with("responses", self.responses(method))
            .with_filled("security", security)
            .with_some("x-asyncapi-channel", stream.then_some(channel));
        if !stream {
            operation.extend(tuning::extensions(self.service, method));
        }
        operation
    }

    fn parameter(&self, parameter: &Parameter) -> Object {
        let mut schema = parameter_schema(&self.schemas, parameter);
        if let Some(default) = schema.remove("default") {
            schema.set("default", default);
        }
        Object::new()
            .with("name", &parameter.name)
            .with("in", parameter.location.as_str())
            .with_text("description", &parameter.description)
            .with("required", parameter.required || parameter.location == Location::Path)
            .with_flag("deprecated", parameter.deprecated)
            .with("schema", schema)
            .with_some("example", parameter_example(self.service, parameter))
            .with_flag("x-secret", parameter.secret)
            .with_flag("x-selects-view", parameter.selects_view)
            .with_flag("x-last-event-id", parameter.last_event_id)
    }

    /// A JSON body of any one of these shapes, each in its view.
    fn content(&self, shapes: &[(Option<&str>, &Schema)]) -> Object {
        let schema = match shapes {
            [(view, schema)] => self.schemas.of(schema, &[], *view),
            // Views of one type overlap: a value of the whole is one of every view.
            shapes => Object::new().with(
                "anyOf",
                shapes.iter().map(|(view, schema)| self.schemas.of(schema, &[], *view)).collect::<Vec<_>>(),
            ),
        };
        let example = shapes.first().and_then(|(view, schema)| example(self.service, schema, &[], *view));
        let media = Object::new().with("schema", schema).with_some("example", example);
        Object::new().with("application/json", media)
    }

    fn responses(&self, method: &Method) -> Object {
        let mut responses = Object::new();
        let streaming = &method.streaming;
        if streaming.is_unary() {
            let (status, response) = self.answer(method);
            responses.set(status.to_string(), response);
        } else {
            responses.set("101", self.upgraded(method));
            if streaming.has_events() {
                responses.set("200", self.events(method));
                let over = "The stream was at its end: `Last-Event-ID` is `mandovi.end`.";
                responses.set("204", Object::new().with("description", over));
            }
        }
        let mut errors = errors_by_status(method);
        let mut own: Vec<(u16, &str)> = Vec::new();
        if !method.parameters.is_empty()
            || method.body.is_some()
            || !method.security.is_empty()
            || !streaming.is_unary()
        {
            own.push((400, "The request breaks the contract."));
        }
        let largest = self.service.tuning_of(method).limits.max_message_size.filter(|_| method.body.is_some());
        let too_large = largest.map(|bytes| format!("The body is of more than {bytes} bytes."));
        own.extend(too_large.as_deref().map(|about| (413, about)));
        // Where the design has a word for it that can hold a text, or needs none, the framework uses that.
        let told = |status| {
            let plain = |error: &&ErrorCase| matches!(error.schema, None | Some(Schema::String { .. }));
            errors.get(&status).is_some_and(|errors: &Vec<_>| errors.iter().any(plain))
        };
        if !method.security.is_empty() && !told(401) {
            own.push((401, "The credential is not taken."));
        }
        if method.security.iter().any(|security| !security.scopes.is_empty()) && !told(403) {
            own.push((403, "The credential lacks a scope."));
        }
        if !streaming.is_unary() {
            own.extend(REFUSED_UPGRADES);
        }
        own.push((500, "A failure of the server. Nothing more is told."));
        for (status, _) in &own {
            errors.entry(*status).or_default();
        }
        for (status, cases) in errors {
            let own: Vec<_> = own.iter().filter(|(known, _)| *known == status).map(|(_, about)| *about).collect();
            responses.set(status.to_string(), self.refusal(&cases, &own));
        }
        responses
    }

    /// The answer of a plain method.
    fn answer(&self, method: &Method) -> (u16, Object) {
        let usual = if method.result.is_some() { 200 } else { 204 };
        let status = method.response.status.unwrap_or(usual);
        let mut headers = Object::new();
        let mut views = Vec::new();
        if let Some(result) = &method.result {
            for header in &method.response.headers {
                let (name, mut header) = self.response_header(result, header);
                // Every cookie has a header of its own; OpenAPI has one place for them all.
                if let Some(Node::Object(known)) = headers.remove(&name) {
                    header.merge_texts(known);
                }
                headers.set(name, header);
            }
            views = self::views(self.service, method, result);
            if views.len() > 1 {
                headers.set("goa-view", view_header(&views));
            }
        }
        let content = match &method.result {
            None => Object::new(),
            Some(result) => match self.rest_of(method, result) {
                Some(rest) => rest,
                None => self.content(&views.iter().map(|view| (*view, result)).collect::<Vec<_>>()),
            },
        };
        let description = if content.is_empty() { "Done." } else { "The result." };
        let response = Object::new()
            .with("description", description)
            .with_filled("headers", headers)
            .with_filled("content", content);
        (status, response)
    }

    /// The body where members of the result travel in the answer's head: what is left of it, if anything.
    fn rest_of(&self, method: &Method, result: &Schema) -> Option<Object> {
        let headers = &method.response.headers;
        let Schema::Named { name } = result else { return None };
        let Some(mandovi_model::Definition::Message(message)) = self.service.types.get(name) else { return None };
        if headers.is_empty() {
            return None;
        }
        let moved = |name: &str| headers.iter().any(|header| header.field == name);
        if message.fields.iter().all(|field| moved(&field.name)) {
            return Some(Object::new());
        }
        // Made of the definition as it is published, so that no member is described in two ways.
        let mut properties = Object::new();
        let mut required = Vec::new();
        let mut shown = Object::new();
        for field in message.fields.iter().filter(|field| !moved(&field.name)) {
            let pointer = format!("/properties/{}", field.name.replace('~', "~0").replace('/', "~1"));
            let whole = self.schemas.of(result, &[], method.view.as_deref());
            let reference = match whole.get("$ref") {
                Some(Node::Scalar(reference)) => reference.as_str().unwrap_or_default().to_owned(),
                _ => return None,
            };
            properties.set(&field.name, Object::new().with("$ref", reference + &pointer));
            if field.required {
                required.push(&field.name);
            }
        }
        if let Some(Node::Object(whole)) = example(self.service, result, &[], method.view.as_deref()) {
            shown.extend(
                whole
                    .into_iter()
                    .filter(|(name, _)| !moved(name))
                    .fold(Object::new(), |all, (name, value)| all.with(name, value)),
            );
        }
        let schema =
            Object::new().with("type", "object").with("properties", properties).with_filled("required", required);
        let media = Object::new().with("schema", schema).with_filled("example", shown);
        Some(Object::new().with("application/json", media))
    }

    fn response_header(&self, result: &Schema, header: &ResponseHeader) -> (String, Object) {
        let field = match result {
            Schema::Named { name } => match self.service.types.get(name) {
                Some(mandovi_model::Definition::Message(message)) => {
                    message.fields.iter().find(|field| field.name == header.field)
                }
                _ => None,
            },
            _ => None,
        };
        let description = field.map(|field| field.description.as_str()).unwrap_or_default();
        let schema = match field {
            Some(field) => {
                // A header that is not sent has no value: it is never `null`.
                let shape = match &field.schema {
                    Schema::Nullable { value } => value,
                    shape => shape,
                };
                self.schemas.of(shape, &field.rules, None)
            }
            None => Object::new().with("type", "string"),
        };
        match header.location {
            Location::Cookie => {
                let text = format!("Sets the cookie `{}`. {description}", header.name);
                let header = Object::new()
                    .with("description", text.trim_end())
                    .with("schema", Object::new().with("type", "string"))
                    .with("x-cookie", &header.name);
                ("Set-Cookie".to_owned(), header)
            }
            _ => {
                let required = field.is_some_and(|field| field.required);
                let described = Object::new()
                    .with_text("description", description)
                    .with_flag("required", required)
                    .with("schema", schema);
                (header.name.clone(), described)
            }
        }
    }

    fn upgraded(&self, method: &Method) -> Object {
        let one_of = |value: &str| {
            let schema = Object::new().with("type", "string").with("const", value);
            Object::new().with("required", true).with("schema", schema)
        };
        let text = Object::new().with("type", "string");
        let protocol = Object::new()
            .with("description", "The dialect, where the client offered one.")
            .with("schema", text.clone());
        let mut headers = Object::new()
            .with("Upgrade", one_of("websocket"))
            .with("Connection", one_of("Upgrade"))
            .with("Sec-WebSocket-Accept", Object::new().with("required", true).with("schema", text))
            .with("Sec-WebSocket-Protocol", protocol);
        if let Some(output) = &method.streaming.output {
            let views = views(self.service, method, output);
            if views.len() > 1 {
                headers.set("goa-view", view_header(&views));
            }
        }
        let flows = match (&method.streaming.input, &method.streaming.output) {
            (Some(_), Some(_)) => "Messages flow in both directions.",
            (Some(_), None) => "Messages flow to the server.",
            _ => "Messages flow from the server.",
        };
        Object::new().with("description", format!("The WebSocket is open. {flows}")).with("headers", headers)
    }

    fn events(&self, method: &Method) -> Object {
        let Some(output) = &method.streaming.output else { return Object::new() };
        let views = views(self.service, method, output);
        let data = match &views[..] {
            [view] => self.schemas.of(output, &[], *view),
            views => Object::new()
                .with("anyOf", views.iter().map(|view| self.schemas.of(output, &[], *view)).collect::<Vec<_>>()),
        };
        let shown = example(self.service, output, &[], views.first().copied().flatten())
            .and_then(|data| serde_json::to_string(&data).ok())
            .map(|data| format!("data: {data}\n\nevent: end\nid: mandovi.end\ndata: {{}}\n\n"));
        let schema = Object::new().with("type", "string").with("x-event-data", data).with("x-events", ends(method));
        let media = Object::new().with("schema", schema).with_some("example", shown);
        let description = "The same messages as server-sent events, for `Accept: text/event-stream`.";
        Object::new().with("description", description).with("content", Object::new().with("text/event-stream", media))
    }

    /// The answers of one status: declared errors, and what the framework says by itself.
    fn refusal(&self, cases: &[&ErrorCase], own: &[&str]) -> Object {
        let mut abouts: Vec<String> = Vec::new();
        let mut schemas = Vec::new();
        let mut examples = Object::new();
        for case in cases {
            abouts.push(match case.description.as_str() {
                "" => format!("`{}`.", case.name),
                description => format!("`{}`: {description}", case.name),
            });
            let schema = Object::new().with("title", &case.name);
            let mut body = error_body(&self.schemas, case);
            body.extend(schema);
            if !schemas.contains(&body) {
                schemas.push(body);
            }
            if let Some(body) = error_body_example(self.service, case) {
                examples.set(component_name(&case.name), Object::new().with("value", body));
            }
        }
        abouts.extend(own.iter().map(|about| (*about).to_owned()));
        if !own.is_empty() {
            schemas.push(self.schemas.error());
        }
        // Names tell standard bodies apart; anything else may look like its neighbour.
        let apart = own.is_empty() && cases.iter().all(|case| case.schema.is_none());
        let schema = match <[_; 1]>::try_from(schemas) {
            Ok([schema]) => schema,
            Err(schemas) => Object::new().with(if apart { "oneOf" } else { "anyOf" }, schemas),
        };
        let names: Vec<_> = cases.iter().map(|case| &case.name).collect();
        let header = |about: &str, schema: Object| Object::new().with("description", about).with("schema", schema);
        let mut headers = Object::new();
        if !names.is_empty() {
            let schema = Object::new().with("type", "string").with("enum", names);
            let declared = header("The name of the declared error.", schema).with_flag("required", own.is_empty());
            headers.set("goa-error", declared);
        }
        if cases.iter().any(|case| case.retry_after) || own.contains(&REFUSED_UPGRADES[2].1) {
            let schema = Object::new().with("type", "integer").with("minimum", 0u64);
            headers.set("Retry-After", header("How many seconds to wait.", schema));
        }
        if own.contains(&REFUSED_UPGRADES[1].1) {
            let schema = Object::new().with("type", "string").with("const", "13");
            headers.set("Sec-WebSocket-Version", header("The version to use.", schema));
        }
        let media = Object::new().with("schema", schema);
        let media = match examples.is_empty() {
            false => media.with("examples", examples),
            true => media.with_some("example", own_example(own)),
        };
        Object::new()
            .with("description", abouts.join("\n\n"))
            .with_filled("headers", headers)
            .with("content", Object::new().with("application/json", media))
    }
}

/// What the framework says by itself, to show.
fn own_example(own: &[&str]) -> Option<Object> {
    let about = *own.first()?;
    Some(match about {
        "The request breaks the contract." => error_example("missing_field", "\"token\" is missing from header"),
        "The credential is not taken." => error_example("unauthenticated", "the token has expired"),
        "The credential lacks a scope." => error_example("forbidden", "the token lacks a scope"),
        "The origin is not allowed." => error_example("forbidden", "the origin is not allowed"),
        "A failure of the server. Nothing more is told." => {
            error_example("fault", "internal error").with("fault", true)
        }
        "The server is about to stop." => {
            error_example("unavailable", "the server is shutting down").with("temporary", true)
        }
        _ => return None,
    })
}

/// The events beside those of messages.
fn ends(method: &Method) -> Object {
    let text = || Object::new().with("type", "string");
    let names: Vec<_> = method.errors.iter().map(|error| &error.name).collect();
    let name = match names.is_empty() {
        true => text(),
        false => text().with_filled("examples", names),
    };
    let whole = || Object::new().with("type", "integer").with("minimum", 0u64);
    let properties = Object::new()
        .with("name", name)
        .with("status", whole())
        .with("message", text())
        .with("retry_after_ms", whole())
        .with("body", Object::new());
    let failure = Object::new()
        .with("type", "object")
        .with("description", "A failure, declared or not, is the last event.")
        .with("properties", properties)
        .with("required", vec!["name", "status"]);
    let end = Object::new().with("type", "object").with("description", "The end of the stream, complete.");
    Object::new().with("end", end).with("error", failure)
}

/// The header that says which view was chosen.
fn view_header(views: &[Option<&str>]) -> Object {
    let names: Vec<_> = views.iter().map(|view| view.unwrap_or("default")).collect();
    let schema = Object::new().with("type", "string").with("enum", names);
    Object::new().with("description", "The view in which results are shown.").with("schema", schema)
}
