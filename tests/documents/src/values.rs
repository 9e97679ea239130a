//! What travels.
#![allow(deprecated, reason = "what is deprecated stands in the design for as long as somebody sends it")]
#![allow(missing_docs, reason = "documents show what has no description as well")]

use std::collections::{BTreeMap, HashMap};
use std::{borrow::Cow, sync::Arc};

use mandovi::prelude::*;
use mandovi::value::{Millis, Rfc3339};
use serde_json::Value;

/// The name of a boat.
#[message(min_length = 2, max_length = 40, pattern = "^[A-Z][ -~]*$", example = "Zuari", example = "Old Goa")]
#[derive(Eq, PartialOrd, Ord, Hash)]
pub struct BoatName(pub String);

/// The number of a berth.
#[message(minimum = 1, maximum = 120, example = 7)]
#[derive(Copy, Eq, PartialOrd, Ord, Hash)]
pub struct Berth(pub u16);

/// What opens the gate.
#[message(secret, min_length = 8)]
pub struct GateCode(pub String);

/// A newtype of before.
#[deprecated]
#[message(format = "uri")]
pub struct Homepage(pub String);

/// What a boat is.
#[message(rename_all = "kebab-case")]
#[derive(Copy, Eq, PartialOrd, Ord, Hash)]
pub enum BoatKind {
    /// It sails.
    SailingBoat,
    /// It carries people across.
    Ferry,
    #[value(rename = "tug")]
    Tugboat,
    /// It was one.
    #[deprecated]
    Wreck,
}

/// How the sea is. Nobody uses these words any more.
#[deprecated]
#[message(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SeaState {
    /// Nothing moves.
    DeadCalm,
    /// Everything does.
    RoughSea,
}

/// What everything in the harbour's book has.
#[message]
pub struct Record {
    /// Identifies it.
    #[field(100)]
    pub id: uuid::Uuid,
    /// When it was written down.
    #[field(101)]
    pub recorded_at: jiff::Timestamp,
}

/// A part of a list.
#[message]
pub struct Page<T> {
    /// What is on it.
    #[field(1, max_length = 50)]
    pub items: Vec<T>,
    /// Where the next one begins; absent on the last.
    #[field(2)]
    pub next: Option<String>,
}

/// Either of two.
#[message]
pub enum Either<L, R> {
    /// The one.
    Left(L),
    /// The other.
    Right(R),
}

/// A boat.
#[message(view(
    card = [name, kind],
    fleet = [name, length, tenders(card), escort(card)],
    full = [name, kind, length, capacity, tenders, escort, crew, calls_by_berth, flag, extra],
))]
pub struct Boat {
    /// Its name.
    #[field(1)]
    pub name: BoatName,
    /// What it is.
    #[field(2, default = BoatKind::Ferry, example = BoatKind::SailingBoat)]
    pub kind: BoatKind,
    /// Its length in metres.
    #[field(3, exclusive_minimum = 0, exclusive_maximum = 400.5, example = 12.5)]
    pub length: f64,
    /// How many it carries.
    #[field(4, minimum = 0, maximum = 9_007_199_254_740_993)]
    pub capacity: Option<u64>,
    /// The boats that belong to it.
    #[field(5, max_length = 8)]
    pub tenders: Vec<Boat>,
    /// The boat that goes before it.
    #[field(6)]
    pub escort: Option<Box<Boat>>,
    /// Who works on it, by what they do.
    #[field(7, min_length = 1)]
    pub crew: BTreeMap<String, Arc<Sailor>>,
    /// How often it called at each berth.
    #[field(8, rename = "callsByBerth")]
    pub calls_by_berth: BTreeMap<Berth, u32>,
    /// Its flag.
    #[field(9, default = "IN", pattern = "^[A-Z]{2}$")]
    pub flag: String,
    /// Whatever the owner likes.
    #[field(10)]
    pub extra: Option<Value>,
    #[field(flatten)]
    pub record: Record,
}

/// Somebody who works on a boat.
#[message(rename_all = "camelCase", from = crate::values::Signed, into = crate::values::Signed)]
pub struct Sailor {
    /// As in the passport.
    #[field(1, min_length = 1, example = "Ana")]
    pub full_name: String,
    /// In years.
    #[field(2, minimum = 14, maximum = 120)]
    pub age_in_years: u8,
    /// Never shown.
    #[field(3, secret, pattern = "^[0-9]{4}$")]
    pub locker_code: Option<String>,
    /// What the sailor was called.
    #[deprecated]
    #[field(4)]
    pub nick_name: Option<Cow<'static, str>>,
}

/// A sailor as the office has them.
#[derive(Debug, Clone)]
pub struct Signed {
    /// As in the passport.
    pub full_name: String,
    /// In years.
    pub age_in_years: u8,
    /// Never shown.
    pub locker_code: Option<String>,
    /// What the sailor was called.
    pub nick_name: Option<Cow<'static, str>>,
}

/// Every primitive there is.
#[message]
pub struct Numbers {
    /// Whether it counts.
    #[field(1, default = true)]
    pub counts: bool,
    #[field(2)]
    pub tiny: i8,
    #[field(3, one_of = [-1, 0, 1], default = 0)]
    pub small: i16,
    #[field(4, exclusive_minimum = -10, exclusive_maximum = 10)]
    pub medium: i32,
    /// More than a double holds.
    #[field(5, example = -9_223_372_036_854_775_808)]
    pub large: i64,
    #[field(6)]
    pub unsigned_tiny: u8,
    #[field(7)]
    pub unsigned_small: u16,
    #[field(8)]
    pub unsigned_medium: u32,
    /// More than a double holds.
    #[field(9, example = 18_446_744_073_709_551_615, maximum = 18_446_744_073_709_551_615)]
    pub unsigned_large: u64,
    #[field(10, minimum = 0.1, maximum = 0.9)]
    pub single: f32,
    #[field(11, one_of = [0.5, 1.5])]
    pub double: f64,
    /// As Rust writes numbers.
    #[field(12, default = vec![1, 2, 3])]
    pub many: Vec<u32>,
}

/// Every format there is, each as a text.
#[message]
pub struct Formats {
    #[field(1, format = "date", example = "2026-11-21")]
    pub date: String,
    #[field(2, format = "date-time", example = "2026-11-21T03:30:00Z")]
    pub date_time: String,
    #[field(3, format = "duration", example = "PT1.5S")]
    pub duration: String,
    #[field(4, format = "uuid")]
    pub uuid: String,
    #[field(5, format = "email")]
    pub email: String,
    #[field(6, format = "hostname")]
    pub hostname: String,
    #[field(7, format = "ipv4")]
    pub ipv4: String,
    #[field(8, format = "ipv6")]
    pub ipv6: String,
    #[field(9, format = "ip")]
    pub ip: String,
    #[field(10, format = "uri")]
    pub uri: String,
    #[field(11, format = "mac")]
    pub mac: String,
    #[field(12, format = "cidr")]
    pub cidr: String,
    #[field(13, format = "regexp")]
    pub regexp: String,
    #[field(14, format = "json")]
    pub json: String,
    #[field(15, format = "rfc1123")]
    pub rfc1123: Option<String>,
}

/// Times and names of the usual crates.
#[message]
pub struct Moments {
    #[field(1, default = jiff::Timestamp::UNIX_EPOCH)]
    pub timestamp: jiff::Timestamp,
    #[field(2)]
    pub day: jiff::civil::Date,
    #[field(3)]
    pub length: jiff::SignedDuration,
    #[field(4)]
    pub in_utc: chrono::DateTime<chrono::Utc>,
    #[field(5)]
    pub with_offset: chrono::DateTime<chrono::FixedOffset>,
    #[field(6)]
    pub naive_day: chrono::NaiveDate,
    #[field(7)]
    pub offset_time: Rfc3339<time::OffsetDateTime>,
    #[field(8)]
    pub plain_day: Rfc3339<time::Date>,
    /// How long to wait.
    #[field(9, default = Millis::from(Duration::from_secs(2)))]
    pub wait: Millis,
    #[field(10, example = "6ba7b810-9dad-11d1-80b4-00c04fd430c8")]
    pub id: uuid::Uuid,
}

/// Maps by every kind of key.
#[message]
pub struct Maps {
    #[field(1, min_length = 1, max_length = 9)]
    pub by_text: BTreeMap<String, Vec<Option<u32>>>,
    #[field(2)]
    pub by_integer: BTreeMap<i64, bool>,
    #[field(3)]
    pub by_boolean: BTreeMap<bool, String>,
    #[field(4)]
    pub by_kind: BTreeMap<BoatKind, u32>,
    #[field(5)]
    pub by_name: HashMap<BoatName, Berth>,
    #[field(6)]
    pub by_id: BTreeMap<uuid::Uuid, Cargo>,
    /// Maps of maps.
    #[field(7)]
    pub by_both: BTreeMap<u8, BTreeMap<BoatName, Value>>,
}

/// What a boat carries.
#[message]
pub enum Cargo {
    /// People.
    Passengers(u32),
    /// Things.
    Goods(Goods),
    /// Letters.
    Mail(Vec<String>),
    /// Nothing at all.
    Empty,
}

/// What is sold by weight.
#[message]
pub struct Goods {
    /// In tonnes.
    #[field(1, exclusive_minimum = 0)]
    pub tonnes: f64,
    /// As it is on the bill.
    #[field(2, one_of = ["salt", "fish", "iron ore"], example = "fish")]
    pub what: String,
    /// A picture.
    #[field(3, max_length = 65_536)]
    pub picture: Option<Base64>,
}

/// What is asked of the harbour, under names of its own.
#[message(tag = "kind", content = "data", rename_all = "PascalCase")]
pub enum Request {
    /// A place to lie.
    Mooring(Berth),
    /// To leave.
    Departure(Moments),
    /// Help.
    #[value(rename = "SOS")]
    Help,
}

/// What older programs send.
#[deprecated]
#[message(legacy)]
pub enum OldRequest {
    /// A place to lie.
    Mooring(u16),
    /// To leave.
    Departure,
}

/// Something that happened.
#[message]
pub struct Happening {
    /// Which it is: streams go on after it.
    #[field(1, event_id)]
    pub number: u64,
    /// What kind of thing.
    #[field(2, event_type, one_of = ["arrival", "departure"])]
    pub kind: String,
    /// Which boat.
    #[field(3)]
    pub boat: BoatName,
    /// What it carried.
    #[field(4)]
    pub cargo: Option<Cargo>,
}

/// A report of everything else.
#[message]
pub struct Report {
    #[field(1)]
    pub numbers: Numbers,
    #[field(2)]
    pub formats: Formats,
    #[field(3)]
    pub moments: Moments,
    #[field(4)]
    pub maps: Maps,
    #[field(5)]
    pub either: Either<BoatName, Vec<Berth>>,
    #[field(6)]
    pub old: Option<Legacies>,
    /// One of a page, as it is.
    #[field(7)]
    pub anything: Value,
}

/// What nobody uses any more.
#[deprecated]
#[message]
pub struct Legacies {
    #[field(1)]
    pub request: OldRequest,
    #[field(2)]
    pub sea: SeaState,
    #[field(3)]
    pub page: Option<Homepage>,
}

/// What comes of a stay.
#[message]
pub struct Stay {
    /// Where it is.
    #[field(1)]
    pub location: String,
    /// How many there are.
    #[field(2)]
    pub count: Option<u32>,
    /// Whether it was paid.
    #[field(3)]
    pub paid: bool,
    /// Proves the stay.
    #[field(4, secret)]
    pub ticket: String,
    /// Which berth.
    #[field(5)]
    pub berth: Berth,
}

/// Who asks for a stay.
#[message]
pub struct Booking {
    /// The boat.
    #[field(1)]
    pub boat: BoatName,
    /// What it wants.
    #[field(2)]
    pub request: Request,
    /// Opens the gate.
    #[field(3)]
    pub gate: GateCode,
}
