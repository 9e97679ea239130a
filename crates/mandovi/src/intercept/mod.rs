//! Interceptors: one piece of code around every call and every message of a service, on a server and on a client.
//!
//! An [`Interceptor`] sees typed values, not HTTP and not bytes; what is about HTTP stays a tower layer. A server gets one
//! with `ChatterServer::new(chat).intercept(Audit)`, a client with `ChatterClient::builder(url).intercept(Trace)`. Of several
//! the one registered first is the outermost: it sees a call and what is sent before the others, and what is received
//! and how a call ended after them.
//!
//! ```
//! use mandovi::intercept::{Call, CallInfo, Fault, InFlight, Interceptor, Next, NextSend};
//! use mandovi::prelude::*;
//!
//! /// Tells how long calls take, and how long messages wait for room.
//! struct Timing;
//!
//! impl Interceptor for Timing {
//!     async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
//!         let outcome = next.run(call).await;
//!         println!("{}.{} ran for {:?}", call.service(), call.method(), call.elapsed());
//!         outcome
//!     }
//!
//!     async fn sending(
//!         &self,
//!         call: &CallInfo,
//!         message: &mut InFlight<'_>,
//!         next: NextSend<'_>,
//!     ) -> Result<(), StreamError> {
//!         let started = std::time::Instant::now();
//!         next.send(message).await?;
//!         println!("{} waited for {:?}", call.method(), started.elapsed());
//!         Ok(())
//!     }
//! }
//!
//! # #[service]
//! # pub trait Echo {
//! #     #[get("/echo")]
//! #     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
//! # }
//! fn server(echo: impl Echo) -> mandovi::axum::Router {
//!     EchoServer::new(echo).intercept(Timing).into_router()
//! }
//! ```
//!
//! - `call`: what is known of a call, and the way around it. `end`: how it ended.
//! - `message`: one message on its way. `refused`: how an interceptor says no.

mod call;
mod end;
mod message;
mod refused;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use self::call::{Call, CallInfo, Next, Side};
pub(crate) use self::call::{Innermost, Named, around, fault_of};
pub(crate) use self::end::Live;
pub use self::end::{End, Fault};
pub(crate) use self::message::{Arrived, Interception, Last, Typed, Whole, send};
pub use self::message::{InFlight, NextSend};
pub use self::refused::Refused;
use crate::error::StreamError;

/// Code around every call and every message of a service, on a server or a client. Every method does nothing unless it is
/// written.
///
/// It runs where the call runs: on a server after the caller is verified and the parameters and the body are read, in the
/// method's own task; on a client in the task that awaits. What it sees of a call that the framework itself refuses (400, 401,
/// 403, a route that is none) is nothing on the server: that is about HTTP, and a tower layer sees it.
///
/// A panic in it is a panic of the method or the caller that it runs for: it ends that call and no other.
pub trait Interceptor: Send + Sync + 'static {
    /// Around a call. [`next.run(call)`](Next::run) goes on to the next interceptor and in the end to the method; not to run it
    /// refuses the call.
    ///
    /// On a server it lasts as long as the method, and what it answers is what the caller sees. Until it has run `next` a stream
    /// is not open: a refusal is an HTTP answer, and more than
    /// [`Settings::handshake_timeout`](crate::Settings::handshake_timeout) is a 504. On a client it lasts until a plain call is
    /// answered or a stream is open.
    ///
    /// # Errors
    /// Why the call does not succeed: what `next` answered, or a refusal of its own.
    ///
    /// # Cancel safety
    /// It is dropped with the call: when a caller leaves, when a client does not wait. What must always be seen belongs into
    /// [`ended`](Self::ended).
    fn call(&self, call: &mut Call, next: Next<'_>) -> impl Future<Output = Result<(), Fault>> + Send {
        next.run(call)
    }

    /// Around a message that is sent: a value on a stream, or the one answer of a client stream.
    /// [`next.send(message)`](NextSend::send) goes on to the next interceptor, and in the end waits for room and queues it.
    ///
    /// The message may be changed before. It is held against the design after the last interceptor, when it is encoded.
    ///
    /// # Errors
    /// What `next` answered, or a [`Refused`]: the `send` fails with it and nothing is sent. To answer `Ok` without
    /// `next` is a mistake, and the `send` fails as well: nothing is lost in silence.
    ///
    /// # Cancel safety
    /// It is dropped with the `send`. A message is queued whole in `next` or not at all.
    fn sending(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
        next: NextSend<'_>,
    ) -> impl Future<Output = Result<(), StreamError>> + Send {
        let _ = call;
        next.send(message)
    }

    /// On a message that was received and is valid, before it is handed out. It may be changed, and is then held against
    /// the design again.
    ///
    /// # Errors
    /// A [`Refused`]: the `recv` fails with it in the message's place, and the stream goes on.
    ///
    /// # Cancel safety
    /// A dropped `recv` does not drop it: the next `recv` goes on where it was, and the message is not lost.
    fn received(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
    ) -> impl Future<Output = Result<(), StreamError>> + Send {
        let _ = (call, message);
        Pass
    }

    /// A call is over, whatever came of it: exactly once for each call that came to this interceptor's service, also where its
    /// futures were dropped or panicked. On a client a stream is over when its last half is dropped.
    ///
    /// It must not block.
    fn ended(&self, call: &CallInfo, end: &End) {
        let _ = (call, end);
    }
}

/// `Ok`, of no size, so that the box around it is no allocation.
struct Pass;

impl Future for Pass {
    type Output = Result<(), StreamError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(()))
    }
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An interceptor whose type is forgotten.
trait Erased: Send + Sync {
    fn call<'a, 'n: 'a>(&'a self, call: &'a mut Call, next: Next<'n>) -> Boxed<'a, Result<(), Fault>>;
    fn sending<'a>(
        &'a self,
        call: &'a CallInfo,
        message: &'a mut InFlight<'_>,
        next: NextSend<'a>,
    ) -> Boxed<'a, Result<(), StreamError>>;
    fn received<'a>(&'a self, call: &'a CallInfo, message: &'a mut InFlight<'_>) -> Boxed<'a, Result<(), StreamError>>;
    fn ended(&self, call: &CallInfo, end: &End);
}

impl<I: Interceptor> Erased for I {
    fn call<'a, 'n: 'a>(&'a self, call: &'a mut Call, next: Next<'n>) -> Boxed<'a, Result<(), Fault>> {
        Box::pin(Interceptor::call(self, call, next))
    }

    fn sending<'a>(
        &'a self,
        call: &'a CallInfo,
        message: &'a mut InFlight<'_>,
        next: NextSend<'a>,
    ) -> Boxed<'a, Result<(), StreamError>> {
        Box::pin(Interceptor::sending(self, call, message, next))
    }

    fn received<'a>(&'a self, call: &'a CallInfo, message: &'a mut InFlight<'_>) -> Boxed<'a, Result<(), StreamError>> {
        Box::pin(Interceptor::received(self, call, message))
    }

    fn ended(&self, call: &CallInfo, end: &End) {
        Interceptor::ended(self, call, end);
    }
}

/// The interceptors of a server or a client, the outermost first. Only generated code uses it.
#[doc(hidden)]
#[derive(Clone, Default)]
pub struct Stack(Vec<Arc<dyn Erased>>);

impl Stack {
    /// Adds one inside of those that are there.
    pub fn push(&mut self, interceptor: impl Interceptor) {
        self.0.push(Arc::new(interceptor));
    }

    /// The same to share, if there is any.
    pub(crate) fn shared(self) -> Option<Shared> {
        (!self.0.is_empty()).then(|| Shared(self.0.into()))
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({})", self.0.len())
    }
}

/// At least one interceptor.
#[derive(Clone)]
pub(crate) struct Shared(Arc<[Arc<dyn Erased>]>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hook may lend what it sees to async functions of its own.
    #[test]
    fn what_hooks_see_can_be_lent_across_an_await() {
        fn lent<T: Send + Sync>() {}
        lent::<Call>();
        lent::<CallInfo>();
        lent::<InFlight<'_>>();
        lent::<Fault>();
        lent::<Refused>();
        lent::<End>();
    }

    #[test]
    fn a_refusal_that_says_when_to_come_back_is_classed_by_that() {
        use crate::class::ErrorClass;

        let busy = Refused::new(503, "busy", "");
        assert_eq!(Fault::from(busy.clone()).class(), ErrorClass::Recoverable);
        let later = busy.retry_after(std::time::Duration::from_secs(1));
        assert_eq!(Fault::from(later).class(), ErrorClass::Exhausted);
    }

    #[test]
    fn a_fault_is_an_error_with_its_source() {
        let fault = Fault::internal("the log is full");
        assert_eq!((fault.status(), fault.name()), (Some(500), "fault"));
        let error: Box<dyn std::error::Error + Send + Sync> = fault.into();
        assert!(error.source().is_some());
    }
}
