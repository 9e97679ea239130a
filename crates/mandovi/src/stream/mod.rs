//! The typed halves of a stream, as users hold them: [`Receiver`], [`Sender`], [`Reply`], and the raw [`Message`].
//!
//! They share nothing but the connection's `Shared`, work the same in the handler and in any other task, and encode and
//! decode outside of every lock.

mod incoming;
mod message;
mod receiver;
mod reply;
mod sender;
mod wire;

pub(crate) use incoming::{Incoming, OutboxKey};
pub use message::Message;
pub use receiver::{ReceiveError, Receiver, Recv, RecvRef};
pub use reply::{Answer, Reply};
pub(crate) use sender::{Encoded, refuse_null};
pub use sender::{Outgoing, Permit, Reserve, Send, Sender};
#[doc(hidden)]
pub use wire::Wire;
