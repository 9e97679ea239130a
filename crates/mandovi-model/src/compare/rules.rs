//! Rules: which of them let fewer values through, and which more.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{ChangeKind, Comparison, Direction};
use crate::Rule;

/// All rules of one value, by what they are about.
#[derive(Default)]
struct Rules<'r> {
    values: Option<Vec<&'r Value>>,
    patterns: Vec<&'r str>,
    least: Option<(&'r Number, bool)>,
    most: Option<(&'r Number, bool)>,
    shortest: Option<u64>,
    longest: Option<u64>,
}

impl<'r> Rules<'r> {
    fn of(rules: &'r [Rule]) -> Self {
        let mut all = Self::default();
        for rule in rules {
            match rule {
                Rule::Enumeration { values } => {
                    all.values = Some(match all.values.take() {
                        None => values.iter().collect(),
                        // Of two lists both hold.
                        Some(known) => known.into_iter().filter(|value| values.contains(value)).collect(),
                    });
                }
                Rule::Pattern { pattern } => all.patterns.push(pattern),
                Rule::Minimum { value } => tighten(&mut all.least, (value, false), Ordering::Greater),
                Rule::ExclusiveMinimum { value } => tighten(&mut all.least, (value, true), Ordering::Greater),
                Rule::Maximum { value } => tighten(&mut all.most, (value, false), Ordering::Less),
                Rule::ExclusiveMaximum { value } => tighten(&mut all.most, (value, true), Ordering::Less),
                Rule::MinLength { value } => all.shortest = all.shortest.max(Some(*value)),
                Rule::MaxLength { value } => all.longest = Some(all.longest.map_or(*value, |known| known.min(*value))),
            }
        }
        all
    }
}

/// Keeps the tighter of two limits; `tighter` is what a tighter one is beside the other.
fn tighten<'r>(known: &mut Option<(&'r Number, bool)>, limit: (&'r Number, bool), tighter: Ordering) {
    if known.is_none_or(|known| tightness(limit, known, tighter) == Ordering::Greater) {
        *known = Some(limit);
    }
}

/// How tight a limit is beside another: `Greater` is tighter.
fn tightness(a: (&Number, bool), b: (&Number, bool), tighter: Ordering) -> Ordering {
    let order = order(a.0, b.0);
    let order = if tighter == Ordering::Greater { order } else { order.reverse() };
    order.then(a.1.cmp(&b.1))
}

/// The order of numbers; whole ones exactly.
fn order(a: &Number, b: &Number) -> Ordering {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    }
}

impl Comparison<'_> {
    pub(super) fn rules(&mut self, path: &str, old: &[Rule], new: &[Rule], direction: Direction) {
        if old == new {
            return;
        }
        let (old, new) = (Rules::of(old), Rules::of(new));
        match (&old.values, &new.values) {
            (None, None) => {}
            (None, Some(_)) => self.tighter(path, direction, "only listed values are allowed"),
            (Some(_), None) => self.looser(path, direction, "any value is allowed, not only listed ones"),
            (Some(old), Some(new)) => {
                if old.iter().any(|value| !new.contains(value)) {
                    self.tighter(path, direction, "a value is no longer listed");
                }
                if new.iter().any(|value| !old.contains(value)) {
                    self.looser(path, direction, "another value is listed");
                }
            }
        }
        if new.patterns.iter().any(|pattern| !old.patterns.contains(pattern)) {
            self.tighter(path, direction, "it must match another pattern");
        }
        if old.patterns.iter().any(|pattern| !new.patterns.contains(pattern)) {
            self.looser(path, direction, "it need not match its former pattern");
        }
        for (what, old, new, tighter) in [
            ("the smallest number", old.least, new.least, Ordering::Greater),
            ("the largest number", old.most, new.most, Ordering::Less),
        ] {
            let order = match (old, new) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(old), Some(new)) => tightness(new, old, tighter),
            };
            self.limit(path, direction, what, order);
        }
        let shortest = new.shortest.unwrap_or(0).cmp(&old.shortest.unwrap_or(0));
        self.limit(path, direction, "the least length", shortest);
        let longest = old.longest.unwrap_or(u64::MAX).cmp(&new.longest.unwrap_or(u64::MAX));
        self.limit(path, direction, "the largest length", longest);
    }

    fn limit(&mut self, path: &str, direction: Direction, what: &str, tightness: Ordering) {
        match tightness {
            Ordering::Greater => self.tighter(path, direction, &format!("{what} is a tighter limit")),
            Ordering::Less => self.looser(path, direction, &format!("{what} is a looser limit")),
            Ordering::Equal => {}
        }
    }

    fn tighter(&mut self, path: &str, direction: Direction, what: &str) {
        self.narrowed(path, ChangeKind::Narrowed, direction, what);
    }

    fn looser(&mut self, path: &str, direction: Direction, what: &str) {
        self.widened(path, ChangeKind::Widened, direction, what);
    }
}
