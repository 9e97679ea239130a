//! The attributes of a Mandovi design: `#[service]`, `#[message]` and `#[errors]`.
//!
//! Each goes the same way: its syntax is parsed into a plain description, small named checks look at the description, and
//! the description is expanded. Every mistake found on the way is reported, and whatever is right is expanded nonetheless,
//! so that one mistake makes one message. The expansion names nothing but full paths into the `mandovi` crate.
//!
//! This file only dispatches. What users need to know stands on the re-exports of the `mandovi` crate, where examples can
//! use it.

mod diagnostics;
mod errors;
mod message;
mod rules;
mod runtime;
mod service;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use crate::runtime::Runtime;

/// Makes a trait the contract of a service. See `mandovi::service`.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::expand(&Runtime::find(), arguments.into(), item.into()).into()
}

/// Makes a struct or an enum a value of a design. See `mandovi::message`.
#[proc_macro_attribute]
pub fn message(arguments: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(&Runtime::find(), arguments.into(), item.into()).into()
}

/// Makes an enum the declared errors of a design. See `mandovi::errors`.
#[proc_macro_attribute]
pub fn errors(arguments: TokenStream, item: TokenStream) -> TokenStream {
    errors::expand(&Runtime::find(), arguments.into(), item.into()).into()
}
