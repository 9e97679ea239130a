//! The client: from a typed call to a connection, and from what the server answers to a value or a failure.
//!
//! - `builder`: where the server is and who calls.
//! - `call`: one call's request, its answer, and the halves of its stream.
//! - `credentials`: what a client can show, and which of it a method takes.
//! - `recipe`: a request that can be made again.
//! - `dial`: the transport and the HTTP exchange on it; `pool`: idle connections, for plain calls.
//! - `heal`: a call through its attempts, and a broken stream that goes on; `trouble`: why an attempt failed; `retry`: when there is
//!   another; `state`: what is told of it.
//! - `answer`: what refusals and close frames mean.

mod answer;
mod builder;
mod call;
mod credentials;
mod dial;
mod handler;
mod heal;
mod pool;
mod recipe;
mod retry;
mod state;
#[cfg(all(test, not(mandovi_loom)))]
mod tests;
mod token;
mod trouble;

pub(crate) use answer::ended;
#[doc(hidden)]
pub use builder::Connect;
pub use builder::{BuildError, Client, ClientBuilder};
#[doc(hidden)]
pub use call::ClientCall;
pub(crate) use handler::spawn;
pub use retry::{Resume, Retry, Unsent};
pub(crate) use state::OfCall;
pub use state::{CallState, CallStates, ClientEvent};
pub use token::{TokenFuture, TokenProvider};
