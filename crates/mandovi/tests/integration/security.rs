//! Who is calling: verifiers, tokens that are fetched, and identities that reach the method.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mandovi::prelude::*;

use crate::board::{BoardClient, BoardError, Wall, client, server};

#[tokio::test]
async fn the_verified_identity_reaches_the_method() {
    let (_, client) = client();
    assert_eq!(client.whoami().await.unwrap(), "ada");
    let mut rx = client.wait().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("ada".into()));
}

#[tokio::test]
async fn a_refused_credential_is_the_declared_error() {
    let wall = Wall::default();
    let client = BoardClient::in_memory(server(&wall)).token("bad").basic("ada", "wrong").build().unwrap();
    let Failure::Declared(BoardError::Unauthorized(message)) = client.whoami().await.unwrap_err() else { panic!() };
    assert_eq!(message, "invalid username and password combination");
    let Failure::Declared(BoardError::Unauthorized(message)) = client.wait().await.unwrap_err() else { panic!() };
    assert_eq!(message, "invalid token");
    let client = BoardClient::in_memory(server(&wall)).token("no-scope").build().unwrap();
    let Failure::Declared(BoardError::Forbidden(message)) = client.wait().await.unwrap_err() else { panic!() };
    assert_eq!(message, "missing scopes: read");
}

#[tokio::test]
async fn the_token_provider_is_asked_at_every_call() {
    let wall = Wall::default();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let provider = move || {
        let n = count.fetch_add(1, Ordering::SeqCst);
        async move { Ok(format!("caller-{n}")) }
    };
    let client = BoardClient::in_memory(server(&wall)).token(provider).build().unwrap();
    for n in 0..3 {
        let mut rx = client.wait().await.unwrap();
        assert_eq!(rx.recv().await.unwrap(), Some(format!("caller-{n}")));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_provider_that_fails_fails_the_call() {
    let wall = Wall::default();
    let client =
        BoardClient::in_memory(server(&wall)).token(|| async { Err("the vault is closed".into()) }).build().unwrap();
    let error = client.wait().await.unwrap_err();
    assert!(error.to_string().contains("the vault is closed"), "{error}");
}

#[tokio::test]
async fn a_method_is_called_without_a_network() {
    use crate::board::{Board as _, Caller, User};
    let wall = Wall::default();
    let who = Auth::for_test(User("eve".into()));
    assert_eq!(wall.whoami(who).await.unwrap(), "eve");
    let ((_tx, mut rx), (_input, output)) = mandovi::testing::bidirectional::<String, String>();
    let caller = Auth::for_test(Caller { sub: "eve".into() });
    drop(caller);
    wall.countdown(0, None, mandovi::testing::bidirectional::<u32, u32>().1.1).await.unwrap();
    output.send("direct").await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some("direct".into()));
}

/// A function as a verifier cannot know of scopes: a method that needs some is denied, never open.
#[tokio::test]
async fn scopes_with_a_function_as_a_verifier_are_denied() {
    pub struct Admin;
    #[service(schemes(basic = Basic<Admin>))]
    pub trait Safe {
        /// Opens it.
        #[get("/open", auth = basic, scopes = ["admin"])]
        async fn open(&self, who: Auth<Admin>) -> Outcome<String>;
    }
    struct Steel;
    impl Safe for Steel {
        async fn open(&self, _who: Auth<Admin>) -> Outcome<String> {
            Ok("open".into())
        }
    }
    let server = SafeServer::new(Steel).basic(|_: BasicCredential| async { Ok::<_, Denied>(Admin) });
    let client = SafeClient::in_memory(server).basic("a", "b").build().unwrap();
    let Failure::Remote(remote) = client.open().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.message.as_str()), (403, "missing scopes: admin"));
}
