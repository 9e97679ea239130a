//! What a supervisor and a load balancer ask: `/healthz` and `/readyz`.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};

use super::Response;
use crate::manager::ConnectionManager;

impl ConnectionManager {
    /// A router with `/healthz` and `/readyz`, for supervisors and load balancers: for `Router::merge`.
    ///
    /// - `/healthz`: 200 `{"status":"ok"}` while the process answers at all. Restart it where that fails.
    /// - `/readyz`: the same while the server takes new streams; otherwise, while it [drains](Self::drain) or has as
    ///   [many](crate::manager::ConnectionLimits::max_connections) as it may have, 503
    ///   `{"status":"unavailable"}` with `Retry-After`. Send it nobody while that lasts.
    ///
    /// Both answer `GET` and `HEAD` without a credential, tell nothing else, and are not to be kept (`Cache-Control: no-store`). The manager
    /// must be the one that the server has: `serve(..).manager(..)`.
    ///
    /// ```
    /// use mandovi::ConnectionManager;
    /// use mandovi::axum::Router;
    ///
    /// let manager = ConnectionManager::new();
    /// let app: Router = Router::new().merge(manager.health_router());
    /// # let _ = app;
    /// // mandovi::serve(listener, app).manager(manager)
    /// ```
    pub fn health_router(&self) -> Router {
        let manager = self.clone();
        Router::new()
            .route("/healthz", get(|| async { answer(true) }))
            .route("/readyz", get(move || async move { answer(manager.is_ready()) }))
    }
}

fn answer(well: bool) -> Response {
    let (status, text) = match well {
        true => (StatusCode::OK, "{\"status\":\"ok\"}\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"unavailable\"}\n"),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !well {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(all(test, not(mandovi_loom)))]
mod tests {
    use http::{Method, Request};
    use http_body_util::BodyExt as _;
    use tower_service::Service as _;

    use super::*;
    use crate::manager::Drain;

    async fn ask(router: &Router, method: Method, path: &str) -> (u16, Vec<(String, String)>, String) {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let (parts, body) = router.clone().call(request).await.unwrap().into_parts();
        let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let mut headers: Vec<_> = headers.collect();
        headers.sort_unstable();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test]
    async fn health_stays_and_readiness_goes_with_the_drain() {
        let manager = ConnectionManager::new();
        let router = manager.health_router();
        let json = ("content-type", "application/json");
        let ok = headers(&[("cache-control", "no-store"), ("content-length", "16"), json]);
        let expected = (200, ok, "{\"status\":\"ok\"}\n".to_owned());
        assert_eq!(ask(&router, Method::GET, "/healthz").await, expected);
        assert_eq!(ask(&router, Method::GET, "/readyz").await, expected);
        manager.drain(Drain::new()).await;
        assert_eq!(ask(&router, Method::GET, "/healthz").await, expected);
        let not = headers(&[("cache-control", "no-store"), ("content-length", "25"), json, ("retry-after", "1")]);
        let unavailable = "{\"status\":\"unavailable\"}\n".to_owned();
        assert_eq!(ask(&router, Method::GET, "/readyz").await, (503, not.clone(), unavailable));
        assert_eq!(ask(&router, Method::HEAD, "/readyz").await, (503, not, String::new()));
        assert_eq!(ask(&router, Method::HEAD, "/healthz").await.0, 200);
        assert_eq!(ask(&router, Method::POST, "/healthz").await.0, 405);
    }

    #[tokio::test]
    async fn a_server_that_is_full_is_not_ready() {
        let limits = crate::manager::ConnectionLimits::default().max_connections(2).no_limit_per_address();
        let manager = ConnectionManager::builder().limits(limits).build();
        let router = manager.health_router();
        let first = manager.admit(None).unwrap();
        assert_eq!(ask(&router, Method::GET, "/readyz").await.0, 200);
        let second = manager.admit(None).unwrap();
        assert_eq!(ask(&router, Method::GET, "/readyz").await.0, 503);
        assert_eq!(ask(&router, Method::GET, "/healthz").await.0, 200);
        drop(second);
        assert_eq!(ask(&router, Method::GET, "/readyz").await.0, 200);
        drop(first);
    }
}
