//! Nothing is left of a connection, however it ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::prelude::*;
use crate::testing::InMemory;

struct User;

/// A service whose streams end in every way.
#[service(schemes(basic = Basic<User>))]
trait Ends {
    /// Ends as it is told.
    #[get("/end/{how}", auth = basic)]
    async fn end(
        &self,
        how: String,
        who: Auth<User>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), NoError>;

    /// Opens as it is told.
    #[get("/open/{how}", auth = basic)]
    async fn open(&self, how: String, who: Auth<User>, opening: Opening<Sender<String>>) -> Outcome<(), NoError>;

    /// Sends until nobody is there.
    #[get("/events")]
    async fn events(&self, output: Sender<String>) -> Outcome<(), NoError>;
}

struct Handlers;

impl Ends for Handlers {
    async fn end(
        &self,
        how: String,
        _who: Auth<User>,
        mut input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), NoError> {
        output.send("here").await?;
        match how.as_str() {
            "return" => Ok(()),
            "fail" => Err(Failure::internal("on purpose")),
            "panic" => panic!("on purpose"),
            "stay" => std::future::pending().await,
            _ => {
                while input.recv().await?.is_some() {}
                Ok(())
            }
        }
    }

    async fn open(&self, how: String, _who: Auth<User>, opening: Opening<Sender<String>>) -> Outcome<(), NoError> {
        match how.as_str() {
            "refuse" => Err(Failure::internal("on purpose")),
            "panic" => panic!("on purpose"),
            "never" => std::future::pending().await,
            _ => {
                let output = opening.accept().await?;
                output.send("here").await?;
                Ok(())
            }
        }
    }

    async fn events(&self, output: Sender<String>) -> Outcome<(), NoError> {
        loop {
            output.send("again").await?;
        }
    }
}

const WAYS: usize = 16;

/// One connection, and its end. `how` says which.
async fn live_and_die(memory: InMemory, manager: &ConnectionManager, n: usize) {
    let user = format!("user {}", n % 50);
    let client = EndsClient::in_memory(memory.clone()).basic(&*user, "x").build().unwrap();
    let greeted = |how: &'static str| {
        let client = &client;
        async move {
            let (tx, mut rx) = client.end(how).await.unwrap();
            assert_eq!(rx.recv().await.unwrap().as_deref(), Some("here"));
            (tx, rx)
        }
    };
    let of_user = || manager.of_principal(&user);
    match n % WAYS {
        // The client leaves, while its handler listens, or does not.
        0 => drop(greeted("listen").await),
        1 => drop(greeted("stay").await),
        // The handler ends.
        2 => assert!(greeted("return").await.1.recv().await.unwrap().is_none()),
        3 => assert!(greeted("fail").await.1.recv().await.is_err()),
        4 => assert!(greeted("panic").await.1.recv().await.is_err()),
        // Somebody ends it.
        5 => {
            let (_tx, mut rx) = greeted("listen").await;
            assert!(manager.close_principal(&user, CloseCode::POLICY_VIOLATION, "bye") > 0);
            assert!(rx.recv().await.is_err());
        }
        6 => {
            let (_tx, mut rx) = greeted("stay").await;
            assert!(of_user().iter().filter(|info| manager.close(info.id, CloseCode::NORMAL, "bye")).count() > 0);
            assert!(!matches!(rx.recv().await, Ok(Some(_))));
        }
        // Its task is cut.
        7 => {
            let (_tx, mut rx) = greeted("listen").await;
            for info in of_user() {
                if let Some(task) = manager.registry.get(info.id).and_then(|entry| entry.task().cloned()) {
                    task.abort();
                }
            }
            assert!(rx.recv().await.is_err());
        }
        // It never opens.
        8 => assert!(client.open("refuse").await.is_err()),
        9 => assert!(client.open("panic").await.is_err()),
        10 => assert!(client.open("never").await.is_err()),
        11 => {
            // The client goes before it has its answer.
            let call = tokio::time::timeout(Duration::from_millis(10), client.open("never"));
            assert!(call.await.is_err());
        }
        12 => {
            let mut rx = client.open("accept").await.unwrap();
            let _ = rx.recv().await;
        }
        // What a client of ours never does.
        13 => {
            let mut io = memory.connect();
            io.write_all(b"GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n").await.unwrap();
            io.read_exact(&mut [0; 500]).await.unwrap();
        }
        14 => {
            let mut io = memory.connect();
            let head = "GET /events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            io.write_all(head.as_bytes()).await.unwrap();
            if n % 3 != 0 {
                io.read_exact(&mut [0; 500]).await.unwrap();
                // A violation.
                io.write_all(b"\xff\xff\xff").await.unwrap();
            }
        }
        // Refused for a foreign page, after it was counted.
        _ => {
            let mut io = memory.connect();
            let head = "GET /end/stay HTTP/1.1\r\nHost: x\r\nOrigin: https://y\r\nConnection: close, Upgrade\r\n\
                        Upgrade: websocket\r\n\r\n";
            io.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            io.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        }
    }
}

fn server() -> EndsServer<Handlers, crate::auth::Verifies<Basic<User>>> {
    EndsServer::new(Handlers).basic(async |_: BasicCredential| Ok::<_, Denied>(User))
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_2000_connections() {
    let limits = ConnectionLimits::default().max_connections_per_address(500).max_connections_per_principal(500);
    let manager = ConnectionManager::builder().limits(limits).build();
    let mut events = manager.events();
    let (opened, closed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Those of one way at a time: some end those of their principal whatever they are.
    for way in 0..WAYS {
        let all = (0..125).map(|n| {
            let peer = format!("[2001:db8:0:{:x}::{n:x}]:1", n % 9).parse().unwrap();
            let memory = InMemory::from(server()).with_peer(peer).with_manager(manager.clone()).unwrap();
            let manager = &manager;
            async move { live_and_die(memory, manager, n * WAYS + way).await }
        });
        join_all(all).await;
        manager.closed().await;
        // Whoever was refused is counted until the answer is there, and not a moment longer; a task that was spawned has to run.
        for _ in 0..1000 {
            if manager.is_pristine() {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(manager.is_pristine(), "way {way}");
        loop {
            match tokio::time::timeout(Duration::from_secs(1), events.recv()).await {
                Ok(Ok(Some(ConnectionEvent::Opened { .. }))) => drop(opened.fetch_add(1, Ordering::Relaxed)),
                Ok(Ok(Some(ConnectionEvent::Closed { .. }))) => drop(closed.fetch_add(1, Ordering::Relaxed)),
                Ok(Ok(Some(_))) => {}
                Ok(other) => panic!("{other:?}"),
                Err(_) => break,
            }
        }
    }
    let (opened, closed) = (opened.into_inner(), closed.into_inner());
    println!("2000 calls in {WAYS} ways: {opened} opened, {closed} closed, nothing left");
    assert!(opened >= 1250 && closed >= opened + 375, "{opened} {closed}");
}

/// Whoever enters while everybody of that name is logged out is either found or sees it: on two threads, in any order.
#[tokio::test]
async fn entering_and_logging_out_never_miss_each_other() {
    for _ in 0..300 {
        let manager = ConnectionManager::new();
        let shared = Shared::new(mandovi_websocket::Role::Server, 1024);
        let mut admitted = manager.admit(None).unwrap();
        let ada: Arc<str> = "ada".into();
        let facts = Facts {
            service: "",
            method: "",
            peer: None,
            principal: Some(Arc::clone(&ada)),
            transport: Transport::WebSocket,
        };
        admitted.as_principal(&ada).unwrap();
        let start = std::sync::Barrier::new(2);
        let place = std::thread::scope(|scope| {
            let enters = scope.spawn(|| {
                start.wait();
                manager.enter(1, &shared, facts, Some(admitted))
            });
            start.wait();
            manager.close_principal("ada", CloseCode::POLICY_VIOLATION, "bye");
            enters.join().unwrap()
        });
        let asked = crate::sync::lock(&shared.outbox).close_request.take();
        assert_eq!(asked.map(|request| request.code), Some(CloseCode::POLICY_VIOLATION));
        drop(place);
        assert!(manager.is_pristine());
    }
}
