//! Connections as JSON, to be looked at, closed and drained by whoever operates the server: a router that is mounted by hand, behind
//! the caller's own authentication.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use mandovi_websocket::CloseCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::call::is_json;
use super::{AllowedOrigins, Response};
use crate::manager::{ConnectionInfo, ConnectionManager, ConnectionState, Drain, Transport};

/// How many connections are listed where nothing else is said, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;
/// What the body of a request may take, in bytes, and how long it may take to come.
const BODY_MAX: usize = 4 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// What a close frame can hold.
const REASON_MAX: usize = 123;

impl ConnectionManager {
    /// The connections as JSON, for those who operate the server. Nothing is reachable unless it is mounted, and nobody is asked who
    /// they are: **put your own authentication around it**, or serve it on a port of its own that only operators reach.
    ///
    /// | route | what |
    /// |---|---|
    /// | `GET /connections` | a page of them, by id; filters `service`, `method`, `principal`, `state`, `transport`; `limit` (100, at most 1,000), `after` an id |
    /// | `GET /connections/{id}` | one |
    /// | `POST /connections/{id}/close` | `{"code":4000,"reason":"why"}`: closes it, behind what was sent already |
    /// | `POST /connections/{id}/drain` | tells its handler that it is to end |
    /// | `POST /principals/{name}/close` | the same body: log-out everywhere |
    /// | `POST /drain` | a [drain](Self::drain) with its default times, from which there is no way back |
    /// | `GET /health` | whether the server drains, how many connections there are and how they are, and its limits |
    ///
    /// A `POST` must be `application/json`, and no page of another origin gets anything: a browser that is logged in cannot be made to close
    /// connections. An error is `{"message":".."}`. There is no payload, no header and no credential in any answer; principals and
    /// addresses are.
    ///
    /// ```
    /// use axum::Router;
    /// # use axum::{extract::Request, middleware::{self, Next}, response::Response};
    /// # async fn only_operators(request: Request, next: Next) -> Response { next.run(request).await }
    ///
    /// let manager = mandovi::ConnectionManager::new();
    /// let admin = manager.admin_router().layer(middleware::from_fn(only_operators));
    /// let app: Router = Router::new().nest("/admin", admin);
    /// # let _ = app;
    /// ```
    pub fn admin_router(&self) -> Router {
        Router::new()
            .route("/connections", get(list))
            .route("/connections/{id}", get(one))
            .route("/connections/{id}/close", post(close))
            .route("/connections/{id}/drain", post(drain_one))
            .route("/principals/{name}/close", post(close_principal))
            .route("/drain", post(drain))
            .route("/health", get(health))
            .layer(from_fn(guarded))
            .with_state(self.clone())
    }
}

/// What goes wrong.
struct Refused(StatusCode, &'static str);

type Answer = Result<Value, Refused>;

const NO_SUCH: Refused = Refused(StatusCode::NOT_FOUND, "no such connection");

fn bad(message: &'static str) -> Refused {
    Refused(StatusCode::BAD_REQUEST, message)
}

fn respond(answer: Answer) -> Response {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(Refused(status, message)) => (status, json!({ "message": message })),
    };
    let mut response = Response::new(Body::from(format!("{body}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Keeps pages of other origins out, and answers out of caches.
async fn guarded(request: Request, next: Next) -> Response {
    let foreign = is_foreign(&request);
    let posts = request.method() == Method::POST;
    let typed = request.headers().get(header::CONTENT_TYPE).is_some_and(is_json);
    let mut response = if foreign {
        respond(Err(Refused(StatusCode::FORBIDDEN, "this origin is not allowed")))
    } else if posts && !typed {
        respond(Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")))
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_foreign(request: &Request) -> bool {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let site = |headers: &HeaderMap| headers.get("sec-fetch-site").map(HeaderValue::as_bytes).map(<[u8]>::to_vec);
    let elsewhere = site(request.headers()).is_some_and(|site| site != b"same-origin" && site != b"none");
    elsewhere || AllowedOrigins::same_origin().check(request.headers(), authority, false).is_err()
}

async fn list(State(manager): State<ConnectionManager>, request: Request) -> Response {
    respond(Filter::of(request.uri().query().unwrap_or_default()).map(|filter| filter.page(&manager)))
}

/// Which connections are asked for.
#[derive(Debug, Default)]
struct Filter {
    service: Option<String>,
    method: Option<String>,
    principal: Option<String>,
    state: Option<ConnectionState>,
    transport: Option<Transport>,
    after: u64,
    limit: Option<usize>,
}

impl Filter {
    fn of(query: &str) -> Result<Self, Refused> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "service" => filter.service = Some(value.into_owned()),
                "method" => filter.method = Some(value.into_owned()),
                "principal" => filter.principal = Some(value.into_owned()),
                "state" => {
                    let state = ConnectionState::ALL.into_iter().find(|state| state.as_str() == value);
                    filter.state = Some(state.ok_or(bad("state: opening, open, half_closed, draining or closed"))?);
                }
                "transport" => {
                    let transport = Transport::ALL.into_iter().find(|transport| transport.as_str() == value);
                    filter.transport = Some(transport.ok_or(bad("transport: websocket, http2 or events"))?);
                }
                "after" => filter.after = value.parse().map_err(|_| bad("after: the id of a connection"))?,
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
                    filter.limit = Some(limit.ok_or(bad("limit: a number from 1 to 1000"))?);
                }
                _ => return Err(bad("parameters: service, method, principal, state, transport, after, limit")),
            }
        }
        Ok(filter)
    }

    fn takes(&self, info: &ConnectionInfo) -> bool {
        self.service.as_deref().is_none_or(|service| service == info.service)
            && self.method.as_deref().is_none_or(|method| method == info.method)
            && self.principal.as_deref().is_none_or(|principal| Some(principal) == info.principal.as_deref())
            && self.state.is_none_or(|state| state == info.state)
            && self.transport.is_none_or(|transport| transport == info.transport)
    }

    fn page(&self, manager: &ConnectionManager) -> Value {
        let limit = self.limit.unwrap_or(PAGE);
        let mut matching = 0usize;
        let mut page = BTreeMap::new();
        let mut more = false;
        let mut each = |info: ConnectionInfo| {
            if !self.takes(&info) {
                return;
            }
            matching += 1;
            if info.id > self.after {
                page.insert(info.id, info);
            }
            // Never more than a page is held, however many there are.
            if page.len() > limit {
                page.pop_last();
                more = true;
            }
        };
        match &self.principal {
            Some(principal) => manager.of_principal(principal).into_iter().for_each(&mut each),
            None => manager.for_each(&mut each),
        }
        let next = page.last_key_value().map(|(id, _)| *id).filter(|_| more);
        let connections: Vec<_> = page.values().map(json_of).collect();
        json!({ "connections": connections, "matching": matching, "next": next })
    }
}

fn json_of(info: &ConnectionInfo) -> Value {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    json!({
        "id": info.id,
        "service": info.service,
        "method": info.method,
        "peer": info.peer.map(|peer| peer.to_string()),
        "principal": info.principal,
        "transport": info.transport.as_str(),
        "state": info.state.as_str(),
        "verdict": info.verdict.as_str(),
        "opened_at_unix_ms": info.opened_at.duration_since(UNIX_EPOCH).map(millis).unwrap_or_default(),
        "age_ms": millis(info.age),
        "messages_received": info.messages_received,
        "messages_sent": info.messages_sent,
        "bytes_received": info.bytes_received,
        "bytes_sent": info.bytes_sent,
        "errors": info.errors,
        "dropped": info.dropped,
        "queue_bytes": info.queue_bytes,
        "last_activity_ms_ago": info.last_activity.map(millis),
        "last_pong_ms_ago": info.last_pong.map(millis),
        "round_trip_us": info.round_trip.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
    })
}

fn id_of(id: &str) -> Result<u64, Refused> {
    id.parse().map_err(|_| NO_SUCH)
}

async fn one(State(manager): State<ConnectionManager>, Path(id): Path<String>) -> Response {
    respond(id_of(&id).and_then(|id| manager.get(id).ok_or(NO_SUCH)).map(|info| json_of(&info)))
}

/// The object in the body, which may be missing; with these members, and no others.
async fn object(request: Request, members: &[&str]) -> Result<serde_json::Map<String, Value>, Refused> {
    let body = Limited::new(request.into_body(), BODY_MAX);
    let bytes = match timeout(BODY_TIMEOUT, body.collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, "the body must be at most 4096 bytes")),
        Err(_) => return Err(Refused(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    };
    if bytes.trim_ascii().is_empty() {
        return Ok(serde_json::Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) if object.keys().all(|key| members.contains(&&**key)) => Ok(object),
        _ => Err(bad("the body must be a JSON object of the members that this route has")),
    }
}

async fn end_of(request: Request) -> Result<(CloseCode, String), Refused> {
    let object = object(request, &["code", "reason"]).await?;
    let code = object.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let code = code.and_then(CloseCode::new).ok_or(bad("code: 1000 to 1003, 1007 to 1014, or 3000 to 4999"))?;
    let reason = match object.get("reason") {
        None => "",
        Some(Value::String(reason)) if reason.len() <= REASON_MAX => reason,
        Some(_) => return Err(bad("reason: a text of at most 123 bytes")),
    };
    Ok((code, reason.to_owned()))
}

async fn close(State(manager): State<ConnectionManager>, Path(id): Path<String>, request: Request) -> Response {
    let closed = async {
        let (code, reason) = end_of(request).await?;
        let id = id_of(&id)?;
        if !manager.close(id, code, &reason) {
            return Err(NO_SUCH);
        }
        tracing::info!(id, code = code.as_u16(), "an operator closes a connection");
        Ok(json!({ "closed": 1 }))
    };
    respond(closed.await)
}

async fn close_principal(
    State(manager): State<ConnectionManager>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let closed = async {
        let (code, reason) = end_of(request).await?;
        let closed = manager.close_principal(&name, code, &reason);
        tracing::info!(closed, code = code.as_u16(), "an operator closes the connections of a principal");
        Ok(json!({ "closed": closed }))
    };
    respond(closed.await)
}

async fn drain_one(State(manager): State<ConnectionManager>, Path(id): Path<String>, request: Request) -> Response {
    let drained = async {
        object(request, &[]).await?;
        let id = id_of(&id)?;
        if !manager.drain_connection(id) {
            return Err(NO_SUCH);
        }
        tracing::info!(id, "an operator drains a connection");
        Ok(json!({ "draining": 1 }))
    };
    respond(drained.await)
}

async fn drain(State(manager): State<ConnectionManager>, request: Request) -> Response {
    let drained = async {
        object(request, &[]).await?;
        let draining = manager.len();
        tracing::info!(connections = draining, "an operator drains the server");
        manager.begin_drain();
        tokio::spawn(async move { manager.drain(Drain::new()).await });
        Ok(json!({ "draining": draining }))
    };
    respond(drained.await)
}

async fn health(State(manager): State<ConnectionManager>) -> Response {
    let (limits, health) = (manager.limits(), manager.health());
    let status = if manager.is_draining() { "draining" } else { "ok" };
    let of = |most: Option<usize>| most.filter(|most| *most != usize::MAX);
    respond(Ok(json!({
        "status": status,
        "verdict": health.verdict().as_str(),
        "healthy": health.healthy,
        "degraded": health.degraded,
        "unhealthy": health.unhealthy,
        "connections": manager.len(),
        "limits": {
            "max_connections": of(Some(limits.total())),
            "max_connections_per_address": of(limits.per_address()),
            "max_connections_per_principal": of(limits.per_principal()),
        },
    })))
}
