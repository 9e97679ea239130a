//! Every view of a message, in everything that can hold one: fixed by the design in every direction, and chosen by the
//! caller.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use mandovi::prelude::*;

use crate::arbitrary::values;
use crate::directions::{Opened as _, collect, compare, drain, echo, replay, roomy};

/// A message with a message in it, both with views.
#[message(view(tiny = [name], card = [name, home(short), homes(short)]))]
pub struct Person {
    #[field(1)]
    name: String,
    #[field(2)]
    age: Option<u32>,
    #[field(3)]
    home: Address,
    #[field(4)]
    homes: Vec<Address>,
}

#[message(view(short = [city]))]
pub struct Address {
    #[field(1)]
    street: String,
    #[field(2)]
    city: String,
}

arbitrary_struct!(Person { name, age, home, homes });
arbitrary_struct!(Address { street, city });

/// The views by name, for [`Shown`].
pub struct Whole;
pub struct Tiny;
pub struct Card;

/// What a view shows of a value: what the test expects, made by hand.
pub trait Shown<V> {
    type As;
    fn shown(&self) -> Self::As;
}

impl Shown<Whole> for Person {
    type As = Self;

    fn shown(&self) -> Self {
        self.clone()
    }
}

impl Shown<Tiny> for Person {
    type As = PersonTiny;

    fn shown(&self) -> PersonTiny {
        PersonTiny { name: self.name.clone() }
    }
}

impl Shown<Card> for Person {
    type As = PersonCard;

    fn shown(&self) -> PersonCard {
        let short = |address: &Address| AddressShort { city: address.city.clone() };
        PersonCard { name: self.name.clone(), home: short(&self.home), homes: self.homes.iter().map(short).collect() }
    }
}

impl<V, T: Shown<V>> Shown<V> for Vec<T> {
    type As = Vec<T::As>;

    fn shown(&self) -> Self::As {
        self.iter().map(Shown::shown).collect()
    }
}

impl<V, T: Shown<V>> Shown<V> for Option<T> {
    type As = Option<T::As>;

    fn shown(&self) -> Self::As {
        self.as_ref().map(Shown::shown)
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<V, T: Shown<V>> Shown<V> for $pointer<T> {
            type As = $pointer<T::As>;

            fn shown(&self) -> Self::As {
                $pointer::new((**self).shown())
            }
        }
    )*};
}

pointers!(Box, Arc);

macro_rules! maps {
    ($($map:ident: $($bound:path),*;)*) => {$(
        impl<V, K: Clone $(+ $bound)*, T: Shown<V>> Shown<V> for $map<K, T> {
            type As = $map<K, T::As>;

            fn shown(&self) -> Self::As {
                self.iter().map(|(key, value)| (key.clone(), value.shown())).collect()
            }
        }
    )*};
}

maps! {
    BTreeMap: Ord;
    HashMap: Eq, Hash;
}

/// For each holder and view a module with its service, and the test that looks through it.
macro_rules! views {
    ($($name:ident: $ty:ty, $view:ident = $marker:ident;)*) => {$(
        mod $name {
            use super::*;

            #[service]
            pub trait Matrix {
                #[post("/plain", view = $view)]
                async fn plain(&self, #[body] value: $ty) -> Outcome<$ty>;
                #[get("/collect", view = $view)]
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>>;
                #[get("/replay", view = $view)]
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()>;
                #[get("/exchange", view = $view)]
                async fn exchange(&self, input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()>;
                #[get("/opened", view = $view)]
                async fn opened(&self, opening: Opening<(Receiver<$ty>, Sender<$ty>)>) -> Outcome<()>;
            }

            struct Device(Arc<[$ty]>);

            impl Matrix for Device {
                async fn plain(&self, value: $ty) -> Outcome<$ty> {
                    Ok(value)
                }
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>> {
                    collect(input).await
                }
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()> {
                    replay(&self.0, output).await
                }
                async fn exchange(&self, input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()> {
                    echo(input, output).await
                }
                async fn opened(&self, opening: Opening<(Receiver<$ty>, Sender<$ty>)>) -> Outcome<()> {
                    let (input, output) = opening.accept().await?;
                    echo(input, output).await
                }
            }

            #[tokio::test]
            async fn shows_what_the_view_has() {
                crate::directions::describes(&MatrixDesign::model(), 5);
                let all: Arc<[$ty]> = values(7).into();
                let wanted: Vec<_> = all.iter().map(<$ty as Shown<$marker>>::shown).collect();
                let server = MatrixServer::new(Device(Arc::clone(&all))).options(roomy());
                let client = MatrixClient::in_memory(server).build().unwrap();
                for (value, wanted) in all.iter().zip(&wanted) {
                    assert_eq!(client.plain(value).await.opened("plain"), *wanted, "plain");
                }
                let send = async |tx: Sender<$ty>| {
                    for value in &*all {
                        tx.send(value).await.unwrap();
                    }
                    tx.finish().unwrap();
                };
                let (tx, reply) = client.collect().await.opened("collect");
                let ((), collected) = tokio::join!(send(tx), reply);
                compare("collect", &collected.opened("collect")[..], &wanted);
                let mut rx = client.replay().await.opened("replay");
                compare("replay", &drain("replay", &mut rx).await[..], &wanted);
                let (tx, mut rx) = client.exchange().await.opened("exchange");
                let ((), echoed) = tokio::join!(send(tx), drain("exchange", &mut rx));
                compare("exchange", &echoed[..], &wanted);
                let (tx, mut rx) = client.opened().await.opened("opened");
                let ((), echoed) = tokio::join!(send(tx), drain("opened", &mut rx));
                compare("opened", &echoed[..], &wanted);
            }
        }
    )*};
}

views! {
    one_tiny: Person, tiny = Tiny;
    one_card: Person, card = Card;
    one_default: Person, default = Whole;
    list_tiny: Vec<Person>, tiny = Tiny;
    list_card: Vec<Person>, card = Card;
    lists_card: Vec<Vec<Person>>, card = Card;
    boxed_tiny: Box<Person>, tiny = Tiny;
    sorted_tiny: BTreeMap<String, Person>, tiny = Tiny;
    sorted_card: BTreeMap<String, Person>, card = Card;
    hashed_card: HashMap<String, Vec<Person>>, card = Card;
    sparse_card: Vec<Option<Person>>, card = Card;
    shared_card: Arc<Person>, card = Card;
    by_number_tiny: BTreeMap<i64, Person>, tiny = Tiny;
}

mod chosen {
    use super::*;

    #[service]
    pub trait Matrix {
        #[get("/people")]
        async fn people(&self, #[view] view: Option<PersonView>, output: Sender<Person>) -> Outcome<()>;
        #[get("/opened")]
        async fn opened(&self, #[view] view: PersonView, opening: Opening<Sender<Person>>) -> Outcome<()>;
    }

    struct Device(Arc<[Person]>);

    impl Matrix for Device {
        async fn people(&self, _: Option<PersonView>, output: Sender<Person>) -> Outcome<()> {
            replay(&self.0, output).await
        }
        async fn opened(&self, _: PersonView, opening: Opening<Sender<Person>>) -> Outcome<()> {
            replay(&self.0, opening.accept().await?).await
        }
    }

    #[tokio::test]
    async fn shows_what_the_caller_asks_for() {
        let all: Arc<[Person]> = values(8).into();
        let client = MatrixClient::in_memory(MatrixServer::new(Device(Arc::clone(&all)))).build().unwrap();
        for view in [None, Some(PersonView::Default), Some(PersonView::Tiny), Some(PersonView::Card)] {
            let wanted: Vec<_> = all
                .iter()
                .map(|person| match view {
                    None | Some(PersonView::Default) => PersonViewed::Default(person.clone()),
                    Some(PersonView::Tiny) => PersonViewed::Tiny(Shown::<Tiny>::shown(person)),
                    Some(PersonView::Card) => PersonViewed::Card(Shown::<Card>::shown(person)),
                })
                .collect();
            let mut rx = client.people(view).await.opened("people");
            compare("people", &drain("people", &mut rx).await[..], &wanted);
            let mut rx = client.opened(view.unwrap_or_default()).await.opened("opened");
            compare("opened", &drain("opened", &mut rx).await[..], &wanted);
        }
    }
}
