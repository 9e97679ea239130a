//! From the description of declared errors to their implementation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, ItemEnum, LitStr, spanned::Spanned};

use super::parse::{Action, Case, Class, Content, Errors, Field, Include};
use crate::runtime::Runtime;

/// The item itself, `Debug`, `Display`, `Error`, and `DeclaredError`.
pub(super) fn expand(runtime: &Runtime, item: &ItemEnum, errors: &Errors) -> TokenStream {
    let derive = (!errors.debug).then(|| quote!(#[derive(::core::fmt::Debug)]));
    let display = display(errors);
    let declared = declared(runtime, errors);
    let includes = includes(runtime, errors);
    quote! {
        #derive
        #item
        #display
        #declared
        #includes
    }
}

/// The conversions from included errors, and the check that no name is declared twice, which only their types know.
fn includes(runtime: &Runtime, errors: &Errors) -> TokenStream {
    let private = runtime.private();
    let ident = &errors.ident;
    let names: Vec<_> = errors.cases.iter().map(|case| &case.name).collect();
    let includes = errors.includes.iter().enumerate().map(|(index, include)| {
        let Include { variant, ty, .. } = include;
        let before = errors.includes[..index].iter().map(|include| include.declared(runtime));
        let declared = include.declared(runtime);
        let checked = quote_spanned! {variant.span()=>
            const _: () = ::core::assert!(
                #private::names_are_new(
                    &#declared::NAMES,
                    &#private::ErrorNames {
                        own: &[#(#names),*],
                        included: &[#(&#before::NAMES),*],
                    },
                ),
                "an included error has the name of another error of this enum: give one of them another `name = \"..\"`"
            );
        };
        quote! {
            #[automatically_derived]
            impl ::core::convert::From<#ty> for #ident {
                fn from(__error: #ty) -> Self {
                    Self::#variant(__error)
                }
            }

            #checked
        }
    });
    quote!(#(#includes)*)
}

impl Include {
    /// The type as an enum of errors.
    fn declared(&self, runtime: &Runtime) -> TokenStream {
        let private = runtime.private();
        let ty = &self.ty;
        quote_spanned!(ty.span()=> <#ty as #private::DeclaredError>)
    }
}

/// The pattern that matches a case whatever it holds.
fn any(case: &Case) -> TokenStream {
    let variant = &case.variant;
    quote!(Self::#variant { .. })
}

fn display(errors: &Errors) -> TokenStream {
    let ident = &errors.ident;
    let arms = errors.cases.iter().map(|case| {
        let variant = &case.variant;
        let summary = case.summary();
        match case.content {
            Content::Text => quote! {
                Self::#variant(__text) if !__text.is_empty() => __f.write_str(__text),
                Self::#variant(_) => __f.write_str(#summary)
            },
            Content::Standard => quote!(Self::#variant(__result) => __f.write_str(&__result.message)),
            _ => {
                let any = any(case);
                quote!(#any => __f.write_str(#summary))
            }
        }
    });
    let included = errors
        .includes
        .iter()
        .map(|Include { variant, .. }| quote!(Self::#variant(__error) => ::core::fmt::Display::fmt(__error, __f)));
    let arms = arms.chain(included);
    let subject = subject(errors);
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match #subject {
                    #(#arms,)*
                }
            }
        }

        #[automatically_derived]
        impl ::core::error::Error for #ident {}
    }
}

/// What is matched on: a reference to an enum without variants is not known to be uninhabited.
fn subject(errors: &Errors) -> TokenStream {
    if errors.cases.is_empty() && errors.includes.is_empty() { quote!(*self) } else { quote!(self) }
}

fn declared(runtime: &Runtime, errors: &Errors) -> TokenStream {
    let private = runtime.private();
    let ident = &errors.ident;
    let subject = subject(errors);
    // What an included error says of itself.
    let asked = |function: &str| {
        let function = Ident::new(function, proc_macro2::Span::call_site());
        let arms = errors.includes.iter().map(
            |Include { variant, .. }| quote!(Self::#variant(__error) => #private::DeclaredError::#function(__error)),
        );
        quote!(#(#arms,)*)
    };
    let (names_of, statuses_of, classes_of) = (asked("name"), asked("status"), asked("class"));
    let (waits_of, bodies_of) = (asked("retry_after"), asked("encode_body"));
    // At the type, so that one which is no error is told there, and once.
    let included: Vec<_> = errors.includes.iter().map(|include| include.declared(runtime)).collect();
    let decoded = errors.includes.iter().zip(&included).map(|(Include { variant, .. }, declared)| {
        quote! {
            if let ::core::option::Option::Some(__error) =
                #declared::decode(::core::option::Option::Some(__name), __status, __retry_after, __body)
            {
                return ::core::option::Option::Some(Self::#variant(__error));
            }
        }
    });
    let any: Vec<_> = errors.cases.iter().map(any).collect();
    let names: Vec<_> = errors.cases.iter().map(|case| &case.name).collect();
    let statuses: Vec<_> = errors.cases.iter().map(Case::status_number).collect();
    let classes: Vec<_> = errors.cases.iter().map(|case| class(runtime, case.class)).collect();
    let models = errors.cases.iter().map(|case| model(runtime, ident, case));
    let cases = match included.is_empty() {
        true => quote!(::std::vec![#(#models),*]),
        false => quote! {
            let mut __cases = ::std::vec![#(#models),*];
            #(__cases.extend(#included::cases(__types));)*
            __cases
        },
    };
    let waits = errors.cases.iter().map(wait);
    let bodies = errors.cases.iter().map(|case| encode(runtime, case));
    let (by_name, by_status) = (by_name(runtime, errors), by_status(runtime, errors));
    let unauthenticated = of_message(runtime, errors, 401);
    let forbidden = of_message(runtime, errors, 403);
    quote! {
        #[automatically_derived]
        impl #private::DeclaredError for #ident {
            const NAMES: #private::ErrorNames = #private::ErrorNames {
                own: &[#(#names),*],
                included: &[#(&#included::NAMES),*],
            };

            fn cases(__types: &mut #runtime::model::Types) -> ::std::vec::Vec<#runtime::model::ErrorCase> {
                let _ = &__types;
                #cases
            }

            fn name(&self) -> &'static ::core::primitive::str {
                match #subject {
                    #(#any => #names,)*
                    #names_of
                }
            }

            fn status(&self) -> ::core::primitive::u16 {
                match #subject {
                    #(#any => #statuses,)*
                    #statuses_of
                }
            }

            fn class(&self) -> #runtime::model::ErrorClass {
                match #subject {
                    #(#any => #classes,)*
                    #classes_of
                }
            }

            fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> {
                match #subject {
                    #(#waits,)*
                    #waits_of
                }
            }

            fn encode_body(&self) -> ::core::result::Result<::std::vec::Vec<::core::primitive::u8>, #private::Invalid> {
                match #subject {
                    #(#bodies,)*
                    #bodies_of
                }
            }

            fn decode(
                __name: ::core::option::Option<&::core::primitive::str>,
                __status: ::core::primitive::u16,
                __retry_after: ::core::option::Option<::core::time::Duration>,
                __body: ::core::option::Option<&[::core::primitive::u8]>,
            ) -> ::core::option::Option<Self> {
                let _ = (__retry_after, __body);
                let __name = match __name {
                    ::core::option::Option::Some(__name) => __name,
                    ::core::option::Option::None => #by_status,
                };
                match __name {
                    #by_name
                    _ => {}
                }
                #(#decoded)*
                ::core::option::Option::None
            }

            fn unauthenticated(__message: ::std::string::String) -> ::core::option::Option<Self> {
                #unauthenticated
            }

            fn forbidden(__message: ::std::string::String) -> ::core::option::Option<Self> {
                #forbidden
            }
        }
    }
}

fn class(runtime: &Runtime, class: Class) -> TokenStream {
    let temporary = class.temporary.then(|| quote!(.temporary()));
    let timeout = class.timeout.then(|| quote!(.timeout()));
    let fault = class.fault.then(|| quote!(.fault()));
    let action = class.action.map(|action| match action {
        Action::Recoverable => quote!(.recoverable()),
        Action::Exhausted => quote!(.exhausted()),
        Action::Unauthenticated => quote!(.unauthenticated()),
        Action::Fatal => quote!(.fatal()),
    });
    quote!(#runtime::model::ErrorClass::FINAL #temporary #timeout #fault #action)
}

/// The case as the model has it.
fn model(runtime: &Runtime, ident: &Ident, case: &Case) -> TokenStream {
    let private = runtime.private();
    let Case { name, description, .. } = case;
    let status = case.status_number();
    let class = class(runtime, case.class);
    let schema = match &case.content {
        Content::Nothing | Content::Standard | Content::Wrong => quote!(::core::option::Option::None),
        Content::Text => quote!(::core::option::Option::Some(#runtime::model::Schema::string())),
        Content::Value(ty) => quote!(::core::option::Option::Some(<#ty as #private::Value>::schema(__types))),
        Content::Fields(fields) => {
            let object = object(runtime, ident, case, fields);
            quote!(::core::option::Option::Some(#object))
        }
    };
    let retry_after = matches!(&case.content, Content::Fields(fields) if wait_field(fields).is_some());
    quote! {
        {
            let mut __case = #runtime::model::ErrorCase::new(#name, #status);
            __case.class = #class;
            __case.description = #description.into();
            __case.schema = #schema;
            __case.retry_after = #retry_after;
            __case
        }
    }
}

/// The schema of the object that named fields make.
fn object(runtime: &Runtime, ident: &Ident, case: &Case, fields: &[Field]) -> TokenStream {
    let private = runtime.private();
    let type_name = format!("{ident}{}", case.variant);
    let variant = case.variant.to_string();
    let members = (1u32..).zip(fields).map(|(tag, field)| {
        let Field { ty, description, .. } = field;
        let (name, schema) = match field.retry_after {
            None => (field.name(), quote!(<#ty as #private::Value>::schema(__types))),
            Some(_) => {
                let milliseconds = quote!(<::core::primitive::u64 as #private::Value>::schema(__types));
                let schema = match field.is_optional() {
                    true => quote!(#runtime::model::Schema::nullable(#milliseconds)),
                    false => milliseconds,
                };
                ("retry_after_ms".to_owned(), schema)
            }
        };
        quote! {
            let mut __field = #runtime::model::Field::new(#tag, #name, #schema);
            __field.description = #description.into();
            __message.fields.push(__field);
        }
    });
    let description = &case.description;
    quote! {
        __types.define(
            #type_name,
            ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#ident), "::", #variant),
            |__types| {
                let _ = &__types;
                let mut __message = #runtime::model::Message::new(#description);
                #(#members)*
                #runtime::model::Definition::Message(__message)
            },
        )
    }
}

/// The field that says how long to wait.
fn wait_field(fields: &[Field]) -> Option<&Field> {
    fields.iter().find(|field| field.retry_after.is_some())
}

/// The arm of `retry_after`.
fn wait(case: &Case) -> TokenStream {
    let variant = &case.variant;
    if let Content::Fields(fields) = &case.content
        && let Some(field) = wait_field(fields)
    {
        let ident = &field.ident;
        let after = match field.is_optional() {
            true => quote!(*__after),
            false => quote!(::core::option::Option::Some(*__after)),
        };
        return quote!(Self::#variant { #ident: __after, .. } => #after);
    }
    let any = any(case);
    quote!(#any => ::core::option::Option::None)
}

/// The arm of `encode_body`.
fn encode(runtime: &Runtime, case: &Case) -> TokenStream {
    let private = runtime.private();
    let Case { variant, name, .. } = case;
    match &case.content {
        Content::Wrong => {
            let any = any(case);
            quote!(#any => ::core::result::Result::Ok(::std::vec::Vec::new()))
        }
        Content::Nothing => {
            let (summary, class) = (case.summary(), class(runtime, case.class));
            quote! {
                Self::#variant => #private::encode_value(&#private::ErrorResult::new(#name, #summary, #class))
            }
        }
        Content::Text | Content::Standard | Content::Value(_) => {
            quote!(Self::#variant(__value) => #private::encode_value(__value))
        }
        Content::Fields(fields) => {
            let locals: Vec<_> = fields.iter().map(|field| format_ident!("__field_{}", field.ident)).collect();
            let idents = fields.iter().map(|field| &field.ident);
            let members = fields.iter().zip(&locals).map(|(field, local)| {
                let name = field.name();
                match (&field.retry_after, field.is_optional()) {
                    (None, _) => quote!(.member(#name, #local)?),
                    (Some(_), true) => quote!(.retry_after(*#local)),
                    (Some(_), false) => quote!(.retry_after(::core::option::Option::Some(*#local))),
                }
            });
            quote! {
                Self::#variant { #(#idents: #locals),* } => {
                    ::core::result::Result::Ok(#private::Body::new() #(#members)* .finish())
                }
            }
        }
    }
}

/// The arms of `decode` over names.
fn by_name(runtime: &Runtime, errors: &Errors) -> TokenStream {
    let private = runtime.private();
    let arms = errors.cases.iter().map(|case| {
        let Case { variant, name, .. } = case;
        let decoded = match &case.content {
            Content::Wrong => quote!(::core::option::Option::None),
            Content::Nothing => quote!(::core::option::Option::Some(Self::#variant)),
            Content::Text | Content::Standard | Content::Value(_) => {
                quote!(#private::decode_value(__body).map(Self::#variant))
            }
            Content::Fields(fields) => {
                let members = fields.iter().map(|field| {
                    let (ident, name) = (&field.ident, field.name());
                    match (&field.retry_after, field.is_optional()) {
                        (None, _) => quote!(#ident: __received.member(#name)?),
                        (Some(_), true) => quote!(#ident: __received.retry_after()),
                        (Some(_), false) => quote!(#ident: __received.retry_after()?),
                    }
                });
                quote! {{
                    #[allow(unused_mut)]
                    let mut __received = #private::Received::new(__body, __retry_after)?;
                    ::core::option::Option::Some(Self::#variant { #(#members),* })
                }}
            }
        };
        quote!(#name => return #decoded,)
    });
    quote!(#(#arms)*)
}

/// The arms from a status to the name of the only case that has it.
fn by_status(runtime: &Runtime, errors: &Errors) -> TokenStream {
    if !errors.includes.is_empty() {
        let private = runtime.private();
        // Only their types know what statuses included errors have.
        return quote!(#private::only_name_of_status::<Self>(__status)?);
    }
    let only = errors.cases.iter().filter(|case| {
        let status = case.status_number();
        errors.cases.iter().filter(|other| other.status_number() == status).count() == 1
    });
    let arms = only.map(|case| {
        let (status, name) = (case.status_number(), &case.name);
        quote!(#status => #name,)
    });
    quote! {
        match __status {
            #(#arms)*
            _ => return ::core::option::Option::None,
        }
    }
}

/// The first case of a status that can hold a message or holds nothing, made of a message.
fn of_message(runtime: &Runtime, errors: &Errors, status: u16) -> TokenStream {
    let own = errors.cases.iter().enumerate().filter(|(_, case)| case.status_number() == status);
    let own = own.filter_map(|(index, case)| Some((index, own_of_message(runtime, case)?))).next();
    let asked = if status == 401 { quote!(unauthenticated) } else { quote!(forbidden) };
    let before = |index: usize| own.as_ref().is_none_or(|(own, _)| index <= *own);
    let included = errors.includes.iter().filter(|include| before(include.after)).map(|include| {
        let (variant, declared) = (&include.variant, include.declared(runtime));
        quote! {
        if let ::core::option::Option::Some(__error) =
            #declared::#asked(::core::clone::Clone::clone(&__message))
            {
                return ::core::option::Option::Some(Self::#variant(__error));
            }
        }
    });
    let included = quote!(#(#included)*);
    match &own {
        Some((_, own)) => quote!(#included let _ = &__message; #own),
        None => quote!(#included let _ = __message; ::core::option::Option::None),
    }
}

/// A case made of a message, where it can hold one or holds nothing.
fn own_of_message(runtime: &Runtime, case: &Case) -> Option<TokenStream> {
    let private = runtime.private();
    let Case { variant, name, .. } = case;
    let name: &LitStr = name;
    match case.content {
        Content::Nothing => Some(quote!(::core::option::Option::Some(Self::#variant))),
        Content::Text => Some(quote!(::core::option::Option::Some(Self::#variant(__message)))),
        Content::Standard => {
            let class = class(runtime, case.class);
            Some(quote! {
                ::core::option::Option::Some(Self::#variant(#private::ErrorResult::new(#name, __message, #class)))
            })
        }
        Content::Value(_) | Content::Fields(_) | Content::Wrong => None,
    }
}
