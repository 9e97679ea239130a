//! `ChatterServer`: an implementation of the trait, its options and verifiers, and the routes that they make.

use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    Service,
    design::verb,
    glue::{caller, glue},
    method::Method,
    scheme::Scheme,
};
use crate::{runtime::Runtime, syntax::wire_name};

/// The type parameter that stands for the verifier of a scheme.
fn scheme_parameter(scheme: &Scheme) -> Ident {
    Ident::new(&format!("{}Scheme", wire_name(&scheme.name).to_upper_camel_case()), scheme.name.span())
}

/// The struct, what builds it, and what it becomes.
pub(super) fn expand(runtime: &Runtime, service: &Service) -> TokenStream {
    let private = runtime.private();
    let Service { ident, visibility, .. } = service;
    let server = service.derived_ident("Server");
    let design = service.derived_ident("Design");
    let schemes = &service.arguments.schemes;
    let names: Vec<_> = schemes.iter().map(|scheme| &scheme.name).collect();
    let parameters: Vec<_> = schemes.iter().map(scheme_parameter).collect();
    let bounds: Vec<_> = schemes
        .iter()
        .zip(&parameters)
        .map(|(scheme, parameter)| {
            let ty = &scheme.ty;
            quote_spanned!(ty.span()=> #parameter: #private::Provided<#ty>)
        })
        .collect();
    let setters = schemes.iter().enumerate().map(|(index, _)| setter(runtime, service, &parameters, index));
    let routes = routes(runtime, service);
    let doc = format!("Serves an implementation of [`{ident}`].");
    let verifiers = match &names[..] {
        [] => String::new(),
        names => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("\n\nIt becomes a router once every scheme has its verifier: {}.", names.join(", "))
        }
    };
    let doc = format!("{doc}{verifiers}");
    quote! {
        #[doc = #doc]
        #visibility struct #server<S #(, #parameters = #private::Missing)*> {
            service: ::std::sync::Arc<S>,
            serving: #private::Serving,
            #(#names: #parameters,)*
        }

        impl<S: #ident> #server<S> {
            /// Serves this implementation with the standard options.
            pub fn new(service: S) -> Self {
                Self {
                    service: ::std::sync::Arc::new(service),
                    serving: ::core::default::Default::default(),
                    #(#names: #private::Missing,)*
                }
            }
        }

        impl<S #(, #parameters)*> #server<S #(, #parameters)*> {
            /// Serves with other options.
            #[must_use]
            pub fn options(mut self, options: #runtime::server::Options) -> Self {
                self.serving.options(options);
                self
            }

            /// Puts an interceptor around every call and every message. Of several the first is the outermost.
            #[must_use]
            pub fn intercept(mut self, interceptor: impl #runtime::intercept::Interceptor) -> Self {
                self.serving.intercept(interceptor);
                self
            }

            /// Also serves the documents of the design, to anybody: `/asyncapi.json` and `/openapi.json`. Of several services
            /// that are merged into one router only one can.
            #[must_use]
            pub fn documents(mut self) -> Self
            where
                S: #private::ServesDocuments,
            {
                self.serving.documents(#design::model);
                self
            }

            #(#setters)*

            /// An axum router with a route for every method.
            pub fn into_router(self) -> #runtime::axum::Router
            where
                S: #ident,
                #(#bounds,)*
            {
                self.__routes().into_router()
            }

            /// A tower service that answers every method.
            pub fn into_service(self) -> #runtime::server::Service
            where
                S: #ident,
                #(#bounds,)*
            {
                self.__routes().into_service()
            }

            #routes
        }

        #[automatically_derived]
        impl<S #(, #parameters)*> ::core::fmt::Debug for #server<S #(, #parameters)*> {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __f.debug_struct(::core::stringify!(#server)).finish_non_exhaustive()
            }
        }

        #[automatically_derived]
        impl<S: #ident #(, #bounds)*> ::core::convert::From<#server<S #(, #parameters)*>> for #runtime::testing::InMemory {
            fn from(__server: #server<S #(, #parameters)*>) -> Self {
                <Self as ::core::convert::From<#private::Routes>>::from(__server.__routes())
            }
        }
    }
}

/// The method that gives the verifier of one scheme.
fn setter(runtime: &Runtime, service: &Service, parameters: &[Ident], index: usize) -> TokenStream {
    let private = runtime.private();
    let server = service.derived_ident("Server");
    let scheme = &service.arguments.schemes[index];
    let (name, ty) = (&scheme.name, &scheme.ty);
    let others: Vec<_> =
        service.arguments.schemes.iter().map(|scheme| &scheme.name).filter(|other| *other != name).collect();
    let arguments = parameters.iter().enumerate().map(|(at, parameter)| match at == index {
        true => quote_spanned!(ty.span()=> #private::Verifies<#ty>),
        false => quote!(#parameter),
    });
    let doc = format!("Verifies the callers of methods with `auth = {name}`.");
    let verifier = quote_spanned!(ty.span()=> #runtime::Verifier<#ty>);
    quote! {
        #[doc = #doc]
        pub fn #name(self, verifier: impl #verifier) -> #server<S #(, #arguments)*> {
            #server {
                service: self.service,
                serving: self.serving,
                #name: #private::Verifies::new(verifier),
                #(#others: self.#others,)*
            }
        }
    }
}

/// The function that makes all routes.
fn routes(runtime: &Runtime, service: &Service) -> TokenStream {
    let private = runtime.private();
    let ident = &service.ident;
    let service_name = wire_name(ident);
    let schemes = &service.arguments.schemes;
    let names: Vec<_> = schemes.iter().map(|scheme| &scheme.name).collect();
    let verifiers: Vec<_> = names.iter().map(|name| verifier(name)).collect();
    let bounds = schemes.iter().map(|scheme| {
        let (parameter, ty) = (scheme_parameter(scheme), &scheme.ty);
        quote_spanned!(ty.span()=> #parameter: #private::Provided<#ty>)
    });
    let tune = service.arguments.tuning.function(runtime).map(|tune| quote!(__routes.tune(#tune);));
    let added = service.methods.iter().map(|method| route(runtime, service, method));
    quote! {
        fn __routes(self) -> #private::Routes
        where
            S: #ident,
            #(#bounds,)*
        {
            let mut __routes = self.serving.routes(#service_name);
            #tune
            let __service = self.service;
            #(let #verifiers = #private::Provided::verifies(self.#names);)*
            let _ = (&mut __routes, &__service, #(&#verifiers,)*);
            #(#added)*
            __routes
        }
    }
}

/// The local that holds the verifier of a scheme.
fn verifier(name: &Ident) -> Ident {
    format_ident!("__scheme_{}", wire_name(name))
}

/// One route: the glue of its method, and the closure that calls it.
fn route(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let private = runtime.private();
    let (name, verb, path) = (wire_name(&method.ident), verb(runtime, method.attribute.verb), service.path(method));
    let kind = match (method.input(), method.output()) {
        (None, None) => quote!(#private::RouteKind::Unary),
        (None, Some(output)) => quote_spanned!(output.span()=> #private::RouteKind::of_output::<#output>()),
        _ => quote!(#private::RouteKind::Stream),
    };
    let schemes = service.schemes(method);
    let glue = glue(runtime, service, method, &schemes);
    let guard = (!schemes.is_empty()).then(|| {
        let alternatives = schemes.iter().map(|scheme| {
            let (ty, verifier, source) = (&scheme.ty, verifier(&scheme.name), scheme.source(runtime));
            let (caller, span) = caller(runtime, method, scheme);
            let alternative = quote_spanned!(span=> #private::alternative::<#ty, #caller>);
            quote!(#alternative(&#verifier, #source))
        });
        quote!(let __guard = #private::Guard::new([#(#alternatives),*]);)
    });
    let tune = method.attribute.tuning.function(runtime).map(|tune| quote!(__routes.tune_last(#path, #tune);));
    let pass = guard.as_ref().map(|_| quote!(::core::clone::Clone::clone(&__guard),));
    quote! {
        {
            #glue
            let __service = ::std::sync::Arc::clone(&__service);
            #guard
            __routes.add(#name, #verb, #path, #kind, move |__call: #private::Call| {
                __glue(::std::sync::Arc::clone(&__service), #pass __call)
            });
            #tune
        }
    }
}
