//! The chat itself: one list of everything said, which methods add to and replay.
//!
//! The list only grows. A subscriber or a replay is therefore no more than a position in it: nothing can be lost, repeated or
//! reordered on the way, however slow the client is, and no queue fills up for it.

use jiff::Timestamp;
use mandovi::prelude::*;
use tokio::sync::watch;

use crate::auth;
use crate::design::{Action, Caller, ChatError, ChatSummary, ChatSummaryView, Chatter, Event, User};

/// A chat that lives in memory, and ends with the process.
#[derive(Debug, Default)]
pub struct Chat {
    /// Everything said, oldest first. Watched, so that subscribers wait for more without asking again and again.
    said: watch::Sender<Vec<ChatSummary>>,
}

impl Chat {
    /// Adds what was said to the list, for everybody to see, and returns it.
    fn remember(&self, message: &str) -> ChatSummary {
        let mut summary =
            ChatSummary { message: message.to_owned(), length: Some(message.len() as u64), sent_at: String::new() };
        self.said.send_modify(|said| {
            // The time is taken in here, so that the list is in order of time too.
            summary.sent_at = now();
            said.push(summary.clone());
        });
        summary
    }
}

impl Chatter for Chat {
    async fn login(&self, _who: Auth<User>) -> Outcome<String, ChatError> {
        auth::issue_token(&["stream:read", "stream:write"]).map_err(Failure::internal)
    }

    async fn echoer(
        &self,
        _caller: Auth<Caller>,
        mut input: Receiver<String>,
        output: Sender<String>,
    ) -> Outcome<(), ChatError> {
        while let Some(message) = input.recv().await? {
            self.remember(&message);
            match output.send(message).await {
                // The client has gone, but what it said before that is still to be heard: `recv` says when that is all.
                Err(StreamError::Closed(_)) => {}
                sent => sent?,
            }
        }
        Ok(())
    }

    async fn listener(&self, _caller: Auth<Caller>, mut input: Receiver<String>) -> Outcome<(), ChatError> {
        while let Some(message) = input.recv().await? {
            self.remember(&message);
        }
        Ok(())
    }

    async fn summary(
        &self,
        _caller: Auth<Caller>,
        mut input: Receiver<String>,
    ) -> Outcome<Vec<ChatSummary>, ChatError> {
        let mut summaries = Vec::new();
        while let Some(message) = input.recv().await? {
            summaries.push(self.remember(&message));
        }
        Ok(summaries)
    }

    async fn subscribe(&self, cx: Context, _caller: Auth<Caller>, output: Sender<Event>) -> Outcome<(), ChatError> {
        let mut said = self.said.subscribe();
        let mut next = said.borrow().len();
        loop {
            let event = tokio::select! {
                more = said.wait_for(|said| said.len() > next) => added(&more.map_err(Failure::internal)?[next]),
                _ = cx.closed() => return Ok(()),
            };
            output.send(event).await?;
            next += 1;
        }
    }

    async fn history(
        &self,
        _caller: Auth<Caller>,
        _view: Option<ChatSummaryView>, // `output` knows it, and sends only what it shows.
        output: Sender<ChatSummary>,
    ) -> Outcome<(), ChatError> {
        // What is said from here on is not history: a busy chat would never come to its end.
        let end = self.said.borrow().len();
        for at in 0..end {
            let summary = self.said.borrow()[at].clone();
            output.send(summary).await?;
        }
        Ok(())
    }
}

/// The event that tells of a new message.
fn added(summary: &ChatSummary) -> Event {
    Event { message: summary.message.clone(), action: Action::Added, added_at: summary.sent_at.clone() }
}

/// The time in whole seconds, RFC 3339.
fn now() -> String {
    format!("{:.0}", Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mandovi::testing;

    fn caller() -> Auth<Caller> {
        Auth::for_test(Caller { scopes: Vec::new() })
    }

    #[test]
    fn a_summary_tells_bytes_and_whole_seconds() {
        let summary = Chat::default().remember("check \u{e9}");
        assert_eq!((summary.message.as_str(), summary.length), ("check \u{e9}", Some(8)));
        let time: Timestamp = summary.sent_at.parse().unwrap();
        assert_eq!((time.subsec_nanosecond(), time.to_string()), (0, summary.sent_at));
    }

    #[tokio::test]
    async fn echoer_remembers_what_it_echoes() {
        let chat = Chat::default();
        let ((sender, mut echoes), (input, output)) = testing::bidirectional();
        let client = async {
            sender.send("hello").await.unwrap();
            assert_eq!(echoes.recv().await.unwrap(), Some("hello".to_owned()));
            sender.finish().unwrap();
            assert_eq!(echoes.recv().await.unwrap(), None);
        };
        let (outcome, ()) = tokio::join!(chat.echoer(caller(), input, output), client);
        assert!(outcome.is_ok());
        assert_eq!(chat.said.borrow().len(), 1);
    }

    #[tokio::test]
    async fn a_subscription_starts_with_the_next_message() {
        let chat = Chat::default();
        chat.remember("before");
        let ((_sender, mut events), (_input, output)) = testing::bidirectional::<String, Event>();
        let client = async {
            chat.remember("one");
            chat.remember("two");
            for message in ["one", "two"] {
                assert_eq!(events.recv().await.unwrap().unwrap().message, message);
            }
        };
        tokio::select! {
            biased;
            outcome = chat.subscribe(Context::for_test(), caller(), output) => panic!("{outcome:?}"),
            () = client => {}
        }
    }

    #[tokio::test]
    async fn a_history_ends_although_the_chat_goes_on() {
        const MESSAGES: usize = 100;
        let chat = Chat::default();
        // More than a stream holds: the replay is still under way when the first message arrives.
        let long = "x".repeat(10_000);
        (0..MESSAGES).for_each(|_| drop(chat.remember(&long)));
        let ((_sender, mut replay), (input, output)) = testing::bidirectional::<String, ChatSummary>();
        // The stream ends with the last half of it.
        let server = async {
            let outcome = chat.history(caller(), None, output).await;
            drop(input);
            outcome
        };
        let client = async {
            let mut count = 0;
            while let Some(summary) = replay.recv().await.unwrap() {
                assert_eq!(summary.message, long);
                chat.remember("meanwhile");
                count += 1;
            }
            count
        };
        let (outcome, count) = tokio::join!(server, client);
        assert!(outcome.is_ok());
        assert_eq!(count, MESSAGES);
    }
}
