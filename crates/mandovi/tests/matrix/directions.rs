//! Both ends of every direction, for any type: what services do, and what tests do with clients.

use std::fmt::Debug;
use std::sync::Arc;

use mandovi::Settings;
use mandovi::model::Service as Model;
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::value::{Item, NotNull, Value};

/// What the matrix asks of a type.
pub trait Shape: Value + NotNull + Clone + Debug + PartialEq {}
impl<T: Value + NotNull + Clone + Debug + PartialEq> Shape for T {}

/// A server's own limit is 64 KiB, which lists of all edges exceed.
pub fn roomy() -> Options {
    Options::default().settings(Settings::server().max_message_size(4 << 20))
}

/// The model has all methods, and its JSON is the same model.
pub fn describes(model: &Model, methods: usize) {
    assert_eq!(model.methods.len(), methods);
    let json = model.to_json();
    assert_eq!(Model::from_json(&json).as_ref(), Ok(model));
}

/// Says what comes again.
pub async fn echo<T: Value>(mut input: Receiver<T>, output: Sender<T>) -> Outcome<()> {
    while let Some(value) = input.recv().await? {
        output.send(value).await?;
    }
    Ok(())
}

/// All that comes.
pub async fn collect<T: Value>(mut input: Receiver<T>) -> Outcome<Vec<T>> {
    let mut all = Vec::new();
    while let Some(value) = input.recv().await? {
        all.push(value);
    }
    Ok(all)
}

/// Holds what comes against what should.
pub async fn listen<T: Value + PartialEq>(input: Receiver<T>, wanted: &[T]) -> Outcome<()> {
    if collect(input).await? == wanted { Ok(()) } else { Err(Failure::internal("something else came")) }
}

/// Sends all that it has.
pub async fn replay<T: Value>(values: &[T], output: Sender<T>) -> Outcome<()> {
    for value in values {
        output.send(value).await?;
    }
    Ok(())
}

/// What a client was given, or the failure of the test.
pub trait Opened {
    type Halves;
    fn opened(self, direction: &str) -> Self::Halves;
}

impl<T> Opened for Outcome<T> {
    type Halves = T;

    fn opened(self, direction: &str) -> T {
        match self {
            Ok(halves) => halves,
            Err(failure) => panic!("{direction}: {failure}"),
        }
    }
}

/// A test of one type: the direction under test, and what goes through it.
#[derive(Debug)]
pub struct Round<T> {
    pub values: Arc<[T]>,
}

impl<T: Shape> Round<T> {
    /// One call for each value.
    pub async fn plain(&self, direction: &str, call: impl AsyncFn(&T) -> Outcome<T>) {
        for value in &*self.values {
            compare(direction, &call(value).await.opened(direction), value);
        }
    }

    /// One stream for all of them, which are sent without waiting for what comes back.
    pub async fn bidirectional(&self, direction: &str, (tx, mut rx): (Sender<T>, Receiver<T, Failure<NoError>>)) {
        let read = async {
            let echoed = drain(direction, &mut rx).await;
            compare(direction, &echoed[..], &self.values);
        };
        tokio::join!(self.send(direction, &tx), read);
    }

    pub async fn collected(&self, direction: &str, (tx, reply): (Sender<T>, Reply<Vec<T>>)) {
        let ((), collected) = tokio::join!(self.send(direction, &tx), reply);
        compare(direction, &collected.opened(direction)[..], &self.values);
    }

    pub async fn listened(&self, direction: &str, (tx, reply): (Sender<T>, Reply<()>)) {
        let ((), listened) = tokio::join!(self.send(direction, &tx), reply);
        listened.opened(direction);
    }

    pub async fn replayed(&self, direction: &str, mut rx: Receiver<T, Failure<NoError>>) {
        compare(direction, &drain(direction, &mut rx).await[..], &self.values);
    }

    async fn send(&self, direction: &str, tx: &Sender<T>) {
        for value in &*self.values {
            if let Err(error) = tx.send(value).await {
                panic!("{direction}: {error}");
            }
        }
        tx.finish().unwrap();
    }
}

/// All that comes, up to the proper end.
pub async fn drain<U: Item>(direction: &str, rx: &mut Receiver<U, Failure<NoError>>) -> Vec<U> {
    let mut all = Vec::new();
    while let Some(value) = rx.recv().await.opened(direction) {
        all.push(value);
    }
    all
}

/// Compares, and shows the first values that differ.
pub fn compare<C: Compared + ?Sized>(direction: &str, came: &C, wanted: &C) {
    if let Some(difference) = came.difference(wanted) {
        panic!("{direction}: {difference}");
    }
}

pub trait Compared {
    fn difference(&self, wanted: &Self) -> Option<String>;
}

impl<T: Debug + PartialEq + Value> Compared for T {
    fn difference(&self, wanted: &T) -> Option<String> {
        (self != wanted).then(|| format!("came {self:?}\nwanted {wanted:?}"))
    }
}

impl<T: Debug + PartialEq> Compared for [T] {
    fn difference(&self, wanted: &[T]) -> Option<String> {
        let differs = |(index, (came, wanted)): (usize, (&T, &T))| {
            (came != wanted).then(|| format!("value {index}: came {came:?}\nwanted {wanted:?}"))
        };
        let first = self.iter().zip(wanted).enumerate().find_map(differs);
        first
            .or_else(|| (self.len() != wanted.len()).then(|| format!("{} of {} values came", self.len(), wanted.len())))
    }
}
