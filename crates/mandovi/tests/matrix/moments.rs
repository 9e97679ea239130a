//! Timestamps, dates, lengths of time and identifiers of other crates, each behind its feature.
//!
//! `jiff::Span` is missing: it has no equality, so that a message cannot compare it.

#![allow(dead_code, unused_imports, unused_macros, reason = "without the features nothing is here")]

use crate::arbitrary::{Arbitrary, Dice};
use crate::parameters::Sent;

/// The years that RFC 3339 can write, in seconds: 0001-01-01T00:00:00Z to 9999-12-30T00:00:00Z.
const SECONDS: std::ops::Range<i64> = -62_135_596_800..253_402_128_000;

/// Seconds within [`SECONDS`], and nanoseconds of a length of its own.
fn moment(dice: &mut Dice) -> (i64, u32) {
    let length = SECONDS.end - SECONDS.start;
    let seconds = SECONDS.start + (dice.bits() % length as u64) as i64;
    let nanoseconds = dice.one_of(&[0, 5, 500_000_000, 123_000, 123_456_789, 999_999_999]);
    (seconds, nanoseconds)
}

const EDGES: [(i64, u32); 8] = [
    (SECONDS.start, 0),
    (SECONDS.start, 1),
    (SECONDS.end - 1, 999_999_999),
    (0, 0),
    (0, 1),
    (-1, 999_999_999),
    (951_782_400, 0),
    (1_709_251_199, 100_000_000),
];

/// Implements [`Arbitrary`] for what is made of a moment.
macro_rules! moments {
    ($($ty:ty: $make:expr;)*) => {$(
        impl Arbitrary for $ty {
            const SMALL: bool = true;

            fn arbitrary(dice: &mut Dice) -> Self {
                let make: fn((i64, u32)) -> Self = $make;
                make(moment(dice))
            }

            fn edges() -> Vec<Self> {
                EDGES.into_iter().map($make).collect()
            }
        }

        sent_as_it_is!($ty);
    )*};
}

#[cfg(feature = "jiff")]
mod with_jiff {
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, Timestamp, civil::Date};

    use super::*;

    fn at((seconds, nanoseconds): (i64, u32)) -> Timestamp {
        Timestamp::new(seconds, nanoseconds as i32).unwrap()
    }

    moments! {
        Timestamp: at;
        Date: |moment| at(moment).to_zoned(TimeZone::UTC).date();
        SignedDuration: |(seconds, nanoseconds)| SignedDuration::new(seconds, nanoseconds as i32);
    }

    shapes! {
        timestamp: Timestamp;
        date: Date;
        duration: SignedDuration;
    }

    parameters! {
        timestamp_parameter: Timestamp = [Timestamp::UNIX_EPOCH];
        date_parameter: Date = [Date::constant(2024, 2, 29)];
        duration_parameter: SignedDuration = [SignedDuration::from_secs(90)];
    }
}

#[cfg(feature = "chrono")]
mod with_chrono {
    use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

    use super::*;

    fn at((seconds, nanoseconds): (i64, u32)) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, nanoseconds).unwrap()
    }

    fn there(moment: (i64, u32)) -> DateTime<FixedOffset> {
        let hours = (moment.0 / 1000).rem_euclid(24) as i32 - 12;
        // The first and the last day stay where they are, or they would be in years that RFC 3339 does not have.
        let inside = (SECONDS.start + 86_400..SECONDS.end - 86_400).contains(&moment.0);
        at(moment).with_timezone(&FixedOffset::east_opt(if inside { hours * 3600 + 1800 } else { 0 }).unwrap())
    }

    moments! {
        DateTime<Utc>: at;
        DateTime<FixedOffset>: there;
        NaiveDate: |moment| at(moment).date_naive();
    }

    shapes! {
        timestamp: DateTime<Utc>;
        offset: DateTime<FixedOffset>;
        date: NaiveDate;
    }

    parameters! {
        timestamp_parameter: DateTime<Utc> = [DateTime::UNIX_EPOCH];
        date_parameter: NaiveDate = [NaiveDate::default()];
    }
}

#[cfg(feature = "time")]
mod with_time {
    use mandovi::value::Rfc3339;
    use time::{Date, OffsetDateTime, UtcOffset};

    use super::*;

    fn at((seconds, nanoseconds): (i64, u32)) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap().replace_nanosecond(nanoseconds).unwrap()
    }

    fn there(moment: (i64, u32)) -> OffsetDateTime {
        let hours = ((moment.0 / 1000).rem_euclid(24) - 12) as i8;
        let inside = (SECONDS.start + 86_400..SECONDS.end - 86_400).contains(&moment.0);
        at(moment).to_offset(UtcOffset::from_hms(if inside { hours } else { 0 }, 0, 0).unwrap())
    }

    moments! {
        Rfc3339<OffsetDateTime>: |moment| Rfc3339(there(moment));
        Rfc3339<Date>: |moment| Rfc3339(at(moment).date());
    }

    shapes! {
        timestamp: Rfc3339<OffsetDateTime>;
        date: Rfc3339<Date>;
    }

    parameters! {
        timestamp_parameter: Rfc3339<OffsetDateTime> = [Rfc3339(OffsetDateTime::UNIX_EPOCH)];
    }
}

#[cfg(feature = "uuid")]
mod with_uuid {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;

    impl Arbitrary for Uuid {
        const SMALL: bool = true;

        fn arbitrary(dice: &mut Dice) -> Self {
            Self::from_u64_pair(dice.bits(), dice.bits())
        }

        fn edges() -> Vec<Self> {
            vec![Self::nil(), Self::max()]
        }
    }

    sent_as_it_is!(Uuid);

    shapes! {
        identifier: Uuid;
        by_identifier: BTreeMap<Uuid, bool>;
    }

    parameters! {
        uuid_parameter: Uuid = [Uuid::nil()];
    }
}
