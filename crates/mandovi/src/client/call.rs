//! One call: its request, and the halves of its stream.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use mandovi_websocket::{MessageRef, Role, handshake};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::refused;
use super::builder::{Inner, Target};
use super::credentials::Wanted;
use super::dial::exchange;
use crate::auth::{ClientHead, Scheme, Source, is_cookie_text};
use crate::connection::{Io, OutboxSettings, Shared};
use crate::declared::DeclaredError;
use crate::error::{Closed, ConnectError, Failure, Initiator};
use crate::intercept::{self, Call, End, Innermost, Live, Named, Typed, Whole};
use crate::model::{Location, Verb};
use crate::observe::{Observed, Outcome};
use crate::parameter::Parameter;
use crate::placed::PlacedMember;
use crate::server::Tune;
use crate::stream::{Answer, Incoming, Receiver, Reply, Sender};
use crate::value::{Invalid, Item, Ruled, Rules, Validator, Value, ViewId, Violation};
use mandovi_websocket::CloseCode;

/// What stands for itself in a path segment or a query value (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The longest answer that is read when it is not a stream, in bytes.
const REFUSAL_MAX: usize = 64 * 1024;

/// A call on its way. Only generated code uses it.
pub struct ClientCall<'a> {
    client: &'a Arc<Inner>,
    verb: Verb,
    path: String,
    query: String,
    headers: HeaderMap,
    /// The schemes of which the method takes any.
    credentials: Vec<Wanted>,
    body: Option<Vec<u8>>,
    fixed_view: ViewId,
    violations: Vec<Violation>,
    /// What the design says of the settings of its connection.
    tune: Option<Tune>,
    /// Where the client has interceptors.
    intercepted: Option<Box<Intercepted>>,
    observed: Observed,
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
        Self {
            client,
            verb,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            credentials: Vec::new(),
            body: None,
            fixed_view: ViewId::DEFAULT,
            violations: Vec::new(),
            tune: None,
            intercepted,
            observed: Observed::departure(&client.metered, || client.target.authority(), service, method),
        }
    }

    /// Holds a parameter against its rules, if there is a value. Nothing is sent where one is broken.
    pub fn rules<T: Ruled>(&mut self, name: &str, value: &T, rules: &Rules<'_>) {
        if let Some(subject) = value.subject() {
            rules.broken(subject, |rule, of, requirement| {
                self.violations.push(Violation::new(name, rule, of.message(name, &requirement)));
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
            self.violations.extend(invalid.into_violations());
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
                self.path = self.path.replace(&format!("{{{name}}}"), &encoded);
            }
            Location::Query => {
                self.query.push(if self.query.is_empty() { '?' } else { '&' });
                self.query.extend(utf8_percent_encode(name, UNRESERVED));
                self.query.push('=');
                self.query.extend(utf8_percent_encode(&text, UNRESERVED));
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
                self.headers.append(header, value);
            }
            Err(_) => self.reject(name, "invalid_format", "must be text without control characters"),
        }
    }

    fn reject(&mut self, name: &str, rule: &'static str, what: &str) {
        self.violations.push(Violation::new(name, rule, format!("{name} {what}")));
    }

    /// Sets a parameter that may be left out.
    pub fn parameter_optional<T: Parameter>(&mut self, location: Location, name: &str, value: Option<&T>) {
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
        self.credentials.push(Wanted::of::<S>(source));
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
                self.body = Some(json);
            }
            Err(invalid) => self.violations.extend(invalid.into_violations()),
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
        (named.begin(None, parameters), body, std::mem::take(&mut self.headers))
    }

    /// Takes back what interceptors may have changed.
    fn changed_by(&mut self, call: &mut Call) {
        self.headers = call.take_headers();
        match call.changed_body() {
            None => {}
            Some(Ok(json)) => self.body = Some(json),
            Some(Err(invalid)) => self.violations.extend(invalid.into_violations()),
        }
    }

    /// The answer to a plain method that went well.
    async fn answered<E: DeclaredError>(self) -> Result<(http::response::Parts, Bytes), Failure<E>> {
        let (client, observed) = (Arc::clone(self.client), self.observed.clone());
        let exchanged = async {
            let request = self.request(None).await?;
            let (parts, body) = exchange(&client, request).await?.into_parts();
            let max = if parts.status.is_success() { client.settings.max_message_size } else { REFUSAL_MAX };
            let body = read(body, max).await?;
            Ok::<_, Failure<E>>((parts, body))
        };
        let exchanged = within(Some(client.settings.handshake_timeout), exchanged);
        let (parts, body) = match observed.within(exchanged).await {
            Ok(answer) => answer,
            Err(failure) => {
                observed.called(Outcome::Failed);
                return Err(failure);
            }
        };
        observed.answered(parts.status);
        if !parts.status.is_success() {
            observed.called(Outcome::Refused);
            return Err(refused(parts.status, &parts.headers, &body));
        }
        observed.called(Outcome::Ok);
        Ok((parts, body))
    }

    /// Opens a bidirectional stream.
    ///
    /// # Errors
    /// What the server refuses with, or that it cannot be reached.
    pub async fn bidirectional<T: Item, U: Item, E: DeclaredError>(
        self,
    ) -> Result<(Sender<T>, Receiver<U, Failure<E>>), Failure<E>> {
        let limit = Some(self.client.settings.handshake_timeout);
        let open = self.open(limit).await?;
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT).intercepted(open.live.clone());
        let receiver = Receiver::new(Incoming::new(Arc::clone(&open.shared)), open.view).intercepted(open.live.clone());
        open.start(true);
        Ok((sender, receiver))
    }

    /// Opens a client stream.
    ///
    /// # Errors
    /// What the server refuses with, or that it cannot be reached.
    pub async fn client_streaming<T: Item, R: Answer, E: DeclaredError>(
        self,
    ) -> Result<(Sender<T>, Reply<R, E>), Failure<E>> {
        let limit = Some(self.client.settings.handshake_timeout);
        let open = self.open(limit).await?;
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT).intercepted(open.live.clone());
        let reply = Reply::new(Incoming::new(Arc::clone(&open.shared)), open.view).intercepted(open.live.clone());
        open.start(true);
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
        let fixed = self.fixed_view;
        let open = self.open(None).await?;
        let view = match open.view_name.as_deref() {
            None | Some("") => fixed,
            Some(name) => views(name)
                .ok_or_else(|| ConnectError::message("the server answers in a view that the design does not have"))?,
        };
        let receiver = Receiver::new(Incoming::new(Arc::clone(&open.shared)), view).intercepted(open.live.clone());
        open.start(false);
        Ok(receiver)
    }

    /// The opening handshake, with the interceptors around it.
    async fn open<E: DeclaredError>(mut self, limit: Option<Duration>) -> Result<Open, Failure<E>> {
        let Some(intercepted) = self.intercepted.take() else { return self.open_alone(limit).await };
        let (live, _, headers) = self.begin(*intercepted);
        let mut open = None;
        let slot = &mut open;
        let last: Innermost<'_> = Box::new(move |call| {
            self.changed_by(call);
            Box::pin(async move {
                *slot = Some(self.open_alone::<E>(limit).await?);
                Ok(None)
            })
        });
        intercept::around::<(), E>(&live, None, Some(headers), last).await?;
        // An interceptor may have made a success of a failure, but there is no stream then.
        let open = open.ok_or_else(|| Failure::internal("an interceptor hid that the stream is not open"))?;
        Ok(Open { live: Some(live), ..open })
    }

    /// The same with what is told of it.
    async fn open_alone<E: DeclaredError>(self, limit: Option<Duration>) -> Result<Open, Failure<E>> {
        let observed = self.observed.clone();
        let opened = observed.within(self.open_silently(limit)).await;
        observed.called(match &opened {
            Ok(_) => Outcome::Ok,
            Err(Failure::Declared(_) | Failure::Remote(_)) => Outcome::Refused,
            Err(_) => Outcome::Failed,
        });
        opened
    }

    async fn open_silently<E: DeclaredError>(self, limit: Option<Duration>) -> Result<Open, Failure<E>> {
        let (client, view, tune, observed) =
            (Arc::clone(self.client), self.fixed_view, self.tune, self.observed.clone());
        within(limit, async {
            let nonce: [u8; 16] = rand::random();
            let key = handshake::key(nonce);
            let request = self.request(Some(&key)).await?;
            let mut response = exchange(&client, request).await?;
            let outbox = OutboxSettings::from(&client.settings);
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let (parts, body) = response.into_parts();
                let body = read(body, REFUSAL_MAX).await?;
                if parts.status == StatusCode::OK && body.is_empty() {
                    // What Goa up to v3.30 answers for a stream without a single message.
                    let shared = Shared::new(Role::Client, outbox);
                    return Ok(Open {
                        transport: None,
                        shared,
                        client,
                        tune,
                        view,
                        view_name: None,
                        live: None,
                        observed,
                    });
                }
                return Err(refused(parts.status, &parts.headers, &body));
            }
            let offered: [&str; 0] = [];
            let (status, headers) = (response.status(), response.headers());
            let agreement = match &client.settings.compression {
                None => handshake::verify_response(status, headers, &key, &offered).map(|_| None),
                Some(compression) => handshake::verify_response_with(status, headers, &key, &offered, compression)
                    .map(|verified| verified.deflate),
            }
            .map_err(|error| ConnectError::new("the server's handshake is not one", error))?;
            let shared = Shared::with_deflate(Role::Client, outbox, agreement);
            let view_name = response.headers().get("goa-view").and_then(|view| view.to_str().ok()).map(str::to_owned);
            let upgraded = hyper::upgrade::on(&mut response)
                .await
                .map_err(|error| ConnectError::new("the connection was not upgraded", error))?;
            let transport = Some(Io::from_upgraded(upgraded));
            Ok(Open { transport, shared, client, tune, view, view_name, live: None, observed })
        })
        .await
    }

    async fn request<E>(self, websocket_key: Option<&str>) -> Result<http::Request<Full<Bytes>>, Failure<E>> {
        if let Some(invalid) = Invalid::from_violations(self.violations) {
            return Err(invalid.into());
        }
        let Self { client, verb, path, mut query, headers, credentials, body, observed, .. } = self;
        let path = format!("{}{path}", client.base);
        let mut head = ClientHead::new(&path);
        client.credentials.write(&credentials, &mut head).await?;
        let ClientHead { query: shown, headers: credential, .. } = head;
        if !shown.is_empty() {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&shown);
        }
        let mut request = http::Request::new(Full::new(Bytes::from(body.unwrap_or_default())));
        *request.method_mut() = http::Method::from_bytes(verb.as_str().as_bytes())
            .map_err(|_| ConnectError::message("the method's verb is not one"))?;
        *request.uri_mut() = format!("{path}{query}")
            .parse()
            .map_err(|error| ConnectError::new("the path of the call is not one", error))?;
        let all = request.headers_mut();
        let host = HeaderValue::try_from(client.target.authority())
            .map_err(|_| ConnectError::message("the host cannot stand in a header"))?;
        all.insert(header::HOST, host);
        all.insert(header::USER_AGENT, HeaderValue::from_static(concat!("mandovi/", env!("CARGO_PKG_VERSION"))));
        all.extend(client.headers.clone());
        // What this call says of a header counts, but for cookies, of which there may be many.
        let given: Vec<_> = client.headers.get_all(header::COOKIE).iter().cloned().collect();
        all.remove(header::COOKIE);
        all.extend(headers);
        for cookie in given {
            all.append(header::COOKIE, cookie);
        }
        // A server takes cookies only from pages that it knows. This is none, and speaks for itself.
        if credential.contains_key(header::COOKIE)
            && !all.contains_key(header::ORIGIN)
            && let Ok(origin) = HeaderValue::try_from(origin(&client.target))
        {
            all.insert(header::ORIGIN, origin);
        }
        // What was given for every request gives way to the credential, but for cookies, of which there may be many.
        for name in credential.keys().filter(|name| *name != header::COOKIE) {
            all.remove(name);
        }
        for (name, value) in &credential {
            all.append(name, value.clone());
        }
        join_cookies(all);
        observed.inject(all);
        match websocket_key {
            Some(key) => {
                all.extend(handshake::request_headers(key));
                if let Some(compression) = &client.settings.compression {
                    all.insert(header::SEC_WEBSOCKET_EXTENSIONS, compression.offer());
                }
            }
            None => {
                all.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
                all.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
        }
        Ok(request)
    }
}

impl fmt::Debug for ClientCall<'_> {
    /// Without parameters, headers and body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCall").field("verb", &self.verb).finish_non_exhaustive()
    }
}

/// The origin of the server itself.
fn origin(target: &Target) -> String {
    let scheme = match target {
        Target::Network { tls: true, .. } => "https",
        Target::Network { .. } | Target::Memory(_) => "http",
    };
    format!("{scheme}://{}", target.authority())
}

/// RFC 6265 §5.4: there is one `Cookie` header, with all of them.
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(mut joined) = HeaderValue::from_bytes(&lines.join(&b"; "[..]))
        && !lines.is_empty()
    {
        joined.set_sensitive(true);
        headers.insert(header::COOKIE, joined);
    }
}

/// A stream whose handshake is done and whose halves are not made yet.
struct Open {
    /// `None`: the server answered with an empty stream.
    transport: Option<(Io, Bytes)>,
    shared: Arc<Shared>,
    client: Arc<Inner>,
    tune: Option<Tune>,
    view: ViewId,
    view_name: Option<String>,
    live: Option<Arc<Live>>,
    observed: Observed,
}

impl Open {
    /// Starts the connection, once the halves exist that keep it alive.
    fn start(self, sends: bool) {
        match self.transport {
            Some((io, prefix)) => {
                let settings = self.client.settings;
                let settings = self.tune.map_or(settings, |tune| tune(settings));
                super::handler::spawn_observed(io, &prefix, self.shared, settings, sends, &self.observed);
            }
            None => {
                let closed = Closed::new(CloseCode::NORMAL, "an empty stream", Initiator::Peer);
                self.shared.end_empty(closed);
            }
        }
    }
}

async fn read<E>(body: hyper::body::Incoming, max: usize) -> Result<Bytes, Failure<E>> {
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(Failure::Connect(ConnectError::new("the server's answer was not read", error))),
    }
}

async fn within<T, E>(
    limit: Option<Duration>,
    work: impl Future<Output = Result<T, Failure<E>>>,
) -> Result<T, Failure<E>> {
    match limit {
        None => work.await,
        Some(limit) => match tokio::time::timeout(limit, work).await {
            Ok(done) => done,
            Err(elapsed) => {
                Err(ConnectError::new("the server did not answer within the handshake timeout", elapsed).into())
            }
        },
    }
}
