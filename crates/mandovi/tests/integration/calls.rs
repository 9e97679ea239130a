//! The four shapes and plain methods, from the client's call to the handler and back.

use mandovi::prelude::*;

use crate::board::{BoardError, client, note};

#[tokio::test]
async fn a_plain_method_answers_with_a_value() {
    let (_, client) = client();
    assert_eq!(client.whoami().await.unwrap(), "ada");
    assert_eq!(client.sum("b", 1, Some(2), Some(3), None).await.unwrap(), 6);
    assert_eq!(client.pin("any", &note("four")).await.unwrap(), 4);
    client.touch().await.unwrap();
}

#[tokio::test]
async fn parameters_arrive_wherever_they_travel() {
    let (_, client) = client();
    assert_eq!(client.sum("a b/c?d=é&%", 1, None, Some(5), Some(-2)).await.unwrap(), -12);
    let error = client.sum("nowhere", 1, None, None, None).await.unwrap_err();
    assert!(matches!(error, Failure::Declared(BoardError::NotFound)), "{error:?}");
}

#[tokio::test]
async fn a_bidirectional_stream_echoes() {
    let (_, client) = client();
    let (tx, mut rx) = client.echo().await.unwrap();
    for line in ["hello", "", "é\n\"\\\u{1F600}", "null"] {
        tx.send(line).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(line.to_owned()));
    }
    tx.finish().unwrap();
    assert_eq!(rx.recv().await.unwrap(), None);
    assert_eq!(rx.recv().await.unwrap(), None, "and it stays so");
}

#[tokio::test]
async fn a_client_stream_answers_once() {
    let (_, client) = client();
    let (tx, reply) = client.total().await.unwrap();
    for n in [1, 2, 3] {
        tx.send(n).await.unwrap();
    }
    tx.finish().unwrap();
    assert_eq!(reply.await.unwrap(), 6);
}

#[tokio::test]
async fn an_answer_may_come_while_the_client_still_sends() {
    let (_, client) = client();
    let (tx, reply) = client.total().await.unwrap();
    tx.send(1001).await.unwrap();
    assert_eq!(reply.await.unwrap(), 1001);
    let error = loop {
        match tx.send(1).await {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StreamError::Closed(_)));
}

#[tokio::test]
async fn a_client_stream_without_an_answer_says_when_it_is_done() {
    let (wall, client) = client();
    let (tx, reply) = client.listen().await.unwrap();
    tx.send("one").await.unwrap();
    tx.send("two").await.unwrap();
    tx.finish().unwrap();
    reply.await.unwrap();
    assert_eq!(*wall.heard.lock().unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn a_server_stream_ends() {
    use futures_util::TryStreamExt as _;
    let (_, client) = client();
    let all: Vec<u32> = client.countdown(5, None).await.unwrap().try_collect().await.unwrap();
    assert_eq!(all, [4, 3, 2, 1, 0]);
    assert_eq!(client.countdown(0, None).await.unwrap().recv().await.unwrap(), None, "an empty stream ends cleanly");
}

#[tokio::test]
async fn many_calls_at_once() {
    let (_, client) = client();
    let calls = (0..200u32).map(|n| {
        let client = client.clone();
        tokio::spawn(async move {
            let (tx, mut rx) = client.echo().await.unwrap();
            tx.send(n.to_string()).await.unwrap();
            assert_eq!(rx.recv().await.unwrap(), Some(n.to_string()));
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

/// What the design declares reaches the client as the same value after the upgrade too.
#[tokio::test]
async fn a_declared_error_after_the_upgrade_is_the_same_value() {
    let (_, client) = client();
    let ended = async |fail: &str| {
        let mut rx = client.countdown(1, Some(fail.into())).await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(0), "what was sent before comes first");
        rx.recv().await.unwrap_err()
    };
    assert!(matches!(ended("full").await, Failure::Declared(BoardError::Full { notes: 7 })));
    let slow = ended("slow").await;
    assert!(
        matches!(&slow, Failure::Declared(BoardError::SlowDown { after }) if after.as_millis() == 1500),
        "{slow:?}"
    );
    assert!(matches!(ended("not_found").await, Failure::Declared(BoardError::NotFound)));
    // The body is left out, never cut, where 123 bytes are not enough.
    let Failure::Remote(remote) = ended("long").await else { panic!("a remote error") };
    assert_eq!((remote.status, remote.name.as_str()), (403, "forbidden"));
    for fail in ["internal", "panic"] {
        let error = ended(fail).await;
        let Failure::Stream(StreamError::Closed(closed)) = &error else { panic!("{error:?}") };
        assert_eq!((closed.code().as_u16(), closed.reason()), (1011, ""), "no text of ours leaves");
    }
}

#[tokio::test]
async fn a_declared_error_of_a_plain_method_is_the_same_value() {
    let (_, client) = client();
    let full = client.pin("full", &note("x")).await.unwrap_err();
    assert!(matches!(full, Failure::Declared(BoardError::Full { notes: 7 })));
    for board in ["broken", "panics"] {
        let Failure::Remote(remote) = client.pin(board, &note("x")).await.unwrap_err() else { panic!() };
        assert_eq!(remote.status, 500);
        assert!(!remote.message.contains("secret"), "{remote}");
    }
}

/// A value that the design does not allow is not sent.
#[tokio::test]
async fn an_invalid_value_is_refused_at_send() {
    let (_, client) = client();
    let (tx, mut rx) = client.exchange().await.unwrap();
    let mut bad = note("bad");
    bad.score = f64::NAN;
    let StreamError::Unsendable(invalid) = tx.send(&bad).await.unwrap_err() else { panic!() };
    assert_eq!(invalid.violations()[0].path, "score");
    tx.send(note("good")).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(note("good")));
}

/// What would be the end of the stream is no value of it.
#[tokio::test]
async fn a_null_is_refused_at_send() {
    let ((tx, _rx), (mut input, _output)) = mandovi::testing::bidirectional::<serde_json::Value, u32>();
    let error = tx.send(serde_json::Value::Null).await.unwrap_err();
    assert!(error.to_string().contains("null"), "{error}");
    tx.send(serde_json::json!([null])).await.unwrap();
    assert_eq!(input.recv().await.unwrap(), Some(serde_json::json!([null])));
}

/// A bad value of our own is our own failure: the peer is not blamed, and learns nothing.
#[tokio::test]
async fn an_unsendable_value_of_a_handler_is_1011() {
    #[service]
    pub trait Broken {
        /// Sends what is no number.
        #[get("/broken")]
        async fn broken(&self, output: Sender<f64>) -> Outcome<()>;
    }
    struct Device;
    impl Broken for Device {
        async fn broken(&self, output: Sender<f64>) -> Outcome<()> {
            Ok(output.send(f64::NAN).await?)
        }
    }
    let client = BrokenClient::in_memory(BrokenServer::new(Device)).build().unwrap();
    let Failure::Stream(StreamError::Closed(closed)) = client.broken().await.unwrap().recv().await.unwrap_err() else {
        panic!()
    };
    assert_eq!((closed.code().as_u16(), closed.reason()), (1011, ""));
}

/// What users hold may go to other threads.
#[test]
fn halves_and_clients_are_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<Receiver<String>>();
    check::<Sender<String>>();
    check::<mandovi::Reply<String>>();
    check::<Context>();
    check::<Opening<Sender<String>>>();
    check::<Failure<BoardError>>();
    check::<crate::board::BoardClient>();
    check::<crate::board::Ready>();
    check::<mandovi::testing::InMemory>();
}

#[tokio::test]
async fn a_secret_is_not_shown() {
    assert!(!format!("{:?}", note("x")).contains("1234"));
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = crate::board::BoardClient::builder(format!("http://{address}")).build().unwrap();
    let error = client.echo().await.unwrap_err();
    assert!(matches!(error, Failure::Connect(_)), "{error:?}");
    assert!(error.to_string().starts_with("cannot connect to the server"), "{error}");
}

#[tokio::test]
async fn a_method_without_its_credential_says_what_to_give() {
    let wall = crate::board::Wall::default();
    let client = crate::board::BoardClient::in_memory(crate::board::server(&wall)).build().unwrap();
    assert!(client.whoami().await.unwrap_err().to_string().contains(".basic("));
    assert!(client.wait().await.unwrap_err().to_string().contains(".token("));
}

/// The handshake timeout is the client's patience with everything but server streams.
#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await);
        }
    });
    let client = crate::board::BoardClient::builder(format!("ws://{address}"))
        .settings(mandovi::Settings::client().handshake_timeout(Duration::from_secs(3)))
        .build()
        .unwrap();
    let error = client.echo().await.unwrap_err();
    assert!(error.to_string().contains("handshake timeout"), "{error}");
    let mut waiting = std::pin::pin!(client.countdown(1, None));
    let waited = tokio::time::timeout(Duration::from_secs(600), waiting.as_mut()).await;
    assert!(waited.is_err(), "a server stream waits for as long as it takes");
    silent.abort();
}
