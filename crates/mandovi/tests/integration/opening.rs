//! Calls that their method accepts, or refuses before the stream opens.

use mandovi::prelude::*;

use crate::board::{BoardClient, BoardError, Wall, client, listen, server};

#[tokio::test]
async fn an_accepted_call_is_a_stream_like_any_other() {
    let (_, client) = client();
    let (tx, mut rx) = client.join("lobby").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("welcome to lobby".into()));
    tx.send("hello").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("hello".into()));
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_refusal_is_the_declared_error() {
    let (wall, client) = client();
    let refused = async |board: &str| client.join(board).await.unwrap_err();
    assert!(matches!(refused("nowhere").await, Failure::Declared(BoardError::NotFound)));
    assert!(matches!(refused("full").await, Failure::Declared(BoardError::Full { notes: 7 })));
    let busy = refused("busy").await;
    assert!(
        matches!(&busy, Failure::Declared(BoardError::SlowDown { after }) if after.as_millis() == 1500),
        "{busy:?}"
    );
    wall.running(0).await;
}

#[tokio::test]
async fn a_method_that_returns_without_accepting_is_an_empty_stream() {
    let (_, client) = client();
    let (_tx, mut rx) = client.join("empty").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
}

#[tokio::test]
async fn a_panic_before_the_stream_opens_is_a_500() {
    let (_, client) = client();
    let Failure::Remote(remote) = client.join("panics").await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.message.as_str()), (500, "internal error"));
}

#[tokio::test(start_paused = true)]
async fn an_undecided_call_is_refused_in_the_end() {
    let (wall, client) = client();
    let Failure::Remote(remote) = client.join("undecided").await.unwrap_err() else { panic!() };
    assert_eq!(remote.status, 504);
    wall.running(0).await;
}

/// A client that leaves before it is accepted takes its call along.
#[tokio::test]
async fn a_client_that_leaves_early_cancels_the_method() {
    let wall = Wall::default();
    let address = listen(&wall).await;
    let client = BoardClient::builder(format!("http://{address}")).build().unwrap();
    let call = tokio::spawn(async move { client.join("undecided").await.map(drop) });
    wall.running(1).await;
    call.abort();
    wall.running(0).await;
}

#[tokio::test]
async fn a_method_with_an_opening_is_called_without_a_network() {
    use crate::board::Board as _;
    let ((tx, mut rx), halves) = mandovi::testing::bidirectional::<String, String>();
    let method = tokio::spawn(async move { Wall::default().join("lobby".into(), Opening::for_test(halves)).await });
    assert_eq!(rx.recv().await.unwrap(), Some("welcome to lobby".into()));
    tx.finish().unwrap();
    assert!(method.await.unwrap().is_ok());
}

#[tokio::test]
async fn an_opening_in_another_task_can_accept() {
    #[service]
    pub trait Door {
        /// Opens.
        #[get("/open")]
        async fn open(&self, opening: Opening<Sender<String>>) -> Outcome<()>;
    }
    struct Slow;
    impl Door for Slow {
        async fn open(&self, opening: Opening<Sender<String>>) -> Outcome<()> {
            let output = tokio::spawn(opening.accept()).await.map_err(Failure::internal)??;
            output.send("open").await?;
            Ok(())
        }
    }
    let client = DoorClient::in_memory(DoorServer::new(Slow)).build().unwrap();
    let mut rx = client.open().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("open".into()));
    assert_eq!(rx.recv().await.unwrap(), None);
    let _ = server(&Wall::default());
}

/// The kit's own clock: a deadline passes at once.
#[cfg(feature = "testing")]
#[tokio::test]
async fn a_paused_clock_lets_a_deadline_pass_at_once() {
    mandovi::testing::pause();
    let (_, client) = client();
    let call = tokio::spawn(async move { client.join("undecided").await.map(drop) });
    mandovi::testing::advance(Duration::from_secs(11)).await;
    let Failure::Remote(remote) = call.await.unwrap().unwrap_err() else { panic!() };
    assert_eq!(remote.status, 504);
}
