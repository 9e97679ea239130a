//! Faults of our own: whoever calls learns that there was one, and nothing else.

use crate::support::raw::{Frame, Raw, request};
use mandovi::CloseCode;
use mandovi::prelude::*;
use tokio::net::TcpListener;

use crate::{assert_plain, upgrade};

/// Fails in every way.
#[service]
pub(crate) trait Faulty {
    /// A plain method that fails.
    #[get("/plain")]
    async fn plain(&self) -> Outcome<String>;

    /// A plain method that panics.
    #[get("/plain-panic")]
    async fn plain_panic(&self) -> Outcome<String>;

    /// A stream that fails before it is open.
    #[get("/early")]
    async fn early(&self, opening: Opening<Sender<String>>) -> Outcome<()>;

    /// A stream that panics before it is open.
    #[get("/early-panic")]
    async fn early_panic(&self, opening: Opening<Sender<String>>) -> Outcome<()>;

    /// A stream that fails.
    #[get("/late")]
    async fn late(&self, output: Sender<String>) -> Outcome<()>;

    /// A stream that panics.
    #[get("/late-panic")]
    async fn late_panic(&self, output: Sender<String>) -> Outcome<()>;

    /// A stream that sends what its design does not allow.
    #[get("/not-a-number")]
    async fn not_a_number(&self, input: Receiver<f64>) -> Outcome<f64>;
}

struct Faults;

fn fault<T>() -> Outcome<T> {
    Err(Failure::internal("password of the database: hunter2"))
}

impl Faulty for Faults {
    async fn plain(&self) -> Outcome<String> {
        fault()
    }

    async fn plain_panic(&self) -> Outcome<String> {
        panic!("hunter2")
    }

    async fn early(&self, _opening: Opening<Sender<String>>) -> Outcome<()> {
        fault()
    }

    async fn early_panic(&self, _opening: Opening<Sender<String>>) -> Outcome<()> {
        panic!("hunter2")
    }

    async fn late(&self, output: Sender<String>) -> Outcome<()> {
        output.send("one").await?;
        fault()
    }

    async fn late_panic(&self, output: Sender<String>) -> Outcome<()> {
        output.send("one").await?;
        panic!("hunter2")
    }

    async fn not_a_number(&self, _input: Receiver<f64>) -> Outcome<f64> {
        Ok(f64::NAN)
    }
}

async fn ask(path: &str) -> (crate::support::raw::Head, Raw) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = mandovi::serve(listener, FaultyServer::new(Faults).into_service());
    tokio::spawn(async move { serve.await });
    let mut raw = Raw::connect(address).await.unwrap();
    let head = raw.exchange(request("GET", path, &upgrade(&[], &[]))).await.unwrap();
    (head, raw)
}

#[tokio::test]
async fn before_the_101_it_is_a_500_without_words() {
    for path in ["/plain", "/plain-panic", "/early", "/early-panic"] {
        let (head, _) = ask(path).await;
        assert_plain(&head, 500, "fault", "internal error");
        assert_eq!(head.json().unwrap()["fault"], true);
    }
}

#[tokio::test]
async fn after_the_101_it_is_1011_without_words() {
    for path in ["/late", "/late-panic", "/not-a-number"] {
        let (head, mut raw) = ask(path).await;
        assert_eq!(head.status(), 101, "{path}: {head:?}");
        if path != "/not-a-number" {
            assert_eq!(raw.frame().await.unwrap(), Frame::text("\"one\""), "{path}");
        }
        assert_eq!(raw.frame().await.unwrap(), Frame::close(CloseCode::INTERNAL_ERROR, ""), "{path}");
        raw.send(0x88, &[0x03, 0xf3]).await.unwrap();
        raw.end().await.unwrap();
    }
}
