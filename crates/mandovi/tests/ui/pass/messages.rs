//! What messages become on the wire and back, in every view, with every kind of member.

#![deny(unused)]

use std::collections::{BTreeMap, HashMap};

use mandovi::{
    MessageRef,
    parameter::Parameter,
    prelude::*,
    value::{Item, Value, ViewId, ViewName, Views},
};

/// A person, with names that the expansion must not stumble over.
#[message(view(tiny = [name], card = [r#type, name]))]
#[derive(Eq, Hash)]
pub struct Person {
    #[field(1)]
    name: String,
    #[field(2, secret)]
    password: Option<String>,
    #[field(3)]
    r#type: Kind,
}

#[message]
#[derive(PartialOrd, Ord)]
pub enum Kind {
    Guest,
    #[value(rename = "2")]
    SecondClass,
    r#Crate,
}

#[message(view(small = [author(tiny), others(card), maybe(tiny), named(tiny), boxed(tiny), index], author_only = [author]))]
pub struct Everything {
    #[field(1)]
    author: Person,
    #[field(2)]
    others: Vec<Person>,
    #[field(3)]
    maybe: Option<Person>,
    #[field(4)]
    named: BTreeMap<String, Person>,
    #[field(5)]
    boxed: Box<Person>,
    #[field(6, default = 10)]
    index: u64,
    #[field(7, rename = "any-thing", default = "nothing")]
    members: String,
    #[field(8)]
    any: serde_json::Value,
    #[field(9)]
    bytes: Option<Base64>,
    #[field(536_870_911)]
    float: f64,
    #[field(18_999)]
    child: Option<Box<Everything>>,
    #[field(20_000)]
    flags: HashMap<String, bool>,
}

#[message]
struct Nothing;

#[message]
struct Braces {}

fn read<T: Value>(json: &str) -> T {
    T::from_json(MessageRef::Text(json)).expect(json)
}

fn write<T: Item>(value: &T, view: u8) -> String {
    let mut out = Vec::new();
    value.encode(ViewId::new(view), &mut out).expect("valid");
    String::from_utf8(out).expect("JSON")
}

const JSON: &str = r#"{
    "float": 1.5, "flags": {}, "unknown": [1, {}], "any-thing": null, "maybe": null,
    "author": {"name": "a", "password": "pw", "type": "guest"},
    "others": [{"name": "b", "type": "2", "name": "c"}],
    "named": {"k": {"name": "m", "type": "crate"}},
    "boxed": {"name": "x", "type": "guest"}
}"#;

fn members_come_in_any_order_and_may_be_absent() {
    let value: Everything = read(JSON);
    assert_eq!((value.index, value.members.as_str()), (10, "nothing"));
    assert_eq!((&value.any, &value.maybe), (&serde_json::Value::Null, &None));
    assert_eq!(value.others[0].name, "c", "the last one wins");
    assert_eq!(read::<Everything>(&write(&value, 0)), value);
    assert_eq!((write(&Nothing, 0), write(&Braces {}, 0)), ("{}".to_owned(), "{}".to_owned()));
    assert_eq!(read::<Nothing>("{}"), Nothing);
    assert!(Person::from_json(MessageRef::Text(r#"["a", null, "guest"]"#)).is_err(), "an array is no object");
    assert!(Kind::from_json(MessageRef::Text(r#"{"guest": null}"#)).is_err(), "an object is no text");
}

fn views_reach_into_members() {
    let value: Everything = read(JSON);
    let small = r#"{"author":{"name":"a"},"others":[{"name":"c","type":"2"}],"named":{"k":{"name":"m"}},"boxed":{"name":"x"},"index":10}"#;
    assert_eq!(write(&value, 1), small);
    assert_eq!(write(&vec![value.clone()], 2), r#"[{"author":{"name":"a","password":"pw","type":"guest"}}]"#);
    let part: EverythingSmall = read(small);
    assert_eq!(part.author, PersonTiny { name: "a".into() });
    assert_eq!(part.others, [PersonCard { name: "c".into(), r#type: Kind::SecondClass }]);
    assert_eq!(write(&part, 0), small);
}

fn what_arrives_in_a_chosen_view_is_one_of_them() {
    let view = PersonViewed::view_named("tiny").expect("a view");
    assert_eq!(view, PersonView::Tiny.id());
    let viewed = <Person as Views>::Viewed::decode(view, MessageRef::Text(r#"{"name":"a"}"#)).expect("tiny");
    assert_eq!(viewed, PersonViewed::Tiny(PersonTiny { name: "a".into() }));
    assert_eq!(viewed.view(), PersonView::Tiny);
    assert_eq!(write(&viewed, 0), r#"{"name":"a"}"#);
    assert_eq!(PersonViewed::view_named(""), Some(ViewId::DEFAULT));
    assert_eq!(PersonViewed::view_named("huge"), None);
    assert_eq!(PersonView::default(), PersonView::Default);
    assert_eq!(PersonView::parse("card"), Ok(PersonView::Card));
    assert_eq!((PersonView::Card.render(), PersonView::Card.to_string()), ("card".to_owned(), "card".to_owned()));
    assert!(PersonView::parse("Card").is_err());
}

fn secrets_are_not_shown() {
    let value: Everything = read(JSON);
    let shown = format!("{value:?}");
    assert!(shown.contains("password: ***") && !shown.contains("pw"), "{shown}");
}

fn violations_have_paths() {
    let wrong = r#"{"author":{"type":"third"},"others":[{"name":1,"type":"2"}],"named":[],"boxed":{"name":"x","type":"2"},"float":1,"flags":{"a":1}}"#;
    let invalid = Everything::from_json(MessageRef::Text(wrong)).expect_err("five mistakes");
    let found: Vec<_> = invalid.violations().iter().map(|found| (found.path.as_str(), found.rule)).collect();
    assert_eq!(
        found,
        [
            ("author.name", "missing_field"),
            ("author.type", "invalid_enum_value"),
            ("others[0].name", "invalid_field_type"),
            ("named", "invalid_field_type"),
            ("flags[*]", "invalid_field_type"),
        ]
    );
    assert_eq!(invalid.violations()[0].message, r#""author.name" is missing from body"#);
    let mut value: Everything = read(JSON);
    value.child = Some(Box::new(Everything { float: f64::INFINITY, ..value.clone() }));
    let invalid = value.encode_view(ViewId::DEFAULT, &mut Vec::new()).expect_err("infinite");
    assert_eq!(invalid.violations()[0].path, "child.float");
}

fn main() {
    members_come_in_any_order_and_may_be_absent();
    views_reach_into_members();
    what_arrives_in_a_chosen_view_is_one_of_them();
    secrets_are_not_shown();
    violations_have_paths();
}
