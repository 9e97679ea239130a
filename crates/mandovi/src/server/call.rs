//! One request on its way to its method: the order of refusals, and the ways to answer.
//!
//! The order (`docs/wire.md`) is kept by construction: 404 and 405 before a call exists, draining, limits of connections, origin and the upgrade while it is
//! made, parameters and the missing credential in [`Parameters::finish`], 401 and 403 in [`Call::verify`], the method's own
//! refusal last.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use axum::body::Body;
use http::{HeaderValue, Method, StatusCode, Version, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::upgrade::OnUpgrade;
use mandovi_websocket::deflate::Agreement;
use mandovi_websocket::handshake::{self, Accepted};
use mandovi_websocket::{MessageRef, Role};
use tokio::time::timeout;

use super::connect::{Opened, Upgrade, protocol_of};
use super::parameters::{Captures, Noted};
use super::stream::Stream;
use super::{Connections, Endpoint, Options, Parameters, Refusal, events};
use crate::auth::{Attempt, Auth, Guard, Proof};
use crate::connection::{OutboxSettings, Settings, Shared};
use crate::context::{Context, Facts, PeerAddr, next_id};
use crate::declared::DeclaredError;
use crate::dialect::{Negotiated, OfferError, negotiate};
use crate::error::{Failure, Outcome, StreamError};
use crate::intercept::{self, End, Innermost, Live, Named, Whole, fault_of};
use crate::manager::{Admitted, Full, Transport};
use crate::observe::{Arrival, Observed};
use crate::placed::ResponseSpec;
use crate::stream::{Answer, Wire};
use crate::value::{Invalid, Item, Value, ViewId};

/// An HTTP answer.
pub type Response = http::Response<Body>;

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// A plain method.
    Unary,
    /// A stream: a WebSocket upgrade.
    Stream,
    /// A stream that flows only from the server, as JSON: a WebSocket upgrade or server-sent events.
    Events,
}

impl RouteKind {
    /// That of a stream of these that flows only from the server.
    pub const fn of_output<T: Item>() -> Self {
        if T::RAW { Self::Stream } else { Self::Events }
    }
}

/// When a stream's handshake is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// As soon as the caller is authorised.
    AtOnce,
    /// When the method says so, through its `Opening`.
    ByHandler,
}

/// What the glue of a streaming method knows of it.
#[derive(Clone, Copy, Debug)]
pub struct StreamSpec {
    /// When the handshake is answered.
    pub accept: Accept,
    /// The view that the caller chose, with its name: announced in `goa-view`.
    pub view: Option<(ViewId, &'static str)>,
    /// The view that the design fixes, where the caller has no choice.
    pub fixed_view: ViewId,
}

/// The opening handshake of a stream, checked and not yet answered.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) upgrade: Upgrade,
    accepted: Accepted,
    pub(crate) negotiated: Negotiated,
    /// The compression that was agreed, once the stream is accepted.
    pub(crate) agreement: Option<Agreement>,
}

/// One request. Only generated code uses it.
pub struct Call {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) parts: http::request::Parts,
    body: Body,
    captures: Captures,
    pub(super) options: Arc<Options>,
    handshake: Option<Handshake>,
    /// It is answered with server-sent events.
    events: bool,
    /// The client's address.
    peer: Option<SocketAddr>,
    /// Who else is connected, where somebody keeps count of it.
    pub(super) connections: Option<Connections>,
    /// Its place among them, where it is a stream.
    pub(super) admitted: Option<Admitted>,
    principal: Option<Arc<dyn Any + Send + Sync>>,
    /// What the principal is called.
    principal_name: Option<Arc<str>>,
    pub(super) expires_at: Option<SystemTime>,
    pub(super) id: u64,
    observed: Observed,
    /// Where the service has interceptors.
    named: Option<Box<(Named, Noted)>>,
}

impl Call {
    /// Takes a request in: draining, origin, upgrade, subprotocol.
    pub(super) fn new(
        endpoint: Arc<Endpoint>,
        kind: RouteKind,
        options: Arc<Options>,
        request: http::Request<Body>,
    ) -> (Self, Option<Refusal>) {
        let (mut parts, body) = request.into_parts();
        // So that a user's `{:?}` of the headers does not show them.
        for name in [header::AUTHORIZATION, header::COOKIE, header::SEC_WEBSOCKET_PROTOCOL] {
            hide(&mut parts.headers, name);
        }
        let captures = Captures::of(endpoint.path, parts.uri.path());
        let events = kind == RouteKind::Events && events::are_asked_for(&parts);
        // Out of the extensions, which a method may keep for longer than its connection is there.
        let connections = parts.extensions.remove::<Connections>();
        let peer = PeerAddr::of(&parts.extensions).map(|peer| match &connections {
            Some(connections) => connections.manager().proxies().client(peer, &parts.headers),
            None => peer,
        });
        let mut admitted = None;
        let mut refused = |parts: &_| refused(parts, &options, connections.as_ref(), peer, &mut admitted);
        let (handshake, refusal) = match kind {
            RouteKind::Unary => (None, None),
            RouteKind::Events if events => (None, refused(&parts)),
            RouteKind::Stream | RouteKind::Events => open(&mut parts, refused),
        };
        let id = next_id();
        let arrival = Arrival {
            metered: &endpoint.metered,
            id,
            service: endpoint.service,
            method: endpoint.method,
            peer,
            transport: (kind != RouteKind::Unary).then(|| transport_of(&parts, events)),
            headers: &parts.headers,
        };
        let observed = Observed::arrival(&arrival);
        let call = Self {
            endpoint,
            parts,
            body,
            captures,
            options,
            handshake,
            events,
            peer,
            connections,
            admitted,
            principal: None,
            principal_name: None,
            expires_at: None,
            id,
            observed,
            named: None,
        };
        (call, refusal)
    }

    /// Whether the client of an event stream comes back after its end.
    pub(super) fn has_the_end(&self) -> bool {
        events::were_complete(&self.parts.headers)
    }

    /// Whether it is answered with server-sent events.
    pub(super) fn wants_events(&self) -> bool {
        self.events
    }

    /// What is told of it.
    pub(super) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// With the interceptors of its service.
    pub(super) fn intercepted(mut self, named: Option<Named>) -> Self {
        self.named = named.map(|named| Box::new((named, Noted::default())));
        self
    }

    /// The call begins for its interceptors, if there are any: who calls is known, and with what.
    fn begin(&mut self, context: impl FnOnce(&Self) -> Context) -> Option<Arc<Live>> {
        let (named, noted) = *self.named.take()?;
        let parameters = noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        Some(named.begin(Some(context(self)), parameters))
    }

    /// The route, without what its parameters stand for.
    pub(super) fn path(&self) -> &'static str {
        self.endpoint.path
    }

    /// The request's parameters, to be read and judged together.
    pub fn parameters(&self) -> Parameters<'_> {
        let entry = self.handshake.as_ref().and_then(|handshake| handshake.negotiated.credential.as_ref());
        let noted = self.named.as_deref().map(|(_, noted)| noted);
        Parameters::new(&self.parts.uri, &self.parts.headers, &self.captures, entry)
            .of_foreign_page(self.is_foreign_page())
            .noted(noted)
    }

    /// Asks the verifiers who the caller is, one after the other, until one takes the credential that the call carries for it.
    ///
    /// # Errors
    /// The last refusal: the error that the design declares for 401 or 403, or a plain one where it declares none. 503 where
    /// any of the verifiers could not say.
    pub async fn verify<E: DeclaredError>(
        &mut self,
        guard: &Guard,
        attempts: Vec<Attempt>,
        scopes: &'static [&'static str],
    ) -> Result<(), Refusal> {
        // So that a user's `{:?}` of the headers does not show them.
        for name in guard.headers() {
            hide(&mut self.parts.headers, name);
        }
        let mut refused = None;
        let mut unavailable = None;
        for attempt in attempts {
            if attempt.from_cookie && !self.is_own_page() {
                refused = Some(Refusal::origin());
                continue;
            }
            match attempt.verify(scopes).await {
                Ok(Proof { caller, expires_at, name }) => {
                    if let (Some(admitted), Some(name)) = (&mut self.admitted, &name) {
                        admitted.as_principal(name).map_err(|full| self.full(full))?;
                    }
                    if self.options.log_principals {
                        self.observed.authenticated(name.as_ref());
                    }
                    self.principal_name = name;
                    self.expires_at = expires_at;
                    self.principal = Some(caller);
                    return Ok(());
                }
                Err(denied) if denied.status() == 503 => unavailable = Some(denied),
                Err(denied) => refused = Some(Refusal::denied::<E>(denied)),
            }
        }
        let unavailable = unavailable.map(Refusal::denied::<E>);
        Err(unavailable.or(refused).unwrap_or_else(Refusal::internal))
    }

    fn full(&self, full: Full) -> Refusal {
        refusal_of_full(full, self.connections.as_ref())
    }

    /// The caller that [`verify`](Self::verify) has found.
    ///
    /// # Errors
    /// Never in generated code, which asks for the type that it has the guard make.
    pub fn caller<T: Send + Sync + 'static>(&self) -> Result<Auth<T>, Refusal> {
        let caller = self.principal.clone().and_then(|caller| caller.downcast().ok());
        caller.map(Auth::shared).ok_or_else(Refusal::internal)
    }

    /// Whether a credential that a browser sent by itself may count: the page that calls is known and may.
    ///
    /// Browsers name it with every handshake and every request that may change something, so that none at all is refused;
    /// with a plain GET they leave it out where it is the server's own, and say so (or nothing) in `Sec-Fetch-Site`.
    fn is_own_page(&self) -> bool {
        let site = self.parts.headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let may_be_absent = self.handshake.is_none()
            && self.parts.method == Method::GET
            && matches!(site, None | Some(b"same-origin" | b"none"));
        let authority = self.parts.uri.authority().map(http::uri::Authority::as_str);
        self.options.allowed_origins.check(&self.parts.headers, authority, !may_be_absent).is_ok()
    }

    /// Whether a page calls that may not. A stream has refused them all by now.
    fn is_foreign_page(&self) -> bool {
        let authority = self.parts.uri.authority().map(http::uri::Authority::as_str);
        self.options.allowed_origins.check(&self.parts.headers, authority, false).is_err()
    }

    /// What a method may know about the request.
    pub fn context(&self) -> Context {
        Context::new(self.id, self.facts(), None)
    }

    pub(super) fn facts(&self) -> Facts {
        let mut headers = self.parts.headers.clone();
        // Nor may a method that looks for itself find what the page's visitor did not mean to send.
        if headers.contains_key(header::COOKIE) && self.is_foreign_page() {
            headers.remove(header::COOKIE);
        }
        Facts {
            peer: self.peer,
            headers,
            extensions: self.parts.extensions.clone(),
            principal: self.principal.clone(),
            principal_name: self.principal_name.clone(),
            dialect: self.handshake.as_ref().map(|handshake| handshake.negotiated.dialect).unwrap_or_default(),
        }
    }

    /// What a manager knows of the connection.
    pub(super) fn connection_facts(&self) -> crate::manager::Facts {
        let transport = transport_of(&self.parts, self.events);
        crate::manager::Facts {
            service: self.endpoint.service,
            method: self.endpoint.method,
            peer: self.peer,
            principal: self.principal_name.clone(),
            transport,
        }
    }

    /// Reads the JSON body of a plain method.
    ///
    /// # Errors
    /// 415 for another content type, 413 beyond `max_message_size`, 408 beyond `handshake_timeout`, 400 when it is missing or not what the design says.
    pub async fn body<T: Value>(&mut self) -> Result<T, Refusal> {
        if let Some(kind) = self.parts.headers.get(header::CONTENT_TYPE)
            && !is_json(kind)
        {
            return Err(Refusal::unsupported_media_type());
        }
        let body = Limited::new(std::mem::take(&mut self.body), self.endpoint.settings.max_message_size);
        let bytes = match timeout(self.endpoint.settings.handshake_timeout, body.collect()).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Refusal::payload_too_large(self.endpoint.settings.max_message_size));
            }
            Ok(Err(_)) => return Err(Refusal::missing_payload()),
            Err(_) => return Err(Refusal::body_timeout()),
        };
        if bytes.trim_ascii().is_empty() {
            return Err(Refusal::missing_payload());
        }
        T::from_json(MessageRef::Binary(&bytes))
            .map_err(|invalid| Refusal::invalid_parameters(invalid.into_violations()))
    }

    /// Runs a plain method with its interceptors around it. `B` is its body, or `()`.
    ///
    /// # Errors
    /// What the method, or an interceptor, fails with.
    pub async fn around<E, R, B, F, Fut>(&mut self, body: B, method: F) -> Outcome<R, E>
    where
        E: DeclaredError,
        R: Answer,
        B: Answer,
        F: FnOnce(B) -> Fut + Send,
        Fut: Future<Output = Outcome<R, E>> + Send,
    {
        let Some(live) = self.begin(Self::context) else {
            return method(body).await;
        };
        let body = Whole::boxed(body, ViewId::DEFAULT);
        let last: Innermost<'_> = Box::new(move |call| {
            let body = call.take_body::<B>();
            Box::pin(async move {
                let result = method(body?).await.map_err(fault_of)?;
                Ok(Some(Whole::boxed(result, ViewId::DEFAULT)))
            })
        });
        let outcome = intercept::around(&live, Some(body), None, last).await;
        live.end(&End::of(&outcome));
        outcome
    }

    /// Answers a plain method: 200 with JSON, 204 for nothing, or what the failure says.
    ///
    /// # Errors
    /// What the failure says.
    pub fn unary<E: DeclaredError, R: Answer>(self, outcome: Outcome<R, E>) -> Result<Response, Refusal> {
        self.unary_in(ViewId::DEFAULT, outcome)
    }

    /// The same in the view that the design fixes.
    ///
    /// # Errors
    /// What the failure says.
    pub fn unary_in<E: DeclaredError, R: Answer>(
        self,
        view: ViewId,
        outcome: Outcome<R, E>,
    ) -> Result<Response, Refusal> {
        let value = outcome.map_err(|failure| refusal_of(failure, self.path()))?;
        answer(&value, view, &ResponseSpec { status: None, members: &[] }, self.path())
    }

    /// The same with a status and members of its own.
    ///
    /// # Errors
    /// What the failure says.
    pub fn unary_as<E: DeclaredError, R: Answer>(
        self,
        view: ViewId,
        outcome: Outcome<R, E>,
        spec: &ResponseSpec,
    ) -> Result<Response, Refusal> {
        let value = outcome.map_err(|failure| refusal_of(failure, self.path()))?;
        answer(&value, view, spec, self.path())
    }

    /// Runs a streaming method on its own task, and answers the handshake.
    ///
    /// # Errors
    /// The refusal that the method returned before it accepted.
    pub async fn stream<E, R, F, Fut>(mut self, spec: StreamSpec, method: F) -> Result<Response, Refusal>
    where
        E: DeclaredError,
        R: Answer,
        F: FnOnce(Wire) -> Fut,
        Fut: Future<Output = Outcome<R, E>> + Send + 'static,
    {
        let view = spec.view.map(|(_, name)| name);
        let outbox = OutboxSettings::from(&*self.endpoint.settings);
        let facts = self.facts();
        if self.events {
            let shared = Shared::for_events(outbox);
            let context = Context::new(self.id, facts, Some(Arc::clone(&shared)));
            let live = self.begin(|_| context.clone());
            return Stream::new(self, None, shared, context, live, spec).run_events(view, method).await;
        }
        let mut handshake = self.handshake.take().ok_or_else(Refusal::internal)?;
        let compression = self.endpoint.settings.compression;
        handshake.agreement = compression.and_then(|compression| handshake.accepted.negotiate(&compression));
        let response = opening_answer(&handshake, view);
        let shared = Shared::with_deflate(Role::Server, outbox, handshake.agreement);
        let context = Context::new(self.id, facts, Some(Arc::clone(&shared)));
        let live = self.begin(|_| context.clone());
        Stream::new(self, Some(handshake.upgrade), shared, context, live, spec).run(response, method).await
    }

    /// What is needed to tell a refusal as a close code.
    pub(super) fn told_by_close(&self) -> Option<ToldByClose> {
        let handshake = self.handshake.as_ref().filter(|handshake| handshake.negotiated.refuse)?;
        Some(ToldByClose {
            upgrade: handshake.upgrade.clone(),
            response: opening_answer(handshake, None),
            settings: Arc::clone(&self.endpoint.settings),
            connections: self.connections.clone(),
        })
    }
}

impl fmt::Debug for Call {
    /// Without headers and query, which hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("id", &self.id).field("path", &self.path()).finish_non_exhaustive()
    }
}

/// See [`Call::told_by_close`].
pub(super) struct ToldByClose {
    upgrade: Upgrade,
    response: Response,
    settings: Arc<Settings>,
    /// It takes no place among the streams, but its socket keeps its own.
    connections: Option<Connections>,
}

/// How a stream reaches its client.
fn transport_of(parts: &http::request::Parts, events: bool) -> Transport {
    match events {
        true => Transport::Events,
        false if parts.version >= Version::HTTP_2 => Transport::Http2,
        false => Transport::WebSocket,
    }
}

/// The answer of a plain method.
fn answer<R: Answer>(value: &R, view: ViewId, spec: &ResponseSpec, path: &str) -> Result<Response, Refusal> {
    let mut json = Vec::new();
    let kind = value.encode_answer(view, &mut json);
    encoded_answer(kind.map(|kind| kind.map(|_| json)), spec, path)
}

/// The same once it is encoded: compiled once. `None`: there is nothing to say.
fn encoded_answer(
    json: Result<Option<Vec<u8>>, Invalid>,
    spec: &ResponseSpec,
    path: &str,
) -> Result<Response, Refusal> {
    let mut headers = http::HeaderMap::new();
    let json = json.and_then(|mut json| {
        if let Some(json) = &mut json {
            crate::placed::take(json, spec.members, &mut headers)?;
            json.push(b'\n');
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(json)
    });
    let json = json.map_err(|invalid| {
        tracing::error!(%invalid, path, "a method answered what its design does not allow");
        Refusal::internal()
    })?;
    let usual = if json.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
    let status = spec.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(usual);
    let mut response = http::Response::new(json.map_or_else(Body::empty, Body::from));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The answer to a stream that is refused: an HTTP status, or for who asked for it the 101 (over HTTP/2 the 200) and at once a close with the
/// refusal's code, since a page never sees the status of a failed handshake.
pub(super) fn refuse_stream(refusal: Refusal, told_by_close: Option<ToldByClose>) -> Response {
    let Some(told) = told_by_close else {
        return refusal.for_upgrade().into_response();
    };
    let (code, reason) = refusal.close_frame();
    super::stream::spawn_refused(told.upgrade, told.settings, told.connections, code, reason);
    told.response
}

/// Steps 3 to 6 of the order: draining, origin, upgrade, subprotocol offer. The handshake is read even when an earlier
/// step refuses, for the client that wants to be told by a close code.
fn open(
    parts: &mut http::request::Parts,
    mut refused: impl FnMut(&http::request::Parts) -> Option<Refusal>,
) -> (Option<Handshake>, Option<Refusal>) {
    let handshake = read_handshake(parts);
    let refusal = refused(parts);
    match (refusal, handshake) {
        (None, Ok(handshake)) => (Some(handshake), None),
        (None, Err(refusal)) => (None, Some(refusal)),
        (refusal, handshake) => (handshake.ok(), refusal),
    }
}

/// Steps 3 to 5, which are the same for a WebSocket and for events. A call that is not refused is counted in.
fn refused(
    parts: &http::request::Parts,
    options: &Options,
    connections: Option<&Connections>,
    peer: Option<SocketAddr>,
    admitted: &mut Option<Admitted>,
) -> Option<Refusal> {
    if let Some(connections) = connections {
        if connections.manager().is_draining() {
            return Some(Refusal::draining());
        }
        if connections.is_full() {
            return Some(Refusal::too_many_streams());
        }
        match connections.manager().admit(peer.map(|peer| peer.ip())) {
            Ok(place) => *admitted = Some(place),
            Err(full) => return Some(refusal_of_full(full, Some(connections))),
        }
    }
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let allowed = options.allowed_origins.check(&parts.headers, authority, false);
    allowed.err().map(|_| Refusal::origin())
}

/// Why a call is not let in. The message names the setting, and no number: that is nobody's business.
fn refusal_of_full(full: Full, connections: Option<&Connections>) -> Refusal {
    let setting = match full {
        Full::Total => "max_connections",
        Full::Address => "max_connections_per_address",
        Full::Principal => "max_connections_per_principal",
        Full::AddressUnknown => {
            if connections.is_some_and(|connections| connections.manager().complains()) {
                tracing::error!(
                    "`max_connections_per_address` is set, and nobody says from which address a request comes: serve with \
                     `mandovi::serve`, or with `into_make_service_with_connect_info::<SocketAddr>()` under axum"
                );
            }
            return Refusal::internal();
        }
    };
    let retry_after = connections.map_or_else(Default::default, |here| here.manager().limits().comes_back());
    Refusal::too_many_connections(setting, full == Full::Total).with_retry_after(retry_after)
}

fn read_handshake(parts: &mut http::request::Parts) -> Result<Handshake, Refusal> {
    let headers = &parts.headers;
    let accepted = match protocol_of(&parts.extensions) {
        // `serve` has made a GET of it for the router.
        Some(protocol) => handshake::check_connect(&Method::CONNECT, Some(protocol), headers),
        None if parts.version >= Version::HTTP_2 => handshake::check_connect(&parts.method, None, headers),
        None => handshake::check(&parts.method, parts.version, headers),
    };
    let accepted = accepted.map_err(|error| Refusal::handshake(&error))?;
    let negotiated = negotiate(&accepted.protocols).map_err(|error| match error {
        OfferError::CredentialWithoutDialect => Refusal::credential_without_dialect(),
        OfferError::BadCredential => Refusal::bad_credential(),
    })?;
    // Without it the server under us cannot upgrade.
    let on_upgrade = parts.extensions.remove::<OnUpgrade>().ok_or_else(Refusal::internal)?;
    let upgrade = Upgrade::new(on_upgrade, accepted.status());
    Ok(Handshake { upgrade, accepted, negotiated, agreement: None })
}

/// The 101, or the 200 to a `CONNECT`.
fn opening_answer(handshake: &Handshake, view: Option<&'static str>) -> Response {
    let mut response = status_only(handshake.accepted.status());
    *response.headers_mut() = handshake.accepted.response_headers(handshake.negotiated.selected);
    if let Some(view) = view {
        response.headers_mut().insert("goa-view", HeaderValue::from_static(view));
    }
    if handshake.accepted.status().is_success() {
        response.extensions_mut().insert(Opened);
    }
    response
}

fn status_only(status: StatusCode) -> Response {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

pub(super) fn is_json(kind: &HeaderValue) -> bool {
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

/// Marks the values of a header, so that `Debug` does not show them.
fn hide(headers: &mut http::HeaderMap, name: impl AsRef<str>) {
    if let Ok(header::Entry::Occupied(mut values)) = headers.try_entry(name.as_ref()) {
        values.iter_mut().for_each(|value| value.set_sensitive(true));
    }
}

/// What a failure looks like as an HTTP answer. What is not the caller's business is logged and not told.
pub(super) fn refusal_of<E: DeclaredError>(failure: Failure<E>, path: &str) -> Refusal {
    match failure {
        Failure::Declared(error) => Refusal::declared(&error),
        Failure::Stream(StreamError::Refused(refused)) => match refused.clone().into_failure::<E>() {
            Failure::Declared(error) => Refusal::declared(&error),
            _ => refused.into_refusal(path),
        },
        Failure::Stream(StreamError::Closed(closed)) if closed.comes_back() => Refusal::draining(),
        Failure::Internal(error) => {
            tracing::error!(%error, path, "a method failed");
            Refusal::internal()
        }
        other => {
            tracing::error!(error = %other, path, "a method failed");
            Refusal::internal()
        }
    }
}
