//! What documents say of limits, heartbeat, slow consumers and health.

use mandovi_model::{HealthAction, Method, Service, Setting};

use crate::document::{Node, Object};

/// `x-limits`, `x-heartbeat`, `x-slow-consumer`, `x-health`: what the design says of a method. Times are in milliseconds, sizes in bytes;
/// zero is "none".
pub(crate) fn extensions(service: &Service, method: &Method) -> Object {
    let mut extensions = Object::new();
    for (word, setting) in service.tuning_of(method).settings() {
        match word.split_once('.') {
            Some((group, name)) => {
                let name = match setting {
                    Setting::Time(_) => format!("{name}_ms"),
                    Setting::Percent(_) => format!("{name}_percent"),
                    _ => name.to_owned(),
                };
                extensions.object_mut(&format!("x-{group}")).set(name, value(setting));
            }
            None => extensions.set("x-slow-consumer", value(setting)),
        }
    }
    extensions
}

fn value(setting: Setting) -> Node {
    match setting {
        Setting::Size(number) | Setting::Time(number) => number.into(),
        Setting::Rate(rate) => {
            let burst = (rate.per_second > 0).then_some(u64::from(rate.burst));
            Object::new().with("per_second", u64::from(rate.per_second)).with_some("burst", burst).into()
        }
        Setting::PerSecond(number) | Setting::Count(number) => u64::from(number).into(),
        Setting::Percent(share) => u64::from(share).into(),
        Setting::Action(HealthAction::Close(code)) => Object::new().with("close", u64::from(code)).into(),
        setting => setting.to_string().into(),
    }
}

/// The rows of a table: the word, its value, and what it means.
pub(crate) fn rows(service: &Service, method: &Method) -> Vec<[String; 3]> {
    let settings = service.tuning_of(method).settings();
    let row =
        |(word, setting): (&str, Setting)| [word.replace('.', " "), setting.to_string(), meaning(word).to_owned()];
    settings.into_iter().map(row).collect()
}

fn meaning(word: &str) -> &'static str {
    match word {
        "limits.max_message_size" => "The largest message, or body, that a client may send; beyond it 1009, or 413.",
        "limits.max_frame_size" => "The largest frame that a client may send; beyond it 1009.",
        "limits.message_rate" => "How many messages a client may send; beyond it 4429.",
        "limits.read_buffer_size" => "How much is read at once.",
        "limits.outbox_size" => "How much may wait for a client that reads slowly.",
        "limits.write_buffer_size" => "Up to how much is gathered for one write.",
        "limits.write_timeout" => "How long a client may take nothing of what waits for it; then 1013.",
        "limits.close_timeout" => "How long the client's part of the close handshake may take.",
        "limits.leave_timeout" => "How long the method may go on after the client has left.",
        "limits.handshake_timeout" => "How long opening the stream, or sending the body, may take.",
        "limits.tcp_timeout" => "How long what was sent may stay unacknowledged.",
        "limits.idle_timeout" => "How long the stream may be open without a message; then 1001.",
        "limits.max_lifetime" => "How long the stream may be open; then 1012.",
        "heartbeat.interval" => "After how long a silent peer is asked whether it is there.",
        "heartbeat.timeout" => "How long its answer may take.",
        "heartbeat.missed" => "What no answer means.",
        "heartbeat.events" => "How often a silent stream of server-sent events says that it is there.",
        "slow" => "What happens to messages for a client that reads slowly.",
        "health.max_ping_age" => "How long nothing may have been heard of the client.",
        "health.max_errors" => "How many messages that break the contract are one too many.",
        "health.error_window" => "Within how long they are counted.",
        "health.max_queue" => "How full the queue for the client may be.",
        "health.full_for" => "For how long it may be that full.",
        "health.max_message_rate" => "How many messages a second are not healthy.",
        "health.max_message_size" => "How large a message is not healthy.",
        "health.degraded" => "What happens to a degraded connection.",
        "health.unhealthy" => "What happens to an unhealthy one.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use mandovi_model::{Schema, Tuning, Verb};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_has_a_meaning() {
        let times =
            ["write", "close", "leave", "handshake", "tcp", "idle"].map(|name| (format!("{name}_timeout_ms"), 1));
        let sizes = ["max_message_size", "max_frame_size", "read_buffer_size", "outbox_size", "write_buffer_size"];
        let sizes = sizes.map(|name| (name.to_owned(), 1));
        let mut limits = json!({"message_rate": {"per_second": 1, "burst": 2}, "max_lifetime_ms": 0});
        for (name, value) in times.into_iter().chain(sizes) {
            limits[name] = value.into();
        }
        let health = json!({
            "max_ping_age_ms": 1, "max_errors": 1, "error_window_ms": 1, "max_queue_percent": 90, "full_for_ms": 1,
            "max_message_rate": 1, "max_message_size": 1, "degraded": "log", "unhealthy": {"close": 1008},
        });
        let heartbeat = json!({"interval_ms": 1, "timeout_ms": 1, "missed": "close", "events_ms": 1});
        let all: Tuning = serde_json::from_value(
            json!({"limits": limits, "heartbeat": heartbeat, "slow": "close", "health": health}),
        )
        .unwrap();
        assert_eq!(all.settings().len(), 27, "a new word is in this test");
        for (word, _) in all.settings() {
            assert_ne!(meaning(word), "", "{word}");
        }

        let mut service = Service::new("Feed");
        service.tuning = all;
        let mut method = Method::new("all", Verb::Get, "/all");
        method.streaming.input = Some(Schema::string());
        let shown = extensions(&service, &method);
        let Some(Node::Object(limits)) = shown.get("x-limits") else { panic!("{shown:?}") };
        assert_eq!(limits.get("max_lifetime_ms"), Some(&Node::from(0u64)));
        let Some(Node::Object(health)) = shown.get("x-health") else { panic!("{shown:?}") };
        assert_eq!(health.get("unhealthy"), Some(&Object::new().with("close", 1008u64).into()));
        assert!(!shown.contains("x-slow-consumer"), "nothing is sent");
        assert_eq!(rows(&service, &method)[0][..2], ["limits max_message_size".to_owned(), "1 B".to_owned()]);
    }
}
