//! The tables of settings in `docs/connections.md` hold what the code holds. A setting without a row does not compile here.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use crate::connection::{HealthPolicy, Settings};

const GUIDE: &str = include_str!("../../../../../docs/connections.md");

fn time(time: Duration) -> String {
    if time.is_zero() { "none".to_owned() } else { format!("{time:?}").replace('s', " s") }
}

fn size(bytes: usize) -> String {
    match bytes {
        usize::MAX => "as `max_message_size`".to_owned(),
        _ if bytes.is_multiple_of(1024 * 1024) => format!("{} MiB", bytes / 1024 / 1024),
        _ => format!("{} KiB", bytes / 1024),
    }
}

fn option(value: Option<impl Debug>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("`{value:?}`"))
}

fn table(settings: Settings) -> BTreeMap<&'static str, String> {
    let Settings {
        max_message_size,
        max_frame_size,
        message_rate,
        read_buffer_size,
        outbox_size,
        write_buffer_size,
        slow_consumer,
        write_timeout,
        close_timeout,
        leave_timeout,
        handshake_timeout,
        ping_interval,
        pong_timeout,
        missed_pong,
        tcp_timeout,
        idle_timeout,
        max_lifetime,
        event_heartbeat,
        health,
        compression,
    } = settings;
    assert_eq!(health, HealthPolicy::new());
    BTreeMap::from([
        ("max_message_size", size(max_message_size)),
        ("max_frame_size", size(max_frame_size)),
        ("message_rate", option(message_rate)),
        ("read_buffer_size", size(read_buffer_size)),
        ("outbox_size", size(outbox_size)),
        ("write_buffer_size", size(write_buffer_size)),
        ("slow_consumer", option(Some(slow_consumer))),
        ("write_timeout", time(write_timeout)),
        ("close_timeout", time(close_timeout)),
        ("leave_timeout", time(leave_timeout)),
        ("handshake_timeout", time(handshake_timeout)),
        ("ping_interval", time(ping_interval)),
        ("pong_timeout", time(pong_timeout)),
        ("missed_pong", option(Some(missed_pong))),
        ("tcp_timeout", time(tcp_timeout)),
        ("idle_timeout", time(idle_timeout)),
        ("max_lifetime", time(max_lifetime)),
        ("event_heartbeat", time(event_heartbeat)),
        ("health", "see below".to_owned()),
        ("compression", option(compression)),
    ])
}

/// The rows of the section with that heading: the first cell and the second.
fn rows(heading: &str) -> BTreeMap<&'static str, &'static str> {
    let section = GUIDE.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let cells = section.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        (cells.next().unwrap(), cells.next().unwrap())
    });
    cells.collect()
}

#[test]
fn the_table_of_settings_is_what_holds() {
    let (server, client) = (table(Settings::server()), table(Settings::client()));
    let expected: BTreeMap<_, _> = server
        .into_iter()
        .map(|(name, server)| {
            let client = &client[name];
            let both = if server == *client { server } else { format!("{server}; {client}") };
            (format!("`{name}`"), both)
        })
        .collect();
    let told = rows("Settings").into_iter().map(|(name, default)| (name.to_owned(), default.to_owned())).collect();
    assert_eq!(expected, told);
}

#[test]
fn the_table_of_health_is_what_holds() {
    let HealthPolicy {
        max_ping_age,
        max_errors,
        error_window,
        max_queue_percent,
        full_for,
        max_message_rate,
        max_message_size,
        degraded: _,
        unhealthy: _,
    } = HealthPolicy::new();
    let judged = |limit: u64| if limit == 0 { "not judged".to_owned() } else { limit.to_string() };
    let expected = [
        ("`max_ping_age`", time(max_ping_age)),
        ("`max_errors` in `error_window`", format!("{max_errors} in {}", time(error_window))),
        ("`max_queue_percent` for `full_for`", format!("{max_queue_percent} % for {}", time(full_for))),
        ("`max_message_rate`", judged(max_message_rate.into())),
        ("`max_message_size`", judged(max_message_size as u64)),
    ];
    let told: BTreeMap<_, _> = rows("Health").into_iter().map(|(name, default)| (name, default.to_owned())).collect();
    assert_eq!(BTreeMap::from(expected), told);
}
