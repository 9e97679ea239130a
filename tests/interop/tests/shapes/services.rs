//! A service for each shape, what serves it, and the calls of its client. One Goa service with all of their methods is the
//! other side.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::value::Item;
use serde_json::{Value, json};

use crate::arbitrary::{Arbitrary, values};
use crate::design::{Choice, Flat, InGoa, Nested, People, Person, PersonData, PersonTiny, Ruled, Tree};
use crate::support::{Checked, within};

/// What came of one case: how many values went through it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) done: Checked<usize>,
}

/// Lists of all edges are larger than what a server takes by itself.
fn roomy() -> Options {
    Options::default().settings(mandovi::Settings::server().max_message_size(4 << 20))
}

/// What a shape took last.
type Taken<T> = Mutex<Arc<[T]>>;

fn taken<T>(last: &Taken<T>) -> Arc<[T]> {
    Arc::clone(&last.lock().expect("no test panics with it"))
}

async fn collect<T: Item + Clone>(last: &Taken<T>, mut input: Receiver<T>) -> Outcome<Vec<T>> {
    let mut all = Vec::new();
    while let Some(value) = input.recv().await? {
        all.push(value);
    }
    *last.lock().expect("no test panics with it") = all.clone().into();
    Ok(all)
}

/// The values of a type that Goa gives back as they went.
fn made_up<T: Arbitrary + InGoa>(seed: u64) -> Vec<T> {
    values::<T>(seed).into_iter().map(T::in_goa).collect()
}

fn same<T: PartialEq + Debug>(came: &[T], wanted: &[T]) -> Checked {
    if came.len() != wanted.len() {
        return Err(format!("{} of {} values came", came.len(), wanted.len()));
    }
    let first = came.iter().zip(wanted).enumerate().find(|(_, (came, wanted))| came != wanted);
    first.map_or(Ok(()), |(index, (came, wanted))| Err(format!("value {index}: came {came:?}, wanted {wanted:?}")))
}

fn told<T>(outcome: Outcome<T>) -> Checked<T> {
    outcome.map_err(|failure| failure.to_string())
}

/// One call for each value.
async fn plain<T: PartialEq + Debug>(values: &[T], call: impl AsyncFn(&T) -> Outcome<T>) -> Checked<usize> {
    for value in values {
        same(std::slice::from_ref(&told(call(value).await)?), std::slice::from_ref(value))?;
    }
    Ok(values.len())
}

async fn send<T: mandovi::value::Value>(tx: &Sender<T>, values: &[T]) -> Checked {
    for value in values {
        tx.send(value).await.map_err(|error| error.to_string())?;
    }
    tx.finish().map_err(|error| error.to_string())
}

/// What a client receives.
type Coming<U> = Receiver<U, Failure<NoError>>;

async fn drain<U: Item>(rx: &mut Coming<U>) -> Checked<Vec<U>> {
    let mut all = Vec::new();
    while let Some(value) = told(rx.recv().await)? {
        all.push(value);
    }
    Ok(all)
}

async fn collected<T: mandovi::value::Value, R: mandovi::stream::Answer + PartialEq + Debug>(
    opened: Outcome<(Sender<T>, Reply<Vec<R>>)>,
    values: &[T],
    wanted: &[R],
) -> Checked<usize>
where
    Vec<R>: mandovi::stream::Answer,
{
    let (tx, reply) = told(opened)?;
    let (sent, came) = tokio::join!(send(&tx, values), reply);
    sent?;
    same(&told(came)?, wanted)?;
    Ok(values.len())
}

async fn replayed<U: Item + PartialEq + Debug>(opened: Outcome<Coming<U>>, wanted: &[U]) -> Checked<usize> {
    same(&drain(&mut told(opened)?).await?, wanted)?;
    Ok(wanted.len())
}

async fn exchanged<T: mandovi::value::Value, U: Item + PartialEq + Debug>(
    opened: Outcome<(Sender<T>, Coming<U>)>,
    values: &[T],
    wanted: &[U],
) -> Checked<usize> {
    let (tx, mut rx) = told(opened)?;
    let (sent, came) = tokio::join!(send(&tx, values), drain(&mut rx));
    sent?;
    same(&came?, wanted)?;
    Ok(values.len())
}

async fn case(cases: &mut Vec<Case>, name: &str, work: impl Future<Output = Checked<usize>>) {
    let done = within(name, Box::pin(work)).await.and_then(|done| done);
    cases.push(Case { name: name.to_owned(), done });
}

/// For each shape a module with its service, and all of them together.
macro_rules! shapes {
    ($($name:ident: $path:literal, $ty:ty;)*) => {
        $(mod $name {
            use super::*;

            #[service(path = $path)]
            pub trait Shape {
                #[post("/plain")]
                async fn plain(&self, #[body] value: $ty) -> Outcome<$ty>;
                #[get("/collect")]
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>>;
                #[get("/replay")]
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()>;
                #[get("/exchange")]
                async fn exchange(&self, input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()>;
            }

            struct Parrot(Taken<$ty>);

            impl Shape for Parrot {
                async fn plain(&self, value: $ty) -> Outcome<$ty> {
                    Ok(value)
                }
                async fn collect(&self, input: Receiver<$ty>) -> Outcome<Vec<$ty>> {
                    super::collect(&self.0, input).await
                }
                async fn replay(&self, output: Sender<$ty>) -> Outcome<()> {
                    for value in &*taken(&self.0) {
                        output.send(value).await?;
                    }
                    Ok(())
                }
                async fn exchange(&self, mut input: Receiver<$ty>, output: Sender<$ty>) -> Outcome<()> {
                    while let Some(value) = input.recv().await? {
                        output.send(value).await?;
                    }
                    Ok(())
                }
            }

            pub(super) fn router() -> mandovi::axum::Router {
                ShapeServer::new(Parrot(Taken::new(Arc::default()))).options(roomy()).into_router()
            }

            pub(super) async fn run(url: &str, cases: &mut Vec<Case>) {
                let client = ShapeClient::builder(url).build().expect("a URL");
                let values = made_up::<$ty>(9);
                let name = stringify!($name);
                case(cases, &format!("{name}_plain"), plain(&values, async |value| client.plain(value).await)).await;
                let work = async { collected(client.collect().await, &values, &values).await };
                case(cases, &format!("{name}_collect"), work).await;
                case(cases, &format!("{name}_replay"), async { replayed(client.replay().await, &values).await }).await;
                let work = async { exchanged(client.exchange().await, &values, &values).await };
                case(cases, &format!("{name}_exchange"), work).await;
            }
        })*

        /// All shapes on one port.
        pub(crate) fn router() -> mandovi::axum::Router {
            mandovi::axum::Router::new().merge(choice::router()).merge(person::router())$(.merge($name::router()))*
        }

        /// Calls all of them.
        pub(crate) async fn run(url: &str) -> Vec<Case> {
            let mut cases = Vec::new();
            // Boxed, for debug builds would lay all of them on the stack of one test.
            $(Box::pin($name::run(url, &mut cases)).await;)*
            Box::pin(choice::run(url, &mut cases)).await;
            Box::pin(person::run(url, &mut cases)).await;
            cases
        }
    };
}

shapes! {
    text: "/shapes/text", String;
    flag: "/shapes/flag", bool;
    int: "/shapes/int", i64;
    int32: "/shapes/int32", i32;
    int64: "/shapes/int64", i64;
    uint: "/shapes/uint", u64;
    uint32: "/shapes/uint32", u32;
    uint64: "/shapes/uint64", u64;
    float32: "/shapes/float32", f32;
    float64: "/shapes/float64", f64;
    data: "/shapes/data", Base64;
    any: "/shapes/any", Value;
    texts: "/shapes/texts", Vec<String>;
    lists: "/shapes/lists", Vec<Vec<f64>>;
    blobs: "/shapes/blobs", Vec<Base64>;
    by_text: "/shapes/by_text", BTreeMap<String, f64>;
    by_number: "/shapes/by_number", BTreeMap<i64, String>;
    by_both: "/shapes/by_both", BTreeMap<String, BTreeMap<i64, bool>>;
    flat: "/shapes/flat", Flat;
    nested: "/shapes/nested", Nested;
    tree: "/shapes/tree", Tree;
    ruled: "/shapes/ruled", Ruled;
}

/// A union, in the directions that Goa can compile.
mod choice {
    use super::*;

    #[service(path = "/shapes/choice")]
    pub trait Shape {
        #[post("/plain")]
        async fn plain(&self, #[body] value: Choice) -> Outcome<Choice>;
        #[get("/replay")]
        async fn replay(&self, output: Sender<Choice>) -> Outcome<()>;
    }

    struct Parrot(Taken<Choice>);

    impl Shape for Parrot {
        async fn plain(&self, value: Choice) -> Outcome<Choice> {
            *self.0.lock().expect("no test panics with it") = Arc::new([value.clone()]);
            Ok(value)
        }
        async fn replay(&self, output: Sender<Choice>) -> Outcome<()> {
            for value in &*taken(&self.0) {
                output.send(value).await?;
            }
            Ok(())
        }
    }

    pub(super) fn router() -> mandovi::axum::Router {
        ShapeServer::new(Parrot(Taken::new(Arc::default()))).options(roomy()).into_router()
    }

    pub(super) async fn run(url: &str, cases: &mut Vec<Case>) {
        let client = ShapeClient::builder(url).build().expect("a URL");
        let values = made_up::<Choice>(9);
        case(cases, "choice_plain", plain(&values, async |value| client.plain(value).await)).await;
        let last = values.len() - 1;
        case(cases, "choice_replay", async { replayed(client.replay().await, &values[last..]).await }).await;
    }
}

/// A result type, in views.
mod person {
    use super::*;

    #[service(path = "/shapes/person")]
    pub trait Shape {
        #[post("/plain", view = tiny)]
        async fn plain(&self, #[body] people: People) -> Outcome<Vec<Person>>;
        #[get("/collect", view = tiny)]
        async fn collect(&self, input: Receiver<PersonData>) -> Outcome<Vec<Person>>;
        #[get("/replay", view = tiny)]
        async fn replay(&self, output: Sender<Person>) -> Outcome<()>;
        #[get("/exchange")]
        async fn exchange(&self, input: Receiver<PersonData>, output: Sender<Person>) -> Outcome<()>;
    }

    struct Parrot(Taken<PersonData>);

    impl Shape for Parrot {
        async fn plain(&self, people: People) -> Outcome<Vec<Person>> {
            Ok(people.people.into_iter().map(Person::from).collect())
        }
        async fn collect(&self, input: Receiver<PersonData>) -> Outcome<Vec<Person>> {
            Ok(super::collect(&self.0, input).await?.into_iter().map(Person::from).collect())
        }
        async fn replay(&self, output: Sender<Person>) -> Outcome<()> {
            for data in &*taken(&self.0) {
                output.send(Person::from(data.clone())).await?;
            }
            Ok(())
        }
        async fn exchange(&self, mut input: Receiver<PersonData>, output: Sender<Person>) -> Outcome<()> {
            while let Some(data) = input.recv().await? {
                output.send(Person::from(data)).await?;
            }
            Ok(())
        }
    }

    pub(super) fn router() -> mandovi::axum::Router {
        ShapeServer::new(Parrot(Taken::new(Arc::default()))).options(roomy()).into_router()
    }

    pub(super) async fn run(url: &str, cases: &mut Vec<Case>) {
        let client = ShapeClient::builder(url).build().expect("a URL");
        let values = made_up::<PersonData>(9);
        let tiny: Vec<_> = values.iter().map(|data| PersonTiny { name: data.name.clone() }).collect();
        let whole: Vec<_> = values.iter().cloned().map(Person::from).collect();
        let work = async {
            same(&told(client.plain(&People { people: values.clone() }).await)?, &tiny)?;
            Ok(values.len())
        };
        case(cases, "person_plain", work).await;
        case(cases, "person_collect", async { collected(client.collect().await, &values, &tiny).await }).await;
        case(cases, "person_replay", async { replayed(client.replay().await, &tiny).await }).await;
        case(cases, "person_exchange", async { exchanged(client.exchange().await, &values, &whole).await }).await;
    }
}

/// What Goa does not give back as it went, which is why [`InGoa`] is there. Each is said with what comes back.
///
/// # Errors
/// That something else came back.
pub(crate) async fn changed_by_goa(url: &str) -> Checked {
    let any = any::ShapeClient::builder(url).build().expect("a URL");
    let numbers = json!([9_007_199_254_740_993_u64, 1.0, 1e20]);
    let came = told(any.plain(&numbers).await)?;
    same(&[came], &[json!([9_007_199_254_740_992_u64, 1, 1e20])])?;

    let flat = flat::ShapeClient::builder(url).build().expect("a URL");
    let zero = Flat::with_count(0);
    same(&[told(flat.plain(&zero).await)?], &[Flat::with_count(7)])?;

    let tree = tree::ShapeClient::builder(url).build().expect("a URL");
    let empty = Tree::with_children(Some(Vec::new()));
    same(&[told(tree.plain(&empty).await)?], &[Tree::with_children(None)])
}
