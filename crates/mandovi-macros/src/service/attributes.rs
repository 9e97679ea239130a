//! The arguments of our attributes: `#[service(..)]`, `#[get(..)]`, `#[query(..)]`.

use mandovi_model::Verb;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, LitStr, Meta, Token, Type, bracketed, parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::{
    diagnostics::Mistakes,
    rules::{Rules, options as rule_options},
    syntax::{assigned, last_segment, options},
};

/// `#[service(schemes(..), path = "..")]`.
#[derive(Default)]
pub(super) struct ServiceArguments {
    pub(super) path: Option<LitStr>,
    pub(super) schemes: Vec<Scheme>,
}

/// `basic = Basic<User>`, `jwt(query = "token") = Jwt<Caller>`.
#[derive(Clone)]
pub(super) struct Scheme {
    pub(super) name: Ident,
    pub(super) query: Option<LitStr>,
    pub(super) ty: Type,
    pub(super) kind: SchemeKind,
}

/// What the type of a scheme is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SchemeKind {
    Basic,
    Jwt,
}

/// Reads the arguments of `#[service]`. The flag says whether all of it could be read: where it could not, a scheme that
/// seems unknown may be one that was lost.
pub(super) fn service(arguments: TokenStream, mistakes: &mut Mistakes) -> (ServiceArguments, bool) {
    let mut read = ServiceArguments::default();
    let mut schemes = Vec::new();
    let parsed = (|input: ParseStream<'_>| {
        options(input, |key, input| {
            match key.to_string().as_str() {
                "path" => read.path = Some(assigned(input)?),
                "schemes" => {
                    let content;
                    parenthesized!(content in input);
                    let written = Punctuated::<WrittenScheme, Token![,]>::parse_terminated(&content)?;
                    schemes.extend(written);
                }
                _ => {
                    let text =
                        "not an option of a service: there are `schemes(name = Jwt<Caller>)` and `path = \"/base\"`";
                    return Err(syn::Error::new(key.span(), text));
                }
            }
            Ok(())
        })
    })
    .parse2(arguments);
    let mut complete = mistakes.ok(parsed).is_some();
    for written in schemes {
        match written.known() {
            Ok(scheme) => read.schemes.push(scheme),
            Err(mistake) => {
                mistakes.push(mistake);
                complete = false;
            }
        }
    }
    (read, complete)
}

/// A scheme whose type has not been looked at.
struct WrittenScheme {
    name: Ident,
    query: Option<LitStr>,
    ty: Type,
}

impl Parse for WrittenScheme {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        let mut query = None;
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            options(&content, |key, input| {
                if key != "query" {
                    return Err(syn::Error::new(key.span(), "not an option of a scheme: there is `query = \"token\"`"));
                }
                query = Some(assigned(input)?);
                Ok(())
            })?;
        }
        Ok(Self { name, query, ty: assigned(input)? })
    }
}

impl WrittenScheme {
    fn known(self) -> syn::Result<Scheme> {
        let kind = match last_segment(&self.ty).map(|segment| segment.ident.to_string()).as_deref() {
            Some("Basic") => SchemeKind::Basic,
            Some("Jwt") => SchemeKind::Jwt,
            _ => {
                let text =
                    "a scheme is `Basic<User>` or `Jwt<Caller>`, with the type that stands for a verified caller";
                return Err(syn::Error::new_spanned(&self.ty, text));
            }
        };
        match self.query {
            Some(query) if kind == SchemeKind::Basic => {
                Err(syn::Error::new_spanned(query, "only a token travels in the query: use `Jwt`, or take this away"))
            }
            query => Ok(Scheme { name: self.name, query, ty: self.ty, kind }),
        }
    }
}

/// `#[get("/path", auth = jwt, scopes = ["a"], view = tiny, raw)]`.
pub(super) struct VerbArguments {
    pub(super) verb: Verb,
    pub(super) verb_token: Ident,
    pub(super) path: LitStr,
    pub(super) auth: Option<Ident>,
    pub(super) scopes: Vec<LitStr>,
    /// The word `scopes`, for messages.
    pub(super) scopes_token: Option<Ident>,
    pub(super) view: Option<Ident>,
    pub(super) raw: Option<Ident>,
}

/// The verb that an attribute names.
pub(super) fn verb_of(attribute: &Attribute) -> Option<Verb> {
    let name = attribute.path().get_ident()?.to_string();
    Verb::ALL
        .into_iter()
        .find(|verb| verb.as_str().eq_ignore_ascii_case(&name) && name.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// Reads the arguments of a verb's attribute.
pub(super) fn verb(attribute: &Attribute, verb: Verb) -> syn::Result<VerbArguments> {
    let Some(verb_token) = attribute.path().get_ident().cloned() else {
        return Err(syn::Error::new_spanned(attribute, "a verb is one word"));
    };
    if matches!(attribute.meta, Meta::Path(_)) {
        let text = format!("the path is missing: write `#[{verb_token}(\"/path\")]`");
        return Err(syn::Error::new_spanned(attribute, text));
    }
    attribute.parse_args_with(|input: ParseStream<'_>| {
        let path = input.parse().map_err(|mistake| {
            syn::Error::new(mistake.span(), format!("the path comes first: write `#[{verb_token}(\"/path\")]`"))
        })?;
        let mut arguments = VerbArguments {
            verb,
            verb_token: verb_token.clone(),
            path,
            auth: None,
            scopes: Vec::new(),
            scopes_token: None,
            view: None,
            raw: None,
        };
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        options(input, |key, input| verb_option(&mut arguments, key, input))?;
        Ok(arguments)
    })
}

fn verb_option(arguments: &mut VerbArguments, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
    match key.to_string().as_str() {
        "auth" => arguments.auth = Some(assigned(input)?),
        "view" => arguments.view = Some(assigned(input)?),
        "raw" => arguments.raw = Some(key),
        "scopes" => {
            input.parse::<Token![=]>()?;
            let content;
            bracketed!(content in input);
            arguments.scopes = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
            arguments.scopes_token = Some(key);
        }
        _ => {
            let text =
                "not an option of a method: there are `auth = scheme`, `scopes = [\"..\"]`, `view = name` and `raw`";
            return Err(syn::Error::new(key.span(), text));
        }
    }
    Ok(())
}

/// What an attribute says of an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
    Body,
    View,
}

/// `#[query(name = "..", default = .., minimum = ..)]`.
pub(super) struct PlaceArguments {
    pub(super) place: Place,
    pub(super) attribute: Attribute,
    pub(super) name: Option<LitStr>,
    pub(super) default: Option<Expr>,
    pub(super) examples: Vec<Expr>,
    pub(super) rules: Rules,
}

/// The place that an attribute names.
pub(super) fn place_of(attribute: &Attribute) -> Option<Place> {
    let places = [
        ("path", Place::Path),
        ("query", Place::Query),
        ("header", Place::Header),
        ("cookie", Place::Cookie),
        ("body", Place::Body),
        ("view", Place::View),
    ];
    places.into_iter().find_map(|(name, place)| attribute.path().is_ident(name).then_some(place))
}

/// Reads the arguments of an argument's attribute.
pub(super) fn place(attribute: &Attribute, place: Place) -> syn::Result<PlaceArguments> {
    let mut arguments = PlaceArguments {
        place,
        attribute: attribute.clone(),
        name: None,
        default: None,
        examples: Vec::new(),
        rules: Rules::default(),
    };
    if matches!(attribute.meta, Meta::Path(_)) {
        return Ok(arguments);
    }
    attribute.parse_args_with(|input: ParseStream<'_>| {
        options(input, |key, input| {
            match key.to_string().as_str() {
                "name" if place != Place::Body => arguments.name = Some(assigned(input)?),
                "default" if !matches!(place, Place::Body | Place::Path) => arguments.default = Some(assigned(input)?),
                "example" if !matches!(place, Place::Body | Place::View) => arguments.examples.push(assigned(input)?),
                _ if !matches!(place, Place::Body | Place::View) && arguments.rules.option(&key, input)? => {}
                _ => {
                    let path = attribute.path().to_token_stream();
                    let text = match place {
                        Place::Body => format!("`#[{path}]` takes no options: rules stand on the fields of its message"),
                        Place::View => {
                            format!("not an option of `#[{path}]`: there are `name = \"..\"` and `default = ..`")
                        }
                        Place::Path => format!(
                            "not an option of `#[{path}]`: there are `name = \"..\"`, `example = ..` and the rules {}",
                            rule_options!()
                        ),
                        _ => format!(
                            "not an option of `#[{path}]`: there are `name = \"..\"`, `default = ..`, `example = ..` and the rules {}",
                            rule_options!()
                        ),
                    };
                    return Err(syn::Error::new(key.span(), text));
                }
            }
            Ok(())
        })
    })?;
    Ok(arguments)
}
