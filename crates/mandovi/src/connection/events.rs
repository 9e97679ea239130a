//! A stream as server-sent events: the same handler, sender and outbox, and in place of the socket the body of an HTTP answer.
//!
//! ```text
//!  handler ─> Sender ─> outbox ─> EventsBody ─> HTTP layer
//!     └────── EventsPump ──────┘
//! ```
//!
//! The HTTP layer asks for a body only while its client takes something, so the handler cannot be polled by the body: a client that
//! stands still would stop the clock of its own write timeout. Handler and [`EventsPump`] are a task, as they are for a WebSocket
//! over HTTP/2; the body takes whole runs out of the outbox, and what comes back of them tells that they were written.

mod body;
mod framing;
mod pump;

use std::sync::OnceLock;

use mandovi_websocket::CloseCode;
use tokio::time::Instant;

pub(crate) use self::body::EventsBody;
pub(super) use self::framing::COMMENT;
use self::framing::Members;
pub(crate) use self::framing::{END_MARKER, End, EventId, Reconnect};
pub(crate) use self::pump::EventsPump;
use super::outbox::Segment;
use super::pump::Conclusion;
use crate::class::{ErrorClass, status_of_close_code};
use crate::close_reason::{CloseReason, parse_close_reason};
use crate::sync::{AtomicWaker, Mutex, lock};
use crate::value::{Invalid, Item};

/// What a stream of events has beside the rest of [`Shared`](super::Shared).
#[derive(Debug)]
pub(crate) struct Events {
    /// The members that are the id and the type of an event; known with the first sender.
    members: OnceLock<Members>,
    /// The task that reads the body.
    reader: AtomicWaker,
    link: Mutex<Link>,
}

/// Between the pump and the body.
#[derive(Debug)]
struct Link {
    /// What the HTTP layer is done with.
    returned: Vec<Segment>,
    /// When it last took something or was done with it.
    moved: Instant,
    /// The body was dropped: the client has left.
    gone: bool,
    over: Over,
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// Not yet.
    No,
    /// After what is in the outbox.
    AfterTheRest,
    /// At once, and as a failure: what the client has is not all.
    Cut,
}

impl Events {
    pub(super) fn new() -> Self {
        Self {
            members: OnceLock::new(),
            reader: AtomicWaker::new(),
            link: Mutex::new(Link { returned: Vec::new(), moved: Instant::now(), gone: false, over: Over::No }),
        }
    }

    /// Learns from the design what the id and the type of an event are.
    pub(crate) fn learn<T: Item>(&self) {
        self.members.get_or_init(Members::of::<T>);
    }

    /// Makes an event of the JSON in `out`. `whole`: the JSON of all of the value, should a view hide what is needed.
    ///
    /// # Errors
    /// The id or the type is none that an event can have.
    pub(crate) fn frame(
        &self,
        out: &mut Vec<u8>,
        whole: impl FnOnce(&mut Vec<u8>) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        match self.members.get() {
            Some(members) => members.frame(out, whole),
            None => Members::default().frame(out, whole),
        }
    }

    /// The body ends so. The first word stays, unless it is cut.
    fn end(&self, over: Over) {
        let mut link = lock(&self.link);
        if link.over == Over::No || over == Over::Cut {
            link.over = over;
        }
        drop(link);
        self.reader.wake();
    }
}

/// What the client of an event stream is told where that of a WebSocket gets this close frame.
fn end_of(code: CloseCode, reason: &str) -> End {
    match (code.as_u16(), status_of_close_code(code.as_u16())) {
        (1000, _) => End::Done,
        (1001, _) => End::going_away(),
        (1012, _) => match parse_close_reason(reason) {
            Some(CloseReason { name, retry_after: Some(pause), .. }) => {
                End::failed(&name, 503, None, Some(pause), &[], Reconnect::After(pause))
            }
            _ => End::going_away(),
        },
        (1013, _) => {
            let told = parse_close_reason(reason).unwrap_or_default();
            let name = if told.name.is_empty() { "unavailable" } else { &told.name };
            let reconnect = told.retry_after.map_or(Reconnect::Yes, Reconnect::After);
            End::failed(name, 503, told.message, told.retry_after, &[], reconnect)
        }
        (_, None) => End::fault(),
        (_, Some(status)) => {
            let told = parse_close_reason(reason).unwrap_or_default();
            let reconnect = match told.retry_after {
                Some(pause) => Reconnect::After(pause),
                None if ErrorClass::of_status(status, false) == ErrorClass::Fatal => Reconnect::No,
                None => Reconnect::Yes,
            };
            let body = told.body.unwrap_or_default();
            End::failed(&told.name, status, told.message, told.retry_after, &body, reconnect)
        }
    }
}

impl Conclusion {
    fn into_end(self) -> End {
        match self {
            Conclusion::Close(code, reason) => end_of(code, &reason),
            Conclusion::Event(end) => *end,
            // A handler that says the client has left while it has not.
            Conclusion::Silent => End::fault(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u16, reason: &str) -> String {
        let mut out = Vec::new();
        end_of(CloseCode::new(code).unwrap(), reason).write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_close_frame_as_an_event() {
        assert_eq!(told(1000, "server closing connection"), "event: end\nid: mandovi.end\ndata: {}\n\n");
        let expired = "event: error\ndata: {\"name\":\"token_expired\",\"status\":401}\n\n";
        assert_eq!(told(4401, crate::connection::pump::EXPIRED), expired);
        let limited = "event: error\nretry: 1500\ndata: {\"name\":\"slow\",\"status\":429,\"retry_after_ms\":1500}\n\n";
        assert_eq!(told(4429, r#"{"name":"slow","retry_after_ms":1500}"#), limited);
        let gone = "event: error\nid: mandovi.end\ndata: {\"name\":\"gone\",\"status\":404,\"message\":\"a\\nb\"}\n\n";
        assert_eq!(told(4404, r#"{"name":"gone","message":"a\nb"}"#), gone);
        let draining =
            "event: error\nretry: 1500\ndata: {\"name\":\"draining\",\"status\":503,\"retry_after_ms\":1500}\n\n";
        assert_eq!(told(1012, r#"{"name":"draining","retry_after_ms":1500}"#), draining);
        for (code, reason) in [(1012, "lifetime"), (1012, r#"{"name":"draining"}"#), (1001, "server shutting down")] {
            let told = told(code, reason);
            let pause = told.strip_prefix("event: error\nretry: ").unwrap().split('\n').next().unwrap();
            assert!((1000..5000).contains(&pause.parse::<u32>().unwrap()), "{told}");
            assert!(told.ends_with("\ndata: {\"name\":\"unavailable\",\"status\":503}\n\n"), "{told}");
        }
        let slow =
            "event: error\nretry: 1000\ndata: {\"name\":\"slow_consumer\",\"status\":503,\"retry_after_ms\":1000}\n\n";
        assert_eq!(told(1013, crate::connection::SLOW_CONSUMER), slow);
        assert_eq!(told(1013, "later"), "event: error\ndata: {\"name\":\"unavailable\",\"status\":503}\n\n");
        let fault = "event: error\ndata: {\"name\":\"fault\",\"status\":500}\n\n";
        for (code, reason) in [(1011, "secret"), (1007, "secret"), (3000, "secret")] {
            assert_eq!(told(code, reason), fault, "{code}");
        }
    }

    #[cfg(not(mandovi_loom))]
    mod bounds {
        use std::future::pending;
        use std::pin::pin;
        use std::sync::Arc;
        use std::task::Waker;
        use std::time::Duration;

        use http_body_util::BodyExt as _;
        use tokio::time::{Instant, sleep, timeout};

        use super::super::*;
        use crate::connection::{HealthAction, HealthPolicy, Payload, Settings, Shared};
        use crate::manager::Verdict;
        use mandovi_websocket::MessageKind;

        fn run(settings: Settings) -> (Arc<Shared>, EventsBody) {
            let shared = Shared::for_events(settings.outbox_size);
            let body = EventsBody::new(Arc::clone(&shared));
            let (pump, waker) =
                (EventsPump::new(Arc::clone(&shared), settings.into(), None, None), Waker::from(Arc::clone(&shared)));
            tokio::spawn(async move { pump.run(pin!(Some(pending::<Conclusion>())), &waker).await });
            (shared, body)
        }

        /// What comes until the end.
        async fn rest(body: &mut EventsBody) -> String {
            let mut all = String::new();
            while let Some(Ok(frame)) = body.frame().await {
                all.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
            }
            all
        }

        fn event(shared: &Shared, size: usize) {
            let data = format!("data: {}\n\n", "x".repeat(size - 8));
            shared.send_now(MessageKind::Text, &Payload::Slice(data.as_bytes()), false).unwrap();
        }

        /// Comments are no messages.
        #[tokio::test(start_paused = true)]
        async fn idle_time() {
            let (shared, mut body) = run(Settings::server().idle_timeout(Duration::from_secs(60)));
            let began = Instant::now();
            let sends = async {
                sleep(Duration::from_secs(59)).await;
                event(&shared, 100);
            };
            let (all, ()) = tokio::join!(rest(&mut body), sends);
            assert_eq!(began.elapsed().as_secs(), 59 + 60);
            assert!(all.contains("unavailable"), "{all}");
        }

        #[tokio::test(start_paused = true)]
        async fn lifetime() {
            let settings = Settings::server().max_lifetime(Duration::from_secs(100));
            let (shared, mut body) = run(settings.close_timeout(Duration::from_secs(5)));
            let began = Instant::now();
            let all = rest(&mut body).await;
            let lived = began.elapsed().as_secs();
            assert!((95..=115).contains(&lived), "{lived}");
            assert!(all.contains("unavailable"), "{all}");
            assert_eq!(shared.end_code().as_u16(), 1012);
        }

        #[tokio::test(start_paused = true)]
        async fn a_queue_that_is_full_for_long() {
            let mut policy = HealthPolicy::new();
            policy.unhealthy = HealthAction::Close(CloseCode::TRY_AGAIN_LATER);
            let settings = Settings::server().outbox_size(1000).health(policy);
            for (size, is_full) in [(799, false), (800, true)] {
                let (shared, mut body) = run(settings.write_timeout(Duration::from_secs(1000)));
                let first = body.frame().await.unwrap().unwrap();
                drop(first);
                // The client waits for more, and then stands still.
                assert!(timeout(Duration::from_secs(1), body.frame()).await.is_err());
                event(&shared, size);
                sleep(Duration::from_millis(10_900)).await;
                assert_eq!(shared.vitals.verdict() == Verdict::Degraded, is_full, "{size}");
                sleep(Duration::from_secs(11)).await;
                assert_eq!(shared.vitals.verdict() == Verdict::Unhealthy, is_full, "{size}");
                assert_eq!(shared.end_code().as_u16() == 1013, is_full);
            }
        }
    }

    /// A task that is cut (a server's deadline) leaves no stream behind that looks whole.
    #[cfg(not(mandovi_loom))]
    #[tokio::test]
    async fn a_pump_that_is_dropped_cuts_the_body() {
        use crate::connection::{Settings, Shared};
        use http_body_util::BodyExt as _;

        let shared = Shared::for_events(1000);
        let mut body = EventsBody::new(std::sync::Arc::clone(&shared));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(&first[..], COMMENT);
        drop(EventsPump::new(std::sync::Arc::clone(&shared), Settings::server().into(), None, None));
        assert!(body.frame().await.unwrap().is_err());
        assert!(lock(&shared.outbox).closed().is_some());
    }
}
