//! What is known of a call, and the way around it.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Extensions, HeaderMap};
use tokio::time::Instant;

use super::end::Guard;
use super::message::Typed;
use super::{Boxed, End, Erased, Fault, Live, Shared, Whole};
use crate::context::{Context, next_id};
use crate::declared::DeclaredError;
use crate::error::{Failure, Outcome};
use crate::parameter::Parameter;
use crate::stream::Answer;
use crate::value::{Invalid, ViewId};

/// On which side an interceptor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It serves the call.
    Server,
    /// It makes the call.
    Client,
}

/// What every hook may know of the call that it runs for. Cheap to clone.
#[derive(Clone)]
pub struct CallInfo(Arc<Info>);

struct Info {
    service: &'static str,
    method: &'static str,
    id: u64,
    /// On a server.
    context: Option<Context>,
    parameters: Vec<(String, String)>,
    started: Instant,
    sent: Traffic,
    received: Traffic,
    extensions: Mutex<Extensions>,
}

#[derive(Default)]
struct Traffic {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Traffic {
    fn add(&self, bytes: usize) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl CallInfo {
    /// The trait's name, such as `Chatter`.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// The method's name, as in the trait.
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// On which side this is.
    pub fn side(&self) -> Side {
        if self.0.context.is_some() { Side::Server } else { Side::Client }
    }

    /// A number for the call, unique in this process; on a server that of [`Context::id`].
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// On a server, what the method may know about the connection: headers, peer, dialect.
    pub fn context(&self) -> Option<&Context> {
        self.0.context.as_ref()
    }

    /// On a server, the verified caller, if the method's scheme proves one of this type.
    pub fn principal<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.context()?.principal()
    }

    /// A parameter by its name on the wire, as what the method takes; of a repeated one the first. `None` where it was
    /// left out, has no default, or is no `T`.
    pub fn parameter<T: Parameter>(&self, name: &str) -> Option<T> {
        let (_, text) = self.0.parameters.iter().find(|(known, _)| known == name)?;
        T::parse(text).ok()
    }

    /// How long the call lasts: on a server since its parameters and body were read, on a client since it was made.
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// How many messages were queued on the stream by this side.
    pub fn messages_sent(&self) -> u64 {
        self.0.sent.messages.load(Ordering::Relaxed)
    }

    /// Bytes of payload in them, before compression.
    pub fn bytes_sent(&self) -> u64 {
        self.0.sent.bytes.load(Ordering::Relaxed)
    }

    /// How many messages were taken from the stream by this side, the invalid ones among them.
    pub fn messages_received(&self) -> u64 {
        self.0.received.messages.load(Ordering::Relaxed)
    }

    /// Bytes of payload in them, after decompression.
    pub fn bytes_received(&self) -> u64 {
        self.0.received.bytes.load(Ordering::Relaxed)
    }

    /// Keeps a value of an interceptor's own with the call, for its other hooks and for other interceptors. One for each type.
    pub fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.extensions().insert(value);
    }

    /// A copy of the value of that type that was kept with the call.
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.extensions().get().cloned()
    }

    fn extensions(&self) -> std::sync::MutexGuard<'_, Extensions> {
        self.0.extensions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_sent(&self, bytes: usize) {
        self.0.sent.add(bytes);
    }

    pub(crate) fn count_received(&self, bytes: usize) {
        self.0.received.add(bytes);
    }
}

impl fmt::Debug for CallInfo {
    /// Without parameters and what is kept with it, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallInfo")
            .field("service", &self.service())
            .field("method", &self.method())
            .field("side", &self.side())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// A method of a service that has interceptors.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) stack: Shared,
}

impl Named {
    /// A call begins. `context`: on a server.
    pub(crate) fn begin(&self, context: Option<Context>, parameters: Vec<(String, String)>) -> Arc<Live> {
        let info = CallInfo(Arc::new(Info {
            service: self.service,
            method: self.method,
            id: context.as_ref().map_or_else(next_id, Context::id),
            context,
            parameters,
            started: Instant::now(),
            sent: Traffic::default(),
            received: Traffic::default(),
            extensions: Mutex::default(),
        }));
        Arc::new(Live::new(self.stack.clone(), info))
    }
}

/// A call, for the interceptors around it: everything of [`CallInfo`], and the body and the result of a plain method.
pub struct Call {
    info: CallInfo,
    body: Option<Box<dyn Typed>>,
    result: Option<Box<dyn Typed>>,
    headers: Option<HeaderMap>,
    ran: bool,
}

impl Call {
    /// The body of a plain method, before it has run, if it is a `T`.
    pub fn body<T: 'static>(&self) -> Option<&T> {
        self.body.as_ref()?.as_any().downcast_ref()
    }

    /// The same to change. What the method gets, or the server, is held against the design again.
    pub fn body_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.body.as_mut()?.as_any_mut()?.downcast_mut()
    }

    /// The body as JSON, whatever its type; `None` where there is none.
    pub fn body_json(&self) -> Option<serde_json::Value> {
        self.body.as_ref()?.json()
    }

    /// What a plain method answered, after it has run, if it is a `T`.
    pub fn result<T: 'static>(&self) -> Option<&T> {
        self.result.as_ref()?.as_any().downcast_ref()
    }

    /// The same to change. A server holds it against the design when it is encoded.
    pub fn result_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.result.as_mut()?.as_any_mut()?.downcast_mut()
    }

    /// The result as JSON, whatever its type; `None` where there is none.
    pub fn result_json(&self) -> Option<serde_json::Value> {
        self.result.as_ref()?.json()
    }

    /// Answers a plain call in the method's place, as from a cache. It must be what the method answers; anything else is an
    /// internal failure.
    pub fn answer<T: Answer>(&mut self, value: T) {
        self.result = Some(Whole::boxed(value, ViewId::DEFAULT));
        self.ran = true;
    }

    /// On a client, headers of the request that is about to be made, such as the identity of a trace.
    pub fn headers_mut(&mut self) -> Option<&mut HeaderMap> {
        self.headers.as_mut()
    }

    /// The same as what the hooks of messages see, to keep.
    pub fn info(&self) -> &CallInfo {
        &self.info
    }

    /// Takes the headers, for the request.
    pub(crate) fn take_headers(&mut self) -> HeaderMap {
        self.headers.take().unwrap_or_default()
    }

    /// The body as JSON, where an interceptor may have changed it.
    pub(crate) fn changed_body(&self) -> Option<Result<Vec<u8>, Invalid>> {
        self.body.as_ref()?.changed_json()
    }

    /// The body for the method.
    pub(crate) fn take_body<T: Answer>(&mut self) -> Result<T, Fault> {
        if let Some(Err(invalid)) = self.changed_body() {
            return Err(Fault::internal(invalid));
        }
        take(&mut self.body).ok_or_else(|| Fault::internal("the body is gone"))
    }
}

fn take<T: Answer>(slot: &mut Option<Box<dyn Typed>>) -> Option<T> {
    let any: Box<dyn Any> = slot.take()?.into_any();
    any.downcast::<Whole<T>>().ok().map(|whole| whole.value)
}

impl Deref for Call {
    type Target = CallInfo;

    fn deref(&self) -> &CallInfo {
        &self.info
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.info).finish()
    }
}

/// What comes after the last interceptor: it takes what it needs from the call, and answers the result.
pub(crate) type Innermost<'a> =
    Box<dyn FnOnce(&mut Call) -> Boxed<'a, Result<Option<Box<dyn Typed>>, Fault>> + Send + 'a>;

/// The rest of the way to a method.
#[must_use = "a call that is not run is refused"]
pub struct Next<'a> {
    rest: &'a [Arc<dyn Erased>],
    last: Innermost<'a>,
}

impl Next<'_> {
    /// Runs the other interceptors and the method; on a client, makes the call.
    ///
    /// # Errors
    /// Why it did not succeed.
    ///
    /// # Cancel safety
    /// Dropping the future drops the call.
    pub async fn run(self, call: &mut Call) -> Result<(), Fault> {
        match self.rest.split_first() {
            Some((first, rest)) => first.call(call, Next { rest, last: self.last }).await,
            None => {
                call.ran = true;
                call.result = None;
                let ran = (self.last)(call);
                call.result = ran.await?;
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("interceptors", &self.rest.len()).finish_non_exhaustive()
    }
}

/// Runs a call with its interceptors around it.
pub(crate) async fn around<'a, R: Answer, E: DeclaredError>(
    live: &'a Live,
    body: Option<Box<dyn Typed>>,
    headers: Option<HeaderMap>,
    last: Innermost<'a>,
) -> Outcome<R, E> {
    let mut call = Call { info: live.info.clone(), body, result: None, headers, ran: false };
    let outcome = match run(live, &mut call, last).await {
        Err(fault) => Err(fault.into_failure()),
        Ok(()) => match take(&mut call.result).or_else(R::empty) {
            Some(result) => Ok(result),
            None => Err(Failure::internal("an interceptor answered with another type than the method's")),
        },
    };
    if let Err(failure) = &outcome {
        live.note(|| End::of_failure(failure));
    }
    outcome
}

/// The part that is the same for all types. A future that is dropped tells the end of its call.
async fn run<'a>(live: &'a Live, call: &mut Call, last: Innermost<'a>) -> Result<(), Fault> {
    let guard = Guard(live);
    let outcome = Next { rest: &live.stack.0, last }.run(call).await;
    std::mem::forget(guard);
    outcome?;
    if call.ran { Ok(()) } else { Err(Fault::internal("an interceptor neither ran the call nor refused it")) }
}

/// A failure of a method on its way through the interceptors.
pub(crate) fn fault_of<E: DeclaredError>(failure: Failure<E>) -> Fault {
    match failure {
        // As what the method declares, where it passes on what `recv` told it.
        Failure::Stream(crate::StreamError::Refused(refused)) => refused.into_failure::<E>().into(),
        failure => failure.into(),
    }
}
