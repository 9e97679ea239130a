//! Parameters of a call: single values that travel as text in the path, the query, a header or a cookie.
//!
//! Only the text of one value is the matter here; where it is found, what is missing and how that is told is
//! [`crate::server`]'s. Nothing in this module may quote a value: parameters can be secrets.

use std::fmt;

use crate::{
    model,
    value::{Validator, Value},
};

/// A type that travels as a parameter: text in a path, a query, a header or a cookie.
///
/// Implemented for strings, booleans, integers and finite floats, for enumerations made with
/// `#[message]` and newtypes of any of these, for the view names that `#[message(view(..))]` makes, for
/// [`Millis`](crate::value::Millis), and for the types that the features `jiff`, `chrono`, `time` and `uuid` bring.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel as a parameter",
    label = "not a string, a number, a boolean or an enumeration",
    note = "parameters in the path, the query, headers and cookies are single values",
    note = "put anything larger into the body or a message"
)]
pub trait Parameter: Sized + Send + Sync + 'static {
    /// Reads the value from its decoded text.
    ///
    /// # Errors
    ///
    /// What was expected instead, without the text itself.
    fn parse(text: &str) -> Result<Self, Expected>;

    /// The text of the value, not yet escaped for the place where it travels.
    fn render(&self) -> String;

    /// The schema of the value, for the documents.
    fn schema(types: &mut model::Types) -> model::Schema;

    /// Records which rules of its own type the value breaks: those of a newtype. Both ends ask, before anything is sent.
    #[doc(hidden)]
    #[inline]
    fn check_rules(&self, at: &mut Validator) {
        let _ = at;
    }
}

/// What a parameter should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// A value of this type, in Goa's words: `integer`, `unsigned integer`, `float`, `boolean`, `string`.
    Type(&'static str),
    /// One of these values.
    OneOf(&'static [&'static str]),
    /// A text of this format.
    Format(model::Format),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(what) => write!(f, "expected: {what}"),
            Self::OneOf(values) => write!(f, "expected one of: {}", values.join(", ")),
            Self::Format(format) => write!(f, "expected: {format}"),
        }
    }
}

impl std::error::Error for Expected {}

impl Expected {
    /// The name of the broken rule, as Goa calls it.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::Type(_) => "invalid_field_type",
            Self::OneOf(_) => "invalid_enum_value",
            Self::Format(_) => "invalid_format",
        }
    }

    /// What is wrong with the parameter of that name, in Goa's words but without the value.
    pub(crate) fn message(self, name: &str) -> String {
        match self {
            Self::Type(what) => {
                let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                format!("invalid value for {name:?}, must be {article} {what}")
            }
            Self::OneOf(allowed) => {
                let allowed: Vec<_> = allowed.iter().map(|value| format!("{value:?}")).collect();
                format!("value of {name} must be one of {}", allowed.join(", "))
            }
            Self::Format(format) => format!("{name} must be formatted as a {format}"),
        }
    }
}

impl Parameter for String {
    fn parse(text: &str) -> Result<Self, Expected> {
        Ok(text.to_owned())
    }

    fn render(&self) -> String {
        self.clone()
    }

    fn schema(types: &mut model::Types) -> model::Schema {
        <Self as Value>::schema(types)
    }
}

impl Parameter for bool {
    // The spellings of Go's `strconv.ParseBool`, which is what a Goa server takes.
    fn parse(text: &str) -> Result<Self, Expected> {
        match text {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Ok(true),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Ok(false),
            _ => Err(Expected::Type("boolean")),
        }
    }

    fn render(&self) -> String {
        self.to_string()
    }

    fn schema(types: &mut model::Types) -> model::Schema {
        <Self as Value>::schema(types)
    }
}

macro_rules! integers {
    ($expected:literal: $($integer:ty)*) => {$(
        impl Parameter for $integer {
            fn parse(text: &str) -> Result<Self, Expected> {
                text.parse().map_err(|_| Expected::Type($expected))
            }

            fn render(&self) -> String {
                self.to_string()
            }

            fn schema(types: &mut model::Types) -> model::Schema {
                <Self as Value>::schema(types)
            }
        }
    )*};
}

integers!("integer": i8 i16 i32 i64);
integers!("unsigned integer": u8 u16 u32 u64);

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl Parameter for $float {
            // Infinities and NaN parse in Rust, but no JSON value could carry them on.
            fn parse(text: &str) -> Result<Self, Expected> {
                text.parse().ok().filter(|value: &$float| value.is_finite()).ok_or(Expected::Type("float"))
            }

            fn render(&self) -> String {
                self.to_string()
            }

            fn schema(types: &mut model::Types) -> model::Schema {
                <Self as Value>::schema(types)
            }
        }
    )*};
}

floats!(f32 f64);

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Debug;

    fn round_trip<T: Parameter + PartialEq + Debug>(value: T) {
        assert_eq!(T::parse(&value.render()), Ok(value));
    }

    #[test]
    fn values_survive_their_text() {
        round_trip(String::from("caf\u{e9} & more"));
        round_trip(true);
        round_trip(false);
        round_trip(i8::MIN);
        round_trip(i16::MAX);
        round_trip(i32::MIN);
        round_trip(i64::MAX);
        round_trip(u8::MAX);
        round_trip(u16::MAX);
        round_trip(u32::MAX);
        round_trip(u64::MAX);
        round_trip(f32::MAX);
        round_trip(f64::MIN_POSITIVE);
        round_trip(-0.125_f64);
    }

    #[test]
    fn integers_stay_within_their_bounds() {
        let integer = Err(Expected::Type("integer"));
        assert_eq!(i8::parse("-128"), Ok(-128));
        assert_eq!(i8::parse("-129"), integer);
        assert_eq!(i8::parse("128"), integer);
        let unsigned = Err(Expected::Type("unsigned integer"));
        assert_eq!(u8::parse("255"), Ok(255));
        assert_eq!(u8::parse("256"), unsigned);
        assert_eq!(u8::parse("-1"), unsigned);
        assert_eq!(u8::parse(""), unsigned);
        assert_eq!(u8::parse(" 1"), unsigned);
        assert_eq!(u8::parse("1.0"), unsigned);
    }

    #[test]
    fn floats_are_finite() {
        let float = Err(Expected::Type("float"));
        assert_eq!(f64::parse("1e3"), Ok(1000.0));
        for text in ["inf", "-infinity", "NaN", "1e400", "one", ""] {
            assert_eq!(f64::parse(text), float, "{text}");
        }
        assert_eq!(f32::parse("1e39"), Err(Expected::Type("float")));
    }

    #[test]
    fn booleans_are_spelt_as_in_go() {
        assert_eq!(bool::parse("1"), Ok(true));
        assert_eq!(bool::parse("F"), Ok(false));
        assert_eq!(bool::parse("yes"), Err(Expected::Type("boolean")));
    }

    #[test]
    fn messages_are_goas_without_the_value() {
        let message = Expected::Type("integer").message("depth");
        assert_eq!(message, r#"invalid value for "depth", must be an integer"#);
        let message = Expected::Type("boolean").message("deep");
        assert_eq!(message, r#"invalid value for "deep", must be a boolean"#);
        let expected = Expected::OneOf(&["default", "tiny"]);
        assert_eq!(expected.message("view"), r#"value of view must be one of "default", "tiny""#);
        assert_eq!(expected.rule(), "invalid_enum_value");
        assert_eq!(Expected::Type("float").rule(), "invalid_field_type");
    }
}
