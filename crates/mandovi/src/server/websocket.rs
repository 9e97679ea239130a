//! A raw WebSocket for an axum route, without a design.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::handler::Handler;
use axum::response::IntoResponse as _;

use super::call::{Accept, Call, RouteKind, StreamSpec, refuse_stream};
use super::{Endpoint, Options, Response, connect};
use crate::error::Outcome;
use crate::model::Verb;
use crate::stream::{Message, Receiver, Sender};
use crate::value::ViewId;

/// An axum handler that speaks WebSocket: text and binary messages as they are, over the same pump, limits and close
/// codes as a typed stream.
///
/// Over HTTP/2 a WebSocket is opened by a `CONNECT`, which [`serve`](crate::serve) brings to the routes of `GET`. Under
/// `axum::serve` it stays a `CONNECT`: there the route must be `any(mandovi::websocket(..))`, which answers 405 to what is neither.
///
/// ```
/// use axum::{Router, routing::get};
/// use mandovi::prelude::*;
///
/// async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
///     while let Some(message) = input.recv_ref().await? {
///         output.send(message).await?;
///     }
///     Ok(())
/// }
/// let app: Router = Router::new().route("/echo", get(mandovi::websocket(echo)));
/// # let _ = app;
/// ```
pub fn websocket<F, Fut>(handler: F) -> WebSocket<F>
where
    F: Fn(Receiver<Message>, Sender<Message>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Outcome<()>> + Send + 'static,
{
    let options = Options::default();
    WebSocket { handler, endpoint: Arc::new(Endpoint::raw(&options)), options: Arc::new(options) }
}

/// The handler made by [`websocket`].
#[derive(Clone, Debug)]
pub struct WebSocket<F> {
    handler: F,
    options: Arc<Options>,
    endpoint: Arc<Endpoint>,
}

impl<F> WebSocket<F> {
    /// Sets limits, deadlines and allowed origins.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.endpoint = Arc::new(Endpoint { method: self.endpoint.method, ..Endpoint::raw(&options) });
        self.options = Arc::new(options);
        self
    }

    /// What a [`ConnectionManager`](crate::ConnectionManager) calls its connections, where a typed stream has the name of its
    /// method. Default: nothing.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.endpoint = Arc::new(Endpoint { method: name, ..Endpoint::raw(&self.options) });
        self
    }
}

impl<F, Fut, S> Handler<(), S> for WebSocket<F>
where
    F: Fn(Receiver<Message>, Sender<Message>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Outcome<()>> + Send + 'static,
    S: Send + 'static,
{
    type Future = std::pin::Pin<Box<dyn Future<Output = axum::response::Response> + Send>>;

    fn call(self, request: http::Request<Body>, _state: S) -> Self::Future {
        Box::pin(async move { answer(self, request).await.into_response() })
    }
}

async fn answer<F, Fut>(websocket: WebSocket<F>, request: http::Request<Body>) -> Response
where
    F: Fn(Receiver<Message>, Sender<Message>) -> Fut,
    Fut: Future<Output = Outcome<()>> + Send + 'static,
{
    if request.method() != http::Method::GET && connect::protocol_of(request.extensions()).is_none() {
        return super::Refusal::method_not_allowed(Verb::Get.as_str()).into_response();
    }
    let (call, refusal) = Call::new(websocket.endpoint, RouteKind::Stream, websocket.options, request);
    let told_by_close = call.told_by_close();
    let handler = websocket.handler;
    let spec = StreamSpec { accept: Accept::AtOnce, view: None, fixed_view: ViewId::DEFAULT };
    let answered = match refusal {
        Some(refusal) => Err(refusal),
        None => call.stream(spec, |wire| handler(wire.receiver(), wire.sender())).await,
    };
    answered.unwrap_or_else(|refusal| refuse_stream(refusal, told_by_close))
}
