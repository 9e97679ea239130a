//! A reference to read, in the Markdown that GitHub shows.

use std::fmt::Write as _;

use mandovi_model::{
    Definition, ErrorCase, Field, Flow, FlowKind, Message, Method, Parameter, Rule, Schema, Scheme, SchemeKind,
    Service, Union,
};
use serde_json::Value;

use crate::{
    close_codes::{CLOSE_CODES, class_of},
    document::{Node, unlinked},
    example::example,
    method::{summary, views},
    schema::{Dialect, Schemas, WIDE_INTEGERS},
    tuning,
};

/// How a token of OAuth2 is obtained.
fn flow(flow: &Flow) -> String {
    let name = match flow.kind {
        FlowKind::AuthorizationCode => "authorization code",
        FlowKind::Implicit => "implicit",
        FlowKind::Password => "password",
        FlowKind::ClientCredentials => "client credentials",
        _ => "another flow",
    };
    let urls =
        [("consent at", &flow.authorization_url), ("token from", &flow.token_url), ("renewed at", &flow.refresh_url)];
    let urls: Vec<_> =
        urls.into_iter().filter_map(|(what, url)| Some(format!(" {what} {}", code(url.as_ref()?)))).collect();
    format!("; {name}:{}", urls.join(",")).trim_end_matches(':').to_owned()
}

/// A reference of the design: its methods with what they take, answer and declare, its types, and how streams end.
pub fn markdown(service: &Service) -> String {
    let mut page = Page { service, text: String::new() };
    page.head();
    page.methods();
    page.types();
    page.ends();
    page.text.truncate(page.text.trim_end().len());
    page.text.push('\n');
    page.text
}

struct Page<'a> {
    service: &'a Service,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    /// Prose, as the doc comment has it.
    fn prose(&mut self, text: &str) {
        if !text.is_empty() {
            self.line(format!("{}\n", unlinked(text.trim())));
        }
    }

    /// A table, if there are rows.
    fn table(&mut self, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return;
        }
        self.line(format!("| {} |", head.join(" | ")));
        self.line(format!("|{}", "---|".repeat(head.len())));
        for row in rows {
            let cells: Vec<_> = row.iter().map(|cell| in_cell(cell)).collect();
            self.line(format!("| {} |", cells.join(" | ")));
        }
        self.line("");
    }

    fn head(&mut self) {
        let Service { name, description, info, .. } = self.service;
        self.line(format!("# {}\n", info.title.as_ref().unwrap_or(name)));
        self.prose(description);
        if let Some(version) = &info.version {
            self.line(format!("Version {version}.\n"));
        }
        let mut facts = Vec::new();
        if let Some(terms) = &info.terms {
            facts.push(format!("[Terms of service]({terms})"));
        }
        if let Some(license) = &info.license {
            facts.push(match &license.url {
                Some(url) => format!("Licence: [{}]({url})", license.name),
                None => format!("Licence: {}", license.name),
            });
        }
        if let Some(contact) = &info.contact {
            let ways = [&contact.name, &contact.url, &contact.email];
            facts.push(format!("Contact: {}", ways.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ")));
        }
        if let Some(docs) = &info.docs {
            facts.push(format!("[{}]({})", docs.description.as_deref().unwrap_or("More"), docs.url));
        }
        for fact in &facts {
            self.line(format!("- {fact}"));
        }
        if !facts.is_empty() {
            self.line("");
        }
        self.table(
            &["server", "what it is for"],
            info.servers.iter().map(|server| vec![code(&server.url), server.description.clone()]),
        );
        if Schemas::new(self.service, Dialect::JSON_SCHEMA).has_wide_integers() {
            self.line(format!("{WIDE_INTEGERS}\n"));
        }
        if !self.service.schemes.is_empty() {
            self.line("## Who calls\n");
            let rows =
                self.service.schemes.iter().map(|scheme| {
                    vec![code(&scheme.name), shown_as(scheme), scheme.description.clone(), scopes(scheme)]
                });
            self.table(&["scheme", "shown as", "what it is for", "scopes"], rows.collect::<Vec<_>>());
        }
    }

    fn methods(&mut self) {
        let service = self.service;
        self.line("## Methods\n");
        let rows = service.methods.iter().map(|method| {
            let name = format!("[`{0}`](#method-{0})", method.name);
            let call = code(&format!("{} {}", method.verb, method.path));
            vec![name, call, kind(method).to_owned(), summary(&method.description).to_owned()]
        });
        self.table(&["method", "call", "what flows", "what it does"], rows.collect::<Vec<_>>());
        for method in &service.methods {
            self.method(method);
        }
    }

    fn method(&mut self, method: &Method) {
        self.line(format!("<a id=\"method-{}\"></a>\n\n### {}\n", method.name, escaped(&method.name)));
        if method.deprecated {
            self.line("**Deprecated.**\n");
        }
        self.prose(&method.description);
        self.line(format!("```text\n{} {}\n```\n", method.verb, method.path));
        self.message_lines(method);
        if !method.security.is_empty() {
            let ways: Vec<_> = method
                .security
                .iter()
                .map(|security| match &security.scopes[..] {
                    [] => code(&security.scheme),
                    scopes => {
                        let scopes: Vec<_> = scopes.iter().map(|scope| code(scope)).collect();
                        format!("{} with {}", code(&security.scheme), scopes.join(", "))
                    }
                })
                .collect();
            self.line(format!("Callers prove who they are by {}.\n", ways.join(", or by ")));
        }
        let rows = method.parameters.iter().map(parameter_row);
        self.table(&["parameter", "in", "type", "required", "what it means"], rows.collect::<Vec<_>>());
        let rows = tuning::rows(self.service, method);
        self.table(
            &["limit", "value", "what it means"],
            rows.into_iter().map(|[word, value, meaning]| vec![word, code(&value), meaning]),
        );
        let stream = !method.streaming.is_unary();
        let rows = method.errors.iter().map(|error| error_row(error, stream));
        match stream {
            true => self.table(&["error", "status", "close code", "class", "body", "when"], rows.collect::<Vec<_>>()),
            false => self.table(&["error", "status", "class", "body", "when"], rows.collect::<Vec<_>>()),
        }
        self.examples(method);
    }

    /// What is taken and answered.
    fn message_lines(&mut self, method: &Method) {
        let streaming = &method.streaming;
        let flowing = |schema: &Schema| match streaming.raw {
            true => "WebSocket messages as they are".to_owned(),
            false => shape(schema),
        };
        let mut lines = Vec::new();
        if let Some(body) = &method.body {
            lines.push(format!("- body: {}", shape(body)));
        }
        if let Some(input) = &streaming.input {
            lines.push(format!("- the client sends: {}", flowing(input)));
        }
        if let Some(output) = &streaming.output {
            lines.push(format!("- the server sends: {}{}", flowing(output), self.view_note(method, output)));
        }
        if let Some(result) = &method.result {
            let note = self.view_note(method, result);
            let what = if streaming.is_unary() { "answer" } else { "the server's one answer" };
            lines.push(format!("- {what}: {}{note}", shape(result)));
        }
        if streaming.is_unary() && (method.response.status.is_some() || method.result.is_none()) {
            let usual = if method.result.is_some() { 200 } else { 204 };
            lines.push(format!("- status: {}", method.response.status.unwrap_or(usual)));
        }
        for header in &method.response.headers {
            let (field, name) = (code(&header.field), code(&header.name));
            lines.push(format!("- {field} travels in the {} {name}", header.location.as_str()));
        }
        if streaming.opening {
            lines.push("- the method may refuse before the upgrade with any of its errors".to_owned());
        }
        if streaming.has_events() {
            lines.push("- also as server-sent events, for `Accept: text/event-stream`".to_owned());
        }
        for line in &lines {
            self.line(line);
        }
        if !lines.is_empty() {
            self.line("");
        }
    }

    fn view_note(&self, method: &Method, schema: &Schema) -> String {
        match &views(self.service, method, schema)[..] {
            [Some(view)] => format!(", in the view {}", code(view)),
            [_] | [] => String::new(),
            views => {
                let names: Vec<_> = views.iter().map(|view| code(view.unwrap_or("default"))).collect();
                format!(", in the view that the caller chooses: {}", names.join(", "))
            }
        }
    }

    fn examples(&mut self, method: &Method) {
        let service = self.service;
        let streaming = &method.streaming;
        if streaming.raw {
            return;
        }
        let shown = [
            ("The body", &method.body),
            ("The client sends", &streaming.input),
            ("The server sends", &streaming.output),
            ("The answer", &method.result),
        ];
        for (what, schema) in shown {
            let Some(schema) = schema else { continue };
            let views = match what {
                "The server sends" | "The answer" => views(service, method, schema),
                _ => vec![None],
            };
            for view in views {
                let Some(mut example) = example(service, schema, &[], view) else { continue };
                if let ("The answer", Node::Object(body)) = (what, &mut example) {
                    for header in &method.response.headers {
                        body.remove(&header.field);
                    }
                    if body.is_empty() && !method.response.headers.is_empty() {
                        continue;
                    }
                }
                let json = serde_json::to_string_pretty(&example).unwrap_or_default();
                let view = view.map(|view| format!(" in the view {}", code(view))).unwrap_or_default();
                self.line(format!("{what}{view}, for example:\n\n```json\n{json}\n```\n"));
            }
        }
    }

    fn types(&mut self) {
        let service = self.service;
        if service.types.is_empty() {
            return;
        }
        self.line("## Types\n");
        for (name, definition) in service.types.iter() {
            self.line(format!("<a id=\"type-{name}\"></a>\n\n### {}\n", escaped(name)));
            match definition {
                Definition::Message(message) => self.message(message),
                Definition::Enumeration(enumeration) => {
                    self.deprecated(enumeration.deprecated);
                    self.prose(&enumeration.description);
                    let rows = enumeration
                        .values
                        .iter()
                        .map(|value| vec![code(&value.value), marked(value.deprecated, &value.description)]);
                    self.table(&["value", "what it means"], rows.collect::<Vec<_>>());
                }
                Definition::Union(union) => self.union(union),
                Definition::Alias(alias) => {
                    self.deprecated(alias.deprecated);
                    self.prose(&alias.description);
                    let mut line = shape(&alias.schema);
                    for rule in &alias.rules {
                        let _ = write!(line, "; {}", self::rule(rule));
                    }
                    if alias.secret {
                        line.push_str("; secret");
                    }
                    if let Some(example) = alias.examples.first().filter(|_| !alias.secret) {
                        let _ = write!(line, "; for example {}", code(&canonical(example)));
                    }
                    self.line(format!("{line}\n"));
                }
                _ => {}
            }
        }
    }

    fn deprecated(&mut self, deprecated: bool) {
        if deprecated {
            self.line("**Deprecated.**\n");
        }
    }

    fn message(&mut self, message: &Message) {
        self.deprecated(message.deprecated);
        self.prose(&message.description);
        let rows = message.fields.iter().map(field_row);
        self.table(&["member", "tag", "type", "required", "what it means"], rows.collect::<Vec<_>>());
        for view in &message.views {
            let fields: Vec<_> = view
                .fields
                .iter()
                .map(|field| match &field.view {
                    None => code(&field.name),
                    Some(view) => format!("{} in the view {}", code(&field.name), code(view)),
                })
                .collect();
            self.line(format!("View {}: {}.\n", code(&view.name), fields.join(", ")));
        }
        if let Some(id) = &message.event_id {
            self.line(format!("As a server-sent event, its `id` is {}.\n", code(id)));
        }
        if let Some(kind) = &message.event_type {
            self.line(format!("As a server-sent event, its `event` is {}.\n", code(kind)));
        }
    }

    fn union(&mut self, union: &Union) {
        self.deprecated(union.deprecated);
        self.prose(&union.description);
        let text = if union.json_text { ", as JSON inside of a text" } else { "" };
        self.line(format!(
            "One of these; {} holds its name and {} its value{text}.\n",
            code(&union.tag),
            code(&union.content)
        ));
        let rows = union.variants.iter().map(|variant| {
            let shape = variant.schema.as_ref().map(shape).unwrap_or_default();
            vec![code(&variant.name), shape, marked(variant.deprecated, &variant.description)]
        });
        self.table(&["variant", "value", "what it means"], rows.collect::<Vec<_>>());
    }

    fn ends(&mut self) {
        let streams = self.service.methods.iter().any(|method| !method.streaming.is_unary());
        if !streams {
            return;
        }
        self.line("## How streams end\n");
        self.line("Beside the errors that its method declares, a stream ends with one of these close codes.\n");
        let rows = CLOSE_CODES.iter().map(|end| {
            let reason = end.reason.map(code).unwrap_or_default();
            vec![end.code.to_string(), end.class.to_owned(), reason, end.description.to_owned()]
        });
        self.table(&["code", "class", "reason", "what it means"], rows);
    }
}

fn kind(method: &Method) -> &'static str {
    match (&method.streaming.input, &method.streaming.output) {
        (None, None) => "nothing: plain HTTP",
        (Some(_), None) => "client streaming",
        (None, Some(_)) => "server streaming",
        (Some(_), Some(_)) => "bidirectional",
    }
}

fn parameter_row(parameter: &Parameter) -> Vec<String> {
    let mut about = marked(parameter.deprecated, &parameter.description);
    let mut add = |text: String| {
        if !about.is_empty() {
            about.push(' ');
        }
        about.push_str(&text);
    };
    if parameter.selects_view {
        add("Chooses the view.".to_owned());
    }
    if parameter.many {
        add("May be given several times.".to_owned());
    }
    if parameter.last_event_id {
        add("Where a broken stream of events goes on.".to_owned());
    }
    if parameter.secret {
        add("Secret.".to_owned());
    }
    for rule in &parameter.rules {
        add(format!("{}.", self::rule(rule)));
    }
    let shown = |value: &Value| code(&canonical(value));
    if let Some(default) = parameter.default.as_ref().filter(|_| !parameter.secret) {
        add(format!("Default: {}.", shown(default)));
    }
    if let Some(example) = parameter.examples.first().filter(|_| !parameter.secret) {
        add(format!("Example: {}.", shown(example)));
    }
    let required = if parameter.required { "yes" } else { "no" };
    vec![
        code(&parameter.name),
        parameter.location.as_str().to_owned(),
        shape(&parameter.schema),
        required.to_owned(),
        about,
    ]
}

fn field_row(field: &Field) -> Vec<String> {
    let mut about = marked(field.deprecated, &field.description);
    let mut add = |text: String| {
        if !about.is_empty() {
            about.push(' ');
        }
        about.push_str(&text);
    };
    if field.secret {
        add("Secret.".to_owned());
    }
    for rule in &field.rules {
        add(format!("{}.", self::rule(rule)));
    }
    if let Some(default) = field.default.as_ref().filter(|_| !field.secret) {
        add(format!("Default: {}.", code(&canonical(default))));
    }
    if let Some(example) = field.examples.first().filter(|_| !field.secret) {
        add(format!("Example: {}.", code(&canonical(example))));
    }
    let required = if field.required { "yes" } else { "no" };
    vec![code(&field.name), field.tag.to_string(), shape(&field.schema), required.to_owned(), about]
}

fn error_row(error: &ErrorCase, stream: bool) -> Vec<String> {
    let mut about = error.description.clone();
    if error.retry_after {
        about.push_str(" Says how long to wait.");
    }
    let body = error.schema.as_ref().map_or_else(|| "the standard one".to_owned(), shape);
    let class = class_of(error.status, error.retry_after, error.class).to_owned();
    let mut row = vec![code(&error.name), error.status.to_string()];
    if stream {
        row.push((4000 + error.status).to_string());
    }
    row.extend([class, body, about.trim_start().to_owned()]);
    row
}

/// A shape in words, with links to the types.
fn shape(schema: &Schema) -> String {
    match schema {
        Schema::Any => "any JSON".to_owned(),
        Schema::Null => "`null`".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Integer { bits, signed } => format!("{}int{bits}", if *signed { "" } else { "u" }),
        Schema::Float { bits } => format!("float{bits}"),
        Schema::String { format: None } => "text".to_owned(),
        Schema::String { format: Some(format) } => format!("text ({format})"),
        Schema::Bytes => "bytes (base64)".to_owned(),
        Schema::Array { items } => format!("array of {}", shape(items)),
        Schema::Map { keys, values } => format!("map from {} to {}", shape(keys), shape(values)),
        Schema::Nullable { value } => format!("{} or `null`", shape(value)),
        Schema::Named { name } => format!("[{}](#type-{name})", escaped(name)),
        _ => "unknown".to_owned(),
    }
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Enumeration { values } => {
            let values: Vec<_> = values.iter().map(|value| code(&canonical(value))).collect();
            format!("One of {}", values.join(", "))
        }
        Rule::Pattern { pattern } => format!("Matches {}", code(pattern)),
        Rule::Minimum { value } => format!("At least {value}"),
        Rule::ExclusiveMinimum { value } => format!("Above {value}"),
        Rule::Maximum { value } => format!("At most {value}"),
        Rule::ExclusiveMaximum { value } => format!("Below {value}"),
        Rule::MinLength { value } => format!("Length at least {value}"),
        Rule::MaxLength { value } => format!("Length at most {value}"),
        _ => String::new(),
    }
}

fn shown_as(scheme: &Scheme) -> String {
    let mut text = match &scheme.kind {
        SchemeKind::Basic => "user name and password (`Authorization: Basic`)".to_owned(),
        SchemeKind::Jwt => "signed token (`Authorization: Bearer`)".to_owned(),
        SchemeKind::ApiKey { location, name } => format!("key in the {} {}", location.as_str(), code(name)),
        SchemeKind::OAuth2 { flows } => {
            let flows = flows.iter().map(flow).collect::<String>();
            format!("OAuth2 token (`Authorization: Bearer`){flows}")
        }
        SchemeKind::Custom { carriers } => {
            let carriers: Vec<_> =
                carriers.iter().map(|(location, name)| format!("{} {}", location.as_str(), code(name))).collect();
            match &carriers[..] {
                [] => "as the application asks".to_owned(),
                carriers => carriers.join(", "),
            }
        }
        _ => String::new(),
    };
    if let Some(query) = &scheme.query {
        let _ = write!(text, ", or in the query parameter {}", code(query));
    }
    text
}

fn scopes(scheme: &Scheme) -> String {
    let scopes: Vec<_> = scheme.scopes.iter().map(|(name, allows)| format!("{}: {allows}", code(name))).collect();
    scopes.join("; ")
}

fn marked(deprecated: bool, description: &str) -> String {
    match (deprecated, description) {
        (false, description) => description.to_owned(),
        (true, "") => "**Deprecated.**".to_owned(),
        (true, description) => format!("**Deprecated.** {description}"),
    }
}

/// JSON of which the text does not depend on how a build of `serde_json` orders members.
fn canonical(value: &Value) -> String {
    serde_json::to_string(&crate::document::Node::from(value)).unwrap_or_default()
}

/// Code in a line, whatever it holds.
fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("`{text}`"),
        _ => format!("{fence} {text} {fence}"),
    }
}

/// A name as prose: what Markdown would read as its own is escaped.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if "\\`*_[]<>#|".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// A text as the cell of a table: one line, and no bar that would end it.
fn in_cell(text: &str) -> String {
    unlinked(text).split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_code_keep_what_they_hold() {
        assert_eq!(in_cell("a | b\n  c"), "a \\| b c");
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `b``"), "``` a `b`` ```");
        assert_eq!(escaped("sent_at"), "sent\\_at");
    }
}
