//! What stands in `#[service(..)]`, and the methods against each other.

use std::collections::HashMap;

use super::super::{
    Service,
    attributes::{Auth, ServiceArguments},
    method::Method,
    scheme::Scheme,
};
use crate::diagnostics::Mistakes;

/// Checks what the attribute on the trait says; `false` where schemes had to be taken away.
pub(crate) fn arguments(arguments: &mut ServiceArguments, mistakes: &mut Mistakes) -> bool {
    the_base_is_a_path(arguments, mistakes);
    arguments.tuning.check(mistakes);
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
        if name == "none" {
            mistakes.at(&scheme.name, "`auth = none` means that nothing is asked: choose another name");
            return false;
        }
        if ["new", "options", "intercept", "documents", "into_router", "into_service", "service", "serving"]
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

/// What methods ask that do not say; `false` where it had to be taken away.
pub(crate) fn default_auth(arguments: &mut ServiceArguments, complete: bool, mistakes: &mut Mistakes) -> bool {
    if let Some(none) = &arguments.auth.none {
        mistakes.at(none, "methods ask nothing unless they say so: take this away");
    }
    if let (Some(scopes), true) = (&arguments.auth.scopes_token, arguments.auth.schemes.is_empty()) {
        mistakes.at(scopes, "scopes belong to a credential: write `auth = scheme` before them");
    }
    let before = arguments.auth.schemes.len();
    if complete {
        schemes_exist(&arguments.auth, &arguments.schemes, mistakes);
        scopes_are_listed(&arguments.auth, &arguments.schemes, mistakes);
    }
    let known: Vec<_> = arguments.schemes.iter().map(|scheme| scheme.name.clone()).collect();
    arguments.auth.schemes.retain(|scheme| known.contains(scheme));
    arguments.auth.schemes.len() == before
}

/// A scheme is declared once for the service, and asked for once.
pub(crate) fn schemes_exist(auth: &Auth, schemes: &[Scheme], mistakes: &mut Mistakes) {
    for (index, name) in auth.schemes.iter().enumerate() {
        if auth.schemes[..index].contains(name) {
            mistakes.at(name, "this scheme already stands there: take it away");
        } else if !schemes.iter().any(|scheme| scheme.name == *name) {
            let known: Vec<_> = schemes.iter().map(|scheme| format!("`{}`", scheme.name)).collect();
            let known = match &known[..] {
                [] => "there are none: write `#[service(schemes(..))]`".to_owned(),
                known => format!("there are {}", known.join(", ")),
            };
            mistakes.at(name, format_args!("the service has no scheme of this name; {known}"));
        }
    }
}

/// Where a scheme lists its scopes, another one is a slip of the pen that would let nobody in.
pub(crate) fn scopes_are_listed(auth: &Auth, schemes: &[Scheme], mistakes: &mut Mistakes) {
    for scope in &auth.scopes {
        let listing = schemes.iter().filter(|scheme| auth.schemes.contains(&scheme.name) && !scheme.scopes.is_empty());
        for scheme in listing {
            if scheme.scopes.iter().any(|(listed, _)| listed.value() == scope.value()) {
                continue;
            }
            let listed: Vec<_> = scheme.scopes.iter().map(|(scope, _)| format!("{:?}", scope.value())).collect();
            let (name, listed) = (&scheme.name, listed.join(", "));
            mistakes.at(scope, format_args!("the scheme `{name}` has no scope of this name; it lists {listed}"));
        }
    }
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
