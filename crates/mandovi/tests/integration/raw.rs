//! Raw WebSocket messages: with a design, and without one.

use axum::Router;
use axum::routing::get;
use mandovi::prelude::*;

#[service]
pub trait Pipe {
    /// Messages as they are.
    #[get("/pipe", raw)]
    async fn pipe(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;
}

struct Plumber;

impl Pipe for Plumber {
    async fn pipe(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        echo(input, output).await
    }
}

async fn echo(mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
    while let Some(message) = input.recv_ref().await? {
        output.send(message).await?;
    }
    Ok(())
}

async fn check(client: PipeClient) {
    let (tx, mut rx) = client.pipe().await.unwrap();
    let large = Message::binary(vec![7; 60_000]);
    for message in [Message::text("null"), Message::text(""), Message::binary(&b"\xff\x00"[..]), large] {
        tx.send(&message).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(message));
    }
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_raw_stream_of_a_design() {
    check(PipeClient::in_memory(PipeServer::new(Plumber)).build().unwrap()).await;
}

#[tokio::test]
async fn an_axum_route_without_a_design() {
    let app = Router::new().route("/pipe", get(mandovi::websocket(echo)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, app).into_future());
    check(PipeClient::builder(format!("ws://{address}")).build().unwrap()).await;
}

#[tokio::test]
async fn a_route_with_state_takes_it_too() {
    let app: Router = Router::new().route("/pipe", get(mandovi::websocket(echo))).with_state(5u8);
    let _ = app;
}
