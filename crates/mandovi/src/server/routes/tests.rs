//! What a design says of settings, as it is held for the connections of each method.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{Options, Routes, Settings};
use crate::prelude::*;
use crate::{CloseCode, HealthAction, MessageRate, MissedPong, SlowConsumer};

#[service(
    limits(max_message_size = "32 KiB", message_rate = "10/s", idle_timeout = "5m"),
    heartbeat(interval = "20s", missed = ignore),
    slow = drop_oldest,
    health(max_errors = 5)
)]
trait Tuned {
    #[get("/as/the/service")]
    async fn as_the_service(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    #[get(
        "/everything",
        limits(
            max_message_size = 1024,
            max_frame_size = "512 B",
            message_rate = "100/s",
            burst = 200,
            read_buffer_size = "16 KiB",
            outbox_size = "1 MiB",
            write_buffer_size = "8 KiB",
            write_timeout = "31s",
            close_timeout = "1s",
            leave_timeout = "1500ms",
            handshake_timeout = "2s",
            tcp_timeout = "3s",
            idle_timeout = "6m",
            max_lifetime = "1h",
        ),
        heartbeat(interval = "11s", timeout = "6s", missed = close),
        slow = latest_per_key,
        health(
            max_ping_age = "36s",
            max_errors = 20,
            error_window = "2m",
            max_queue = "90%",
            full_for = "15s",
            max_message_rate = "50/s",
            max_message_size = 512,
            degraded = shed,
            unhealthy = close(1008),
        )
    )]
    async fn everything(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    #[get(
        "/nothing",
        limits(message_rate = none, tcp_timeout = none, idle_timeout = none, max_lifetime = none),
        heartbeat = none,
        slow = wait,
        health = none
    )]
    async fn nothing(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;

    #[get("/events", heartbeat(events = "9s"))]
    async fn events(&self, output: Sender<String>) -> Outcome<()>;
}

struct Nobody;

impl Tuned for Nobody {
    async fn as_the_service(&self, _: Receiver<String>, _: Sender<String>) -> Outcome<()> {
        Ok(())
    }

    async fn everything(&self, _: Receiver<String>, _: Sender<String>) -> Outcome<()> {
        Ok(())
    }

    async fn nothing(&self, _: Receiver<String>, _: Sender<String>) -> Outcome<()> {
        Ok(())
    }

    async fn events(&self, _: Sender<String>) -> Outcome<()> {
        Ok(())
    }
}

fn rate(per_second: u32, burst: u32) -> Option<MessageRate> {
    Some(MessageRate { per_second: NonZeroU32::new(per_second).unwrap(), burst: NonZeroU32::new(burst).unwrap() })
}

/// What the server says, and what the design makes of it for a method.
fn settings(routes: &Routes, path: &str) -> Settings {
    *routes.paths[path][0].endpoint.settings
}

fn server() -> Settings {
    let mut settings = Settings::server().max_message_size(9999).max_lifetime(Duration::from_secs(7));
    settings.health.max_message_rate = 3;
    settings.health.max_message_size = 4;
    settings
}

#[test]
fn every_word_arrives_at_its_method_and_no_other() {
    let routes = TunedServer::new(Nobody).options(Options::default().settings(server())).__routes();
    let seconds = Duration::from_secs;

    let mut service = server();
    service.max_message_size = 32 * 1024;
    service.message_rate = rate(10, 10);
    service.idle_timeout = seconds(300);
    service.ping_interval = seconds(20);
    service.missed_pong = MissedPong::Ignore;
    service.slow_consumer = SlowConsumer::DropOldest;
    service.health.max_errors = 5;
    assert_eq!(format!("{:?}", settings(&routes, "/as/the/service")), format!("{service:?}"));

    let mut everything = service;
    everything.max_message_size = 1024;
    everything.max_frame_size = 512;
    everything.message_rate = rate(100, 200);
    everything.read_buffer_size = 16 * 1024;
    everything.outbox_size = 1024 * 1024;
    everything.write_buffer_size = 8 * 1024;
    everything.write_timeout = seconds(31);
    everything.close_timeout = seconds(1);
    everything.leave_timeout = Duration::from_millis(1500);
    everything.handshake_timeout = seconds(2);
    everything.tcp_timeout = seconds(3);
    everything.idle_timeout = seconds(360);
    everything.max_lifetime = seconds(3600);
    everything.ping_interval = seconds(11);
    everything.pong_timeout = seconds(6);
    everything.missed_pong = MissedPong::Close;
    everything.slow_consumer = SlowConsumer::LatestPerKey;
    everything.health.max_ping_age = seconds(36);
    everything.health.max_errors = 20;
    everything.health.error_window = seconds(120);
    everything.health.max_queue_percent = 90;
    everything.health.full_for = seconds(15);
    everything.health.max_message_rate = 50;
    everything.health.max_message_size = 512;
    everything.health.degraded = HealthAction::Shed;
    everything.health.unhealthy = HealthAction::Close(CloseCode::POLICY_VIOLATION);
    assert_eq!(format!("{:?}", settings(&routes, "/everything")), format!("{everything:?}"));

    let mut nothing = service;
    nothing.message_rate = None;
    nothing.tcp_timeout = Duration::ZERO;
    nothing.idle_timeout = Duration::ZERO;
    nothing.max_lifetime = Duration::ZERO;
    nothing.ping_interval = Duration::ZERO;
    nothing.event_heartbeat = Duration::ZERO;
    nothing.slow_consumer = SlowConsumer::Wait;
    nothing.health.max_ping_age = Duration::ZERO;
    nothing.health.max_errors = 0;
    nothing.health.max_queue_percent = 0;
    nothing.health.max_message_rate = 0;
    nothing.health.max_message_size = 0;
    assert_eq!(format!("{:?}", settings(&routes, "/nothing")), format!("{nothing:?}"));

    let events = service.event_heartbeat(seconds(9));
    assert_eq!(format!("{:?}", settings(&routes, "/events")), format!("{events:?}"));
}

/// A member of the settings that no design can say is one that somebody forgot, or that is no design's business.
#[test]
fn every_setting_has_a_word() {
    let routes = TunedServer::new(Nobody).__routes();
    let (mut usual, tuned) = (Settings::server(), settings(&routes, "/everything"));
    // So that line stands beside line.
    usual.message_rate = rate(1, 1);
    usual.health.unhealthy = HealthAction::Close(CloseCode::NORMAL);
    let same: Vec<_> = format!("{usual:#?}")
        .lines()
        .zip(format!("{tuned:#?}").lines())
        .filter(|(usual, tuned)| usual == tuned && usual.contains(": ") && !usual.ends_with(['{', '(']))
        .map(|(usual, _)| usual.trim().split(':').next().unwrap_or_default().to_owned())
        .collect();
    // That of events is another method's here; compression is agreed on with each client.
    assert_eq!(same, ["event_heartbeat", "compression"], "settings that a design cannot say");
}

/// What the model takes for the server's own is what it is.
#[test]
fn the_comparison_knows_the_default_of_a_message() {
    use crate::model::{Impact, Method, Schema, Service, Verb, compare};
    let mut silent = Service::new("Tuned");
    let mut method = Method::new("put", Verb::Get, "/put");
    method.streaming.input = Some(Schema::string());
    silent.methods.push(method);
    let impact = |bytes: usize| {
        let mut says = silent.clone();
        says.methods[0].tuning.limits.max_message_size = Some(bytes as u64);
        compare(&silent, &says)[0].impact
    };
    assert_eq!(impact(Settings::server().max_message_size), Impact::Compatible);
    assert_eq!(impact(Settings::server().max_message_size - 1), Impact::Breaking);
}
