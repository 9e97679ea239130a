//! The methods of a service by path and verb, as an axum router or as a plain tower service.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use futures_util::FutureExt as _;
use http::StatusCode;

use super::call::{Call, Response, RouteKind, refuse_stream};
use super::cors::Cors;
use super::{Endpoint, Options, Refusal, Tune, connect, events};
use crate::connection::Settings;
use crate::intercept::{self, Named, Stack};
use crate::model::Verb;
use crate::observe::{Metered, refused_unknown};

type BoxedAnswer = Pin<Box<dyn Future<Output = Result<Response, Refusal>> + Send>>;
type BoxedMethod = Arc<dyn Fn(Call) -> BoxedAnswer + Send + Sync>;

/// The methods of a service. Only generated code makes one.
pub struct Routes {
    service: &'static str,
    options: Arc<Options>,
    /// What holds where the design says nothing of a method.
    settings: Arc<Settings>,
    interceptors: Option<intercept::Shared>,
    /// The design, where its documents are to be served too.
    documents: Option<fn() -> crate::model::Service>,
    paths: BTreeMap<&'static str, Vec<Route>>,
}

#[derive(Clone)]
struct Route {
    endpoint: Arc<Endpoint>,
    named: Option<Named>,
    verb: Verb,
    kind: RouteKind,
    method: BoxedMethod,
}

impl Route {
    fn answers(&self, request: &http::Request<Body>) -> bool {
        match connect::protocol_of(request.extensions()) {
            // Any success would open a tunnel: no plain method may answer it.
            Some(_) => self.kind != RouteKind::Unary && self.verb == Verb::Get,
            None => request.method().as_str() == self.verb.as_str(),
        }
    }
}

impl Routes {
    /// No methods yet.
    pub fn new(service: &'static str, options: Options) -> Self {
        let settings = Arc::new(options.settings);
        Self {
            service,
            options: Arc::new(options),
            settings,
            interceptors: None,
            documents: None,
            paths: BTreeMap::new(),
        }
    }

    /// With interceptors around the methods that are added from now on.
    #[must_use]
    pub fn intercepted(mut self, interceptors: Stack) -> Self {
        self.interceptors = interceptors.shared();
        self
    }

    /// Serves the documents of this design too, if any.
    pub fn documents(&mut self, design: Option<fn() -> crate::model::Service>) {
        self.documents = design;
    }

    /// What the design says of the settings of all methods that are added from now on.
    pub fn tune(&mut self, tune: Tune) {
        self.settings = Arc::new(tune(*self.settings));
    }

    /// What it says of those of the method that was added last.
    pub fn tune_last(&mut self, path: &'static str, tune: Tune) {
        if let Some(route) = self.paths.get_mut(path).and_then(|routes| routes.last_mut()) {
            let Endpoint { service, method, path, settings, .. } = &*route.endpoint;
            let settings = Arc::new(tune(**settings));
            route.endpoint = Arc::new(Endpoint { service, method, path, settings, metered: Metered::default() });
        }
    }

    /// Adds a method. One boxed future per call, none per message.
    pub fn add<F, Fut>(&mut self, name: &'static str, verb: Verb, path: &'static str, kind: RouteKind, method: F)
    where
        F: Fn(Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, Refusal>> + Send + 'static,
    {
        let method: BoxedMethod = Arc::new(move |call| Box::pin(method(call)));
        let service = self.service;
        let named = self.interceptors.clone().map(|stack| Named { service, method: name, stack });
        let settings = Arc::clone(&self.settings);
        let endpoint = Arc::new(Endpoint { service, method: name, path, settings, metered: Metered::default() });
        self.paths.entry(path).or_default().push(Route { endpoint, named, verb, kind, method });
    }

    /// An axum router, which composes with other routes and with tower layers. It has no fallback of its own: see
    /// [`not_found`](super::not_found).
    pub fn into_router(self) -> Router {
        let mut router = Router::new();
        #[cfg(feature = "docs")]
        if let Some(design) = self.documents {
            // Where a method has the path of a document, the design wins.
            router = crate::docs::routes(&design(), |path| self.paths.contains_key(path));
        }
        for (path, routes) in self.paths {
            let routes: Arc<[Route]> = routes.into();
            let options = Arc::clone(&self.options);
            let answer = move |request: http::Request<Body>| {
                let (routes, options) = (Arc::clone(&routes), Arc::clone(&options));
                async move { answer(path, &routes, options, request).await }
            };
            router = router.route(path, any(answer));
        }
        router
    }

    /// A plain tower service. Paths that it does not know are answered with Goa's 404.
    pub fn into_service(self) -> Service {
        Service { router: self.into_router().fallback(super::not_found) }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.paths.keys()).finish()
    }
}

/// What pages of other origins may read, around the answer itself.
async fn answer(path: &'static str, routes: &[Route], options: Arc<Options>, request: http::Request<Body>) -> Response {
    let origins = &options.allowed_origins;
    let cors = Cors::of(origins, request.headers());
    let response = match cors.preflight(origins, &request, routes.iter().map(|route| route.verb.as_str())) {
        Some(response) => response,
        None => answer_itself(path, routes, options, request).await,
    };
    cors.told(response)
}

/// Steps 2 to 6 of the order of refusals are the same for every method; the rest is the method's own glue.
async fn answer_itself(
    path: &'static str,
    routes: &[Route],
    options: Arc<Options>,
    request: http::Request<Body>,
) -> Response {
    let Some(route) = routes.iter().find(|route| route.answers(&request)) else {
        let allowed: Vec<_> = routes.iter().map(|route| route.verb.as_str()).collect();
        refused_unknown(StatusCode::METHOD_NOT_ALLOWED);
        return Refusal::method_not_allowed(&allowed.join(", ")).into_response();
    };
    let (call, refusal) = Call::new(Arc::clone(&route.endpoint), route.kind, options, request);
    let call = call.intercepted(route.named.clone());
    let wants_events = call.wants_events();
    if wants_events && call.has_the_end() {
        return events::no_more();
    }
    // What a refusal needs to be told as a close code, should the client have asked for that.
    let told_by_close = call.told_by_close();
    let observed = call.observed().clone();
    let kind = route.kind;
    let answered = match refusal {
        Some(refusal) => Err(refusal),
        // A method that panics before its stream is open fails its own call, and nothing else.
        None => observed.within(AssertUnwindSafe((route.method)(call)).catch_unwind()).await.unwrap_or_else(|_| {
            tracing::error!(path, "a method panicked");
            Err(Refusal::internal())
        }),
    };
    match &answered {
        Ok(response) => observed.answered(response.status()),
        Err(refusal) => refusal.observed_by(&observed),
    }
    match answered {
        Ok(response) => response,
        Err(refusal) if kind != RouteKind::Unary && !wants_events => refuse_stream(refusal, told_by_close),
        Err(refusal) => refusal.into_response(),
    }
}

/// A service as a plain [`tower_service::Service`], for any HTTP server.
#[derive(Clone, Debug)]
pub struct Service {
    router: Router,
}

impl<B> tower_service::Service<http::Request<B>> for Service
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        Box::pin(tower_service::Service::call(&mut self.router, request.map(Body::new)))
    }
}

#[cfg(test)]
mod tests;
