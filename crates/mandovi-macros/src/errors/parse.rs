//! From syntax to a description of declared errors. Our own attributes are taken off the item on the way.

use heck::ToSnakeCase;
use syn::{Attribute, Fields, Ident, ItemEnum, LitInt, LitStr, Token, Type, parse::ParseStream, spanned::Spanned};

use crate::{
    diagnostics::Mistakes,
    syntax::{
        argument_of, assigned, conditions, derives, doc_text, last_segment, options, summary, take_attributes,
        wire_name,
    },
};

/// The declared errors of a design.
pub(super) struct Errors {
    pub(super) ident: Ident,
    pub(super) cases: Vec<Case>,
    /// Other enums, whose cases are cases of this one too.
    pub(super) includes: Vec<Include>,
    /// Whether the user derives `Debug`.
    pub(super) debug: bool,
}

/// A variant that holds other declared errors.
pub(super) struct Include {
    pub(super) variant: Ident,
    pub(super) ty: Type,
    /// How many cases stand before it.
    pub(super) after: usize,
}

/// One variant.
pub(super) struct Case {
    pub(super) variant: Ident,
    pub(super) name: LitStr,
    /// The status and its token; `None` after a mistake.
    pub(super) status: Option<LitInt>,
    pub(super) class: Class,
    pub(super) description: String,
    pub(super) content: Content,
}

impl Case {
    /// Stands in for a variant whose mistake has been told.
    pub(super) fn wrong(variant: &Ident) -> Self {
        Self {
            variant: variant.clone(),
            name: LitStr::new(&wire_name(variant).to_snake_case(), variant.span()),
            status: None,
            class: Class::default(),
            description: String::new(),
            content: Content::Wrong,
        }
    }

    /// The status, or one that stands in after a mistake.
    pub(super) fn status_number(&self) -> u16 {
        self.status.as_ref().and_then(|status| status.base10_parse().ok()).unwrap_or(500)
    }

    /// What to say of a case that holds no words of its own.
    pub(super) fn summary(&self) -> String {
        match summary(&self.description) {
            empty if empty.is_empty() => self.name.value(),
            summary => summary,
        }
    }
}

/// What a caller may do about it.
#[derive(Clone, Copy, Default)]
pub(super) struct Class {
    pub(super) temporary: bool,
    pub(super) timeout: bool,
    pub(super) fault: bool,
    /// Which of the four of a client, where one is said.
    pub(super) action: Option<Action>,
}

/// What a client does, whatever the status.
#[derive(Clone, Copy)]
pub(super) enum Action {
    Recoverable,
    Exhausted,
    Unauthenticated,
    Fatal,
}

/// What a variant holds.
pub(super) enum Content {
    /// Nothing: the standard object travels.
    Nothing,
    /// A text, which travels.
    Text,
    /// The standard object.
    Standard,
    /// Another value, which travels.
    Value(Box<Type>),
    /// Named fields: an object of them travels.
    Fields(Vec<Field>),
    /// What it holds was a mistake, which has been told.
    Wrong,
}

/// One named field of a variant.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) description: String,
    /// Whether it says how long to wait.
    pub(super) retry_after: Option<Attribute>,
}

impl Field {
    pub(super) fn name(&self) -> String {
        wire_name(&self.ident)
    }

    /// Whether the type is `Option<..>`.
    pub(super) fn is_optional(&self) -> bool {
        argument_of(&self.ty, "Option").is_some()
    }
}

/// Describes an enum. `None` where it cannot be declared errors whatever is changed inside of it.
pub(super) fn errors(item: &mut ItemEnum, mistakes: &mut Mistakes) -> Option<Errors> {
    let generics = &item.generics;
    if !generics.params.is_empty() {
        mistakes.at(&generics.params, "declared errors have one shape: write an enum without parameters");
    }
    let usable = generics.params.is_empty();
    let mut cases = Vec::new();
    let mut includes = Vec::new();
    for variant in &mut item.variants {
        match &take_attributes(&mut variant.attrs, "include")[..] {
            [] => cases.push(case(variant, mistakes)),
            [attribute, ..] => match include(variant, attribute, cases.len(), mistakes) {
                Some(include) => includes.push(include),
                None => cases.push(Case::wrong(&variant.ident)),
            },
        }
    }
    usable.then(|| Errors { ident: item.ident.clone(), cases, includes, debug: derives(&item.attrs, "Debug") })
}

/// Describes a variant with `#[include]`.
fn include(
    variant: &mut syn::Variant,
    attribute: &Attribute,
    after: usize,
    mistakes: &mut Mistakes,
) -> Option<Include> {
    if !matches!(attribute.meta, syn::Meta::Path(_)) {
        mistakes.at(attribute, "`#[include]` takes no options: the errors that it includes have said everything");
    }
    for attribute in conditions(&variant.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    if let [status, ..] = &take_attributes(&mut variant.attrs, "status")[..] {
        mistakes.at(status, "included errors have statuses of their own: take this away");
    }
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let ty = fields.unnamed.first()?.ty.clone();
            Some(Include { variant: variant.ident.clone(), ty, after })
        }
        _ => {
            let ident = &variant.ident;
            mistakes.at(ident, format_args!("this includes the errors of another enum: write `{ident}(OtherError)`"));
            None
        }
    }
}

fn case(variant: &mut syn::Variant, mistakes: &mut Mistakes) -> Case {
    for attribute in conditions(&variant.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    let content = content(&mut variant.fields, mistakes);
    let statuses = take_attributes(&mut variant.attrs, "status");
    let mut case = Case {
        variant: variant.ident.clone(),
        name: LitStr::new(&wire_name(&variant.ident).to_snake_case(), variant.ident.span()),
        status: None,
        class: Class::default(),
        description: doc_text(&variant.attrs),
        content,
    };
    match &statuses[..] {
        [] => mistakes.at(&variant.ident, "every error has an HTTP status: write `#[status(404)]` above it"),
        [attribute] => {
            mistakes.ok(attribute.parse_args_with(|input: ParseStream<'_>| status_options(input, &mut case)));
        }
        [_, second, ..] => mistakes.at(second, "one `#[status(..)]` per error: put everything into the first"),
    }
    case
}

fn status_options(input: ParseStream<'_>, case: &mut Case) -> syn::Result<()> {
    let status: LitInt = input
        .parse()
        .map_err(|mistake| syn::Error::new(mistake.span(), "the HTTP status comes first: write `#[status(404)]`"))?;
    if !status.base10_parse::<u16>().is_ok_and(|number| (400..=599).contains(&number)) {
        return Err(syn::Error::new(status.span(), "the status of an error is 400 to 599"));
    }
    case.status = Some(status);
    if input.is_empty() {
        return Ok(());
    }
    input.parse::<Token![,]>()?;
    options(input, |key, input| {
        match key.to_string().as_str() {
            "name" => case.name = assigned(input)?,
            "temporary" => case.class.temporary = true,
            "timeout" => case.class.timeout = true,
            "fault" => case.class.fault = true,
            word => {
                let action = match word {
                    "recoverable" => Action::Recoverable,
                    "exhausted" => Action::Exhausted,
                    "unauthenticated" => Action::Unauthenticated,
                    "fatal" => Action::Fatal,
                    _ => {
                        let text = "not an option of an error: there are `name = \"..\"`, `temporary`, `timeout`, `fault`, and one of \
                                    `recoverable`, `exhausted`, `unauthenticated` and `fatal`";
                        return Err(syn::Error::new(key.span(), text));
                    }
                };
                if case.class.action.replace(action).is_some() {
                    let text = "a client does one thing about an error: take this away, or the other class";
                    return Err(syn::Error::new(key.span(), text));
                }
            }
        }
        Ok(())
    })
}

fn content(fields: &mut Fields, mistakes: &mut Mistakes) -> Content {
    match fields {
        Fields::Unit => Content::Nothing,
        Fields::Unnamed(written) if written.unnamed.len() == 1 => match written.unnamed.iter_mut().next() {
            Some(field) => value(field, mistakes),
            None => Content::Nothing,
        },
        Fields::Unnamed(_) => {
            mistakes.at(fields, "an error holds nothing, one value, or named fields: give these names");
            Content::Wrong
        }
        Fields::Named(fields) => {
            let fields = fields.named.iter_mut().map(|field| {
                let mut retry_after = take_attributes(&mut field.attrs, "retry_after");
                Field {
                    ident: field.ident.clone().unwrap_or_else(|| Ident::new("unnamed", field.ty.span())),
                    ty: field.ty.clone(),
                    description: doc_text(&field.attrs),
                    retry_after: retry_after.pop(),
                }
            });
            Content::Fields(fields.collect())
        }
    }
}

fn value(field: &mut syn::Field, mistakes: &mut Mistakes) -> Content {
    if let [attribute, ..] = &take_attributes(&mut field.attrs, "retry_after")[..] {
        mistakes.at(attribute, "the time to wait is a field with a name: write `{ #[retry_after] after: Duration }`");
        return Content::Wrong;
    }
    match last_segment(&field.ty).map(|segment| segment.ident.to_string()).as_deref() {
        Some("String") => Content::Text,
        Some("ErrorResult") => Content::Standard,
        _ => Content::Value(Box::new(field.ty.clone())),
    }
}
