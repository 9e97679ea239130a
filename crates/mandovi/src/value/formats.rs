//! The formats of texts: what each takes, and by whose word.
//!
//! Each follows the specification that its name stands for; `docs/message.md` says where that is not what Goa takes.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use email_address::{EmailAddress, Options};
use mandovi_model::Format;
use regex_syntax::{
    ast::{self, Ast, ClassSetItem},
    hir,
};
use time::{Date, Month, OffsetDateTime, Weekday, format_description::well_known::Rfc3339};
use uuid::{Uuid, Variant};

/// Whether the text looks like that. A format that this version does not know takes every text.
pub(super) fn matches(format: Format, text: &str) -> bool {
    match format {
        Format::Date => date(text),
        Format::DateTime => date_time(text),
        Format::Duration => duration(text),
        Format::Uuid => uuid(text),
        Format::Email => email(text),
        Format::Hostname => hostname(text),
        Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
        Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        Format::Ip => text.parse::<IpAddr>().is_ok(),
        Format::Uri => iri_string::validate::iri::<iri_string::spec::UriSpec>(text).is_ok(),
        Format::Mac => mac(text),
        Format::Cidr => cidr(text),
        Format::Regexp => regexp(text),
        Format::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        Format::Rfc1123 => rfc1123(text),
        _ => true,
    }
}

/// `2026-11-21` (RFC 3339 §5.6, `full-date`).
fn date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let &[_, _, _, _, b'-', _, _, b'-', _, _] = bytes else { return false };
    let number = |range: std::ops::Range<usize>| digits(&bytes[range]);
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    is_date(year, month, day).is_some()
}

/// The number that some ASCII digits are, of which there are at most four.
fn digits(bytes: &[u8]) -> Option<u16> {
    bytes.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0')))
}

fn is_date(year: u16, month: u16, day: u16) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// `2026-11-21T03:30:00Z` (RFC 3339 §5.6, `date-time`).
fn date_time(text: &str) -> bool {
    // The parser takes any byte between date and time.
    matches!(text.as_bytes().get(10), Some(b'T' | b't')) && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

/// `P3DT12H`, `-PT1.5S`, `P2W` (ISO 8601): the units in their order, each at most once, a fraction in the last.
fn duration(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some(mut rest) = text.strip_prefix('P') else { return false };
    let mut units = "YMWD";
    let (mut in_time, mut any, mut fraction) = (false, false, false);
    while !rest.is_empty() {
        if !in_time && let Some(time) = rest.strip_prefix('T') {
            (rest, units, in_time, any) = (time, "HMS", true, false);
            continue;
        }
        let whole = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if whole == 0 || fraction {
            return false;
        }
        rest = &rest[whole..];
        if let Some(decimals) = rest.strip_prefix(['.', ',']) {
            let count = decimals.find(|c: char| !c.is_ascii_digit()).unwrap_or(decimals.len());
            if count == 0 {
                return false;
            }
            (rest, fraction) = (&decimals[count..], true);
        }
        let Some(unit) = rest.chars().next() else { return false };
        let Some(at) = units.find(unit) else { return false };
        units = &units[at + 1..];
        rest = &rest[unit.len_utf8()..];
        any = true;
    }
    any
}

/// With or without hyphens, in braces, as a URN: as Goa. The variants of RFC 9562, the nil and the max one.
fn uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|uuid| uuid.get_variant() == Variant::RFC4122 || uuid.is_nil() || uuid.is_max())
}

/// The address alone, without a name before it.
fn email(text: &str) -> bool {
    static OPTIONS: LazyLock<Options> = LazyLock::new(|| Options::default().without_display_text());
    EmailAddress::parse_with_options(text, *OPTIONS).is_ok()
}

/// Labels of 1 to 63 letters, digits and hyphens, no hyphen at their ends (RFC 1123 §2.1), 253 bytes without the last dot.
fn hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
    };
    (1..=253).contains(&name.len()) && name.split('.').all(label)
}

/// Six or eight bytes in hexadecimal, as `01:23:..`, `01-23-..` or `0123.4567...`.
fn mac(text: &str) -> bool {
    let (separator, width) = match text.as_bytes() {
        [_, _, b':', ..] => (':', 2),
        [_, _, b'-', ..] => ('-', 2),
        [_, _, _, _, b'.', ..] => ('.', 4),
        _ => return false,
    };
    let mut bytes = 0;
    for group in text.split(separator) {
        if group.len() != width || !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        bytes += width / 2;
    }
    bytes == 6 || bytes == 8
}

/// An address, a slash and the length of the prefix. The bits behind it may be set, as in Go.
fn cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let max = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    (1..=3).contains(&length.len()) && digits(length.as_bytes()).is_some_and(|length| length <= max)
}

/// The longest regular expression, in bytes: what is read of one takes many times the memory of its text.
const REGEXP_MAX: usize = 64 * 1024;

/// What may be spent on the classes of an expression; see [`Classes`].
const CLASSES_MAX: u32 = 1000;

/// The syntax of this server's own patterns, RE2's. Three bytes can name a class of some hundred ranges, of which a copy is made each
/// time and more where letters of both cases match: so only so many are taken.
fn regexp(text: &str) -> bool {
    if text.len() > REGEXP_MAX {
        return false;
    }
    let Ok(ast) = regex_syntax::ast::parse::Parser::new().parse(text) else { return false };
    is_affordable(&ast) && hir::translate::Translator::new().translate(text, &ast).is_ok()
}

fn is_affordable(ast: &ast::Ast) -> bool {
    ast::visit(ast, Classes(CLASSES_MAX)).is_ok()
}

/// Pays for the classes of an expression: `\w`, `\d` and `\s` once; a class of a property and a wide range, which are compared with the
/// whole table of letters in two cases, ten times.
struct Classes(u32);

impl Classes {
    fn pay(&mut self, price: u32) -> Result<(), ()> {
        self.0 = self.0.checked_sub(price).ok_or(())?;
        Ok(())
    }
}

impl ast::Visitor for Classes {
    type Output = ();
    type Err = ();

    fn finish(self) -> Result<(), ()> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        match ast {
            Ast::ClassUnicode(_) => self.pay(10),
            Ast::ClassPerl(_) => self.pay(1),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), ()> {
        match item {
            ClassSetItem::Unicode(_) => self.pay(10),
            ClassSetItem::Perl(_) => self.pay(1),
            ClassSetItem::Range(range) if u32::from(range.end.c) - u32::from(range.start.c) > 128 => self.pay(10),
            // Turned around it is as wide as all there is.
            ClassSetItem::Bracketed(class) if class.negated => self.pay(1),
            _ => Ok(()),
        }
    }
}

/// `Sat, 21 Nov 2026 03:30:00 GMT`: the zone is an abbreviation of 3 to 5 capitals, or `+0530`.
fn rfc1123(text: &str) -> bool {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let bytes = text.as_bytes();
    // Everything before the zone has its place.
    let (Some(head), Some(zone)) = (text.get(..26), text.get(26..)) else { return false };
    let separators = [(3, b','), (4, b' '), (7, b' '), (11, b' '), (16, b' '), (19, b':'), (22, b':'), (25, b' ')];
    if separators.iter().any(|&(at, separator)| bytes[at] != separator) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| digits(&bytes[range]);
    let named = |names: &[&str], range: std::ops::Range<usize>| {
        let name = head.get(range)?;
        names.iter().position(|known| *known == name)
    };
    let (Some(weekday), Some(month)) = (named(&DAYS, 0..3), named(&MONTHS, 8..11)) else { return false };
    let (Some(day), Some(year)) = (number(5..7), number(12..16)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(17..19), number(20..22), number(23..25)) else {
        return false;
    };
    let Some(date) = u16::try_from(month + 1).ok().and_then(|month| is_date(year, month, day)) else { return false };
    let zone = match zone.as_bytes() {
        [b'+' | b'-', offset @ ..] => {
            offset.len() == 4
                && digits(&offset[..2]).is_some_and(|hours| hours < 24)
                && digits(&offset[2..]).is_some_and(|minutes| minutes < 60)
        }
        letters => (3..=5).contains(&letters.len()) && letters.iter().all(u8::is_ascii_uppercase),
    };
    zone && hour < 24 && minute < 60 && second < 60 && date.weekday() == Weekday::Monday.nth_next(weekday as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a format takes and what it does not.
    fn check(format: Format, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert!(matches(format, text), "{text:?} is a {format}");
        }
        for text in wrong.iter().chain(&["", " ", "\u{0}", "nonsense !", "é"]) {
            assert!(!matches(format, text), "{text:?} is no {format}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check(
            Format::Date,
            &["2026-11-21", "2024-02-29", "0000-01-01", "9999-12-31"],
            &[
                "2023-02-29",
                "2026-11-31",
                "2026-13-01",
                "2026-00-01",
                "2026-1-1",
                "26-11-21",
                "2026-11-21T",
                "+026-11-21",
            ],
        );
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        check(
            Format::DateTime,
            &[
                "2026-11-21T03:30:00Z",
                "2026-11-21t03:30:00z",
                "2026-11-21T03:30:00.123456789+05:30",
                "2026-11-21T23:59:59-23:59",
                // A leap second.
                "2016-12-31T23:59:60Z",
            ],
            &[
                "2026-11-21",
                "2026-11-21T03:30:00",
                "2026-11-21 03:30:00Z",
                "2026-11-21T03:30Z",
                "2026-11-21T24:00:00Z",
                "2026-11-21T03:60:00Z",
                "2026-11-21T03:30:00.Z",
                "2026-11-21T03:30:00+5:30",
                "2026-02-30T03:30:00Z",
                "2026-11-21T03:30:00Z ",
            ],
        );
    }

    #[test]
    fn durations_are_those_of_iso_8601() {
        check(
            Format::Duration,
            &["P1Y2M3W4DT5H6M7S", "PT36H", "P2W", "PT0S", "-PT1.5S", "+P1D", "PT1H5S", "PT0,5H"],
            &[
                "P", "PT", "P1DT", "1D", "P1", "PT1", "P1H", "PT1D", "P1D2Y", "P1D1D", "PT1.5H3S", "PT.5S", "PT5.S",
                "P-1D",
            ],
        );
    }

    #[test]
    fn uuids_are_written_in_four_ways() {
        check(
            Format::Uuid,
            &[
                "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "6BA7B8109DAD11D180B400C04FD430C8",
                "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "00000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
            ],
            &[
                "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                "6ba7b810-9dad-11d1-80b4-00c04fd430c8a",
                "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                // Neither RFC 9562's variant nor nil nor max.
                "6ba7b810-9dad-11d1-00b4-00c04fd430c8",
            ],
        );
    }

    #[test]
    fn an_email_is_an_address_alone() {
        check(
            Format::Email,
            &["a@b", "ana.maria+x@mail.example", "\"a b\"@example.com", "用户@例子.example", "a@[127.0.0.1]"],
            &["a", "@b", "a@", "a@b@c", "a b@c", ".a@b", "a..b@c", "Ana <a@b.example>", "a@-b-.example", "a@b..c"],
        );
    }

    #[test]
    fn hostnames_are_labels_within_their_lengths() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        check(
            Format::Hostname,
            &["a", "1", "example.com", "example.com.", "xn--bcher-kva.example", "3com.example", &label, &longest],
            &["-a", "a-", "a..b", ".", ".a", "a_b", "a b", "a.-b", &format!("{label}a"), &format!("{longest}a")],
        );
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        let v4 = ["0.0.0.0", "192.168.1.255"];
        let v6 = ["::", "2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"];
        let neither =
            ["1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1:2", ":::", "fe80::1%eth0", "12345::", "1.2.3.4/8"];
        check(Format::Ipv4, &v4, &neither);
        check(Format::Ipv4, &[], &v6);
        check(Format::Ipv6, &v6, &neither);
        check(Format::Ipv6, &[], &v4);
        check(Format::Ip, &v4, &neither);
        check(Format::Ip, &v6, &[]);
    }

    #[test]
    fn a_uri_has_a_scheme() {
        check(
            Format::Uri,
            &[
                "https://example.com/a?b=c#d",
                "urn:isbn:0451450523",
                "mailto:a@b",
                "http://[::1]:8080/",
                "file:///etc",
                "a:",
            ],
            &["/path", "example.com", "//host", "http://a b", "http://[::1", "http://é", "1a:b", "http://a/%zz"],
        );
    }

    #[test]
    fn macs_have_six_or_eight_bytes() {
        check(
            Format::Mac,
            &["00:00:5e:00:53:01", "02-00-5E-10-00-00-00-01", "0000.5e00.5301", "0200.5e10.0000.0001"],
            &[
                "00:00:5e:00:53",
                "00:00:5e:00:53:01:02",
                "00:00-5e:00:53:01",
                "00005e005301",
                "0000.5e00",
                "0g:00:5e:00:53:01",
            ],
        );
    }

    #[test]
    fn cidrs_have_an_address_and_a_length() {
        check(
            Format::Cidr,
            &["0.0.0.0/0", "192.0.2.1/24", "10.0.0.0/32", "2001:db8::/32", "::/128"],
            &[
                "10.0.0.0",
                "10.0.0.0/33",
                "::/129",
                "10.0.0.0/",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0/8",
                "/8",
                "::/0128",
            ],
        );
    }

    #[test]
    fn a_regexp_parses() {
        for right in ["^[a-z]+$", "a|b", r"\p{Greek}", "(?i)x{2,3}"] {
            assert!(matches(Format::Regexp, right), "{right}");
        }
        for wrong in ["[", "(", "a{2", "*", r"\p{Nothing}", "(?=a)", r"(a)\1"] {
            assert!(!matches(Format::Regexp, wrong), "{wrong}");
        }
        assert!(matches(Format::Regexp, ""), "the empty expression matches everywhere");
        assert!(!matches(Format::Regexp, &"(".repeat(100_000)), "depth is bounded");
        assert!(matches(Format::Regexp, &"a".repeat(REGEXP_MAX)));
        assert!(!matches(Format::Regexp, &"a".repeat(REGEXP_MAX + 1)), "length is bounded");
        // So are classes: this one took seconds, and hundreds of megabytes.
        for (unit, most) in
            [(r"\pL", 100), (r"[\pL]", 100), (r"[^\P{Greek}]", 100), ("[!-\u{10ffff}]", 100), (r"\w", 1000)]
        {
            let affordable = |times| {
                let text = format!("(?i){}", unit.repeat(times));
                is_affordable(&ast::parse::Parser::new().parse(&text).unwrap())
            };
            assert!(affordable(most) && !affordable(most + 1), "{unit}");
        }
        assert!(matches(Format::Regexp, &format!("(?i){}", r"\pL".repeat(100))));
        assert!(!matches(Format::Regexp, &format!("(?i){}", r"\pL".repeat(101))));
        assert!(!matches(Format::Regexp, &format!("(?i)[{}]", r"\pL".repeat(101))));
    }

    #[test]
    fn json_is_one_value() {
        for right in ["1", " {\"a\": [null]} ", "\"x\"", "null"] {
            assert!(matches(Format::Json, right), "{right}");
        }
        for wrong in ["", "{", "1 2", "nul", "'a'", "[1,]", "NaN", &"[".repeat(100_000)] {
            assert!(!matches(Format::Json, wrong), "{wrong:.20}");
        }
    }

    #[test]
    fn rfc_1123_has_a_weekday_and_a_zone() {
        check(
            Format::Rfc1123,
            &[
                "Sat, 21 Nov 2026 03:30:00 GMT",
                "Thu, 29 Feb 2024 23:59:59 MST",
                "Sat, 21 Nov 2026 03:30:00 UTC",
                "Sat, 21 Nov 2026 03:30:00 +0530",
            ],
            &[
                "Sun, 21 Nov 2026 03:30:00 GMT",
                "Sat, 21 Nov 2026 03:30:00",
                "Sat, 21 Nov 2026 03:30:00 gmt",
                "Sat, 21 Nov 2026 24:30:00 GMT",
                "Sat, 21 Nov 2026 03:60:00 GMT",
                "Sat, 21 Nov 2026 03:30:60 GMT",
                "Sat, 1 Nov 2026 03:30:00 GMT",
                "Sat, 31 Nov 2026 03:30:00 GMT",
                "sat, 21 nov 2026 03:30:00 GMT",
                "Saturday, 21-Nov-26 03:30:00 GMT",
                "Sat, 21 Nov 2026 03:30:00 +2460",
                "Sat, 21 Nov 2026 03:30:00 +05:30",
                "éat, 21 Nov 2026 03:30:00 GMT",
            ],
        );
    }
}
