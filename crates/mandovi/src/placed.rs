//! Members of a plain method's result that travel in the answer's head: taken out of the JSON on a server, put back by a client.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value as Json};

use crate::auth::is_cookie_value;
use crate::model::Location;
use crate::value::{Invalid, Member, Scalar, Value, is_same};

/// A member of a result, and where it travels.
#[derive(Clone, Copy, Debug)]
pub struct PlacedMember {
    /// Its name.
    pub member: &'static str,
    /// A header or a cookie.
    pub location: Location,
    /// The name of that.
    pub name: &'static str,
}

/// How a plain method answers, where it is not the usual.
#[derive(Clone, Copy, Debug)]
pub struct ResponseSpec {
    /// The HTTP status.
    pub status: Option<u16>,
    /// What travels in the head.
    pub members: &'static [PlacedMember],
}

/// Whether the type is a message with a member of this name. Known at compile time.
pub const fn has_member<T: Value>(name: &str) -> bool {
    member(T::MEMBERS, name).is_some()
}

/// Whether a member is one text, number or boolean. Known at compile time.
pub const fn is_scalar_member<T: Value>(name: &str) -> bool {
    match member(T::MEMBERS, name) {
        Some(member) => member.scalar.is_some(),
        // That it is missing is told by itself.
        None => true,
    }
}

const fn member(members: &'static [Member], name: &str) -> Option<Member> {
    let mut index = 0;
    while index < members.len() {
        if is_same(members[index].name, name) {
            return Some(members[index]);
        }
        index += 1;
    }
    None
}

/// Takes the members out of an encoded result and writes them into the head of its answer.
pub(crate) fn take(json: &mut Vec<u8>, members: &[PlacedMember], headers: &mut HeaderMap) -> Result<(), Invalid> {
    if members.is_empty() {
        return Ok(());
    }
    let unlike = |member: &str| Invalid::new(member, "encode_payload", "the result is no message that has this member");
    let mut object: Map<String, Json> = serde_json::from_slice(json).map_err(|_| unlike(""))?;
    for PlacedMember { member, location, name } in members {
        let text = match object.remove(*member) {
            None | Some(Json::Null) => continue,
            Some(Json::String(text)) => text,
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(boolean)) => boolean.to_string(),
            Some(Json::Array(_) | Json::Object(_)) => return Err(unlike(member)),
        };
        let written = match location {
            Location::Cookie => cookie(name, &text).map(|value| headers.append(header::SET_COOKIE, value)),
            _ => placed_header(name, &text).map(|(name, value)| headers.append(name, value)),
        };
        if written.is_none() {
            let text = format!("{member} cannot stand in a {}", location.as_str());
            return Err(Invalid::new(*member, "invalid_format", text));
        }
    }
    *json = serde_json::to_vec(&object).map_err(|_| unlike(""))?;
    Ok(())
}

/// White space at the ends would be lost on the way (RFC 9110 §5.5).
fn placed_header(name: &str, text: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok().filter(|_| text.trim_ascii() == text)?;
    // A member of a result may be secret like any other: not in `Debug`, and not in the tables of HTTP/2.
    value.set_sensitive(true);
    Some((HeaderName::try_from(name).ok()?, value))
}

/// A cookie for this server alone, not for scripts, and not sent along by foreign pages.
fn cookie(name: &str, text: &str) -> Option<HeaderValue> {
    let line = is_cookie_value(text).then(|| format!("{name}={text}; Path=/; HttpOnly; Secure; SameSite=Lax"))?;
    let mut value = HeaderValue::try_from(line).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Puts the members back into a received result.
pub(crate) fn put_back<T: Value>(
    body: &[u8],
    members: &[PlacedMember],
    headers: &HeaderMap,
) -> Result<Vec<u8>, Invalid> {
    put(body, members, T::MEMBERS, headers)
}

fn put(
    body: &[u8],
    members: &[PlacedMember],
    design: &'static [Member],
    headers: &HeaderMap,
) -> Result<Vec<u8>, Invalid> {
    // What is no object is told in the words of the message that it should have been.
    let Ok(mut object) = serde_json::from_slice::<Map<String, Json>>(body) else { return Ok(body.to_vec()) };
    for PlacedMember { member: name, location, name: place } in members {
        let found = match location {
            Location::Cookie => set_cookie(headers, place),
            _ => headers.get(*place).map(HeaderValue::as_bytes),
        };
        let Some(found) = found else { continue };
        let wrong = |rule, what: &str| Invalid::new(*name, rule, format!("{name} must be {what}"));
        let text = std::str::from_utf8(found).map_err(|_| wrong("invalid_format", "formatted as UTF-8 text"))?;
        let value = match member(design, name).and_then(|member| member.scalar) {
            Some(Scalar::Number) => serde_json::from_str(text.trim()).ok().filter(Json::is_number),
            Some(Scalar::Boolean) => text.trim().parse().ok().map(Json::Bool),
            Some(Scalar::Text) | None => Some(Json::String(text.to_owned())),
        };
        let value = value.ok_or_else(|| wrong("invalid_field_type", "a number or a boolean, as the design says"))?;
        object.insert((*name).to_owned(), value);
    }
    Ok(serde_json::to_vec(&object).unwrap_or_default())
}

/// The value that an answer gives to a cookie (RFC 6265 §5.2); the last one counts.
fn set_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let lines = headers.get_all(header::SET_COOKIE).into_iter();
    let mut values = lines.filter_map(|line| {
        let pair = line.as_bytes().split(|&byte| byte == b';').next()?;
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let value = pair[at + 1..].trim_ascii();
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        (pair[..at].trim_ascii() == name.as_bytes()).then(|| unquoted.unwrap_or(value))
    });
    values.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: &[PlacedMember] = &[
        PlacedMember { member: "at", location: Location::Header, name: "Location" },
        PlacedMember { member: "n", location: Location::Header, name: "X-N" },
        PlacedMember { member: "ok", location: Location::Header, name: "X-Ok" },
        PlacedMember { member: "sid", location: Location::Cookie, name: "sid" },
    ];
    const DESIGN: &[Member] = &[
        Member::of::<String>("at"),
        Member::of::<f64>("n"),
        Member::of::<Option<bool>>("ok"),
        Member::of::<Option<String>>("sid"),
    ];

    #[test]
    fn members_travel_in_the_head_and_come_back_exactly() {
        for whole in [
            r#"{"at":"/a b/\u00e9","n":0.1,"ok":true,"rest":[1],"sid":"abc=1"}"#,
            r#"{"at":"","n":18446744073709551615,"rest":[1]}"#,
        ] {
            let (mut json, mut headers) = (whole.as_bytes().to_vec(), HeaderMap::new());
            take(&mut json, MEMBERS, &mut headers).unwrap();
            assert_eq!(json, br#"{"rest":[1]}"#);
            let back = put(&json, MEMBERS, DESIGN, &headers).unwrap();
            let (back, whole): (Json, Json) =
                (serde_json::from_slice(&back).unwrap(), serde_json::from_str(whole).unwrap());
            assert_eq!(back, whole);
        }
    }

    #[test]
    fn what_travels_in_a_head_is_not_shown() {
        let (mut json, mut headers) =
            (br#"{"at":"hunter","n":71,"ok":true,"sid":"hunter"}"#.to_vec(), HeaderMap::new());
        take(&mut json, MEMBERS, &mut headers).unwrap();
        assert_eq!(headers.len(), 4);
        assert!(headers.values().all(HeaderValue::is_sensitive));
        let shown = format!("{headers:?}");
        assert!(!shown.contains("hunter") && !shown.contains("71"), "{shown}");
    }

    #[test]
    fn a_cookie_is_a_safe_one() {
        let (mut json, mut headers) = (br#"{"at":"a","n":1,"sid":"x"}"#.to_vec(), HeaderMap::new());
        take(&mut json, MEMBERS, &mut headers).unwrap();
        assert_eq!(headers["set-cookie"], "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax");
        assert!(headers["set-cookie"].is_sensitive());
    }

    #[test]
    fn what_cannot_stand_in_a_head_is_an_error_without_its_value() {
        for body in [
            r#"{"at":"hunter\n2"}"#,
            r#"{"at":" hunter"}"#,
            r#"{"at":["hunter"]}"#,
            r#"{"at":{"hunter":1}}"#,
            r#"{"sid":"hunter;2"}"#,
            r#"{"sid":"hunter 2"}"#,
            r#"["hunter"]"#,
        ] {
            let error = take(&mut body.as_bytes().to_vec(), MEMBERS, &mut HeaderMap::new()).unwrap_err();
            assert!(!error.to_string().contains("hunter"), "{error}");
        }
    }

    #[test]
    fn what_comes_back_is_of_the_type_that_the_design_says() {
        for (name, value) in [("x-n", "one"), ("x-n", "true"), ("x-n", ""), ("x-ok", "1"), ("x-ok", "yes")] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            let error = put(b"{}", MEMBERS, DESIGN, &headers).unwrap_err();
            assert_eq!(error.violations()[0].rule, "invalid_field_type", "{name}: {value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(put(b"{}", MEMBERS, DESIGN, &headers).unwrap_err().violations()[0].rule, "invalid_format");
        // The last of several cookies is the one that counts, and quotes are not part of it.
        let mut headers = HeaderMap::new();
        headers.append("set-cookie", HeaderValue::from_static("sid=a; Path=/"));
        headers.append("set-cookie", HeaderValue::from_static("sid=\"b\""));
        headers.append("set-cookie", HeaderValue::from_static("other=c"));
        assert_eq!(put(b"{}", MEMBERS, DESIGN, &headers).unwrap(), br#"{"sid":"b"}"#);
        assert_eq!(put(b"[]", MEMBERS, DESIGN, &headers).unwrap(), b"[]");
    }
}
