//! A request that can be made again, at every attempt with a fresh credential.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::Full;
use mandovi_websocket::deflate::Compression;
use mandovi_websocket::handshake;

use super::builder::{Inner, Target};
use super::credentials::Wanted;
use super::trouble::Trouble;
use crate::auth::{ClientHead, CredentialKind};
use crate::error::ConnectError;
use crate::model::Verb;
use crate::observe::Observed;
use crate::value::{Invalid, Violation};

/// Where a client says which event was its last.
pub(super) const LAST_EVENT_ID: &str = "Last-Event-ID";

/// See the module.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    pub(super) verb: Verb,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// The schemes of which the method takes any.
    pub(super) credentials: Vec<Wanted>,
    pub(super) body: Bytes,
    pub(super) violations: Vec<Violation>,
    /// The method takes the last id.
    pub(super) resumes: bool,
    /// What is told of the call.
    pub(super) observed: Observed,
}

/// What a request for a stream has beside those for plain calls.
pub(super) struct Upgrade<'a> {
    pub(super) key: &'a str,
    pub(super) compression: Option<&'a Compression>,
    /// The stream goes on behind this.
    pub(super) last_id: Option<String>,
}

impl Recipe {
    /// Whether a server may be asked twice without harm.
    pub(super) fn is_idempotent(&self) -> bool {
        matches!(self.verb, Verb::Get | Verb::Put | Verb::Delete)
    }

    /// Whether there is somebody to ask for another credential.
    pub(super) fn renews(&self, client: &Inner) -> bool {
        client.credentials.token.as_ref().is_some_and(|token| token.renews())
            && self.credentials.iter().any(|wanted| wanted.kind() == CredentialKind::Bearer)
    }

    pub(super) async fn request(
        &self,
        client: &Arc<Inner>,
        upgrade: Option<Upgrade<'_>>,
    ) -> Result<http::Request<Full<Bytes>>, Trouble> {
        if let Some(invalid) = Invalid::from_violations(self.violations.clone()) {
            return Err(Trouble::Invalid(invalid));
        }
        let Self { verb, path, credentials, body, .. } = self;
        let mut query = self.query.clone();
        let path = format!("{}{path}", client.base);
        let mut head = ClientHead::new(&path);
        client.credentials.write(credentials, &mut head).await?;
        let ClientHead { query: shown, headers: credential, .. } = head;
        if !shown.is_empty() {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(&shown);
        }
        let mut request = http::Request::new(Full::new(body.clone()));
        *request.method_mut() = http::Method::from_bytes(verb.as_str().as_bytes())
            .map_err(|_| ConnectError::message("the method's verb is not one"))?;
        *request.uri_mut() = format!("{path}{query}")
            .parse()
            .map_err(|error| ConnectError::fatal("the path of the call is not one", error))?;
        let all = request.headers_mut();
        let host = HeaderValue::try_from(client.target.authority())
            .map_err(|_| ConnectError::message("the host cannot stand in a header"))?;
        all.insert(header::HOST, host);
        all.insert(header::USER_AGENT, HeaderValue::from_static(concat!("mandovi/", env!("CARGO_PKG_VERSION"))));
        all.extend(client.headers.clone());
        // What this call says of a header counts, but for cookies, of which there may be many.
        let given: Vec<_> = client.headers.get_all(header::COOKIE).iter().cloned().collect();
        all.remove(header::COOKIE);
        all.extend(self.headers.clone());
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
        self.observed.inject(all);
        match upgrade {
            Some(Upgrade { key, compression, last_id }) => {
                all.extend(handshake::request_headers(key));
                if let Some(compression) = compression {
                    all.insert(header::SEC_WEBSOCKET_EXTENSIONS, compression.offer());
                }
                if let Some(id) = last_id {
                    let id = HeaderValue::try_from(id)
                        .map_err(|_| ConnectError::message("the last id cannot stand in a header"))?;
                    all.insert(HeaderName::from_static("last-event-id"), id);
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

/// The origin of the server itself.
fn origin(target: &Target) -> String {
    let scheme = match target {
        Target::Network { tls: true, .. } => "https",
        _ => "http",
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
