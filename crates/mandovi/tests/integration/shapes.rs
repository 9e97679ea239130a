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
