//! Limits, heartbeat and health: what holds for a method, whoever says it.

use super::{ChangeKind, Comparison};
use crate::{MessageRate, Method, Setting, SlowConsumer};

/// What a server takes where neither design nor options say it: `mandovi::Settings::server()`, which a test there holds against this.
const DEFAULT_MESSAGE_SIZE: u64 = 64 * 1024;

impl<'a> Comparison<'a> {
    /// What the service says for its methods.
    pub(super) fn tuning(&mut self) {
        if self.old.tuning != self.new.tuning {
            let reason = "what it says for its methods changed: methods say what that does to their callers";
            self.compatible("tuning", ChangeKind::Setting, reason);
        }
    }

    pub(super) fn tuning_of(&mut self, path: &str, old: &'a Method, new: &'a Method) {
        let (were, are) = (self.old.tuning_of(old).settings(), self.new.tuning_of(new).settings());
        let find = |list: &[(&'static str, Setting)], word| {
            list.iter().find(|(known, _)| *known == word).map(|(_, setting)| *setting)
        };
        for (word, was) in &were {
            let is = find(&are, *word);
            if is != Some(*was) {
                self.setting(path, word, Some(*was), is);
            }
        }
        for (word, is) in are.iter().filter(|(word, _)| find(&were, *word).is_none()) {
            self.setting(path, word, None, Some(*is));
        }
        if old.tuning != new.tuning && were == are {
            let reason = "what it says itself of its connections changed: the same holds for them";
            self.compatible(&format!("{path}.tuning"), ChangeKind::Setting, reason);
        }
    }

    fn setting(&mut self, path: &str, word: &str, old: Option<Setting>, new: Option<Setting>) {
        let path = format!("{path}.{word}");
        let said =
            |setting: Option<Setting>| setting.map_or_else(|| "the server's own".to_owned(), |it| format!("`{it}`"));
        let change = format!("it is {} and was {}", said(new), said(old));
        match word {
            "limits.max_message_size" | "limits.max_frame_size" => {
                // A frame is at most as large as a message.
                let default = if word == "limits.max_frame_size" { u64::MAX } else { DEFAULT_MESSAGE_SIZE };
                let bytes = |setting| match setting {
                    Some(Setting::Size(bytes)) => bytes,
                    _ => default,
                };
                match bytes(new) < bytes(old) {
                    true => self.breaking(
                        &path,
                        ChangeKind::Narrowed,
                        format!("{change}: clients that send more than that are refused (1009, or 413)"),
                    ),
                    false => self.compatible(
                        &path,
                        ChangeKind::Widened,
                        format!("{change}: all that clients send is still taken"),
                    ),
                }
            }
            "limits.message_rate" => {
                let rate = |setting| match setting {
                    Some(Setting::Rate(MessageRate { per_second, burst })) if per_second > 0 => (per_second, burst),
                    _ => (u32::MAX, u32::MAX),
                };
                let (old, new) = (rate(old), rate(new));
                match new.0 < old.0 || new.1 < old.1 {
                    true => self.breaking(
                        &path,
                        ChangeKind::Narrowed,
                        format!("{change}: clients that send faster are closed with 4429"),
                    ),
                    false => self.compatible(
                        &path,
                        ChangeKind::Widened,
                        format!("{change}: clients may send as fast as before"),
                    ),
                }
            }
            "slow" => match loss(new) > loss(old) {
                true => self.breaking(
                    &path,
                    ChangeKind::Narrowed,
                    format!("{change}: clients that read slowly miss messages which they would have had"),
                ),
                false => self.compatible(
                    &path,
                    ChangeKind::Setting,
                    format!("{change}: clients that read slowly miss no more than before"),
                ),
            },
            "limits.idle_timeout" | "limits.max_lifetime" => self.compatible(
                &path,
                ChangeKind::Setting,
                format!("{change}: a client that is closed for it may come back at once"),
            ),
            _ => self.compatible(&path, ChangeKind::Setting, format!("{change}: clients do nothing otherwise")),
        }
    }
}

/// How much a client that reads slowly may miss without being told: whoever waits or is closed misses nothing unseen.
fn loss(slow: Option<Setting>) -> u8 {
    match slow {
        Some(Setting::Slow(SlowConsumer::DropOldest | SlowConsumer::DropNewest)) => 2,
        Some(Setting::Slow(SlowConsumer::LatestPerKey)) => 1,
        _ => 0,
    }
}
