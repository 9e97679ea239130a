//! What a design says of its connections: limits, heartbeat, slow consumers, health. All of it may be left to the server.
//!
//! A service says it for its methods, a method for itself: what the method says counts, then what the service says, then what the
//! server was told. [`Service::tuning_of`] has what holds for a method.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Method, Service};

/// What a design says of the connections of a service, or of a method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Tuning {
    /// What a connection allows, and how long it waits.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// How silent peers are asked whether they are there.
    #[serde(skip_serializing_if = "Heartbeat::is_empty")]
    pub heartbeat: Heartbeat,
    /// What `send` does when the peer is slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<SlowConsumer>,
    /// What a healthy connection is.
    #[serde(skip_serializing_if = "Health::is_empty")]
    pub health: Health,
}

impl Tuning {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This, and where it says nothing what the other one says.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        Self {
            limits: self.limits.over(&other.limits),
            heartbeat: self.heartbeat.over(&other.heartbeat),
            slow: self.slow.or(other.slow),
            health: self.health.over(&other.health),
        }
    }

    /// What is said, by the words of the design and in their order: `limits.max_message_size`, `slow`.
    pub fn settings(&self) -> Vec<(&'static str, Setting)> {
        let mut said = Vec::new();
        self.limits.list(&mut said);
        self.heartbeat.list(&mut said);
        said.extend(self.slow.map(|slow| ("slow", Setting::Slow(slow))));
        self.health.list(&mut said);
        said
    }
}

impl Service {
    /// What the design says of a method's connections: the method's own words, else the service's. What says nothing of
    /// that method, such as the size of messages where none come from the client, is not in it.
    pub fn tuning_of(&self, method: &Method) -> Tuning {
        let mut tuning = method.tuning.over(&self.tuning);
        let streaming = &method.streaming;
        let concerns = Concerns {
            asked: streaming.input.is_some() || method.body.is_some(),
            input: streaming.input.is_some(),
            output: streaming.output.is_some(),
            stream: !streaming.is_unary(),
            opened: !streaming.is_unary() || method.body.is_some(),
            events: streaming.has_events(),
        };
        tuning.limits.keep(&concerns);
        tuning.heartbeat.keep(&concerns);
        tuning.slow = tuning.slow.filter(|_| concerns.output);
        tuning.health.keep(&concerns);
        tuning
    }
}

/// Which words say something of a method.
struct Concerns {
    /// Something comes from the client, be it a body.
    asked: bool,
    input: bool,
    output: bool,
    stream: bool,
    /// There is something to wait for before the method begins.
    opened: bool,
    events: bool,
}

macro_rules! group {
    (
        $(#[$doc:meta])* $name:ident as $prefix:literal;
        $($(#[$about:meta])* $field:ident: $ty:ty = $kind:ident $word:literal for $concern:ident,)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$about])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$ty>,)*
        }

        impl $name {
            /// Whether nothing is said.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            fn over(&self, other: &Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }

            fn keep(&mut self, concerns: &Concerns) {
                $(self.$field = self.$field.filter(|_| concerns.$concern);)*
            }

            fn list(&self, said: &mut Vec<(&'static str, Setting)>) {
                $(said.extend(self.$field.map(|value| (concat!($prefix, ".", $word), Setting::$kind(value))));)*
            }
        }
    };
}

group! {
    /// What a connection allows, and how long it waits. Sizes are in bytes, times in milliseconds; zero is "none" and "never".
    Limits as "limits";
    /// The largest message, or body, that a client may send.
    max_message_size: u64 = Size "max_message_size" for asked,
    /// The largest frame that a client may send.
    max_frame_size: u64 = Size "max_frame_size" for input,
    /// How many messages a client may send.
    message_rate: MessageRate = Rate "message_rate" for input,
    /// How much is read at once.
    read_buffer_size: u64 = Size "read_buffer_size" for input,
    /// How much may wait to be written.
    outbox_size: u64 = Size "outbox_size" for output,
    /// Up to how much is gathered for one write.
    write_buffer_size: u64 = Size "write_buffer_size" for output,
    /// How long a peer may take nothing while something waits to be written.
    write_timeout_ms: u64 = Time "write_timeout" for stream,
    /// How long to wait for the peer's part of the close handshake.
    close_timeout_ms: u64 = Time "close_timeout" for stream,
    /// How long a handler may go on, without taking anything, after the peer has left.
    leave_timeout_ms: u64 = Time "leave_timeout" for input,
    /// How long the opening handshake, or a body, may take.
    handshake_timeout_ms: u64 = Time "handshake_timeout" for opened,
    /// How long the peer's operating system may leave unacknowledged what was sent.
    tcp_timeout_ms: u64 = Time "tcp_timeout" for stream,
    /// How long a connection may be open without a message in either direction.
    idle_timeout_ms: u64 = Time "idle_timeout" for stream,
    /// How long a connection may be open at all.
    max_lifetime_ms: u64 = Time "max_lifetime" for stream,
}

group! {
    /// How silent peers are asked whether they are there. Times are in milliseconds; zero is "never".
    Heartbeat as "heartbeat";
    /// After how long a silent peer is asked.
    interval_ms: u64 = Time "interval" for stream,
    /// How long its answer may take.
    timeout_ms: u64 = Time "timeout" for stream,
    /// What no answer means.
    missed: MissedPong = Missed "missed" for stream,
    /// How often a silent stream of server-sent events says that it is there.
    events_ms: u64 = Time "events" for events,
}

group! {
    /// What a healthy connection is, and what is done about others. Zero is "not judged".
    Health as "health";
    /// How long nothing may have been heard of the peer, in milliseconds.
    max_ping_age_ms: u64 = Time "max_ping_age" for stream,
    /// How many messages that break the contract are one too many.
    max_errors: u32 = Count "max_errors" for input,
    /// Within how long they are counted, in milliseconds.
    error_window_ms: u64 = Time "error_window" for input,
    /// How full the outbox may be, in percent.
    max_queue_percent: u8 = Percent "max_queue" for output,
    /// For how long it may be that full, in milliseconds.
    full_for_ms: u64 = Time "full_for" for output,
    /// How many messages the peer may send in a second.
    max_message_rate: u32 = PerSecond "max_message_rate" for input,
    /// How large a message of the peer may be, in bytes.
    max_message_size: u64 = Size "max_message_size" for input,
    /// What is done about a degraded connection.
    degraded: HealthAction = Action "degraded" for stream,
    /// What is done about an unhealthy one.
    unhealthy: HealthAction = Action "unhealthy" for stream,
}

/// How many messages a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageRate {
    /// Messages for each second; zero for no limit.
    pub per_second: u32,
    /// Messages at once.
    pub burst: u32,
}

impl MessageRate {
    /// So many for each second, and so many at once.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second, burst }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident; $($(#[$about:meta])* $variant:ident = $word:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The word of the design.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What a ping without an answer means.
    MissedPong;
    /// The peer is dead where it must answer.
    Auto = "auto",
    /// The peer is dead.
    Close = "close",
    /// Nothing: TCP is the judge.
    Ignore = "ignore",
}

words! {
    /// What `send` does when the peer is slow.
    SlowConsumer;
    /// It waits for room.
    Wait = "wait",
    /// It drops the oldest messages.
    DropOldest = "drop_oldest",
    /// It drops the message that it was given.
    DropNewest = "drop_newest",
    /// It replaces the message of the same key.
    LatestPerKey = "latest_per_key",
    /// It closes the connection.
    Close = "close",
}

/// What is done about a connection that is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthAction {
    /// It is told.
    Log,
    /// It is told, and messages are dropped.
    Shed,
    /// It is told, and the connection is closed with this code.
    Close(u16),
}

/// The value of one setting. Its text is how a design has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// Bytes.
    Size(u64),
    /// Milliseconds; zero is "never".
    Time(u64),
    /// Messages.
    Rate(MessageRate),
    /// Messages for each second; zero is "not judged".
    PerSecond(u32),
    /// A number; zero is "not judged".
    Count(u32),
    /// A share; zero is "not judged".
    Percent(u8),
    /// What a ping without an answer means.
    Missed(MissedPong),
    /// What `send` does when the peer is slow.
    Slow(SlowConsumer),
    /// What is done about a connection.
    Action(HealthAction),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// In the largest of these units that leaves no rest.
        fn in_units(value: u64, units: &[(u64, &'static str)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let whole = units.iter().find(|(unit, _)| value.is_multiple_of(*unit));
            let (unit, name) = whole.copied().unwrap_or((1, ""));
            write!(f, "{}{name}", value / unit)
        }
        match self {
            Self::Size(0)
            | Self::Time(0)
            | Self::Rate(MessageRate { per_second: 0, .. })
            | Self::PerSecond(0)
            | Self::Count(0)
            | Self::Percent(0) => f.write_str("none"),
            Self::Size(bytes) => {
                in_units(*bytes, &[(1 << 30, " GiB"), (1 << 20, " MiB"), (1 << 10, " KiB"), (1, " B")], f)
            }
            Self::Time(time) => in_units(*time, &[(3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")], f),
            Self::Rate(MessageRate { per_second, burst }) => write!(f, "{per_second}/s, {burst} at once"),
            Self::PerSecond(rate) => write!(f, "{rate}/s"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(share) => write!(f, "{share}%"),
            Self::Missed(missed) => f.write_str(missed.as_str()),
            Self::Slow(slow) => f.write_str(slow.as_str()),
            Self::Action(HealthAction::Log) => f.write_str("log"),
            Self::Action(HealthAction::Shed) => f.write_str("shed"),
            Self::Action(HealthAction::Close(code)) => write!(f, "close({code})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Schema, Verb};

    #[test]
    fn a_method_says_more_than_its_service_and_only_what_concerns_it() {
        let mut service = Service::new("Feed");
        service.tuning.limits.max_message_size = Some(1024);
        service.tuning.limits.idle_timeout_ms = Some(60_000);
        service.tuning.limits.message_rate = Some(MessageRate::new(10, 20));
        service.tuning.slow = Some(SlowConsumer::DropOldest);
        let mut method = Method::new("put", Verb::Get, "/put");
        method.tuning.limits.max_message_size = Some(2048);
        assert!(service.tuning_of(&method).is_empty(), "nothing comes, and nothing is open");

        method.body = Some(Schema::string());
        let said = |service: &Service, method: &Method| -> Vec<String> {
            let settings = service.tuning_of(method).settings();
            settings.iter().map(|(word, value)| format!("{word} = {value}")).collect()
        };
        assert_eq!(said(&service, &method), ["limits.max_message_size = 2 KiB"]);
        method.body = None;
        method.streaming.input = Some(Schema::string());
        assert_eq!(
            said(&service, &method),
            ["limits.max_message_size = 2 KiB", "limits.message_rate = 10/s, 20 at once", "limits.idle_timeout = 1m"]
        );
        method.streaming.output = method.streaming.input.take();
        assert_eq!(said(&service, &method), ["limits.idle_timeout = 1m", "slow = drop_oldest"]);
    }

    #[test]
    fn values_read_as_a_design_has_them() {
        let cases = [
            (Setting::Size(1), "1 B"),
            (Setting::Size(1025), "1025 B"),
            (Setting::Size(3 << 20), "3 MiB"),
            (Setting::Time(1500), "1500ms"),
            (Setting::Time(90_000), "90s"),
            (Setting::Time(7_200_000), "2h"),
            (Setting::Time(0), "none"),
            (Setting::Rate(MessageRate::new(0, 0)), "none"),
            (Setting::PerSecond(7), "7/s"),
            (Setting::Percent(80), "80%"),
            (Setting::Missed(MissedPong::Ignore), "ignore"),
            (Setting::Action(HealthAction::Close(1008)), "close(1008)"),
        ];
        for (setting, text) in cases {
            assert_eq!(setting.to_string(), text);
        }
    }

    #[test]
    fn the_published_form_is_short_and_reads_back() {
        let mut tuning = Tuning::default();
        assert_eq!(serde_json::to_string(&tuning).unwrap(), "{}");
        tuning.limits.idle_timeout_ms = Some(0);
        tuning.heartbeat.missed = Some(MissedPong::Close);
        tuning.health.unhealthy = Some(HealthAction::Close(1008));
        let json = serde_json::to_string(&tuning).unwrap();
        assert_eq!(
            json,
            r#"{"limits":{"idle_timeout_ms":0},"heartbeat":{"missed":"close"},"health":{"unhealthy":{"close":1008}}}"#
        );
        assert_eq!(serde_json::from_str::<Tuning>(&json).unwrap(), tuning);
    }
}
