//! Refusals: what a caller is told instead of being served, before the upgrade with an HTTP status.
//!
//! Their bodies are Goa's: a declared error its own body with the header `Goa-Error`, any other the six fields `name`,
//! `id`, `message`, `temporary`, `timeout`, `fault`. No text of an internal error and no credential may get in here.

mod body;

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use mandovi_websocket::{CloseCode, handshake::HandshakeError};

use self::body::{MAX_UPGRADE_BODY, flags_of, six_fields};

use crate::{
    auth::{Denied, DeniedKind},
    class::close_code_of_status,
    close_reason::{message_of, reason},
    declared::DeclaredError,
    observe::Observed,
    value::{MAX_VIOLATIONS, Violation},
};

const GOA_ERROR: HeaderName = HeaderName::from_static("goa-error");

/// Why a call is not served, ready to be sent.
// Boxed, because most results that can hold a refusal hold none.
pub struct Refusal(Box<Told>);

impl fmt::Debug for Refusal {
    /// Without headers and body, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal").field("status", &self.0.status).field("name", &self.0.name).finish_non_exhaustive()
    }
}

struct Told {
    status: StatusCode,
    name: String,
    headers: HeaderMap,
    /// JSON with a final newline, or nothing.
    body: Vec<u8>,
    retry_after: Option<Duration>,
    /// The design declares this error.
    goa_error: bool,
}

impl Refusal {
    /// Any refusal that the design does not declare, with the six fields as its body.
    pub(crate) fn new(status: StatusCode, name: &str, message: &str) -> Self {
        Self(Box::new(Told {
            status,
            name: name.to_owned(),
            headers: HeaderMap::new(),
            body: six_fields(name, message, flags_of(status)),
            retry_after: None,
            goa_error: false,
        }))
    }

    /// An error that the design declares.
    pub(crate) fn declared<E: DeclaredError>(error: &E) -> Self {
        let status = StatusCode::from_u16(error.status());
        // Anything below would look like success to a client of Goa, which then crashes.
        let status = status.ok().filter(|status| status.is_client_error() || status.is_server_error());
        let (Some(status), Ok(mut body)) = (status, error.encode_body()) else { return Self::internal() };
        body.truncate(body.trim_ascii_end().len());
        body.push(b'\n');
        Self(Box::new(Told {
            status,
            name: error.name().to_owned(),
            headers: HeaderMap::new(),
            body,
            retry_after: error.retry_after(),
            goa_error: true,
        }))
    }

    /// 400: parameters, a missing credential, or a body that break the contract. The first problem gives the name.
    pub(crate) fn invalid_parameters(violations: Vec<Violation>) -> Self {
        let name = violations.first().map_or("error", |violation| violation.rule);
        let mut message = String::new();
        for violation in violations.iter().take(MAX_VIOLATIONS) {
            let separator = if message.is_empty() { "" } else { "; " };
            let _ = write!(message, "{separator}{}", violation.message);
        }
        Self::new(StatusCode::BAD_REQUEST, name, &message)
    }

    /// What a verifier answered: the error that the design declares for it, or 401, 403, 503 of our own.
    pub(crate) fn denied<E: DeclaredError>(denied: Denied) -> Self {
        match denied.into_parts() {
            (DeniedKind::Unauthenticated, message) => match E::unauthenticated(message.clone()) {
                Some(error) => Self::declared(&error),
                None => Self::unauthenticated(&message),
            },
            (DeniedKind::Forbidden, message) => match E::forbidden(message.clone()) {
                Some(error) => Self::declared(&error),
                None => Self::forbidden(&message),
            },
            (DeniedKind::Unavailable, message) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &message),
        }
    }

    /// 401, where the design declares no error for it.
    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", message)
    }

    /// 403, where the design declares no error for it.
    pub(crate) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: no route.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "fault", "404 page not found")
    }

    /// 405: a route, but not for this verb. `allow` lists those it is for.
    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        let mut refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "");
        refusal.0.body.clear();
        refusal.with_header(header::ALLOW, allow)
    }

    /// 503: the server is about to stop and takes nothing new. Another one most likely does, so the hint is short.
    pub(crate) fn draining() -> Self {
        let message = "the server is shutting down";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).with_retry_after(Duration::from_secs(1))
    }

    /// 503: handlers of this connection are still at work for streams that its client has left.
    pub(crate) fn too_many_streams() -> Self {
        let message = "this connection has too many streams";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).with_retry_after(Duration::from_secs(1))
    }

    /// 503 where the server is full, 429 where it is whoever calls.
    pub(crate) fn too_many_connections(setting: &str, everybody: bool) -> Self {
        let (status, name) = match everybody {
            true => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            false => (StatusCode::TOO_MANY_REQUESTS, "too_many_connections"),
        };
        Self::new(status, name, &format!("too many connections ({setting})"))
    }

    /// 403: the page that calls is not on the allow-list.
    pub(crate) fn origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden_origin", "this origin is not allowed")
    }

    /// 426, 400 and others: an opening handshake that cannot succeed.
    pub(crate) fn handshake(error: &HandshakeError) -> Self {
        match error {
            HandshakeError::NotAnUpgrade | HandshakeError::UnsupportedVersion => Self::upgrade_required(),
            HandshakeError::BadKey => Self::bad_key(),
            other => {
                let name = match other {
                    // What is a 426 over HTTP/1.1.
                    HandshakeError::NotAConnect | HandshakeError::ConnectVersion => "upgrade_required",
                    HandshakeError::UnknownProtocol => "not_implemented",
                    _ => "invalid_handshake",
                };
                let mut refusal = Self::new(other.status(), name, &other.to_string());
                refusal.0.headers = other.headers();
                refusal
            }
        }
    }

    /// 426: a stream was asked for without an upgrade to version 13 of the WebSocket protocol.
    pub(crate) fn upgrade_required() -> Self {
        let message = "this is a WebSocket of version 13 (RFC 6455)";
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message)
            .with_header(header::UPGRADE, "websocket")
            .with_header(header::CONNECTION, "upgrade")
            .with_header(header::SEC_WEBSOCKET_VERSION, "13")
    }

    /// 400: the key of the handshake is not 16 bytes in base64.
    pub(crate) fn bad_key() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_format", "Sec-WebSocket-Key must be 16 bytes in base64")
    }

    /// 400: a credential in the subprotocol offer, but no dialect that could be selected in its place.
    pub(crate) fn credential_without_dialect() -> Self {
        let message = "Sec-WebSocket-Protocol offers a credential but not mandovi.plain";
        Self::new(StatusCode::BAD_REQUEST, "missing_field", message)
    }

    /// 400: a credential in the subprotocol offer that cannot be read.
    pub(crate) fn bad_credential() -> Self {
        let message = "the credential in Sec-WebSocket-Protocol must be one text in base64url without padding";
        Self::new(StatusCode::BAD_REQUEST, "invalid_format", message)
    }

    /// 415: a body that is not JSON.
    pub(crate) fn unsupported_media_type() -> Self {
        let message = "the body must be application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    }

    /// 413: a body of more bytes than the server takes.
    pub(crate) fn payload_too_large(max: usize) -> Self {
        let message = format!("the body must be at most {max} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_length", &message)
    }

    /// 400: no body where the design has one, or one that broke off.
    pub(crate) fn missing_payload() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "missing_payload", "missing required payload")
    }

    /// 408: a body that did not come in time.
    pub(crate) fn body_timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the body did not come in time")
    }

    /// 504: the method neither accepted nor refused in time.
    pub(crate) fn opening_timeout() -> Self {
        let message = "the call was not accepted in time";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    /// 500: our own fault, of which the caller learns nothing.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "internal error")
    }

    /// Tells of it.
    pub(crate) fn observed_by(&self, observed: &Observed) {
        observed.refused(self.0.status, self.0.retry_after.is_some(), &self.0.name);
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// The same refusal, as the answer to an upgrade: a body of at most [`MAX_UPGRADE_BODY`] bytes. A declared body that
    /// is larger gives way to the six fields with its name and its text, as much of it as fits.
    pub(crate) fn for_upgrade(mut self) -> Self {
        if self.0.body.len() > MAX_UPGRADE_BODY {
            let message = message_of(&self.0.body).unwrap_or_default();
            self.0.body = six_fields(&self.0.name, &message, flags_of(self.0.status));
        }
        self
    }

    /// The refusal as an HTTP answer.
    pub(crate) fn into_response(self) -> Response<Body> {
        let told = *self.0;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = told.status;
        *response.headers_mut() = told.headers;
        let headers = response.headers_mut();
        if let Some(retry_after) = told.retry_after {
            // Rounded up: who comes back too early is refused again.
            let seconds = retry_after.as_secs().saturating_add(u64::from(retry_after.subsec_nanos() > 0));
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if told.goa_error
            && let Ok(name) = HeaderValue::from_bytes(told.name.as_bytes())
        {
            headers.insert(GOA_ERROR, name);
        }
        if !told.body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *response.body_mut() = Body::from(told.body);
        }
        response
    }

    /// The refusal as a close code and a reason, for a client that never sees the status of a failed handshake.
    pub(crate) fn close_frame(&self) -> (CloseCode, String) {
        let reason = reason(&self.0.name, self.0.retry_after, &self.0.body, self.0.goa_error);
        (close_code(self.0.status.as_u16()), reason)
    }
}

/// A declared error after the upgrade, as a close code and a reason.
pub(crate) fn close_of_declared<E: DeclaredError>(error: &E) -> (CloseCode, String) {
    let body = error.encode_body().unwrap_or_default();
    (close_code(error.status()), reason(error.name(), error.retry_after(), &body, true))
}

/// The six fields that stand for an error without a body of its own.
pub(crate) fn standard_body(status: u16, name: &str, message: &str) -> Vec<u8> {
    six_fields(name, message, flags_of(StatusCode::from_u16(status).unwrap_or_default()))
}

pub(crate) fn close_code(status: u16) -> CloseCode {
    CloseCode::new(close_code_of_status(status)).expect("4000 and more are free to use")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        close_reason::parse_close_reason,
        model::{ErrorCase, ErrorClass, Types},
        value::Invalid,
    };
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use std::{error, fmt};

    /// An error with the body it is told to have; an empty one cannot be encoded.
    #[derive(Debug)]
    struct ChatError {
        name: &'static str,
        status: u16,
        retry_after: Option<Duration>,
        body: String,
    }

    impl ChatError {
        fn new(status: u16, body: impl Into<String>) -> Self {
            Self { name: "chat-error", status, retry_after: None, body: body.into() }
        }
    }

    impl fmt::Display for ChatError {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("what an error displays is not for its peer")
        }
    }

    impl error::Error for ChatError {}

    impl DeclaredError for ChatError {
        fn cases(_: &mut Types) -> Vec<ErrorCase> {
            Vec::new()
        }

        fn name(&self) -> &'static str {
            self.name
        }

        fn status(&self) -> u16 {
            self.status
        }

        fn class(&self) -> ErrorClass {
            ErrorClass::FINAL
        }

        fn retry_after(&self) -> Option<Duration> {
            self.retry_after
        }

        fn encode_body(&self) -> Result<Vec<u8>, Invalid> {
            if self.body.is_empty() {
                return Err(Invalid::new("", "invalid_range", "cannot be sent"));
            }
            Ok(self.body.clone().into_bytes())
        }

        fn decode(_: Option<&str>, _: u16, _: Option<Duration>, _: Option<&[u8]>) -> Option<Self> {
            None
        }

        fn unauthenticated(message: String) -> Option<Self> {
            Some(Self::new(401, Value::from(message).to_string()))
        }

        fn forbidden(_: String) -> Option<Self> {
            None
        }
    }

    async fn answer(refusal: Refusal) -> (u16, HeaderMap, String) {
        let (parts, body) = refusal.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn fields(body: &str) -> Value {
        assert!(body.len() <= MAX_UPGRADE_BODY && body.ends_with("}\n"), "{body}");
        serde_json::from_str(body).unwrap()
    }

    #[track_caller]
    fn check_fields(body: &str, name: &str, message: &str, flags: [bool; 3]) {
        let start = format!(r#"{{"name":{},"id":""#, Value::from(name));
        let [temporary, timeout, fault] = flags;
        let end = format!(
            "\",\"message\":{},\"temporary\":{temporary},\"timeout\":{timeout},\"fault\":{fault}}}\n",
            Value::from(message)
        );
        let id = body.strip_prefix(&start).and_then(|rest| rest.strip_suffix(&end));
        assert_eq!(id.map(str::len), Some(8), "{body} is not {start}..{end}");
    }

    #[tokio::test]
    async fn a_declared_error_has_its_own_body() {
        let error = ChatError::new(401, "\"invalid token\"");
        let (status, headers, body) = answer(Refusal::declared(&error)).await;
        assert_eq!((status, body.as_str()), (401, "\"invalid token\"\n"));
        assert_eq!(headers["goa-error"], "chat-error");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers.len(), 2);
    }

    #[tokio::test]
    async fn one_newline_ends_a_body() {
        for body in ["{}", "{}\n", "{} \n\n"] {
            assert_eq!(answer(Refusal::declared(&ChatError::new(409, body))).await.2, "{}\n");
        }
    }

    #[tokio::test]
    async fn an_error_that_cannot_be_sent_is_our_fault() {
        for error in [
            ChatError::new(400, ""),
            ChatError::new(200, "{}"),
            ChatError::new(302, "{}"),
            ChatError::new(600, "{}"),
            ChatError::new(0, "{}"),
        ] {
            let (status, headers, body) = answer(Refusal::declared(&error)).await;
            assert_eq!(status, 500);
            assert!(!headers.contains_key("goa-error"));
            check_fields(&body, "fault", "internal error", [false, false, true]);
        }
    }

    #[tokio::test]
    async fn a_denial_is_the_designs_own_error_where_it_has_one() {
        let denied = Denied::unauthenticated("invalid token");
        let (status, headers, body) = answer(Refusal::denied::<ChatError>(denied)).await;
        assert_eq!((status, body.as_str()), (401, "\"invalid token\"\n"));
        assert_eq!(headers["goa-error"], "chat-error");

        let denied = Denied::forbidden("missing scopes: stream:write");
        let (status, headers, body) = answer(Refusal::denied::<ChatError>(denied)).await;
        assert_eq!(status, 403);
        assert!(!headers.contains_key("goa-error"));
        check_fields(&body, "forbidden", "missing scopes: stream:write", [false; 3]);

        let (status, _, body) = answer(Refusal::denied::<ChatError>(Denied::unavailable())).await;
        assert_eq!(status, 503);
        check_fields(&body, "unavailable", "credentials cannot be verified now", [true, false, false]);

        let (status, _, body) = answer(Refusal::unauthenticated("who?")).await;
        assert_eq!(status, 401);
        check_fields(&body, "unauthenticated", "who?", [false; 3]);
    }

    #[tokio::test]
    async fn each_refusal_has_its_status_and_fields() {
        let cases = [
            (Refusal::not_found(), 404, "fault", [false, false, true]),
            (Refusal::draining(), 503, "unavailable", [true, false, false]),
            (Refusal::origin(), 403, "forbidden_origin", [false; 3]),
            (Refusal::upgrade_required(), 426, "upgrade_required", [false; 3]),
            (Refusal::bad_key(), 400, "invalid_format", [false; 3]),
            (Refusal::credential_without_dialect(), 400, "missing_field", [false; 3]),
            (Refusal::bad_credential(), 400, "invalid_format", [false; 3]),
            (Refusal::unsupported_media_type(), 415, "unsupported_media_type", [false; 3]),
            (Refusal::payload_too_large(10), 413, "invalid_length", [false; 3]),
            (Refusal::missing_payload(), 400, "missing_payload", [false; 3]),
            (Refusal::opening_timeout(), 504, "timeout", [true, true, false]),
            (Refusal::internal(), 500, "fault", [false, false, true]),
            (Refusal::new(StatusCode::REQUEST_TIMEOUT, "late", ""), 408, "late", [false, true, false]),
        ];
        for (refusal, status, name, flags) in cases {
            assert_eq!((refusal.0.status.as_u16(), refusal.0.name.as_str()), (status, name));
            let retry_after = refusal.0.retry_after;
            let (answered, headers, body) = answer(refusal).await;
            assert_eq!(answered, status);
            assert_eq!(headers["content-type"], "application/json");
            assert_eq!(headers.contains_key("retry-after"), retry_after.is_some());
            let message = fields(&body)["message"].as_str().unwrap().to_owned();
            check_fields(&body, name, &message, flags);
        }
        let (_, _, body) = answer(Refusal::not_found()).await;
        check_fields(&body, "fault", "404 page not found", [false, false, true]);
    }

    #[tokio::test]
    async fn some_refusals_say_more_in_headers() {
        let (status, headers, body) = answer(Refusal::method_not_allowed("GET")).await;
        assert_eq!((status, body.as_str()), (405, ""));
        assert_eq!(headers["allow"], "GET");
        assert!(!headers.contains_key("content-type"));

        let (_, headers, _) = answer(Refusal::upgrade_required()).await;
        assert_eq!(headers["sec-websocket-version"], "13");
        assert_eq!(
            (&headers["upgrade"], &headers["connection"]),
            (&HeaderValue::from_static("websocket"), &HeaderValue::from_static("upgrade"))
        );

        let (status, headers, _) = answer(Refusal::handshake(&HandshakeError::UnsupportedVersion)).await;
        assert_eq!((status, &headers["sec-websocket-version"]), (426, &HeaderValue::from_static("13")));
        let (status, headers, _) = answer(Refusal::handshake(&HandshakeError::MethodNotGet)).await;
        assert_eq!((status, &headers["allow"]), (405, &HeaderValue::from_static("GET")));
        assert_eq!(answer(Refusal::handshake(&HandshakeError::BadKey)).await.0, 400);
        let over_http2 = [
            (HandshakeError::NotAConnect, 400, "upgrade_required", true),
            (HandshakeError::ConnectVersion, 400, "upgrade_required", true),
            (HandshakeError::ConnectionHeader, 400, "invalid_handshake", false),
            (HandshakeError::UnknownProtocol, 501, "not_implemented", false),
        ];
        for (error, code, name, version) in over_http2 {
            let (status, headers, body) = answer(Refusal::handshake(&error)).await;
            assert_eq!((status, headers.contains_key("sec-websocket-version")), (code, version), "{error}");
            assert_eq!(fields(&body)["name"], name);
            assert!(
                !headers.contains_key("upgrade") && !headers.contains_key("connection"),
                "HTTP/2 has none: {error}"
            );
        }
        assert_eq!(answer(Refusal::handshake(&HandshakeError::BadHost)).await.0, 400);

        for (millis, seconds) in [(0, "0"), (1, "1"), (1000, "1"), (1001, "2"), (60_000, "60")] {
            let (_, headers, _) = answer(Refusal::internal().with_retry_after(Duration::from_millis(millis))).await;
            assert_eq!(headers["retry-after"], seconds);
        }
        let (_, headers, _) = answer(Refusal::internal().with_retry_after(Duration::MAX)).await;
        assert_eq!(headers["retry-after"], u64::MAX.to_string());
    }

    #[tokio::test]
    async fn problems_are_merged_and_at_most_sixteen_told() {
        let violation = |index: usize| {
            let rule = if index == 0 { "missing_field" } else { "invalid_range" };
            Violation::new(format!("q{index}"), rule, format!("message {index}"))
        };
        for (bad, last) in [(1, 0), (2, 1), (15, 14), (16, 15), (17, 15)] {
            let violations: Vec<_> = (0..bad).map(violation).collect();
            let (status, _, body) = answer(Refusal::invalid_parameters(violations)).await;
            let messages: Vec<_> = (0..=last).map(|index| format!("message {index}")).collect();
            assert_eq!(status, 400);
            check_fields(&body, "missing_field", &messages.join("; "), [false; 3]);
        }
    }

    #[tokio::test]
    async fn a_declared_body_that_is_too_large_gives_way_on_an_upgrade() {
        // Two quotes and the newline.
        for (length, fits) in [(1020, true), (1021, true), (1022, false)] {
            let error = ChatError::new(409, format!("{:?}", "x".repeat(length)));
            let (_, headers, body) = answer(Refusal::declared(&error).for_upgrade()).await;
            assert_eq!(headers["goa-error"], "chat-error");
            assert!(body.len() <= MAX_UPGRADE_BODY);
            if fits {
                assert_eq!(body.len(), length + 3);
            } else {
                let fields = fields(&body);
                assert_eq!(fields["name"], "chat-error");
                assert!(fields["message"].as_str().unwrap().ends_with("xxx\u{2026}"));
            }
            // A plain HTTP call has no such limit.
            assert_eq!(answer(Refusal::declared(&error)).await.2.len(), length + 3);
        }
        let error = ChatError::new(409, format!("[{:?}]", "x".repeat(2000)));
        let (_, _, body) = answer(Refusal::declared(&error).for_upgrade()).await;
        check_fields(&body, "chat-error", "", [false; 3]);
    }

    fn told_by_close((code, reason): (CloseCode, String)) -> (u16, String) {
        (code.as_u16(), reason)
    }

    #[test]
    fn a_refusal_can_be_told_after_the_upgrade() {
        let mut error = ChatError::new(429, r#"{"retry_after_ms":1500}"#);
        error.retry_after = Some(Duration::from_millis(1500));
        let text = r#"{"name":"chat-error","retry_after_ms":1500,"body":{}}"#.to_owned();
        assert_eq!(told_by_close(Refusal::declared(&error).close_frame()), (4429, text.clone()));
        assert_eq!(told_by_close(close_of_declared(&error)), (4429, text));

        let (code, text) = told_by_close(Refusal::not_found().close_frame());
        assert_eq!((code, text.as_str()), (4404, r#"{"name":"fault","message":"404 page not found"}"#));
        let (code, text) = told_by_close(Refusal::method_not_allowed("GET").close_frame());
        assert_eq!((code, text.as_str()), (4405, r#"{"name":"method_not_allowed"}"#));
        let (code, text) = told_by_close(Refusal::draining().close_frame());
        assert_eq!(code, 4503);
        assert_eq!(parse_close_reason(&text).unwrap().retry_after, Some(Duration::from_secs(1)));
    }
}
