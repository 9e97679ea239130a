//! How plain methods answer: statuses, members in headers and cookies; and where parameters are found.

use std::net::SocketAddr;

use mandovi::model::Location;
use mandovi::prelude::*;

use crate::refusals::exchange;

/// A kind of room.
#[message]
pub enum Kind {
    /// For two.
    Small,
    /// For more.
    Large,
}

/// A room.
#[message(view(card = [name, location]))]
pub struct Room {
    /// Its name.
    #[field(1)]
    pub name: String,
    /// Where it is.
    #[field(2)]
    pub location: String,
    /// How many may enter.
    #[field(3)]
    pub seats: u64,
    /// How warm it is.
    #[field(4)]
    pub warmth: Option<f64>,
    /// Whether it is open.
    #[field(5)]
    pub open: bool,
    /// Who may enter.
    #[field(6)]
    pub session: Option<String>,
    /// Its kind.
    #[field(7)]
    pub kind: Kind,
    /// Who is there.
    #[field(8)]
    pub guests: Vec<String>,
}

/// Rooms.
#[service(path = "/v1/")]
pub trait Rooms {
    /// Makes a room.
    #[post(
        "/rooms",
        status = 201,
        header(location = "Location", seats = "X-Seats", warmth = "X-Warmth", open = "X-Open", kind = "X-Kind"),
        cookie(session = "sid")
    )]
    async fn create(&self, #[body] room: Room) -> Outcome<Room>;

    /// The same in a view.
    #[get("/card", view = card, header("location" = "Location"))]
    async fn card(&self) -> Outcome<Room>;

    /// Taken up, and nothing more to say.
    #[post("/later", status = 202)]
    async fn later(&self) -> Outcome<()>;

    /// Gone.
    #[delete("/rooms/{room}", status = 205)]
    async fn reset(&self, room: String) -> Outcome<()>;

    /// The usual.
    #[get("/usual")]
    async fn usual(&self) -> Outcome<u8>;

    /// At the edge of what is a success.
    #[get("/edge", status = 299)]
    async fn edge(&self) -> Outcome<u8>;

    /// Every place of a parameter.
    #[get("/places/{a}")]
    #[allow(clippy::too_many_arguments)]
    async fn places(
        &self,
        a: String,
        #[query] b: Vec<u8>,
        #[header(name = "X-C")] c: Vec<String>,
        #[cookie] d: Option<String>,
        #[cookie] e: String,
        #[query(default = 7)] f: u8,
    ) -> Outcome<String>;

    /// Do not use this any more.
    #[deprecated(note = "use `usual`")]
    #[get("/old")]
    async fn old(&self) -> Outcome<u8>;
}

pub struct Inn;

impl Rooms for Inn {
    async fn create(&self, room: Room) -> Outcome<Room> {
        Ok(room)
    }

    async fn card(&self) -> Outcome<Room> {
        Ok(room())
    }

    async fn later(&self) -> Outcome<()> {
        Ok(())
    }

    async fn reset(&self, _room: String) -> Outcome<()> {
        Ok(())
    }

    async fn usual(&self) -> Outcome<u8> {
        Ok(1)
    }

    async fn edge(&self) -> Outcome<u8> {
        Ok(2)
    }

    async fn places(
        &self,
        a: String,
        b: Vec<u8>,
        c: Vec<String>,
        d: Option<String>,
        e: String,
        f: u8,
    ) -> Outcome<String> {
        Ok(format!("{a} {b:?} {c:?} {d:?} {e} {f}"))
    }

    async fn old(&self) -> Outcome<u8> {
        Ok(3)
    }
}

fn room() -> Room {
    Room {
        name: "hall".into(),
        location: "/rooms/hall of k\u{f6}nig".into(),
        seats: u64::MAX,
        warmth: Some(0.1),
        open: true,
        session: Some("abc=1".into()),
        kind: Kind::Large,
        guests: vec!["ada".into()],
    }
}

fn client() -> RoomsClient {
    RoomsClient::in_memory(RoomsServer::new(Inn)).build().unwrap()
}

async fn listen() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, RoomsServer::new(Inn).into_router()).into_future());
    address
}

async fn send(address: SocketAddr, verb: &str, path: &str, headers: &str, body: &str) -> (String, String) {
    let length = body.len();
    let head = format!("{verb} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n");
    let answer = exchange(address, &(head + body)).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn members_in_headers_and_cookies_make_the_result_whole_again() {
    let client = client();
    assert_eq!(client.create(&room()).await.unwrap(), room());
    let bare = Room { warmth: None, session: None, open: false, kind: Kind::Small, location: String::new(), ..room() };
    assert_eq!(client.create(&bare).await.unwrap(), bare);
    let card = client.card().await.unwrap();
    assert_eq!((card.name, card.location), (room().name, room().location));
}

#[tokio::test]
async fn on_the_wire_they_are_in_the_head_and_not_in_the_body() {
    let address = listen().await;
    let json = r#"{"name":"hall","location":"/rooms/hall","seats":3,"warmth":20.5,"open":true,"session":"s","kind":"large","guests":[]}"#;
    let (head, body) = send(address, "POST", "/v1/rooms", "", json).await;
    assert!(head.starts_with("http/1.1 201 created\r\n"), "{head}");
    for line in [
        "location: /rooms/hall",
        "x-seats: 3",
        "x-warmth: 20.5",
        "x-open: true",
        "x-kind: large",
        "set-cookie: sid=s; path=/; httponly; secure; samesite=lax",
        "content-type: application/json",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert_eq!(body, "{\"guests\":[],\"name\":\"hall\"}\n");
    // What is optional and absent has no header.
    let json = r#"{"name":"hall","location":"/rooms/hall","seats":3,"open":true,"kind":"large","guests":[]}"#;
    let (head, _) = send(address, "POST", "/v1/rooms", "", json).await;
    assert!(!head.contains("x-warmth") && !head.contains("set-cookie"), "{head}");
    let (head, body) = send(address, "GET", "/v1/card", "", "").await;
    assert!(head.starts_with("http/1.1 200 ok\r\n") && head.contains("\r\nlocation: "), "{head}");
    assert_eq!(body, "{\"name\":\"hall\"}\n");
}

#[tokio::test]
async fn what_cannot_stand_in_the_head_is_a_failure_of_the_server() {
    for odd in [
        Room { location: "a\r\nSet-Cookie: x=y".into(), ..room() },
        Room { location: " a".into(), ..room() },
        Room { session: Some("a;b".into()), ..room() },
    ] {
        let Failure::Remote(remote) = client().create(&odd).await.unwrap_err() else { panic!() };
        assert_eq!((remote.status, remote.message.as_str()), (500, "internal error"));
    }
}

#[tokio::test]
async fn statuses_are_those_of_the_design() {
    let address = listen().await;
    for (verb, path, status) in [
        ("POST", "/v1/later", 202),
        ("DELETE", "/v1/rooms/hall", 205),
        ("GET", "/v1/usual", 200),
        ("GET", "/v1/edge", 299),
    ] {
        let (head, _) = send(address, verb, path, "", "").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
    }
    let client = client();
    client.later().await.unwrap();
    client.reset("hall").await.unwrap();
    assert_eq!((client.usual().await.unwrap(), client.edge().await.unwrap()), (1, 2));
}

#[tokio::test]
async fn parameters_are_found_in_every_place_and_arrays_repeat_them() {
    let c = ["x".to_owned(), "y z".to_owned()];
    let answer = client().places("a/b", &[1, 2], &c, Some("4".into()), "5", None).await.unwrap();
    assert_eq!(answer, r#"a/b [1, 2] ["x", "y z"] Some("4") 5 7"#);
    let answer = client().places("a", &[], &[], None, "5", Some(8)).await.unwrap();
    assert_eq!(answer, r#"a [] [] None 5 8"#);
    let address = listen().await;
    let headers = "X-C: x\r\nCookie: d=4\r\nx-c: y\r\nCookie: e=\"5\"; d=6\r\n";
    let (_, body) = send(address, "GET", "/v1/places/a%2Fb?b=1&f=&b=2", headers, "").await;
    assert_eq!(body, "\"a/b [1, 2] [\\\"x\\\", \\\"y\\\"] Some(\\\"4\\\") 5 7\"\n");
    // Without the base there is nothing.
    assert!(send(address, "GET", "/usual", "", "").await.0.starts_with("http/1.1 404"));
}

#[tokio::test]
async fn a_deprecated_method_still_works() {
    #[expect(deprecated, reason = "that it is deprecated is what is tested")]
    let answer = client().old().await.unwrap();
    assert_eq!(answer, 3);
    let model = RoomsDesign::model();
    let deprecated: Vec<_> =
        model.methods.iter().filter(|method| method.deprecated).map(|method| &method.name).collect();
    assert_eq!(deprecated, ["old"]);
}

#[test]
fn the_model_says_how_methods_answer() {
    let model = RoomsDesign::model();
    let method = |name: &str| model.methods.iter().find(|method| method.name == name).unwrap();
    let create = &method("create").response;
    assert_eq!(create.status, Some(201));
    let members: Vec<_> =
        create.headers.iter().map(|placed| (placed.field.as_str(), placed.location, placed.name.as_str())).collect();
    assert_eq!(members[0], ("location", Location::Header, "Location"));
    assert_eq!(members[5], ("session", Location::Cookie, "sid"));
    assert_eq!(method("later").response.status, Some(202));
    assert!(method("usual").response.is_usual());
    assert_eq!((model.path.as_str(), method("create").path.as_str()), ("/v1", "/v1/rooms"));
}
