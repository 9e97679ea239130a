//! The rows of the chatter: every method, every refusal, and every way to leave.

use crate::support::raw::request;
use crate::support::{Checked, Peer, Side, token, token_of};
use serde_json::{Value, json};

use crate::matrix::{Case, Done, Row, check, closed, eof, opened, refused, rows};

/// See the module.
pub(crate) const ROWS: &[Row] = rows![
    "login": login,
    "login, bad password": bad_password,
    "login, no credential": no_password,
    "bad token": bad_token,
    "token of another key": foreign_token,
    "token without the scope": missing_scope,
    "token without scopes": no_scopes,
    "no token": no_token,
    "echoer": echoer,
    "echoer, a line of 5,000 bytes": long_line,
    "listener": listener,
    "summary": summary,
    "summary of nothing": empty_summary,
    "subscribe": subscribe,
    "history, default view": history,
    "history, view tiny": tiny_history,
    "history, view bogus": bogus_history,
    "history, empty": empty_history,
    "server shut down during subscribe": shut_down,
    "client killed during subscribe": killed_subscriber,
    "client killed during echoer": killed_echoer,
];

/// Why a Goa client's stream ends as it does.
const NO_HALF_CLOSE: &str = "a Goa client's close ends TCP, so it does not see the server's";
/// Why a Goa client's message in a view looks as it does.
const ZERO_VALUES: &str = "a Goa client shows what the view leaves out as zero values";
const OURS_ASKS_FIRST: &str = "our client makes no such call";

/// Says lines with the client of the pairing, and waits until the server has heard them.
async fn say(case: &Case, lines: &[&str]) -> Checked {
    let before = case.server.log().count("ended chatter.listener <nil>");
    let mut peer = case.chat("listener", &[])?;
    peer.expect(opened()).await?;
    for line in lines {
        peer.send(&json!(line));
    }
    peer.ask("close", closed()).await?;
    case.server.log().wait_for("ended chatter.listener <nil>", before + 1).await?;
    peer.end().await
}

fn summary_of(line: &str) -> Value {
    json!({ "message": line, "length": line.len(), "sent_at": "T" })
}

/// Expects the history to be these lines, in full.
async fn remembers(case: &Case, lines: &[&str]) -> Checked {
    let mut peer = case.chat("history", &[])?;
    peer.expect(case.opened_in("default")).await?;
    for line in lines {
        peer.message(summary_of(line)).await?;
    }
    peer.ask("recv", eof()).await?;
    peer.end().await
}

async fn login(case: &mut Case) -> Done {
    let mut peer = case.call("chatter.login", &[("user", "goa"), ("password", "rocks")])?;
    let event = peer.event().await?;
    let token = event["value"].as_str().unwrap_or_default();
    check(event["status"] == 200 && token.starts_with("eyJ"), || format!("no token: {event}"))?;
    // It is good for something.
    let mut echoer = case.call("chatter.echoer", &[("token", token)])?;
    echoer.expect(opened()).await?;

    let headers = [("Host", "x"), ("Content-Length", "0"), ("Authorization", "Basic Z29hOnJvY2tz")];
    let head = case.exchange(&request("POST", "/login", &headers)).await?;
    let is_token = head.body.starts_with("\"eyJ") && head.body.ends_with("\"\n");
    let is_json = head.header("content-type") == Some("application/json");
    check(head.status() == 200 && is_json && is_token, || format!("{head:?}"))?;
    Ok("")
}

async fn bad_password(case: &mut Case) -> Done {
    let text = json!("invalid username and password combination");
    let mut peer = case.call("chatter.login", &[("user", "goa"), ("password", "pops")])?;
    peer.expect(refused(401, "unauthorized", &text)).await?;

    let headers = [("Host", "x"), ("Content-Length", "0"), ("Authorization", "Basic Z29hOnBvcHM=")];
    let head = case.exchange(&request("POST", "/login", &headers)).await?;
    let as_designed = head.status() == 401
        && head.header("content-type") == Some("application/json")
        && head.header("goa-error") == Some("unauthorized")
        && head.body == format!("{text}\n");
    check(as_designed, || format!("{head:?}"))?;
    Ok("")
}

async fn no_password(case: &mut Case) -> Done {
    if case.client == Side::Mandovi {
        let mut peer = case.call("chatter.login", &[])?;
        let message = "the method needs a user name and a password";
        peer.expect(json!({ "event": "error", "type": "connect", "message": message })).await?;
        return Ok(OURS_ASKS_FIRST);
    }
    let mut peer = case.call("chatter.login", &[("user", "a"), ("password", "b"), ("header:Authorization", "")])?;
    case.bad_request(&mut peer, "missing_field", r#""Authorization" is missing from header"#).await?;
    Ok("")
}

async fn bad_token(case: &mut Case) -> Done {
    let mut peer = case.call("chatter.echoer", &[("token", "nonsense")])?;
    peer.expect(refused(401, "unauthorized", &json!("invalid token"))).await?;
    Ok("")
}

async fn foreign_token(case: &mut Case) -> Done {
    let foreign = token_of(b"other", &json!({ "scopes": ["stream:read", "stream:write"] }));
    let mut peer = case.call("chatter.subscribe", &[("token", &foreign)])?;
    peer.expect(refused(401, "unauthorized", &json!("invalid token"))).await?;
    Ok("")
}

async fn missing_scope(case: &mut Case) -> Done {
    let reader = token(&json!({ "scopes": ["stream:read"] }));
    let mut peer = case.call("chatter.listener", &[("token", &reader)])?;
    peer.expect(refused(403, "invalid-scopes", &json!("missing scopes: stream:write"))).await?;
    Ok("")
}

async fn no_scopes(case: &mut Case) -> Done {
    let mut peer = case.call("chatter.summary", &[("token", &token(&json!({})))])?;
    peer.expect(refused(403, "invalid-scopes", &json!("invalid scopes in token"))).await?;
    Ok("")
}

async fn no_token(case: &mut Case) -> Done {
    if case.client == Side::Mandovi {
        let mut peer = case.call("chatter.echoer", &[])?;
        let message = "the method needs a token";
        peer.expect(json!({ "event": "error", "type": "connect", "message": message })).await?;
        return Ok(OURS_ASKS_FIRST);
    }
    let mut peer = case.call("chatter.echoer", &[("header:Authorization", "")])?;
    case.bad_request(&mut peer, "missing_field", r#""token" is missing from header"#).await?;
    Ok("")
}

/// Ends a bidirectional stream from the client's side.
async fn close(case: &Case, mut peer: Peer) -> Done {
    peer.ask("close", closed()).await?;
    if case.client == Side::Mandovi {
        // It can still receive, and so sees the server's end.
        peer.ask("recv", eof()).await?;
    }
    peer.end().await?;
    Ok(if case.client == Side::Goa { NO_HALF_CLOSE } else { "" })
}

async fn echoer(case: &mut Case) -> Done {
    let lines = ["say my name", "", "check é", "you <care> & \"very\"\npatient \u{2028}", "null", "stop"];
    let mut peer = case.chat("echoer", &[])?;
    peer.expect(opened()).await?;
    for line in lines {
        peer.send(&json!(line));
        peer.message(json!(line)).await?;
    }
    let note = close(case, peer).await?;
    case.server.log().wait("ended chatter.echoer <nil>").await?;
    remembers(case, &lines).await?;
    Ok(note)
}

async fn long_line(case: &mut Case) -> Done {
    // Both programs of Goa send it in two frames.
    let line = "é".repeat(2_500);
    let mut peer = case.chat("echoer", &[])?;
    peer.expect(opened()).await?;
    peer.send(&json!(line));
    peer.message(json!(line)).await?;
    let note = close(case, peer).await?;
    case.server.log().wait("ended chatter.echoer <nil>").await?;
    remembers(case, &[&line]).await?;
    Ok(note)
}

async fn listener(case: &mut Case) -> Done {
    let lines = ["thanks for listening", "you <care> & \"very\" patient"];
    say(case, &lines).await?;
    remembers(case, &lines).await?;
    Ok("")
}

async fn summary(case: &mut Case) -> Done {
    say(case, &["somebody else's"]).await?;
    let mut peer = case.chat("summary", &[])?;
    peer.expect(opened()).await?;
    peer.send(&json!("testing 1 2 3"));
    peer.send(&json!("check é"));
    let summaries = json!([summary_of("testing 1 2 3"), summary_of("check é")]);
    peer.ask("close", json!({ "event": "message", "value": summaries })).await?;
    peer.expect(closed()).await?;
    peer.end().await?;
    remembers(case, &["somebody else's", "testing 1 2 3", "check é"]).await?;
    Ok("")
}

async fn empty_summary(case: &mut Case) -> Done {
    let mut peer = case.chat("summary", &[])?;
    peer.expect(opened()).await?;
    peer.ask("close", json!({ "event": "message", "value": [] })).await?;
    peer.expect(closed()).await?;
    peer.end().await?;
    Ok("")
}

fn event_of(line: &str) -> Value {
    json!({ "message": line, "action": "added", "added_at": "T" })
}

/// A subscriber that has seen the first event.
async fn subscriber(case: &Case) -> Checked<Peer> {
    let mut peer = case.chat("subscribe", &[])?;
    if case.serves == Side::Mandovi {
        peer.expect(opened()).await?;
    }
    case.server.log().wait("began chatter.subscribe").await?;
    say(case, &["sub one"]).await?;
    if case.serves == Side::Goa {
        // A Goa server answers the handshake with its first event, and never before.
        peer.expect(opened()).await?;
    }
    peer.message(event_of("sub one")).await?;
    Ok(peer)
}

async fn subscribe(case: &mut Case) -> Done {
    let mut peer = subscriber(case).await?;
    let lines = ["sub two", "sub two", "check é", "sub four"];
    say(case, &lines).await?;
    for line in lines {
        peer.message(event_of(line)).await?;
    }
    peer.ask("cancel", json!({ "event": "cancelled" })).await?;
    case.server.log().wait("ended chatter.subscribe").await?;
    peer.end().await?;
    Ok(if case.serves == Side::Goa { "a Goa server opens with its first event" } else { "" })
}

async fn history(case: &mut Case) -> Done {
    let lines = ["one", "check é", "three"];
    say(case, &lines).await?;
    remembers(case, &lines).await?;
    // Asked for by its name it is the same.
    let mut peer = case.chat("history", &[("view", "default")])?;
    peer.expect(case.opened_in("default")).await?;
    peer.message(summary_of("one")).await?;
    Ok("")
}

async fn tiny_history(case: &mut Case) -> Done {
    say(case, &["one", "two"]).await?;
    let mut peer = case.chat("history", &[("view", "tiny")])?;
    peer.expect(case.opened_in("tiny")).await?;
    for line in ["one", "two"] {
        peer.message(match case.client {
            Side::Goa => json!({ "message": line, "sent_at": "" }),
            Side::Mandovi => json!({ "message": line }),
        })
        .await?;
    }
    peer.ask("recv", eof()).await?;
    peer.end().await?;
    Ok(if case.client == Side::Goa { ZERO_VALUES } else { "" })
}

async fn bogus_history(case: &mut Case) -> Done {
    if case.client == Side::Mandovi {
        return Ok("our client has no word for such a view");
    }
    say(case, &["one"]).await?;
    let mut peer = case.chat("history", &[("view", "bogus")])?;
    if case.serves == Side::Mandovi {
        case.bad_request(&mut peer, "invalid_enum_value", r#"value of view must be one of "default", "tiny""#).await?;
        return Ok("");
    }
    // Goa up to v3.30 does not check the view: it announces it and sends `null` for every message.
    peer.expect(case.opened_in("bogus")).await?;
    let message = r#"value of view must be one of "default", "tiny" but got value "bogus""#;
    let value = json!({
        "name": "invalid_enum_value", "id": "ID", "message": message, "field": "view",
        "temporary": false, "timeout": false, "fault": false,
    });
    peer.ask("recv", json!({ "event": "error", "name": "invalid_enum_value", "value": value })).await?;
    peer.ask("recv", eof()).await?;
    Ok("a Goa server sends a stream of null")
}

async fn empty_history(case: &mut Case) -> Done {
    let mut peer = case.chat("history", &[])?;
    match (case.client, case.serves) {
        (_, Side::Mandovi) => {
            peer.expect(case.opened_in("default")).await?;
            peer.ask("recv", eof()).await?;
            peer.end().await?;
            Ok("")
        }
        // Goa up to v3.30 answers 200 to a stream without a message, which its own client cannot read.
        (Side::Goa, Side::Goa) => {
            let message = "failed to decode response body: EOF";
            peer.expect(json!({ "event": "error", "status_seen": 200, "message": message })).await?;
            Ok("a Goa server answers 200, an error to its own client")
        }
        (Side::Mandovi, Side::Goa) => {
            peer.expect(opened()).await?;
            peer.ask("recv", eof()).await?;
            peer.end().await?;
            Ok("a Goa server answers 200, an empty stream to our client")
        }
    }
}

async fn shut_down(case: &mut Case) -> Done {
    let mut peer = subscriber(case).await?;
    peer.tell("recv");
    case.server.stop();
    match case.serves {
        Side::Mandovi => {
            peer.expect(json!({ "event": "error", "code": 1001, "reason": "server shutting down" })).await?;
        }
        // Goa leaves its sockets to the end of the process.
        Side::Goa => drop(peer.expect(case.abnormal()).await?),
    }
    case.server.stopped().await?;
    Ok(if case.serves == Side::Goa { "a Goa server closes nothing: 1006" } else { "" })
}

async fn killed_subscriber(case: &mut Case) -> Done {
    let peer = subscriber(case).await?;
    peer.kill();
    // Nothing is said meanwhile: the server must notice by itself.
    case.server.log().wait("ended chatter.subscribe").await?;
    Ok("")
}

async fn killed_echoer(case: &mut Case) -> Done {
    let mut peer = case.chat("echoer", &[])?;
    peer.expect(opened()).await?;
    peer.send(&json!("still here"));
    peer.message(json!("still here")).await?;
    peer.kill();
    let ended = case.server.log().wait("ended chatter.echoer").await?;
    check(!ended.ends_with("<nil>"), || format!("the end of TCP is not the end of the stream: {ended}"))?;
    remembers(case, &["still here"]).await?;
    Ok("")
}
