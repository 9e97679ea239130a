//! What is wrong with a value, and where.

use std::{error::Error, fmt};

use super::{Value, rules::Of};

/// At most this many violations of one value are reported.
pub const MAX_VIOLATIONS: usize = 16;

/// One way in which a value breaks its contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Where: `sent_at`, `items[3].name`; empty is the value itself.
    pub path: String,
    /// The broken rule by Goa's name: `missing_field`, `invalid_field_type`, `invalid_enum_value`, `invalid_range`,
    /// `invalid_length`, `invalid_format`, `invalid_pattern`, `decode_payload`.
    pub rule: &'static str,
    /// What is wrong, for a person. It never repeats the value.
    pub message: String,
}

impl Violation {
    /// A violation of a rule at a path.
    pub fn new(path: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), rule, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A value breaks its contract: never empty, at most [`MAX_VIOLATIONS`] violations. One word, so that results stay small.
// The double indirection is what makes it one word: a boxed slice is two.
#[expect(clippy::box_collection)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(Box<Vec<Violation>>);

impl Invalid {
    /// One violation.
    pub fn new(path: impl Into<String>, rule: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(vec![Violation::new(path, rule, message)]))
    }

    /// Several violations, of which the first [`MAX_VIOLATIONS`] are kept; `None` where there are none.
    pub fn from_violations(mut violations: Vec<Violation>) -> Option<Self> {
        violations.truncate(MAX_VIOLATIONS);
        (!violations.is_empty()).then(|| Self(Box::new(violations)))
    }

    /// The violations in the order in which they were found.
    pub fn violations(&self) -> &[Violation] {
        &self.0
    }

    /// The violations, owned.
    pub fn into_violations(self) -> Vec<Violation> {
        *self.0
    }
}

impl fmt::Display for Invalid {
    /// All messages, joined by `; `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&violation.message)?;
        }
        Ok(())
    }
}

impl Error for Invalid {}

/// Collects what is wrong with a value while [`Value::validate`] walks over it.
///
/// A path is put together only once something is wrong: each container adds its step to what its content has recorded, so
/// that valid values cost no allocation.
#[derive(Debug, Default)]
pub struct Validator {
    findings: Vec<Finding>,
}

#[derive(Debug)]
struct Finding {
    path: String,
    rule: &'static str,
    of: Of,
    requirement: String,
}

impl Validator {
    /// Nothing wrong so far.
    pub const fn new() -> Self {
        Self { findings: Vec::new() }
    }

    /// Records that the value at hand breaks a rule; the requirement continues "value of x", as in `must be a finite number`.
    pub fn violation(&mut self, rule: &'static str, requirement: impl Into<String>) {
        self.finding("", rule, Of::Value, requirement.into());
    }

    /// The same of a member of the value at hand; an empty name is the value itself.
    pub(super) fn finding(&mut self, name: &str, rule: &'static str, of: Of, requirement: String) {
        if self.findings.len() < MAX_VIOLATIONS {
            self.findings.push(Finding { path: name.to_owned(), rule, of, requirement });
        }
    }

    /// Validates the member of that name.
    #[inline]
    pub fn field<T: Value>(&mut self, name: &str, value: &T) {
        let before = self.findings.len();
        value.validate(self);
        if self.findings.len() > before {
            self.prefix(before, &|| name.to_owned());
        }
    }

    /// Validates the element of that index.
    #[inline]
    pub fn index<T: Value>(&mut self, index: usize, value: &T) {
        let before = self.findings.len();
        value.validate(self);
        if self.findings.len() > before {
            self.prefix(before, &|| format!("[{index}]"));
        }
    }

    /// Puts a step in front of the paths of the findings from `from` on.
    #[cold]
    fn prefix(&mut self, from: usize, step: &dyn Fn() -> String) {
        for finding in &mut self.findings[from..] {
            finding.path = join(&step(), &finding.path);
        }
    }

    /// # Errors
    /// Something was recorded.
    #[inline]
    pub fn finish(self) -> Result<(), Invalid> {
        if self.findings.is_empty() { Ok(()) } else { Err(self.into_invalid()) }
    }

    /// Whether nothing was recorded.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The same, of a value that stands at a path.
    ///
    /// # Errors
    /// Something was recorded.
    #[inline]
    pub(crate) fn finish_at(mut self, path: &str) -> Result<(), Invalid> {
        if !self.findings.is_empty() {
            self.prefix(0, &|| path.to_owned());
        }
        self.finish()
    }

    #[cold]
    fn into_invalid(self) -> Invalid {
        let violations = self.findings.into_iter().map(|finding| {
            let message = finding.of.message(&finding.path, &finding.requirement);
            Violation::new(finding.path, finding.rule, message)
        });
        Invalid(Box::new(violations.collect()))
    }
}

/// A path and what follows it: `items` and `[3]`, `items[3]` and `name`.
pub(super) fn join(step: &str, rest: &str) -> String {
    match rest.as_bytes().first() {
        None => step.to_owned(),
        Some(b'[') => format!("{step}{rest}"),
        Some(_) if step.is_empty() => rest.to_owned(),
        Some(_) => format!("{step}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_word() {
        assert_eq!(size_of::<Invalid>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Invalid>>(), size_of::<usize>());
    }

    #[test]
    fn at_most_sixteen_violations_are_kept() {
        let mut validator = Validator::new();
        validator.field("items", &vec![f64::NAN; 40]);
        let invalid = validator.finish().expect_err("forty wrong numbers");
        assert_eq!(invalid.violations().len(), MAX_VIOLATIONS);
        assert_eq!(invalid.violations()[15].path, "items[15]");
    }

    #[test]
    fn steps_join_to_paths() {
        assert_eq!(join("items", "[3]"), "items[3]");
        assert_eq!(join("items", &join("[3]", "name")), "items[3].name");
        assert_eq!(join("name", ""), "name");
    }
}
