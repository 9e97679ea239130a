//! Documents of a design: AsyncAPI 3 for its streams, OpenAPI 3.1 for plain methods and upgrades, JSON Schema, Markdown.
//!
//! ```
//! use mandovi::prelude::*;
//!
//! #[service]
//! pub trait Echo {
//!     /// Echoes every line.
//!     #[get("/echo")]
//!     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! # let folder = std::env::temp_dir().join(format!("mandovi-docs-{}", std::process::id()));
//! // asyncapi.json, openapi.json, schema.json and echo.md.
//! mandovi::docs::write(&EchoDesign::model(), &folder)?;
//! # std::fs::remove_dir_all(folder)
//! # }
//! ```
//!
//! `EchoServer::new(..).documents()` serves the first two beside the methods; [`router`] makes the same routes alone.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::{Router, response::IntoResponse as _, routing::get};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
pub use mandovi_docs::{
    CLOSE_CODES, CloseCode, Document, Files, asyncapi, files, json_schema, markdown, openapi, write,
};

use crate::{model::Service, server::Response};

/// `/asyncapi.json` and `/openapi.json` of a design, to merge into any router. Made once, here.
///
/// Answers carry an `ETag`, so that a reader which has the document is told 304. Anybody may read them: put a layer around it where only
/// some may.
///
/// ```
/// # use mandovi::prelude::*;
/// # #[service]
/// # pub trait Echo {
/// #     /// Echoes every line.
/// #     #[get("/echo")]
/// #     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
/// # }
/// let inside: mandovi::axum::Router = mandovi::docs::router(&EchoDesign::model());
/// # let _ = inside;
/// ```
pub fn router(design: &Service) -> Router {
    routes(design, |_| false)
}

/// The routes that are not taken already.
pub(crate) fn routes(design: &Service, taken: impl Fn(&str) -> bool) -> Router {
    type Make = fn(&Service) -> Document;
    let documents: [(_, Make); 2] = [("/asyncapi.json", asyncapi), ("/openapi.json", openapi)];
    let mut router = Router::new();
    for (path, make) in documents.into_iter().filter(|(path, _)| !taken(path)) {
        let served = Served::new(make(design).to_json());
        router = router.route(path, get(move |headers: HeaderMap| async move { served.answer(&headers) }));
    }
    router
}

/// A document and the tag of its version.
#[derive(Clone)]
struct Served {
    json: Bytes,
    tag: HeaderValue,
}

impl Served {
    fn new(json: String) -> Self {
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        let tag = HeaderValue::try_from(format!("\"{:016x}\"", hasher.finish()));
        Self { json: json.into(), tag: tag.expect("digits and quotes are allowed in a header") }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        // Weak comparison, of any tag in the list (RFC 9110 §13.1.2).
        let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|tags| {
            tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.tag)
        });
        let about = [(header::ETAG, self.tag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        if known {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (about, json, self.json.clone()).into_response()
    }
}
