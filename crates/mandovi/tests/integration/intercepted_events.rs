//! Interceptors around a stream of events: they see what they see of a WebSocket.

use std::sync::{Arc, Mutex};

use http_body_util::BodyExt as _;
use mandovi::intercept::{Call, CallInfo, End, Fault, InFlight, Interceptor, Next, NextSend, Refused};
use mandovi::prelude::*;
use mandovi::server::Service;
use tokio::sync::Notify;

use crate::board::{self, Wall};
use crate::events::{EVENTS, Source, ask, json};

/// What happened, in its order; who waits is told of each.
#[derive(Clone, Default)]
struct Log(Arc<(Mutex<Vec<String>>, Notify)>);

impl Log {
    fn say(&self, what: impl Into<String>) {
        self.0.0.lock().unwrap().push(what.into());
        self.0.1.notify_waiters();
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.0.lock().unwrap())
    }

    /// All of it once a call has ended.
    async fn ended(&self) -> Vec<String> {
        loop {
            let changed = self.0.1.notified();
            if self.0.0.lock().unwrap().iter().any(|line| line.starts_with("ended")) {
                return self.take();
            }
            changed.await;
        }
    }
}

/// Does to numbers what they ask for.
struct Meddler(Log);

impl Interceptor for Meddler {
    async fn call(&self, call: &mut Call, next: Next<'_>) -> Result<(), Fault> {
        self.0.say(format!("call {}", call.method()));
        match call.parameter::<String>("fail").as_deref() {
            Some("refused") => return Err(Refused::new(403, "forbidden", "Not on Sundays.").into()),
            Some("asleep") => std::future::pending().await,
            Some("bomb") => panic!("on purpose"),
            _ => {}
        }
        let outcome = next.run(call).await;
        self.0.say("called");
        outcome
    }

    async fn sending(
        &self,
        call: &CallInfo,
        message: &mut InFlight<'_>,
        next: NextSend<'_>,
    ) -> Result<(), StreamError> {
        match message.get_mut::<u32>() {
            Some(500) => panic!("on purpose"),
            Some(403) => return Err(Refused::new(403, "forbidden", "No such number.").into()),
            Some(404) => std::future::pending().await,
            Some(number) => *number += 1000,
            None => {}
        }
        next.send(message).await?;
        self.0.say(format!("sent {} of {}", message.json().unwrap(), call.messages_sent()));
        Ok(())
    }

    fn ended(&self, call: &CallInfo, end: &End) {
        let end = match end {
            End::Failed { status, name } => format!("{status:?} {name}"),
            end => format!("{end:?}"),
        };
        self.0.say(format!("ended {end} after {}", call.messages_sent()));
    }
}

fn meddled() -> (Wall, Log, Service) {
    let (wall, log) = (Wall::default(), Log::default());
    let service = board::server(&wall).intercept(Meddler(log.clone())).into_service();
    (wall, log, service)
}

#[tokio::test]
async fn events_pass_through_interceptors_and_are_changed_by_them() {
    let (_wall, log, service) = meddled();
    let mut source = Source::open(&service, "/countdown?from=2").await;
    assert_eq!((source.data().await, source.data().await), ("1001".to_owned(), "1000".to_owned()));
    assert_eq!(source.last().await.kind, "end");
    assert_eq!(
        log.ended().await,
        ["call countdown", "sent 1001 of 1", "sent 1000 of 2", "called", "ended Done after 2"]
    );
    // They see the whole of what a view shows a part of.
    let mut source = Source::open(&service, "/notes?view=tiny").await;
    assert_eq!(source.data().await, r#"{"text":"first"}"#);
    assert_eq!(source.last().await.kind, "end");
    assert!(log.ended().await[1].contains("1234"));
}

#[tokio::test(start_paused = true)]
async fn until_the_method_runs_a_refusal_is_an_answer() {
    let (wall, log, service) = meddled();
    for (fail, status, end) in [
        ("refused", 403, "ended Some(403) forbidden after 0"),
        ("asleep", 504, "ended Cancelled after 0"),
        ("bomb", 500, "ended Panicked after 0"),
    ] {
        let response = ask(&service, "GET", &format!("/countdown?from=1&fail={fail}"), &[EVENTS]).await;
        assert_eq!(response.status().as_u16(), status);
        assert_ne!(response.headers().get("content-type").unwrap(), "text/event-stream");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!std::str::from_utf8(&body).unwrap().contains("on purpose"));
        assert_eq!(log.ended().await, ["call countdown", end]);
    }
    assert_eq!(wall.running.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_an_interceptor_makes_of_an_event_ends_the_stream_as_it_says() {
    let (wall, log, service) = meddled();
    let mut source = Source::open(&service, "/countdown?from=501").await;
    let event = source.last().await;
    assert_eq!((event.kind.as_str(), json(&event)), ("error", serde_json::json!({ "name": "fault", "status": 500 })));
    assert_eq!(log.ended().await, ["call countdown", "ended Panicked after 0"]);

    let mut source = Source::open(&service, "/countdown?from=404").await;
    let event = source.last().await;
    let forbidden = serde_json::json!({ "name": "forbidden", "status": 403, "body": "No such number." });
    assert_eq!((event.kind.as_str(), json(&event)), ("error", forbidden));
    assert_eq!(log.ended().await.last().unwrap(), "ended Some(403) forbidden after 0");
    wall.running(0).await;
}

/// A hook that never comes back holds nobody but its own call, and is dropped with the client.
#[tokio::test]
async fn a_client_that_leaves_drops_the_hook_that_hangs() {
    let (wall, log, service) = meddled();
    let source = Source::open(&service, "/countdown?from=405").await;
    wall.running(1).await;
    let mut other = Source::open(&service, "/countdown?from=1").await;
    assert_eq!(other.data().await, "1000");
    assert_eq!(other.last().await.kind, "end");
    assert_eq!(log.ended().await.last().unwrap(), "ended Done after 1");
    drop(source);
    assert_eq!(log.ended().await, ["ended Cancelled after 0"]);
    wall.running(0).await;
}
