//! What is around the code: defaults, tools, dependencies.

use std::path::{Path, PathBuf};
use std::{fs, io};

use mandovi::ConnectionManager;
use mandovi::manager::ConnectionLimits;
use mandovi::prelude::*;
use mandovi::server::{AllowedOrigins, Options};

use crate::peer::{Peer, Seen};
use crate::room::{Accounts, Hall, listen, room_of};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A tester needs nothing of ours: a plain upgrade, lines of JSON, events that `curl` reads, and documents for scanners.
#[tokio::test]
async fn owasp_28_testable_with_plain_tools() {
    let router = room_of(&Hall::default(), &Accounts::default()).documents().into_router();
    let address = listen(router).await;
    // As a browser does it, with what it adds by itself.
    let browser = format!("Origin: http://{address}\r\nUser-Agent: a browser\r\nSec-Fetch-Mode: websocket\r\n");
    let mut peer = Peer::open(address, "/echo", &browser).await;
    peer.text(r#"{"kind":"say","text":"by hand"}"#).await;
    assert_eq!(peer.next().await, Seen::Text(r#"{"kind":"say","text":"by hand"}"#.into()));
    // What a refusal is about stands in its body, and which rule a message broke in the close frame.
    let (_, answer) = Peer::ask(address, "/news", "").await;
    assert_eq!(answer.status, 400);
    assert!(answer.message().contains("token"), "{answer:?}");
    peer.text(r#"{"kind":"say"}"#).await;
    let Seen::Close(1007, reason) = peer.next().await else { panic!() };
    assert!(reason.contains("text"), "{reason}");
    for (page, path) in [("/asyncapi.json", "/echo"), ("/openapi.json", "/sessions")] {
        let head = format!("GET {page} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let (_, answer) = Peer::exchange(address, &head).await;
        assert!(answer.status == 200 && answer.body.contains(path), "{page}: {answer:?}");
    }
}

/// Whoever sets nothing is safe.
#[test]
fn owasp_29_safe_defaults() {
    let options = Options::default();
    assert_eq!(options.allowed_origins, AllowedOrigins::same_origin());
    assert!(!options.log_principals);
    let settings = options.settings;
    assert!(settings.compression.is_none());
    let most = 64 * 1024;
    for (name, bytes) in [
        ("max_message_size", settings.max_message_size),
        ("read_buffer_size", settings.read_buffer_size),
        ("outbox_size", settings.outbox_size),
        ("write_buffer_size", settings.write_buffer_size),
    ] {
        assert!((1..=most).contains(&bytes), "{name} is {bytes}");
    }
    for (name, time) in [
        ("handshake_timeout", settings.handshake_timeout),
        ("write_timeout", settings.write_timeout),
        ("close_timeout", settings.close_timeout),
        ("leave_timeout", settings.leave_timeout),
        ("ping_interval", settings.ping_interval),
        ("pong_timeout", settings.pong_timeout),
        ("tcp_timeout", settings.tcp_timeout),
    ] {
        assert!(!time.is_zero() && time <= Duration::from_secs(60), "{name} is {time:?}");
    }
    assert!(settings.health.max_errors > 0 && settings.health.max_queue_percent > 0);
    let limits = ConnectionManager::new().limits();
    assert_eq!(limits, ConnectionLimits::default());
    assert_eq!(limits, ConnectionLimits::default().max_connections(50_000));
    assert_ne!(limits, ConnectionLimits::default().no_limit_per_address());
}

/// Folders with a file of one of these names.
fn folders(below: &Path, names: &[&str], found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(below)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !matches!(name, "target" | "node_modules" | "gen") {
                folders(&entry.path(), names, found)?;
            }
        } else if names.contains(&name) {
            found.push(below.to_owned());
        }
    }
    Ok(())
}

/// Whatever in the repository depends on something is watched, and `deny.toml` says what may be depended on.
#[test]
fn owasp_30_dependencies_are_watched() {
    let root = root();
    let watched = fs::read_to_string(root.join(".github/dependabot.yml")).unwrap();
    let watched: Vec<&str> = watched.split("- package-ecosystem: ").skip(1).collect();
    let mut expected = 0;
    for (ecosystem, name) in
        [("cargo", "Cargo.lock"), ("gomod", "go.mod"), ("pip", "requirements.txt"), ("npm", "package.json")]
    {
        let mut found = Vec::new();
        folders(&root, &[name], &mut found).unwrap();
        assert!(!found.is_empty(), "{name}");
        expected += found.len();
        for folder in found {
            let directory = format!("directory: /{}\n", folder.strip_prefix(&root).unwrap().display());
            let is_watched = watched.iter().any(|entry| entry.starts_with(ecosystem) && entry.contains(&directory));
            assert!(is_watched, "{ecosystem} of {directory}");
        }
    }
    assert_eq!(watched.len(), expected, "something is watched that is not there");
    let deny = fs::read_to_string(root.join("deny.toml")).unwrap();
    for section in ["[advisories]", "[licenses]", "[bans]", "[sources]", "yanked = \"deny\"", "unknown-git = \"deny\""]
    {
        assert!(deny.contains(section), "{section}");
    }
}
