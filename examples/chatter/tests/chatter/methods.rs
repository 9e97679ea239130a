//! What every method does, and what it refuses.

use chatter::auth::issue_token;
use chatter::design::{Action, ChatError, ChatSummaryTiny, ChatSummaryView, ChatSummaryViewed, ChatterClient};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use mandovi::prelude::*;
use mandovi::{CloseCode, DeclaredError as _};
use serde_json::{Value, json};

use crate::support::{client_of, client_with, empty_chat, history, next_messages, said, say};

/// Whole seconds, RFC 3339.
#[track_caller]
fn check_time(text: &str) {
    let time: Timestamp = text.parse().unwrap();
    assert_eq!(time.to_string(), text);
}

/// The status and the text of a declared error.
#[track_caller]
fn declared<T>(answer: Outcome<T, ChatError>) -> (u16, String) {
    match answer {
        Err(Failure::Declared(error)) => (error.status(), error.to_string()),
        Err(failure) => panic!("{failure:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn signed(claims: &Value, key: &[u8]) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(key)).unwrap()
}

#[tokio::test]
async fn login_issues_the_token_of_the_goa_sample() {
    let client = ChatterClient::in_memory(empty_chat()).basic("goa", "rocks").build().unwrap();
    let token = client.login().await.unwrap();

    let mut validation = Validation::default();
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(b"secret");
    let mut claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
    let issued_at = claims["iat"].take().as_i64().unwrap();
    assert!((Timestamp::now().as_second() - issued_at).abs() < 60);
    assert_eq!(claims, json!({"nbf": 1_444_478_400, "iat": null, "scopes": ["stream:read", "stream:write"]}));
}

#[tokio::test]
async fn login_refuses_other_users() {
    for (user, password) in [("goa", "pebbles"), ("ada", "rocks")] {
        let client = ChatterClient::in_memory(empty_chat()).basic(user, password).build().unwrap();
        let refused = declared(client.login().await);
        assert_eq!(refused, (401, "invalid username and password combination".to_owned()));
    }
}

#[tokio::test]
async fn echoer_echoes_each_message_as_it_comes() {
    let client = client_of(&empty_chat());
    let (sender, mut echoes) = client.echoer().await.unwrap();
    for message in ["say my name", "", "null", "\u{e9}t\u{e9} \u{1f305}", "line\nfeed"] {
        sender.send(message).await.unwrap();
        assert_eq!(echoes.recv().await.unwrap().as_deref(), Some(message));
    }
    sender.finish().unwrap();
    assert_eq!(echoes.recv().await.unwrap(), None);
}

#[tokio::test]
async fn echoer_still_answers_a_client_that_has_finished() {
    let client = client_of(&empty_chat());
    let (sender, mut echoes) = client.echoer().await.unwrap();
    sender.send("one").await.unwrap();
    sender.send("two").await.unwrap();
    sender.finish().unwrap();
    assert_eq!(echoes.recv().await.unwrap().as_deref(), Some("one"));
    assert_eq!(echoes.recv().await.unwrap().as_deref(), Some("two"));
    assert_eq!(echoes.recv().await.unwrap(), None);
}

#[tokio::test]
async fn listener_summary_and_echoer_share_one_history() {
    let client = client_of(&empty_chat());
    say(&client, &["thanks for listening"]).await;

    let (sender, summary) = client.summary().await.unwrap();
    sender.send("check \u{e9}").await.unwrap();
    sender.finish().unwrap();
    let summary = summary.await.unwrap();
    assert_eq!(summary.len(), 1, "what others said is not in it");
    assert_eq!((summary[0].message.as_str(), summary[0].length), ("check \u{e9}", Some(8)));
    check_time(&summary[0].sent_at);

    let (sender, mut echoes) = client.echoer().await.unwrap();
    sender.send("echo").await.unwrap();
    assert!(echoes.recv().await.unwrap().is_some());

    let history = history(&client).await;
    let messages: Vec<_> = history.iter().map(|summary| summary.message.as_str()).collect();
    assert_eq!(messages, ["thanks for listening", "check \u{e9}", "echo"]);
    assert_eq!(history[1], summary[0]);
    history.iter().for_each(|summary| check_time(&summary.sent_at));
}

#[tokio::test]
async fn summary_of_nothing_is_empty() {
    let client = client_of(&empty_chat());
    let (sender, summary) = client.summary().await.unwrap();
    sender.finish().unwrap();
    assert_eq!(summary.await.unwrap(), []);
}

#[tokio::test]
async fn history_shows_what_the_view_shows() {
    let client = client_of(&empty_chat());
    say(&client, &["one", "two"]).await;
    let mut replay = client.history(Some(ChatSummaryView::Tiny)).await.unwrap();
    for message in ["one", "two"] {
        let tiny = ChatSummaryTiny { message: message.to_owned() };
        assert_eq!(replay.recv().await.unwrap(), Some(ChatSummaryViewed::Tiny(tiny)));
    }
    assert_eq!(replay.recv().await.unwrap(), None);

    let mut replay = client.history(Some(ChatSummaryView::Default)).await.unwrap();
    let first = replay.recv().await.unwrap().unwrap();
    assert_eq!(first.view(), ChatSummaryView::Default);
}

#[tokio::test]
async fn subscribe_tells_of_what_is_said_from_then_on() {
    let client = client_of(&empty_chat());
    say(&client, &["before"]).await;
    let mut events = client.subscribe().await.unwrap();
    say(&client, &["sub one", "sub two"]).await;

    let event = events.recv().await.unwrap().unwrap();
    assert_eq!((event.message.as_str(), event.action), ("sub one", Action::Added));
    assert_eq!(event.added_at, history(&client).await[1].sent_at);
    assert_eq!(next_messages(&mut events, 1).await, ["sub two"]);
}

#[tokio::test]
async fn a_message_that_is_no_string_ends_its_stream_with_1007() {
    // What a client of this design cannot send, another may: a number where a string belongs.
    #[mandovi::service]
    trait Odd {
        #[get("/echoer")]
        async fn echoer(&self, input: Receiver<u64>, output: Sender<String>) -> Outcome<()>;
    }
    let chat = empty_chat();
    let token = issue_token(&["stream:write"]).unwrap();
    let odd = OddClient::in_memory(chat.clone()).header("authorization", &format!("Bearer {token}")).build().unwrap();
    let (sender, mut echoes) = odd.echoer().await.unwrap();
    sender.send(7).await.unwrap();
    match echoes.recv().await {
        Err(Failure::Stream(StreamError::Closed(closed))) => assert_eq!(closed.code(), CloseCode::INVALID_PAYLOAD),
        other => panic!("{other:?}"),
    }
    assert_eq!(said(&client_of(&chat)).await, [""; 0]);
}

#[tokio::test]
async fn a_token_must_be_signed_with_the_key() {
    let chat = empty_chat();
    let forged = signed(&json!({"scopes": ["stream:read", "stream:write"]}), b"another key");
    for token in [forged, "token".to_owned()] {
        let client = client_with(&chat, token);
        let invalid = (401, "invalid token".to_owned());
        assert_eq!(declared(client.echoer().await), invalid);
        assert_eq!(declared(client.listener().await), invalid);
        assert_eq!(declared(client.summary().await), invalid);
        assert_eq!(declared(client.subscribe().await), invalid);
        assert_eq!(declared(client.history(None).await), invalid);
    }
}

#[tokio::test]
async fn a_token_must_have_the_scope_of_the_method() {
    let chat = empty_chat();
    let reader = client_with(&chat, issue_token(&["stream:read"]).unwrap());
    let missing = (403, "missing scopes: stream:write".to_owned());
    assert_eq!(declared(reader.echoer().await), missing);
    assert_eq!(declared(reader.listener().await), missing);
    assert_eq!(declared(reader.summary().await), missing);
    assert_eq!(declared(reader.subscribe().await), missing);
    assert!(reader.history(None).await.is_ok());

    let writer = client_with(&chat, issue_token(&["stream:write"]).unwrap());
    assert_eq!(declared(writer.history(None).await), (403, "missing scopes: stream:read".to_owned()));
    assert!(writer.subscribe().await.is_ok());
}

#[tokio::test]
async fn a_token_must_tell_its_scopes() {
    for claims in [json!({}), json!({"scopes": "stream:read"})] {
        let client = client_with(&empty_chat(), signed(&claims, b"secret"));
        assert_eq!(declared(client.history(None).await), (403, "invalid scopes in token".to_owned()));
    }
}

#[tokio::test]
async fn a_shutdown_tells_subscribers() {
    let chat = empty_chat();
    let client = client_of(&chat);
    let mut events = client.subscribe().await.unwrap();
    say(&client, &["last words"]).await;
    chat.shut_down().await;
    assert_eq!(next_messages(&mut events, 1).await, ["last words"]);
    match events.recv().await {
        Err(Failure::Stream(StreamError::Closed(closed))) => assert_eq!(closed.code(), CloseCode::SERVICE_RESTART),
        other => panic!("{other:?}"),
    }
}
