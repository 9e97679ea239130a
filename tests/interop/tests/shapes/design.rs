//! The types of the service `shapes` of `goa/design/shapes.go`, and values of them that Goa gives back as they went.

use std::collections::BTreeMap;

use mandovi::prelude::*;
use serde_json::Value;

use crate::arbitrary::{Arbitrary, Dice, edge};

/// What Goa makes of a value that it says again. Values are sent only where that is the value itself.
pub(crate) trait InGoa: Sized {
    fn in_goa(self) -> Self {
        self
    }
}

macro_rules! as_it_is {
    ($($ty:ty),*) => { $(impl InGoa for $ty {})* };
}

as_it_is!(String, bool, i32, i64, u32, u64, f32, f64, Base64, Colour, Ruled, Choice, PersonData);

/// Numbers of any JSON are doubles in Go, and whole doubles are written without a fraction.
impl InGoa for Value {
    fn in_goa(self) -> Self {
        match self {
            Self::Number(number) => {
                let double = number.as_f64().unwrap_or_default();
                let small = double.abs() < 9_007_199_254_740_992.0;
                match number.as_i64() {
                    Some(_) if small => Self::Number(number),
                    None if small && double.fract() != 0.0 => Self::Number(number),
                    _ => 7.into(),
                }
            }
            Self::Array(items) => items.into_iter().map(Self::in_goa).collect(),
            Self::Object(members) => members.into_iter().map(|(name, value)| (name, value.in_goa())).collect(),
            other => other,
        }
    }
}

impl<T: InGoa> InGoa for Vec<T> {
    fn in_goa(self) -> Self {
        self.into_iter().map(T::in_goa).collect()
    }
}

impl<K: Ord, T: InGoa> InGoa for BTreeMap<K, T> {
    fn in_goa(self) -> Self {
        self.into_iter().map(|(key, value)| (key, value.in_goa())).collect()
    }
}

/// Goa leaves an optional list or map out where it is empty.
fn unless_empty<T: InGoa + PartialEq + Default>(member: Option<T>) -> Option<T> {
    member.map(T::in_goa).filter(|value| *value != T::default())
}

/// An enumeration.
#[message]
#[derive(Copy, Eq)]
pub enum Colour {
    Red,
    DarkGreen,
    #[value(rename = "not \"blue\"")]
    NotBlue,
}

impl Arbitrary for Colour {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        dice.one_of(Self::ALL)
    }

    fn edges() -> Vec<Self> {
        Self::ALL.to_vec()
    }
}

/// One member of every kind.
#[message]
pub struct Flat {
    #[field(1)]
    text: String,
    #[field(2)]
    flag: bool,
    #[field(3)]
    number: i64,
    #[field(4)]
    share: f64,
    #[field(5)]
    data: Base64,
    #[field(6)]
    colour: Colour,
    #[field(7, default = 7)]
    count: u32,
    #[field(8)]
    any: Value,
    #[field(9)]
    note: Option<String>,
    #[field(10)]
    small: Option<i32>,
    #[field(11)]
    wide: Option<u64>,
    #[field(12)]
    loose: Option<f32>,
}

arbitrary_struct!(Flat { text, flag, number, share, data, colour, count, any, note, small, wide, loose });

impl Flat {
    /// Any one with this count.
    pub(crate) fn with_count(count: u32) -> Self {
        Self { count, ..edge::<Self>(1).in_goa() }
    }
}

impl InGoa for Flat {
    fn in_goa(mut self) -> Self {
        self.any = self.any.in_goa();
        // It takes a zero for absent where there is a default.
        if self.count == 0 {
            self.count = 7;
        }
        self
    }
}

/// Messages in all that holds values.
#[message]
pub struct Nested {
    #[field(1)]
    one: Flat,
    #[field(2)]
    maybe: Option<Flat>,
    #[field(3)]
    list: Vec<Flat>,
    #[field(4)]
    lists: Option<Vec<Vec<Colour>>>,
    #[field(5)]
    by_name: BTreeMap<String, Flat>,
    #[field(6)]
    by_number: Option<BTreeMap<i64, Vec<f32>>>,
    #[field(7)]
    texts: Option<Vec<String>>,
}

arbitrary_struct!(Nested { one, maybe, list, lists, by_name, by_number, texts });

impl InGoa for Nested {
    fn in_goa(self) -> Self {
        Self {
            one: self.one.in_goa(),
            maybe: self.maybe.map(Flat::in_goa),
            list: self.list.in_goa(),
            lists: unless_empty(self.lists),
            by_name: self.by_name.in_goa(),
            by_number: unless_empty(self.by_number),
            texts: unless_empty(self.texts),
        }
    }
}

/// It holds itself in three ways.
#[message]
pub struct Tree {
    #[field(1)]
    name: String,
    #[field(2)]
    next: Option<Box<Tree>>,
    #[field(3)]
    children: Option<Vec<Tree>>,
    #[field(4)]
    by_name: Option<BTreeMap<String, Tree>>,
}

impl Tree {
    fn leaf(name: &str) -> Self {
        Self { name: name.to_owned(), next: None, children: None, by_name: None }
    }

    /// Any one with these children.
    pub(crate) fn with_children(children: Option<Vec<Self>>) -> Self {
        Self { children, ..Self::leaf("parent") }
    }
}

impl Arbitrary for Tree {
    fn arbitrary(dice: &mut Dice) -> Self {
        let mut children = dice.list(Self::arbitrary);
        let next = children.pop().map(Box::new);
        let by_name = children.pop().map(|child| BTreeMap::from([(child.name.clone(), child)]));
        Self { name: String::arbitrary(dice), next, children: Some(children), by_name }
    }

    fn edges() -> Vec<Self> {
        let chain = |length: usize, link: fn(Self) -> Self| (0..length).fold(Self::leaf(""), |inner, _| link(inner));
        vec![
            Self::leaf("leaf"),
            chain(30, |inner| Self { next: Some(Box::new(inner)), ..Self::leaf("") }),
            chain(20, |inner| Self { children: Some(vec![inner, Self::leaf("")]), ..Self::leaf("") }),
            chain(20, |inner| Self { by_name: Some(BTreeMap::from([(edge(20), inner)])), ..Self::leaf("") }),
        ]
    }
}

impl InGoa for Tree {
    fn in_goa(self) -> Self {
        Self {
            name: self.name,
            next: self.next.map(|next| Box::new(next.in_goa())),
            children: unless_empty(self.children),
            by_name: unless_empty(self.by_name),
        }
    }
}

/// A rule for what stands in a list.
#[message(max_length = 3)]
pub struct Tag(String);

/// A member for every rule.
#[message]
pub struct Ruled {
    #[field(1, pattern = "^[A-Z]{2}[0-9]+$")]
    code: String,
    #[field(2, one_of = ["yes", "no"])]
    word: String,
    #[field(3, min_length = 2, max_length = 5)]
    name: String,
    #[field(4, minimum = 1, maximum = 10)]
    count: i64,
    #[field(5, exclusive_minimum = 0, exclusive_maximum = 1)]
    share: f64,
    #[field(6, min_length = 1, max_length = 2)]
    tags: Vec<Tag>,
    #[field(7, min_length = 1)]
    by_name: BTreeMap<String, i64>,
    #[field(8, format = "date")]
    date: Option<String>,
    #[field(9, format = "date-time")]
    date_time: Option<String>,
    #[field(10, format = "uuid")]
    uuid: Option<String>,
    #[field(11, format = "email")]
    email: Option<String>,
    #[field(12, format = "hostname")]
    hostname: Option<String>,
    #[field(13, format = "ipv4")]
    ipv4: Option<String>,
    #[field(14, format = "ipv6")]
    ipv6: Option<String>,
    #[field(15, format = "ip")]
    ip: Option<String>,
    #[field(16, format = "uri")]
    uri: Option<String>,
    #[field(17, format = "mac")]
    mac: Option<String>,
    #[field(18, format = "cidr")]
    cidr: Option<String>,
    #[field(19, format = "regexp")]
    regexp: Option<String>,
    #[field(20, format = "json")]
    json: Option<String>,
    #[field(21, format = "rfc1123")]
    rfc1123: Option<String>,
}

/// Values that keep every rule, at its edge and within.
impl Arbitrary for Ruled {
    fn arbitrary(dice: &mut Dice) -> Self {
        let mut maybe = |texts: &[&str]| Some(dice.one_of(texts).to_owned()).filter(|text| !text.is_empty());
        Self {
            date: maybe(&["", "2024-02-29", "0001-01-01", "9999-12-31"]),
            date_time: maybe(&[
                "",
                "2024-02-29T23:59:59Z",
                "2024-02-29T23:59:59.123456789+05:30",
                "1970-01-01T00:00:00-00:00",
            ]),
            uuid: maybe(&["", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ffffffff-ffff-4fff-bfff-ffffffffffff"]),
            email: maybe(&["", "ana@example.com", "a.b+c@x.example"]),
            hostname: maybe(&["", "example.com", "a-b.c", "localhost"]),
            ipv4: maybe(&["", "0.0.0.0", "255.255.255.255"]),
            ipv6: maybe(&["", "::", "2001:db8::1", "::ffff:192.0.2.1"]),
            ip: maybe(&["", "192.0.2.1", "fe80::1"]),
            uri: maybe(&["", "https://example.com/a?b#c", "urn:isbn:0451450523"]),
            mac: maybe(&["", "00:00:5e:00:53:01", "02-00-5E-10-00-00-00-01"]),
            cidr: maybe(&["", "192.0.2.0/24", "2001:db8::/32", "10.1.2.3/8"]),
            regexp: maybe(&["", "^a+$", "[0-9]{2,3}(x|y)?"]),
            json: maybe(&["", "{\"a\":[1,null]}", "7", "\"x\""]),
            rfc1123: maybe(&["", "Mon, 02 Jan 2006 15:04:05 MST", "Thu, 29 Feb 2024 00:00:00 GMT"]),
            code: dice.one_of(&["AB1", "ZZ0099"]).to_owned(),
            word: dice.one_of(&["yes", "no"]).to_owned(),
            name: dice.one_of(&["ab", "abcde", "日本", "日本語\u{1f600}x"]).to_owned(),
            count: 1 + i64::from(dice.below(10) as u8),
            share: dice.one_of(&[f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON]),
            tags: dice
                .one_of(&[vec![""], vec!["abc"], vec!["日本語", "x"]])
                .into_iter()
                .map(|tag| Tag(tag.to_owned()))
                .collect(),
            by_name: BTreeMap::from([(String::arbitrary(dice), i64::arbitrary(dice))]),
        }
    }
}

/// What stands in a union. Goa writes its members there by their names in Go.
#[message(rename_all = "PascalCase")]
pub struct Spot {
    #[field(1)]
    at: f64,
    #[field(2)]
    label: Option<String>,
    #[field(3)]
    seen_by: Vec<String>,
}

arbitrary_struct!(Spot { at, label, seen_by });

/// A union, in the form that Goa had up to v3.23.
#[message(legacy)]
pub enum Chosen {
    Text(String),
    Number(i64),
    Spot(Spot),
}

/// What holds it.
#[message]
pub struct Choice {
    #[field(1)]
    value: Chosen,
    #[field(4)]
    note: Option<String>,
}

arbitrary_struct!(Choice { value, note });

impl Arbitrary for Chosen {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(3) {
            0 => Self::Text(String::arbitrary(dice)),
            1 => Self::Number(i64::arbitrary(dice)),
            _ => Self::Spot(Spot::arbitrary(dice)),
        }
    }

    fn edges() -> Vec<Self> {
        let edges = (0..10).map(|index| [Self::Text(edge(index)), Self::Number(edge(index)), Self::Spot(edge(index))]);
        edges.flatten().collect()
    }
}

/// What a person is made of.
#[message]
pub struct PersonData {
    #[field(1)]
    pub name: String,
    #[field(2)]
    pub age: Option<u32>,
    #[field(3)]
    pub tags: Vec<String>,
}

arbitrary_struct!(PersonData { name, age, tags });

/// Many of them.
#[message]
pub struct People {
    #[field(1)]
    pub people: Vec<PersonData>,
}

/// The same with a view.
#[message(view(tiny = [name]))]
pub struct Person {
    #[field(1)]
    pub name: String,
    #[field(2)]
    pub age: Option<u32>,
    #[field(3)]
    pub tags: Vec<String>,
}

impl From<PersonData> for Person {
    fn from(PersonData { name, age, tags }: PersonData) -> Self {
        Self { name, age, tags }
    }
}
