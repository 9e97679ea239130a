//! Every shape that a value may have: what it is on the wire, that it comes back, what is said where it does not.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use mandovi::{
    Invalid, MessageRef,
    model::{Definition, Schema, Types},
    parameter::Parameter,
    prelude::*,
    value::{Item, MapKey, Millis, NotNull, Value, ViewId},
};
use serde_json::{Value as Json, json};

fn write<T: Value>(value: &T) -> String {
    let mut out = Vec::new();
    value.encode(ViewId::DEFAULT, &mut out).expect("valid");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn read<T: Value>(json: &str) -> Result<T, Invalid> {
    T::from_json(MessageRef::Text(json))
}

/// The value is that on the wire, and comes back from there as it was: as text, as bytes, and with white space.
fn travels<T: Value + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(write(value), json);
    assert_eq!(read::<T>(json).as_ref(), Ok(value), "{json}");
    assert_eq!(T::from_json(MessageRef::Binary(json.as_bytes())).as_ref(), Ok(value), "{json}");
    assert_eq!(read::<T>(&format!(" {json}\r\n")).as_ref(), Ok(value), "{json}");
}

/// What is said of a wrong value: paths and rules.
fn wrong<T: Value + Debug>(json: &str) -> Vec<(String, &'static str)> {
    let invalid = read::<T>(json).expect_err(json);
    invalid.into_violations().into_iter().map(|found| (found.path, found.rule)).collect()
}

fn says<T: Value + Debug>(json: &str, expected: &[(&str, &str)]) {
    let found = wrong::<T>(json);
    let found: Vec<_> = found.iter().map(|(path, rule)| (path.as_str(), *rule)).collect();
    assert_eq!(found, expected, "{json}");
}

fn model<T: Value>() -> (Schema, Types) {
    let mut types = Types::new();
    (T::schema(&mut types), types)
}

fn definition<T: Value>() -> Json {
    let (schema, types) = model::<T>();
    let Schema::Named { name } = schema else { panic!("{schema:?} has no name") };
    serde_json::to_value(types.get(&name)).expect("the model is JSON")
}

mod newtypes {
    use super::*;

    /// A name.
    #[message(example = "Ana")]
    #[derive(Eq, Hash, PartialOrd, Ord)]
    pub struct Name(String);

    #[message]
    #[derive(Eq, Hash, PartialOrd, Ord, Copy)]
    struct Number(u16);

    #[message(secret)]
    struct Password(String);

    #[message]
    struct Wrapped(Vec<Name>);

    #[message]
    struct Anything(Json);

    #[message]
    struct Holder {
        #[field(1)]
        name: Name,
        #[field(2)]
        any: Anything,
        #[field(3)]
        by_name: BTreeMap<Name, Number>,
        #[field(4)]
        by_number: HashMap<Number, Option<Name>>,
    }

    #[test]
    fn a_newtype_is_what_it_holds() {
        travels(&Name("Ana \"A\"".into()), r#""Ana \"A\"""#);
        travels(&Number(7), "7");
        travels(&Wrapped(vec![Name("a".into())]), r#"["a"]"#);
        let holder = Holder {
            name: Name("a".into()),
            any: Anything(json!({"b": [1]})),
            by_name: BTreeMap::from([(Name("x".into()), Number(1))]),
            by_number: HashMap::from([(Number(65_535), Some(Name("y".into())))]),
        };
        travels(&holder, r#"{"name":"a","any":{"b":[1]},"by_name":{"x":1},"by_number":{"65535":"y"}}"#);
        let absent = read::<Holder>(r#"{"name":"a","by_name":{},"by_number":{}}"#);
        assert_eq!(absent.expect("anything may be absent").any, Anything(Json::Null));
        says::<Holder>(
            r#"{"name":1,"by_name":{"x":65536},"by_number":{"x":1,"70000":null}}"#,
            &[
                ("name", "invalid_field_type"),
                ("by_name[*]", "invalid_range"),
                ("by_number[*]", "invalid_range"),
                ("by_number[*]", "invalid_field_type"),
                ("by_number[*]", "invalid_field_type"),
            ],
        );
    }

    #[test]
    fn it_is_a_parameter_and_not_null_where_what_it_holds_is() {
        fn assert<T: Parameter + NotNull + MapKey>() {}
        assert::<Name>();
        assert::<Number>();
        assert_eq!(Number::parse("12"), Ok(Number(12)));
        assert_eq!(Number(12).render(), "12");
        assert!(Number::parse("65536").is_err());
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Password("hunter2".into())), "Password(***)");
        assert_eq!(format!("{:?}", Name("Ana".into())), "Name(\"Ana\")");
        travels(&Password("hunter2".into()), r#""hunter2""#);
        assert!(model::<Password>().1.has_secret());
    }

    #[test]
    fn the_model_has_it_as_an_alias() {
        let expected = json!({
            "kind": "alias", "description": "A name.", "schema": {"type": "string"}, "examples": ["Ana"],
        });
        assert_eq!(definition::<Name>(), expected);
        assert!(matches!(model::<Wrapped>().1.get("Name"), Some(Definition::Alias(_))));
    }
}

mod unions {
    use super::*;

    #[message]
    struct Circle {
        #[field(1)]
        radius: f64,
    }

    /// What may be drawn.
    #[message]
    enum Shape {
        /// Round.
        Circle(Circle),
        Label(String),
        #[value(rename = "empty-space")]
        Nothing,
        MaybeNumber(Option<u8>),
        Group(Vec<Shape>),
        Turned(Box<Shape>),
        Any(Json),
    }

    #[message(tag = "kind", content = "data", rename_all = "SCREAMING_SNAKE_CASE")]
    enum Renamed {
        OneThing(u8),
        Another,
    }

    #[message(legacy)]
    enum Legacy {
        Circle(Circle),
        Text(String),
        Inner(Box<Legacy>),
        Nothing,
    }

    fn circle() -> Shape {
        Shape::Circle(Circle { radius: 1.5 })
    }

    #[test]
    fn a_union_names_its_variant_beside_the_value() {
        travels(&circle(), r#"{"type":"circle","value":{"radius":1.5}}"#);
        travels(&Shape::Label("x".into()), r#"{"type":"label","value":"x"}"#);
        travels(&Shape::Nothing, r#"{"type":"empty-space"}"#);
        travels(&Shape::MaybeNumber(None), r#"{"type":"maybe_number","value":null}"#);
        travels(&Shape::Any(json!([1])), r#"{"type":"any","value":[1]}"#);
        let group = Shape::Group(vec![circle(), Shape::Turned(Box::new(Shape::Nothing))]);
        travels(
            &group,
            r#"{"type":"group","value":[{"type":"circle","value":{"radius":1.5}},{"type":"turned","value":{"type":"empty-space"}}]}"#,
        );
        travels(&Renamed::OneThing(1), r#"{"kind":"ONE_THING","data":1}"#);
        travels(&Renamed::Another, r#"{"kind":"ANOTHER"}"#);
    }

    #[test]
    fn its_members_come_in_any_order_with_others_between() {
        for json in [
            r#"{"value":{"radius":1.5},"type":"circle"}"#,
            r#"{"x":[{}],"value":{"radius":1.5,"more":1},"y":1,"type":"circle","z":null}"#,
            r#"{"type":"circle","value":{"radius":7},"value":{"radius":1.5}}"#,
            r#"{"value":"of another type","value":{"radius":1.5},"type":"circle"}"#,
            r#"{"type":"circle","type":"circle","value":{"radius":1.5}}"#,
        ] {
            assert_eq!(read::<Shape>(json), Ok(circle()), "{json}");
        }
        for json in [r#"{"type":"empty-space","value":{"any":1}}"#, r#"{"value":1,"type":"empty-space"}"#] {
            assert_eq!(read::<Shape>(json), Ok(Shape::Nothing), "{json}");
        }
        for json in [r#"{"type":"any"}"#, r#"{"value":null,"type":"any"}"#] {
            assert_eq!(read::<Shape>(json), Ok(Shape::Any(Json::Null)), "{json}");
        }
        let exact = format!(r#"{{"value":[{{"value":{},"type":"any"}}],"type":"group"}}"#, u64::MAX);
        assert_eq!(read::<Shape>(&exact), Ok(Shape::Group(vec![Shape::Any(json!(u64::MAX))])));
    }

    #[test]
    fn what_is_wrong_is_told_by_path() {
        says::<Shape>("{}", &[("type", "missing_field")]);
        says::<Shape>(r#"{"type":null,"value":1}"#, &[("type", "missing_field")]);
        says::<Shape>(r#"{"type":"square","value":1}"#, &[("type", "invalid_enum_value")]);
        says::<Shape>(r#"{"type":7}"#, &[("type", "invalid_field_type")]);
        says::<Shape>(r#"{"type":"circle"}"#, &[("value", "missing_field")]);
        says::<Shape>(r#"{"type":"circle","value":null}"#, &[("value", "missing_field")]);
        says::<Shape>(r#"{"type":"circle","value":{}}"#, &[("value.radius", "missing_field")]);
        says::<Shape>(r#"{"value":{"radius":"1"},"type":"circle"}"#, &[("value.radius", "invalid_field_type")]);
        says::<Shape>(r#"["circle"]"#, &[("", "invalid_field_type")]);
        says::<Shape>(
            r#"{"type":"group","value":[{"type":"label","value":1},{"type":"no"},{}]}"#,
            &[
                ("value[0].value", "invalid_field_type"),
                ("value[1].type", "invalid_enum_value"),
                ("value[2].type", "missing_field"),
            ],
        );
        says::<Renamed>(r#"{"kind":"ONE_THING","data":256}"#, &[("data", "invalid_range")]);
        // Which of the two is meant?
        says::<Shape>(r#"{"type":"label","type":"empty-space"}"#, &[("", "decode_payload")]);
        let mut out = Vec::new();
        let invalid = Shape::Circle(Circle { radius: f64::NAN }).encode(ViewId::DEFAULT, &mut out).expect_err("NaN");
        assert_eq!(invalid.violations()[0].path, "value.radius");
    }

    #[test]
    fn the_older_form_of_goa_has_the_value_as_json_in_a_text() {
        travels(&Legacy::Circle(Circle { radius: 1.5 }), r#"{"Type":"circle","Value":"{\"radius\":1.5}"}"#);
        travels(&Legacy::Text("a\"b".into()), r#"{"Type":"text","Value":"\"a\\\"b\""}"#);
        travels(&Legacy::Nothing, r#"{"Type":"nothing"}"#);
        let turned = r#"{"Value":" {\"radius\":1.5} ","Type":"circle"}"#;
        assert_eq!(read::<Legacy>(turned), Ok(Legacy::Circle(Circle { radius: 1.5 })));
        says::<Legacy>(r#"{"Type":"circle","Value":{"radius":1}}"#, &[("Value", "invalid_field_type")]);
        says::<Legacy>(r#"{"Type":"circle","Value":"{"}"#, &[("Value", "invalid_format")]);
        says::<Legacy>(r#"{"Type":"circle","Value":"{} {}"}"#, &[("Value", "invalid_format")]);
        says::<Legacy>(r#"{"Type":"circle","Value":"{}"}"#, &[("Value.radius", "missing_field")]);
        says::<Legacy>(r#"{"Type":"circle"}"#, &[("Value", "missing_field")]);
    }

    /// Every text of JSON has the depth of a parser to itself, so how many stand in each other is bounded as well.
    #[test]
    fn text_in_text_is_bounded() {
        let nested = |times| (0..times).fold(Legacy::Nothing, |inner, _| Legacy::Inner(Box::new(inner)));
        let read = |times: usize| read::<Legacy>(&write(&nested(times)));
        assert_eq!(read(4), Ok(nested(4)));
        assert!(read(5).is_err());
        assert_eq!(read(4), Ok(nested(4)), "the count goes back");
    }

    #[test]
    fn the_model_has_its_variants() {
        let expected = json!({
            "kind": "union", "tag": "kind", "content": "data",
            "variants": [
                {"name": "ONE_THING", "schema": {"type": "integer", "bits": 8, "signed": false}},
                {"name": "ANOTHER"},
            ],
        });
        assert_eq!(definition::<Renamed>(), expected);
        let shape = definition::<Shape>();
        assert_eq!(shape["description"], "What may be drawn.");
        assert_eq!(shape["variants"][0]["description"], "Round.");
        assert_eq!(shape["variants"][5]["schema"], json!({"type": "named", "name": "Shape"}));
        assert_eq!(definition::<Legacy>()["json_text"], true);
    }
}

mod containers {
    use super::*;

    #[message]
    #[derive(PartialOrd, Ord)]
    enum Level {
        Low,
        High,
    }

    #[test]
    fn pointers_are_what_they_point_to() {
        travels(&Arc::new(7u8), "7");
        travels(&Box::new(vec![Arc::new(true)]), "[true]");
        travels::<Box<str>>(&"a\n".into(), r#""a\n""#);
        travels::<Arc<str>>(&"a".into(), r#""a""#);
        travels::<Cow<'static, str>>(&"a".into(), r#""a""#);
        assert_eq!(<Arc<str>>::parse("a"), Ok("a".into()));
        assert_eq!(model::<Arc<Option<Box<str>>>>().0, Schema::nullable(Schema::string()));
        says::<Vec<Arc<str>>>("[1]", &[("[0]", "invalid_field_type")]);
    }

    #[test]
    fn maps_have_keys_that_json_writes_as_text() {
        travels(&BTreeMap::from([("b".to_owned(), 1u8), ("a\"".to_owned(), 2)]), r#"{"a\"":2,"b":1}"#);
        travels(
            &BTreeMap::from([(-1i64, "x".to_owned()), (i64::MAX, "y".to_owned())]),
            r#"{"-1":"x","9223372036854775807":"y"}"#,
        );
        travels(&BTreeMap::from([(u64::MAX, ())].map(|(key, ())| (key, 1u8))), r#"{"18446744073709551615":1}"#);
        travels(&BTreeMap::from([(false, 0u8), (true, 1)]), r#"{"false":0,"true":1}"#);
        travels(&BTreeMap::from([(Level::Low, 0u8), (Level::High, 1)]), r#"{"low":0,"high":1}"#);
        travels(&BTreeMap::from([(Arc::<str>::from("k"), 0u8)]), r#"{"k":0}"#);
        let keys = |schema: Schema| match schema {
            Schema::Map { keys, .. } => *keys,
            other => panic!("{other:?}"),
        };
        assert_eq!(keys(model::<HashMap<u8, u8>>().0), Schema::Integer { bits: 8, signed: false });
        says::<BTreeMap<u8, u8>>(r#"{"256":0}"#, &[("[*]", "invalid_range")]);
        says::<BTreeMap<u8, u8>>(r#"{"":0}"#, &[("[*]", "invalid_field_type")]);
        says::<BTreeMap<i8, u8>>(r#"{"secret":0}"#, &[("[*]", "invalid_field_type")]);
        says::<BTreeMap<bool, u8>>(r#"{"1":0}"#, &[("[*]", "invalid_field_type")]);
        says::<BTreeMap<Level, u8>>(r#"{"middle":0}"#, &[("[*]", "invalid_enum_value")]);
        says::<BTreeMap<String, Vec<u8>>>(r#"{"a":[],"b":null}"#, &[("[*]", "invalid_field_type")]);
    }

    #[test]
    fn a_map_may_have_any_hasher() {
        type Hasher = std::hash::BuildHasherDefault<std::collections::hash_map::DefaultHasher>;
        let mut map = HashMap::<String, u8, Hasher>::default();
        map.insert("a".into(), 1);
        travels(&map, r#"{"a":1}"#);
    }

    #[test]
    fn a_length_of_time_is_whole_milliseconds() {
        travels(&Millis(Duration::from_millis(1500)), "1500");
        assert_eq!(write(&Millis(Duration::from_micros(1999))), "1");
        travels(&Millis(Duration::from_millis(u64::MAX)), "18446744073709551615");
        let too_long = Millis(Duration::from_millis(u64::MAX) + Duration::from_millis(1));
        let invalid = too_long.encode(ViewId::DEFAULT, &mut Vec::new()).expect_err("2^64");
        assert_eq!(invalid.violations()[0].rule, "invalid_range");
        says::<Millis>("1.5", &[("", "invalid_field_type")]);
        says::<Millis>("-1", &[("", "invalid_range")]);
        assert_eq!(Millis::parse("1500"), Ok(Millis(Duration::from_millis(1500))));
    }
}

mod messages {
    use super::*;

    #[message(rename_all = "camelCase")]
    struct Renamed {
        #[field(1)]
        sent_at: u8,
        #[field(2, rename = "x-y")]
        other_name: Option<u8>,
        #[field(3)]
        r#type: u8,
    }

    #[message(rename_all = "kebab-case")]
    enum Kind {
        FirstKind,
        #[value(rename = "2")]
        SecondKind,
    }

    #[test]
    fn members_and_values_are_renamed_in_serdes_words() {
        let value = Renamed { sent_at: 1, other_name: Some(2), r#type: 3 };
        travels(&value, r#"{"sentAt":1,"x-y":2,"type":3}"#);
        says::<Renamed>(
            r#"{"sent_at":1,"SENTAT":1,"type":"t"}"#,
            &[("sentAt", "missing_field"), ("type", "invalid_field_type")],
        );
        travels(&vec![Kind::FirstKind, Kind::SecondKind], r#"["first-kind","2"]"#);
    }

    /// As it was.
    #[message]
    #[deprecated(note = "there is a better one")]
    pub struct Old {
        #[field(1)]
        #[deprecated]
        pub a: u8,
        #[field(2)]
        pub b: u8,
    }

    #[message]
    pub enum Mixed {
        #[deprecated]
        Old,
        New,
    }

    #[message]
    #[allow(deprecated)]
    pub enum Held {
        #[deprecated]
        Old(Old),
        New,
    }

    #[message]
    #[deprecated]
    pub struct OldName(String);

    #[test]
    #[expect(deprecated, reason = "the user who names it is warned; what is generated is not")]
    fn what_is_deprecated_is_told() {
        let old = definition::<Old>();
        assert_eq!((&old["deprecated"], &old["fields"][0]["deprecated"]), (&json!(true), &json!(true)));
        assert_eq!(old["fields"][1]["deprecated"], Json::Null);
        assert_eq!(definition::<Mixed>()["values"][0]["deprecated"], true);
        assert_eq!(definition::<Held>()["variants"][0]["deprecated"], true);
        assert_eq!(definition::<OldName>()["deprecated"], true);
        travels(&Held::Old(Old { a: 1, b: 2 }), r#"{"type":"old","value":{"a":1,"b":2}}"#);
    }

    #[message(example = "00", example = String::from("01"))]
    struct Code(String);

    #[message]
    struct Shown {
        #[field(1, example = 7, example = 8, event_id)]
        number: u32,
        #[field(2, example = "seven", event_type)]
        text: Option<String>,
        #[field(3, example = vec![1.5])]
        list: Vec<f64>,
        #[field(4, example = "07")]
        code: Code,
        #[field(5, example = "BQ==")]
        bytes: Option<Base64>,
    }

    #[test]
    fn examples_and_the_parts_of_events_are_in_the_model() {
        let shown = definition::<Shown>();
        let examples = |at: usize| shown["fields"][at]["examples"].clone();
        assert_eq!(
            [examples(0), examples(1), examples(2), examples(3), examples(4)],
            [json!([7, 8]), json!(["seven"]), json!([[1.5]]), json!(["07"]), json!(["BQ=="])]
        );
        assert_eq!((&shown["event_id"], &shown["event_type"]), (&json!("number"), &json!("text")));
        assert_eq!(definition::<Code>()["examples"], json!(["00", "01"]));
    }

    #[message]
    struct WrongExample {
        #[field(1, example = "not base64")]
        bytes: Base64,
    }

    #[test]
    #[should_panic = "the example \"not base64\" is not a `mandovi::value::base64::Base64`"]
    fn an_example_that_is_no_value_is_found_with_the_model() {
        definition::<WrongExample>();
    }

    mod stored {
        pub struct Name(pub &'static str);

        impl From<Name> for String {
            fn from(name: Name) -> Self {
                name.0.to_owned()
            }
        }

        pub struct Person {
            pub name: Name,
            pub age: u8,
        }

        #[derive(Debug, PartialEq)]
        pub struct Row {
            pub name: Box<str>,
            pub age: i64,
        }
    }

    #[message(from = stored::Person, into = stored::Row)]
    struct Person {
        #[field(1)]
        name: String,
        #[field(2)]
        age: u32,
    }

    #[test]
    fn a_message_is_made_from_and_into_what_is_stored() {
        let person = Person::from(stored::Person { name: stored::Name("Ana"), age: 7 });
        assert_eq!(person, Person { name: "Ana".into(), age: 7 });
        assert_eq!(stored::Row::from(person), stored::Row { name: "Ana".into(), age: 7 });
    }
}

mod flattened {
    use super::*;

    #[message(view(who = [by]))]
    struct Audit {
        #[field(101)]
        by: String,
        #[field(102)]
        seen: Option<u8>,
        #[field(103, secret)]
        pin: Option<String>,
    }

    #[message]
    struct Place {
        #[field(201)]
        at: BTreeMap<u8, f64>,
    }

    #[message(view(small = [text, audit(who)], whole = [audit]))]
    struct Note {
        #[field(1)]
        text: String,
        #[field(flatten)]
        audit: Audit,
        #[field(2, default = 3)]
        stars: u8,
        #[field(flatten)]
        place: Box<Place>,
        #[field(3)]
        maybe: Option<u64>,
    }

    fn note() -> Note {
        Note {
            text: "t".into(),
            audit: Audit { by: "ana".into(), seen: None, pin: Some("1".into()) },
            stars: 3,
            place: Box::new(Place { at: BTreeMap::from([(1, 0.5)]) }),
            maybe: Some(u64::MAX),
        }
    }

    #[test]
    fn its_members_stand_beside_the_others_in_the_order_of_the_declaration() {
        travels(&note(), r#"{"text":"t","by":"ana","pin":"1","stars":3,"at":{"1":0.5},"maybe":18446744073709551615}"#);
        let read_note = read::<Note>(
            r#"{"at":{"1":0.5},"stars":null,"x":1,"maybe":18446744073709551615,"by":"bo","pin":"1","by":"ana","text":"t"}"#,
        );
        assert_eq!(read_note, Ok(note()));
        assert!(read::<Note>(r#"["t"]"#).is_err());
    }

    #[test]
    fn what_is_wrong_is_told_by_path() {
        says::<Note>(
            r#"{"seen":"x","stars":256,"at":{"1":true}}"#,
            &[
                ("text", "missing_field"),
                ("by", "missing_field"),
                ("seen", "invalid_field_type"),
                ("stars", "invalid_range"),
                ("at[*]", "invalid_field_type"),
            ],
        );
        let mut wrong = note();
        wrong.place.at.insert(2, f64::NAN);
        let invalid = wrong.encode(ViewId::DEFAULT, &mut Vec::new()).expect_err("NaN");
        assert_eq!(invalid.violations()[0].path, "at[*]");
    }

    #[test]
    fn the_model_lists_all_fields() {
        let (_, types) = model::<Note>();
        let Some(Definition::Message(message)) = types.get("Note") else { panic!("a message") };
        let fields: Vec<_> =
            message.fields.iter().map(|field| (field.tag, field.name.as_str(), field.secret)).collect();
        assert_eq!(
            fields,
            [
                (1, "text", false),
                (101, "by", false),
                (102, "seen", false),
                (103, "pin", true),
                (2, "stars", false),
                (201, "at", false),
                (3, "maybe", false)
            ]
        );
        let views: Vec<Vec<_>> =
            message.views.iter().map(|view| view.fields.iter().map(|field| field.name.as_str()).collect()).collect();
        assert_eq!(views, [vec!["text", "by"], vec!["by", "seen", "pin"]]);
    }

    #[test]
    fn a_view_shows_them_whole_or_in_a_view_of_their_own() {
        let mut out = Vec::new();
        note().encode(ViewId::new(1), &mut out).expect("valid");
        assert_eq!(String::from_utf8_lossy(&out), r#"{"text":"t","by":"ana"}"#);
        let small = NoteSmall { text: "t".into(), audit: AuditWho { by: "ana".into() } };
        travels(&small, r#"{"text":"t","by":"ana"}"#);
        travels(&NoteWhole { audit: note().audit }, r#"{"by":"ana","pin":"1"}"#);
        assert!(!format!("{:?}", note()).contains("pin: Some"), "a secret");
    }

    #[message]
    struct SameName {
        #[field(1)]
        by: u8,
        #[field(flatten)]
        audit: Audit,
    }

    #[message]
    struct SameNumber {
        #[field(flatten)]
        audit: Audit,
        #[field(101)]
        own: u8,
    }

    #[test]
    #[should_panic = "`SameName` has two members \"by\""]
    fn two_members_of_one_name_are_found_with_the_model() {
        definition::<SameName>();
    }

    #[test]
    #[should_panic = "the number 101 of \"own\" is taken in `SameNumber`"]
    fn two_members_of_one_number_are_found_with_the_model() {
        definition::<SameNumber>();
    }
}

mod generics {
    use super::*;

    #[message]
    #[derive(Eq)]
    struct Event {
        #[field(1)]
        at: u8,
    }

    /// A part of many.
    #[message(rename_all = "camelCase")]
    struct Page<T> {
        #[field(1)]
        items: Vec<T>,
        #[field(2)]
        next_page: Option<T>,
    }

    #[message]
    struct Pair<A: Clone, B>(BTreeMap<String, Both<A, B>>)
    where
        B: PartialEq;

    #[message]
    struct Both<A, B> {
        #[field(1)]
        a: A,
        #[field(2)]
        b: Option<B>,
        #[field(3)]
        more: Option<Box<Both<A, B>>>,
    }

    #[message]
    enum Either<A, B> {
        Left(A),
        Right(B),
        Neither,
    }

    #[message]
    struct Wide<T> {
        #[field(11)]
        wide: bool,
        #[field(flatten)]
        page: Page<T>,
    }

    #[test]
    fn each_instance_is_a_value() {
        let page = Page { items: vec![Event { at: 1 }], next_page: None };
        travels(&page, r#"{"items":[{"at":1}]}"#);
        travels(&Page { items: vec![1.5], next_page: Some(2.5) }, r#"{"items":[1.5],"nextPage":2.5}"#);
        let inner = Both { a: 1u8, b: None, more: None };
        let both = Both { a: 2u8, b: Some(Event { at: 3 }), more: Some(Box::new(inner)) };
        travels(&Pair(BTreeMap::from([("k".to_owned(), both)])), r#"{"k":{"a":2,"b":{"at":3},"more":{"a":1}}}"#);
        travels(&Either::<Event, Vec<String>>::Right(vec!["x".into()]), r#"{"type":"right","value":["x"]}"#);
        travels(&Either::<u8, u8>::Neither, r#"{"type":"neither"}"#);
        travels(&Wide { wide: true, page }, r#"{"wide":true,"items":[{"at":1}]}"#);
        says::<Page<Either<Event, u8>>>(
            r#"{"items":[{"type":"left","value":{"at":"x"}}]}"#,
            &[("items[0].value.at", "invalid_field_type")],
        );
    }

    #[test]
    fn each_instance_has_a_name_of_its_own() {
        let mut types = Types::new();
        for (schema, expected) in [
            (Page::<Event>::schema(&mut types), "PageOfEvent"),
            (Page::<u8>::schema(&mut types), "PageOfUInt8"),
            (Page::<Page<Event>>::schema(&mut types), "PageOfPageOfEvent"),
            (Page::<Vec<Option<String>>>::schema(&mut types), "PageOfListOfOptionalString"),
            (Pair::<i64, bool>::schema(&mut types), "PairOfInt64AndBoolean"),
            (Either::<Json, Base64>::schema(&mut types), "EitherOfAnyAndBytes"),
            (Page::<Event>::schema(&mut types), "PageOfEvent"),
        ] {
            assert_eq!(schema, Schema::Named { name: expected.into() });
        }
        let Some(Definition::Message(page)) = types.get("PageOfEvent") else { panic!("a message") };
        assert_eq!(page.description, "A part of many.");
        assert_eq!(page.fields[0].schema, Schema::array(Schema::Named { name: "Event".into() }));
        assert!(types.get("BothOfInt64AndBoolean").is_some());
    }
}

#[cfg(feature = "jiff")]
mod jiff {
    use ::jiff::{SignedDuration, Timestamp, civil::Date};

    use super::*;

    #[message]
    struct Times {
        #[field(1, example = "2026-11-21T03:30:00Z")]
        at: Timestamp,
        #[field(2)]
        on: Date,
        #[field(3)]
        during: Option<SignedDuration>,
    }

    #[test]
    fn they_are_text_of_a_format() {
        let times = Times {
            at: "2026-11-21T03:30:00.25Z".parse().unwrap(),
            on: "2026-11-21".parse().unwrap(),
            during: Some(SignedDuration::from_millis(-5_400_500)),
        };
        travels(&times, r#"{"at":"2026-11-21T03:30:00.25Z","on":"2026-11-21","during":"-PT1H30M0.5S"}"#);
        let offset = read::<Timestamp>(r#""2026-11-21T05:30:00+02:00""#).unwrap();
        assert_eq!(write(&offset), r#""2026-11-21T03:30:00Z""#);
        assert_eq!(definition::<Times>()["fields"][2]["schema"]["value"]["format"], "duration");
        for wrong in ["\"2026-11-21\"", "\"yesterday\"", "\"2026-13-01T00:00:00Z\"", "1", "\"\""] {
            assert!(read::<Timestamp>(wrong).is_err(), "{wrong}");
        }
        parameter::<Timestamp>("2026-11-21T03:30:00Z");
        parameter::<Date>("2026-11-21");
        parameter::<SignedDuration>("PT1H30M");
    }
}

#[cfg(feature = "chrono")]
mod chrono {
    use ::chrono::{DateTime, FixedOffset, NaiveDate, Utc};

    use super::*;

    #[test]
    fn they_are_text_of_a_format() {
        travels::<DateTime<Utc>>(&"2026-11-21T03:30:00.250Z".parse().unwrap(), r#""2026-11-21T03:30:00.250Z""#);
        travels::<DateTime<FixedOffset>>(
            &"2026-11-21T03:30:00+02:00".parse().unwrap(),
            r#""2026-11-21T03:30:00+02:00""#,
        );
        travels::<NaiveDate>(&"2026-11-21".parse().unwrap(), r#""2026-11-21""#);
        assert_eq!(model::<NaiveDate>().0, Schema::formatted(mandovi::model::Format::Date));
        for wrong in ["\"2026-11-21\"", "\"2026-02-30T00:00:00Z\"", "1"] {
            assert!(read::<DateTime<Utc>>(wrong).is_err(), "{wrong}");
        }
        parameter::<DateTime<Utc>>("2026-11-21T03:30:00Z");
        parameter::<DateTime<FixedOffset>>("2026-11-21T03:30:00+02:00");
        parameter::<NaiveDate>("2026-11-21");
    }
}

#[cfg(feature = "time")]
mod time {
    use ::time::{Date, Month, OffsetDateTime, UtcOffset};
    use mandovi::value::Rfc3339;

    use super::*;

    #[test]
    fn they_are_text_of_a_format() {
        let at = OffsetDateTime::from_unix_timestamp(1_795_231_800).unwrap();
        travels(&Rfc3339(at), r#""2026-11-21T03:30:00Z""#);
        let offset = UtcOffset::from_hms(-3, -30, 0).unwrap();
        travels(&Rfc3339(at.to_offset(offset)), r#""2026-11-21T00:00:00-03:30""#);
        let date = Date::from_calendar_date(2026, Month::November, 21).unwrap();
        travels(&Rfc3339(date), r#""2026-11-21""#);
        for wrong in ["\"2026-11-21\"", "\"2026-11-21T03:30:00\"", "\"2026-02-30T00:00:00Z\"", "1"] {
            assert!(read::<Rfc3339<OffsetDateTime>>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["\"2026-11-21T03:30:00Z\"", "\"+12026-11-21\"", "\"2026-1-1\"", "\"2026-02-30\""] {
            assert!(read::<Rfc3339<Date>>(wrong).is_err(), "{wrong}");
        }
        let odd = Rfc3339(at.to_offset(UtcOffset::from_hms(0, 0, 30).unwrap()));
        let invalid = odd.encode(ViewId::DEFAULT, &mut Vec::new()).expect_err("half a minute");
        assert_eq!(invalid.violations()[0].rule, "invalid_range");
        parameter::<Rfc3339<OffsetDateTime>>("2026-11-21T03:30:00Z");
        parameter::<Rfc3339<Date>>("2026-11-21");
    }
}

#[cfg(feature = "uuid")]
mod uuid {
    use ::uuid::Uuid;

    use super::*;

    #[test]
    fn they_are_text_of_a_format() {
        let id = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        travels(&id, r#""67e55044-10b1-426f-9247-bb680e5fe0c8""#);
        travels(&BTreeMap::from([(id, 1u8)]), r#"{"67e55044-10b1-426f-9247-bb680e5fe0c8":1}"#);
        assert!(read::<Uuid>("\"67e55044\"").is_err());
        parameter::<Uuid>("67e55044-10b1-426f-9247-bb680e5fe0c8");
    }
}

/// A parameter of the text survives it; another text breaks a rule.
#[cfg(any(feature = "jiff", feature = "chrono", feature = "time", feature = "uuid"))]
fn parameter<T: Parameter + PartialEq + Debug>(text: &str) {
    use mandovi::parameter::Expected;

    let value = T::parse(text).expect(text);
    assert_eq!(value.render(), text);
    for wrong in ["", "s3cr3t", "12"] {
        let expected = T::parse(wrong).expect_err(wrong);
        assert!(matches!(expected, Expected::Format(_)), "{expected}");
        assert!(!expected.to_string().contains("s3cr3t"));
    }
}

/// Values made by chance: each comes back from its JSON, and what chance makes of the JSON is a value that does, or is refused.
mod generated {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    #[message]
    #[derive(Eq, Hash, PartialOrd, Ord)]
    struct Key(String);

    #[message]
    #[derive(PartialOrd, Ord)]
    enum Level {
        Low,
        MiddleOfThem,
        High,
    }

    #[message(rename_all = "camelCase")]
    struct Base {
        #[field(101)]
        a_number: i64,
        #[field(102)]
        may_be: Option<Arc<str>>,
    }

    #[message(tag = "z", content = "a")]
    enum Node {
        Empty,
        Text(Key),
        Many(Vec<Node>),
        Whole(Box<All>),
        Pair(Both<u8, bool>),
    }

    #[message(legacy)]
    enum Old {
        Level(Level),
        Keys(BTreeMap<u64, Key>),
        Nothing,
    }

    #[message]
    struct Both<A, B> {
        #[field(1)]
        left: A,
        #[field(2)]
        right: Option<B>,
    }

    #[message]
    struct All {
        #[field(1)]
        text: String,
        #[field(2)]
        small: Both<i8, u16>,
        #[field(3)]
        large: Vec<u64>,
        #[field(4)]
        float: f64,
        #[field(5, default = 7)]
        defaulted: u32,
        #[field(flatten)]
        base: Base,
        #[field(6)]
        nodes: Vec<Node>,
        #[field(7)]
        old: Option<Old>,
        #[field(8)]
        levels: BTreeMap<Level, Option<bool>>,
        #[field(9)]
        any: Json,
        #[field(10)]
        bytes: Base64,
        #[field(11)]
        lasts: Millis,
        #[field(12)]
        single: f32,
    }

    struct Chance(StdRng);

    impl Chance {
        fn up_to(&mut self, end: usize) -> usize {
            self.0.random_range(0..end)
        }

        fn text(&mut self) -> String {
            const LETTERS: [char; 12] =
                ['a', 'Z', '"', '\\', '\n', '\0', '\u{7f}', 'é', '\u{2028}', '🦀', '{', '\u{feff}'];
            (0..self.up_to(6)).map(|_| LETTERS[self.up_to(LETTERS.len())]).collect()
        }

        fn float(&mut self) -> f64 {
            let any = f64::from_bits(self.0.random());
            if any.is_finite() { any } else { -0.0 }
        }

        fn whole(&mut self) -> u64 {
            self.0.random::<u64>() >> self.up_to(64)
        }

        fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
            self.0.random::<bool>().then(|| make(self))
        }

        fn many<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
            (0..self.up_to(4)).map(|_| make(self)).collect()
        }

        fn level(&mut self) -> Level {
            Level::ALL[self.up_to(3)]
        }

        fn json(&mut self, depth: usize) -> Json {
            match self.up_to(if depth == 0 { 4 } else { 6 }) {
                0 => Json::Null,
                1 => json!(self.0.random::<bool>()),
                2 => json!(self.whole()),
                3 => json!(self.text()),
                4 => self.many(|chance| chance.json(depth - 1)).into(),
                _ => Json::Object(self.many(|chance| (chance.text(), chance.json(depth - 1))).into_iter().collect()),
            }
        }

        fn node(&mut self, depth: usize) -> Node {
            match self.up_to(if depth == 0 { 3 } else { 5 }) {
                0 => Node::Empty,
                1 => Node::Text(Key(self.text())),
                2 => Node::Pair(Both { left: self.0.random(), right: self.some(|chance| chance.0.random()) }),
                3 => Node::Many(self.many(|chance| chance.node(depth - 1))),
                _ => Node::Whole(Box::new(self.all(depth - 1))),
            }
        }

        fn old(&mut self) -> Old {
            match self.up_to(3) {
                0 => Old::Level(self.level()),
                1 => Old::Keys(self.many(|chance| (chance.whole(), Key(chance.text()))).into_iter().collect()),
                _ => Old::Nothing,
            }
        }

        fn all(&mut self, depth: usize) -> All {
            All {
                text: self.text(),
                small: Both { left: self.0.random(), right: self.some(|chance| chance.0.random()) },
                large: self.many(Self::whole),
                float: self.float(),
                defaulted: self.0.random(),
                base: Base { a_number: self.0.random(), may_be: self.some(|chance| chance.text().into()) },
                nodes: self.many(|chance| chance.node(depth)),
                old: self.some(Self::old),
                levels: self
                    .many(|chance| (chance.level(), chance.some(|chance| chance.0.random())))
                    .into_iter()
                    .collect(),
                any: self.json(2),
                bytes: Base64::from(self.many(|chance| chance.0.random::<u8>())),
                lasts: Millis(Duration::from_millis(self.whole())),
                single: self.up_to(1 << 20) as f32 / 1024.0,
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seed in 0..500 {
            let value = Chance(StdRng::seed_from_u64(seed)).all(2);
            let json = write(&value);
            assert_eq!(read::<All>(&json).as_ref(), Ok(&value), "{json}");
            // Members in the order of the alphabet, which puts the values of unions before the names of variants.
            let sorted = serde_json::from_str::<Json>(&json).expect("JSON").to_string();
            assert_eq!(read::<All>(&sorted).as_ref(), Ok(&value), "{sorted}");
        }
    }

    #[test]
    fn what_is_damaged_is_refused_or_is_another_value() {
        const BYTES: &[u8] = b"\"{}[]:,01-.eE\\unatrz \xff\x00";
        let (mut values, mut refused) = (0, 0);
        for seed in 0..2000 {
            let mut chance = Chance(StdRng::seed_from_u64(seed));
            let mut json = write(&chance.all(1)).into_bytes();
            for _ in 0..=chance.up_to(2) {
                let at = chance.up_to(json.len());
                match chance.up_to(3) {
                    0 => json[at] = BYTES[chance.up_to(BYTES.len())],
                    1 => json.insert(at, BYTES[chance.up_to(BYTES.len())]),
                    _ => drop(json.remove(at)),
                }
            }
            match All::from_json(MessageRef::Binary(&json)) {
                Ok(value) => {
                    values += 1;
                    assert_eq!(read::<All>(&write(&value)), Ok(value));
                }
                Err(invalid) => {
                    refused += 1;
                    assert!((1..=16).contains(&invalid.violations().len()), "{invalid}");
                }
            }
        }
        assert!(values > 50 && refused > 50, "{values} values, {refused} refused");
    }
}
