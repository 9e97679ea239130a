//! The function between a request and a method: parameters, caller, body, then the method.
//!
//! The order of the steps is the order in which a call is refused: everything in the request's head at once (400), the
//! caller (401, 403), the body, and only then the method's own errors.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{
    Service,
    argument::{Argument, Count, Kind, Parameter},
    attributes::Scheme,
    design::{location, rules_of},
    method::Method,
};
use crate::{message::default_value, runtime::Runtime, syntax::wire_name};

/// The function between a request and a method: parameters, caller, body, then the method.
pub(super) fn glue(runtime: &Runtime, service: &Service, method: &Method, scheme: Option<&Scheme>) -> TokenStream {
    let private = runtime.private();
    let ident = &service.ident;
    let error = error(runtime, method);
    let name = &method.ident;
    let read = parameters(runtime, service, method, scheme);
    let verified = scheme.map(|scheme| verify(runtime, method, scheme));
    let scheme = scheme.map(|scheme| {
        let ty = &scheme.ty;
        quote!(__scheme: #private::Verifies<#ty>,)
    });
    let body = method
        .body()
        .map(|Argument { ident, ty, .. }| quote_spanned!(ty.span()=> let #ident: #ty = __call.body::<#ty>().await?;));
    let arguments: Vec<_> = method.arguments.iter().map(|argument| &argument.ident).collect();
    let called = quote!(<__S as #ident>::#name(&*__service, #(#arguments),*).await);
    let answered = if method.is_stream() {
        let spec = spec(runtime, method);
        let halves = halves(method);
        let checks = checks(runtime, method);
        quote! {
            #checks
            let __spec = #spec;
            __call.stream::<#error, _, _, _>(__spec, move |__wire| async move {
                #halves
                #called
            }).await
        }
    } else {
        let context =
            method.arguments.iter().filter(|argument| matches!(argument.kind, Kind::Context)).map(|argument| {
                let (ident, ty) = (&argument.ident, &argument.ty);
                quote_spanned!(ty.span()=> let #ident: #ty = __call.context();)
            });
        let answer = match fixed_view(runtime, method) {
            None => quote!(__call.unary::<#error, _>(__outcome)),
            Some(view) => quote!(__call.unary_in::<#error, _>(#view, __outcome)),
        };
        quote! {
            #(#context)*
            let __outcome = #called;
            #answer
        }
    };
    quote! {
        #[allow(unused_mut)]
        async fn __glue<__S: #ident>(
            __service: ::std::sync::Arc<__S>,
            #scheme
            mut __call: #private::Call,
        ) -> ::core::result::Result<#private::Response, #private::Refusal> {
            #read
            #verified
            #body
            #answered
        }
    }
}

/// The type of the errors that a method declares.
pub(super) fn error(runtime: &Runtime, method: &Method) -> TokenStream {
    match &method.error {
        Some(error) => quote!(#error),
        None => quote!(#runtime::NoError),
    }
}

/// Reads everything in the request's head and tells all that is wrong with it at once.
fn parameters(runtime: &Runtime, service: &Service, method: &Method, scheme: Option<&Scheme>) -> TokenStream {
    let mut read = Vec::new();
    let mut got = Vec::new();
    for (argument, parameter) in method.parameters() {
        let Argument { ident, ty, .. } = argument;
        let Parameter { name, value, default, count, .. } = parameter;
        let location = location(runtime, parameter.location);
        let span = ty.span();
        read.push(match (count, default) {
            (Count::One, None) => {
                quote_spanned!(span=> let #ident = __parameters.required::<#value>(#location, #name);)
            }
            (Count::One, Some(default)) => {
                let default = default_value(value, default);
                quote_spanned!(span=> let #ident = __parameters.or::<#value>(#location, #name, #default);)
            }
            (Count::Optional, _) => {
                quote_spanned!(span=> let #ident = __parameters.optional::<#value>(#location, #name);)
            }
            (Count::Many, _) => quote_spanned!(span=> let #ident = __parameters.many::<#value>(#location, #name);),
        });
        if let Some(rules) = rules_of(service, method, argument) {
            read.push(match count {
                Count::Many => quote!(__parameters.rules_of_each(&#ident, #name, &#rules);),
                Count::One | Count::Optional => quote!(__parameters.rules(&#ident, #name, &#rules);),
            });
        }
        got.push(quote_spanned!(span=> let #ident: #ty = #ident.get();));
    }
    if let Some(scheme) = scheme {
        let ty = &scheme.ty;
        let source = token_source(runtime, scheme);
        read.push(quote!(let __credential = __parameters.credential::<#ty>(#source);));
        got.push(quote!(let __credential = __credential.get();));
    }
    if read.is_empty() {
        return TokenStream::new();
    }
    quote! {
        let mut __parameters = __call.parameters();
        #(#read)*
        __parameters.finish()?;
        #(#got)*
    }
}

/// Where else a credential may stand.
pub(super) fn token_source(runtime: &Runtime, scheme: &Scheme) -> TokenStream {
    let private = runtime.private();
    let query = match &scheme.query {
        None => quote!(::core::option::Option::None),
        Some(query) => quote!(::core::option::Option::Some(#query)),
    };
    quote!(#private::TokenSource { query: #query })
}

/// Asks the verifier. Also where the method does not want to know who calls.
fn verify(runtime: &Runtime, method: &Method, scheme: &Scheme) -> TokenStream {
    let error = error(runtime, method);
    let ty = &scheme.ty;
    let scopes = &method.attribute.scopes;
    let verified = quote!(__call.verify::<#error, #ty>(&__scheme, __credential, &[#(#scopes),*]).await?);
    match method.auth_argument() {
        // A caller of another type than the scheme's is a mistake at the argument.
        Some(Argument { ident, ty, .. }) => quote_spanned! {ty.span()=>
            let __caller = #verified;
            let #ident: #ty = __caller;
        },
        None => quote!(let _ = #verified;),
    }
}

/// What the runtime must know of a stream.
fn spec(runtime: &Runtime, method: &Method) -> TokenStream {
    let private = runtime.private();
    let accept = if method.is_opening() { quote!(ByHandler) } else { quote!(AtOnce) };
    let view = match method.view_argument() {
        None => quote!(::core::option::Option::None),
        Some((Argument { ident, .. }, parameter)) => {
            let item = method.viewed();
            let chosen = match parameter.count {
                Count::Optional => quote!(::core::option::Option::unwrap_or_default(#ident)),
                _ => quote!(#ident),
            };
            quote_spanned! {parameter.value.span()=> {
                let __view: <#item as #private::Views>::View = #chosen;
                ::core::option::Option::Some((#private::ViewName::id(__view), #private::ViewName::as_str(__view)))
            }}
        }
    };
    let fixed = fixed_view(runtime, method).unwrap_or_else(|| quote!(#private::ViewId::DEFAULT));
    quote! {
        #private::StreamSpec {
            accept: #private::Accept::#accept,
            view: #view,
            fixed_view: #fixed,
        }
    }
}

/// The number of the view that the design fixes.
fn fixed_view(runtime: &Runtime, method: &Method) -> Option<TokenStream> {
    let private = runtime.private();
    let view = method.attribute.view.as_ref()?;
    let (name, viewed) = (wire_name(view), method.viewed());
    Some(quote_spanned!(view.span()=> <#viewed as #private::InView<{ #private::view_key(#name) }>>::ID))
}

/// Takes the halves, or the opening that holds them.
fn halves(method: &Method) -> TokenStream {
    let halves = method.arguments.iter().filter_map(|argument| {
        let Argument { ident, ty, kind } = argument;
        let taken = match kind {
            Kind::Context => quote!(__wire.context()),
            Kind::Receiver(item) => quote!(__wire.receiver::<#item>()),
            Kind::Sender(item) => quote!(__wire.sender::<#item>()),
            Kind::Opening(opening) => {
                let halves = &opening.halves;
                quote!(__wire.opening::<#halves>())
            }
            Kind::Auth | Kind::Parameter(_) | Kind::Body => return None,
        };
        Some(quote_spanned!(ty.span()=> let #ident: #ty = #taken;))
    });
    // It holds a copy of the request's headers, which a method without a `Context` has no use for.
    quote!(#(#halves)* ::core::mem::drop(__wire);)
}

/// What must hold for the types of a stream and cannot be seen in their names.
fn checks(runtime: &Runtime, method: &Method) -> TokenStream {
    let private = runtime.private();
    let not_null =
        method.input().map(|input| quote_spanned!(input.span()=> const _: fn() = #private::assert_not_null::<#input>;));
    let both = method.input().zip(method.output()).map(|(input, output)| {
        quote_spanned! {output.span()=>
            #[allow(clippy::eq_op)]
            const _: () = ::core::assert!(
                <#input as #private::Item>::RAW == <#output as #private::Item>::RAW,
                "one direction is raw and the other is not: use `Message` in both or in none"
            );
        }
    });
    let raw = method.attribute.raw.as_ref().zip(method.input().or(method.output())).map(|(raw, item)| {
        quote_spanned! {raw.span()=>
            const _: () = ::core::assert!(
                <#item as #private::Item>::RAW,
                "`raw` streams carry `Message`: use it, or take `raw` away"
            );
        }
    });
    quote!(#not_null #both #raw)
}
