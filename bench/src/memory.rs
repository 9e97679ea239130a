//! What an idle connection holds, for each setting of compression.
//!
//! `memory` starts a server for each setting as a child process of the same binary, opens connections to it from here, lets each
//! exchange some messages, and reads the child's resident memory at two counts of idle connections: the slope between them
//! is what one connection holds, whatever the process itself needs. [`idle`] is the same for a typed service with its heartbeats on.

mod idle;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use mandovi::server::Options;
use mandovi::{Compression, Settings};
use mandovi_websocket::{Connection, Limits, MessageRef, handshake};

pub(crate) use self::idle::Idle;
use crate::AnyError;
use crate::process::settled;
use crate::servers::{LISTENING, echo};

/// A setting that is measured.
struct Setting {
    name: &'static str,
    compression: Option<Compression>,
}

const TAKEOVER: Compression = Compression::new().own_takeover(true).peer_takeover(true);

const SETTINGS: &[Setting] = &[
    Setting { name: "off", compression: None },
    Setting { name: "no takeover (default)", compression: Some(Compression::new()) },
    Setting { name: "no takeover, level 6", compression: Some(Compression::new().level(6)) },
    Setting { name: "takeover both ways, 9 bits", compression: Some(TAKEOVER.own_window_bits(9).peer_window_bits(9)) },
    Setting {
        name: "takeover both ways, 10 bits",
        compression: Some(TAKEOVER.own_window_bits(10).peer_window_bits(10)),
    },
    Setting {
        name: "takeover both ways, 12 bits",
        compression: Some(TAKEOVER.own_window_bits(12).peer_window_bits(12)),
    },
    Setting { name: "takeover both ways, 15 bits", compression: Some(TAKEOVER) },
];

/// Messages that each connection exchanges before it is idle: enough to fill a window of 15 bits.
const MESSAGES: usize = 40;

/// Measures all settings and prints the table.
pub(crate) fn measure_all(connections: usize) -> Result<(), AnyError> {
    let (few, many) = (connections / 4, connections);
    println!(
        "Resident bytes per idle connection, after {MESSAGES} messages of 1 KiB each way; slope from {few} to {many} connections.\n"
    );
    println!("| permessage-deflate | bytes per idle connection |\n|---|---:|");
    for (number, setting) in SETTINGS.iter().enumerate() {
        eprintln!("memory: {} ({} of {})", setting.name, number + 1, SETTINGS.len());
        let mut server = start(&["hold", &number.to_string()])?;
        let address = address(&mut server)?;
        let mut open = Vec::with_capacity(many);
        let mut resident_at = |count: usize, server: &Child| -> Result<u64, AnyError> {
            while open.len() < count {
                open.push(talk(address, setting.compression)?);
            }
            settled(server.id())
        };
        let low = resident_at(few, &server)?;
        let high = resident_at(many, &server)?;
        println!("| {} | {} |", setting.name, high.saturating_sub(low) / (many - few) as u64);
        drop(open);
        let _ = server.kill();
        let _ = server.wait();
    }
    Ok(())
}

/// The child's part: serves one setting until its standard input ends.
pub(crate) fn serve(number: usize) -> Result<(), AnyError> {
    let setting = SETTINGS.get(number).ok_or("no such setting")?;
    let mut settings = Settings::server();
    settings.compression = setting.compression;
    let options = Options::default().settings(settings);
    hold(Router::new().route("/", get(mandovi::websocket(echo).options(options))))
}

/// Measures idle connections with their heartbeats on.
pub(crate) fn measure_idle(idle: Idle) -> Result<(), AnyError> {
    let ping = idle.ping.map_or(0, |ping| ping.as_millis()).to_string();
    let mut server = start(&["hold-idle", &ping])?;
    let measured = address(&mut server).and_then(|address| idle::measure(idle, &server, address));
    let _ = server.kill();
    let _ = server.wait();
    measured
}

/// The child's part of that; 0 is the default.
pub(crate) fn serve_idle(ping_ms: u64) -> Result<(), AnyError> {
    hold(idle::router((ping_ms > 0).then(|| Duration::from_millis(ping_ms))))
}

/// Serves until standard input ends.
fn hold(router: Router) -> Result<(), AnyError> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{LISTENING}{}", listener.local_addr()?);
        mandovi::serve(listener, router).manager(crate::servers::mandovi_manager()).await
    })?;
    Ok(())
}

fn start(arguments: &[&str]) -> Result<Child, AnyError> {
    Ok(Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
}

fn address(server: &mut Child) -> Result<SocketAddr, AnyError> {
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("the server has no output")?).read_line(&mut line)?;
    Ok(line.trim().strip_prefix(LISTENING).ok_or("the server did not start")?.parse()?)
}

/// Opens a connection, exchanges messages on it, and leaves it idle.
fn talk(address: SocketAddr, compression: Option<Compression>) -> Result<TcpStream, AnyError> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let (mut buffer, mut input, mut out) = ([0; 4096], Vec::new(), Vec::new());
    let key = handshake::key(rand::random());
    let mut extra = http::HeaderMap::new();
    if let Some(compression) = &compression {
        extra.insert(SEC_WEBSOCKET_EXTENSIONS, compression.offer());
    }
    let none: &[&str] = &[];
    handshake::write_request(&mut out, &address.to_string(), "/", &key, none, &extra)?;
    socket.write_all(&out)?;
    let (response, head_len) = loop {
        let n = socket.read(&mut buffer)?;
        input.extend_from_slice(&buffer[..n]);
        match handshake::parse_response(&input, 8192)? {
            Some(head) => break head,
            None if n == 0 => return Err("the server left".into()),
            None => {}
        }
    };
    let limits = Limits::default();
    let mut connection = Connection::client(limits, rand::random);
    if let Some(compression) = &compression {
        let (status, headers) = (response.status(), response.headers());
        let agreement = handshake::verify_response_with(status, headers, &key, none, compression)?.deflate;
        connection = connection.with_deflate(&agreement.ok_or("the server declined compression")?);
    }
    connection.receive(&input[head_len..]);
    for at in 0..MESSAGES {
        let message = message(at);
        out.clear();
        connection.send(MessageRef::Text(&message), &mut out)?;
        socket.write_all(&out)?;
        while connection.next_message(&mut out)? != Some(MessageRef::Text(&message)) {
            let n = socket.read(&mut buffer)?;
            if n == 0 {
                return Err("the server left".into());
            }
            connection.receive(&buffer[..n]);
        }
    }
    Ok(socket)
}

/// 1 KiB of JSON; each is another.
fn message(number: usize) -> String {
    let mut text = String::from("[");
    let mut at = number;
    while text.len() < 1000 {
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!(r#"{{"id":{},"price":{}.{:02}}},"#, at >> 44, (at >> 20) % 1000, at % 100));
    }
    text.truncate(1023);
    text.push(']');
    text
}
