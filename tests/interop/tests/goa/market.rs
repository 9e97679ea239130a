//! The rows of the market's streams: objects, arrays, maps, bytes, extreme numbers, views, refusals and failures midway.

use crate::support::{Checked, Peer, Side};
use serde_json::{Value, json};

use crate::matrix::{Case, Done, Row, closed, eof, opened, refused, rows};

/// See the module.
pub(crate) const ROWS: &[Row] = rows![
    "quotes, defaults": quotes,
    "quotes, all parameters": all_quotes,
    "quotes, view tiny": tiny_quotes,
    "quotes, unknown view": odd_quotes,
    "quotes, endless, the client leaves": endless_quotes,
    "quotes, an error midway": broken_quotes,
    "404, the one of two errors": nowhere,
    "404, the other": unknown_symbol,
    "409 with a type of its own": conflict,
    "429 before the 101": slow_down,
    "503 before the 101": halted,
    "trade, all members": full_fill,
    "trade, required members only": bare_fill,
    "trade, an invalid order": invalid_order,
    "trade, an error midway": broken_trade,
    "trade, the server ends": bye,
    "trade, half-closed, late fills": late_fills,
    "upload": upload,
    "upload of nothing": empty_upload,
    "upload, answered early": early_upload,
    "upload, an error midway": broken_upload,
    "numbers, extremes": numbers,
];

const SAYS_NOTHING: &str = "a Goa server says nothing of it: 1006 once its garbage is collected";
const REASON: &str = "a Goa client sees the close code and the reason";

fn quote(symbol: &str, bid: f64, volume: u64) -> Value {
    let levels: Vec<_> =
        (0..5).map(|n| json!({ "price": bid - f64::from(n) / 2.0, "quantity": 10 * (n + 1) })).collect();
    json!({ "symbol": symbol, "venue": "x", "bid": bid, "ask": bid + 0.5, "depth": 5, "volume": volume, "levels": levels })
}

async fn quotes(case: &mut Case) -> Done {
    let mut peer = case.call("market.quotes", &[("venue", "x")])?;
    peer.expect(case.opened_in("default")).await?;
    peer.message(quote("AAA", 100.0, u64::MAX)).await?;
    peer.ask("recv", eof()).await?;
    peer.end().await?;
    Ok("")
}

async fn all_quotes(case: &mut Case) -> Done {
    let parameters = [
        ("venue", "x"),
        ("symbols", "a"),
        ("symbols", "b c"),
        ("depth", "1"),
        ("count", "2"),
        ("session", "s 1"),
        ("view", "default"),
    ];
    let mut peer = case.call("market.quotes", &parameters)?;
    peer.expect(case.opened_in("default")).await?;
    for (symbol, bid, volume) in
        [("a", 100.0, u64::MAX), ("b c", 101.0, u64::MAX), ("a", 100.25, u64::MAX - 1), ("b c", 101.25, u64::MAX - 1)]
    {
        let mut wanted = quote(symbol, bid, volume);
        wanted["depth"] = 1.into();
        wanted["levels"] = json!([{ "price": bid, "quantity": 10 }]);
        wanted["session"] = "s 1".into();
        peer.message(wanted).await?;
    }
    peer.ask("recv", eof()).await?;
    peer.end().await?;
    Ok("")
}

/// What a client shows of a quote in the view `tiny`: a Goa client's structs have the required members of all views.
fn tiny_quote(case: &Case) -> Value {
    match case.client {
        Side::Goa => json!({ "symbol": "AAA", "bid": 100, "ask": 0, "depth": 0, "venue": "", "volume": 0 }),
        Side::Mandovi => json!({ "symbol": "AAA", "bid": 100 }),
    }
}

async fn tiny_quotes(case: &mut Case) -> Done {
    let mut peer = case.call("market.quotes", &[("venue", "x"), ("view", "tiny")])?;
    peer.expect(case.opened_in("tiny")).await?;
    peer.message(tiny_quote(case)).await?;
    peer.ask("recv", eof()).await?;
    peer.end().await?;
    Ok(if case.client == Side::Goa { "a Goa client shows what the view leaves out as zero values" } else { "" })
}

async fn odd_quotes(case: &mut Case) -> Done {
    if case.client == Side::Mandovi {
        return Ok("our client has no word for such a view");
    }
    let mut peer = case.call("market.quotes", &[("venue", "x"), ("view", "odd")])?;
    case.bad_request(&mut peer, "invalid_enum_value", r#"value of view must be one of "default", "tiny""#).await?;
    Ok("")
}

async fn endless_quotes(case: &mut Case) -> Done {
    let mut peer = case.call("market.quotes", &[("venue", "x"), ("count", "0")])?;
    peer.expect(case.opened_in("default")).await?;
    peer.message(quote("AAA", 100.0, u64::MAX)).await?;
    peer.ask("cancel", json!({ "event": "cancelled" })).await?;
    case.server.log().wait("ended market.quotes").await?;
    Ok(if case.serves == Side::Goa { "a Goa server notices when a send fails" } else { "" })
}

/// Expects a `conflict` that the server met after the 101.
async fn conflict_midway(case: &Case, peer: &mut Peer, command: &str, value: Value) -> Done {
    match (case.client, case.serves) {
        // Goa has no way to tell an error after the upgrade: the method's socket stays open until it is garbage.
        (_, Side::Goa) => {
            case.cut(peer, command).await?;
            Ok(SAYS_NOTHING)
        }
        (Side::Goa, Side::Mandovi) => {
            peer.tell(command);
            let event = peer.event().await?;
            let reason = event["reason"].as_str().and_then(|reason| serde_json::from_str::<Value>(reason).ok());
            let as_designed = event["code"] == 4409 && reason == Some(json!({ "name": "conflict", "body": value }));
            if as_designed { Ok(REASON) } else { Err(peer.mistake(&format!("no conflict: {event}"))) }
        }
        (Side::Mandovi, Side::Mandovi) => {
            peer.ask(command, json!({ "event": "error", "name": "conflict", "value": value })).await?;
            Ok("")
        }
    }
}

async fn broken_quotes(case: &mut Case) -> Done {
    let mut peer = case.call("market.quotes", &[("venue", "broken"), ("view", "tiny")])?;
    peer.expect(case.opened_in("tiny")).await?;
    peer.message(tiny_quote(case)).await?;
    let value = json!({ "venue": "broken", "state": "broken", "limit": 0 });
    conflict_midway(case, &mut peer, "recv", value).await
}

fn six_fields(name: &str, message: &str, temporary: bool) -> Value {
    json!({ "name": name, "id": "ID", "message": message, "temporary": temporary, "timeout": false, "fault": false })
}

async fn nowhere(case: &mut Case) -> Done {
    let value = six_fields("not_found", "venue nowhere is not known", false);
    for method in ["market.quotes", "market.trade", "market.upload", "market.parameters"] {
        let mut peer = case.call(method, &[("venue", "nowhere")])?;
        peer.expect(refused(404, "not_found", &value)).await?;
        peer.end().await?;
    }
    Ok("")
}

async fn unknown_symbol(case: &mut Case) -> Done {
    let mut peer = case.call("market.quotes", &[("venue", "x"), ("symbols", "ZZZ")])?;
    peer.expect(refused(404, "unknown_symbol", &json!("symbol ZZZ is not known"))).await?;
    Ok("")
}

pub(crate) fn closed_venue() -> Value {
    json!({ "venue": "closed", "state": "closed", "limit": 9_007_199_254_740_993_i64, "orders": ["a", "b"] })
}

async fn conflict(case: &mut Case) -> Done {
    for method in ["market.quotes", "market.trade", "market.upload"] {
        let mut peer = case.call(method, &[("venue", "closed")])?;
        peer.expect(refused(409, "conflict", &closed_venue())).await?;
        peer.end().await?;
    }
    Ok("")
}

async fn slow_down(case: &mut Case) -> Done {
    let value = six_fields("slow_down", "venue busy is busy", true);
    for method in ["market.quotes", "market.trade", "market.upload"] {
        let mut peer = case.call(method, &[("venue", "busy")])?;
        peer.expect(refused(429, "slow_down", &value)).await?;
        peer.end().await?;
    }
    Ok("")
}

async fn halted(case: &mut Case) -> Done {
    let mut peer = case.call("market.trade", &[("venue", "halted")])?;
    peer.expect(refused(503, "halted", &json!("venue halted is halted"))).await?;
    Ok("")
}

pub(crate) fn order(id: &str) -> Value {
    json!({ "id": id, "symbol": "AAA", "side": "buy", "price": 1.5, "quantity": 7 })
}

pub(crate) fn full_order() -> Value {
    let mut order = order("o1");
    order["side"] = "sell".into();
    order["tags"] = json!(["x", "y"]);
    order["attributes"] = json!({ "k": "v", "é <&>": "\"" });
    order["signature"] = "AQID/+8=".into();
    order["parent"] = json!({ "id": "o0", "account": i32::MIN });
    order
}

fn fill(order: &Value, checksum: &str) -> Value {
    json!({
        "order_id": order["id"],
        "side": order["side"],
        "filled": 7,
        "average": 1.5,
        "legs": [{ "venue": "x", "price": 1.5, "quantity": 3 }, { "venue": "x", "price": 1.5, "quantity": 4 }],
        "checksum": checksum,
        "original": order,
    })
}

async fn trade(case: &Case) -> Checked<Peer> {
    let mut peer = case.call("market.trade", &[("venue", "x"), ("session", "s")])?;
    peer.expect(opened()).await?;
    Ok(peer)
}

async fn full_fill(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    peer.send(&full_order());
    peer.message(fill(&full_order(), "7/8DAgE=")).await?;
    peer.ask("close", closed()).await?;
    case.server.log().wait("ended market.trade <nil>").await?;
    Ok("")
}

async fn bare_fill(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    peer.send(&order("o1"));
    peer.message(fill(&order("o1"), "")).await?;
    peer.ask("close", closed()).await?;
    case.server.log().wait("ended market.trade <nil>").await?;
    Ok("")
}

async fn invalid_order(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    let mut invalid = order("o1");
    invalid["side"] = "hold".into();
    peer.send(&invalid);
    match (case.client, case.serves) {
        (Side::Mandovi, _) => {
            peer.expect(json!({ "event": "error", "type": "invalid", "message": "side" })).await?;
            Ok("our client sends nothing invalid")
        }
        (Side::Goa, Side::Goa) => {
            peer.ask("recv", case.abnormal()).await?;
            Ok(SAYS_NOTHING)
        }
        (Side::Goa, Side::Mandovi) => {
            peer.ask(
                "recv",
                json!({ "event": "error", "code": 1007, "reason": r#"value of side must be one of "buy", "sell""# }),
            )
            .await?;
            Ok(REASON)
        }
    }
}

async fn broken_trade(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    peer.send(&order("boom"));
    conflict_midway(case, &mut peer, "recv", json!({ "venue": "x", "state": "broken", "limit": 1 })).await
}

async fn bye(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    peer.send(&order("o1"));
    peer.send(&order("bye"));
    peer.message(fill(&order("o1"), "")).await?;
    peer.ask("recv", eof()).await?;
    Ok("")
}

async fn late_fills(case: &mut Case) -> Done {
    let mut peer = trade(case).await?;
    peer.send(&order("late-1"));
    peer.send(&order("o2"));
    peer.send(&order("late-3"));
    peer.message(fill(&order("o2"), "")).await?;
    peer.ask("close", closed()).await?;
    if case.client == Side::Goa {
        peer.tell("recv");
        let event = peer.event().await?;
        if event["event"] != "error" {
            return Err(peer.mistake("a Goa client cannot receive any more"));
        }
        case.server.log().wait("ended market.trade").await?;
        return Ok("a Goa client's close ends TCP: nothing late can reach it");
    }
    peer.message(fill(&order("late-1"), "")).await?;
    peer.message(fill(&order("late-3"), "")).await?;
    peer.ask("recv", eof()).await?;
    case.server.log().wait("ended market.trade <nil>").await?;
    Ok("")
}

async fn uploading(case: &Case) -> Checked<Peer> {
    let mut peer = case.call("market.upload", &[("venue", "x")])?;
    peer.expect(opened()).await?;
    Ok(peer)
}

async fn receipt(peer: &mut Peer, command: &str, value: Value) -> Checked {
    peer.ask(command, json!({ "event": "message", "value": value })).await?;
    peer.expect(closed()).await.map(drop)
}

async fn upload(case: &mut Case) -> Done {
    let mut peer = uploading(case).await?;
    peer.send(&full_order());
    peer.send(&order("o2"));
    let wanted = json!({ "count": 2, "total": 21, "symbols": { "AAA": 14 }, "last_id": "o2" });
    receipt(&mut peer, "close", wanted).await?;
    peer.end().await?;
    Ok("")
}

async fn empty_upload(case: &mut Case) -> Done {
    let mut peer = uploading(case).await?;
    receipt(&mut peer, "close", json!({ "count": 0, "total": 0, "symbols": {} })).await?;
    peer.end().await?;
    Ok("")
}

async fn early_upload(case: &mut Case) -> Done {
    let mut peer = uploading(case).await?;
    peer.send(&order("last"));
    let wanted = json!({ "count": 1, "total": 10.5, "symbols": { "AAA": 7 }, "last_id": "last" });
    if case.client == Side::Goa {
        // It reads the answer only after it has ended its stream.
        case.server.log().wait("ended market.upload <nil>").await?;
        receipt(&mut peer, "close", wanted).await?;
        return Ok("a Goa client reads the answer when it is done");
    }
    receipt(&mut peer, "reply", wanted).await?;
    peer.end().await?;
    Ok("")
}

async fn broken_upload(case: &mut Case) -> Done {
    let mut peer = uploading(case).await?;
    peer.send(&order("boom"));
    case.server.log().wait("ended market.upload").await?;
    conflict_midway(case, &mut peer, "close", json!({ "venue": "x", "state": "broken", "limit": 1 })).await
}

async fn numbers(case: &mut Case) -> Done {
    let sets = [
        json!({
            "i32": i32::MIN, "i64": i64::MIN, "u32": u32::MAX, "u64": u64::MAX, "f64": 1e21, "f32": 0.1, "flag": false,
            "many": [i64::MAX, 0], "by_name": { "tiny": 5e-324, "huge": f64::MAX },
        }),
        json!({ "i32": i32::MAX, "i64": 9_007_199_254_740_993_i64, "u32": 0, "u64": 0, "f64": -0.1 }),
    ];
    let mut peer = case.call("market.numbers", &[])?;
    peer.expect(opened()).await?;
    for set in sets {
        peer.send(&set);
        peer.message(set).await?;
    }
    peer.ask("close", closed()).await?;
    case.server.log().wait("ended market.numbers <nil>").await?;
    Ok("")
}
