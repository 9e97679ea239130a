//! What a service must keep beyond its syntax: one small check for each rule, each with its reason.
//!
//! - `signature`: the trait, and what can be said of a method by itself.
//! - `method`: a method against its service, and its arguments against each other.
//! - `arguments`: what stands in `#[service(..)]`, and the methods against each other.

mod arguments;
mod method;
mod signature;

pub(super) use self::{
    arguments::{arguments, default_auth, routes_are_unique},
    method::method,
    signature::{captures, contract, signature},
};
