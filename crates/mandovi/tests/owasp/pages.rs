//! Pages of others: origins, and the cookies that a browser sends by itself.

use mandovi::Settings;
use mandovi::server::{AllowedOrigins, Options};

use crate::peer::Peer;
use crate::room::{default_room, listen, room};

/// Only pages of the server itself and those that are listed, compared whole.
#[tokio::test]
async fn owasp_06_origin_allow_list() {
    let origins = AllowedOrigins::same_origin().and("https://app.example.com").unwrap();
    let options = Options::default().allowed_origins(origins);
    let address = listen(room(Settings::server()).options(options).into_router()).await;
    let own = format!("http://{address}");
    for (origin, status) in [
        (&*own, 101),
        ("https://app.example.com", 101),
        ("https://APP.example.com:443", 101),
        ("http://app.example.com", 403),
        ("https://app.example.com:8443", 403),
        ("https://app.example.com.evil.example", 403),
        ("https://evilapp.example.com", 403),
        ("https://x.app.example.com", 403),
        ("https://evil.example?https://app.example.com", 403),
        ("https://*.example.com", 403),
        ("https://app.example.com https://evil.example", 403),
        ("*", 403),
        ("null", 403),
        ("", 403),
    ] {
        let (_, answer) = Peer::ask(address, "/echo", &format!("Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, status, "{origin}: {answer:?}");
    }
    let two = "Origin: https://app.example.com\r\nOrigin: https://evil.example\r\n";
    assert_eq!(Peer::ask(address, "/echo", two).await.1.status, 403);
    // There is no way to write a wildcard.
    for wide in ["*", "https://*.example.com", "https://*", "example.com"] {
        assert!(AllowedOrigins::none().and(wide).is_err(), "{wide}");
    }
    // Without any list it is the server's own pages.
    let address = default_room().await;
    assert_eq!(Peer::ask(address, "/echo", "Origin: https://app.example.com\r\n").await.1.status, 403);
}

/// A cookie alone opens nothing: the page that brings it must be known, and the verifier is not even asked.
#[tokio::test]
async fn owasp_07_a_cookie_needs_a_page_that_is_known() {
    let address = default_room().await;
    let own = format!("Origin: http://{address}\r\n");
    for (headers, status) in [
        (format!("Cookie: sid=ada-1\r\n{own}"), 101),
        (format!("Cookie: sid=wrong\r\n{own}"), 401),
        ("Cookie: sid=ada-1\r\n".to_owned(), 403),
        ("Cookie: sid=wrong\r\n".to_owned(), 403),
        ("Cookie: sid=ada-1\r\nOrigin: https://evil.example\r\n".to_owned(), 403),
        ("Cookie: sid=ada-1\r\nOrigin: null\r\n".to_owned(), 403),
    ] {
        let (_, answer) = Peer::ask(address, "/desk", &headers).await;
        assert_eq!(answer.status, status, "{headers}: {answer:?}");
    }
}

/// A cookie that a result sets is for this server alone: not for scripts, not without TLS, not from foreign pages.
#[tokio::test]
async fn owasp_08_cookies_are_same_site() {
    let address = default_room().await;
    let head = format!("POST /sessions?name=ada HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
    let (_, answer) = Peer::exchange(address, &head).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = answer.header("set-cookie").unwrap();
    let mut parts = cookie.split("; ");
    assert_eq!(parts.next(), Some("sid=ada-session"));
    let attributes: Vec<_> = parts.collect();
    assert_eq!(attributes, ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"]);
    // What is in the cookie is not in the body.
    assert!(!answer.body.contains("ada-session"), "{answer:?}");
}
