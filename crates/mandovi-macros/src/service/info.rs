//! What `#[service]` says for documents: title, version, contact, licence, servers.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, LitStr, Token, parse::ParseStream};

use crate::{
    runtime::Runtime,
    syntax::{assigned, in_brackets, options},
};

/// The options that documents show; each is an assignment in the model.
#[derive(Default)]
pub(super) struct Info {
    title: Option<LitStr>,
    version: Option<LitStr>,
    terms: Option<LitStr>,
    contact: Option<[Option<LitStr>; 3]>,
    license: Option<(LitStr, Option<LitStr>)>,
    docs: Option<(LitStr, Option<LitStr>)>,
    servers: Vec<(LitStr, Option<LitStr>)>,
}

impl Info {
    /// Reads an option; `false` where it is none of these.
    pub(super) fn option(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "title" => self.title = Some(text(input)?),
            "version" => self.version = Some(text(input)?),
            "terms" => self.terms = Some(url(assigned(input)?)?),
            "contact" => {
                let [name, page, email] = members(key, input, ["name", "url", "email"])?;
                if let Some(email) = email.as_ref().filter(|email| !email.value().contains('@')) {
                    return Err(syn::Error::new(email.span(), "an address of mail has an `@`"));
                }
                if name.is_none() && page.is_none() && email.is_none() {
                    return Err(syn::Error::new(
                        key.span(),
                        "whom to ask? write `contact(name = \"..\", email = \"..\")`",
                    ));
                }
                self.contact = Some([name, page.map(url).transpose()?, email]);
            }
            "license" => {
                let [name, page] = members(key, input, ["name", "url"])?;
                let text = "a licence has a name: write `license(name = \"MIT\")`";
                let name = name.ok_or_else(|| syn::Error::new(key.span(), text))?;
                self.license = Some((name, page.map(url).transpose()?));
            }
            "docs" => {
                let [page, description] = members(key, input, ["url", "description"])?;
                let text = "where is more written? write `docs(url = \"https://..\")`";
                let page = page.ok_or_else(|| syn::Error::new(key.span(), text))?;
                self.docs = Some((url(page)?, description));
            }
            "server" => {
                let content = in_brackets(input, r#"server("https://..")"#)?;
                let page = url(content.parse()?)?;
                let mut description = None;
                if !content.is_empty() {
                    content.parse::<Token![,]>()?;
                    if !content.is_empty() {
                        description = Some(content.parse()?);
                    }
                }
                self.servers.push((page, description));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The statements that fill the model.
    pub(super) fn model(&self, runtime: &Runtime) -> TokenStream {
        let some = |text: &LitStr| quote!(::core::option::Option::Some(#text.into()));
        let title = self.title.as_ref().map(some).map(|text| quote!(__service.info.title = #text;));
        let version = self.version.as_ref().map(some).map(|text| quote!(__service.info.version = #text;));
        let terms = self.terms.as_ref().map(some).map(|text| quote!(__service.info.terms = #text;));
        let contact = self.contact.as_ref().map(|[name, url, email]| {
            let name = name.as_ref().map(some).map(|text| quote!(__contact.name = #text;));
            let url = url.as_ref().map(some).map(|text| quote!(__contact.url = #text;));
            let email = email.as_ref().map(some).map(|text| quote!(__contact.email = #text;));
            quote! {{
                let mut __contact = <#runtime::model::Contact as ::core::default::Default>::default();
                #name
                #url
                #email
                __service.info.contact = ::core::option::Option::Some(__contact);
            }}
        });
        let license = self.license.as_ref().map(|(name, url)| {
            let url = url.as_ref().map(some).map(|text| quote!(__license.url = #text;));
            quote! {{
                #[allow(unused_mut)]
                let mut __license = #runtime::model::License::new(#name);
                #url
                __service.info.license = ::core::option::Option::Some(__license);
            }}
        });
        let docs = self.docs.as_ref().map(|(url, description)| {
            let description = description.as_ref().map(some).map(|text| quote!(__docs.description = #text;));
            quote! {{
                #[allow(unused_mut)]
                let mut __docs = #runtime::model::ExternalDocs::new(#url);
                #description
                __service.info.docs = ::core::option::Option::Some(__docs);
            }}
        });
        let servers = self.servers.iter().map(|(url, description)| {
            let description = description.as_ref().map(LitStr::value).unwrap_or_default();
            quote!(__service.info.servers.push(#runtime::model::Server::new(#url, #description));)
        });
        quote!(#title #version #terms #contact #license #docs #(#servers)*)
    }
}

fn text(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let text: LitStr = assigned(input)?;
    if text.value().trim().is_empty() {
        return Err(syn::Error::new(text.span(), "there is nothing here: write it, or take the option away"));
    }
    Ok(text)
}

/// `(key = "..", ..)` with these keys.
fn members<const N: usize>(word: &Ident, input: ParseStream<'_>, keys: [&str; N]) -> syn::Result<[Option<LitStr>; N]> {
    let content = in_brackets(input, &format!(r#"{word}({} = "..")"#, keys[0]))?;
    let mut found = [const { None }; N];
    options(&content, |key, input| match keys.iter().position(|known| key == known) {
        Some(at) => {
            found[at] = Some(assigned(input)?);
            Ok(())
        }
        None => {
            let known: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            Err(syn::Error::new(key.span(), format!("not known here: there are {}", known.join(", "))))
        }
    })?;
    Ok(found)
}

/// A URL that a reader can open from anywhere.
fn url(text: LitStr) -> syn::Result<LitStr> {
    let value = text.value();
    let whole = value.split_once("://").is_some_and(|(scheme, rest)| {
        ["http", "https", "ws", "wss"].contains(&scheme) && !rest.is_empty() && !rest.contains(char::is_whitespace)
    });
    if whole { Ok(text) } else { Err(syn::Error::new(text.span(), "a whole URL stands here: `https://example.com`")) }
}
