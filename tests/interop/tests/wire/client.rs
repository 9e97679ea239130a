//! What our client writes, against a server by hand.

use crate::support::market::MarketClient;
use crate::support::raw::{Frame, Head, Raw};
use crate::support::within;
use mandovi::client::{ClientBuilder, Connect};
use tokio::net::TcpListener;

/// One call of our client against a server by hand; gives the request and the connection.
async fn call<C: Connect, F: Future + Send + 'static>(
    work: impl FnOnce(C) -> F,
) -> (Head, Raw, tokio::task::JoinHandle<F::Output>)
where
    F::Output: Send,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = ClientBuilder::<C>::new(url).token("a-token").build().unwrap();
    let task = tokio::spawn(work(client));
    let (stream, _) = within("our client", listener.accept()).await.unwrap().unwrap();
    let mut raw = Raw::new(stream);
    let head = raw.head().await.unwrap();
    (head, raw, task)
}

async fn accept(raw: &mut Raw, head: &Head, more: &[(&str, &str)]) {
    let accept = mandovi_websocket::handshake::accept_key(head.header("sec-websocket-key").unwrap());
    let mut answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
    );
    for (name, value) in more {
        answer += &format!("{name}: {value}\r\n");
    }
    raw.write(answer + "\r\n").await.unwrap();
}

#[tokio::test]
async fn our_client_asks_as_a_goa_client_does() {
    let (head, mut raw, task) = call(|client: chatter::design::ChatterClient| async move {
        let (sender, mut receiver) = client.echoer().await.unwrap();
        sender.send("say my name").await.unwrap();
        let echoed = receiver.recv().await.unwrap();
        sender.finish().unwrap();
        (echoed, receiver.recv().await.unwrap())
    })
    .await;
    assert_eq!(head.line, "GET /echoer HTTP/1.1");
    assert_eq!(
        head.names(),
        ["authorization", "connection", "host", "sec-websocket-key", "sec-websocket-version", "upgrade", "user-agent"]
    );
    assert_eq!(head.header("authorization"), Some("Bearer a-token"));
    assert_eq!(head.header("sec-websocket-version"), Some("13"));
    accept(&mut raw, &head, &[]).await;
    let masked = |text: &str| Frame { masked: true, ..Frame::text(text) };
    assert_eq!(raw.frame().await.unwrap(), masked("\"say my name\""));
    // As Goa writes it: in two frames, a line end behind.
    raw.write(b"\x01\x05\"say \x80\x09my name\"\n").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), masked("null"));
    raw.write(b"\x88\x1b\x03\xe8server closing connection").await.unwrap();
    assert_eq!(raw.frame().await.unwrap(), Frame { first: 0x88, masked: true, payload: vec![0x03, 0xe8] });
    assert_eq!(task.await.unwrap(), (Some("say my name".to_owned()), None));
}

#[tokio::test]
async fn our_client_takes_tcp_s_end_behind_the_answer_of_an_upload() {
    let (head, mut raw, task) = call(|client: chatter::design::ChatterClient| async move {
        let (sender, reply) = client.summary().await.unwrap();
        sender.finish().unwrap();
        reply.await.map(|summaries| summaries.len())
    })
    .await;
    accept(&mut raw, &head, &[]).await;
    assert_eq!(raw.frame().await.unwrap(), Frame { masked: true, ..Frame::text("null") });
    raw.write(b"\x81\x02[]").await.unwrap();
    drop(raw);
    assert_eq!(task.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn our_client_does_not_guess_at_an_unknown_view() {
    let (head, mut raw, task) =
        call(|client: MarketClient| async move { client.quotes("a b/é", &[], None, None, None, None).await.map(drop) })
            .await;
    assert_eq!(head.line, "GET /market/a%20b%2F%C3%A9/quotes HTTP/1.1");
    accept(&mut raw, &head, &[("Goa-View", "bogus")]).await;
    let failure = task.await.unwrap().unwrap_err();
    assert!(matches!(failure, mandovi::Failure::Connect(_)), "{failure:?}");
}
