//! What is the same: JSON from two languages, without what differs from run to run.

use serde_json::{Map, Value};

/// What an event may say beyond what is expected of it: the words and types of one language.
const MAY_SAY_MORE: [&str; 5] = ["type", "message", "during", "goa_error_seen", "headers"];

/// Puts `T` for times and `ID` for the ids of errors, which must have their form for that.
#[must_use]
pub fn steady(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(steady).collect(),
        Value::Object(members) => {
            let is_error = ["name", "message", "fault"].iter().all(|name| members.contains_key(*name));
            let members = members.into_iter().map(|(name, value)| {
                let replaced = match (name.as_str(), value.as_str()) {
                    ("sent_at" | "added_at", Some(text)) if is_time(text) => Some("T"),
                    ("id", Some(text)) if is_error && is_error_id(text) => Some("ID"),
                    _ => None,
                };
                (name, replaced.map_or_else(|| steady(value), Value::from))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// RFC 3339 in whole seconds: `2026-11-20T19:01:44Z`, or with an offset.
fn is_time(text: &str) -> bool {
    let pattern = "dddd-dd-ddTdd:dd:dd";
    let fits = |(byte, wanted): (u8, u8)| if wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted };
    let Some((time, zone)) = text.split_at_checked(pattern.len()) else { return false };
    let zone_fits = zone == "Z" || zone.len() == 6 && zone.starts_with(['+', '-']);
    zone_fits && time.bytes().zip(pattern.bytes()).all(fits)
}

/// Six bytes in base64url.
fn is_error_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The same JSON value. Go writes the float 1 as `1`, Rust as `1.0`; integers are compared to the last digit.
#[must_use]
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            left.as_f64() == right.as_f64()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        (left, right) => left == right,
    }
}

/// Whether an event is the wanted one: the same members, but for words that one language says and the other does not.
/// Where `message` is wanted, it must hold that text.
#[must_use]
pub fn matches(event: &Value, wanted: &Value) -> bool {
    let (Some(event), Some(wanted)) = (event.as_object(), wanted.as_object()) else { return false };
    let holds = |name: &str, value: &Value| match (event.get(name), value) {
        (Some(Value::String(text)), Value::String(part)) if name == "message" => text.contains(part.as_str()),
        (Some(found), value) => same(found, value),
        (None, _) => false,
    };
    wanted.iter().all(|(name, value)| holds(name, value))
        && event.keys().all(|name| wanted.contains_key(name) || MAY_SAY_MORE.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_and_ids_are_put_away_only_where_they_have_their_form() {
        assert_eq!(steady(json!([{"sent_at": "2026-11-20T19:01:44Z"}])), json!([{"sent_at": "T"}]));
        assert_eq!(steady(json!({"added_at": "2026-11-20T19:01:44+05:30"})), json!({"added_at": "T"}));
        for text in ["", "2026-11-20", "2026-11-20T19:01:44.123Z", "2026-11-20 19:01:44Z"] {
            assert_eq!(steady(json!({"sent_at": text})), json!({"sent_at": text}));
        }
        let error = json!({"name": "a", "id": "abcd-_12", "message": "", "fault": false});
        assert_eq!(steady(error)["id"], "ID");
        assert_eq!(steady(json!({"id": "abcd-_12"}))["id"], "abcd-_12");
    }

    #[test]
    fn numbers_are_compared_as_what_they_are() {
        assert!(same(&json!({"a": [1, 2.5]}), &json!({"a": [1.0, 2.5]})));
        assert!(same(&json!(u64::MAX), &json!(u64::MAX)));
        assert!(!same(&json!(u64::MAX), &json!(u64::MAX - 1)));
        assert!(!same(&json!({"a": 1}), &json!({"a": 1, "b": null})));
    }

    #[test]
    fn events_may_say_more_only_in_their_own_words() {
        let event = json!({"event": "error", "type": "x", "message": "a long text", "code": 1006});
        assert!(matches(&event, &json!({"event": "error", "code": 1006})));
        assert!(matches(&event, &json!({"event": "error", "code": 1006, "message": "long"})));
        assert!(!matches(&event, &json!({"event": "error"})));
        assert!(!matches(&event, &json!({"event": "error", "code": 1006, "message": "short"})));
    }
}
