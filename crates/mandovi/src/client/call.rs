//! One call: its request, and the halves of its stream.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use mandovi_websocket::{Role, handshake};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::refused;
use super::builder::Inner;
use super::dial::exchange;
use crate::auth::{CredentialKind, TokenSource};
use crate::connection::{Io, Shared};
use crate::declared::DeclaredError;
use crate::error::{Closed, ConnectError, Failure, Initiator};
use crate::model::{Location, Verb};
use crate::parameter::Parameter;
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
    credential: Option<(CredentialKind, TokenSource)>,
    body: Option<Vec<u8>>,
    fixed_view: ViewId,
    violations: Vec<Violation>,
}

impl<'a> ClientCall<'a> {
    pub(super) fn new(client: &'a Arc<Inner>, verb: Verb, path: &'static str) -> Self {
        Self {
            client,
            verb,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::new(),
            credential: None,
            body: None,
            fixed_view: ViewId::DEFAULT,
            violations: Vec::new(),
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
            Location::Cookie => self.append(header::COOKIE, &format!("{name}={text}"), name),
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

    /// Says which credential the method needs.
    pub fn credential(&mut self, kind: CredentialKind, source: TokenSource) {
        self.credential = Some((kind, source));
    }

    /// Sets the JSON body.
    pub fn body<T: Value>(&mut self, value: &T) {
        let mut json = Vec::new();
        match value.encode_view(ViewId::DEFAULT, &mut json) {
            Ok(()) => self.body = Some(json),
            Err(invalid) => self.violations.extend(invalid.into_violations()),
        }
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
        let (client, view) = (Arc::clone(self.client), self.fixed_view);
        let exchanged = async {
            let request = self.request(None).await?;
            let (parts, body) = exchange(&client, request).await?.into_parts();
            let max = if parts.status.is_success() { client.settings.max_message_size } else { REFUSAL_MAX };
            let body = read(body, max).await?;
            Ok::<_, Failure<E>>((parts, body))
        };
        let (parts, body) = within(Some(client.settings.handshake_timeout), exchanged).await?;
        if !parts.status.is_success() {
            return Err(refused(parts.status, &parts.headers, &body));
        }
        if let Some(answer) = R::empty() {
            return Ok(answer);
        }
        let message = mandovi_websocket::MessageRef::Binary(&body);
        Ok(R::decode_answer(view, message)?)
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
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT);
        let receiver = Receiver::new(Incoming::new(Arc::clone(&open.shared)), open.view);
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
        let sender = Sender::new(Arc::clone(&open.shared), ViewId::DEFAULT);
        let reply = Reply::new(Incoming::new(Arc::clone(&open.shared)), open.view);
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
        let receiver = Receiver::new(Incoming::new(Arc::clone(&open.shared)), view);
        open.start(false);
        Ok(receiver)
    }

    /// The opening handshake.
    async fn open<E: DeclaredError>(self, limit: Option<Duration>) -> Result<Open, Failure<E>> {
        let (client, view) = (Arc::clone(self.client), self.fixed_view);
        within(limit, async {
            let nonce: [u8; 16] = rand::random();
            let key = handshake::key(nonce);
            let request = self.request(Some(&key)).await?;
            let mut response = exchange(&client, request).await?;
            let outbox_size = client.settings.outbox_size;
            if response.status() != StatusCode::SWITCHING_PROTOCOLS {
                let (parts, body) = response.into_parts();
                let body = read(body, REFUSAL_MAX).await?;
                if parts.status == StatusCode::OK && body.is_empty() {
                    // What Goa up to v3.30 answers for a stream without a single message.
                    let shared = Shared::new(Role::Client, outbox_size);
                    return Ok(Open { transport: None, shared, client, view, view_name: None });
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
            let shared = Shared::with_deflate(Role::Client, outbox_size, agreement);
            let view_name = response.headers().get("goa-view").and_then(|view| view.to_str().ok()).map(str::to_owned);
            let upgraded = hyper::upgrade::on(&mut response)
                .await
                .map_err(|error| ConnectError::new("the connection was not upgraded", error))?;
            Ok(Open { transport: Some(Io::from_upgraded(upgraded)), shared, client, view, view_name })
        })
        .await
    }

    async fn request<E>(self, websocket_key: Option<&str>) -> Result<http::Request<Full<Bytes>>, Failure<E>> {
        if let Some(invalid) = Invalid::from_violations(self.violations) {
            return Err(invalid.into());
        }
        let Self { client, verb, path, mut query, headers, credential, body, .. } = self;
        let mut authorization = None;
        match credential {
            None => {}
            Some((CredentialKind::Basic, _)) => {
                let basic = client.basic.as_ref().ok_or_else(|| {
                    ConnectError::message("the method needs a user name and a password: give them with `.basic(..)`")
                })?;
                authorization = Some(basic.to_header());
            }
            Some((CredentialKind::Bearer, source)) => {
                let provider = client
                    .token
                    .as_ref()
                    .ok_or_else(|| ConnectError::message("the method needs a token: give one with `.token(..)`"))?;
                let token =
                    provider.token().await.map_err(|error| ConnectError::new("the token provider failed", error))?;
                match source.query {
                    Some(name) => {
                        query.push(if query.is_empty() { '?' } else { '&' });
                        query.extend(utf8_percent_encode(name, UNRESERVED));
                        query.push('=');
                        query.extend(utf8_percent_encode(&token, UNRESERVED));
                    }
                    None => {
                        let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                            .map_err(|_| ConnectError::message("the token cannot stand in a header"))?;
                        value.set_sensitive(true);
                        authorization = Some(value);
                    }
                }
            }
        }
        let mut request = http::Request::new(Full::new(Bytes::from(body.unwrap_or_default())));
        *request.method_mut() = http::Method::from_bytes(verb.as_str().as_bytes())
            .map_err(|_| ConnectError::message("the method's verb is not one"))?;
        *request.uri_mut() = format!("{}{path}{query}", client.base)
            .parse()
            .map_err(|error| ConnectError::new("the path of the call is not one", error))?;
        let all = request.headers_mut();
        let host = HeaderValue::try_from(client.target.authority())
            .map_err(|_| ConnectError::message("the host cannot stand in a header"))?;
        all.insert(header::HOST, host);
        all.insert(header::USER_AGENT, HeaderValue::from_static(concat!("mandovi/", env!("CARGO_PKG_VERSION"))));
        all.extend(client.headers.clone());
        all.extend(headers);
        if let Some(authorization) = authorization {
            all.insert(header::AUTHORIZATION, authorization);
        }
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

/// A stream whose handshake is done and whose halves are not made yet.
struct Open {
    /// `None`: the server answered with an empty stream.
    transport: Option<(Io, Bytes)>,
    shared: Arc<Shared>,
    client: Arc<Inner>,
    view: ViewId,
    view_name: Option<String>,
}

impl Open {
    /// Starts the connection, once the halves exist that keep it alive.
    fn start(self, sends: bool) {
        match self.transport {
            Some((io, prefix)) => super::spawn(io, &prefix, self.shared, self.client.settings, sends),
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
