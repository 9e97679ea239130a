//! permessage-deflate through the whole runtime, looked at from the wire.

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use mandovi::prelude::*;
use mandovi::{Compression, Settings};
use mandovi_websocket::deflate::{Agreement, Compressor};
use mandovi_websocket::{Assembler, CloseFrame, Decoder, Event, Limits, MessageKind, Role, frame, handshake};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What somebody says.
#[message]
pub struct Line {
    #[field(1)]
    pub text: String,
}

/// A line, and the key to a door.
#[message]
pub struct Key {
    #[field(1)]
    pub text: String,
    #[field(2, secret)]
    pub key: Option<String>,
}

/// A key ring.
#[message]
pub struct Ring {
    #[field(1)]
    pub keys: Vec<Key>,
}

#[service]
pub trait Talk {
    #[get("/lines")]
    async fn lines(&self, input: Receiver<Line>, output: Sender<Line>) -> Outcome<()>;

    /// Every second line goes plain.
    #[get("/choosy")]
    async fn choosy(&self, input: Receiver<Line>, output: Sender<Line>) -> Outcome<()>;

    #[get("/rings")]
    async fn rings(&self, input: Receiver<Line>, output: Sender<Ring>) -> Outcome<()>;

    /// The same rings, compressed because the method says so.
    #[get("/open-rings")]
    async fn open_rings(&self, input: Receiver<Line>, output: Sender<Ring>) -> Outcome<()>;

    /// Takes lines and answers once, with all of them.
    #[get("/upload")]
    async fn upload(&self, input: Receiver<Line>) -> Outcome<Line>;
}

struct Talker;

fn ring(line: &Line) -> Ring {
    Ring { keys: vec![Key { text: line.text.clone(), key: Some("tops3cret".repeat(30)) }] }
}

impl Talk for Talker {
    async fn lines(&self, mut input: Receiver<Line>, output: Sender<Line>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }

    async fn choosy(&self, mut input: Receiver<Line>, output: Sender<Line>) -> Outcome<()> {
        let mut compress = true;
        while let Some(line) = input.recv().await? {
            if line.text.len() % 2 == 0 {
                output.send(line).compress(compress).await?;
            } else {
                output.reserve().await?.compress(compress).send(line)?;
            }
            compress = !compress;
        }
        Ok(())
    }

    async fn rings(&self, mut input: Receiver<Line>, output: Sender<Ring>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(ring(&line)).await?;
        }
        Ok(())
    }

    async fn open_rings(&self, mut input: Receiver<Line>, output: Sender<Ring>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            output.send(ring(&line)).compress(true).await?;
        }
        Ok(())
    }

    async fn upload(&self, mut input: Receiver<Line>) -> Outcome<Line> {
        let mut text = String::new();
        while let Some(line) = input.recv().await? {
            text.push_str(&line.text);
        }
        Ok(Line { text })
    }
}

const EVERYTHING: Compression = Compression::new().own_takeover(true).peer_takeover(true);

async fn serve(settings: Settings) -> std::net::SocketAddr {
    let options = mandovi::server::Options::default().settings(settings);
    let router = TalkServer::new(Talker).options(options).into_router();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, router).into_future());
    address
}

/// A client that sees frames.
struct Wire {
    io: TcpStream,
    head: http::Response<()>,
    agreement: Option<Agreement>,
    compressor: Option<Compressor>,
    decoder: Decoder,
    assembler: Assembler,
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// A data frame: whether it was compressed, and its message.
    Message(bool, String),
    Close(CloseFrame),
}

impl Wire {
    async fn open(address: std::net::SocketAddr, path: &str, offer: Option<Compression>) -> Self {
        let mut io = TcpStream::connect(address).await.unwrap();
        let key = handshake::key([3; 16]);
        let mut extra = HeaderMap::new();
        if let Some(offer) = &offer {
            extra.insert(SEC_WEBSOCKET_EXTENSIONS, offer.offer());
        }
        let mut request = Vec::new();
        handshake::write_request(&mut request, &address.to_string(), path, &key, &[], &extra).unwrap();
        io.write_all(&request).await.unwrap();
        let mut bytes = Vec::new();
        let (head, len) = loop {
            assert!(io.read_buf(&mut bytes).await.unwrap() > 0);
            if let Some(head) = handshake::parse_response(&bytes, 8192).unwrap() {
                break head;
            }
        };
        assert_eq!(len, bytes.len());
        let none: &[&str] = &[];
        let agreement = match &offer {
            Some(offer) => {
                handshake::verify_response_with(head.status(), head.headers(), &key, none, offer).unwrap().deflate
            }
            None => handshake::verify_response(head.status(), head.headers(), &key, none).map(|_| None).unwrap(),
        };
        let limits = Limits::default().max_frame_size(1 << 24).max_message_size(1 << 24);
        let mut decoder = Decoder::new(Role::Client, limits);
        if let Some(agreement) = &agreement {
            decoder.inflate(agreement);
        }
        let compressor = agreement.map(|agreement| Compressor::new(Role::Client, &agreement));
        Self { io, head, agreement, compressor, decoder, assembler: Assembler::new() }
    }

    fn frame(&mut self, text: &str) -> Vec<u8> {
        let json = serde_json::json!({ "text": text }).to_string();
        let mut out = Vec::new();
        match &mut self.compressor {
            Some(compressor) => compressor.write(&mut out, MessageKind::Text, Some([1, 2, 3, 4]), json.as_bytes()),
            None => frame::write(&mut out, mandovi_websocket::Opcode::Text, true, Some([1, 2, 3, 4]), json.as_bytes()),
        }
        out
    }

    async fn send(&mut self, text: &str) {
        let frame = self.frame(text);
        self.io.write_all(&frame).await.unwrap();
    }

    /// The next frame, read by its header so that it is known how it came.
    async fn recv(&mut self) -> Seen {
        let mut bytes = Vec::new();
        let (header, len) = loop {
            if let Some(header) = frame::Header::parse(&bytes).unwrap() {
                break header;
            }
            bytes.push(self.io.read_u8().await.unwrap());
        };
        let start = bytes.len();
        assert_eq!(start, len);
        bytes.resize(len + header.payload_len as usize, 0);
        self.io.read_exact(&mut bytes[start..]).await.unwrap();
        self.decoder.replace_storage(vec![0; bytes.len()]);
        self.decoder.spare().copy_from_slice(&bytes);
        self.decoder.filled(bytes.len());
        if let Some(Event::Close(close)) = self.decoder.decode().unwrap() {
            return Seen::Close(close);
        }
        let mut frames = self.decoder.take_frames(Vec::new());
        let message = frames.next(&mut self.assembler).expect("one message in one frame");
        Seen::Message(header.rsv1, message.as_text().unwrap().to_owned())
    }
}

fn line(compressed: bool, text: &str) -> Seen {
    Seen::Message(compressed, serde_json::json!({ "text": text }).to_string())
}

fn long() -> String {
    "a line that is said again and again, ".repeat(20)
}

#[tokio::test]
async fn off_by_default_on_a_server() {
    let address = serve(Settings::server()).await;
    let mut wire = Wire::open(address, "/lines", Some(EVERYTHING)).await;
    assert!(!wire.head.headers().contains_key(SEC_WEBSOCKET_EXTENSIONS));
    wire.send(&long()).await;
    assert_eq!(wire.recv().await, line(false, &long()));
}

#[tokio::test]
async fn off_where_the_client_does_not_offer_it() {
    let address = serve(Settings::server().compression(EVERYTHING)).await;
    let mut wire = Wire::open(address, "/lines", None).await;
    wire.send(&long()).await;
    assert_eq!(wire.recv().await, line(false, &long()));
}

#[tokio::test]
async fn messages_from_the_threshold_on_are_compressed() {
    for settings in [Compression::new(), EVERYTHING, EVERYTHING.own_window_bits(9).peer_window_bits(10).level(6)] {
        let address = serve(Settings::server().compression(settings)).await;
        let mut wire = Wire::open(address, "/lines", Some(settings)).await;
        assert!(wire.agreement.is_some());
        // {"text":""} has 11 bytes.
        for (size, compressed) in [(0, false), (116, false), (117, true), (118, true), (5000, true), (60_000, true)] {
            let text: String = long().chars().cycle().take(size).collect();
            wire.send(&text).await;
            assert_eq!(wire.recv().await, line(compressed, &text), "{size} bytes");
        }
    }
}

#[tokio::test]
async fn one_message_can_go_plain() {
    let address = serve(Settings::server().compression(EVERYTHING)).await;
    let mut wire = Wire::open(address, "/choosy", Some(EVERYTHING)).await;
    for (at, compressed) in [true, false, true, false, true].into_iter().enumerate() {
        let text = long() + &"!".repeat(at / 2);
        wire.send(&text).await;
        assert_eq!(wire.recv().await, line(compressed, &text));
    }
}

#[tokio::test]
async fn what_holds_a_secret_goes_plain_unless_it_is_asked_for() {
    let address = serve(Settings::server().compression(Compression::new())).await;
    for (path, expected) in [("/rings", false), ("/open-rings", true)] {
        let mut wire = Wire::open(address, path, Some(Compression::new())).await;
        wire.send(&long()).await;
        let Seen::Message(compressed, json) = wire.recv().await else { panic!("no message") };
        assert!(json.contains("tops3cret"));
        assert_eq!(compressed, expected, "{path}");
    }
}

#[tokio::test]
async fn a_single_answer_is_compressed_too() {
    let address = serve(Settings::server().compression(Compression::new())).await;
    let mut wire = Wire::open(address, "/upload", Some(Compression::new())).await;
    wire.send(&long()).await;
    wire.send(&long()).await;
    let mut null = Vec::new();
    frame::write(&mut null, mandovi_websocket::Opcode::Text, true, Some([9; 4]), b"null");
    wire.io.write_all(&null).await.unwrap();
    assert_eq!(wire.recv().await, line(true, &(long() + &long())));
    assert!(matches!(wire.recv().await, Seen::Close(close) if close.code.as_u16() == 1000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_and_a_server_of_ours() {
    for (client, server) in [
        (Compression::new(), EVERYTHING),
        (EVERYTHING, Compression::new()),
        (EVERYTHING, EVERYTHING),
        (EVERYTHING.own_window_bits(9), EVERYTHING.peer_window_bits(12)),
    ] {
        let address = serve(Settings::server().compression(server)).await;
        let client = TalkClient::builder(format!("ws://{address}"))
            .settings(Settings::client().compression(client))
            .build()
            .unwrap();
        let (tx, mut rx) = client.lines().await.unwrap();
        let reading = tokio::spawn(async move {
            let mut seen = 0;
            while let Some(line) = rx.recv().await.unwrap() {
                assert!(line.text.contains("again and again"));
                seen += 1;
            }
            seen
        });
        // Two tasks send: with takeover what refers to the other's message must come behind it.
        let other = tx.clone();
        let sending = tokio::spawn(async move {
            for at in 0..200 {
                other.send(Line { text: format!("{at} {}", long()) }).await.unwrap();
            }
        });
        for at in 0..200 {
            tx.send(Line { text: format!("{} {at}", long()) }).await.unwrap();
        }
        sending.await.unwrap();
        tx.finish().unwrap();
        assert_eq!(reading.await.unwrap(), 400);
    }
}

#[tokio::test]
async fn a_client_offers_nothing_unless_told() {
    let address = serve(Settings::server().compression(EVERYTHING)).await;
    let client = TalkClient::builder(format!("ws://{address}")).build().unwrap();
    let (tx, mut rx) = client.lines().await.unwrap();
    tx.send(Line { text: long() }).await.unwrap();
    assert_eq!(rx.recv().await.unwrap().unwrap().text, long());
}

#[tokio::test]
async fn s7_2_2_of_rfc7692_what_cannot_be_inflated_is_1007() {
    let address = serve(Settings::server().compression(EVERYTHING)).await;
    let mut wire = Wire::open(address, "/lines", Some(EVERYTHING)).await;
    wire.io.write_all(&[0xc1, 0x81, 0, 0, 0, 0, 0x07]).await.unwrap();
    let Seen::Close(close) = wire.recv().await else { panic!("no close") };
    assert_eq!((close.code.as_u16(), close.reason.contains("RFC 7692")), (1007, true));
}

#[tokio::test]
async fn a_bomb_is_1009() {
    let address = serve(Settings::server().compression(EVERYTHING)).await;
    let mut wire = Wire::open(address, "/lines", Some(EVERYTHING)).await;
    wire.send(&"x".repeat(10 << 20)).await;
    let Seen::Close(close) = wire.recv().await else { panic!("no close") };
    assert_eq!(close.code.as_u16(), 1009);
}

#[tokio::test]
async fn many_small_bombs_reach_a_slow_reader_one_by_one() {
    let settings = Settings::server().compression(Compression::new());
    let address = serve(settings).await;
    let mut wire = Wire::open(address, "/upload", Some(Compression::new())).await;
    // 200 messages of 60 kB in a few packets: 12 MB come out, and the method reads all of them.
    let text = "x".repeat(60_000);
    let one = wire.frame(&text);
    assert!(one.len() < 1500, "{}", one.len());
    let all = one.repeat(200);
    wire.io.write_all(&all).await.unwrap();
    let mut null = Vec::new();
    frame::write(&mut null, mandovi_websocket::Opcode::Text, true, Some([9; 4]), b"null");
    wire.io.write_all(&null).await.unwrap();
    let Seen::Message(_, json) = wire.recv().await else { panic!("no answer") };
    assert_eq!(json.len(), 200 * 60_000 + 11);
}
