//! The function between a request and a method: parameters, caller, body, then the method.
//!
//! The order of the steps is the order in which a call is refused: everything in the request's head at once (400), the
//! caller (401, 403), the body, and only then the method's own errors.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use super::{
    Service,
    argument::{Argument, Count, Kind, Parameter},
    client::in_fixed_view,
    design::{location, rules_of},
    method::Method,
    scheme::Scheme,
};
use crate::{
    message::default_value,
    runtime::Runtime,
    syntax::{argument_of, is_unit, wire_name},
};

/// The function between a request and a method: parameters, caller, body, then the method.
pub(super) fn glue(runtime: &Runtime, service: &Service, method: &Method, schemes: &[&Scheme]) -> TokenStream {
    let private = runtime.private();
    let ident = &service.ident;
    let error = error(runtime, method);
    // What is wrong with the errors is told at their type, and there only.
    let span = error_span(method);
    let (name, result) = (&method.ident, &method.result);
    let is_guarded = !schemes.is_empty();
    let read = parameters(runtime, service, method, is_guarded);
    let verified = is_guarded.then(|| verify(runtime, method));
    let guard = is_guarded.then(|| quote!(__guard: #private::Guard,));
    // In tokens of a type's span locals are interpolated: where a macro of the user's wrote the type they would be strangers.
    let call = quote!(__call);
    let body = method
        .body()
        .map(|Argument { ident, ty, .. }| quote_spanned!(ty.span()=> let #ident: #ty = #call.body::<#ty>().await?;));
    let arguments: Vec<_> = method.arguments.iter().map(|argument| &argument.ident).collect();
    let called = quote!(<__S as #ident>::#name(&*__service, #(#arguments),*).await);
    let answered = if method.is_stream() {
        let spec = spec(runtime, service, method);
        let halves = halves(method);
        let checks = checks(runtime, method);
        let streamed = quote_spanned! {span=>
            __call.stream::<#error, _, _, _>(__spec, move |__wire| async move {
                #halves
                #called
            }).await
        };
        quote! {
            #checks
            let __spec = #spec;
            #streamed
        }
    } else {
        let context =
            method.arguments.iter().filter(|argument| matches!(argument.kind, Kind::Context)).map(|argument| {
                let (ident, ty) = (&argument.ident, &argument.ty);
                quote_spanned!(ty.span()=> let #ident: #ty = #call.context();)
            });
        let response = &method.attribute.response;
        let answer = match fixed_view(runtime, service, method) {
            None if response.is_usual() => quote_spanned!(span=> __call.unary::<#error, #result>(__outcome)),
            Some(view) if response.is_usual() => {
                quote_spanned!(span=> __call.unary_in::<#error, #result>(#view, __outcome))
            }
            view => {
                let view = view.unwrap_or_else(|| quote!(#private::ViewId::DEFAULT));
                let spec = response.spec(runtime);
                quote_spanned!(span=> __call.unary_as::<#error, #result>(#view, __outcome, #spec))
            }
        };
        let (body_value, body_argument) = match method.body() {
            None => (quote!(()), quote!(())),
            Some(Argument { ident, ty, .. }) => (quote!(#ident), quote_spanned!(ty.span()=> #ident: #ty)),
        };
        let at = answer_span(method);
        let call = Ident::new("__call", Span::call_site().located_at(at));
        let around = quote_spanned! {at=>
            #call.around::<#error, #result, _, _, _>(#body_value, move |#body_argument| async move { #called }).await
        };
        let checks = response.checks(runtime, &in_fixed_view(runtime, service, method, &method.result));
        quote! {
            #checks
            #(#context)*
            let __outcome = #around;
            #answer
        }
    };
    quote! {
        #[allow(unused_mut, deprecated)]
        async fn __glue<__S: #ident>(
            __service: ::std::sync::Arc<__S>,
            #guard
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

/// Where the errors of a method stand, for what the compiler says of them. The names in tokens of this span are ours, even
/// where a macro of the user's wrote the type.
pub(super) fn error_span(method: &Method) -> Span {
    method.error.as_ref().map_or_else(Span::call_site, |error| Span::call_site().located_at(error.span()))
}

/// Where a call is said to stand: at the errors, or else at what is answered, so that what is wrong with either is told there, and
/// not once more where the call is awaited. Locals are not named in tokens of this span: a macro of the user's may have written it.
pub(super) fn answer_span(method: &Method) -> Span {
    let answered = match method.viewed() {
        whole if is_unit(whole) => method.input().map(Spanned::span),
        whole => Some(whole.span()),
    };
    match (&method.error, answered) {
        (None, Some(span)) => span,
        _ => error_span(method),
    }
}

/// Reads everything in the request's head and tells all that is wrong with it at once.
fn parameters(runtime: &Runtime, service: &Service, method: &Method, is_guarded: bool) -> TokenStream {
    let parameters = quote!(__parameters);
    let mut read = Vec::new();
    let mut got = Vec::new();
    for (argument, parameter) in method.parameters() {
        let Argument { ident, ty, .. } = argument;
        let Parameter { name, value, default, count, .. } = parameter;
        let location = location(runtime, parameter.location);
        let span = ty.span();
        read.push(match (count, default) {
            (Count::One, None) => {
                quote_spanned!(span=> let #ident = #parameters.required::<#value>(#location, #name);)
            }
            (Count::One, Some(default)) => {
                let default = default_value(value, default);
                quote_spanned!(span=> let #ident = #parameters.or::<#value>(#location, #name, #default);)
            }
            (Count::Optional, _) if parameter.last_event_id => {
                quote_spanned!(span=> let #ident = #parameters.last_event_id::<#value>();)
            }
            (Count::Optional, _) => {
                quote_spanned!(span=> let #ident = #parameters.optional::<#value>(#location, #name);)
            }
            (Count::Many, _) => quote_spanned!(span=> let #ident = #parameters.many::<#value>(#location, #name);),
        });
        if let Some(rules) = rules_of(service, method, argument) {
            read.push(match count {
                Count::Many => quote!(__parameters.rules_of_each(&#ident, #name, &#rules);),
                Count::One | Count::Optional => quote!(__parameters.rules(&#ident, #name, &#rules);),
            });
        }
        got.push(quote_spanned!(span=> let #ident: #ty = #ident.get();));
    }
    if is_guarded {
        read.push(quote!(let __credentials = __parameters.credentials(&__guard);));
        got.push(quote!(let __credentials = __credentials.get();));
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

/// Asks the verifiers. Also where the method does not want to know who calls.
fn verify(runtime: &Runtime, method: &Method) -> TokenStream {
    let error = error(runtime, method);
    let scopes = &method.attribute.auth.scopes;
    let call = quote!(__call);
    let caller = method
        .auth_argument()
        .map(|Argument { ident, ty, .. }| quote_spanned!(ty.span()=> let #ident: #ty = #call.caller()?;));
    let span = error_span(method);
    let verified = quote_spanned!(span=> __call.verify::<#error>(&__guard, __credentials, &[#(#scopes),*]).await?;);
    quote!(#verified #caller)
}

/// What a method calls its caller, made of the principal of a scheme: the `T` of its `Auth<T>`, or the principal itself where
/// it has none.
pub(super) fn caller(runtime: &Runtime, method: &Method, scheme: &Scheme) -> (TokenStream, Span) {
    let private = runtime.private();
    let (scheme, span) = (&scheme.ty, scheme.ty.span());
    let argument = method.auth_argument().and_then(|argument| argument_of(&argument.ty, "Auth"));
    match argument {
        Some(ty) => (quote!(#ty), ty.span()),
        None => (quote!(<#scheme as #private::Scheme>::Principal), span),
    }
}

/// What the runtime must know of a stream.
fn spec(runtime: &Runtime, service: &Service, method: &Method) -> TokenStream {
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
    let fixed = fixed_view(runtime, service, method).unwrap_or_else(|| quote!(#private::ViewId::DEFAULT));
    quote! {
        #private::StreamSpec {
            accept: #private::Accept::#accept,
            view: #view,
            fixed_view: #fixed,
        }
    }
}

/// The number of the view that the design fixes.
fn fixed_view(runtime: &Runtime, service: &Service, method: &Method) -> Option<TokenStream> {
    let private = runtime.private();
    let view = method.attribute.view.as_ref()?;
    let number = view_number(service, method, view);
    Some(quote_spanned!(view.span()=> #private::ViewId::new(#number)))
}

/// The constant that holds the number of the view that the design fixes. The compiler finds it, or says at the name that there
/// is none, once.
pub(super) fn view_number(service: &Service, method: &Method, view: &Ident) -> Ident {
    format_ident!("__VIEW_{}_{}", service.ident, method.ident, span = view.span())
}

/// Those constants, outside of any method.
pub(super) fn view_numbers(runtime: &Runtime, service: &Service) -> TokenStream {
    let numbers = service.methods.iter().filter_map(|method| {
        let view = method.attribute.view.as_ref()?;
        let (number, name, viewed) = (view_number(service, method, view), wire_name(view), method.viewed());
        let private = runtime.private_at(view.span());
        Some(quote_spanned! {view.span()=>
            #[allow(non_upper_case_globals)]
            const #number: ::core::primitive::u8 = #private::view_number::<#viewed>(#name);
        })
    });
    quote!(#(#numbers)*)
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
