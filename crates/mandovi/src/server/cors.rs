//! Pages of other origins that may read what is answered: the listed ones, and no others (WHATWG Fetch §3.2).
//!
//! A listed page is trusted like our own. So it may send any header, read any but `Set-Cookie`, and come with credentials; there are
//! no wildcards. What a page of the same origin is answered stays as it is, and so does what nobody's page is.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::{AllowedOrigins, Opened, Refusal, Response};

/// How long a browser may remember the answer to a preflight, in seconds. Chromium takes no more.
const MAX_AGE: &str = "7200";
/// The most of a list of header names that is given back, in bytes.
const NAMES_MAX: usize = 4096;

/// What an answer needs to be read by the page that asked.
#[derive(Debug)]
pub(super) struct Cors {
    /// The page's origin, where it is listed.
    origin: Option<HeaderValue>,
    /// Whether any is: then the answer depends on who asks.
    varies: bool,
}

impl Cors {
    /// Looks at who asks.
    pub(super) fn of(origins: &AllowedOrigins, headers: &HeaderMap) -> Self {
        Self { origin: origins.listed(headers).cloned(), varies: origins.lists_any() }
    }

    /// The answer to a preflight, if this is one from a page of another origin.
    pub(super) fn preflight(
        &self,
        origins: &AllowedOrigins,
        request: &Request<Body>,
        verbs: impl Iterator<Item = &'static str>,
    ) -> Option<Response> {
        let headers = request.headers();
        if request.method() != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        if self.origin.is_none() {
            let authority = request.uri().authority().map(http::uri::Authority::as_str);
            return origins.check(headers, authority, false).err().map(|_| Refusal::origin().into_response());
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        let verbs: Vec<_> = verbs.collect();
        if let Ok(verbs) = HeaderValue::try_from(verbs.join(", ")) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, verbs);
        }
        if let Some(names) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).filter(|names| is_list(names)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        answer.append(header::VARY, HeaderValue::from_static("access-control-request-headers"));
        Some(response)
    }

    /// Lets the page read the answer. That of an upgrade is none that it could.
    pub(super) fn told(self, mut response: Response) -> Response {
        let upgrades =
            response.status() == StatusCode::SWITCHING_PROTOCOLS || response.extensions().get::<Opened>().is_some();
        if !self.varies || upgrades {
            return response;
        }
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.origin else { return response };
        let readable: Vec<_> = headers.keys().filter(|name| is_exposed(name)).map(|name| name.as_str()).collect();
        let readable = readable.join(", ");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if let Ok(readable) = HeaderValue::try_from(readable)
            && !readable.is_empty()
        {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        }
        response
    }
}

/// Whether a page has to be told that it may read a header.
fn is_exposed(name: &header::HeaderName) -> bool {
    let always = [
        header::CACHE_CONTROL,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::EXPIRES,
        header::LAST_MODIFIED,
        header::PRAGMA,
    ];
    let never = [header::SET_COOKIE, header::VARY];
    !always.contains(name)
        && !never.contains(name)
        && !name.as_str().starts_with("access-control-")
        && *name != "x-accel-buffering"
}

/// Whether it is a list of names of headers, as a browser sends it.
fn is_list(names: &HeaderValue) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~, ".contains(&byte);
    names.len() <= NAMES_MAX && names.as_bytes().iter().copied().all(token)
}
