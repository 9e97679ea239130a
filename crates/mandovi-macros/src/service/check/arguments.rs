//! What stands in `#[service(..)]`, and the methods against each other.

use std::collections::HashMap;

use super::super::{Service, attributes::ServiceArguments, method::Method};
use crate::diagnostics::Mistakes;

/// Checks what the attribute on the trait says; `false` where schemes had to be taken away.
pub(crate) fn arguments(arguments: &mut ServiceArguments, mistakes: &mut Mistakes) -> bool {
    the_base_is_a_path(arguments, mistakes);
    scheme_names_are_free_and_unique(arguments, mistakes)
}

/// It is put in front of every path.
fn the_base_is_a_path(arguments: &ServiceArguments, mistakes: &mut Mistakes) {
    if let Some(path) = &arguments.path
        && let text = path.value()
        && (!text.starts_with('/') || text.contains(['{', '}', '?', '#', '*']))
    {
        mistakes.at(path, "a base is a path without parameters: write it as `/v1`");
    }
}

/// A scheme's name is a method of the server, which has some of its own.
fn scheme_names_are_free_and_unique(arguments: &mut ServiceArguments, mistakes: &mut Mistakes) -> bool {
    let before = arguments.schemes.len();
    let mut seen = Vec::new();
    arguments.schemes.retain(|scheme| {
        let name = scheme.name.to_string();
        if ["new", "options", "intercept", "interceptors", "documents", "into_router", "into_service", "service"]
            .contains(&name.as_str())
        {
            mistakes.at(&scheme.name, "the server has a method of this name: choose another one");
            return false;
        }
        if seen.contains(&name) {
            mistakes.at(&scheme.name, "there is already a scheme of this name");
            return false;
        }
        seen.push(name);
        true
    });
    arguments.schemes.len() == before
}

/// One request is one call.
pub(crate) fn routes_are_unique(service: &Service, mistakes: &mut Mistakes) {
    // The router knows a path by its shape: two names for one parameter are one path with two meanings.
    let mut seen: HashMap<String, Vec<(&Method, String)>> = HashMap::new();
    for method in &service.methods {
        let path = service.path(method);
        let shape: Vec<&str> =
            path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
        let others = seen.entry(shape.join("/")).or_default();
        if let Some((other, _)) = others.iter().find(|(other, _)| other.attribute.verb == method.attribute.verb) {
            mistakes.at(&method.path, format_args!("`{}` already has this verb and path", other.ident));
        } else if let Some((other, theirs)) = others.iter().find(|(_, theirs)| *theirs != path) {
            mistakes.at(
                &method.path,
                format_args!("`{}` has the same path with other names: write {theirs:?} here too", other.ident),
            );
        }
        others.push((method, path));
    }
}
