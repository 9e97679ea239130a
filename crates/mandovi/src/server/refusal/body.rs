//! The body of a refusal that no design declares: Goa's six fields, small enough for every client.

use http::StatusCode;

use crate::{declared::ErrorResult, model::ErrorClass};

/// The most that clients read of the body of a failed handshake: a Go client reads no more than this.
pub(crate) const MAX_UPGRADE_BODY: usize = 1024;

/// What Goa's flags say of a status that the design does not declare.
pub(super) fn flags_of(status: StatusCode) -> ErrorClass {
    match status.as_u16() {
        // A path that nobody serves is a fault, as Goa has it.
        404 | 500 => ErrorClass::FINAL.fault(),
        408 => ErrorClass::FINAL.timeout(),
        429 | 503 => ErrorClass::FINAL.temporary(),
        504 => ErrorClass::FINAL.temporary().timeout(),
        _ => ErrorClass::FINAL,
    }
}

/// Goa's six fields as a body, at most [`MAX_UPGRADE_BODY`] bytes long: the message is shortened to fit.
pub(super) fn six_fields(name: &str, message: &str, flags: ErrorClass) -> Vec<u8> {
    let mut fields = ErrorResult::new(name, message, flags);
    let whole = encode(&fields);
    if whole.len() <= MAX_UPGRADE_BODY {
        return whole;
    }
    fields.message = ELLIPSIS.to_owned();
    let mut room = MAX_UPGRADE_BODY.checked_sub(encode(&fields).len());
    if room.is_none() {
        // A name that leaves no room is nobody's idea of a name.
        fields.name = "error".to_owned();
        room = MAX_UPGRADE_BODY.checked_sub(encode(&fields).len());
    }
    let fits = |&char: &char| {
        room = room.and_then(|room| room.checked_sub(escaped_len(char)));
        room.is_some()
    };
    fields.message = message.chars().take_while(fits).chain(ELLIPSIS.chars()).collect();
    encode(&fields)
}

fn encode(fields: &ErrorResult) -> Vec<u8> {
    let mut body = serde_json::to_vec(fields).expect("strings and flags are JSON");
    body.push(b'\n');
    body
}

/// What stands for the rest of a shortened message.
const ELLIPSIS: &str = "\u{2026}";

/// The bytes of a character within a JSON string.
fn escaped_len(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => char.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn read(body: &[u8]) -> Value {
        assert!(body.len() <= MAX_UPGRADE_BODY && body.ends_with(b"}\n"));
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn a_message_is_shortened_to_fit() {
        let overhead = six_fields("a", "", ErrorClass::FINAL).len();
        let room = MAX_UPGRADE_BODY - overhead;
        for length in [room - 1, room, room + 1, 10 * room] {
            let body = six_fields("a", &"x".repeat(length), ErrorClass::FINAL);
            assert_eq!(body.len(), MAX_UPGRADE_BODY.min(overhead + length), "{length}");
            let message = read(&body)["message"].as_str().unwrap().to_owned();
            assert_eq!(message.ends_with(ELLIPSIS), length > room, "{length}");
        }
    }

    #[test]
    fn a_shortened_message_is_valid_json_whatever_is_in_it() {
        for text in ["\u{e9}", "\u{1f980}", "\"", "\\", "\n", "\u{1}", "\u{7f}", "a\u{1f980}\"\u{1f}"] {
            for pad in 0..8 {
                let message = "x".repeat(pad) + &text.repeat(MAX_UPGRADE_BODY);
                let body = six_fields("a", &message, ErrorClass::FINAL);
                let fields = read(&body);
                let short = fields["message"].as_str().unwrap().strip_suffix(ELLIPSIS).unwrap();
                assert!(message.starts_with(short));
                // No room is left in which one more character would have fitted.
                assert!(body.len() + 6 > MAX_UPGRADE_BODY, "{text:?} {}", body.len());
            }
        }
    }

    #[test]
    fn a_name_that_leaves_no_room_is_replaced() {
        let body = six_fields(&"n".repeat(MAX_UPGRADE_BODY), "why", ErrorClass::FINAL);
        let fields = read(&body);
        assert_eq!((fields["name"].as_str(), fields["message"].as_str()), (Some("error"), Some("why\u{2026}")));
    }
}
