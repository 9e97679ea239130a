//! From syntax to a description of a message or an enumeration. Our own attributes are taken off the item on the way.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::{
    Attribute, Expr, Fields, Ident, ItemEnum, ItemStruct, LitInt, LitStr, Token, Type, Visibility, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    diagnostics::Mistakes,
    rules::{self, Rules},
    syntax::{argument_of, assigned, conditions, derives, doc_text, options, take_attributes, wire_name},
};

/// A struct of a design.
pub(super) struct Message {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) description: String,
    pub(super) fields: Vec<Field>,
    pub(super) views: Vec<View>,
    pub(super) derived: Derived,
}

/// One field of a [`Message`].
#[derive(Clone)]
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    /// The `T` of `Option<T>`.
    pub(super) optional: Option<Type>,
    pub(super) description: String,
    /// `None` after a mistake.
    pub(super) tag: Option<Tag>,
    pub(super) name: LitStr,
    /// What its value keeps beyond its type.
    pub(super) rules: Rules,
    /// The word itself, for messages.
    pub(super) secret: Option<Ident>,
    pub(super) default: Option<Expr>,
}

/// The number of a field.
#[derive(Clone)]
pub(super) struct Tag {
    pub(super) number: u32,
    pub(super) literal: LitInt,
}

/// A view of a [`Message`].
pub(super) struct View {
    pub(super) name: Ident,
    pub(super) fields: Vec<ViewField>,
}

impl View {
    pub(super) fn wire_name(&self) -> String {
        wire_name(&self.name)
    }

    /// The variant of the enums that stand for views.
    pub(super) fn variant(&self) -> Ident {
        Ident::new(&self.wire_name().to_upper_camel_case(), self.name.span())
    }

    /// The struct that the view shows.
    pub(super) fn projection(&self, message: &Ident) -> Ident {
        let mut ident = format_ident!("{}{}", message, self.variant());
        ident.set_span(message.span());
        ident
    }
}

/// A field that a view shows, and the view in which it shows it.
pub(super) struct ViewField {
    pub(super) field: Ident,
    pub(super) view: Option<Ident>,
}

/// What the user derives, so that it is not derived twice.
#[derive(Clone, Copy, Default)]
pub(super) struct Derived {
    pub(super) clone: bool,
    pub(super) copy: bool,
    pub(super) debug: bool,
    pub(super) partial_eq: bool,
    pub(super) eq: bool,
    pub(super) hash: bool,
    pub(super) serialize: bool,
    pub(super) deserialize: bool,
}

impl Derived {
    fn of(attributes: &[Attribute]) -> Self {
        Self {
            clone: derives(attributes, "Clone"),
            copy: derives(attributes, "Copy"),
            debug: derives(attributes, "Debug"),
            partial_eq: derives(attributes, "PartialEq"),
            eq: derives(attributes, "Eq"),
            hash: derives(attributes, "Hash"),
            serialize: derives(attributes, "Serialize"),
            deserialize: derives(attributes, "Deserialize"),
        }
    }
}

/// An enum of a design: a list of names.
pub(crate) struct Enumeration {
    pub(crate) ident: Ident,
    pub(crate) description: String,
    pub(crate) names: Vec<Name>,
    pub(super) derived: Derived,
}

impl Enumeration {
    /// One that nobody wrote as an item.
    pub(crate) fn new(ident: Ident, description: String, names: Vec<Name>) -> Self {
        Self { ident, description, names, derived: Derived::default() }
    }
}

/// One variant of an [`Enumeration`].
pub(crate) struct Name {
    pub(crate) variant: Ident,
    pub(crate) name: LitStr,
    pub(crate) description: String,
}

/// Describes a struct. `None` where it cannot be a message whatever is changed inside of it.
pub(super) fn message(arguments: TokenStream, item: &mut ItemStruct, mistakes: &mut Mistakes) -> Option<Message> {
    let views = mistakes.ok(parse_views.parse2(arguments)).unwrap_or_default();
    no_generics(&item.generics, mistakes);
    let derived = Derived::of(&item.attrs);
    let fields = match &mut item.fields {
        Fields::Named(fields) => fields.named.iter_mut().map(|written| field(written, derived, mistakes)).collect(),
        Fields::Unit => Vec::new(),
        Fields::Unnamed(fields) => {
            mistakes
                .at(fields, "a message has named fields, because JSON objects do: write `{ #[field(1)] name: Type }`");
            return None;
        }
    };
    if !item.generics.params.is_empty() {
        return None;
    }
    Some(Message {
        ident: item.ident.clone(),
        visibility: item.vis.clone(),
        description: doc_text(&item.attrs),
        fields,
        views,
        derived,
    })
}

/// A message has one shape, and its name in the documents stands for it.
fn no_generics(generics: &syn::Generics, mistakes: &mut Mistakes) {
    if !generics.params.is_empty() {
        mistakes.at(&generics.params, "a message has one shape: write a struct without parameters for each shape");
    }
}

fn field(written: &mut syn::Field, derived: Derived, mistakes: &mut Mistakes) -> Field {
    let ident = written.ident.clone().unwrap_or_else(|| Ident::new("unnamed", Span::call_site()));
    let attributes = take_attributes(&mut written.attrs, "field");
    let serde = take_serde(&mut written.attrs, derived);
    for attribute in serde {
        mistakes.at(&attribute, "the design says how a field travels: write `#[field(1, name = \"..\")]` to rename it");
    }
    for attribute in conditions(&written.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    let mut field = Field {
        name: LitStr::new(&wire_name(&ident), ident.span()),
        optional: argument_of(&written.ty, "Option").cloned(),
        ty: written.ty.clone(),
        description: doc_text(&written.attrs),
        tag: None,
        rules: Rules::default(),
        secret: None,
        default: None,
        ident,
    };
    match &attributes[..] {
        [] => mistakes.at(&field.ident, "every field has a number: write `#[field(1)]` above it"),
        [attribute] => {
            if let Err(mistake) = attribute.parse_args_with(|input: ParseStream<'_>| field_options(input, &mut field)) {
                mistakes.push(mistake);
            } else if field.tag.is_none() {
                mistakes.at(attribute, "every field has a number: write `#[field(1)]`");
            }
        }
        [_, second, ..] => mistakes.at(second, "one `#[field(..)]` per field: put everything into the first"),
    }
    field
}

/// Serde's attributes make sense only to a derive of serde's that the user wrote.
fn take_serde(attributes: &mut Vec<Attribute>, derived: Derived) -> Vec<Attribute> {
    if derived.serialize || derived.deserialize { Vec::new() } else { take_attributes(attributes, "serde") }
}

fn field_options(input: ParseStream<'_>, field: &mut Field) -> syn::Result<()> {
    if input.peek(LitInt) || input.peek(Token![-]) {
        field.tag = Some(tag(input)?);
        if input.is_empty() {
            return Ok(());
        }
        input.parse::<Token![,]>()?;
    }
    options(input, |key, input| {
        match key.to_string().as_str() {
            "name" => field.name = assigned(input)?,
            "default" => field.default = Some(assigned(input)?),
            "secret" => field.secret = Some(key),
            _ if field.rules.option(&key, input)? => {}
            _ => {
                let text = format!(
                    "not an option of a field: there are `name = \"..\"`, `default = ..`, `secret` and the rules {}",
                    rules::OPTIONS
                );
                return Err(syn::Error::new(key.span(), text));
            }
        }
        Ok(())
    })
}

fn tag(input: ParseStream<'_>) -> syn::Result<Tag> {
    let text = "a field's number is 1 to 536870911, and not 19000 to 19999: other encodings keep those for themselves";
    if input.peek(Token![-]) {
        return Err(input.error(text));
    }
    let literal: LitInt = input.parse()?;
    let wrong = || syn::Error::new(literal.span(), text);
    let number: u32 = literal.base10_parse().map_err(|_| wrong())?;
    match number {
        0 | 19_000..=19_999 | 536_870_912.. => Err(wrong()),
        number => Ok(Tag { number, literal }),
    }
}

/// `view(tiny = [message], full = [message, author(tiny)])`, as often as one likes.
fn parse_views(input: ParseStream<'_>) -> syn::Result<Vec<View>> {
    let mut views = Vec::new();
    options(input, |key, input| {
        if key != "view" {
            return Err(syn::Error::new(key.span(), "not an option of a message: there is `view(name = [field, ..])`"));
        }
        let content;
        parenthesized!(content in input);
        options(&content, |name, input| {
            input.parse::<Token![=]>()?;
            let content;
            bracketed!(content in input);
            let fields = Punctuated::<ViewField, Token![,]>::parse_terminated_with(&content, view_field)?;
            views.push(View { name, fields: fields.into_iter().collect() });
            Ok(())
        })
    })?;
    Ok(views)
}

fn view_field(input: ParseStream<'_>) -> syn::Result<ViewField> {
    let field = input.call(Ident::parse_any)?;
    let view = if input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in input);
        Some(content.call(Ident::parse_any)?)
    } else {
        None
    };
    Ok(ViewField { field, view })
}

/// Describes an enum. `None` where it cannot be a message whatever is changed inside of it.
pub(super) fn enumeration(arguments: TokenStream, item: &mut ItemEnum, mistakes: &mut Mistakes) -> Option<Enumeration> {
    if !arguments.is_empty() {
        mistakes
            .at(&arguments, "an enumeration takes no options here; a value is renamed by `#[value(\"..\")]` above it");
    }
    no_generics(&item.generics, mistakes);
    let mut usable = item.generics.params.is_empty();
    let derived = Derived::of(&item.attrs);
    let mut names = Vec::new();
    for variant in &mut item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            mistakes.at(
                &variant.fields,
                "the values of an enumeration hold nothing: take the fields away, or use a struct",
            );
            usable = false;
        }
        for attribute in conditions(&variant.attrs) {
            mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
        }
        let mut name = LitStr::new(&wire_name(&variant.ident).to_snake_case(), variant.ident.span());
        let renamed = take_attributes(&mut variant.attrs, "value");
        for attribute in &renamed {
            if let Some(given) = mistakes.ok(attribute.parse_args::<LitStr>()) {
                name = given;
            }
        }
        if let [_, second, ..] = &renamed[..] {
            mistakes.at(second, "a value has one name: take the second `#[value(..)]` away");
        }
        names.push(Name { variant: variant.ident.clone(), name, description: doc_text(&variant.attrs) });
    }
    usable.then(|| Enumeration { ident: item.ident.clone(), description: doc_text(&item.attrs), names, derived })
}
