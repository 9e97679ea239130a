//! What travels in a head arrives as it was given, or is refused before it is sent.

use std::borrow::Cow;
use std::sync::Arc;

use mandovi::prelude::*;
use mandovi::value::Millis;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The number of a room.
#[message]
#[derive(Copy, Eq)]
pub struct Number(pub u32);

/// The name of a room.
#[message]
#[derive(Eq)]
pub struct Name(pub Arc<str>);

/// What travels in the head of an answer, of types that are not the plain ones.
#[message]
pub struct Place {
    /// A newtype of a number.
    #[field(1)]
    pub number: Number,
    /// A newtype of a text that looks like a number.
    #[field(2)]
    pub name: Option<Name>,
    /// A length of time.
    #[field(3)]
    pub pause: Millis,
    /// A text that may be lent.
    #[field(4)]
    pub lent: Cow<'static, str>,
    /// A text in a box.
    #[field(5)]
    pub boxed: Box<str>,
    /// What is not in the head.
    #[field(6)]
    pub rest: u8,
}

// The value of an option may come out of a macro, between brackets that nobody sees.
macro_rules! heads {
    ($text:expr, $number:expr) => {
        /// Heads.
        #[service(path = "/heads")]
        pub trait Heads {
            /// Two cookies and a header.
            #[get("/come")]
            async fn come(
                &self,
                #[cookie] a: Option<String>,
                #[cookie] b: Option<String>,
                #[header(name = "X-C")] c: Option<String>,
                #[query(default = $text)] d: String,
                #[query(default = $number)] e: u8,
            ) -> Outcome<String>;

            /// Members in headers.
            #[post(
                "/place",
                header(number = "X-Number", name = "X-Name", pause = "X-Pause", lent = "X-Lent", boxed = "X-Boxed")
            )]
            async fn place(&self, #[body] place: Place) -> Outcome<Place>;

            /// A body that may be lent.
            #[post("/lent")]
            async fn lent(&self, #[body] text: Cow<'static, str>) -> Outcome<Cow<'static, str>>;
        }
    };
}

heads!("by default", 7);

struct Hall;

impl Heads for Hall {
    async fn come(&self, a: Option<String>, b: Option<String>, c: Option<String>, d: String, e: u8) -> Outcome<String> {
        Ok(format!("{a:?} {b:?} {c:?} {d} {e}"))
    }

    async fn place(&self, place: Place) -> Outcome<Place> {
        Ok(place)
    }

    async fn lent(&self, text: Cow<'static, str>) -> Outcome<Cow<'static, str>> {
        Ok(text)
    }
}

fn client() -> HeadsClient {
    HeadsClient::in_memory(HeadsServer::new(Hall)).build().unwrap()
}

#[tokio::test]
async fn what_would_not_arrive_as_it_is_is_not_sent() {
    let client = client();
    for odd in [
        "hunter;b",
        "a; b=hunter",
        " hunter",
        "hunter ",
        "\thunter",
        "\"hunter\"",
        "\"\"",
        "hunter\r\nb",
        "hunter\u{0}",
    ] {
        let failure = client.come(Some(odd.into()), None, None, None, None).await.unwrap_err();
        let Failure::Stream(StreamError::Invalid(invalid)) = &failure else { panic!("{odd:?}: {failure:?}") };
        assert_eq!((invalid.violations()[0].path.as_str(), invalid.violations()[0].rule), ("a", "invalid_format"));
        assert!(!format!("{failure} {failure:?}").contains("hunter"), "{failure:?}");
    }
    for odd in [" a", "a ", "\ta", "a\r\nb", "a\u{0}"] {
        let failure = client.come(None, None, Some(odd.into()), None, None).await.unwrap_err();
        let Failure::Stream(StreamError::Invalid(invalid)) = &failure else { panic!("{odd:?}: {failure:?}") };
        assert_eq!((invalid.violations()[0].path.as_str(), invalid.violations()[0].rule), ("X-C", "invalid_format"));
    }
    // What is odd and arrives.
    for fine in ["a b", "\"", "\"a", "a\"b\"", "a,b\\c", "k\u{f6}nig", "a=b"] {
        let given = Some(fine.to_owned());
        let came = client.come(given.clone(), given.clone(), given.clone(), None, None).await.unwrap();
        assert_eq!(came, format!("{given:?} {given:?} {given:?} by default 7"));
    }
}

#[tokio::test]
async fn cookies_go_out_in_one_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\"ok\"").await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    });
    let client = HeadsClient::builder(url).header("Cookie", "given=1").header("cookie", "more=2").build().unwrap();
    client.come(Some("x".into()), Some("y".into()), None, None, None).await.unwrap();
    let head = peer.await.unwrap();
    let lines: Vec<_> = head.lines().filter_map(|line| line.strip_prefix("cookie: ")).collect();
    let [line] = &lines[..] else { panic!("{head}") };
    let mut cookies: Vec<_> = line.split("; ").collect();
    cookies.sort_unstable();
    assert_eq!(cookies, ["a=x", "b=y", "given=1", "more=2"]);
}

#[tokio::test]
async fn members_of_every_single_type_come_back_from_headers() {
    let place = Place {
        number: Number(7),
        name: Some(Name("12".into())),
        pause: Millis(std::time::Duration::from_millis(1500)),
        lent: "true".into(),
        boxed: "3".into(),
        rest: 1,
    };
    assert_eq!(client().place(&place).await.unwrap(), place);
    let bare = Place { name: None, ..place };
    assert_eq!(client().place(&bare).await.unwrap(), bare);
    assert_eq!(client().lent(&"a".into()).await.unwrap(), "a");
}
