//! One call: its request, and the halves of its stream.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use mandovi_websocket::{MessageRef, Role};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::builder::Inner;
use super::credentials::Wanted;
use super::heal::{Calling, Opened, survives, survives_raw};
use super::recipe::{LAST_EVENT_ID, Recipe};
use super::retry::{Attempts, Resume, Unsent};
use super::state::OfCall;
use super::trouble::Trouble;
use crate::auth::{Scheme, Source, is_cookie_text};
use crate::connection::{OutboxSettings, Shared};
use crate::declared::DeclaredError;
use crate::error::{Closed, ConnectError, Failure};
use crate::intercept::{self, Call, End, Innermost, Live, Named, Typed, Whole};
use crate::model::{Location, Verb};
use crate::observe::Observed;
use crate::parameter::Parameter;
use crate::placed::PlacedMember;
use crate::server::Tune;
use crate::stream::{Answer, Incoming, Receiver, Reply, Sender};
use crate::value::{Invalid, Item, Ruled, Rules, Validator, Value, ViewId, Violation};

/// What stands for itself in a path segment or a query value (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A call on its way. Only generated code uses it.
pub struct ClientCall<'a> {
    client: &'a Arc<Inner>,
    recipe: Recipe,
    fixed_view: ViewId,
    /// What the design says of the settings of its connection.
    tune: Option<Tune>,
    /// Where the client has interceptors.
    intercepted: Option<Box<Intercepted>>,
}

/// What interceptors want to know of a call.
struct Intercepted {
    named: Named,
    parameters: Vec<(String, String)>,
    body: Option<Box<dyn Typed>>,
}

impl<'a> ClientCall<'a> {
    pub(super) fn new(
        client: &'a Arc<Inner>,
        service: &'static str,
        method: &'static str,
        verb: Verb,
        path: &'static str,
    ) -> Self {
        let intercepted = client.interceptors.as_ref().map(|stack| {
            let named = Named { service, method, stack: stack.clone() };
            Box::new(Intercepted { named, parameters: Vec::new(), body: None })
        });
        let recipe = Recipe {
            service,
            method,
            verb,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            credentials: Vec::new(),
            body: Bytes::new(),
            violations: Vec::new(),
            resumes: false,
            observed: Observed::departure(&client.metered, || client.target.authority(), service, method),
        };
        Self { client, recipe, fixed_view: ViewId::DEFAULT, tune: None, intercepted }
    }

    /// Holds a parameter against its rules, if there is a value. Nothing is sent where one is broken.
    pub fn rules<T: Ruled>(&mut self, name: &str, value: &T, rules: &Rules<'_>) {
        if let Some(subject) = value.subject() {
            rules.broken(subject, |rule, of, requirement| {
                self.recipe.violations.push(Violation::new(name, rule, of.message(name, &requirement)));
            });
        }
    }

    /// Holds each value of a parameter that is repeated against its rules.
    pub fn rules_of_each<T: Ruled>(&mut self, name: &str, values: &[T], rules: &Rules<'_>) {
        for (index, value) in values.iter().enumerate() {
            self.rules(&format!("{name}[{index}]"), value, rules);
        }
    }

    /// Sets a parameter.
    pub fn parameter<T: Parameter>(&mut self, location: Location, name: &str, value: &T) {
        self.own_rules(value, || name.to_owned());
        self.put(location, name, value);
    }

    /// The rules of the parameter's type.
    fn own_rules<T: Parameter>(&mut self, value: &T, path: impl FnOnce() -> String) {
        let mut validator = Validator::new();
        value.check_rules(&mut validator);
        if !validator.is_empty()
            && let Err(invalid) = validator.finish_at(&path())
        {
            self.recipe.violations.extend(invalid.into_violations());
        }
    }

    fn put<T: Parameter>(&mut self, location: Location, name: &str, value: &T) {
        let text = value.render();
        if let Some(intercepted) = &mut self.intercepted {
            intercepted.parameters.push((name.to_owned(), text.clone()));
        }
        match location {
            Location::Path => {
                if text.is_empty() {
                    self.reject(name, "invalid_length", "must not be empty in a path");
                }
                let encoded = utf8_percent_encode(&text, UNRESERVED).to_string();
                self.recipe.path = self.recipe.path.replace(&format!("{{{name}}}"), &encoded);
            }
            Location::Query => {
                self.recipe.query.push(if self.recipe.query.is_empty() { '?' } else { '&' });
                self.recipe.query.extend(utf8_percent_encode(name, UNRESERVED));
                self.recipe.query.push('=');
                self.recipe.query.extend(utf8_percent_encode(&text, UNRESERVED));
            }
            Location::Cookie if !is_cookie_text(&text) => {
                self.reject(
                    name,
                    "invalid_format",
                    "must be text without control characters, `;`, and white space or quotes around it",
                );
            }
            Location::Cookie => self.append(header::COOKIE, &format!("{name}={text}"), name),
            // It would be lost on the way (RFC 9110 §5.5).
            _ if text.trim_ascii() != text => {
                self.reject(name, "invalid_format", "must be text without white space around it");
            }
            _ => match HeaderName::try_from(name) {
                Ok(header) => self.append(header, &text, name),
                Err(_) => self.reject(name, "invalid_format", "is no header's name"),
            },
        }
    }

    fn append(&mut self, header: HeaderName, text: &str, name: &str) {
        match HeaderValue::try_from(text) {
            Ok(value) => {
                self.recipe.headers.append(header, value);
            }
            Err(_) => self.reject(name, "invalid_format", "must be text without control characters"),
        }
    }

    fn reject(&mut self, name: &str, rule: &'static str, what: &str) {
        self.recipe.violations.push(Violation::new(name, rule, format!("{name} {what}")));
    }

    /// Sets a parameter that may be left out.
    pub fn parameter_optional<T: Parameter>(&mut self, location: Location, name: &str, value: Option<&T>) {
        // It is where a stream goes on, also where nothing is known of it yet.
        self.recipe.resumes |= location == Location::Header && name == LAST_EVENT_ID;
        if let Some(value) = value {
            self.parameter(location, name, value);
        }
    }

    /// Sets a parameter that is repeated.
    pub fn parameter_many<T: Parameter>(&mut self, location: Location, name: &str, values: &[T]) {
        for (index, value) in values.iter().enumerate() {
            self.own_rules(value, || format!("{name}[{index}]"));
            self.put(location, name, value);
        }
    }

    /// Says which credential the method needs; said more than once, any of them.
    pub fn credential<S: Scheme>(&mut self, source: Source) {
        self.recipe.credentials.push(Wanted::of::<S>(source));
    }

    /// Sets the JSON body.
    pub fn body<T: Value>(&mut self, value: &T) {
        let mut json = Vec::new();
        match value.encode_view(ViewId::DEFAULT, &mut json) {
            Ok(()) => {
                if let Some(intercepted) = &mut self.intercepted {
                    // A copy of its own, which they may change.
                    let copy = T::from_json(MessageRef::Binary(&json)).ok();
                    intercepted.body = copy.map(|copy| Whole::boxed(copy, ViewId::DEFAULT));
                }
                self.recipe.body = json.into();
            }
            Err(invalid) => self.recipe.violations.extend(invalid.into_violations()),
        }
    }

    /// The design says something of the settings of its connection: of the heartbeat, which both sides keep.
    pub fn tune(&mut self, tune: Tune) {
        self.tune = Some(tune);
    }

    /// The design fixes the view of what the server sends.
    pub fn fixed_view(&mut self, view: ViewId) {
        self.fixed_view = view;
    }

    /// Calls a plain method.
    ///
    /// # Errors
    /// What the server answers, or that it cannot be reached.
    pub async fn unary<R: Answer, E: DeclaredError>(self) -> Result<R, Failure<E>> {
        self.intercepted_unary(|view, _, body| match R::empty() {
            Some(answer) => Ok(answer),
            None => R::decode_answer(view, MessageRef::Binary(body)),
        })
        .await
    }

    /// Calls a plain method, some of whose result travels in the head of the answer.
    ///
    /// # Errors
    /// What the server answers, or that it cannot be reached.
    pub async fn unary_with<R: Value, E: DeclaredError>(
        self,
        members: &'static [PlacedMember],
    ) -> Result<R, Failure<E>> {
        self.intercepted_unary(|_, headers, body| {
            let body = crate::placed::put_back::<R>(body, members, headers)?;
            R::from_json(MessageRef::Binary(&body))
        })
        .await
    }

    /// Through the interceptors, if there are any. `decode` makes a result of an answer that went well.
    async fn intercepted_unary<R: Answer, E: DeclaredError>(
        mut self,
        decode: impl FnOnce(ViewId, &HeaderMap, &Bytes) -> Result<R, Invalid> + Send,
    ) -> Result<R, Failure<E>> {
        let view = self.fixed_view;
        let Some(intercepted) = self.intercepted.take() else {
            let (head, body) = self.answered::<E>().await?;
            return Ok(decode(view, &head.headers, &body)?);
        };
        let (live, body, headers) = self.begin(*intercepted);
        let last: Innermost<'_> = Box::new(move |call| {
            self.changed_by(call);
            Box::pin(async move {
                let (head, body) = self.answered::<E>().await?;
                let result = decode(view, &head.headers, &body).map_err(Failure::<E>::from)?;
                Ok(Some(Whole::boxed(result, view)))
            })
        });
        let outcome = intercept::around(&live, body, Some(headers), last).await;
        live.end(&End::of(&outcome));
        outcome
    }

    /// What interceptors know of the call, its body, and its headers.
    fn begin(&mut self, intercepted: Intercepted) -> (Arc<Live>, Option<Box<dyn Typed>>, HeaderMap) {
        let Intercepted { named, parameters, body } = intercepted;
        (named.begin(None, parameters), body, std::mem::take(&mut self.recipe.headers))
    }

    /// Takes back what interceptors may have changed.
    fn changed_by(&mut self, call: &mut Call) {
        self.recipe.headers = call.take_headers();
        match call.changed_body() {
            None => {}
            Some(Ok(json)) => self.recipe.body = json.into(),
            Some(Err(invalid)) => self.recipe.violations.extend(invalid.into_violations()),
        }
    }

    /// The answer to a plain method that went well.
    async fn answered<E: DeclaredError>(self) -> Result<(http::response::Parts, Bytes), Failure<E>> {
        let limit = Some(self.client.settings.handshake_timeout);
        let calling = Calling {
            client: Arc::clone(self.client),
            recipe: self.recipe,
            tune: self.tune,
            limit,
            sends: false,
            one_answer: true,
            survives: None,
            of_call: None,
        };
        calling.answered().await.map_err(Trouble::into_failure)
    }

    /// Opens a bidirectional stream.
    ///
    /// # Errors
    /// What the server refuses with, or that it cannot be reached.
    pub async fn bidirectional<T: Item, U: Item, E: DeclaredError>(
        self,
    ) -> Result<(Sender<T>, Receiver<U, Failure<E>>), Failure<E>> {
        let open = self.open::<U, E>(Shape::Both).await?;
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT).intercepted(open.live.clone());
        let receiver = open.receiver(open.view);
        open.start();
        Ok((sender, receiver))
    }

    /// Opens a client stream.
    ///
    /// # Errors
    /// What the server refuses with, or that it cannot be reached.
    pub async fn client_streaming<T: Item, R: Answer, E: DeclaredError>(
        self,
    ) -> Result<(Sender<T>, Reply<R, E>), Failure<E>> {
        let open = self.open::<T, E>(Shape::Upload).await?;
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT).intercepted(open.live.clone());
        let reply = Reply::new(Incoming::new(Arc::clone(&open.shared)), open.view).intercepted(open.live.clone());
        open.start();
        Ok((sender, reply))
    }

    /// Opens a server stream. Waits for the answer without a limit: a Goa server gives it with its first event.
    ///
    /// # Errors
    /// What the server refuses with, or that it cannot be reached.
    pub async fn server_streaming<U: Item, E: DeclaredError>(self) -> Result<Receiver<U, Failure<E>>, Failure<E>> {
        self.server_streaming_in(|_| Some(ViewId::DEFAULT)).await
    }

    /// The same, where the caller chose the view: `views` knows the names that `goa-view` may hold.
    ///
    /// # Errors
    /// As [`server_streaming`](Self::server_streaming), and when the server answers with a view that the design does not have.
    pub async fn server_streaming_in<U: Item, E: DeclaredError>(
        self,
        views: impl FnOnce(&str) -> Option<ViewId>,
    ) -> Result<Receiver<U, Failure<E>>, Failure<E>> {
        let open = self.open::<U, E>(Shape::Receive).await?;
        let view = match open.opened.view_name.as_deref() {
            None | Some("") => open.view,
            Some(name) => views(name)
                .ok_or_else(|| ConnectError::message("the server answers in a view that the design does not have"))?,
        };
        let receiver = open.receiver(view);
        open.start();
        Ok(receiver)
    }

    /// The opening handshake, with the interceptors around it. `T`: what tells where the stream goes on.
    async fn open<T: Item, E: DeclaredError>(mut self, shape: Shape) -> Result<Open, Failure<E>> {
        let Some(intercepted) = self.intercepted.take() else { return self.open_alone::<T, E>(shape).await };
        let (live, _, headers) = self.begin(*intercepted);
        let mut open = None;
        let slot = &mut open;
        let last: Innermost<'_> = Box::new(move |call| {
            self.changed_by(call);
            Box::pin(async move {
                *slot = Some(self.open_alone::<T, E>(shape).await?);
                Ok(None)
            })
        });
        intercept::around::<(), E>(&live, None, Some(headers), last).await?;
        // An interceptor may have made a success of a failure, but there is no stream then.
        let open = open.ok_or_else(|| Failure::internal("an interceptor hid that the stream is not open"))?;
        Ok(Open { live: Some(live), ..open })
    }

    async fn open_alone<T: Item, E: DeclaredError>(self, shape: Shape) -> Result<Open, Failure<E>> {
        let client = self.client;
        let sends = shape != Shape::Receive;
        let resumes = self.recipe.resumes && !sends;
        let watched = client.retry.is_some() || client.on_event.is_some();
        let of_call = watched.then(|| OfCall::new::<T>(resumes));
        let goes_on = match client.resume {
            _ if sends => client.unsent == Unsent::Keep,
            Resume::Always => true,
            Resume::WithLastId => of_call.as_ref().is_some_and(|of_call| of_call.resumes()),
            Resume::Never => false,
        };
        let survives: fn(&Closed) -> bool = if T::RAW { survives_raw } else { survives };
        let calling = Calling {
            client: Arc::clone(client),
            recipe: self.recipe,
            tune: self.tune,
            limit: sends.then_some(client.settings.handshake_timeout),
            sends,
            one_answer: shape == Shape::Upload,
            survives: (client.retry.is_some() && goes_on).then_some(survives),
            of_call,
        };
        let mut attempts = calling.attempts();
        let opened = calling.open(&mut attempts).await.map_err(Trouble::into_failure)?;
        let shared = Shared::with_deflate(Role::Client, OutboxSettings::from(&client.settings), opened.agreement);
        Ok(Open { calling, attempts, opened, shared, view: self.fixed_view, live: None })
    }
}

impl fmt::Debug for ClientCall<'_> {
    /// Without parameters, headers and body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCall").field("verb", &self.recipe.verb).finish_non_exhaustive()
    }
}

/// Which halves a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Receive,
    /// Its receiving half is one answer.
    Upload,
    Both,
}

/// A stream whose handshake is done and whose halves are not made yet.
struct Open {
    calling: Calling,
    attempts: Attempts,
    opened: Opened,
    shared: Arc<Shared>,
    view: ViewId,
    live: Option<Arc<Live>>,
}

impl Open {
    fn receiver<U: Item, E: DeclaredError>(&self, view: ViewId) -> Receiver<U, Failure<E>> {
        Receiver::new(Incoming::new(Arc::clone(&self.shared)), view)
            .intercepted(self.live.clone())
            .of_call(self.calling.of_call.clone())
    }

    /// Starts the connection, once the halves exist that keep it alive.
    fn start(self) {
        self.calling.start(self.opened, self.attempts, self.shared);
    }
}
