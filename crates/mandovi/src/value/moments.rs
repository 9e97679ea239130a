//! Timestamps, dates, lengths of time and identifiers of the usual crates, each behind a feature of its name.
//!
//! Each is text of a format, read by its own crate. Some take a little more than the format: a space for the `T` of a timestamp, lower
//! case. What is written is always the format.

/// A type whose own serde form is text of a format, and which reads that text.
#[cfg(any(feature = "chrono", feature = "jiff", feature = "uuid"))]
macro_rules! formatted {
    ($($type:ty: $format:ident, $text:expr;)*) => {$(
        impl crate::value::Value for $type {
            const SCALAR: Option<crate::value::Scalar> = Some(crate::value::Scalar::Text);

            fn schema(_: &mut mandovi_model::Types) -> mandovi_model::Schema {
                mandovi_model::Schema::formatted(mandovi_model::Format::$format)
            }
        }

        impl crate::value::NotNull for $type {}

        impl crate::parameter::Parameter for $type {
            fn parse(text: &str) -> Result<Self, crate::parameter::Expected> {
                text.parse().map_err(|_| crate::parameter::Expected::Format(mandovi_model::Format::$format))
            }

            fn render(&self) -> String {
                let text: fn(&$type) -> String = $text;
                text(self)
            }

            fn schema(types: &mut mandovi_model::Types) -> mandovi_model::Schema {
                <Self as crate::value::Value>::schema(types)
            }
        }
    )*};
}

#[cfg(feature = "jiff")]
mod jiff {
    formatted! {
        ::jiff::Timestamp: DateTime, ToString::to_string;
        ::jiff::civil::Date: Date, ToString::to_string;
        ::jiff::SignedDuration: Duration, ToString::to_string;
    }
}

#[cfg(feature = "chrono")]
mod chrono {
    use ::chrono::SecondsFormat::AutoSi;

    formatted! {
        ::chrono::DateTime<::chrono::Utc>: DateTime, |at| at.to_rfc3339_opts(AutoSi, true);
        ::chrono::DateTime<::chrono::FixedOffset>: DateTime, |at| at.to_rfc3339_opts(AutoSi, true);
        ::chrono::NaiveDate: Date, ToString::to_string;
    }
}

#[cfg(feature = "uuid")]
mod uuid {
    formatted! {
        ::uuid::Uuid: Uuid, ToString::to_string;
    }

    impl crate::value::MapKey for ::uuid::Uuid {}
}

#[cfg(feature = "time")]
pub use self::time::Rfc3339;

#[cfg(feature = "time")]
mod time {
    use std::{fmt, ops::Deref};

    use ::time::{
        Date, OffsetDateTime,
        format_description::{BorrowedFormatItem, well_known},
        macros::format_description,
    };
    use mandovi_model::{Format, Schema, Types};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, de::Visitor};

    use crate::{
        parameter::{Expected, Parameter},
        value::{NotNull, Scalar, Validator, Value},
    };

    /// A timestamp or a date of the `time` crate, which travels as RFC 3339 has it. (The crate's own form in JSON is another.)
    ///
    /// `T` is `time::OffsetDateTime` or `time::Date`. Only years from 0 to 9999 have that form; others are a violation.
    #[cfg_attr(docsrs, doc(cfg(feature = "time")))]
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Rfc3339<T>(pub T);

    impl<T> Rfc3339<T> {
        /// The timestamp or date.
        pub fn into_inner(self) -> T {
            self.0
        }
    }

    impl<T: fmt::Debug> fmt::Debug for Rfc3339<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl<T> Deref for Rfc3339<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> From<T> for Rfc3339<T> {
        fn from(moment: T) -> Self {
            Self(moment)
        }
    }

    /// What is wrapped: `time::OffsetDateTime` or `time::Date`, and nothing else.
    #[doc(hidden)]
    pub trait Moment: Copy + Send + Sync + 'static {
        const FORMAT: Format;

        fn read(text: &str) -> Option<Self>;

        /// `None` where RFC 3339 has no way to write it.
        fn write(self) -> Option<String>;
    }

    impl Moment for OffsetDateTime {
        const FORMAT: Format = Format::DateTime;

        fn read(text: &str) -> Option<Self> {
            Self::parse(text, &well_known::Rfc3339).ok()
        }

        fn write(self) -> Option<String> {
            self.format(&well_known::Rfc3339).ok()
        }
    }

    const DATE: &[BorrowedFormatItem<'_>] = format_description!(version = 2, "[year]-[month]-[day]");

    impl Moment for Date {
        const FORMAT: Format = Format::Date;

        fn read(text: &str) -> Option<Self> {
            Self::parse(text, DATE).ok().filter(|_| text.len() == 10)
        }

        fn write(self) -> Option<String> {
            self.format(DATE).ok().filter(|text| text.len() == 10)
        }
    }

    impl<T: Moment> Serialize for Rfc3339<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let text = self.0.write().ok_or_else(|| serde::ser::Error::custom("no such year in RFC 3339"))?;
            serializer.serialize_str(&text)
        }
    }

    impl<'de, T: Moment> Deserialize<'de> for Rfc3339<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Text<T>(std::marker::PhantomData<T>);

            impl<T: Moment> Visitor<'_> for Text<T> {
                type Value = T;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "a {}", T::FORMAT)
                }

                fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
                    T::read(text).ok_or_else(|| E::custom("not of the format"))
                }
            }

            deserializer.deserialize_str(Text(std::marker::PhantomData)).map(Self)
        }
    }

    impl<T: Moment> Value for Rfc3339<T> {
        const SCALAR: Option<Scalar> = Some(Scalar::Text);

        fn schema(_: &mut Types) -> Schema {
            Schema::formatted(T::FORMAT)
        }

        fn validate(&self, at: &mut Validator) {
            if self.0.write().is_none() {
                at.violation("invalid_range", "must be of a year from 0 to 9999, with an offset of whole minutes");
            }
        }
    }

    impl<T> NotNull for Rfc3339<T> {}

    impl<T: Moment> Parameter for Rfc3339<T> {
        fn parse(text: &str) -> Result<Self, Expected> {
            T::read(text).map(Self).ok_or(Expected::Format(T::FORMAT))
        }

        fn render(&self) -> String {
            self.0.write().unwrap_or_default()
        }

        fn schema(types: &mut Types) -> Schema {
            <Self as Value>::schema(types)
        }
    }
}
