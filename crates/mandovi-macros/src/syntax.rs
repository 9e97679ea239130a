//! Small questions about syntax that all three attributes ask.

use syn::{
    Attribute, Expr, ExprLit, GenericArgument, Ident, Lit, Meta, PathArguments, PathSegment, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{ParseBuffer, ParseStream},
    punctuated::Punctuated,
};

/// The doc comment as text: without the space after each `///`, without empty lines around.
pub(crate) fn doc_text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines
        .flat_map(|text| {
            text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect::<Vec<_>>()
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The first paragraph of a description as one line, without the full stop at its end: a message for errors.
pub(crate) fn summary(description: &str) -> String {
    let paragraph = description.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_suffix('.').map(str::to_owned).unwrap_or(line)
}

/// Takes the attributes of one name out of a list.
pub(crate) fn take_attributes(attributes: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    let (taken, left) = std::mem::take(attributes).into_iter().partition(|attribute| attribute.path().is_ident(name));
    *attributes = left;
    taken
}

/// The attributes that decide whether an item is compiled at all.
pub(crate) fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect()
}

/// Whether a `derive` among these attributes names the trait.
pub(crate) fn derives(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let paths = attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated).unwrap_or_default();
        paths.iter().any(|path| path.segments.last().is_some_and(|segment| segment.ident == name))
    })
}

/// The last segment of a type that is a path: the `Vec<T>` of `std::vec::Vec<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The type arguments of a segment.
pub(crate) fn type_arguments(segment: &PathSegment) -> Vec<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}

/// The `T` of a type `name<T>`, with any path in front.
pub(crate) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == name)?;
    match type_arguments(segment)[..] {
        [argument] => Some(argument),
        _ => None,
    }
}

/// Whether the type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// A name as it stands on the wire: `type` for `r#type`.
pub(crate) fn wire_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Goes over `key`, `key = ..` and `key(..)` separated by commas; `each` reads what follows the key.
pub(crate) fn options(
    input: ParseStream<'_>,
    mut each: impl FnMut(Ident, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    while !input.is_empty() {
        let key = input.call(Ident::parse_any)?;
        each(key, input)?;
        if input.is_empty() {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// What stands in brackets after a key; a mistake shows all of it as it is written.
pub(crate) fn in_brackets<'a>(input: ParseStream<'a>, written: &str) -> syn::Result<ParseBuffer<'a>> {
    if !input.peek(syn::token::Paren) {
        return Err(input.error(format_args!("round brackets follow: write `{written}`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(content)
}

/// The value after a key: `= value`.
pub(crate) fn assigned<T: syn::parse::Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}
