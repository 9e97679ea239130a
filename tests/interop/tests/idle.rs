//! A minute in which nobody says anything: no side may cut another off, and afterwards all goes on.
//!
//! A Goa client that does not receive does not read its socket either, so it answers no ping for all that time.

mod support;

use std::time::Duration;

use crate::support::scripted::Call;
use crate::support::{Checked, Peer, Server, Side, Tools, full_token};
use serde_json::json;
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_of_silence_ends_nothing() {
    let tools = Tools::new(env!("CARGO_TARGET_TMPDIR"));
    let mut idle = tokio::task::JoinSet::new();
    for client in [Side::Goa, Side::Mandovi] {
        for serves in [Side::Goa, Side::Mandovi] {
            let named = move |method: &str, done: Checked| {
                done.map_err(|mistake| format!("{method}, {client:?} -> {serves:?}: {mistake}"))
            };
            let own = tools.clone();
            idle.spawn(async move { named("echoer", echoer(&own, client, serves).await) });
            let own = tools.clone();
            idle.spawn(async move { named("subscribe", subscribe(&own, client, serves).await) });
        }
    }
    let own = tools.clone();
    idle.spawn(async move { plain(Peer::python, &own).await.map_err(|mistake| format!("Python: {mistake}")) });
    idle.spawn(async move { plain(Peer::node, &tools).await.map_err(|mistake| format!("Node: {mistake}")) });
    let failures: Vec<_> = idle.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn call(tools: &Tools, client: Side, server: &Server, method: &str) -> Checked<Peer> {
    let call = Call::new(server.http(), method, &[("token", &full_token())]);
    match client {
        Side::Goa => Peer::goa(tools, &call),
        Side::Mandovi => Peer::mandovi(call),
    }
}

async fn echo(peer: &mut Peer, line: &str) -> Checked {
    peer.send(&json!(line));
    peer.message(json!(line)).await.map(drop)
}

async fn echoer(tools: &Tools, client: Side, serves: Side) -> Checked {
    let server = Server::start(serves, tools).await?;
    let mut peer = call(tools, client, &server, "chatter.echoer")?;
    peer.expect(json!({ "event": "open", "status": 101 })).await?;
    echo(&mut peer, "before").await?;
    sleep(MINUTE).await;
    echo(&mut peer, "after").await?;
    peer.ask("close", json!({ "event": "closed" })).await?;
    server.log().wait("ended chatter.echoer <nil>").await.map(drop)
}

async fn subscribe(tools: &Tools, client: Side, serves: Side) -> Checked {
    let server = Server::start(serves, tools).await?;
    let mut subscriber = call(tools, client, &server, "chatter.subscribe")?;
    server.log().wait("began chatter.subscribe").await?;
    let mut speaker = call(tools, client, &server, "chatter.echoer")?;
    speaker.expect(json!({ "event": "open", "status": 101 })).await?;
    if serves == Side::Mandovi {
        subscriber.expect(json!({ "event": "open", "status": 101 })).await?;
    }
    // A Goa server's subscriber waits for its handshake meanwhile.
    sleep(MINUTE).await;
    echo(&mut speaker, "after").await?;
    if serves == Side::Goa {
        subscriber.expect(json!({ "event": "open", "status": 101 })).await?;
    }
    subscriber.message(json!({ "message": "after", "action": "added", "added_at": "T" })).await?;
    subscriber.ask("cancel", json!({ "event": "cancelled" })).await?;
    server.log().wait("ended chatter.subscribe").await.map(drop)
}

async fn plain(start: fn(&Tools, &[&str]) -> Checked<Peer>, tools: &Tools) -> Checked {
    let server = Server::mandovi().await?;
    let mut peer = start(tools, &[&server.ws("/market/x/trade")])?;
    peer.expect(json!({ "event": "open", "protocol": "", "extensions": "" })).await?;
    sleep(MINUTE).await;
    peer.send(&json!({ "id": "o1", "symbol": "AAA", "side": "buy", "price": 1, "quantity": 1 }));
    peer.tell("send null");
    peer.tell("drain");
    let event = peer.event().await?;
    if !event["text"].as_str().is_some_and(|text| text.contains("o1")) {
        return Err(peer.mistake("no fill"));
    }
    let event = peer.event().await?;
    if event["code"] == 1000 { Ok(()) } else { Err(peer.mistake("no proper end")) }
}
