//! Rules, at their edge and beyond it: Goa's server and ours must take the same values, and give the same names to what they
//! refuse. Where the two differ on purpose, the case says so.

use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::Checked;
use crate::support::raw::{Raw, request};

/// Both servers must say this.
enum Wanted {
    /// It is taken.
    Taken,
    /// It is refused with this name.
    Refused(&'static str),
    /// Goa says one thing, and we another one for this reason.
    Differs { goa: &'static str, ours: &'static str, because: &'static str },
}

use Wanted::{Differs, Refused, Taken};

/// What a server says of a value that is taken.
const TAKEN: &str = "taken";

/// A value that keeps all rules, but for the member that is put into it.
fn ruled(member: &str, value: Option<Value>) -> Value {
    let mut ruled = json!({
        "code": "AB1", "word": "yes", "name": "abc", "count": 5, "share": 0.5, "tags": ["a"], "by_name": { "x": 1 },
    });
    match value {
        Some(value) => ruled[member] = value,
        None => drop(ruled.as_object_mut().and_then(|members| members.remove(member))),
    }
    ruled
}

/// A member, what it is, and what is wanted of both servers. `None` takes the member away.
fn cases() -> Vec<(&'static str, Option<Value>, Wanted)> {
    let mut cases = Vec::new();
    let mut add = |member, values: Vec<Value>, wanted: fn() -> Wanted| {
        cases.extend(values.into_iter().map(|value| (member, Some(value), wanted())));
    };
    let texts = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();

    add("code", texts(&["AB1", "ZZ0099"]), || Taken);
    add("code", texts(&["", "AB", "A1", "ab1", "xAB1", "AB1 ", "AB1\n"]), || Refused("invalid_pattern"));
    add("word", texts(&["yes", "no"]), || Taken);
    add("word", texts(&["", "Yes", "maybe", "yes "]), || Refused("invalid_enum_value"));
    add("name", texts(&["ab", "abcde", "日本", "日本語日本", "\u{1f600}\u{1f600}", "e\u{301}"]), || Taken);
    add("name", texts(&["", "a", "日", "\u{1f600}", "abcdef", "日本語日本語"]), || Refused("invalid_length"));
    add("count", vec![1.into(), 10.into()], || Taken);
    add("count", vec![0.into(), 11.into(), i64::MIN.into(), i64::MAX.into()], || Refused("invalid_range"));
    add("share", vec![json!(f64::MIN_POSITIVE), json!(0.5), json!(1.0 - f64::EPSILON)], || Taken);
    add("share", vec![0.into(), json!(-0.0), json!(-0.5)], || Refused("invalid_range"));
    add("tags", vec![json!(["a"]), json!(["", "abc"]), json!(["日本語"])], || Taken);
    add("tags", vec![json!([]), json!(["a", "b", "c"]), json!(["abcd"]), json!(["a", "日本語日"])], || {
        Refused("invalid_length")
    });
    add("by_name", vec![json!({ "": 0 }), json!({ "a": 1, "b": 2 })], || Taken);
    add("by_name", vec![json!({})], || Refused("invalid_length"));

    let formats: [(&str, &[&str], &[&str]); 14] = [
        ("date", &["2024-02-29", "0001-01-01"], &["", "2023-02-29", "2024-2-9", "2024-02-29T00:00:00Z", "24-02-29"]),
        (
            "date_time",
            &["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.123456789+05:30"],
            &[
                "",
                "2024-02-29",
                "2024-02-29 23:59:59Z",
                "2024-02-30T00:00:00Z",
                "2024-02-29T24:00:00Z",
                "2024-02-29T23:59:59",
            ],
        ),
        (
            "uuid",
            &["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"],
            &["", "6ba7b810-9dad-11d1-80b4-00c04fd430c", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", "uuid"],
        ),
        ("email", &["ana@example.com", "a.b+c@x.example"], &["", "ana", "ana@", "@example.com", "a b@example.com"]),
        ("hostname", &["example.com", "localhost", "a-b.c"], &[""]),
        ("ipv4", &["0.0.0.0", "255.255.255.255"], &["", "256.0.0.1", "1.2.3", "1.2.3.4.5", "::1", "01.2.3.4"]),
        ("ipv6", &["::", "2001:db8::1"], &["", "1.2.3.4", "2001:db8::1::2", "12345::", "[::1]"]),
        ("ip", &["1.2.3.4", "::1"], &["", "1.2.3", "localhost"]),
        ("uri", &["https://example.com/a?b#c", "urn:isbn:0451450523"], &["", "http://exa mple", "%zz", "://"]),
        ("mac", &["00:00:5e:00:53:01", "02-00-5E-10-00-00-00-01"], &["", "00:00:5e:00:53", "00:00:5e:00:53:0g"]),
        (
            "cidr",
            &["192.0.2.0/24", "2001:db8::/32", "10.1.2.3/8"],
            &["", "192.0.2.0", "192.0.2.0/33", "2001:db8::/129"],
        ),
        ("regexp", &["^a+$", "[0-9]{2,3}", ""], &["(", "[a", "*", "a{2,1}"]),
        ("json", &["{}", "7", "null", "[1, \"x\"]"], &["", "{", "{a:1}", "'x'", "1 2"]),
        (
            "rfc1123",
            &["Mon, 02 Jan 2006 15:04:05 MST", "Thu, 29 Feb 2024 00:00:00 GMT"],
            &["", "2006-01-02T15:04:05Z", "Mon, 02 Jan 2006", "Mon, 32 Jan 2006 15:04:05 MST"],
        ),
    ];
    for (member, good, bad) in formats {
        add(member, texts(good), || Taken);
        add(member, texts(bad), || Refused("invalid_format"));
    }

    // Absent, and null where something must be.
    for member in ["code", "word", "name", "count", "share", "tags", "by_name"] {
        cases.push((member, None, Refused("missing_field")));
        cases.push((member, Some(Value::Null), Refused("missing_field")));
    }
    for member in ["date", "uuid", "json"] {
        cases.push((member, None, Taken));
        cases.push((member, Some(Value::Null), Taken));
    }
    cases.extend(differences());
    cases
}

/// On purpose.
fn differences() -> Vec<(&'static str, Option<Value>, Wanted)> {
    let type_of_its_own = || Differs {
        goa: "decode_payload",
        ours: "invalid_field_type",
        because: "ours names the member and what it must be",
    };
    let maximum = || Differs {
        goa: TAKEN,
        ours: "invalid_range",
        because: "Goa v3.19.1 checks an exclusive minimum twice where both are given",
    };
    let hostname = || Differs {
        goa: TAKEN,
        ours: "invalid_format",
        because: "Goa's expression is not anchored: it only looks for something like a host",
    };
    vec![
        ("count", Some("1".into()), type_of_its_own()),
        ("code", Some(7.into()), type_of_its_own()),
        ("tags", Some(json!({})), type_of_its_own()),
        ("share", Some(1.into()), maximum()),
        ("share", Some(json!(1.5)), maximum()),
        ("hostname", Some("exa mple".into()), hostname()),
        ("hostname", Some("-a.com".into()), hostname()),
        ("hostname", Some("a..b".into()), hostname()),
        (
            "regexp",
            Some("a**".into()),
            Differs {
                goa: "invalid_format",
                ours: TAKEN,
                because: "the regex crate takes a repetition of a repetition",
            },
        ),
    ]
}

/// One request by hand: `taken`, or the name of the refusal.
async fn verdict(address: SocketAddr, body: &Value) -> Checked<String> {
    let body = body.to_string();
    let length = body.len().to_string();
    let head = [
        ("host", "x"),
        ("content-type", "application/json"),
        ("content-length", length.as_str()),
        ("connection", "close"),
    ];
    let answer =
        Raw::connect(address).await?.exchange(&(request("POST", "/shapes/ruled/plain", &head) + &body)).await?;
    match answer.status() {
        200 => Ok(TAKEN.to_owned()),
        400 => Ok(answer.json()?["name"].as_str().unwrap_or("no name").to_owned()),
        status => Err(format!("the answer is a {status}: {}", answer.body)),
    }
}

/// Asks both servers for all of it. Gives the table of differences and the number of cases.
///
/// # Errors
/// What one of them says otherwise, all at once.
pub(crate) async fn run(goa: SocketAddr, ours: SocketAddr) -> Checked<String> {
    let mut mistakes = String::new();
    let mut table = String::new();
    let cases = cases();
    for (member, value, wanted) in &cases {
        let body = ruled(member, value.clone());
        let (goas, our) = (verdict(goa, &body).await?, verdict(ours, &body).await?);
        let (of_goa, of_us) = match wanted {
            Taken => (TAKEN, TAKEN),
            Refused(name) => (*name, *name),
            Differs { goa, ours, because } => {
                let value = value.clone().unwrap_or_default();
                let _ = writeln!(table, "| {member} = `{value}` | {goa} | {ours} | {because} |");
                (*goa, *ours)
            }
        };
        if goas != of_goa || our != of_us {
            let value = value.as_ref().map_or_else(|| "absent".to_owned(), Value::to_string);
            let _ = writeln!(
                mistakes,
                "{member} = {value}: wanted {of_goa} of Goa and {of_us} of us; {goas} and {our} came"
            );
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let count = cases.len();
    Ok(format!(
        "\nRules: {count} values, taken or refused by both with one name, but for\n\n| value | Goa | Mandovi | because |\n| --- | --- | --- | --- |\n{table}"
    ))
}
