//! Declared errors of every content and class, before the upgrade and after it: what is on the wire, and what the client sees.

use std::net::SocketAddr;

use mandovi::DeclaredError;
use mandovi::model::{ErrorClass, Types};
use mandovi::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::refusals::{KEY, UPGRADE, VERSION, exchange};

/// Where it went wrong.
#[message]
pub struct Place {
    /// The line.
    #[field(1)]
    pub line: u32,
    /// The column.
    #[field(2)]
    pub column: Option<u32>,
}

/// What every service may say.
#[errors]
#[derive(PartialEq)]
pub enum CommonError {
    /// Who are you?
    #[status(401)]
    Unauthorized(String),
    /// Not for you.
    #[status(403, name = "not-yours")]
    Forbidden,
    /// Take your time.
    #[status(429, exhausted, temporary)]
    SlowDown {
        /// How long.
        #[retry_after]
        after: Duration,
        /// How many are too many.
        limit: u32,
    },
}

/// What every store may say.
#[errors]
#[derive(PartialEq)]
pub enum StoreError {
    /// The store is away.
    #[status(503, temporary, fault)]
    Away {
        /// How long, where it is known.
        #[retry_after]
        after: Option<Duration>,
    },
    #[include]
    Common(CommonError),
}

/// What this one says.
#[errors]
#[derive(PartialEq)]
pub enum OwnError {
    /// There is none.
    #[status(404)]
    NotFound,
    /// Something in the way.
    #[status(409)]
    Conflict(String),
    #[include]
    Store(StoreError),
    /// Not understood.
    #[status(422, name = "bad.place")]
    Misplaced(Place),
    /// In Goa's words.
    #[status(504, timeout)]
    Late(ErrorResult),
    /// With words of its own.
    #[status(418)]
    Teapot {
        /// What it holds.
        holds: Option<String>,
        /// How much.
        cups: u8,
    },
}

#[service]
pub trait Faults {
    /// Fails before anything else.
    #[get("/plain")]
    async fn plain(&self, #[query] n: u64) -> Outcome<(), OwnError>;

    /// Fails before it accepts.
    #[get("/opening")]
    async fn opening(&self, #[query] n: u64, opening: Opening<Sender<u8>>) -> Outcome<(), OwnError>;

    /// Fails after the first message.
    #[get("/stream")]
    async fn stream(&self, #[query] n: u64, output: Sender<u8>) -> Outcome<(), OwnError>;
}

pub struct Faulty;

impl Faults for Faulty {
    async fn plain(&self, n: u64) -> Outcome<(), OwnError> {
        Err(table().swap_remove(n as usize).error.into())
    }

    async fn opening(&self, n: u64, _opening: Opening<Sender<u8>>) -> Outcome<(), OwnError> {
        Err(table().swap_remove(n as usize).error.into())
    }

    async fn stream(&self, n: u64, output: Sender<u8>) -> Outcome<(), OwnError> {
        output.send(1).await?;
        Err(table().swap_remove(n as usize).error.into())
    }
}

/// An error, and what stands on the wire for it.
struct Case {
    error: OwnError,
    status: u16,
    name: &'static str,
    class: ErrorClass,
    retry_after: Option<&'static str>,
    /// The body of an HTTP answer; of the standard one without the `id`.
    body: &'static str,
    /// The reason of the close frame, in the same way.
    reason: &'static str,
}

fn table() -> Vec<Case> {
    let none = ErrorClass::FINAL;
    let late = |message: &str| ErrorResult {
        name: "late".into(),
        id: "12345678".into(),
        message: message.into(),
        temporary: false,
        timeout: true,
        fault: false,
    };
    let slow = CommonError::SlowDown { after: Duration::from_millis(1500), limit: 3 };
    vec![
        Case {
            error: OwnError::NotFound,
            status: 404,
            name: "not_found",
            class: none,
            retry_after: None,
            body: r#"{"name":"not_found","message":"There is none","temporary":false,"timeout":false,"fault":false}"#,
            reason: r#"{"name":"not_found"}"#,
        },
        Case {
            error: OwnError::Conflict("a \"thing\"".into()),
            status: 409,
            name: "conflict",
            class: none,
            retry_after: None,
            body: r#""a \"thing\"""#,
            reason: r#"{"name":"conflict","body":"a \"thing\""}"#,
        },
        Case {
            error: OwnError::Misplaced(Place { line: 7, column: None }),
            status: 422,
            name: "bad.place",
            class: none,
            retry_after: None,
            body: r#"{"line":7}"#,
            reason: r#"{"name":"bad.place","body":{"line":7}}"#,
        },
        Case {
            error: OwnError::Late(late("too late!")),
            status: 504,
            name: "late",
            class: none.timeout(),
            retry_after: None,
            body: r#"{"name":"late","message":"too late!","temporary":false,"timeout":true,"fault":false}"#,
            reason: r#"{"name":"late","body":{"name":"late","message":"too late!","temporary":false,"timeout":true,"fault":false}}"#,
        },
        Case {
            // One character more than a reason holds, which the one before just fits into.
            error: OwnError::Late(late("too late!!")),
            status: 504,
            name: "late",
            class: none.timeout(),
            retry_after: None,
            body: r#"{"name":"late","message":"too late!!","temporary":false,"timeout":true,"fault":false}"#,
            reason: "",
        },
        Case {
            error: OwnError::Teapot { holds: None, cups: 2 },
            status: 418,
            name: "teapot",
            class: none,
            retry_after: None,
            body: r#"{"cups":2}"#,
            reason: r#"{"name":"teapot","body":{"cups":2}}"#,
        },
        Case {
            error: StoreError::Away { after: Some(Duration::from_secs(2)) }.into(),
            status: 503,
            name: "away",
            class: none.temporary().fault(),
            retry_after: Some("2"),
            body: r#"{"retry_after_ms":2000}"#,
            reason: r#"{"name":"away","retry_after_ms":2000,"body":{}}"#,
        },
        Case {
            error: StoreError::Away { after: None }.into(),
            status: 503,
            name: "away",
            class: none.temporary().fault(),
            retry_after: None,
            body: "{}",
            reason: r#"{"name":"away","body":{}}"#,
        },
        Case {
            error: StoreError::Common(slow).into(),
            status: 429,
            name: "slow_down",
            class: none.exhausted().temporary(),
            // Rounded up: who comes back too early is refused again.
            retry_after: Some("2"),
            body: r#"{"limit":3,"retry_after_ms":1500}"#,
            reason: r#"{"name":"slow_down","retry_after_ms":1500,"body":{"limit":3}}"#,
        },
        Case {
            error: StoreError::Common(CommonError::Forbidden).into(),
            status: 403,
            name: "not-yours",
            class: none,
            retry_after: None,
            body: r#"{"name":"not-yours","message":"Not for you","temporary":false,"timeout":false,"fault":false}"#,
            reason: r#"{"name":"not-yours"}"#,
        },
    ]
}

async fn listen() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, FaultsServer::new(Faulty).into_router()).into_future());
    address
}

/// A body without the `id`, which is another one each time.
fn without_id(body: &str) -> serde_json::Value {
    let mut json: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    if let Some(object) = json.as_object_mut() {
        object.remove("id");
        if let Some(body) = object.get_mut("body").and_then(|body| body.as_object_mut()) {
            body.remove("id");
        }
    }
    json
}

#[tokio::test]
async fn before_the_upgrade_the_wire_says_status_name_wait_and_body() {
    let address = listen().await;
    for (n, case) in table().into_iter().enumerate() {
        for (path, more) in [("plain", String::new()), ("opening", format!("{UPGRADE}{VERSION}{KEY}"))] {
            let request = format!("GET /{path}?n={n} HTTP/1.1\r\nHost: {address}\r\n{more}\r\n");
            let answer = exchange(address, &request).await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            let head = head.to_lowercase();
            let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            assert!(head.starts_with(&format!("http/1.1 {} ", case.status)), "{head}");
            assert_eq!(header("goa-error"), Some(case.name));
            assert_eq!(header("retry-after"), case.retry_after, "{}", case.name);
            assert_eq!(header("content-type"), Some("application/json"));
            assert_eq!(without_id(body), without_id(case.body));
        }
    }
}

#[tokio::test]
async fn after_the_upgrade_the_wire_says_code_and_reason() {
    let address = listen().await;
    for (n, case) in table().into_iter().enumerate() {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!("GET /stream?n={n} HTTP/1.1\r\nHost: {address}\r\n{UPGRADE}{VERSION}{KEY}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        let mut message = [0; 3];
        stream.read_exact(&mut message).await.unwrap();
        assert_eq!(&message, b"\x81\x011");
        assert_eq!(stream.read_u8().await.unwrap(), 0x88);
        let mut close = vec![0; usize::from(stream.read_u8().await.unwrap())];
        assert!(close.len() <= 125);
        stream.read_exact(&mut close).await.unwrap();
        assert_eq!(u16::from_be_bytes([close[0], close[1]]), 4000 + case.status);
        let reason = std::str::from_utf8(&close[2..]).unwrap();
        if case.reason.is_empty() {
            // The standard body is longer than a reason may be: what fits of it is its text.
            let json: serde_json::Value = serde_json::from_str(reason).unwrap();
            assert_eq!((json["name"].as_str(), json["body"].is_object()), (Some(case.name), false), "{reason}");
            continue;
        }
        let mut json = without_id(reason);
        // Of a case that holds nothing the body says no more than the name does.
        if matches!(case.error, OwnError::NotFound | OwnError::Store(StoreError::Common(CommonError::Forbidden))) {
            json.as_object_mut().unwrap().retain(|key, _| key == "name");
        }
        assert_eq!(json, without_id(case.reason), "{reason}");
    }
}

#[tokio::test]
async fn the_client_sees_the_same_error_before_and_after() {
    let client = FaultsClient::in_memory(FaultsServer::new(Faulty)).build().unwrap();
    for (n, case) in table().into_iter().enumerate() {
        let Failure::Declared(error) = client.plain(n as u64).await.unwrap_err() else { panic!("{n}") };
        assert_eq!(error, case.error);
        assert_eq!((error.name(), error.status(), error.class()), (case.name, case.status, case.class));
        let Failure::Declared(error) = client.opening(n as u64).await.unwrap_err() else { panic!("{n}") };
        assert_eq!(error, case.error);
        let mut stream = client.stream(n as u64).await.unwrap();
        assert_eq!(stream.recv().await.unwrap(), Some(1));
        match stream.recv().await.unwrap_err() {
            Failure::Declared(error) => assert_eq!(error, case.error),
            // What does not fit into a reason is told by name and text.
            Failure::Remote(remote) => {
                assert!(case.reason.is_empty(), "{}", case.name);
                assert_eq!((remote.status, remote.name.as_str()), (case.status, case.name));
                assert_eq!(remote.message, "too late!!");
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn included_errors_are_cases_of_the_whole() {
    let mut types = Types::new();
    let names: Vec<_> = OwnError::cases(&mut types).into_iter().map(|case| (case.name, case.status)).collect();
    let expected = [
        ("not_found", 404),
        ("conflict", 409),
        ("bad.place", 422),
        ("late", 504),
        ("teapot", 418),
        ("away", 503),
        ("unauthorized", 401),
        ("not-yours", 403),
        ("slow_down", 429),
    ];
    assert_eq!(names, expected.map(|(name, status)| (name.to_owned(), status)));
    // Where a verifier refuses, an included error speaks.
    let unauthorized = CommonError::Unauthorized("no".into());
    assert_eq!(OwnError::unauthenticated("no".into()), Some(StoreError::Common(unauthorized).into()));
    assert_eq!(OwnError::forbidden("no".into()), Some(StoreError::Common(CommonError::Forbidden).into()));
    assert_eq!(OwnError::from(StoreError::Common(CommonError::Forbidden)).to_string(), "Not for you");
    // Without a name the status decides, where only one case has it.
    let decode = |status, body: &str| OwnError::decode(None, status, None, Some(body.as_bytes()));
    assert_eq!(decode(403, "{}"), Some(StoreError::Common(CommonError::Forbidden).into()));
    assert_eq!(decode(409, "\"x\""), Some(OwnError::Conflict("x".into())));
    assert_eq!(decode(402, "{}"), None);
    assert_eq!(OwnError::decode(Some("unknown"), 404, None, None), None);
}

/// `?` takes what is included as it takes the whole.
#[tokio::test]
async fn included_errors_pass_a_question_mark() {
    fn store() -> Result<(), StoreError> {
        Err(StoreError::Away { after: None })
    }
    async fn method() -> Outcome<(), OwnError> {
        store()?;
        Ok(())
    }
    let Failure::Declared(OwnError::Store(StoreError::Away { after: None })) = method().await.unwrap_err() else {
        panic!()
    };
}

/// What the design says of an error counts before its status, wherever the error comes from.
#[tokio::test]
async fn the_class_of_the_design_reaches_the_client() {
    #[errors]
    enum Trouble {
        /// Passes.
        #[status(409, recoverable)]
        Passes,
        /// Is too much.
        #[status(403, exhausted)]
        TooMuch,
        /// Wants another token.
        #[status(400, unauthenticated)]
        Stale,
        /// Does not pass, whatever 503 says.
        #[status(503, fatal)]
        Gone,
        /// May pass, in Goa's words.
        #[status(410, temporary)]
        MayPass,
        /// Says nothing but its status.
        #[status(429)]
        SlowDown,
    }

    const TABLE: [(fn() -> Trouble, mandovi::ErrorClass); 6] = [
        (|| Trouble::Passes, mandovi::ErrorClass::Recoverable),
        (|| Trouble::TooMuch, mandovi::ErrorClass::Exhausted),
        (|| Trouble::Stale, mandovi::ErrorClass::Unauthenticated),
        (|| Trouble::Gone, mandovi::ErrorClass::Fatal),
        (|| Trouble::MayPass, mandovi::ErrorClass::Recoverable),
        (|| Trouble::SlowDown, mandovi::ErrorClass::Exhausted),
    ];

    #[service]
    trait Troubles {
        /// Fails.
        #[get("/plain")]
        async fn plain(&self, #[query] n: u32) -> Outcome<(), Trouble>;
        /// Fails after its stream is open.
        #[get("/stream")]
        async fn stream(&self, #[query] n: u32, output: Sender<u8>) -> Outcome<(), Trouble>;
    }

    struct Troubled;
    impl Troubles for Troubled {
        async fn plain(&self, n: u32) -> Outcome<(), Trouble> {
            Err(TABLE[n as usize].0().into())
        }

        async fn stream(&self, n: u32, output: Sender<u8>) -> Outcome<(), Trouble> {
            output.send(1).await?;
            Err(TABLE[n as usize].0().into())
        }
    }

    let client = TroublesClient::in_memory(TroublesServer::new(Troubled)).build().unwrap();
    for (n, (error, class)) in (0..).zip(TABLE) {
        assert_eq!(client.plain(n).await.unwrap_err().class(), class, "{:?}", error());
        let mut stream = client.stream(n).await.unwrap();
        assert_eq!(stream.recv().await.unwrap(), Some(1));
        assert_eq!(stream.recv().await.unwrap_err().class(), class, "{:?}", error());
    }
}
