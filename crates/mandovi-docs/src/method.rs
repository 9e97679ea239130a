//! What several documents ask about a method.

use std::collections::BTreeMap;

use mandovi_model::{Definition, ErrorCase, Location, Method, Parameter, Schema, Service};

use crate::{
    document::{Node, Object},
    example::{example, parameter_example},
    schema::{ERROR_FIELDS, Schemas, error_example},
};

/// The views in which a method may show a shape: `None` is the whole.
pub(crate) fn views<'a>(service: &'a Service, method: &'a Method, schema: &'a Schema) -> Vec<Option<&'a str>> {
    if let Some(view) = &method.view {
        return vec![Some(view)];
    }
    let mut views = vec![None];
    if method.parameters.iter().any(|parameter| parameter.selects_view) {
        views.extend(named_views(service, schema).into_iter().map(Some));
    }
    views
}

/// The names of the views of what a shape holds.
fn named_views<'a>(service: &'a Service, schema: &'a Schema) -> Vec<&'a str> {
    match schema {
        Schema::Array { items: inner } | Schema::Map { values: inner, .. } | Schema::Nullable { value: inner } => {
            named_views(service, inner)
        }
        Schema::Named { name } => match service.types.get(name) {
            Some(Definition::Message(message)) => message.views.iter().map(|view| view.name.as_str()).collect(),
            Some(Definition::Alias(alias)) => named_views(service, &alias.schema),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The schema of a parameter: of all its values, where it may be given several times.
pub(crate) fn parameter_schema(schemas: &Schemas<'_>, parameter: &Parameter) -> Object {
    let mut more = Object::new();
    if parameter.secret {
        let plain = matches!(parameter.schema, Schema::String { format: None });
        more = more.with_some("format", (plain && !parameter.many).then_some("password")).with("x-secret", true);
    } else {
        more = more.with_some("default", parameter.default.as_ref());
    }
    if !parameter.many {
        return schemas.described(&parameter.schema, &parameter.rules, None, more);
    }
    let items = schemas.of(&parameter.schema, &parameter.rules, None);
    let mut array = Object::new().with("type", "array").with("items", items);
    array.extend(more);
    array
}

/// An object whose members are the parameters of one place: what a WebSocket binding calls `query` and `headers`.
pub(crate) fn parameters_schema(
    service: &Service,
    schemas: &Schemas<'_>,
    method: &Method,
    location: Location,
) -> Object {
    let mut properties = Object::new();
    let mut required = Vec::new();
    for parameter in method.parameters.iter().filter(|parameter| parameter.location == location) {
        let examples = parameter_example(service, parameter).into_iter().collect::<Vec<_>>();
        let more = Object::new()
            .with_text("description", &parameter.description)
            .with_filled("examples", examples)
            .with_flag("deprecated", parameter.deprecated)
            .with_flag("x-last-event-id", parameter.last_event_id);
        let mut schema = parameter_schema(schemas, parameter);
        if schema.contains("$ref") {
            schema = Object::new().with("allOf", vec![schema]);
        }
        schema.extend(more);
        properties.set(&parameter.name, schema);
        if parameter.required {
            required.push(&parameter.name);
        }
    }
    if properties.is_empty() {
        return Object::new();
    }
    Object::new().with("type", "object").with("properties", properties).with_filled("required", required)
}

/// The declared errors by their status, in the order of statuses and, for one status, of the design.
pub(crate) fn errors_by_status(method: &Method) -> BTreeMap<u16, Vec<&ErrorCase>> {
    let mut errors = BTreeMap::<_, Vec<_>>::new();
    for error in &method.errors {
        errors.entry(error.status).or_default().push(error);
    }
    errors
}

/// The schema of the body of a declared error.
pub(crate) fn error_body(schemas: &Schemas<'_>, error: &ErrorCase) -> Object {
    match &error.schema {
        Some(schema) => schemas.of(schema, &[], None),
        None => {
            let name = Object::new().with("const", &error.name);
            let named = Object::new().with("properties", Object::new().with("name", name));
            Object::new().with("allOf", vec![schemas.error(), named])
        }
    }
}

/// A body of a declared error, to show.
pub(crate) fn error_body_example(service: &Service, error: &ErrorCase) -> Option<Node> {
    match &error.schema {
        Some(Schema::String { format: None }) if !error.description.is_empty() => {
            Some(error.description.trim_end_matches('.').into())
        }
        Some(Schema::Named { name }) if is_error_result(service, name) => Some(standard(error)),
        Some(schema) => example(service, schema, &[], None),
        None => Some(standard(error)),
    }
}

fn is_error_result(service: &Service, name: &str) -> bool {
    let Some(Definition::Message(message)) = service.types.get(name) else { return false };
    message.fields.iter().map(|field| field.name.as_str()).eq(ERROR_FIELDS)
}

fn standard(error: &ErrorCase) -> Node {
    let message = match error.description.trim_end_matches('.') {
        "" => &error.name,
        description => description,
    };
    error_example(&error.name, message)
        .with("temporary", error.class.temporary)
        .with("timeout", error.class.timeout)
        .with("fault", error.class.fault)
        .into()
}

/// The first sentence of a doc comment, as a title; the whole where there is no other.
pub(crate) fn summary(description: &str) -> &str {
    let paragraph = description.split("\n\n").next().unwrap_or_default().trim();
    match paragraph.find(". ") {
        Some(end) => &paragraph[..=end],
        None => paragraph,
    }
}

/// The whole of a doc comment, where its [`summary`] is not that already.
pub(crate) fn longer(description: &str) -> &str {
    if summary(description).len() < description.trim().len() { description } else { "" }
}

/// The path as documents have it: `{*rest}`, which takes what is left of it, is `{rest}` there.
pub(crate) fn document_path(method: &Method) -> String {
    method.path.replace("{*", "{")
}
