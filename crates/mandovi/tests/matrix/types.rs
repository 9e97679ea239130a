//! The shapes that messages may have beyond plain structs: newtypes, unions, type parameters, flattened members, rules,
//! shared values, keys of every kind.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mandovi::prelude::*;
use mandovi::value::Millis;
use serde_json::Value;

use crate::arbitrary::{Arbitrary, Dice, edge};
use crate::parameters::Sent;
use crate::shapes::{Colour, Flat};

/// Implements [`Arbitrary`] for a newtype, or for what is made of another value.
macro_rules! arbitrary_from {
    ($($name:ty: $inner:ty => $make:expr;)*) => {$(
        impl Arbitrary for $name {
            const SMALL: bool = <$inner as Arbitrary>::SMALL;

            fn arbitrary(dice: &mut Dice) -> Self {
                let make: fn($inner) -> Self = $make;
                make(Arbitrary::arbitrary(dice))
            }

            fn edges() -> Vec<Self> {
                let make: fn($inner) -> Self = $make;
                <$inner>::edges().into_iter().map(make).collect()
            }
        }
    )*};
}

/// A text under a name of its own.
#[message]
#[derive(Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

/// A number, twice wrapped.
#[message]
#[derive(Copy, Eq, Hash, PartialOrd, Ord)]
pub struct Count(u32);

#[message]
#[derive(Copy, Eq, Hash, PartialOrd, Ord)]
pub struct Total(Count);

/// A list under a name.
#[message]
pub struct Names(Vec<Name>);

/// A secret travels like anything else.
#[message(secret)]
pub struct Password(String);

arbitrary_from! {
    Name: String => Name;
    Count: u32 => Count;
    Total: Count => Total;
    Names: Vec<Name> => Names;
    Password: String => Password;
    Millis: u64 => |milliseconds| Millis(Duration::from_millis(milliseconds));
    Box<str>: String => String::into_boxed_str;
    Arc<str>: String => Arc::from;
    Cow<'static, str>: String => Cow::Owned;
}

impl<T: Arbitrary> Arbitrary for Arc<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        Self::new(T::arbitrary(dice))
    }

    fn edges() -> Vec<Self> {
        T::edges().into_iter().map(Self::new).collect()
    }
}

/// A union of everything that a variant may hold.
#[message]
pub enum Any {
    Nothing,
    Text(String),
    Number(i64),
    Share(f64),
    Flat(Flat),
    List(Vec<Any>),
    Boxed(Box<Any>),
    Colour(Colour),
    Json(Value),
}

/// Other names for its members.
#[message(tag = "kind", content = "data", rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Renamed {
    NoWords,
    SomeWords(Vec<String>),
    Message(Flat),
}

/// The form of Goa up to v3.23: JSON in a text.
#[message(legacy)]
pub enum Legacy {
    Text(String),
    Message(Flat),
    Map(BTreeMap<String, f64>),
}

impl Arbitrary for Any {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(9) {
            0 => Self::Nothing,
            1 => Self::Text(Arbitrary::arbitrary(dice)),
            2 => Self::Number(Arbitrary::arbitrary(dice)),
            3 => Self::Share(Arbitrary::arbitrary(dice)),
            4 => Self::Flat(Arbitrary::arbitrary(dice)),
            5 => Self::List(dice.list(Self::arbitrary)),
            6 => dice.list(Self::arbitrary).pop().map_or(Self::Nothing, |inner| Self::Boxed(Box::new(inner))),
            7 => Self::Colour(Arbitrary::arbitrary(dice)),
            _ => Self::Json(Arbitrary::arbitrary(dice)),
        }
    }

    fn edges() -> Vec<Self> {
        let chain =
            (0..20).fold(Self::Nothing, |inner, _| Self::Boxed(Box::new(Self::List(vec![inner, Self::Nothing]))));
        let others = [Self::Nothing, chain, Self::List(Vec::new()), Self::List(vec![Self::Nothing; 50])];
        let texts = String::edges().into_iter().map(Self::Text);
        let numbers = i64::edges().into_iter().map(Self::Number);
        let shares = f64::edges().into_iter().map(Self::Share);
        others.into_iter().chain(texts).chain(numbers).chain(shares).collect()
    }
}

impl Arbitrary for Renamed {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(3) {
            0 => Self::NoWords,
            1 => Self::SomeWords(Arbitrary::arbitrary(dice)),
            _ => Self::Message(Arbitrary::arbitrary(dice)),
        }
    }

    fn edges() -> Vec<Self> {
        let messages = (0..10).map(|index| Self::Message(edge(index)));
        messages.chain([Self::NoWords, Self::SomeWords(Vec::new()), Self::SomeWords(String::edges())]).collect()
    }
}

impl Arbitrary for Legacy {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(3) {
            0 => Self::Text(Arbitrary::arbitrary(dice)),
            1 => Self::Message(Arbitrary::arbitrary(dice)),
            _ => Self::Map(Arbitrary::arbitrary(dice)),
        }
    }

    fn edges() -> Vec<Self> {
        let texts = String::edges().into_iter().map(Self::Text);
        texts
            .chain((0..10).map(|index| Self::Message(edge(index))))
            .chain((0..3).map(|index| Self::Map(edge(index))))
            .collect()
    }
}

/// A page of anything.
#[message]
pub struct Page<T> {
    #[field(1)]
    items: Vec<T>,
    #[field(2)]
    first: Option<T>,
    #[field(3)]
    by_name: BTreeMap<String, T>,
}

impl<T: Arbitrary> Arbitrary for Page<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        Self {
            items: Arbitrary::arbitrary(dice),
            first: Arbitrary::arbitrary(dice),
            by_name: Arbitrary::arbitrary(dice),
        }
    }

    fn edges() -> Vec<Self> {
        (0..12).map(|index| Self { items: edge(index), first: edge(index), by_name: edge(index) }).collect()
    }
}

/// What stands in other messages.
#[message]
pub struct Audit {
    #[field(101)]
    by: String,
    #[field(102)]
    at: Option<i64>,
}

#[message]
pub struct Noted {
    #[field(1)]
    text: String,
    #[field(flatten)]
    audit: Audit,
    #[field(2)]
    more: Option<Vec<String>>,
}

/// Flattened over two levels.
#[message]
pub struct Deep {
    #[field(flatten)]
    noted: Noted,
    #[field(9)]
    last: bool,
}

arbitrary_struct!(Audit { by, at });
arbitrary_struct!(Noted { text, audit, more });
arbitrary_struct!(Deep { noted, last });

/// Members in camel case.
#[message(rename_all = "camelCase")]
pub struct Camel {
    #[field(1)]
    first_name: String,
    #[field(2)]
    how_many_of_them: Option<u64>,
    #[field(3, rename = "and this")]
    r#final: bool,
}

arbitrary_struct!(Camel { first_name, how_many_of_them, r#final });

/// Rules on newtypes and fields, which every value below keeps.
#[message(pattern = "^[a-z]{1,8}$")]
pub struct Word(String);

#[message(minimum = -5, maximum = 5)]
#[derive(Copy)]
pub struct Small(i8);

#[message]
pub struct Ruled {
    #[field(1, min_length = 1, max_length = 3)]
    words: Vec<Word>,
    #[field(2, exclusive_minimum = 0.0)]
    share: f64,
    #[field(3, one_of = ["left", "right"], default = "left")]
    side: String,
    #[field(4, format = "uri")]
    link: Option<String>,
    #[field(5, max_length = 2)]
    by_word: BTreeMap<String, Small>,
}

impl Arbitrary for Word {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        let length = 1 + dice.below(8);
        Self((0..length).map(|_| char::from(b'a' + dice.below(26) as u8)).collect())
    }

    fn edges() -> Vec<Self> {
        ["a", "abcdefgh", "zzzzzzzz"].map(|word| Self(word.to_owned())).into()
    }
}

impl Arbitrary for Small {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        Self(dice.below(11) as i8 - 5)
    }

    fn edges() -> Vec<Self> {
        vec![Self(-5), Self(0), Self(5)]
    }
}

impl Arbitrary for Ruled {
    fn arbitrary(dice: &mut Dice) -> Self {
        let length = 1 + dice.below(3);
        Self {
            words: (0..length).map(|_| Word::arbitrary(dice)).collect(),
            share: f64::arbitrary(dice).abs().max(f64::MIN_POSITIVE),
            side: dice.one_of(&["left", "right"]).to_owned(),
            link: dice.one_of(&[None, Some("https://example.com/?a=b#c".to_owned()), Some("urn:a:b".to_owned())]),
            by_word: (0..dice.below(3)).map(|_| (String::arbitrary(dice), Small::arbitrary(dice))).collect(),
        }
    }
}

shapes! {
    ruled: Ruled;
    ruled_text: Word;
    ruled_number: Small;
    newtype_text: Name;
    newtype_number: Total;
    newtype_list: Names;
    newtype_secret: Password;
    union: Any;
    union_renamed: Renamed;
    union_legacy: Legacy;
    page_of_text: Page<String>;
    page_of_messages: Page<Flat>;
    page_of_pages: Page<Page<Count>>;
    flattened: Noted;
    flattened_twice: Deep;
    camel_case: Camel;
    millis: Millis;
    shared: Arc<Flat>;
    boxed_text: Box<str>;
    shared_text: Arc<str>;
    any_text: Cow<'static, str>;
    by_number: BTreeMap<i64, String>;
    by_small_number: HashMap<u8, f64>;
    by_flag: BTreeMap<bool, Vec<bool>>;
    by_colour: BTreeMap<Colour, Flat>;
    by_newtype: BTreeMap<Name, HashMap<Total, bool>>;
    by_shared_text: BTreeMap<Arc<str>, i16>;
}

impl Sent for Name {
    type Written = &'static str;

    fn written(default: &'static str) -> Self {
        Self(default.to_owned())
    }

    fn short(&self) -> Self {
        Self(self.0.short())
    }

    fn in_header(&self) -> Self {
        Self(self.0.in_header())
    }

    fn in_cookie(&self) -> Self {
        Self(self.0.in_cookie())
    }

    fn given(&self) -> Self {
        Self(self.0.given())
    }
}

sent_as_it_is!(Total, Millis);

parameters! {
    parameter_newtype_number: Total = [Total(Count(7))];
    parameter_millis: Millis = [Millis(Duration::from_millis(1500))];
}
