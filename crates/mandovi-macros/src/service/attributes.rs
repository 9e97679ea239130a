//! The arguments of our attributes: `#[service(..)]`, `#[get(..)]`, `#[query(..)]`.

use mandovi_model::{Location, Verb};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, LitStr, Meta, Token, bracketed,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    info::Info,
    response::Response,
    scheme::{self, Scheme},
    tuning::Tuning,
};
use crate::{
    diagnostics::Mistakes,
    rules::{Rules, options as rule_options},
    syntax::{assigned, in_brackets, options},
};

/// `#[service(schemes(..), path = "..", auth = jwt, title = "..")]`.
#[derive(Default)]
pub(super) struct ServiceArguments {
    pub(super) path: Option<LitStr>,
    pub(super) schemes: Vec<Scheme>,
    /// What methods ask of their callers that do not say.
    pub(super) auth: Auth,
    pub(super) info: Info,
    /// What it says of the connections of methods that do not say it themselves.
    pub(super) tuning: Tuning,
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
                    let content = in_brackets(input, "schemes(name = Jwt<Caller>)")?;
                    let written = Punctuated::<scheme::Written, Token![,]>::parse_terminated(&content)?;
                    schemes.extend(written);
                }
                "auth" => read.auth.schemes(input)?,
                "scopes" => read.auth.scopes(key, input)?,
                _ if read.info.option(&key, input)? => {}
                _ if read.tuning.option(&key, input)? => {}
                _ => {
                    let text = "not an option of a service: there are `schemes(name = Jwt<Caller>)`, `path = \"/base\"`, \
                                `auth = scheme`, `scopes = [\"..\"]`, `limits(..)`, `heartbeat(..)`, `slow = ..`, `health(..)`, and for documents `title`, `version`, `terms`, \
                                `contact(..)`, `license(..)`, `docs(..)` and `server(\"https://..\")`";
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

/// `auth = jwt | key, scopes = ["a"]`.
#[derive(Clone, Default)]
pub(super) struct Auth {
    /// Any of these will do; nothing is asked where there are none.
    pub(super) schemes: Vec<Ident>,
    /// The word `none`, where it was written.
    pub(super) none: Option<Ident>,
    pub(super) scopes: Vec<LitStr>,
    /// The word `scopes`, for messages.
    pub(super) scopes_token: Option<Ident>,
}

impl Auth {
    fn schemes(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        input.parse::<Token![=]>()?;
        self.schemes = Punctuated::<Ident, Token![|]>::parse_separated_nonempty(input)?.into_iter().collect();
        if let Some(none) = self.schemes.iter().find(|scheme| *scheme == "none") {
            if self.schemes.len() > 1 {
                let text = "`none` lets everyone in, whatever stands beside it: take it away, or write it alone";
                return Err(syn::Error::new(none.span(), text));
            }
            self.none = self.schemes.pop();
        }
        Ok(())
    }

    fn scopes(&mut self, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
        input.parse::<Token![=]>()?;
        let content;
        bracketed!(content in input);
        self.scopes = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect();
        self.scopes_token = Some(key);
        Ok(())
    }

    /// Takes what the service says where a method says nothing.
    pub(super) fn inherit(&mut self, service: &Self) {
        if !self.schemes.is_empty() || self.none.is_some() {
            return;
        }
        self.schemes.clone_from(&service.schemes);
        if self.scopes_token.is_none() {
            self.scopes.clone_from(&service.scopes);
        }
    }
}

/// `#[get("/path", auth = jwt, scopes = ["a"], view = tiny, raw)]`.
pub(super) struct VerbArguments {
    pub(super) verb: Verb,
    pub(super) verb_token: Ident,
    pub(super) path: LitStr,
    pub(super) auth: Auth,
    pub(super) view: Option<Ident>,
    pub(super) raw: Option<Ident>,
    pub(super) response: Response,
    pub(super) tuning: Tuning,
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
    let verb_token = attribute.path().require_ident()?.clone();
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
            auth: Auth::default(),
            view: None,
            raw: None,
            response: Response::default(),
            tuning: Tuning::default(),
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
        "auth" => arguments.auth.schemes(input)?,
        "scopes" => arguments.auth.scopes(key, input)?,
        "view" => arguments.view = Some(assigned(input)?),
        "raw" => arguments.raw = Some(key),
        "status" => arguments.response.status = Some(assigned(input)?),
        "header" => arguments.response.place(Location::Header, input)?,
        "cookie" => arguments.response.place(Location::Cookie, input)?,
        _ if arguments.tuning.option(&key, input)? => {}
        _ => {
            let text = "not an option of a method: there are `auth = scheme`, `scopes = [\"..\"]`, `view = name`, `raw`, \
                        `limits(..)`, `heartbeat(..)`, `slow = ..`, `health(..)`, and for plain methods `status = 201`, `header(member = \"Name\")` and `cookie(member = \"name\")`";
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
    LastEventId,
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
        ("last_event_id", Place::LastEventId),
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
                "name" if !matches!(place, Place::Body | Place::LastEventId) => arguments.name = Some(assigned(input)?),
                "default" if !matches!(place, Place::Body | Place::Path | Place::LastEventId) => {
                    arguments.default = Some(assigned(input)?)
                }
                "example" if !matches!(place, Place::Body | Place::View | Place::LastEventId) => {
                    arguments.examples.push(assigned(input)?)
                }
                _ if !matches!(place, Place::Body | Place::View | Place::LastEventId)
                    && arguments.rules.option(&key, input)? => {}
                _ => {
                    let path = attribute.path().to_token_stream();
                    let text = match place {
                        Place::Body => format!("`#[{path}]` takes no options: rules stand on the fields of its message"),
                        Place::LastEventId => format!("`#[{path}]` takes no options"),
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
