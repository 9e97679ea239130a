//! Everything that is traced on this thread, at every level and from every target, as text.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

#[derive(Clone, Default)]
pub struct Captured {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// By id: its name and what was recorded.
    spans: HashMap<u64, String>,
    entered: usize,
}

/// For as long as it is kept.
pub struct Capturing {
    pub captured: Captured,
    _default: tracing::subscriber::DefaultGuard,
}

/// Before a subscriber for a thread is set.
pub fn everywhere() {
    // With nothing but subscribers of threads, what is first said on a thread that has none is off for all of them.
    static EVERYWHERE: Once = Once::new();
    EVERYWHERE.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
}

pub fn start() -> Capturing {
    everywhere();
    let captured = Captured::default();
    let subscriber = tracing_subscriber::registry().with(captured.clone());
    Capturing { captured, _default: tracing::subscriber::set_default(subscriber) }
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

impl Captured {
    pub fn lines(&self) -> Vec<String> {
        self.state.lock().unwrap().lines.clone()
    }

    /// The lines with this in it.
    pub fn with(&self, text: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.contains(text)).collect()
    }

    /// Those lines, as soon as there are any.
    pub async fn until(&self, text: &str) -> Vec<String> {
        for _ in 0..100_000 {
            let lines = self.with(text);
            if !lines.is_empty() {
                return lines;
            }
            tokio::task::yield_now().await;
        }
        panic!("nobody says {text}: {:#?}", self.lines());
    }

    pub fn entered(&self) -> usize {
        self.state.lock().unwrap().entered
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Captured {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let meta = attributes.metadata();
        let mut text = format!("{} {}", meta.target(), meta.name());
        attributes.record(&mut Fields(&mut text));
        let mut state = self.state.lock().unwrap();
        state.lines.push(format!("NEW {} {text}", meta.level()));
        state.spans.insert(id.into_u64(), text);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut state = self.state.lock().unwrap();
        if let Some(text) = state.spans.get_mut(&id.into_u64()) {
            values.record(&mut Fields(text));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let meta = event.metadata();
        let mut text = format!("{} {}", meta.level(), meta.target());
        event.record(&mut Fields(&mut text));
        if let Some(span) = context.event_span(event) {
            let _ = write!(text, " in={}", span.name());
        }
        self.state.lock().unwrap().lines.push(text);
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.state.lock().unwrap().entered += 1;
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let mut state = self.state.lock().unwrap();
        if let Some(text) = state.spans.remove(&id.into_u64()) {
            state.lines.push(format!("CLOSE {text}"));
        }
    }
}
