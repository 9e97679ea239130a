//! A service for each type, with every direction that a method can have.

/// For each type a module with its service, and the test that sends its values through all of it.
macro_rules! shapes {
    ($($name:ident: $ty:ty;)*) => {$(
        mod $name {
            use std::collections::BTreeMap;
            use std::sync::Arc;

            use mandovi::prelude::*;
            #[allow(unused_imports, reason = "not every type is a name of the module above")]
            use super::*;
            use crate::arbitrary::values;
            use crate::directions::{self, Opened as _, Round};

            /// The type in every place that a message has for it.
            #[message]
            pub struct Held {
                #[field(1)]
                plain: $ty,
                #[field(2)]
                optional: Option<$ty>,
                #[field(3)]
                list: Vec<$ty>,
                #[field(4)]
                map: BTreeMap<String, $ty>,
                #[field(5)]
                boxed: Box<$ty>,
            }

            arbitrary_struct!(Held { plain, optional, list, map, boxed });
            #[service]
            pub trait Matrix {
                #[post("/plain")]
                async fn plain(&self, #[body] value: $ty) -> Outcome<$ty>;
                #[get("/collect")]
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>>;
                #[get("/listen")]
                async fn listen(&self, input: Receiver<$ty>) -> Outcome<()>;
                #[get("/replay")]
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()>;
                #[get("/exchange")]
                async fn exchange(&self, input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()>;
                #[get("/opened/exchange")]
                async fn opened_exchange(&self, opening: Opening<(Receiver<$ty>, Sender<$ty>)>) -> Outcome<()>;
                #[get("/members")]
                async fn members(&self, input: Receiver<Held>, output: Sender<Held>) -> Outcome<()>;
            }

            struct Device {
                values: Arc<[$ty]>,
            }

            impl Matrix for Device {
                async fn plain(&self, value: $ty) -> Outcome<$ty> {
                    Ok(value)
                }
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>> {
                    directions::collect(input).await
                }
                async fn listen(&self, input: Receiver<$ty>) -> Outcome<()> {
                    directions::listen(input, &self.values).await
                }
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()> {
                    directions::replay(&self.values, output).await
                }
                async fn exchange(&self, input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()> {
                    directions::echo(input, output).await
                }
                async fn opened_exchange(&self, opening: Opening<(Receiver<$ty>, Sender<$ty>)>) -> Outcome<()> {
                    let (input, output) = opening.accept().await?;
                    directions::echo(input, output).await
                }
                async fn members(&self, input: Receiver<Held>, output: Sender<Held>) -> Outcome<()> {
                    directions::echo(input, output).await
                }
            }

            #[tokio::test]
            async fn goes_through_every_direction() {
                directions::describes(&MatrixDesign::model(), 7);
                let round = Round::<$ty> { values: values(1).into() };
                let device = Device { values: Arc::clone(&round.values) };
                let server = MatrixServer::new(device).options(directions::roomy());
                let client = MatrixClient::in_memory(server).build().unwrap();
                round.plain("plain", async |value| client.plain(value).await).await;
                round.collected("collect", client.collect().await.opened("collect")).await;
                round.listened("listen", client.listen().await.opened("listen")).await;
                round.replayed("replay", client.replay().await.opened("replay")).await;
                round.bidirectional("exchange", client.exchange().await.opened("exchange")).await;
                round.bidirectional("opened exchange", client.opened_exchange().await.opened("opened exchange")).await;
                let members = Round { values: values(5).into() };
                members.bidirectional("members", client.members().await.opened("members")).await;
            }
        }
    )*};
}

/// The same with what holds the type at the top, and behind the other openings. What these add is the same for every type,
/// so that only `all!` has them.
macro_rules! holders {
    ($($name:ident: $ty:ty;)*) => {$(
        mod $name {
            use std::collections::BTreeMap;
            use std::sync::Arc;

            use mandovi::prelude::*;
            #[allow(unused_imports, reason = "not every type is a name of the module above")]
            use super::*;
            use crate::arbitrary::values;
            use crate::directions::{self, Opened as _, Round};

            #[service]
            pub trait Matrix {
                #[get("/opened/collect")]
                async fn opened_collect(&self, opening: Opening<Receiver<$ty>>) -> Outcome<Vec<$ty>>;
                #[get("/opened/replay")]
                async fn opened_replay(&self, opening: Opening<Sender<$ty>>) -> Outcome<()>;
                #[get("/optional")]
                async fn optional(&self, output: Sender<Option<$ty>>) -> Outcome<()>;
                #[get("/lists")]
                async fn lists(&self, input: Receiver<Vec<$ty>>, output: Sender<Vec<$ty>>) -> Outcome<()>;
                #[get("/maps")]
                async fn maps(
                    &self,
                    input: Receiver<BTreeMap<String, $ty>>,
                    output: Sender<BTreeMap<String, $ty>>,
                ) -> Outcome<()>;
            }

            struct Device {
                values: Arc<[$ty]>,
                optional: Arc<[Option<$ty>]>,
            }

            impl Matrix for Device {
                async fn opened_collect(&self, opening: Opening<Receiver<$ty>>) -> Outcome<Vec<$ty>> {
                    directions::collect(opening.accept().await?).await
                }
                async fn opened_replay(&self, opening: Opening<Sender<$ty>>) -> Outcome<()> {
                    directions::replay(&self.values, opening.accept().await?).await
                }
                async fn optional(&self, output: Sender<Option<$ty>>) -> Outcome<()> {
                    directions::replay(&self.optional, output).await
                }
                async fn lists(&self, input: Receiver<Vec<$ty>>, output: Sender<Vec<$ty>>) -> Outcome<()> {
                    directions::echo(input, output).await
                }
                async fn maps(
                    &self,
                    input: Receiver<BTreeMap<String, $ty>>,
                    output: Sender<BTreeMap<String, $ty>>,
                ) -> Outcome<()> {
                    directions::echo(input, output).await
                }
            }

            #[tokio::test]
            async fn goes_through_every_direction() {
                directions::describes(&MatrixDesign::model(), 5);
                let round = Round::<$ty> { values: values(1).into() };
                let optional: Arc<[Option<$ty>]> = values(2).into();
                let device = Device { values: Arc::clone(&round.values), optional: Arc::clone(&optional) };
                let server = MatrixServer::new(device).options(directions::roomy());
                let client = MatrixClient::in_memory(server).build().unwrap();
                round.collected("opened collect", client.opened_collect().await.opened("opened collect")).await;
                round.replayed("opened replay", client.opened_replay().await.opened("opened replay")).await;
                let mut rx = client.optional().await.opened("optional");
                directions::compare("optional", &directions::drain("optional", &mut rx).await[..], &optional);
                let lists = Round { values: values(3).into() };
                lists.bidirectional("lists", client.lists().await.opened("lists")).await;
                let maps = Round { values: values(4).into() };
                maps.bidirectional("maps", client.maps().await.opened("maps")).await;
            }
        }
    )*};
}

/// A type with all that there is.
macro_rules! all {
    ($($line:tt)*) => {
        shapes! { $($line)* }

        mod held {
            use super::*;

            holders! { $($line)* }
        }
    };
}

use std::collections::{BTreeMap, HashMap};

use mandovi::prelude::*;
use serde_json::Value;

use crate::arbitrary::{Arbitrary, Dice, edge};

/// A value without parts of its own.
#[message]
#[derive(Copy, Eq, PartialOrd, Ord)]
pub enum Colour {
    Red,
    DarkGreen,
    #[value(rename = "not \"blue\"")]
    Blue,
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

/// Nothing at all.
#[message]
pub struct Empty {}

arbitrary_struct!(Empty {});

/// One of everything.
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
    #[field(5, rename = "the bytes")]
    bytes: Base64,
    #[field(6)]
    colour: Colour,
    #[field(7, default = 7)]
    count: u32,
    #[field(8, secret)]
    pin: String,
    #[field(9)]
    any: Value,
    #[field(10)]
    r#type: Option<String>,
}

arbitrary_struct!(Flat { text, flag, number, share, bytes, colour, count, pin, any, r#type });

/// Messages in messages, in everything that holds values.
#[message]
pub struct Nested {
    #[field(1)]
    one: Flat,
    #[field(2)]
    maybe: Option<Flat>,
    #[field(3)]
    list: Vec<Empty>,
    #[field(4)]
    lists: Option<Vec<Vec<Colour>>>,
    #[field(5)]
    sorted: BTreeMap<String, Option<i16>>,
    #[field(6)]
    hashed: HashMap<String, Vec<f32>>,
    #[field(7)]
    boxed: Option<Box<Empty>>,
}

arbitrary_struct!(Nested { one, maybe, list, lists, sorted, hashed, boxed });

/// A message that holds itself in three ways.
#[message]
pub struct Tree {
    #[field(1)]
    name: String,
    #[field(2)]
    next: Option<Box<Tree>>,
    #[field(3)]
    children: Vec<Tree>,
    #[field(4)]
    by_name: Option<BTreeMap<String, Tree>>,
}

impl Tree {
    fn leaf(name: &str) -> Self {
        Self { name: name.to_owned(), next: None, children: Vec::new(), by_name: None }
    }
}

impl Arbitrary for Tree {
    fn arbitrary(dice: &mut Dice) -> Self {
        let mut children = dice.list(Self::arbitrary);
        let next = children.pop().map(Box::new);
        let by_name = children.pop().map(|child| BTreeMap::from([(child.name.clone(), child)]));
        Self { name: String::arbitrary(dice), next, children, by_name }
    }

    fn edges() -> Vec<Self> {
        let chain = |length: usize, link: fn(Self) -> Self| (0..length).fold(Self::leaf(""), |inner, _| link(inner));
        vec![
            Self::leaf("leaf"),
            chain(30, |inner| Self { next: Some(Box::new(inner)), ..Self::leaf("") }),
            chain(20, |inner| Self { children: vec![inner, Self::leaf("")], ..Self::leaf("") }),
            chain(20, |inner| Self { by_name: Some(BTreeMap::from([(edge(20), inner)])), ..Self::leaf("") }),
            Self { children: vec![Self::leaf(""); 100], by_name: Some(BTreeMap::new()), ..Self::leaf("wide") },
        ]
    }
}

all! {
    text: String;
    flag: bool;
    int8: i8;
    int16: i16;
    int32: i32;
    int64: i64;
    uint8: u8;
    uint16: u16;
    uint32: u32;
    uint64: u64;
    float32: f32;
    float64: f64;
    bytes: Base64;
    any: Value;
    list: Vec<String>;
    list_of_lists: Vec<Vec<i64>>;
    list_of_optional: Vec<Option<u32>>;
    list_of_messages: Vec<Flat>;
    sorted_map: BTreeMap<String, f64>;
    hashed_map: HashMap<String, Vec<bool>>;
    map_of_maps: BTreeMap<String, BTreeMap<String, Base64>>;
    enumeration: Colour;
    empty: Empty;
    flat: Flat;
    nested: Nested;
    recursive: Tree;
    boxed: Box<Flat>;
}
