//! Which pages of other origins may call plain methods and streams of events, and read the answers.

use axum::body::Body;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use mandovi::prelude::*;
use mandovi::server::{AllowedOrigins, Options, Service};
use tower_service::Service as _;

use crate::board::{self, Wall};

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

async fn ask(service: &Service, verb: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(verb).uri(path).header("host", "api.example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if verb == "POST" { Body::from(r#"{"text":"x","score":1,"pin":"p"}"#) } else { Body::empty() };
    service.clone().call(request.body(body).unwrap()).await.unwrap()
}

fn listing() -> Service {
    let origins = AllowedOrigins::same_origin().and(APP).unwrap();
    board::server(&Wall::default()).options(Options::default().allowed_origins(origins)).into_service()
}

fn plain() -> Service {
    board::server(&Wall::default()).into_service()
}

fn of<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

fn cors(response: &Response<Body>) -> Vec<&str> {
    response.headers().keys().map(|name| name.as_str()).filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn a_listed_page_reads_what_is_answered() {
    let service = listing();
    let answers = [
        ("GET", "/boards/b/sum?a=1", 200),
        ("POST", "/touch", 204),
        ("POST", "/boards/full/notes", 409),
        ("GET", "/boards/b/sum", 400),
        ("GET", "/whoami", 400),
        ("PUT", "/touch", 405),
        ("GET", "/countdown?from=1", 426),
    ];
    for (verb, path, status) in answers {
        let response = ask(&service, verb, path, &[("origin", APP)]).await;
        assert_eq!(response.status(), status, "{path}");
        let headers = response.headers();
        assert_eq!(of(headers, "access-control-allow-origin"), [APP], "{path}");
        assert_eq!(of(headers, "access-control-allow-credentials"), ["true"]);
        assert_eq!(of(headers, "vary"), ["origin"]);
        let exposed = of(headers, "access-control-expose-headers").concat();
        assert_eq!(exposed.contains("goa-error"), status == 409, "{exposed}");
        assert!(!exposed.contains("set-cookie") && !exposed.contains('*'));
    }
}

#[tokio::test]
async fn a_listed_page_reads_events() {
    let service = listing();
    let accept = ("accept", "text/event-stream");
    let response = ask(&service, "GET", "/notes?view=tiny", &[accept, ("origin", APP)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(of(response.headers(), "access-control-allow-origin"), [APP]);
    assert_eq!(of(response.headers(), "access-control-expose-headers"), ["goa-view"]);
    // Otherwise the answer would look like a broken network, and the page would come back for ever.
    let over = ask(&service, "GET", "/notes", &[accept, ("origin", APP), ("last-event-id", "mandovi.end")]).await;
    assert_eq!((over.status().as_u16(), of(over.headers(), "access-control-allow-origin")), (204, vec![APP]));
    let foreign = ask(&service, "GET", "/notes", &[accept, ("origin", EVIL)]).await;
    assert_eq!((foreign.status().as_u16(), cors(&foreign).len()), (403, 0));
}

#[tokio::test]
async fn a_preflight_says_what_a_listed_page_may_do() {
    let service = listing();
    let asks = [("origin", APP), ("access-control-request-method", "POST")];
    let names = ("access-control-request-headers", "authorization, content-type,x-factor");
    let response = ask(&service, "OPTIONS", "/boards/b/notes", &[asks[0], asks[1], names]).await;
    assert_eq!(response.status(), 204);
    let headers = response.headers();
    assert_eq!(of(headers, "access-control-allow-origin"), [APP]);
    assert_eq!(of(headers, "access-control-allow-credentials"), ["true"]);
    assert_eq!(of(headers, "access-control-allow-methods"), ["POST"]);
    assert_eq!(of(headers, "access-control-allow-headers"), [names.1]);
    assert_eq!(of(headers, "access-control-max-age"), ["7200"]);
    assert_eq!(of(headers, "vary"), ["access-control-request-headers", "origin"]);
    // What is no list of names is not given back.
    for names in ["a\tb", "a: b", "\u{e4}", &"x".repeat(5000)] {
        let names = ("access-control-request-headers", names);
        let response = ask(&service, "OPTIONS", "/boards/b/notes", &[asks[0], asks[1], names]).await;
        assert!(!response.headers().contains_key("access-control-allow-headers"));
    }
}

#[tokio::test]
async fn everybody_else_is_told_nothing() {
    let method = ("access-control-request-method", "POST");
    for service in [listing(), plain()] {
        for origin in [EVIL, "null", "http://app.example.com", "https://app.example.com.evil.example"] {
            let response = ask(&service, "OPTIONS", "/touch", &[("origin", origin), method]).await;
            assert_eq!((response.status().as_u16(), cors(&response).len()), (403, 0), "{origin}");
            // The call itself may be made by any page, as from a form; the answer is not for it.
            let response = ask(&service, "POST", "/touch", &[("origin", origin)]).await;
            assert_eq!((response.status().as_u16(), cors(&response).len()), (204, 0), "{origin}");
        }
        // Nobody's page, and our own.
        for headers in [&[][..], &[("origin", "https://api.example.com")]] {
            let response = ask(&service, "POST", "/touch", headers).await;
            assert_eq!((response.status().as_u16(), cors(&response).len()), (204, 0));
            let response = ask(&service, "OPTIONS", "/touch", headers).await;
            assert_eq!((response.status().as_u16(), cors(&response).len()), (405, 0));
        }
    }
    // Caches must know that it depends on who asks, and only where it does.
    assert_eq!(of(ask(&listing(), "POST", "/touch", &[]).await.headers(), "vary"), ["origin"]);
    assert!(!ask(&plain(), "POST", "/touch", &[]).await.headers().contains_key("vary"));
    // Two origins are none.
    let twice = ask(&listing(), "POST", "/touch", &[("origin", APP), ("origin", APP)]).await;
    assert!(cors(&twice).is_empty());
}

/// What a browser adds by itself, whoever's page it is, is no credential of a foreign page.
#[tokio::test]
async fn a_foreign_page_does_not_come_with_its_visitors_cookies() {
    #[service(schemes(basic = Basic<()>))]
    trait Bank {
        /// Pays.
        #[post("/pay")]
        async fn pay(&self, #[cookie] session: Option<String>, #[query] to: String) -> Outcome<String>;
        /// Looks into the cookies itself.
        #[post("/look")]
        async fn look(&self, cx: Context) -> Outcome<bool>;
        /// Reads all cookies as one header.
        #[post("/read")]
        async fn read(&self, #[header(name = "Cookie")] all: Option<String>) -> Outcome<bool>;
        /// Closes the account.
        #[post("/close", auth = basic)]
        async fn close(&self) -> Outcome<()>;
    }
    struct Vault;
    impl Bank for Vault {
        async fn pay(&self, session: Option<String>, to: String) -> Outcome<String> {
            Ok(format!("{} pays {to}", session.as_deref().unwrap_or("nobody")))
        }
        async fn look(&self, cx: Context) -> Outcome<bool> {
            Ok(cx.headers().contains_key("cookie"))
        }
        async fn read(&self, all: Option<String>) -> Outcome<bool> {
            Ok(all.is_some())
        }
        async fn close(&self) -> Outcome<()> {
            Ok(())
        }
    }
    let origins = AllowedOrigins::same_origin().and(APP).unwrap();
    let server = BankServer::new(Vault).basic(|_: BasicCredential| async { Ok::<_, Denied>(()) });
    let service = server.options(Options::default().allowed_origins(origins)).into_service();
    let cookie = ("cookie", "session=ada");
    let status =
        async |path: &str, headers: &[(&str, &str)]| ask(&service, "POST", path, headers).await.status().as_u16();
    assert_eq!(status("/pay?to=eve", &[cookie, ("origin", EVIL)]).await, 403);
    assert_eq!(status("/pay?to=eve", &[cookie, ("origin", "null")]).await, 403);
    assert_eq!(status("/pay", &[cookie, ("origin", EVIL)]).await, 403, "before the parameters are judged");
    assert_eq!(status("/pay?to=eve", &[("origin", EVIL)]).await, 200, "it comes as nobody");
    assert_eq!(status("/pay?to=eve", &[("cookie", "other=1"), ("origin", EVIL)]).await, 200);
    for origin in [APP, "https://api.example.com"] {
        assert_eq!(status("/pay?to=eve", &[cookie, ("origin", origin)]).await, 200);
    }
    assert_eq!(status("/pay?to=eve", &[cookie]).await, 200);
    assert_eq!(status("/read", &[cookie, ("origin", EVIL)]).await, 403, "under its other name");
    assert_eq!(status("/read", &[cookie, ("origin", APP)]).await, 200);
    for (origin, found) in [(EVIL, "false\n"), (APP, "true\n")] {
        let answer = ask(&service, "POST", "/look", &[cookie, ("origin", origin)]).await;
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, found, "{origin}");
    }
    let basic = ("authorization", "bAsIc YTpi");
    assert_eq!(status("/close", &[basic, ("origin", EVIL)]).await, 403);
    assert_eq!(status("/close", &[basic, ("origin", APP)]).await, 204);
    assert_eq!(status("/close", &[basic]).await, 204);
}

/// The answer to an upgrade is not one that a page could read.
#[tokio::test]
async fn an_upgrade_says_nothing_of_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, listing()).into_future());
    let answer = crate::refusals::upgrade(address, "/echo", &format!("Origin: {APP}\r\n")).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101 ") && !answer.contains("access-control") && !answer.contains("vary"));
}
