//! A minute in which nobody says anything: no side may cut another off, and afterwards all goes on.
//!
//! Goa's programs read their socket, and so answer pings, only while they receive: a client whose own code does something else
//! answers none, nor does a server of a stream that it only sends. On the wire it is counted who asked and who answered.

mod support;

use std::time::Duration;

use crate::support::scripted::Call;
use crate::support::{Checked, Peer, Server, Side, Tap, Tools, full_token};
use mandovi::server::Options;
use mandovi::{MissedPong, Settings};
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
            let own = tools.clone();
            idle.spawn(async move { named("quotes", quotes(&own, client, serves).await) });
        }
    }
    for missed in [MissedPong::Auto, MissedPong::Ignore] {
        let own = tools.clone();
        idle.spawn(async move {
            deaf(&own, missed).await.map_err(|mistake| format!("quotes nobody takes, {missed:?}: {mistake}"))
        });
    }
    let own = tools.clone();
    idle.spawn(async move { plain(Peer::python, &own).await.map_err(|mistake| format!("Python: {mistake}")) });
    idle.spawn(async move { plain(Peer::node, &tools).await.map_err(|mistake| format!("Node: {mistake}")) });
    let failures: Vec<_> = idle.join_all().await.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Calls a method by way of the tap.
fn call(tools: &Tools, client: Side, tap: &Tap, method: &str, parameters: &[(&str, &str)]) -> Checked<Peer> {
    let call = Call::new(tap.http(), method, parameters);
    match client {
        Side::Goa => Peer::goa(tools, &call),
        Side::Mandovi => Peer::mandovi(call),
    }
}

/// Who answers pings in that minute.
struct Answers {
    client: bool,
    server: bool,
}

/// After the minute: who is ours has asked, Goa has not, and no one has answered who cannot.
fn heartbeats(tap: &Tap, client: Side, serves: Side, answers: &Answers) -> Checked {
    let (from_client, from_server) = (tap.client_sent(), tap.server_sent());
    let asked = |side: Side, pings: usize, other: Side| match side {
        Side::Goa => pings == 0,
        // Of two who ask, the one that comes second has been answered already.
        Side::Mandovi => other == Side::Mandovi || pings > 0,
    };
    let answered = |answers: bool, pongs: usize, pings: usize| pongs == if answers { pings } else { 0 };
    let fine = asked(client, from_client.pings(), serves)
        && asked(serves, from_server.pings(), client)
        && (client == Side::Goa && serves == Side::Goa || from_client.pings() + from_server.pings() > 0)
        && answered(answers.client, from_client.pongs(), from_server.pings())
        && answered(answers.server, from_server.pongs(), from_client.pings());
    if fine { Ok(()) } else { Err(format!("client: {from_client:?}, server: {from_server:?}")) }
}

/// The market's streams have views: a Goa client tells which, ours knows it by the call.
async fn opened(peer: &mut Peer) -> Checked {
    match peer.event().await? {
        event if event["event"] == "open" => Ok(()),
        _ => Err(peer.mistake("not open")),
    }
}

async fn echo(peer: &mut Peer, line: &str) -> Checked {
    peer.send(&json!(line));
    peer.message(json!(line)).await.map(drop)
}

/// Goa's client is not receiving: our server asks, gets no answer, and leaves the judgement to TCP.
async fn echoer(tools: &Tools, client: Side, serves: Side) -> Checked {
    let server = Server::start(serves, tools).await?;
    let tap = Tap::before(server.address()).await?;
    let mut peer = call(tools, client, &tap, "chatter.echoer", &[("token", &full_token())])?;
    peer.expect(json!({ "event": "open", "status": 101 })).await?;
    echo(&mut peer, "before").await?;
    sleep(MINUTE).await;
    heartbeats(&tap, client, serves, &Answers { client: client == Side::Mandovi, server: true })?;
    echo(&mut peer, "after").await?;
    peer.ask("close", json!({ "event": "closed" })).await?;
    server.log().wait("ended chatter.echoer <nil>").await.map(drop)
}

/// A subscriber that receives all the while.
async fn subscribe(tools: &Tools, client: Side, serves: Side) -> Checked {
    let server = Server::start(serves, tools).await?;
    let tap = Tap::before(server.address()).await?;
    let token = full_token();
    let mut subscriber = call(tools, client, &tap, "chatter.subscribe", &[("token", &token)])?;
    subscriber.tell("recv");
    server.log().wait("began chatter.subscribe").await?;
    let mut speaker = call(tools, client, &tap, "chatter.echoer", &[("token", &token)])?;
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
    let event = json!({ "message": "after", "action": "added", "added_at": "T" });
    subscriber.expect(json!({ "event": "message", "value": event })).await?;
    subscriber.ask("cancel", json!({ "event": "cancelled" })).await?;
    server.log().wait("ended chatter.subscribe").await.map(drop)
}

/// A client that receives all the while, of a server that only sends: Goa's server never answers.
async fn quotes(tools: &Tools, client: Side, serves: Side) -> Checked {
    let server = Server::start(serves, tools).await?;
    let tap = Tap::before(server.address()).await?;
    let mut peer = call(tools, client, &tap, "market.quotes", &[("venue", "minute"), ("count", "2")])?;
    opened(&mut peer).await?;
    peer.tell("drain");
    let first = peer.event().await?;
    sleep(MINUTE / 60 * 58).await;
    heartbeats(&tap, client, serves, &Answers { client: true, server: serves == Side::Mandovi })?;
    let second = peer.event().await?;
    if (first["value"]["bid"].as_f64(), second["value"]["bid"].as_f64()) != (Some(100.0), Some(100.25)) {
        return Err(peer.mistake("other quotes"));
    }
    peer.expect(json!({ "event": "eof" })).await.map(drop)
}

/// A Goa client whose only business is to receive, and that does not: dead for a server that is not told that it may be alive.
async fn deaf(tools: &Tools, missed: MissedPong) -> Checked {
    let options = Options::default().settings(Settings::server().missed_pong(missed));
    let server = Server::mandovi_with(options, Duration::ZERO).await?;
    let tap = Tap::before(server.address()).await?;
    let mut peer = call(tools, Side::Goa, &tap, "market.quotes", &[("venue", "minute"), ("count", "2")])?;
    opened(&mut peer).await?;
    peer.tell("recv");
    let first = peer.event().await?;
    if first["event"] != "message" {
        return Err(peer.mistake("no quote"));
    }
    sleep(MINUTE).await;
    heartbeats(&tap, Side::Goa, Side::Mandovi, &Answers { client: false, server: true })?;
    peer.tell("recv");
    let event = peer.event().await?;
    match missed {
        MissedPong::Ignore if event["value"]["bid"].as_f64() == Some(100.25) => {
            peer.ask("recv", json!({ "event": "eof" })).await.map(drop)
        }
        MissedPong::Auto if event["event"] == "error" && event["code"] == 1006 => Ok(()),
        _ => Err(peer.mistake("another fate")),
    }
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
