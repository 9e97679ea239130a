//! How a plain method answers: its status, and the members of its result that travel in headers and cookies.

use mandovi_model::Location;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, LitInt, LitStr, Token, Type, ext::IdentExt, parse::ParseStream};

use super::design::location;
use crate::{
    runtime::Runtime,
    syntax::{in_brackets, wire_name},
};

/// `status = 201, header(location = "Location"), cookie(session = "sid")`.
#[derive(Default)]
pub(super) struct Response {
    pub(super) status: Option<LitInt>,
    pub(super) members: Vec<Placed>,
}

/// A member and where it travels.
pub(super) struct Placed {
    /// Its name on the wire.
    pub(super) member: LitStr,
    pub(super) location: Location,
    pub(super) name: LitStr,
}

impl Response {
    /// Whether nothing is said.
    pub(super) fn is_usual(&self) -> bool {
        self.status.is_none() && self.members.is_empty()
    }

    /// The status as a number.
    pub(super) fn status_number(&self) -> Option<u16> {
        self.status.as_ref().and_then(|status| status.base10_parse().ok())
    }

    /// Reads what follows the word `header` or `cookie`.
    pub(super) fn place(&mut self, place: Location, input: ParseStream<'_>) -> syn::Result<()> {
        let content = in_brackets(input, &format!(r#"{}(member = "name")"#, place.as_str()))?;
        while !content.is_empty() {
            let member = if content.peek(LitStr) {
                content.parse()?
            } else {
                let ident = content.call(Ident::parse_any)?;
                LitStr::new(&wire_name(&ident), ident.span())
            };
            content.parse::<Token![=]>()?;
            self.members.push(Placed { member, location: place, name: content.parse()? });
            if content.is_empty() {
                break;
            }
            content.parse::<Token![,]>()?;
        }
        Ok(())
    }

    /// The statements that fill the model's method.
    pub(super) fn model(&self, runtime: &Runtime) -> TokenStream {
        let status = self
            .status_number()
            .map(|status| quote!(__method.response.status = ::core::option::Option::Some(#status);));
        let members = self.members.iter().map(|Placed { member, location: place, name }| {
            let place = location(runtime, *place);
            quote! {
                __method.response.headers.push(#runtime::model::ResponseHeader::new(#member, #place, #name));
            }
        });
        quote!(#status #(#members)*)
    }

    /// The list of members as a constant expression.
    pub(super) fn members(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private();
        let members = self.members.iter().map(|Placed { member, location: place, name }| {
            let place = location(runtime, *place);
            quote!(#private::PlacedMember { member: #member, location: #place, name: #name })
        });
        quote!(&[#(#members),*])
    }

    /// What the server answers with, as a constant expression.
    pub(super) fn spec(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private();
        let status = match self.status_number() {
            None => quote!(::core::option::Option::None),
            Some(status) => quote!(::core::option::Option::Some(#status)),
        };
        let members = self.members(runtime);
        quote!(&#private::ResponseSpec { status: #status, members: #members })
    }

    /// What must hold for the type of the result and cannot be seen in its name.
    pub(super) fn checks(&self, runtime: &Runtime, result: &TokenStream) -> TokenStream {
        let private = runtime.private();
        let checks = self.members.iter().map(|Placed { member, .. }| {
            quote_spanned! {member.span()=>
                const _: () = ::core::assert!(
                    #private::has_member::<#result>(#member),
                    "the result has no member of this name: it must be a message, and the name the one on the wire"
                );
                const _: () = ::core::assert!(
                    #private::is_scalar_member::<#result>(#member),
                    "only texts, numbers and booleans travel in headers and cookies: leave this member in the body"
                );
            }
        });
        quote!(#(#checks)*)
    }

    /// The type whose members are meant, if any is.
    pub(super) fn needs_result(&self, result: &Type) -> bool {
        !self.members.is_empty() && !crate::syntax::is_unit(result)
    }
}
