//! `schemes(..)` of `#[service]`: the ways in which callers prove who they are.

use mandovi_model::{FlowKind, Location};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Ident, LitStr, Token, Type, parenthesized,
    parse::{Parse, ParseStream},
};

use super::design::location;
use crate::{
    runtime::Runtime,
    syntax::{assigned, doc_text, in_brackets, last_segment, options, wire_name},
};

/// `basic = Basic<User>`, `jwt(query = "token") = Jwt<Caller>`.
#[derive(Clone)]
pub(super) struct Scheme {
    pub(super) name: Ident,
    pub(super) description: String,
    /// The query parameter that may carry a token.
    pub(super) query: Option<LitStr>,
    /// Where a key travels.
    pub(super) key: Option<(Location, LitStr)>,
    pub(super) flows: Vec<Flow>,
    /// Scopes with what they allow.
    pub(super) scopes: Vec<(LitStr, LitStr)>,
    pub(super) ty: Type,
}

/// `client_credentials(token_url = "..")`.
#[derive(Clone)]
pub(super) struct Flow {
    kind: FlowKind,
    authorization_url: Option<LitStr>,
    token_url: Option<LitStr>,
    refresh_url: Option<LitStr>,
}

/// What the type of a scheme is called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Basic,
    Jwt,
    OAuth2,
    ApiKey,
    /// Any other type: one of the application's own, or another name for one of these.
    Other,
}

impl Scheme {
    /// The constant expression that tells the runtime of it.
    pub(super) fn source(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private();
        let name = wire_name(&self.name);
        let query = self.query.as_ref().map(|query| quote!(.query(#query)));
        let key = self.key.as_ref().map(|(place, name)| {
            let place = location(runtime, *place);
            quote!(.key(#place, #name))
        });
        quote!(#private::Source::new(#name) #query #key)
    }

    /// The statements that add it to the model.
    pub(super) fn model(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private();
        let (name, ty, source) = (wire_name(&self.name), &self.ty, self.source(runtime));
        let description = (!self.description.is_empty()).then(|| {
            let description = &self.description;
            quote!(__scheme.description = #description.into();)
        });
        let query =
            self.query.as_ref().map(|query| quote!(__scheme.query = ::core::option::Option::Some(#query.into());));
        let flows: Vec<_> = self.flows.iter().map(|flow| flow.model(runtime)).collect();
        let flows = (!flows.is_empty())
            .then(|| quote!(__scheme.kind = #runtime::model::SchemeKind::OAuth2 { flows: ::std::vec![#(#flows),*] };));
        let scopes =
            self.scopes.iter().map(|(scope, allows)| quote!(__scheme.scopes.insert(#scope.into(), #allows.into());));
        quote! {
            {
                #[allow(unused_mut)]
                let mut __scheme =
                    #runtime::model::Scheme::new(#name, <#ty as #private::Scheme>::model(&#source));
                #description
                #query
                #flows
                #(#scopes)*
                __service.schemes.push(__scheme);
            }
        }
    }
}

impl Flow {
    fn model(&self, runtime: &Runtime) -> TokenStream {
        let kind = match self.kind {
            FlowKind::Implicit => quote!(Implicit),
            FlowKind::Password => quote!(Password),
            FlowKind::ClientCredentials => quote!(ClientCredentials),
            _ => quote!(AuthorizationCode),
        };
        let urls = [
            ("authorization_url", &self.authorization_url),
            ("token_url", &self.token_url),
            ("refresh_url", &self.refresh_url),
        ];
        let urls = urls.into_iter().filter_map(|(member, url)| {
            let (member, url) = (Ident::new(member, Span::call_site()), url.as_ref()?);
            Some(quote!(__flow.#member = ::core::option::Option::Some(#url.into());))
        });
        quote! {{
            #[allow(unused_mut)]
            let mut __flow = #runtime::model::Flow::new(#runtime::model::FlowKind::#kind);
            #(#urls)*
            __flow
        }}
    }
}

/// A scheme as it is written: its options have not been held against its type.
pub(super) struct Written {
    scheme: Scheme,
    /// The words that name its options.
    options: Vec<Ident>,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let docs = input.call(Attribute::parse_outer)?;
        if let Some(other) = docs.iter().find(|attribute| !attribute.path().is_ident("doc")) {
            return Err(syn::Error::new_spanned(other, "only a doc comment stands before a scheme"));
        }
        let name: Ident = input.parse()?;
        let mut scheme = Scheme {
            name,
            description: doc_text(&docs),
            query: None,
            key: None,
            flows: Vec::new(),
            scopes: Vec::new(),
            ty: syn::parse_quote!(_),
        };
        let mut words = Vec::new();
        // For a key `query` is the place, for a token one more.
        let mut places = Vec::new();
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            options(&content, |key, input| {
                match key.to_string().as_str() {
                    "query" => places.push((Location::Query, assigned::<LitStr>(input)?)),
                    "header" => places.push((Location::Header, assigned(input)?)),
                    "cookie" => places.push((Location::Cookie, assigned(input)?)),
                    "scopes" => scheme.scopes.extend(self::scopes(input)?),
                    "authorization_code" => scheme.flows.push(flow(FlowKind::AuthorizationCode, &key, input)?),
                    "implicit" => scheme.flows.push(flow(FlowKind::Implicit, &key, input)?),
                    "password" => scheme.flows.push(flow(FlowKind::Password, &key, input)?),
                    "client_credentials" => scheme.flows.push(flow(FlowKind::ClientCredentials, &key, input)?),
                    _ => {
                        let text = "not an option of a scheme: there are `query`, `header` and `cookie` with a name, \
                                    `scopes(\"scope\" = \"what it allows\")`, and the flows of OAuth2";
                        return Err(syn::Error::new(key.span(), text));
                    }
                }
                words.push(key);
                Ok(())
            })?;
        }
        scheme.ty = assigned(input)?;
        let written = Self { scheme, options: words };
        written.placed(places)
    }
}

impl Written {
    fn kind(&self) -> Kind {
        match last_segment(&self.scheme.ty).map(|segment| segment.ident.to_string()).as_deref() {
            Some("Basic") => Kind::Basic,
            Some("Jwt") => Kind::Jwt,
            Some("OAuth2") => Kind::OAuth2,
            Some("ApiKey") => Kind::ApiKey,
            _ => Kind::Other,
        }
    }

    /// Puts the places where they belong. How many there may be is held against the type later.
    fn placed(mut self, places: Vec<(Location, LitStr)>) -> syn::Result<Self> {
        let is_key = self.kind() == Kind::ApiKey;
        for (location, name) in places {
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let text = name.value();
            if text.is_empty() || (location != Location::Query && !text.bytes().all(token)) {
                let text = format!("not a name for a {}: letters, digits and hyphens are", location.as_str());
                return Err(syn::Error::new(name.span(), text));
            }
            if is_key {
                if self.scheme.key.is_some() {
                    let text = "a key travels in one place: take this one away, or make it a scheme of its own";
                    return Err(syn::Error::new(name.span(), text));
                }
                self.scheme.key = Some((location, name));
            } else if location == Location::Query {
                self.scheme.query = Some(name);
            }
        }
        Ok(self)
    }

    /// The scheme, if its options are those of its type.
    pub(super) fn known(self) -> syn::Result<Scheme> {
        let kind = self.kind();
        for word in &self.options {
            let fits = match word.to_string().as_str() {
                "scopes" => true,
                "query" => kind != Kind::Basic,
                "header" | "cookie" => kind == Kind::ApiKey,
                _ => kind == Kind::OAuth2,
            };
            if fits && !(kind == Kind::Other && word != "scopes") {
                continue;
            }
            let text = match (kind, word.to_string().as_str()) {
                (Kind::Other, _) => {
                    "a scheme of your own says where its credential travels in its `CustomScheme::CARRIERS`: take this away"
                }
                (_, "query") => "only a token or a key travels in the query: use `Jwt` or `ApiKey`, or take this away",
                (_, "header" | "cookie") => "only a key travels where the design says: use `ApiKey`, or take this away",
                _ => "a token has flows in OAuth2 only: write `OAuth2<Caller>`, or take this away",
            };
            return Err(syn::Error::new(word.span(), text));
        }
        if kind == Kind::ApiKey && self.scheme.key.is_none() {
            let name = &self.scheme.name;
            let text = format!(
                "where does the key travel? write `{name}(header = \"X-Api-Key\")`, or `query = \"..\"`, or `cookie = \"..\"`"
            );
            return Err(syn::Error::new_spanned(&self.scheme.ty, text));
        }
        if kind == Kind::OAuth2 && self.scheme.flows.is_empty() {
            let name = &self.scheme.name;
            let text = format!(
                "how is the token obtained? write `{name}(client_credentials(token_url = \"https://..\"))`; there are \
                 `authorization_code`, `client_credentials`, `password` and `implicit`"
            );
            return Err(syn::Error::new_spanned(&self.scheme.ty, text));
        }
        Ok(self.scheme)
    }
}

/// `("scope" = "what it allows", ..)`.
fn scopes(input: ParseStream<'_>) -> syn::Result<Vec<(LitStr, LitStr)>> {
    let content = in_brackets(input, r#"scopes("scope" = "what it allows")"#)?;
    let mut scopes: Vec<(LitStr, LitStr)> = Vec::new();
    while !content.is_empty() {
        let scope: LitStr = content.parse()?;
        content.parse::<Token![=]>()?;
        let allows = content.parse()?;
        if scopes.iter().any(|(other, _)| other.value() == scope.value()) {
            return Err(syn::Error::new(scope.span(), "this scope is already listed"));
        }
        scopes.push((scope, allows));
        if content.is_empty() {
            break;
        }
        content.parse::<Token![,]>()?;
    }
    Ok(scopes)
}

/// RFC 6749 §4 says which URLs each flow needs.
fn flow(kind: FlowKind, word: &Ident, input: ParseStream<'_>) -> syn::Result<Flow> {
    let mut flow = Flow { kind, authorization_url: None, token_url: None, refresh_url: None };
    let content = in_brackets(input, &format!(r#"{word}(token_url = "https://..")"#))?;
    options(&content, |key, input| {
        match key.to_string().as_str() {
            "authorization_url" => flow.authorization_url = Some(assigned(input)?),
            "token_url" => flow.token_url = Some(assigned(input)?),
            "refresh_url" => flow.refresh_url = Some(assigned(input)?),
            _ => {
                let text = "not an option of a flow: there are `authorization_url`, `token_url` and `refresh_url`";
                return Err(syn::Error::new(key.span(), text));
            }
        }
        Ok(())
    })?;
    let authorization = matches!(kind, FlowKind::AuthorizationCode | FlowKind::Implicit);
    let missing = if authorization && flow.authorization_url.is_none() {
        Some("authorization_url")
    } else if kind != FlowKind::Implicit && flow.token_url.is_none() {
        Some("token_url")
    } else {
        None
    };
    match missing {
        None => Ok(flow),
        Some(missing) => {
            let text = format!("this flow needs a URL more: write `{missing} = \"https://..\"`");
            Err(syn::Error::new(word.span(), text))
        }
    }
}
