//! WebSockets over HTTP/2: a `CONNECT` with the `:protocol` `websocket` (RFC 8441) on its way to the routes of `GET`.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Extensions, Method, Request, StatusCode};
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;
use tokio::time::timeout;

use super::{Refusal, Response};
use crate::connection::Io;
use crate::model::Verb;

/// The `:protocol` of an extended `CONNECT`, which the HTTP layer leaves in the extensions.
pub(super) fn protocol_of(extensions: &Extensions) -> Option<&str> {
    extensions.get::<Protocol>().map(Protocol::as_str)
}

/// Makes a `GET` of a `CONNECT` that opens a WebSocket, so that the routes and the layers of a `GET` see it. The `:protocol`
/// stays. Says whether it did; then the answer has to go through [`checked`].
pub(super) fn as_get<B>(request: &mut Request<B>) -> bool {
    let opens = request.method() == Method::CONNECT
        && protocol_of(request.extensions()).is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    if opens {
        *request.method_mut() = Method::GET;
    }
    opens
}

/// Stands in the extensions of an answer that opens a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened;

/// The answer to a request that [`as_get`] changed. To a `CONNECT` any 2xx says that the tunnel is open (RFC 9110 §9.3.6): what
/// a route that is no WebSocket answers to a `GET` must not go out as that.
pub(super) fn checked(response: Response) -> Response {
    if response.status().is_success() && response.extensions().get::<Opened>().is_none() {
        return Refusal::method_not_allowed(Verb::Get.as_str()).into_response();
    }
    response
}

/// The transport of a stream, once its handshake is answered.
#[derive(Clone, Debug)]
pub(crate) struct Upgrade {
    on_upgrade: OnUpgrade,
    http2: bool,
}

impl Upgrade {
    /// What comes of the answer with that status.
    pub(super) fn new(on_upgrade: OnUpgrade, answered: StatusCode) -> Self {
        Self { on_upgrade, http2: answered != StatusCode::SWITCHING_PROTOCOLS }
    }

    /// The transport, and what was read from it already; `None` if the client has gone or the time is over.
    // Not an async function, which would keep what it owns twice: it is a part of every connection's task.
    pub(super) fn within(self, time: Duration) -> impl Future<Output = Option<(Io, Bytes)>> {
        let http2 = self.http2;
        timeout(time, self.on_upgrade).map(move |upgraded| {
            let upgraded = upgraded.ok()?.ok()?;
            Some(if http2 { (Io::from_http2(upgraded), Bytes::new()) } else { Io::from_upgraded(upgraded) })
        })
    }
}
