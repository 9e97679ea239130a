//! A server that stops tells everyone.

use mandovi::manager::Drain;
use mandovi::prelude::*;
use mandovi::testing::InMemory;

use crate::board::{BoardClient, Wall, server};

#[tokio::test]
async fn every_stream_is_closed_with_1012_and_new_ones_are_refused() {
    let wall = Wall::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = mandovi::serve(listener, server(&wall).into_router())
        .drain_window(Duration::ZERO)
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let client = BoardClient::builder(format!("ws://{address}")).token("ada").build().unwrap();
    let mut waiting = client.wait().await.unwrap();
    let (tx, mut echoes) = client.echo().await.unwrap();
    assert_eq!(waiting.recv().await.unwrap(), Some("ada".into()));
    tx.send("hello").await.unwrap();
    assert_eq!(echoes.recv().await.unwrap(), Some("hello".into()));
    stop.send(()).unwrap();
    let closed = |error: Failure<_>| match error {
        Failure::Stream(StreamError::Closed(closed)) => (closed.code().as_u16(), closed.reason().to_owned()),
        other => panic!("{other:?}"),
    };
    let _: &dyn Fn(Failure<crate::board::BoardError>) -> (u16, String) = &closed;
    let mut last = waiting.recv().await;
    if let Ok(Some(line)) = &last {
        // The handler learned it first, and said so.
        assert_eq!(line, "draining");
        last = waiting.recv().await;
    }
    for end in [closed(last.unwrap_err()), closed(echoes.recv().await.unwrap_err())] {
        let (code, reason) = end;
        let pause =
            reason.strip_prefix(r#"{"name":"draining","retry_after_ms":"#).and_then(|rest| rest.strip_suffix('}'));
        assert_eq!(code, 1012);
        assert!((1000..=2000).contains(&pause.unwrap().parse::<u32>().unwrap()), "{reason}");
    }
    let report = served.await.unwrap().unwrap();
    assert_eq!((report.closed_in_window, report.total()), (2, 2), "{report}");
    wall.running(0).await;
    assert!(matches!(client.echo().await, Err(Failure::Connect(_))));
}

#[tokio::test]
async fn a_draining_server_refuses_with_503() {
    let wall = Wall::default();
    let memory = InMemory::from(server(&wall));
    let client = BoardClient::in_memory(memory.clone()).token("ada").build().unwrap();
    let mut rx = client.wait().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("ada".into()));
    assert_eq!(memory.open_streams(), 1);
    memory.shut_down().await;
    assert_eq!(memory.open_streams(), 0);
    let Failure::Remote(remote) = client.wait().await.unwrap_err() else { panic!() };
    assert_eq!(remote.status, 503);
    assert!(remote.retry_after.is_some());
}

#[tokio::test]
async fn handlers_have_notice_before_their_streams_close() {
    let wall = Wall::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = mandovi::serve(listener, server(&wall).into_router())
        .drain_notice(Duration::from_millis(300))
        .drain_window(Duration::ZERO)
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let client = BoardClient::builder(format!("ws://{address}")).token("ada").build().unwrap();
    let mut rx = client.wait().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("ada".into()));
    stop.send(()).unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("draining".into()));
    assert!(rx.recv().await.is_err());
    served.await.unwrap().unwrap();
}

/// A handler that takes no notice is cut at the deadline.
#[tokio::test]
async fn what_is_left_at_the_deadline_is_cut() {
    #[service]
    pub trait Stubborn {
        /// Never ends.
        #[get("/stay")]
        async fn stay(&self, input: Receiver<String>) -> Outcome<()>;
    }
    struct Mule(Wall);
    impl Stubborn for Mule {
        async fn stay(&self, input: Receiver<String>) -> Outcome<()> {
            let _running = (self.0.enter(), input);
            std::future::pending().await
        }
    }
    let wall = Wall::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = mandovi::serve(listener, StubbornServer::new(Mule(wall.clone())).into_router())
        .drain(Drain::new().deadline(Duration::from_millis(100)).grace(Duration::from_millis(100)))
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let served = tokio::spawn(serve.into_future());
    let client = StubbornClient::builder(format!("ws://{address}")).build().unwrap();
    let _held = client.stay().await.unwrap();
    wall.running(1).await;
    stop.send(()).unwrap();
    let report = served.await.unwrap().unwrap();
    assert_eq!((report.cut, report.total()), (1, 1), "{report}");
    wall.running(0).await;
}
