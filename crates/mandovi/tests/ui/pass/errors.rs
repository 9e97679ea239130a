//! What declared errors say, and how they come back from the wire.

#![deny(unused)]

use mandovi::{DeclaredError, prelude::*};

#[errors]
#[derive(PartialEq)]
pub enum RoomError {
    /// There is no such room.
    ///
    /// It may have been there.
    #[status(404, temporary, timeout)]
    NotFound,
    #[status(401)]
    WhoAreYou(ErrorResult),
    #[status(403)]
    Refused(Reason),
    #[status(403, name = "invalid-scopes", fault)]
    InvalidScopes(String),
    /// Come back later.
    #[status(429, exhausted)]
    SlowDown {
        #[retry_after]
        after: Duration,
    },
    #[status(503)]
    Busy {
        #[retry_after]
        retry: Option<Duration>,
        limit: u32,
        hint: Option<String>,
    },
}

#[message]
pub enum Reason {
    Full,
}

fn body(error: &RoomError) -> String {
    String::from_utf8(error.encode_body().expect("valid")).expect("JSON")
}

fn again(error: RoomError) {
    let body = error.encode_body().expect("valid");
    let decoded = RoomError::decode(Some(error.name()), error.status(), error.retry_after(), Some(&body));
    assert_eq!(decoded.as_ref(), Some(&error));
}

fn main() {
    let slow = || RoomError::SlowDown { after: Duration::from_millis(1500) };
    let busy = || RoomError::Busy { retry: None, limit: 3, hint: None };

    assert_eq!(RoomError::NotFound.to_string(), "There is no such room");
    assert_eq!(RoomError::InvalidScopes("missing scopes: x".into()).to_string(), "missing scopes: x");
    assert_eq!(RoomError::InvalidScopes(String::new()).to_string(), "invalid-scopes");
    assert_eq!((busy().to_string(), slow().to_string()), ("busy".to_owned(), "Come back later".to_owned()));
    assert_eq!((busy().name(), busy().status(), busy().retry_after()), ("busy", 503, None));
    assert_eq!(slow().retry_after(), Some(Duration::from_millis(1500)));
    assert!(slow().class().exhausted && RoomError::NotFound.class().timeout);

    assert_eq!(body(&RoomError::Refused(Reason::Full)), r#""full""#);
    assert_eq!(body(&busy()), r#"{"limit":3}"#);
    assert_eq!(body(&slow()), r#"{"retry_after_ms":1500}"#);
    let standard: serde_json::Value = serde_json::from_str(&body(&RoomError::NotFound)).expect("JSON");
    assert_eq!((&standard["name"], &standard["temporary"]), (&"not_found".into(), &true.into()));

    again(RoomError::NotFound);
    again(RoomError::Refused(Reason::Full));
    again(RoomError::InvalidScopes("x".into()));
    again(slow());
    again(busy());

    // Without a body, what needs none is known all the same.
    assert_eq!(RoomError::decode(None, 404, None, None), Some(RoomError::NotFound));
    assert_eq!(RoomError::decode(None, 429, Some(Duration::from_secs(2)), None), Some(RoomError::SlowDown { after: Duration::from_secs(2) }));
    assert_eq!(RoomError::decode(None, 429, None, None), None);
    assert_eq!(RoomError::decode(Some("busy"), 503, None, None), None);
    // Two cases have this status.
    assert_eq!(RoomError::decode(None, 403, None, Some(b"\"x\"")), None);
    assert_eq!(RoomError::decode(Some("unheard"), 404, None, None), None);

    assert_eq!(RoomError::forbidden("no".into()), Some(RoomError::InvalidScopes("no".into())));
    assert!(matches!(RoomError::unauthenticated("who?".into()), Some(RoomError::WhoAreYou(result)) if result.message == "who?"));
}
