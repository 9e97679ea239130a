//! `#[service]`: a trait becomes the contract of a service.

mod argument;
mod attributes;
mod check;
mod client;
mod contract;
mod design;
mod glue;
mod info;
mod method;
mod response;
mod scheme;
mod server;
mod tuning;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemTrait, TraitItem, Visibility, ext::IdentExt};

use self::{attributes::ServiceArguments, method::Method, scheme::Scheme};
use crate::{diagnostics::Mistakes, runtime::Runtime, syntax::doc_text};

/// A service as its trait describes it.
struct Service {
    ident: Ident,
    visibility: Visibility,
    description: String,
    arguments: ServiceArguments,
    /// The methods without mistakes.
    methods: Vec<Method>,
}

impl Service {
    fn scheme(&self, name: &Ident) -> Option<&Scheme> {
        self.arguments.schemes.iter().find(|scheme| scheme.name == *name)
    }

    /// The schemes of which a method takes any.
    fn schemes(&self, method: &Method) -> Vec<&Scheme> {
        method.attribute.auth.schemes.iter().filter_map(|name| self.scheme(name)).collect()
    }

    /// The name of the trait with something behind it.
    fn derived_ident(&self, suffix: &str) -> Ident {
        Ident::new(&format!("{}{suffix}", self.ident.unraw()), self.ident.span())
    }

    /// The whole path of a method.
    fn path(&self, method: &Method) -> String {
        let base = self.arguments.path.as_ref().map(syn::LitStr::value).unwrap_or_default();
        format!("{}{}", base.trim_end_matches('/'), method.path.value())
    }
}

/// Expands the attribute with its arguments on an item.
pub(crate) fn expand(runtime: &Runtime, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::new();
    let expanded = match syn::parse2::<ItemTrait>(item.clone()) {
        Ok(mut item) => {
            let (mut arguments, mut complete) = attributes::service(arguments, &mut mistakes);
            complete &= check::arguments(&mut arguments, &mut mistakes);
            complete &= check::default_auth(&mut arguments, complete, &mut mistakes);
            let usable = check::contract(&item, &mut mistakes);
            let service = describe(&mut item, arguments, complete, &mut mistakes);
            let contract = contract::expand(item);
            // Without these a trait that is wrong as a whole would be wrong once more in each of them.
            let rest = usable.then(|| {
                let design = design::expand(runtime, &service);
                let server = server::expand(runtime, &service);
                let client = client::expand(runtime, &service);
                let views = glue::view_numbers(runtime, &service);
                quote!(#views #design #server #client)
            });
            quote!(#contract #rest)
        }
        Err(mistake) => {
            mistakes.push(match syn::parse2::<syn::Item>(item.clone()) {
                Ok(other) => syn::Error::new_spanned(&other, "`#[service]` goes on a trait: each method is one call"),
                Err(_) => mistake,
            });
            item
        }
    };
    let mistakes = mistakes.into_tokens();
    quote!(#expanded #mistakes)
}

/// Describes the trait, and takes our own attributes off it.
fn describe(item: &mut ItemTrait, arguments: ServiceArguments, complete: bool, mistakes: &mut Mistakes) -> Service {
    let mut service = Service {
        ident: item.ident.clone(),
        visibility: item.vis.clone(),
        description: doc_text(&item.attrs),
        arguments,
        methods: Vec::new(),
    };
    for item in &mut item.items {
        let TraitItem::Fn(written) = item else {
            mistakes.at(&item, "a contract holds methods only: put this into the implementation");
            continue;
        };
        let mut own = Mistakes::new();
        let mut method = method::parse(written, &mut own);
        if let Some(method) = &mut method {
            method.attribute.auth.inherit(&service.arguments.auth);
            check::method(method, &service, complete, &mut own);
        }
        let right = own.is_empty();
        mistakes.absorb(own);
        contract::transform(written);
        let known = |method: &Method| service.schemes(method).len() == method.attribute.auth.schemes.len();
        let method = method.filter(|method| right && known(method));
        service.methods.extend(method);
    }
    check::routes_are_unique(&service, mistakes);
    service
}
