//! What a value keeps beyond its shape.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// A rule that a value keeps beyond its shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// One of these values.
    Enumeration {
        /// The values in the order of the design.
        values: Vec<Value>,
    },
    /// A text in which the regular expression matches somewhere: without `^` and `$` anywhere.
    Pattern {
        /// The regular expression, in the syntax of the `regex` crate: RE2's, with classes that know all of Unicode.
        pattern: String,
    },
    /// A number of at least this.
    Minimum {
        /// The smallest number that is allowed.
        value: Number,
    },
    /// A number above this.
    ExclusiveMinimum {
        /// The largest number that is too small.
        value: Number,
    },
    /// A number of at most this.
    Maximum {
        /// The largest number that is allowed.
        value: Number,
    },
    /// A number below this.
    ExclusiveMaximum {
        /// The smallest number that is too large.
        value: Number,
    },
    /// A text of at least so many characters (Unicode scalar values), an array or map of at least so many elements, bytes
    /// of at least so many.
    MinLength {
        /// How many.
        value: u64,
    },
    /// A text of at most so many characters (Unicode scalar values), an array or map of at most so many elements, bytes of
    /// at most so many.
    MaxLength {
        /// How many.
        value: u64,
    },
}

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a text must look like.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, as designs and documents have it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

formats! {
    /// A date: RFC 3339 `full-date`.
    Date = "date",
    /// A time on a date: RFC 3339 `date-time`.
    DateTime = "date-time",
    /// A length of time: ISO 8601, as in RFC 3339 appendix A.
    Duration = "duration",
    /// A UUID (RFC 9562).
    Uuid = "uuid",
    /// An address of mail (RFC 5322).
    Email = "email",
    /// The name of a host (RFC 1123).
    Hostname = "hostname",
    /// An IPv4 address.
    Ipv4 = "ipv4",
    /// An IPv6 address.
    Ipv6 = "ipv6",
    /// An IPv4 or IPv6 address.
    Ip = "ip",
    /// A URI (RFC 3986).
    Uri = "uri",
    /// An IEEE 802 MAC-48, EUI-48 or EUI-64 address.
    Mac = "mac",
    /// A range of IP addresses (RFC 4632, RFC 4291).
    Cidr = "cidr",
    /// A regular expression, in the syntax of the `regex` crate.
    Regexp = "regexp",
    /// JSON.
    Json = "json",
    /// A date and time as RFC 1123 has it.
    Rfc1123 = "rfc1123",
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.iter().copied().find(|format| format.as_str() == name).ok_or(UnknownFormat)
    }
}

/// A text is the name of no [`Format`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the name of a format")
    }
}

impl std::error::Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_the_names_that_json_has() {
        for &format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(serde_json::to_value(format).expect("a name"), format.as_str());
        }
        assert_eq!("Date".parse::<Format>(), Err(UnknownFormat));
    }

    #[test]
    fn limits_are_exact_in_json() {
        let rule = Rule::Maximum { value: u64::MAX.into() };
        let json = serde_json::to_string(&rule).expect("plain data");
        assert_eq!(json, r#"{"rule":"maximum","value":18446744073709551615}"#);
        assert_eq!(serde_json::from_str::<Rule>(&json).expect("the same"), rule);
    }
}
