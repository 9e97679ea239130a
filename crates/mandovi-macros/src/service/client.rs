//! `ChatterClient`: a method for every method of the trait, seen from the other side.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use super::{
    Service,
    argument::{Argument, Count, Kind, Parameter},
    design::{location, rules_of, verb},
    glue::{answer_span, error, view_number},
    method::Method,
    scheme::Scheme,
};
use crate::{
    runtime::Runtime,
    syntax::{last_segment, wire_name},
};

/// The struct, how it is built, and its methods.
pub(super) fn expand(runtime: &Runtime, service: &Service) -> TokenStream {
    let Service { ident, visibility, description, .. } = service;
    let client = service.derived_ident("Client");
    let doc = match description.as_str() {
        "" => format!("Calls a [`{ident}`] over the network."),
        description => format!("Calls a [`{ident}`] over the network.\n\n{description}"),
    };
    let methods = service.methods.iter().map(|method| self::method(runtime, service, method));
    quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #client {
            client: #runtime::client::Client,
        }

        #[automatically_derived]
        impl #runtime::client::Connect for #client {
            fn from_client(client: #runtime::client::Client) -> Self {
                Self { client }
            }
        }

        // A body is lent as what it is, be it a `Cow` or a `Vec`.
        #[allow(clippy::ptr_arg, clippy::too_many_arguments)]
        impl #client {
            /// A client of the server at this URL, such as `https://example.com`.
            pub fn builder(url: impl ::core::convert::AsRef<::core::primitive::str>) -> #runtime::client::ClientBuilder<Self> {
                #runtime::client::ClientBuilder::new(url)
            }

            /// A client of a server in the same process, without a network between them.
            pub fn in_memory(
                server: impl ::core::convert::Into<#runtime::testing::InMemory>,
            ) -> #runtime::client::ClientBuilder<Self> {
                #runtime::client::ClientBuilder::in_memory(server)
            }

            #(#methods)*
        }
    }
}

fn method(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
    let name = &method.ident;
    let doc = match method.description.as_str() {
        "" => format!("Calls `{}`.", wire_name(name)),
        description => description.to_owned(),
    };
    let (verb, path) = (verb(runtime, method.attribute.verb), service.path(method));
    let (service_name, method_name) = (wire_name(&service.ident), wire_name(name));
    let mut arguments = Vec::new();
    let mut statements = Vec::new();
    for argument in &method.arguments {
        let Argument { ident, ty, kind } = argument;
        match kind {
            Kind::Parameter(parameter) => {
                let rules = rules_of(service, method, argument);
                let (written, statement) = self::parameter(runtime, argument, parameter, rules);
                arguments.push(written);
                statements.push(statement);
            }
            Kind::Body => {
                arguments.push(quote!(#ident: &#ty));
                statements.push(quote!(__call.body(#ident);));
            }
            Kind::Auth | Kind::Context | Kind::Receiver(_) | Kind::Sender(_) | Kind::Opening(_) => {}
        }
    }
    statements.extend(service.schemes(method).into_iter().map(|scheme| credential(runtime, scheme)));
    if method.is_stream() {
        let tune = method.attribute.tuning.client_function(runtime, &service.arguments.tuning);
        statements.extend(tune.map(|tune| quote!(__call.tune(#tune);)));
    }
    let (answer, call) = answer(runtime, service, method);
    let deprecated = &method.deprecated;
    let span = answer_span(method);
    let receiver = Ident::new("__call", Span::call_site().located_at(span));
    let call = quote_spanned!(span=> #receiver.#call.await);
    quote! {
        #[doc = #doc]
        #deprecated
        pub async fn #name(&self #(, #arguments)*) -> #answer {
            #[allow(unused_mut)]
            let mut __call = self.client.call(#service_name, #method_name, #verb, #path);
            #(#statements)*
            #call
        }
    }
}

/// How a parameter is written in the client's method, and the statements that check and send it.
fn parameter(
    runtime: &Runtime,
    argument: &Argument,
    parameter: &Parameter,
    rules: Option<TokenStream>,
) -> (TokenStream, TokenStream) {
    let Argument { ident, .. } = argument;
    let Parameter { name, value, .. } = parameter;
    let location = location(runtime, parameter.location);
    let ruled = rules.map(|rules| match parameter.count {
        Count::Many => quote!(__call.rules_of_each(#name, #ident, &#rules);),
        Count::One | Count::Optional => quote!(__call.rules(#name, &#ident, &#rules);),
    });
    let is_text = last_segment(value).is_some_and(|segment| segment.ident == "String");
    match (parameter.count, &parameter.default) {
        (Count::One, None) if is_text => (
            quote!(#ident: impl ::core::convert::Into<::std::string::String>),
            match ruled {
                None => quote!(__call.parameter::<#value>(#location, #name, &#ident.into());),
                ruled => quote! {
                    let #ident: #value = #ident.into();
                    #ruled
                    __call.parameter(#location, #name, &#ident);
                },
            },
        ),
        (Count::One, None) => (quote!(#ident: #value), quote!(#ruled __call.parameter(#location, #name, &#ident);)),
        // Where there is a default, the caller may leave the choice to the server.
        (Count::One, Some(_)) | (Count::Optional, _) => (
            quote!(#ident: ::core::option::Option<#value>),
            quote!(#ruled __call.parameter_optional(#location, #name, #ident.as_ref());),
        ),
        (Count::Many, _) => {
            (quote!(#ident: &[#value]), quote!(#ruled __call.parameter_many(#location, #name, #ident);))
        }
    }
}

fn credential(runtime: &Runtime, scheme: &Scheme) -> TokenStream {
    let (ty, source) = (&scheme.ty, scheme.source(runtime));
    quote!(__call.credential::<#ty>(#source);)
}

/// What the client's method answers, and the call that gives it.
fn answer(runtime: &Runtime, service: &Service, method: &Method) -> (TokenStream, TokenStream) {
    let private = runtime.private();
    let error = error(runtime, method);
    let span = answer_span(method);
    let failure = quote!(#runtime::Failure<#error>);
    let shown = |whole: &Type| in_fixed_view(runtime, service, method, whole);
    match (method.input(), method.output()) {
        (Some(input), Some(output)) => {
            let output = shown(output);
            (
                quote!(#runtime::Outcome<(#runtime::Sender<#input>, #runtime::Receiver<#output, #failure>), #error>),
                quote_spanned!(span=> bidirectional::<#input, #output, #error>()),
            )
        }
        (Some(input), None) => {
            let result = shown(&method.result);
            (
                quote!(#runtime::Outcome<(#runtime::Sender<#input>, #runtime::Reply<#result, #error>), #error>),
                quote_spanned!(span=> client_streaming::<#input, #result, #error>()),
            )
        }
        (None, Some(output)) if method.view_argument().is_some() => {
            let viewed = quote_spanned!(output.span()=> <#output as #private::Views>::Viewed);
            (
                quote!(#runtime::Outcome<#runtime::Receiver<#viewed, #failure>, #error>),
                quote_spanned!(span=> server_streaming_in::<#viewed, #error>(<#viewed as #private::Item>::view_named)),
            )
        }
        (None, Some(output)) => {
            let output = shown(output);
            (
                quote!(#runtime::Outcome<#runtime::Receiver<#output, #failure>, #error>),
                quote_spanned!(span=> server_streaming::<#output, #error>()),
            )
        }
        (None, None) => {
            let result = shown(&method.result);
            let response = &method.attribute.response;
            let call = if response.needs_result(&method.result) {
                let members = response.members(runtime);
                quote_spanned!(span=> unary_with::<#result, #error>(#members))
            } else {
                quote_spanned!(span=> unary::<#result, #error>())
            };
            (quote!(#runtime::Outcome<#result, #error>), call)
        }
    }
}

/// A type as the view shows it that the design fixes: a plain struct of its own.
pub(super) fn in_fixed_view(runtime: &Runtime, service: &Service, method: &Method, whole: &Type) -> TokenStream {
    let private = runtime.private();
    match &method.attribute.view {
        None => quote!(#whole),
        Some(view) => {
            let number = view_number(service, method, view);
            quote_spanned!(view.span()=> <#whole as #private::InView<{ #number }>>::Projection)
        }
    }
}
