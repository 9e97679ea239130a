//! The rows of the market's plain methods: a body, and parameters in path, query and headers.

use crate::support::{Checked, Peer, Side};
use serde_json::{Value, json};

use crate::market::{closed_venue, full_order, order};
use crate::matrix::{Case, Done, Row, refused, rows};

/// See the module.
pub(crate) const ROWS: &[Row] = rows![
    "place": place,
    "place, dry run": dry_run,
    "place, refused": refused_place,
    "place, no session": no_session,
    "parameters, none": no_parameters,
    "parameters, all": all_parameters,
];

fn placed(case: &Case, venue: &str, order: &Value, more: &[(&str, &str)]) -> Checked<Peer> {
    let order = order.to_string();
    let mut parameters = vec![("venue", venue), ("order", order.as_str())];
    parameters.extend(more);
    case.call("market.place", &parameters)
}

async fn place(case: &mut Case) -> Done {
    let mut peer = placed(case, "x", &full_order(), &[("session", "s")])?;
    let wanted = json!({ "count": 1, "total": 10.5, "symbols": { "AAA": 7 }, "last_id": "o1" });
    peer.expect(json!({ "event": "message", "status": 200, "value": wanted })).await?;
    Ok("")
}

async fn dry_run(case: &mut Case) -> Done {
    let mut peer = placed(case, "x", &order("o1"), &[("session", "s"), ("dry_run", "true")])?;
    let wanted = json!({ "count": 0, "total": 0, "symbols": {} });
    peer.expect(json!({ "event": "message", "status": 200, "value": wanted })).await?;
    Ok("")
}

async fn refused_place(case: &mut Case) -> Done {
    let mut peer = placed(case, "closed", &order("o1"), &[("session", "s")])?;
    peer.expect(refused(409, "conflict", &closed_venue())).await?;
    let mut zzz = order("o1");
    zzz["symbol"] = "ZZZ".into();
    let mut peer = placed(case, "x", &zzz, &[("session", "s")])?;
    peer.expect(refused(404, "unknown_symbol", &json!("symbol ZZZ is not known"))).await?;
    Ok("")
}

async fn no_session(case: &mut Case) -> Done {
    let mut peer = placed(case, "x", &order("o1"), &[])?;
    let message = match case.serves {
        // Goa names the attribute of the design, we name the header.
        Side::Goa => r#""session" is missing from header"#,
        Side::Mandovi => r#""X-Session" is missing from header"#,
    };
    case.bad_request(&mut peer, "missing_field", message).await?;
    Ok("")
}

async fn no_parameters(case: &mut Case) -> Done {
    let mut peer = case.call("market.parameters", &[("venue", "x")])?;
    peer.expect(json!({ "event": "message", "status": 200, "value": { "venue": "x", "text": "none" } })).await?;
    Ok("")
}

async fn all_parameters(case: &mut Case) -> Done {
    let parameters = [
        ("venue", "a b é"),
        ("i32", "-2147483648"),
        ("i64", "-9223372036854775808"),
        ("u64", "18446744073709551615"),
        ("f64", "-1e21"),
        ("flag", "false"),
        ("text", "é &=+%"),
        ("texts", "a"),
        ("texts", "b c"),
        ("numbers", "1"),
        ("numbers", "-2"),
        ("side", "sell"),
        ("session", "s"),
        ("weight", "4294967295"),
    ];
    let mut peer = case.call("market.parameters", &parameters)?;
    let value = json!({
        "venue": "a b é", "i32": i32::MIN, "i64": i64::MIN, "u64": u64::MAX, "f64": -1e21, "flag": false,
        "text": "é &=+%", "texts": ["a", "b c"], "numbers": [1, -2], "side": "sell", "session": "s", "weight": u32::MAX,
    });
    peer.expect(json!({ "event": "message", "status": 200, "value": value })).await?;
    Ok("")
}
