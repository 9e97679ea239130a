//! Methods: how they are called, what they take and answer, who may call.

use super::{ChangeKind, Comparison, Direction, shapes::Side};
use crate::{ErrorCase, Location, Method, Parameter, Scheme, SchemeKind, Security, Service};

impl<'a> Comparison<'a> {
    pub(super) fn methods(&mut self) {
        let (old, new) = (self.old, self.new);
        for method in &old.methods {
            let path = format!("methods.{}", method.name);
            match new.methods.iter().find(|known| known.name == method.name) {
                None => self.breaking(&path, ChangeKind::Removed, "the method is gone: clients that call it fail"),
                Some(known) => self.method(&path, method, known),
            }
        }
        for method in new.methods.iter().filter(|new| !old.methods.iter().any(|known| known.name == new.name)) {
            let path = format!("methods.{}", method.name);
            self.compatible(&path, ChangeKind::Added, "clients that do not know the method do not call it");
        }
    }

    fn method(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        if old.verb != new.verb {
            let reason = format!("it is called with {} and not {}: clients get 405", new.verb, old.verb);
            self.breaking(path, ChangeKind::Moved, reason);
        }
        // The names of path parameters do not travel.
        if pattern(&old.path) != pattern(&new.path) {
            let reason = format!("it is at `{}`: clients that call `{}` get 404", new.path, old.path);
            self.breaking(&format!("{path}.path"), ChangeKind::Moved, reason);
        }
        if old.description != new.description || old.deprecated != new.deprecated {
            self.documentation(path, "what is said about the method");
        }
        self.parameters(path, old, new);
        self.body(path, old, new);
        self.streams(path, old, new);
        self.answer(path, old, new);
        self.security(path, old, new);
        self.errors(path, old, new);
        self.tuning_of(path, old, new);
    }

    fn parameters(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        for parameter in &old.parameters {
            let path = format!("{path}.{}.{}", parameter.location.as_str(), parameter.name);
            match same(old, parameter, new) {
                Some(known) => self.parameter(&path, parameter, known),
                None => match new.parameters.iter().find(|known| known.name == parameter.name) {
                    Some(known) => {
                        let reason =
                            format!("it travels in the {}: clients give it elsewhere", known.location.as_str());
                        self.breaking(&path, ChangeKind::Moved, reason);
                    }
                    None => self.breaking(
                        &path,
                        ChangeKind::Removed,
                        "it is no longer looked at: what clients give in it is lost",
                    ),
                },
            }
        }
        for parameter in &new.parameters {
            let moved = old.parameters.iter().any(|known| known.name == parameter.name);
            if moved || same(new, parameter, old).is_some() {
                continue;
            }
            let path = format!("{path}.{}.{}", parameter.location.as_str(), parameter.name);
            match parameter.required {
                true => {
                    let reason = "it must be given: clients that do not know it get 400";
                    self.breaking(&path, ChangeKind::Added, reason);
                }
                false => self.compatible(&path, ChangeKind::Added, "it may be left out, as clients do"),
            }
        }
    }

    fn parameter(&mut self, path: &str, old: &'a Parameter, new: &'a Parameter) {
        let direction = Direction::Sent;
        if old.name != new.name {
            // In a path by its position, in a header whatever the case.
            self.compatible(path, ChangeKind::Renamed, format!("it is called `{}`, which does not travel", new.name));
        }
        let side = |parameter: &'a Parameter| Side { rules: &parameter.rules, ..Side::new(&parameter.schema) };
        self.shape(path, side(old), side(new), direction);
        self.presence(path, old.required, (new.required, new.default.is_some()), direction);
        if !new.required {
            self.defaults(path, (&old.default, old.required), &new.default, direction);
        }
        match (old.many, new.many) {
            (false, true) => self.widened(path, ChangeKind::Widened, direction, "it may be given several times"),
            (true, false) => self.narrowed(path, ChangeKind::Narrowed, direction, "it can be given once only"),
            _ => {}
        }
        if old.selects_view != new.selects_view {
            let reason = "whether it chooses the view changed: results are shown otherwise";
            self.breaking(path, ChangeKind::Retyped, reason);
        }
        match (old.last_event_id, new.last_event_id) {
            (true, false) => self.breaking(
                path,
                ChangeKind::Retyped,
                "it is no longer where a stream of events goes on: clients that come back get all of it again",
            ),
            (false, true) => self.compatible(path, ChangeKind::Added, "a stream of events goes on from it"),
            _ => {}
        }
        if (&old.description, &old.examples, old.deprecated, old.secret)
            != (&new.description, &new.examples, new.deprecated, new.secret)
        {
            self.documentation(path, "what is said about the parameter");
        }
    }

    fn body(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        let path = format!("{path}.body");
        match (&old.body, &new.body) {
            (None, None) => {}
            (Some(old), Some(new)) => self.shape(&path, Side::new(old), Side::new(new), Direction::Sent),
            (None, Some(body)) if body.is_required() => {
                self.breaking(&path, ChangeKind::Added, "there must be a body: clients that send none are refused");
            }
            (None, Some(_)) => self.compatible(&path, ChangeKind::Added, "the body may be left out, as clients do"),
            (Some(_), None) => {
                let reason = "the body is no longer looked at: what clients send in it is lost";
                self.breaking(&path, ChangeKind::Removed, reason);
            }
        }
    }

    fn streams(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        let (was, is) = (&old.streaming, &new.streaming);
        let path = format!("{path}.streaming");
        let flows = |method: &Method| (method.streaming.input.is_some(), method.streaming.output.is_some());
        if flows(old) != flows(new) {
            let name = |flows| match flows {
                (false, false) => "a plain method",
                (true, false) => "client streaming",
                (false, true) => "server streaming",
                (true, true) => "bidirectional",
            };
            let reason = format!("it was {} and is {}: calls go otherwise", name(flows(old)), name(flows(new)));
            return self.breaking(&path, ChangeKind::Streaming, reason);
        }
        if was.raw != is.raw {
            let reason = "messages as they are and JSON values are not the same: neither end understands the other";
            return self.breaking(&path, ChangeKind::Streaming, reason);
        }
        if was.opening != is.opening {
            let reason = "when the method decides changed: declared errors come before the upgrade or after it, and \
                          clients are ready for both";
            self.compatible(&path, ChangeKind::Streaming, reason);
        }
        if was.raw {
            return;
        }
        if let (Some(was), Some(is)) = (&was.input, &is.input) {
            self.shape(&format!("{path}.input"), Side::new(was), Side::new(is), Direction::Sent);
        }
        if let (Some(was), Some(is)) = (&was.output, &is.output) {
            let old = Side { view: old.view.as_deref(), ..Side::new(was) };
            let new = Side { view: new.view.as_deref(), ..Side::new(is) };
            self.shape(&format!("{path}.output"), old, new, Direction::Received);
        }
    }

    fn answer(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        let at = format!("{path}.result");
        match (&old.result, &new.result) {
            (None, None) => {}
            (Some(was), Some(is)) => {
                let old = Side { view: old.view.as_deref(), ..Side::new(was) };
                let new = Side { view: new.view.as_deref(), ..Side::new(is) };
                self.shape(&at, old, new, Direction::Received);
            }
            (None, Some(_)) => {
                self.breaking(&at, ChangeKind::Added, "there is an answer where clients expect none");
            }
            (Some(_), None) => self.breaking(&at, ChangeKind::Removed, "the answer that clients wait for is gone"),
        }
        let status =
            |method: &Method| method.response.status.unwrap_or(if method.result.is_some() { 200 } else { 204 });
        if old.streaming.is_unary() && new.streaming.is_unary() && status(old) != status(new) {
            let reason = format!("it answers {} and not {}: clients look at the status", status(new), status(old));
            self.breaking(&format!("{path}.status"), ChangeKind::Status, reason);
        }
        for header in &old.response.headers {
            let path = format!("{path}.response.{}", header.field);
            match new.response.headers.iter().find(|known| known.field == header.field) {
                Some(known) if known.location == header.location && known.name.eq_ignore_ascii_case(&header.name) => {}
                Some(_) => self.breaking(&path, ChangeKind::Moved, "it travels elsewhere: clients do not find it"),
                None => self.breaking(
                    &path,
                    ChangeKind::Moved,
                    "it travels in the body or not at all: clients look for it in the head",
                ),
            }
        }
        for header in &new.response.headers {
            if old.response.headers.iter().any(|known| known.field == header.field) {
                continue;
            }
            let path = format!("{path}.response.{}", header.field);
            match has_member(self.old, old, &header.field) {
                true => self.breaking(&path, ChangeKind::Moved, "it left the body, where clients look for it"),
                false => {
                    self.compatible(&path, ChangeKind::Added, "clients do not look at headers that they do not know")
                }
            }
        }
    }

    fn errors(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        for error in &old.errors {
            let path = format!("{path}.errors.{}", error.name);
            match new.errors.iter().find(|known| known.name == error.name) {
                None => self.breaking(
                    &path,
                    ChangeKind::Removed,
                    "the error is gone: clients that handle it meet another one, which they do not know",
                ),
                Some(known) => self.error(&path, error, known),
            }
        }
        for error in new.errors.iter().filter(|new| !old.errors.iter().any(|known| known.name == new.name)) {
            let path = format!("{path}.errors.{}", error.name);
            let reason = "clients that do not know the error see a failure of its status, with its name";
            self.compatible(&path, ChangeKind::Added, reason);
        }
    }

    fn error(&mut self, path: &str, old: &'a ErrorCase, new: &'a ErrorCase) {
        if old.status != new.status {
            let reason = format!(
                "its status is {} (close code {}) and was {}: clients know it by that",
                new.status,
                4000 + u32::from(new.status),
                old.status
            );
            self.breaking(path, ChangeKind::Status, reason);
        }
        if old.class != new.class || old.retry_after != new.retry_after {
            let reason = "what callers may do about it changed: they act on what they know";
            self.compatible(path, ChangeKind::Class, reason);
        }
        match (&old.schema, &new.schema) {
            (None, None) => {}
            (Some(old), Some(new)) => self.shape(path, Side::new(old), Side::new(new), Direction::Received),
            _ => self.retyped(path, "its body is the standard one in one of the designs only"),
        }
        if old.description != new.description {
            self.documentation(path, "what is said about the error");
        }
    }

    /// Every way to be let in must still be one.
    fn security(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        let path = format!("{path}.security");
        let enough = |from: &Service, was: &Security, to: &Service, is: &Security| {
            let same = match (scheme(from, was), scheme(to, is)) {
                (Some(was), Some(is)) => is_carried_alike(&was.kind, &is.kind),
                _ => was.scheme == is.scheme,
            };
            same && is.scopes.iter().all(|scope| was.scopes.contains(scope))
        };
        match (&old.security[..], &new.security[..]) {
            (was, is) if was == is => {}
            ([], []) => {}
            ([], _) => {
                self.breaking(&path, ChangeKind::Security, "callers must prove who they are, and did not before")
            }
            (_, []) => self.compatible(&path, ChangeKind::Security, "callers need not prove who they are"),
            (were, are) => {
                let lost = were.iter().find(|was| !are.iter().any(|is| enough(self.old, was, self.new, is)));
                match lost {
                    Some(lost) => {
                        let reason = format!("`{}` with the scopes that were enough is not enough now", lost.scheme);
                        self.breaking(&path, ChangeKind::Security, reason);
                    }
                    None => self.compatible(&path, ChangeKind::Security, "whoever was let in still is"),
                }
            }
        }
    }

    pub(super) fn schemes(&mut self) {
        let (old, new) = (self.old, self.new);
        for scheme in &old.schemes {
            let path = format!("schemes.{}", scheme.name);
            let used = old.methods.iter().flat_map(|method| &method.security).any(|used| used.scheme == scheme.name);
            let Some(known) = new.schemes.iter().find(|known| known.name == scheme.name) else {
                // What that does to methods is said there.
                self.compatible(&path, ChangeKind::Removed, "methods say what they ask for instead");
                continue;
            };
            if !is_carried_alike(&scheme.kind, &known.kind) {
                let reason = "callers show themselves in another way, or elsewhere";
                match used {
                    true => self.breaking(&path, ChangeKind::Security, reason),
                    false => self.compatible(&path, ChangeKind::Security, format!("{reason}; no method used it")),
                }
            } else if scheme.kind != known.kind
                || scheme.description != known.description
                || scheme.scopes != known.scopes
            {
                self.documentation(&path, "what is said about the scheme");
            }
            match (&scheme.query, &known.query) {
                (old, new) if old == new => {}
                (None, _) => self.compatible(&path, ChangeKind::Added, "its token may also travel in the query"),
                _ => self.breaking(&path, ChangeKind::Moved, "its token no longer travels in that query parameter"),
            }
        }
        for scheme in new.schemes.iter().filter(|new| !old.schemes.iter().any(|known| known.name == new.name)) {
            let path = format!("schemes.{}", scheme.name);
            self.compatible(&path, ChangeKind::Added, "methods say whether they ask for it");
        }
    }
}

fn scheme<'s>(service: &'s Service, security: &Security) -> Option<&'s Scheme> {
    service.schemes.iter().find(|scheme| scheme.name == security.scheme)
}

/// Whether callers show themselves in the same place: flows are only how they came to a token.
fn is_carried_alike(old: &SchemeKind, new: &SchemeKind) -> bool {
    let bearer = |kind: &SchemeKind| matches!(kind, SchemeKind::Jwt | SchemeKind::OAuth2 { .. });
    old == new || (bearer(old) && bearer(new))
}

/// A path without the names of its parameters.
fn pattern(path: &str) -> Vec<&str> {
    path.split('/')
        .map(|part| match part {
            part if part.starts_with("{*") => "{*}",
            part if part.starts_with('{') && part.ends_with('}') => "{}",
            part => part,
        })
        .collect()
}

/// The parameter that travels in the same place under the same name: in a path by its position.
fn same<'m>(from: &Method, parameter: &Parameter, to: &'m Method) -> Option<&'m Parameter> {
    let mut there = to.parameters.iter().filter(|known| known.location == parameter.location);
    match parameter.location {
        Location::Path if pattern(&from.path) == pattern(&to.path) => {
            let at = names(&from.path).position(|name| name == parameter.name);
            let name = at.and_then(|at| names(&to.path).nth(at)).unwrap_or(&parameter.name);
            there.find(|known| known.name == name)
        }
        Location::Header => there.find(|known| known.name.eq_ignore_ascii_case(&parameter.name)),
        _ => there.find(|known| known.name == parameter.name),
    }
}

/// The names of the parameters in a path.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter(|part| part.starts_with('{') && part.ends_with('}'))
        .map(|part| part.trim_matches(['{', '}']).trim_start_matches('*'))
}

/// Whether the result has a member of that name.
fn has_member(service: &Service, method: &Method, name: &str) -> bool {
    let Some(crate::Schema::Named { name: ty }) = &method.result else { return false };
    let Some(crate::Definition::Message(message)) = service.types.get(ty) else { return false };
    message.fields.iter().any(|field| field.name == name)
}
