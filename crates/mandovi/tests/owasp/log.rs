//! What the server tells of its connections, and what it never tells.

use mandovi::Settings;
use mandovi::server::Options;

use crate::capture;
use crate::peer::{Peer, Seen, frame};
use crate::room::{listen, room};

/// What a firewall cannot see, behind the handshake, the server checks and logs.
#[tokio::test]
async fn owasp_05_violations_after_the_handshake_are_logged() {
    let capturing = capture::start();
    let address = listen(room(Settings::server()).into_router()).await;
    for (bytes, code) in
        [(frame(0x81, b"not JSON"), 1007), (frame(0x83, b""), 1002), (frame(0x81, &vec![b' '; 65_537]), 1009)]
    {
        let mut peer = Peer::open(address, "/echo", "").await;
        peer.bytes(&bytes).await;
        assert!(matches!(peer.next().await, Seen::Close(it, _) if it == code));
        drop(peer);
        let lines = capturing.captured.until(&format!(" code={code} ")).await;
        let told = lines.iter().find(|line| line.contains("closed for a violation")).unwrap();
        assert!(told.starts_with("WARN mandovi::connection "), "{told}");
        for field in [" service=Room method=echo", " peer=127.0.0.1:"] {
            assert!(told.contains(field), "{told}");
        }
    }
}

/// Who came, from where, from which page, as whom; who was not let in; and how each one left.
#[tokio::test]
async fn owasp_25_who_comes_and_goes_is_logged() {
    let capturing = capture::start();
    let options = Options::default().log_principals(true);
    let address = listen(room(Settings::server()).options(options).into_router()).await;
    let origin = format!("http://{address}");
    let own = format!("Origin: {origin}\r\n");

    let mut news = Peer::open(address, "/news?token=ada-1", &own).await;
    assert!(matches!(news.next().await, Seen::Text(_)));
    let connected = &capturing.captured.until(" message=connected").await[0];
    for field in [" method=news", " peer=127.0.0.1:", &format!(" origin={origin}"), " principal=ada"] {
        assert!(connected.contains(field), "{field}: {connected}");
    }
    drop(news);
    let cut = &capturing.captured.until("disconnected without a close frame").await[0];
    for field in [" code=1006", " peer=127.0.0.1:", " principal=ada", " duration_ms=", " bytes_sent="] {
        assert!(cut.contains(field), "{field}: {cut}");
    }
    let mut echo = Peer::open(address, "/echo", &own).await;
    echo.bytes(&frame(0x88, &1000u16.to_be_bytes())).await;
    assert!(matches!(echo.next().await, Seen::Close(..)));
    drop(echo);
    let left = &capturing.captured.until(" message=disconnected id=").await[0];
    assert!(left.contains(" method=echo") && left.contains(" initiator="), "{left}");

    Peer::ask(address, "/news?token=wrong", &own).await;
    let failed = &capturing.captured.until("authentication failed").await[0];
    assert!(failed.starts_with("WARN ") && failed.contains(&format!(" origin={origin}")), "{failed}");
    Peer::ask(address, "/echo", "Origin: https://evil.example\r\n").await;
    let forbidden = &capturing.captured.until("a call was forbidden").await[0];
    assert!(forbidden.contains(" origin=https://evil.example") && forbidden.contains(" status=403"), "{forbidden}");
}

/// Contents, tokens, session ids, queries: in no line of any level. Names of callers only where that is asked for, and nothing that
/// is not an origin by its form, so that nobody writes lines of its own.
#[tokio::test]
async fn owasp_26_what_is_never_logged() {
    let capturing = capture::start();
    let address = listen(room(Settings::server()).into_router()).await;
    let own = format!("Origin: http://{address}\r\n");
    for (path, headers) in [
        ("/talk?token=ada-S3CR3T&more=S3CR3T", &*own),
        ("/talk", "Authorization: Bearer ada-S3CR3T\r\nUser-Agent: S3CR3T\r\n"),
        ("/talk?token=S3CR3T", "Referer: http://x/S3CR3T\r\n"),
        ("/S3CR3T", ""),
        ("/echo", "Origin: S3CR3T\u{b}level=ERROR\r\n"),
        ("/desk", "Cookie: sid=S3CR3T\r\n"),
    ] {
        let (mut peer, answer) = Peer::ask(address, path, headers).await;
        if answer.status == 101 {
            for text in [r#"{"kind":"say","text":"S3CR3T"}"#, r#"{"kind":"S3CR3T","text":7}"#] {
                peer.text(text).await;
                peer.next().await;
            }
        }
    }
    let mut peer = Peer::open(address, "/desk", &format!("Cookie: sid=ada-S3CR3T\r\n{own}")).await;
    assert!(matches!(peer.next().await, Seen::Text(_)));
    drop(peer);
    capturing.captured.until("disconnected without a close frame").await;
    assert_eq!(capturing.captured.with(" message=connected").len(), 3);
    for never in ["S3CR3T", "principal=ada", "level=ERROR"] {
        assert_eq!(capturing.captured.with(never), [""; 0], "{never}");
    }
}
