//! Which types are reached from where.

use std::collections::BTreeSet;

use mandovi_model::{Definition, Schema, Service};

/// The types that a server sends: in results, streams and errors.
pub(super) fn sent(service: &Service) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    for method in &service.methods {
        let errors = method.errors.iter().filter_map(|error| error.schema.as_ref());
        for schema in method.result.iter().chain(&method.streaming.output).chain(errors) {
            visit(service, schema, &mut reached);
        }
    }
    reached
}

fn visit<'a>(service: &'a Service, schema: &'a Schema, reached: &mut BTreeSet<&'a str>) {
    each(schema, &mut |schema| {
        let Schema::Named { name } = schema else { return };
        if reached.insert(name) {
            for part in service.types.get(name).into_iter().flat_map(parts) {
                visit(service, part, reached);
            }
        }
    });
}

/// Whether a 64-bit integer is anywhere in the types, or in what methods take and answer.
pub(super) fn has_wide_integers(service: &Service) -> bool {
    let types = service.types.iter().flat_map(|(_, definition)| parts(definition));
    let methods = service.methods.iter().flat_map(|method| {
        let parameters = method.parameters.iter().map(|parameter| &parameter.schema);
        let errors = method.errors.iter().filter_map(|error| error.schema.as_ref());
        let streaming = method.streaming.input.iter().chain(&method.streaming.output);
        parameters.chain(errors).chain(streaming).chain(&method.body).chain(&method.result)
    });
    types.chain(methods).any(|schema| {
        let mut found = false;
        each(schema, &mut |schema| found |= matches!(schema, Schema::Integer { bits: 64, .. }));
        found
    })
}

/// Whether what a shape holds has the view: it, its elements, or what it is another name for.
pub(super) fn has_view(service: &Service, schema: &Schema, view: &str) -> bool {
    let mut found = false;
    each(schema, &mut |schema| {
        let Schema::Named { name } = schema else { return };
        found |= match service.types.get(name) {
            Some(Definition::Message(message)) => message.views.iter().any(|known| known.name == view),
            Some(Definition::Alias(alias)) => has_view(service, &alias.schema, view),
            _ => false,
        };
    });
    found
}

/// The shapes that a definition is made of.
fn parts(definition: &Definition) -> Vec<&Schema> {
    match definition {
        Definition::Message(message) => message.fields.iter().map(|field| &field.schema).collect(),
        Definition::Union(union) => union.variants.iter().filter_map(|variant| variant.schema.as_ref()).collect(),
        Definition::Alias(alias) => vec![&alias.schema],
        _ => Vec::new(),
    }
}

/// A shape and every shape inside of it; not what names stand for.
fn each<'a>(schema: &'a Schema, visit: &mut dyn FnMut(&'a Schema)) {
    visit(schema);
    match schema {
        Schema::Array { items } => each(items, visit),
        Schema::Map { keys, values } => {
            each(keys, visit);
            each(values, visit);
        }
        Schema::Nullable { value } => each(value, visit),
        _ => {}
    }
}
