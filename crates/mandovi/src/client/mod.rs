//! The client: from a typed call to a connection, and from what the server answers to a value or a failure.
//!
//! - `builder`: where the server is and who calls.
//! - `call`: one call's request, its answer, and the halves of its stream.
//! - `credentials`: what a client can show, and which of it a method takes.
//! - `dial`: the transport and the HTTP exchange on it.
//! - `answer`: what refusals and close frames mean.

mod answer;
mod builder;
mod call;
mod credentials;
mod dial;
mod handler;
mod token;

pub(crate) use answer::ended;
#[doc(hidden)]
pub use builder::Connect;
pub use builder::{BuildError, Client, ClientBuilder};
#[doc(hidden)]
pub use call::ClientCall;
pub(crate) use handler::spawn;
pub use token::{TokenFuture, TokenProvider};
