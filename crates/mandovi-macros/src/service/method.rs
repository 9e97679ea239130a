//! From a method of the trait to its description. Our own attributes are taken off the method on the way.

use syn::{Attribute, FnArg, Ident, LitStr, ReturnType, TraitItemFn, Type};

use super::{
    argument::{self, Argument, Kind, Parameter},
    attributes::{self, VerbArguments},
    check,
};
use crate::{
    diagnostics::Mistakes,
    syntax::{conditions, doc_text, is_unit, last_segment, type_arguments},
};

/// One method of a service.
pub(super) struct Method {
    pub(super) ident: Ident,
    pub(super) description: String,
    pub(super) attribute: VerbArguments,
    pub(super) path: LitStr,
    pub(super) captures: Vec<String>,
    pub(super) arguments: Vec<Argument>,
    /// The `R` of `Outcome<R, E>`.
    pub(super) result: Type,
    /// The `E`.
    pub(super) error: Option<Type>,
    /// `#[deprecated]`, for the client's method.
    pub(super) deprecated: Option<Attribute>,
}

impl Method {
    /// What flows from the client.
    pub(super) fn input(&self) -> Option<&Type> {
        self.arguments.iter().find_map(|argument| match &argument.kind {
            Kind::Receiver(item) => Some(item),
            Kind::Opening(opening) => opening.input.as_ref(),
            _ => None,
        })
    }

    /// What flows from the server.
    pub(super) fn output(&self) -> Option<&Type> {
        self.arguments.iter().find_map(|argument| match &argument.kind {
            Kind::Sender(item) => Some(item),
            Kind::Opening(opening) => opening.output.as_ref(),
            _ => None,
        })
    }

    /// Whether anything flows.
    pub(super) fn is_stream(&self) -> bool {
        self.input().is_some() || self.output().is_some()
    }

    /// Whether the method decides before the upgrade.
    pub(super) fn is_opening(&self) -> bool {
        self.arguments.iter().any(|argument| matches!(argument.kind, Kind::Opening(_)))
    }

    /// Whether it answers something at its end.
    pub(super) fn has_result(&self) -> bool {
        !is_unit(&self.result)
    }

    /// What views are chosen of: the values that flow from the server, or the result.
    pub(super) fn viewed(&self) -> &Type {
        self.output().unwrap_or(&self.result)
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&Argument, &Parameter)> {
        self.arguments.iter().filter_map(|argument| match &argument.kind {
            Kind::Parameter(parameter) => Some((argument, &**parameter)),
            _ => None,
        })
    }

    /// The argument with `#[view]`.
    pub(super) fn view_argument(&self) -> Option<(&Argument, &Parameter)> {
        self.parameters().find(|(_, parameter)| parameter.selects_view)
    }

    pub(super) fn body(&self) -> Option<&Argument> {
        self.arguments.iter().find(|argument| matches!(argument.kind, Kind::Body))
    }

    pub(super) fn auth_argument(&self) -> Option<&Argument> {
        self.arguments.iter().find(|argument| matches!(argument.kind, Kind::Auth))
    }
}

/// Describes a method; `None` where too little of it is right.
pub(super) fn parse(written: &mut TraitItemFn, mistakes: &mut Mistakes) -> Option<Method> {
    check::signature(written, mistakes);
    for attribute in conditions(&written.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    let attribute = verb(written, mistakes);
    let captures = attribute.as_ref().and_then(|attribute| check::captures(&attribute.path, mistakes));
    let mut arguments = Vec::new();
    let mut complete = captures.is_some();
    for input in &mut written.sig.inputs {
        if matches!(input, FnArg::Receiver(_)) {
            continue;
        }
        match argument::parse(input, captures.as_deref(), mistakes) {
            Some(argument) => arguments.push(argument),
            None => complete = false,
        }
    }
    let (result, error) = outcome(&written.sig.output, &written.sig.ident, mistakes)?;
    let attribute = attribute.filter(|_| complete)?;
    Some(Method {
        ident: written.sig.ident.clone(),
        description: doc_text(&written.attrs),
        path: attribute.path.clone(),
        attribute,
        captures: captures?,
        arguments,
        result,
        error,
        deprecated: written.attrs.iter().find(|attribute| attribute.path().is_ident("deprecated")).cloned(),
    })
}

/// The one attribute that names a verb.
fn verb(written: &mut TraitItemFn, mistakes: &mut Mistakes) -> Option<VerbArguments> {
    let mut verbs = Vec::new();
    written.attrs.retain(|attribute| match attributes::verb_of(attribute) {
        Some(verb) => {
            verbs.push((attribute.clone(), verb));
            false
        }
        None => true,
    });
    match &verbs[..] {
        [] => {
            mistakes.at(
                &written.sig.ident,
                "a method has a verb and a path: write `#[get(\"/path\")]` above it; streams are always `get`",
            );
            None
        }
        [(attribute, verb)] => mistakes.ok(attributes::verb(attribute, *verb)),
        [_, (second, _), ..] => {
            mistakes.at(second, "a method has one verb and one path: take this attribute away");
            None
        }
    }
}

/// The types of `Outcome<R, E>`.
fn outcome(output: &ReturnType, ident: &Ident, mistakes: &mut Mistakes) -> Option<(Type, Option<Type>)> {
    let text = "a method answers `Outcome<T, E>`: a result (`()` where there is none) and the errors it declares";
    let ReturnType::Type(_, ty) = output else {
        mistakes.push(syn::Error::new(ident.span(), text));
        return None;
    };
    let segment = last_segment(ty).filter(|segment| segment.ident == "Outcome");
    match segment.map(type_arguments).as_deref() {
        Some([result]) => Some(((*result).clone(), None)),
        Some([result, error]) => Some(((*result).clone(), Some((*error).clone()))),
        _ => {
            mistakes.at(ty, text);
            None
        }
    }
}
