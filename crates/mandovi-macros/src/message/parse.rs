//! From syntax to a description of a message, a newtype, an enumeration or a union. Our own attributes are taken off the item on
//! the way.

use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::{
    Attribute, Expr, Fields, GenericArgument, GenericParam, Generics, Ident, ItemEnum, ItemStruct, LitInt, LitStr,
    Path, PathArguments, Token, Type, Visibility, parse::ParseStream, parse_quote,
};

use super::{
    arguments::{Arguments, Kind, Options},
    case::Case,
};
use crate::{
    diagnostics::Mistakes,
    syntax::{argument_of, assigned, conditions, derives, doc_text, options, take_attributes, wire_name},
};

/// A struct of a design.
pub(super) struct Message {
    pub(super) ident: Ident,
    pub(super) visibility: Visibility,
    pub(super) generics: Generics,
    pub(super) description: String,
    pub(super) deprecated: bool,
    pub(super) fields: Vec<Field>,
    pub(super) views: Vec<View>,
    /// The types that it is made from, and those that are made from it.
    pub(super) from: Vec<Path>,
    pub(super) into: Vec<Path>,
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
    /// `None` after a mistake, and where the field is flattened.
    pub(super) tag: Option<Tag>,
    pub(super) name: LitStr,
    /// Whether it says its name itself.
    pub(super) renamed: bool,
    pub(super) options: Options,
    pub(super) default: Option<Expr>,
    /// The word itself, where its members stand beside those of the message.
    pub(super) flatten: Option<Ident>,
    /// The word itself, where it is the id of a server-sent event, or its type.
    pub(super) event_id: Option<Ident>,
    pub(super) event_type: Option<Ident>,
    pub(super) deprecated: bool,
}

/// The number of a field.
#[derive(Clone)]
pub(super) struct Tag {
    pub(super) number: u32,
    pub(super) literal: LitInt,
}

/// A struct of one unnamed field.
pub(super) struct Newtype {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) description: String,
    pub(super) deprecated: bool,
    /// The type of what it holds.
    pub(super) inner: Type,
    pub(super) options: Options,
    pub(super) derived: Derived,
}

/// An enum whose variants hold values.
pub(super) struct Union {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) description: String,
    pub(super) deprecated: bool,
    pub(super) tag: LitStr,
    pub(super) content: LitStr,
    pub(super) json_text: bool,
    pub(super) variants: Vec<Variant>,
    pub(super) derived: Derived,
}

/// One variant of a [`Union`].
pub(super) struct Variant {
    pub(super) name: Name,
    /// The type of what it holds.
    pub(super) value: Option<Type>,
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
    pub(super) fn of(attributes: &[Attribute]) -> Self {
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
    pub(super) deprecated: bool,
    pub(crate) names: Vec<Name>,
    pub(super) derived: Derived,
}

impl Enumeration {
    /// One that nobody wrote as an item.
    pub(crate) fn new(ident: Ident, description: String, names: Vec<Name>) -> Self {
        Self { ident, description, deprecated: false, names, derived: Derived::default() }
    }
}

/// One variant of an [`Enumeration`].
pub(crate) struct Name {
    pub(crate) variant: Ident,
    pub(crate) name: LitStr,
    pub(crate) description: String,
    pub(crate) deprecated: bool,
}

/// What a struct is.
pub(super) enum Struct {
    Message(Message),
    Newtype(Newtype),
}

/// Describes a struct. `None` where it cannot be a message whatever is changed inside of it.
pub(super) fn structure(arguments: TokenStream, item: &mut ItemStruct, mistakes: &mut Mistakes) -> Option<Struct> {
    let derived = Derived::of(&item.attrs);
    let only_types = only_type_parameters(&mut item.generics, mistakes);
    let (ident, generics, description) = (item.ident.clone(), item.generics.clone(), doc_text(&item.attrs));
    let deprecated = is_deprecated(&item.attrs);
    if let Fields::Unnamed(fields) = &mut item.fields {
        let arguments = Arguments::parse(Kind::Newtype, arguments, mistakes);
        for written in &mut fields.unnamed {
            for attribute in take_attributes(&mut written.attrs, "field") {
                mistakes.at(
                    &attribute,
                    "a newtype says of its value in `#[message(..)]` what a field says in `#[field(..)]`",
                );
            }
            exists_in_json(&mut written.ty, mistakes);
        }
        if fields.unnamed.len() != 1 {
            mistakes.at(
                fields,
                "a newtype holds one value, and a message has named fields, because JSON objects do: write `{ #[field(1)] name: Type }`",
            );
            return None;
        }
        let inner = fields.unnamed.first().map(|field| field.ty.clone())?;
        let options = arguments.options;
        return only_types.then_some(Struct::Newtype(Newtype {
            ident,
            generics,
            description,
            deprecated,
            inner,
            options,
            derived,
        }));
    }
    let arguments = Arguments::parse(Kind::Message, arguments, mistakes);
    let fields = match &mut item.fields {
        Fields::Named(fields) => {
            fields.named.iter_mut().map(|written| field(written, arguments.rename_all, derived, mistakes)).collect()
        }
        Fields::Unit | Fields::Unnamed(_) => Vec::new(),
    };
    let Arguments { views, from, into, .. } = arguments;
    let visibility = item.vis.clone();
    only_types.then_some(Struct::Message(Message {
        ident,
        visibility,
        generics,
        description,
        deprecated,
        fields,
        views,
        from,
        into,
        derived,
    }))
}

/// A shape depends on types and on nothing else, and a value lives as long as it is needed. What else there is, is taken away.
fn only_type_parameters(generics: &mut Generics, mistakes: &mut Mistakes) -> bool {
    let mut usable = true;
    for parameter in &generics.params {
        let text = match parameter {
            GenericParam::Type(_) => continue,
            GenericParam::Lifetime(_) => {
                "a value of a design borrows nothing: take the lifetime away, and hold `String` for `&str`, `Vec<T>` for `&[T]`"
            }
            GenericParam::Const(_) => {
                usable = false;
                "the parameters of a value of a design are types: write a struct for each number"
            }
        };
        mistakes.at(parameter, text);
    }
    let params = std::mem::take(&mut generics.params);
    generics.params = params.into_iter().filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_))).collect();
    usable
}

/// Says of types that no JSON value could be, or that have a better one, what to write in their place, and goes on with that.
fn exists_in_json(ty: &mut Type, mistakes: &mut Mistakes) {
    if let Type::Reference(reference) = ty {
        mistakes.at(reference, "a value of a design borrows nothing: hold `String` for `&str`, `Vec<T>` for `&[T]`");
        *ty = parse_quote!(::std::string::String);
        return;
    }
    let Type::Path(path) = ty else { return };
    let Some(segment) = path.path.segments.last_mut() else { return };
    let (text, instead) = match segment.ident.to_string().as_str() {
        "usize" => ("its size depends on the machine: write `u64`, or `u32`", parse_quote!(u64)),
        "isize" => ("its size depends on the machine: write `i64`, or `i32`", parse_quote!(i64)),
        "u128" | "i128" => {
            ("few JSON parsers keep more than 64 bits: write `u64` or `i64`, or `String`", parse_quote!(u64))
        }
        "char" => ("JSON has no characters: write `String`", parse_quote!(::std::string::String)),
        _ => {
            if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                for argument in &mut arguments.args {
                    if let GenericArgument::Type(argument) = argument {
                        exists_in_json(argument, mistakes);
                    }
                }
            }
            return;
        }
    };
    mistakes.at(ty, text);
    *ty = instead;
}

/// Whether Rust's own attribute says so.
fn is_deprecated(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("deprecated"))
}

fn field(written: &mut syn::Field, rename_all: Option<Case>, derived: Derived, mistakes: &mut Mistakes) -> Field {
    let ident = written.ident.clone().unwrap_or_else(|| Ident::new("unnamed", Span::call_site()));
    let attributes = take_attributes(&mut written.attrs, "field");
    let serde = take_serde(&mut written.attrs, derived);
    for attribute in serde {
        mistakes
            .at(&attribute, "the design says how a field travels: write `#[field(1, rename = \"..\")]` to rename it");
    }
    for attribute in conditions(&written.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    exists_in_json(&mut written.ty, mistakes);
    let name = wire_name(&ident);
    let name = rename_all.map_or(name.clone(), |case| case.apply(&name));
    let mut field = Field {
        name: LitStr::new(&name, ident.span()),
        optional: argument_of(&written.ty, "Option").cloned(),
        ty: written.ty.clone(),
        description: doc_text(&written.attrs),
        tag: None,
        renamed: false,
        options: Options::default(),
        default: None,
        flatten: None,
        event_id: None,
        event_type: None,
        deprecated: is_deprecated(&written.attrs),
        ident,
    };
    match &attributes[..] {
        [] => mistakes.at(&field.ident, "every field has a number: write `#[field(1)]` above it"),
        [attribute] => {
            if let Err(mistake) = attribute.parse_args_with(|input: ParseStream<'_>| field_options(input, &mut field)) {
                mistakes.push(mistake);
            } else if field.tag.is_none() && field.flatten.is_none() {
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
            "rename" => {
                field.name = assigned(input)?;
                field.renamed = true;
            }
            "default" => field.default = Some(assigned(input)?),
            "flatten" => field.flatten = Some(key),
            "event_id" => field.event_id = Some(key),
            "event_type" => field.event_type = Some(key),
            "name" => {
                return Err(syn::Error::new(
                    key.span(),
                    "a member is renamed in serde's word: write `rename = \"..\"`",
                ));
            }
            _ if field.options.read(&key, input)? => {}
            _ => {
                let text = format!(
                    "not an option of a field: there are `rename = \"..\"`, `default = ..`, {}, `flatten`, `event_id` and `event_type`",
                    Options::LIST
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

/// What an enum is.
pub(super) enum Enum {
    Enumeration(Enumeration),
    Union(Union),
}

/// Describes an enum. `None` where it cannot be a value whatever is changed inside of it.
pub(super) fn enumeration(arguments: TokenStream, item: &mut ItemEnum, mistakes: &mut Mistakes) -> Option<Enum> {
    let derived = Derived::of(&item.attrs);
    let mut usable = only_type_parameters(&mut item.generics, mistakes);
    let (ident, generics, description) = (item.ident.clone(), item.generics.clone(), doc_text(&item.attrs));
    let deprecated = is_deprecated(&item.attrs);
    let holds = item.variants.iter().any(|variant| !matches!(variant.fields, Fields::Unit));
    let kind = if holds { Kind::Union } else { Kind::Enumeration };
    if !holds && !item.generics.params.is_empty() {
        mistakes.at(&item.generics.params, "an enumeration holds nothing: take the parameters away");
        item.generics = Generics::default();
    }
    let arguments = Arguments::parse(kind, arguments, mistakes);
    let mut variants = Vec::new();
    for variant in &mut item.variants {
        let value = match &mut variant.fields {
            Fields::Unit => None,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first_mut().map(|field| {
                for attribute in take_attributes(&mut field.attrs, "field") {
                    mistakes.at(&attribute, "a variant's value has no number: take this away");
                }
                exists_in_json(&mut field.ty, mistakes);
                field.ty.clone()
            }),
            fields => {
                let text = format!(
                    "a variant holds one value: write a struct with `#[message]` for these fields and hold it, as in `{}(Type)`",
                    variant.ident
                );
                mistakes.at(fields, text);
                usable = false;
                None
            }
        };
        variants.push(Variant { name: name(variant, arguments.rename_all, mistakes), value });
    }
    if !usable {
        return None;
    }
    if !holds {
        let names = variants.into_iter().map(|variant| variant.name).collect();
        return Some(Enum::Enumeration(Enumeration { ident, description, deprecated, names, derived }));
    }
    let Arguments { tag, content, json_text, .. } = arguments;
    let tag = tag.unwrap_or_else(|| LitStr::new("type", ident.span()));
    let content = content.unwrap_or_else(|| LitStr::new("value", ident.span()));
    Some(Enum::Union(Union { ident, generics, description, deprecated, tag, content, json_text, variants, derived }))
}

/// How a variant is called on the wire.
fn name(variant: &mut syn::Variant, rename_all: Option<Case>, mistakes: &mut Mistakes) -> Name {
    for attribute in conditions(&variant.attrs) {
        mistakes.at(attribute, "a design is the same in every build: take the `cfg` away");
    }
    let written = wire_name(&variant.ident);
    let written = rename_all.map_or_else(|| written.to_snake_case(), |case| case.apply(&written));
    let mut name = LitStr::new(&written, variant.ident.span());
    let renamed = take_attributes(&mut variant.attrs, "value");
    for attribute in &renamed {
        let read = |input: ParseStream<'_>| {
            if input.peek(LitStr) {
                return Err(input.error("a value is renamed in serde's word: write `#[value(rename = \"..\")]`"));
            }
            options(input, |key, input| {
                if key != "rename" {
                    return Err(syn::Error::new(key.span(), "not an option of a value: there is `rename = \"..\"`"));
                }
                name = assigned(input)?;
                Ok(())
            })
        };
        mistakes.ok(attribute.parse_args_with(read));
    }
    if let [_, second, ..] = &renamed[..] {
        mistakes.at(second, "a value has one name: take the second `#[value(..)]` away");
    }
    let deprecated = is_deprecated(&variant.attrs);
    Name { variant: variant.ident.clone(), name, description: doc_text(&variant.attrs), deprecated }
}
