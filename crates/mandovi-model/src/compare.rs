//! What a change of a design does to those who use it.
//!
//! Clients of the old design meet a server of the new one. What they send must still be understood: there a narrower
//! design breaks. What they receive they must still understand: there a wider one does. A type that travels both ways is judged both
//! ways, and the worse judgement stands.

mod methods;
mod rules;
mod shapes;
mod tuning;

use std::{collections::BTreeSet, fmt};

use crate::Service;

/// What changed from one design to the other, what breaks first; within that in the order of the design.
///
/// Every difference is in it: no changes are the same design.
///
/// ```
/// use mandovi_model::{Impact, Method, Service, Verb, compare};
///
/// let mut old = Service::new("Chat");
/// old.methods.push(Method::new("join", Verb::Post, "/join"));
/// let new = Service::new("Chat");
///
/// let changes = compare(&old, &new);
/// assert_eq!((changes[0].impact, changes[0].path.as_str()), (Impact::Breaking, "methods.join"));
/// assert!(compare(&old, &old).is_empty());
/// ```
pub fn compare(old: &Service, new: &Service) -> Vec<Change> {
    let mut comparison = Comparison { old, new, changes: Vec::new(), met: BTreeSet::new() };
    comparison.service();
    if comparison.changes.is_empty() && old != new {
        // What no method reaches, say.
        comparison.documentation("design", "something that nobody sees on the wire");
    }
    let mut changes = comparison.changes;
    changes.sort_by_key(|change| change.impact);
    changes
}

/// One difference between two designs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Whether it breaks clients of the old design.
    pub impact: Impact,
    /// What changed: `methods.history.query.limit`, `types.ChatSummary.length`.
    pub path: String,
    /// How it changed.
    pub kind: ChangeKind,
    /// The change and its consequence, in a sentence.
    pub reason: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, kind, reason, .. } = self;
        write!(f, "{path} ({kind}): {reason}")
    }
}

/// Whether a change breaks clients of the old design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Impact {
    /// Some client of the old design stops working.
    Breaking,
    /// Every client of the old design goes on working.
    Compatible,
}

impl Impact {
    /// `breaking` or `compatible`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Compatible => "compatible",
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// How something changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ChangeKind {
            $($(#[$doc])* $variant,)*
        }

        impl ChangeKind {
            /// A word or two for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// It is new.
    Added = "added",
    /// It is gone.
    Removed = "removed",
    /// It has another name, which does not travel.
    Renamed = "renamed",
    /// It is of another shape.
    Retyped = "retyped",
    /// Fewer values are valid.
    Narrowed = "narrowed",
    /// More values are valid.
    Widened = "widened",
    /// It must be given now.
    Required = "required",
    /// It may be left out now.
    Optional = "optional",
    /// Another value stands in where it is absent.
    Default = "default",
    /// It has another number in binary encodings.
    Tag = "tag",
    /// It is somewhere else: another path, verb, place of a parameter.
    Moved = "moved",
    /// Another HTTP status, and close code.
    Status = "status",
    /// What flows, and in which direction.
    Streaming = "streaming",
    /// Who may call.
    Security = "security",
    /// What callers may do about an error.
    Class = "class",
    /// How its connections are looked after: heartbeat, times, buffers, health.
    Setting = "setting",
    /// What is said about it, and nothing that travels.
    Documentation = "documentation",
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which way a value travels, seen from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    /// Parameters, bodies, streams to the server.
    Sent,
    /// Results, streams from the server, errors.
    Received,
}

/// Two types, each with the view in which it is shown, and which way they travel.
type Meeting<'a> = (&'a str, Option<&'a str>, &'a str, Option<&'a str>, Direction);

struct Comparison<'a> {
    old: &'a Service,
    new: &'a Service,
    changes: Vec<Change>,
    /// What has been compared, or is being: how recursive types end.
    met: BTreeSet<Meeting<'a>>,
}

impl Comparison<'_> {
    fn service(&mut self) {
        if self.old.name != self.new.name {
            let reason = format!("`{}` is called `{}`: nothing of it travels", self.old.name, self.new.name);
            self.compatible("service", ChangeKind::Renamed, reason);
        }
        if self.old.description != self.new.description || self.old.info != self.new.info {
            self.documentation("service", "what is said about the service as a whole");
        }
        self.schemes();
        self.tuning();
        self.methods();
    }

    fn breaking(&mut self, path: &str, kind: ChangeKind, reason: impl Into<String>) {
        self.add(Impact::Breaking, path, kind, reason.into());
    }

    fn compatible(&mut self, path: &str, kind: ChangeKind, reason: impl Into<String>) {
        self.add(Impact::Compatible, path, kind, reason.into());
    }

    fn documentation(&mut self, path: &str, what: &str) {
        self.compatible(path, ChangeKind::Documentation, format!("{what} changed: nothing of it travels"));
    }

    /// One change of a kind per place: the worse one stands.
    fn add(&mut self, impact: Impact, path: &str, kind: ChangeKind, reason: String) {
        let change = Change { impact, path: path.to_owned(), kind, reason };
        match self.changes.iter_mut().find(|known| known.path == path && known.kind == kind) {
            Some(known) if impact < known.impact => *known = change,
            Some(_) => {}
            None => self.changes.push(change),
        }
    }

    /// Fewer values are valid: nothing to those who receive them.
    fn narrowed(&mut self, path: &str, kind: ChangeKind, direction: Direction, what: &str) {
        match direction {
            Direction::Sent => {
                self.breaking(path, kind, format!("{what}: what clients send may be refused that was valid before"));
            }
            Direction::Received => {
                self.compatible(path, kind, format!("{what}: clients receive less than they are ready for"));
            }
        }
    }

    /// More values are valid: nothing to those who send them.
    fn widened(&mut self, path: &str, kind: ChangeKind, direction: Direction, what: &str) {
        match direction {
            Direction::Sent => {
                self.compatible(path, kind, format!("{what}: all that clients send is still valid"));
            }
            Direction::Received => {
                self.breaking(path, kind, format!("{what}: clients may receive what they do not understand"));
            }
        }
    }

    fn retyped(&mut self, path: &str, what: &str) {
        self.breaking(path, ChangeKind::Retyped, format!("{what}: neither end understands the other's values"));
    }
}

#[cfg(test)]
mod tests;
