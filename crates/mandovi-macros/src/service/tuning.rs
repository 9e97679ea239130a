//! What a design says of its connections: `limits(..)`, `heartbeat(..)`, `slow = ..`, `health(..)`, on the service or on a method.
//!
//! A word is a row of one table: its kind says how its value is written, its concern which methods it says something of, and
//! two paths where it goes, in the runtime's settings and in the model.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::{
    Ident, Lit, LitInt, Token,
    ext::IdentExt as _,
    parenthesized,
    parse::{Parse, ParseStream},
};

use super::method::Method;
use crate::{
    diagnostics::Mistakes,
    runtime::Runtime,
    syntax::{in_brackets, options},
};

/// A word of a design, and where its value goes.
struct Word {
    group: &'static str,
    name: &'static str,
    kind: Kind,
    concern: Concern,
    /// Whether `none` says something.
    none: bool,
    settings: &'static str,
    model: &'static str,
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Bytes, at least and at most.
    Size(u64, u64),
    Time,
    /// Messages for each second, and at once.
    Rate,
    Burst,
    PerSecond,
    Count,
    Percent,
    Missed,
    Slow,
    Action,
}

/// Which methods a word says something of.
#[derive(Clone, Copy)]
enum Concern {
    /// Those to which something comes, be it a body.
    Asked,
    /// Those that take input.
    Input,
    /// Those that send.
    Output,
    /// Those that have a connection.
    Stream,
    /// Those that have a connection, or a body to wait for.
    Opened,
    /// Streams of server-sent events.
    Events,
}

const KIB: u64 = 1024;
/// Of any size, so that it can be told on every machine.
const MOST_BYTES: u64 = 1024 * 1024 * KIB;
const BYTES: Kind = Kind::Size(1, MOST_BYTES);
const BUFFER: Kind = Kind::Size(KIB, 1024 * KIB);
const MOST_MILLISECONDS: u64 = 365 * 24 * 60 * 60 * 1000;

macro_rules! words {
    ($($group:literal { $($name:literal, $kind:expr, $concern:ident, $none:literal, $settings:literal, $model:literal;)* })*) => {
        const WORDS: &[Word] = &[$($(Word {
            group: $group,
            name: $name,
            kind: $kind,
            concern: Concern::$concern,
            none: $none,
            settings: $settings,
            model: $model,
        },)*)*];
    };
}

words! {
    "limits" {
        "max_message_size", BYTES, Asked, false, "max_message_size", "limits.max_message_size";
        "max_frame_size", BYTES, Input, false, "max_frame_size", "limits.max_frame_size";
        "message_rate", Kind::Rate, Input, true, "message_rate", "limits.message_rate";
        "burst", Kind::Burst, Input, false, "", "";
        "read_buffer_size", BUFFER, Input, false, "read_buffer_size", "limits.read_buffer_size";
        "outbox_size", BYTES, Output, false, "outbox_size", "limits.outbox_size";
        "write_buffer_size", BUFFER, Output, false, "write_buffer_size", "limits.write_buffer_size";
        "write_timeout", Kind::Time, Stream, false, "write_timeout", "limits.write_timeout_ms";
        "close_timeout", Kind::Time, Stream, false, "close_timeout", "limits.close_timeout_ms";
        "leave_timeout", Kind::Time, Input, false, "leave_timeout", "limits.leave_timeout_ms";
        "handshake_timeout", Kind::Time, Opened, false, "handshake_timeout", "limits.handshake_timeout_ms";
        "tcp_timeout", Kind::Time, Stream, true, "tcp_timeout", "limits.tcp_timeout_ms";
        "idle_timeout", Kind::Time, Stream, true, "idle_timeout", "limits.idle_timeout_ms";
        "max_lifetime", Kind::Time, Stream, true, "max_lifetime", "limits.max_lifetime_ms";
    }
    "heartbeat" {
        "interval", Kind::Time, Stream, true, "ping_interval", "heartbeat.interval_ms";
        "timeout", Kind::Time, Stream, false, "pong_timeout", "heartbeat.timeout_ms";
        "missed", Kind::Missed, Stream, false, "missed_pong", "heartbeat.missed";
        "events", Kind::Time, Events, true, "event_heartbeat", "heartbeat.events_ms";
    }
    "slow" {
        "slow", Kind::Slow, Output, false, "slow_consumer", "slow";
    }
    "health" {
        "max_ping_age", Kind::Time, Stream, true, "health.max_ping_age", "health.max_ping_age_ms";
        "max_errors", Kind::Count, Input, true, "health.max_errors", "health.max_errors";
        "error_window", Kind::Time, Input, false, "health.error_window", "health.error_window_ms";
        "max_queue", Kind::Percent, Output, true, "health.max_queue_percent", "health.max_queue_percent";
        "full_for", Kind::Time, Output, false, "health.full_for", "health.full_for_ms";
        "max_message_rate", Kind::PerSecond, Input, true, "health.max_message_rate", "health.max_message_rate";
        "max_message_size", BYTES, Input, true, "health.max_message_size", "health.max_message_size";
        "degraded", Kind::Action, Stream, false, "health.degraded", "health.degraded";
        "unhealthy", Kind::Action, Stream, false, "health.unhealthy", "health.unhealthy";
    }
}

/// What `none` in place of a whole group says.
const NOTHING_ASKED: [&str; 2] = ["interval", "events"];
const NOTHING_JUDGED: [&str; 5] = ["max_ping_age", "max_errors", "max_queue", "max_message_rate", "max_message_size"];

fn words_of(group: &str) -> impl Iterator<Item = &'static Word> + use<'_> {
    WORDS.iter().filter(move |word| word.group == group)
}

/// What is said on a service, or on a method.
#[derive(Default)]
pub(super) struct Tuning {
    given: Vec<Given>,
    /// The groups that were there.
    groups: Vec<String>,
}

/// A word that is there.
#[derive(Clone)]
struct Given {
    word: &'static Word,
    /// Where it stands.
    key: Ident,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    /// Bytes, milliseconds, messages, percent; zero is none.
    Number(u64),
    /// Each second, at once.
    Rate(u32, u32),
    /// The variant, of an enumeration that runtime and model name alike.
    Variant(&'static str),
    Close(u16),
}

impl Tuning {
    /// Reads an option; `false` where it is none of these.
    pub(super) fn option(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        let group = key.to_string();
        if words_of(&group).next().is_none() {
            return match WORDS.iter().find(|word| group == word.name) {
                Some(word) => {
                    let text = format!("this belongs into a group: write `{}({group} = ..)`", word.group);
                    Err(syn::Error::new(key.span(), text))
                }
                None => Ok(false),
            };
        }
        if self.groups.contains(&group) {
            let text = format!("`{group}` is already there: put everything into one of them");
            return Err(syn::Error::new(key.span(), text));
        }
        self.groups.push(group.clone());
        match group.as_str() {
            "slow" => {
                input.parse::<Token![=]>()?;
                let word = &WORDS[WORDS.iter().position(|word| word.name == "slow").unwrap_or_default()];
                let value = value(word, input)?;
                self.given.push(Given { word, key: key.clone(), value });
            }
            "heartbeat" if input.peek(Token![=]) => self.none(key, &NOTHING_ASKED, input)?,
            "health" if input.peek(Token![=]) => self.none(key, &NOTHING_JUDGED, input)?,
            _ => self.group(&group, key, input)?,
        }
        Ok(true)
    }

    /// `heartbeat = none`.
    fn none(&mut self, group: &Ident, names: &[&str], input: ParseStream<'_>) -> syn::Result<()> {
        input.parse::<Token![=]>()?;
        let none = input.call(Ident::parse_any)?;
        if none != "none" {
            let text = format!("only `{group} = none` is written like this; otherwise write `{group}(..)`");
            return Err(syn::Error::new(none.span(), text));
        }
        let words = words_of(if *group == "health" { "health" } else { "heartbeat" });
        let words = words.filter(|word| names.contains(&word.name));
        self.given.extend(words.map(|word| Given { word, key: group.clone(), value: zero(word.kind) }));
        Ok(())
    }

    /// `limits(max_message_size = "64 KiB")`.
    fn group(&mut self, group: &str, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let example = match group {
            "limits" => "limits(max_message_size = \"64 KiB\")",
            "heartbeat" => "heartbeat(interval = \"10s\")",
            _ => "health(max_errors = 10)",
        };
        let content = in_brackets(input, example)?;
        if content.is_empty() {
            return Err(syn::Error::new(key.span(), format!("nothing is said here: write `{example}`")));
        }
        let before = self.given.len();
        let mut burst: Option<(Ident, u32)> = None;
        options(&content, |key, input| {
            let Some(word) = words_of(group).find(|word| key == word.name) else { return Err(unknown(group, &key)) };
            let twice = self.given.iter().any(|given| given.key == key && given.word.group == group);
            if twice || (word.kind == Kind::Burst && burst.is_some()) {
                return Err(syn::Error::new(key.span(), "this is already said: take one of the two away"));
            }
            input.parse::<Token![=]>()?;
            let value = value(word, input)?;
            match (word.kind, value) {
                (Kind::Burst, Value::Number(number)) => burst = Some((key, u32::try_from(number).unwrap_or(u32::MAX))),
                _ => self.given.push(Given { word, key, value }),
            }
            Ok(())
        })?;
        if let Some((key, burst)) = burst {
            let rate = self.given[before..].iter_mut().find(|given| given.word.kind == Kind::Rate);
            match rate.map(|given| &mut given.value) {
                Some(Value::Rate(1.., at_once)) => *at_once = burst,
                _ => {
                    let text = "a burst belongs to a rate: write `message_rate = \"100/s\", burst = 200`";
                    return Err(syn::Error::new(key.span(), text));
                }
            }
        }
        Ok(())
    }

    /// Whether a client's connections are looked after otherwise: it asks as often as the server does.
    fn heartbeat(&self) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(|given| given.word.group == "heartbeat" && given.word.name != "events")
    }

    fn find<'a>(&'a self, service: Option<&'a Self>, group: &str, name: &str) -> Option<&'a Given> {
        let known =
            |tuning: &'a Self| tuning.given.iter().find(|given| given.word.group == group && given.word.name == name);
        known(self).or_else(|| service.and_then(known))
    }

    /// Holds what a service says against itself.
    pub(super) fn check(&self, mistakes: &mut Mistakes) {
        self.agrees(None, mistakes);
    }

    /// Holds what a method says against what it is, and against what its service says.
    pub(super) fn check_method(&self, method: &Method, service: &Self, mistakes: &mut Mistakes) {
        let before = self.given.iter().filter_map(|given| Some((given, misplaced(given.word.concern, method)?)));
        let mut told: Option<&Ident> = None;
        for (given, text) in before {
            // `heartbeat = none` is several words at one place.
            if told.replace(&given.key).is_none_or(|key| key != &given.key) && !self.concerns_in_part(given, method) {
                mistakes.at(&given.key, text);
            }
        }
        self.agrees(Some(service), mistakes);
    }

    /// Whether some of what this `none` says concerns the method.
    fn concerns_in_part(&self, given: &Given, method: &Method) -> bool {
        given.key == given.word.group
            && self.given.iter().any(|other| other.key == given.key && misplaced(other.word.concern, method).is_none())
    }

    /// Two words that cannot both be meant.
    fn agrees(&self, service: Option<&Self>, mistakes: &mut Mistakes) {
        let number = |group: &str, name: &str| {
            let given = self.find(service, group, name)?;
            match given.value {
                Value::Number(number) => Some((given, number)),
                _ => None,
            }
        };
        // What the service says by itself was told there.
        let at = |first: &Given, second: &Given| {
            let own = |given: &Given| self.given.iter().any(|known| std::ptr::eq(known, given));
            let given = if own(first) { first } else { second };
            own(given).then(|| given.key.clone())
        };
        let mut tell = |first: &Given, second: &Given, text: &str| {
            if let Some(key) = at(first, second) {
                mistakes.at(&key, text);
            }
        };
        if let (Some((frame, frames)), Some((message, messages))) =
            (number("limits", "max_frame_size"), number("limits", "max_message_size"))
            && frames > messages
        {
            tell(frame, message, "no frame is larger than the message it is of: write at most `max_message_size`");
        }
        if let (Some((most, judged)), Some((message, messages))) =
            (number("health", "max_message_size"), number("limits", "max_message_size"))
            && judged >= messages
        {
            tell(most, message, "no message gets that large: write less than `max_message_size` of `limits`");
        }
        if let (Some((age, oldest)), Some((interval, between))) =
            (number("health", "max_ping_age"), number("heartbeat", "interval"))
            && oldest > 0
            && oldest <= between
        {
            tell(age, interval, "every silent peer would be unhealthy: write more than the `interval` of `heartbeat`");
        }
        if let Some((interval, 0)) = number("heartbeat", "interval")
            && let Some(timeout) = self.find(None, "heartbeat", "timeout").or(self.find(None, "heartbeat", "missed"))
        {
            tell(timeout, interval, "nobody is asked, so nobody answers: write an `interval`, or take this away");
        }
    }

    /// The function from settings to settings; nothing where nothing is said.
    pub(super) fn function(&self, runtime: &Runtime) -> Option<TokenStream> {
        function(runtime, self.given.iter())
    }

    /// The same for a client: what its service and its method say of the heartbeat.
    pub(super) fn client_function(&self, runtime: &Runtime, service: &Self) -> Option<TokenStream> {
        function(runtime, service.heartbeat().chain(self.heartbeat()))
    }

    /// The statements that fill the model.
    pub(super) fn model(&self, runtime: &Runtime, place: &TokenStream) -> TokenStream {
        let statements = self.given.iter().map(|Given { word, value, .. }| {
            let path = path(word.model);
            let value = match (word.kind, *value) {
                (Kind::Rate, Value::Rate(per_second, burst)) => {
                    quote!(#runtime::model::MessageRate::new(#per_second, #burst))
                }
                (Kind::PerSecond | Kind::Count, Value::Number(number)) => u32_of(number),
                (Kind::Percent, Value::Number(number)) => u8_of(number),
                (_, Value::Number(number)) => quote!(#number),
                (_, Value::Close(code)) => quote!(#runtime::model::HealthAction::Close(#code)),
                (kind, Value::Variant(variant)) => {
                    let (ty, variant) = (enumeration(kind), format_ident!("{variant}"));
                    quote!(#runtime::model::#ty::#variant)
                }
                (_, Value::Rate(..)) => return TokenStream::new(),
            };
            quote!(#place.tuning.#path = ::core::option::Option::Some(#value);)
        });
        quote!(#(#statements)*)
    }
}

fn function<'a>(runtime: &Runtime, given: impl Iterator<Item = &'a Given>) -> Option<TokenStream> {
    let private = runtime.private();
    let statements: Vec<_> = given
        .map(|Given { word, value, .. }| {
            let path = path(word.settings);
            let value = match (word.kind, *value) {
                (Kind::Time, Value::Number(number)) => quote!(::core::time::Duration::from_millis(#number)),
                (Kind::Size(..), Value::Number(number)) => {
                    let number = Literal::u64_unsuffixed(number);
                    quote!(#number)
                }
                (Kind::PerSecond | Kind::Count, Value::Number(number)) => u32_of(number),
                (Kind::Percent, Value::Number(number)) => u8_of(number),
                (_, Value::Number(number)) => quote!(#number),
                (_, Value::Rate(per_second, burst)) => quote!(#private::message_rate(#per_second, #burst)),
                (_, Value::Close(code)) => quote!(#private::close_with(#code)),
                (kind, Value::Variant(variant)) => {
                    let ty = match kind {
                        Kind::Missed => quote!(MissedPong),
                        Kind::Slow => quote!(SlowConsumer),
                        _ => quote!(HealthAction),
                    };
                    let variant = format_ident!("{variant}");
                    quote!(#runtime::#ty::#variant)
                }
            };
            quote!(__settings.#path = #value;)
        })
        .collect();
    (!statements.is_empty()).then(|| quote!(|mut __settings| { #(#statements)* __settings }))
}

fn path(dotted: &str) -> TokenStream {
    let parts = dotted.split('.').map(|part| format_ident!("{part}"));
    quote!(#(#parts).*)
}

fn enumeration(kind: Kind) -> Ident {
    match kind {
        Kind::Missed => format_ident!("MissedPong"),
        Kind::Slow => format_ident!("SlowConsumer"),
        _ => format_ident!("HealthAction"),
    }
}

fn u32_of(number: u64) -> TokenStream {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    quote!(#number)
}

fn u8_of(number: u64) -> TokenStream {
    let number = u8::try_from(number).unwrap_or(u8::MAX);
    quote!(#number)
}

/// Why a word says nothing of a method, if so.
fn misplaced(concern: Concern, method: &Method) -> Option<&'static str> {
    let (input, output, body) = (method.input().is_some(), method.output().is_some(), method.body().is_some());
    let stream = input || output;
    match concern {
        Concern::Asked if !input && !body => Some(
            "nothing comes from the client of this method: take this away, or a `Receiver` or a `#[body]` as an argument",
        ),
        _ if !stream && !body => Some(
            "a plain method has no connection of its own: take this away, or a `Receiver` or a `Sender` as an argument",
        ),
        Concern::Asked | Concern::Opened => None,
        _ if !stream => Some(
            "of a plain method only `max_message_size` and `handshake_timeout` limit something, its body: take this away",
        ),
        Concern::Input if !input => {
            Some("no messages come from the client of this method: take this away, or a `Receiver` as an argument")
        }
        Concern::Output if !output => {
            Some("no messages go to the client of this method: take this away, or a `Sender` as an argument")
        }
        Concern::Events if input || method.attribute.raw.is_some() => {
            Some("this is no stream of server-sent events, which flow from the server alone: take this away")
        }
        _ => None,
    }
}

fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Rate => Value::Rate(0, 0),
        _ => Value::Number(0),
    }
}

/// The words that a kind knows.
fn variants(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Missed => &[("auto", "Auto"), ("close", "Close"), ("ignore", "Ignore")],
        Kind::Slow => &[
            ("wait", "Wait"),
            ("drop_oldest", "DropOldest"),
            ("drop_newest", "DropNewest"),
            ("latest_per_key", "LatestPerKey"),
            ("close", "Close"),
        ],
        Kind::Action => &[("log", "Log"), ("shed", "Shed")],
        _ => &[],
    }
}

/// The value after a word.
fn value(word: &'static Word, input: ParseStream<'_>) -> syn::Result<Value> {
    let span = input.span();
    let fail = |text: String| Err(syn::Error::new(span, text));
    if !variants(word.kind).is_empty() {
        return variant(word.kind, input);
    }
    let name = word.name;
    if input.peek(Ident::peek_any) && !input.peek(syn::LitBool) {
        let written = input.call(Ident::parse_any)?;
        return match (written == "none", word.none) {
            (true, true) => Ok(zero(word.kind)),
            (true, false) => fail(format!("`{name}` always holds: write {}", example(word.kind))),
            (false, _) => fail(format!("not a value that can be read here: write {}", example(word.kind))),
        };
    }
    let literal = Lit::parse(input)?;
    let text = match &literal {
        Lit::Str(text) => text.value(),
        Lit::Int(number) if number.suffix().is_empty() => number.base10_digits().to_owned(),
        _ => return fail(format!("not a value that can be read here: write {}", example(word.kind))),
    };
    let is_text = matches!(literal, Lit::Str(_));
    let number = match read(word.kind, &text, is_text) {
        Some(number) => number,
        None => return fail(format!("not a value that can be read here: write {}", example(word.kind))),
    };
    if number == 0 && word.none {
        return fail("zero is written `none` here".to_owned());
    }
    let (least, most, shown) = match word.kind {
        Kind::Size(least, most) => (least, most, format!("{} and {}", size(least), size(most))),
        Kind::Time => (1, MOST_MILLISECONDS, "1ms and 8760h, a year".to_owned()),
        Kind::Percent => (1, 100, "1% and 100%".to_owned()),
        _ => (1, u64::from(u32::MAX), format!("1 and {}", u32::MAX)),
    };
    if !(least..=most).contains(&number) {
        return fail(format!("`{name}` is between {shown}: write a value of these"));
    }
    Ok(match word.kind {
        Kind::Rate => {
            let rate = u32::try_from(number).unwrap_or(u32::MAX);
            Value::Rate(rate, rate)
        }
        _ => Value::Number(number),
    })
}

fn variant(kind: Kind, input: ParseStream<'_>) -> syn::Result<Value> {
    let known: Vec<_> = variants(kind).iter().map(|(word, _)| format!("`{word}`")).collect();
    let more = if kind == Kind::Action { ", `close(1008)`" } else { "" };
    let text = format!("write one of {}{more}", known.join(", "));
    let written = input.call(Ident::parse_any).map_err(|mistake| syn::Error::new(mistake.span(), &text))?;
    if kind == Kind::Action && written == "close" {
        if !input.peek(syn::token::Paren) {
            return Err(syn::Error::new(written.span(), "a connection is closed with a code: write `close(1008)`"));
        }
        let content;
        parenthesized!(content in input);
        let code: LitInt = content.parse()?;
        let number = code.base10_parse().unwrap_or(0);
        if !content.is_empty() || !matches!(number, 1008 | 1011..=1013 | 3000..=4999) {
            let text = "not a code for this: write 1008, 1011, 1012, 1013, or one of 3000 to 4999";
            return Err(syn::Error::new(code.span(), text));
        }
        return Ok(Value::Close(number));
    }
    let found = variants(kind).iter().find(|(word, _)| written == word);
    found.map(|(_, variant)| Value::Variant(variant)).ok_or_else(|| syn::Error::new(written.span(), text))
}

/// The number that a text means: bytes, milliseconds, messages, percent.
fn read(kind: Kind, text: &str, is_text: bool) -> Option<u64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits);
    let number: u64 = digits.parse().ok()?;
    let times = match (kind, unit.trim_start()) {
        (Kind::Size(..), "") if !is_text => 1,
        (Kind::Size(..), "B") => 1,
        (Kind::Size(..), "KiB") => KIB,
        (Kind::Size(..), "MiB") => 1024 * KIB,
        (Kind::Size(..), "GiB") => 1024 * 1024 * KIB,
        (Kind::Time, "ms") => 1,
        (Kind::Time, "s") => 1000,
        (Kind::Time, "m") => 60_000,
        (Kind::Time, "h") => 3_600_000,
        (Kind::Rate | Kind::PerSecond, "/s") => 1,
        (Kind::Percent, "%") => 1,
        (Kind::Count | Kind::Burst, "") if !is_text => 1,
        _ => return None,
    };
    Some(number.saturating_mul(times))
}

/// How a value of the kind is written.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Size(..) => "a size such as `\"64 KiB\"`, `\"1 MiB\"`, or a number of bytes",
        Kind::Time => "a time such as `\"1500ms\"`, `\"10s\"`, `\"5m\"`, `\"1h\"`",
        Kind::Rate | Kind::PerSecond => "messages for each second, such as `\"100/s\"`",
        Kind::Percent => "a share such as `\"80%\"`",
        _ => "a whole number such as `10`",
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        MOST_BYTES => "1 GiB".to_owned(),
        1_048_576 => "1 MiB".to_owned(),
        1024 => "1 KiB".to_owned(),
        bytes => format!("{bytes} B"),
    }
}

/// A word that a group does not have, and the one that may have been meant.
fn unknown(group: &str, key: &Ident) -> syn::Error {
    let name = key.to_string();
    let nearest = words_of(group).map(|word| (distance(word.name, &name), word.name)).min();
    if let Some((..=2, nearest)) = nearest {
        return syn::Error::new(key.span(), format!("not a word of `{group}`: did you mean `{nearest}`?"));
    }
    let known: Vec<_> = words_of(group).map(|word| format!("`{}`", word.name)).collect();
    syn::Error::new(key.span(), format!("not a word of `{group}`, which has {}", known.join(", ")))
}

/// How many letters have to be put in, taken out or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, theirs) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != theirs);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
