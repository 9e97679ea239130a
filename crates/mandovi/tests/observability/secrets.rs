//! Nothing secret is traced, logged or measured, whatever a caller sends and however a call fails: every credential and every
//! payload is marked, and the marks are looked for in all that was traced at every level, and in all that was measured.

use mandovi::prelude::*;
use mandovi::testing::InMemory;
use mandovi::{BearerCredential, Verified, Verifier};
use metrics_util::debugging::DebuggingRecorder;
use tokio::net::TcpListener;

use crate::capture;
use crate::raw::Raw;

/// In every credential, in every payload, and in every text that a peer makes up.
const MARK: &str = "S3CR3T";

#[derive(Debug)]
pub struct Someone;

/// What is kept.
#[message]
pub struct Entry {
    /// Its name.
    #[field(1, max_length = 12)]
    pub name: String,
    /// Its content.
    #[field(2, secret)]
    pub pin: String,
}

/// What goes wrong.
#[errors]
pub enum VaultError {
    /// With something in it.
    #[status(409)]
    Jammed {
        /// By this.
        by: String,
    },
    /// With a text.
    #[status(423)]
    Locked(String),
}

/// A vault with a door of every kind.
#[service(schemes(
    basic = Basic<Someone>,
    jwt(query = "token") = Jwt<Someone>,
    bearer = Jwt<Someone>,
    key(header = "X-Api-Key") = ApiKey<Someone>,
    asked(query = "key") = ApiKey<Someone>,
    session(cookie = "sid") = ApiKey<Someone>,
))]
pub trait Vault {
    #[get("/basic", auth = basic)]
    async fn with_basic(&self, who: Auth<Someone>, output: Sender<String>) -> Outcome<()>;
    #[get("/jwt", auth = jwt)]
    async fn with_jwt(&self, who: Auth<Someone>, output: Sender<String>) -> Outcome<()>;
    #[get("/bearer", auth = bearer)]
    async fn with_bearer(&self, who: Auth<Someone>, output: Sender<String>) -> Outcome<()>;
    #[get("/key", auth = key)]
    async fn with_key(&self, who: Auth<Someone>) -> Outcome<String>;
    #[get("/asked", auth = asked)]
    async fn with_asked(&self, who: Auth<Someone>, output: Sender<String>) -> Outcome<()>;
    #[get("/session", auth = session)]
    async fn with_session(&self, who: Auth<Someone>, output: Sender<String>) -> Outcome<()>;

    /// Fails as it is told to.
    #[get("/entries/{of}")]
    async fn entries(
        &self,
        of: String,
        #[query] how: Option<u8>,
        input: Receiver<Entry>,
        output: Sender<Entry>,
    ) -> Outcome<(), VaultError>;

    #[post("/entries")]
    async fn put(&self, #[query] how: Option<u8>, #[body] entry: Entry) -> Outcome<Entry, VaultError>;
}

struct Bank;

fn fail(how: Option<u8>) -> Outcome<(), VaultError> {
    match how {
        Some(1) => Err(VaultError::Jammed { by: MARK.into() }.into()),
        Some(2) => Err(VaultError::Locked(MARK.into()).into()),
        Some(3) => panic!("on purpose, with {MARK}"),
        _ => Ok(()),
    }
}

impl Vault for Bank {
    async fn with_basic(&self, _who: Auth<Someone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(MARK).await?)
    }
    async fn with_jwt(&self, _who: Auth<Someone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(MARK).await?)
    }
    async fn with_bearer(&self, _who: Auth<Someone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(MARK).await?)
    }
    async fn with_key(&self, _who: Auth<Someone>) -> Outcome<String> {
        Ok(MARK.into())
    }
    async fn with_asked(&self, _who: Auth<Someone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(MARK).await?)
    }
    async fn with_session(&self, _who: Auth<Someone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(MARK).await?)
    }

    async fn entries(
        &self,
        _of: String,
        how: Option<u8>,
        mut input: Receiver<Entry>,
        output: Sender<Entry>,
    ) -> Outcome<(), VaultError> {
        while let Some(entry) = input.recv().await? {
            output.send(entry).await?;
            fail(how)?;
        }
        Ok(())
    }

    async fn put(&self, how: Option<u8>, entry: Entry) -> Outcome<Entry, VaultError> {
        fail(how)?;
        // With 4 it breaks its own contract.
        Ok(Entry { name: if how == Some(4) { MARK.repeat(5) } else { entry.name }, pin: entry.pin })
    }
}

async fn judge(good: bool) -> Result<Someone, Denied> {
    if good { Ok(Someone) } else { Err(Denied::unauthenticated("it is not right")) }
}

struct Tokens;

impl Verifier<Jwt<Someone>> for Tokens {
    async fn verify(&self, credential: BearerCredential, _: &[&str]) -> Result<Verified<Someone>, Denied> {
        judge(credential.token().starts_with("good")).await.map(Verified::from)
    }
}

macro_rules! ready {
    () => {{
        let key = |key: ApiKeyCredential| judge(key.key().starts_with("good"));
        VaultServer::new(Bank)
            .basic(|basic: BasicCredential| judge(basic.password.starts_with("good")))
            .jwt(Tokens)
            .bearer(Tokens)
            .key(key)
            .asked(key)
            .session(key)
    }};
}

fn entry(name: &str) -> Entry {
    Entry { name: name.into(), pin: MARK.into() }
}

#[tokio::test]
async fn nothing_secret_is_traced_or_measured() {
    // The message of a panic is its hook's, which prints it: not ours.
    let capturing = capture::start();
    let recorder: &'static DebuggingRecorder = Box::leak(Box::default());
    let _local = ::metrics::set_default_local_recorder(recorder);
    let mut seen = String::new();

    // Typed clients, good and bad, by every way that a credential goes.
    let server = InMemory::from(ready!().into_service());
    let mut events = server.manager().events();
    for start in ["good", "bad"] {
        let secret = format!("{start}-{MARK}");
        let client = VaultClient::in_memory(server.clone())
            .basic("someone", secret.clone())
            .token(secret.clone())
            .api_key(secret.clone())
            .header("cookie", &format!("other={MARK}"))
            .build()
            .unwrap();
        seen.push_str(&format!("{client:?}"));
        let is_good = start == "good";
        assert_eq!(client.with_basic().await.is_ok(), is_good);
        assert_eq!(client.with_jwt().await.is_ok(), is_good);
        assert_eq!(client.with_bearer().await.is_ok(), is_good);
        assert_eq!(client.with_key().await.is_ok(), is_good);
        assert_eq!(client.with_asked().await.is_ok(), is_good);
        assert_eq!(client.with_session().await.is_ok(), is_good);
    }

    // Payloads, and failures of every kind, in streams and in plain methods.
    let client = VaultClient::in_memory(server.clone()).build().unwrap();
    for how in [None, Some(1), Some(2), Some(3), Some(4)] {
        let put = client.put(how, &entry(MARK)).await;
        assert_eq!(put.is_ok(), how.is_none());
        let (tx, mut rx) = client.entries(MARK, how).await.unwrap();
        tx.send(&entry(MARK)).await.unwrap();
        assert_eq!(rx.recv().await.unwrap().unwrap().pin, MARK);
        seen.push_str(&format!("{:?}", server.manager().snapshot()));
        tx.finish().unwrap();
        assert_eq!(rx.recv().await.is_ok(), matches!(how, None | Some(4)));
    }
    client.put(None, &entry(&MARK.repeat(5))).await.unwrap_err();
    server.closed().await;
    while let Ok(Ok(Some(event))) = tokio::time::timeout(Duration::ZERO, events.recv()).await {
        seen.push_str(&format!("{event:?}"));
    }

    // Peers that say what they like.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, ready!().into_router()).into_future());
    let cookie = format!("sid=bad-{MARK}; x={MARK}");
    let basic = "Basic eDpTM0NSM1Q="; // x:S3CR3T
    let offer = "mandovi.plain, mandovi.bearer.UzNDUjNU";
    let marked = format!("Bearer {MARK}");
    for (path, headers, status) in [
        ("/jwt?token=S3CR3T", &[][..], 401),
        ("/jwt?other=S3CR3T", &[][..], 400),
        ("/asked?key=S3CR3T&key=S3CR3T", &[][..], 0),
        ("/basic", &[("Authorization", basic)][..], 401),
        ("/basic", &[("Authorization", "Basic S3CR3T")][..], 0),
        ("/bearer", &[("Authorization", &*marked)][..], 401),
        ("/bearer", &[("Sec-WebSocket-Protocol", offer)][..], 0),
        ("/bearer", &[("Sec-WebSocket-Protocol", "mandovi.bearer.S3CR3T")][..], 400),
        ("/session", &[("Cookie", &*cookie), ("Origin", "http://S3CR3T.example@x")][..], 403),
        ("/entries/S3CR3T?how=S3CR3T", &[][..], 400),
        ("/S3CR3T?token=S3CR3T", &[][..], 404),
        ("/entries/x", &[("Sec-WebSocket-Version", "S3CR3T")][..], 0),
        ("/entries/x", &[("Sec-WebSocket-Extensions", "S3CR3T")][..], 101),
        ("/entries/x", &[("traceparent", "S3CR3T"), ("tracestate", "a=S3CR3T"), ("User-Agent", MARK)][..], 101),
    ] {
        let (_, answered) = Raw::open(address, path, headers).await;
        assert!(status == 0 || answered == status, "{path}: {answered}");
    }
    let whole = br#"{"name":"S3CR3T","pin":"S3CR3T"}"#;
    for (opcode, payload) in [
        (1, &whole[..]),
        (1, br#"{"name":"S3CR3TS3CR3TS3CR3T","pin":"S3CR3T"}"#),
        (1, br#"{"name":"S3CR3T""#),
        (1, br#"["S3CR3T"]"#),
        (1, b"S3CR3T\xff"),
        (2, b"S3CR3T"),
        (9, b"S3CR3T"),
        (10, b"S3CR3T"),
        (7, b"S3CR3T"),
        (8, b"\x03\xe8S3CR3T"),
        (8, b"\x0f\xa0S3CR3T"),
        (8, b"\x00\x00S3CR3T"),
        (8, b"\x03\xe8S3CR3T\xff"),
    ] {
        let (mut peer, status) = Raw::open(address, "/entries/x", &[]).await;
        assert_eq!(status, 101);
        peer.frame(opcode, payload).await;
        peer.close(4999, MARK).await;
        peer.rest().await;
    }
    let (mut peer, _) = Raw::open(address, "/entries/x", &[]).await;
    peer.bytes(b"\x81\x06S3CR3T").await;
    drop(peer);
    let calls =
        |how: &str| capturing.captured.with(&format!("{how} mandovi::connection mandovi.call otel.kind=server")).len();
    while calls("NEW INFO") > calls("CLOSE") {
        tokio::task::yield_now().await;
    }

    let snapshot = recorder.snapshotter().snapshot().into_vec();
    assert!(snapshot.len() > 100, "it was measured: {}", snapshot.len());
    for (key, _, _, _) in snapshot {
        seen.push_str(&format!("{key:?}"));
    }
    let lines = capturing.captured.lines();
    assert!(lines.len() > 100, "it was traced: {}", lines.len());
    let all = format!("{}\n{seen}", lines.join("\n"));
    for secret in [MARK, "s3cr3t", "UzNDUjNU", "TM0NSM1Q", &hex(MARK)] {
        let leaked: Vec<_> = all.lines().filter(|line| line.contains(secret)).collect();
        assert!(leaked.is_empty(), "{leaked:#?}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
