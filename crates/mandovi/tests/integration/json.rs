//! JSON at its edges: what `docs/wire.md` says under "JSON, to the letter", line by line.

use std::{collections::BTreeMap, fmt::Debug};

use mandovi::{
    MessageRef,
    prelude::*,
    value::{Item, Value, ViewId},
};
use serde_json::Value as Json;

#[message]
struct Thing {
    #[field(1)]
    name: String,
    #[field(2)]
    count: Option<u64>,
    #[field(3)]
    share: Option<f64>,
    #[field(4)]
    any: Json,
    #[field(5)]
    list: Option<Vec<u8>>,
}

#[message]
struct Nest {
    #[field(1)]
    inner: Option<Box<Nest>>,
}

#[message]
enum Tree {
    Leaf,
    Branch(Box<Tree>),
}

#[message]
struct Flat {
    #[field(flatten)]
    thing: Thing,
}

fn read<T: Value>(json: &str) -> Result<T, Vec<(String, &'static str, String)>> {
    T::from_json(MessageRef::Text(json)).map_err(|invalid| {
        invalid.into_violations().into_iter().map(|found| (found.path, found.rule, found.message)).collect()
    })
}

/// The one thing that is said.
fn said<T: Value + Debug>(json: &str) -> String {
    let found = read::<T>(json).expect_err(json);
    assert_eq!(found.len(), 1, "{json}: {found:?}");
    format!("{} {} {}", found[0].0, found[0].1, found[0].2).trim_start().to_owned()
}

fn nested(depth: usize, open: &str, innermost: &str, close: &str) -> String {
    format!("{}{innermost}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn the_last_of_two_members_of_one_name_counts() {
    let thing = read::<Thing>(r#"{"name":"a","count":1,"name":"b","count":null}"#).unwrap();
    assert_eq!((thing.name.as_str(), thing.count), ("b", None));
    assert_eq!(read::<Flat>(r#"{"name":"a","name":"b"}"#).unwrap().thing.name, "b");
    assert_eq!(read::<BTreeMap<String, u8>>(r#"{"a":1,"a":2}"#).unwrap()["a"], 2);
    // Each must fit nonetheless: nothing is passed over unread.
    assert!(read::<Thing>(r#"{"name":7,"name":"b"}"#).is_err());
}

#[test]
fn member_names_are_compared_letter_by_letter() {
    assert_eq!(said::<Thing>(r#"{"Name":"a"}"#), r#"name missing_field "name" is missing from body"#);
    assert_eq!(read::<Thing>(r#"{"name":"a","NAME":7,"Count":"x"}"#).unwrap().name, "a");
    assert_eq!(read::<Thing>(r#"{"n\u0061me":"a"}"#).unwrap().name, "a", "an escape is the letter itself");
    assert!(read::<Thing>(r#"{"nàme":"a"}"#).is_err());
}

#[test]
fn null_is_absent_as_a_member_and_nothing_as_an_element() {
    let thing = read::<Thing>(r#"{"name":"a","count":null,"any":null,"list":null}"#).unwrap();
    assert_eq!((thing.count, thing.any, thing.list), (None, Json::Null, None));
    assert!(said::<Thing>(r#"{"name":null}"#).starts_with("name missing_field"));
    assert!(said::<Thing>(r#"{"name":"a","list":[1,null]}"#).starts_with("list[1] invalid_field_type"));
    assert_eq!(read::<Vec<Option<u8>>>("[1,null]"), Ok(vec![Some(1), None]));
    assert!(read::<Nest>("null").is_err());
}

#[test]
fn whole_numbers_are_written_without_a_fraction_and_keep_their_size() {
    let count = |number: &str| read::<Thing>(&format!(r#"{{"name":"a","count":{number}}}"#)).map(|thing| thing.count);
    assert_eq!(count("18446744073709551615"), Ok(Some(u64::MAX)));
    assert_eq!(count("0"), Ok(Some(0)));
    for (number, rule) in [
        ("18446744073709551616", "invalid_field_type"),
        ("1.0", "invalid_field_type"),
        ("1e2", "invalid_field_type"),
        ("-0", "invalid_field_type"),
        ("-1", "invalid_range"),
    ] {
        let found = count(number).expect_err(number);
        assert_eq!((found[0].0.as_str(), found[0].1), ("count", rule), "{number}");
    }
    let long = "9".repeat(400);
    assert!(said::<Thing>(&format!(r#"{{"name":"a","count":{long}}}"#)).starts_with("decode_payload"));
    for malformed in ["01", "+1", "1.", ".5", "0x1", "1_000", "--1", "1e", "１"] {
        assert!(said::<u64>(malformed).starts_with("decode_payload"), "{malformed}");
    }
}

#[test]
fn fractions_are_finite() {
    let share = |number: &str| read::<Thing>(&format!(r#"{{"name":"a","share":{number}}}"#)).map(|thing| thing.share);
    assert_eq!(share("1"), Ok(Some(1.0)));
    assert_eq!(share("-0").unwrap().map(f64::to_bits), Some((-0.0_f64).to_bits()));
    assert_eq!(share("18446744073709551616"), Ok(Some(18_446_744_073_709_551_616.0)));
    assert_eq!(share("1.7976931348623157e308"), Ok(Some(f64::MAX)));
    assert_eq!(share("1e-400"), Ok(Some(0.0)));
    for out in ["1e400", "-1e400", &"9".repeat(400)] {
        let found = share(out).expect_err(out);
        assert_eq!(found[0].1, "decode_payload", "{found:?}");
        assert!(!found[0].2.contains("99"), "values are never quoted");
    }
    for literal in ["NaN", "Infinity", "-Infinity", "nan", "inf"] {
        assert_eq!(share(literal).expect_err(literal)[0].1, "decode_payload");
    }
    // A number that a member of 32 bits cannot hold is not infinity.
    assert!(said::<f32>("1e39").starts_with("invalid_range"));
}

#[test]
fn text_is_unicode() {
    assert_eq!(read::<String>(r#""\ud83e\udd80""#), Ok("🦀".to_owned()));
    assert_eq!(
        read::<String>("\"\u{0}\""),
        Err(vec![(String::new(), "decode_payload", said::<String>("\"\u{0}\"")[15..].to_owned())])
    );
    assert_eq!(read::<String>(r#""\u0000""#), Ok("\0".to_owned()));
    for lone in
        [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\uD83E\u0041""#, r#"{"\ud800":1}"#]
    {
        assert!(read::<String>(lone).is_err() && read::<Json>(lone).is_err(), "{lone}");
        assert!(said::<String>(lone).starts_with("decode_payload"), "{lone}");
    }
    for bytes in [&b"\"\xff\""[..], b"\"\xed\xa0\x80\"", b"\"\xc0\xaf\"", b"{\"name\":\"\x80\"}", b"\xff"] {
        for invalid in [
            String::from_json(MessageRef::Binary(bytes)).map(drop).expect_err("not UTF-8"),
            Thing::from_json(MessageRef::Binary(bytes)).map(drop).expect_err("not UTF-8"),
            Json::from_json(MessageRef::Binary(bytes)).map(drop).expect_err("not UTF-8"),
        ] {
            assert_eq!(invalid.violations()[0].rule, "decode_payload");
        }
    }
    // Also where nobody reads it.
    let unread = Thing::from_json(MessageRef::Binary(b"{\"name\":\"a\",\"x\":\"\xff\"}")).map(drop);
    assert_eq!(unread.expect_err("not UTF-8").violations()[0].rule, "decode_payload");
}

#[test]
fn one_value_is_all_there_is() {
    for around in ["1 1", "1,", "1]", "1 null", "1 //", "1/**/", "\u{feff}1", "1\u{a0}", "\u{b}1"] {
        assert!(said::<u8>(around).starts_with("decode_payload"), "{around:?}");
    }
    for nothing in ["", " ", "\r\n\t "] {
        assert!(said::<u8>(nothing).ends_with("there is none"), "{nothing:?}");
        assert!(said::<String>(nothing).ends_with("there is none"), "{nothing:?}");
    }
    assert_eq!(read::<u8>("\t\r\n 1 \t\r\n"), Ok(1));
    for malformed in ["[1,]", r#"{"name":"a",}"#, "{name:\"a\"}", "{'name':'a'}", "[", "{\"name\"", "tru", "nul"] {
        assert!(said::<Thing>(malformed).starts_with("decode_payload"), "{malformed}");
    }
}

/// A value may be 127 deep, wherever it is; the 128th level is refused. Each level of a union is one or two.
#[test]
fn depth_is_bounded_wherever_something_is_kept() {
    let deep = |depth| nested(depth, r#"{"inner":"#, "null", "}");
    assert!(read::<Nest>(&deep(126)).is_ok());
    assert!(read::<Nest>(&deep(127)).is_ok());
    assert!(said::<Nest>(&deep(128)).ends_with("it is nested deeper than 127 levels"));
    assert!(said::<Nest>(&deep(100_000)).ends_with("it is nested deeper than 127 levels"));
    let any = |depth| nested(depth, "[", "", "]");
    assert!(read::<Json>(&any(127)).is_ok());
    assert!(read::<Json>(&any(128)).is_err());
    assert!(read::<Thing>(&format!(r#"{{"name":"a","any":{}}}"#, any(126))).is_ok());
    assert!(read::<Thing>(&format!(r#"{{"name":"a","any":{}}}"#, any(127))).is_err());
    assert!(read::<Flat>(&format!(r#"{{"name":"a","any":{}}}"#, any(126))).is_ok());
    assert!(read::<Flat>(&format!(r#"{{"name":"a","x":{}}}"#, any(127))).is_err());
    for (open, close) in [(r#"{"type":"branch","value":"#, "}"), (r#"{"value":"#, r#","type":"branch"}"#)] {
        let tree = |depth| nested(depth, open, r#"{"type":"leaf"}"#, close);
        assert!(read::<Tree>(&tree(126)).is_ok(), "{open}");
        assert!(read::<Tree>(&tree(127)).is_err(), "{open}");
        assert!(read::<Tree>(&tree(50_000)).is_err(), "{open}");
    }
}

/// What is not kept is passed over without a stack, so it may be as deep as the message is long.
#[test]
fn unknown_members_may_be_deep() {
    let json = format!(r#"{{"x":{},"name":"a"}}"#, nested(100_000, "[", "", "]"));
    assert_eq!(read::<Thing>(&json).unwrap().name, "a");
    // But then nobody looks for what else is wrong.
    let json = format!(r#"{{"x":{},"name":7}}"#, nested(100_000, "[", "", "]"));
    assert!(said::<Thing>(&json).starts_with("decode_payload"));
}

/// A build in which some other crate asks for `raw_value` of serde_json has a parser of `serde_json::Value` that takes one name of a
/// member for a mark of its own, behind which it parses a text again, with the whole depth to itself. But a text in a text is twice
/// as long, so a message has room for few of them.
#[test]
fn what_is_parsed_again_has_a_bound_too() {
    const MARK: &str = "$serde_json::private::RawValue";
    let mut json = nested(120, "[", "1", "]");
    loop {
        let again = nested(120, "[", &format!("{{{MARK:?}:{}}}", serde_json::to_string(&json).unwrap()), "]");
        if again.len() > 4 << 20 {
            break;
        }
        json = again;
    }
    // A frame of an unoptimised parser takes several times the stack.
    let stack = if cfg!(debug_assertions) { 32 << 20 } else { 1 << 20 };
    let thread = std::thread::Builder::new().stack_size(stack);
    let read = thread.spawn(move || {
        let _ = read::<Json>(&json);
        let _ = read::<Thing>(&format!(r#"{{"any":{json}}}"#));
    });
    read.unwrap().join().unwrap();
}

/// No crate that is built with these tests asks for `raw_value`, so this also says that this one does not.
#[test]
fn no_name_of_a_member_is_a_mark() {
    let json = r#"{"$serde_json::private::RawValue":"[1"}"#;
    assert_eq!(read::<Json>(json).unwrap(), serde_json::json!({ "$serde_json::private::RawValue": "[1" }));
}

#[test]
fn only_what_must_be_escaped_is_escaped() {
    let thing =
        Thing { name: "a/\u{7f}é\u{2028}<".into(), count: None, share: Some(1e21), any: Json::Null, list: None };
    let mut out = Vec::new();
    thing.encode(ViewId::DEFAULT, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "{\"name\":\"a/\u{7f}é\u{2028}<\",\"share\":1e+21,\"any\":null}");
}
