//! The service of these tests.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use mandovi::auth::Verifies;
use mandovi::prelude::*;
use mandovi::server::Options;
use mandovi::{BearerCredential, ConnectionManager, Settings, Verified, Verifier};
use tokio::net::TcpListener;

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    pub name: String,
    /// What was shown.
    pub token: String,
}

/// What a line asks for.
#[message]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Say,
    Erase,
}

/// What is said.
#[message]
pub struct Line {
    /// What it asks for.
    #[field(1)]
    pub kind: Kind,
    /// The text.
    #[field(2, max_length = 1000)]
    pub text: String,
}

/// What nobody else may read.
#[message]
pub struct Pin {
    /// The number.
    #[field(1, secret)]
    pub digits: String,
}

/// Who has come.
#[message]
pub struct Session {
    /// Its name.
    #[field(1)]
    pub name: String,
    /// Its cookie.
    #[field(2)]
    pub session: String,
}

pub fn say(text: impl Into<String>) -> Line {
    Line { kind: Kind::Say, text: text.into() }
}

/// A room with a door of every kind.
#[service(schemes(jwt(query = "token") = Jwt<Caller>, session(cookie = "sid") = ApiKey<Caller>))]
pub trait Room {
    /// Says what it hears.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<Line>, output: Sender<Line>) -> Outcome<()>;
    /// The same for those who have a token; tells of what was refused.
    #[get("/talk", auth = jwt)]
    async fn talk(&self, who: Auth<Caller>, input: Receiver<Line>, output: Sender<Line>) -> Outcome<()>;
    /// The token of the caller, and then nothing.
    #[get("/news", auth = jwt)]
    async fn news(&self, who: Auth<Caller>, output: Sender<Line>) -> Outcome<()>;
    /// The same for those who have a cookie.
    #[get("/desk", auth = session)]
    async fn desk(&self, who: Auth<Caller>, output: Sender<Line>) -> Outcome<()>;
    /// As much as goes.
    #[get("/flood")]
    async fn flood(&self, output: Sender<Line>) -> Outcome<()>;
    /// A number that nobody else may read.
    #[get("/pin")]
    async fn pin(&self, output: Sender<Pin>) -> Outcome<()>;
    /// Begins a session.
    #[post("/sessions", cookie(session = "sid"))]
    async fn log_in(&self, #[query] name: String) -> Outcome<Session>;
    /// Where the caller comes from.
    #[get("/from")]
    async fn from(&self, cx: Context) -> Outcome<String>;
}

#[derive(Clone, Default)]
pub struct Hall {
    /// How many lines methods were given, and took to be fine.
    pub heard: Arc<AtomicUsize>,
    /// How many lines a flood has sent.
    pub flooded: Arc<AtomicUsize>,
}

impl Room for Hall {
    async fn echo(&self, mut input: Receiver<Line>, output: Sender<Line>) -> Outcome<()> {
        while let Some(line) = input.recv().await? {
            self.heard.fetch_add(1, Ordering::SeqCst);
            output.send(line).await?;
        }
        Ok(())
    }

    async fn talk(&self, _who: Auth<Caller>, mut input: Receiver<Line>, output: Sender<Line>) -> Outcome<()> {
        loop {
            match input.recv().await {
                Ok(Some(line)) => output.send(line).await?,
                Ok(None) => return Ok(()),
                Err(StreamError::Refused(refused)) => output.send(say(refused.to_string())).await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn news(&self, who: Auth<Caller>, output: Sender<Line>) -> Outcome<()> {
        output.send(say(&*who.token)).await?;
        std::future::pending().await
    }

    async fn desk(&self, who: Auth<Caller>, output: Sender<Line>) -> Outcome<()> {
        output.send(say(&*who.name)).await?;
        std::future::pending().await
    }

    async fn flood(&self, output: Sender<Line>) -> Outcome<()> {
        loop {
            output.send(say("x".repeat(1000))).await?;
            self.flooded.fetch_add(1, Ordering::SeqCst);
        }
    }

    async fn pin(&self, output: Sender<Pin>) -> Outcome<()> {
        Ok(output.send(Pin { digits: "1234".repeat(200) }).await?)
    }

    async fn log_in(&self, name: String) -> Outcome<Session> {
        Ok(Session { session: format!("{name}-session"), name })
    }

    async fn from(&self, cx: Context) -> Outcome<String> {
        Ok(cx.peer().map(|peer| peer.ip().to_string()).unwrap_or_default())
    }
}

/// Tokens and sessions are `name-anything`.
#[derive(Clone, Default)]
pub struct Accounts {
    /// Who has logged out.
    pub out: Arc<Mutex<HashSet<String>>>,
    /// Tickets that count once, and have been used.
    pub used: Arc<Mutex<HashSet<String>>>,
    /// How long a token is good.
    pub good_for: Option<Duration>,
}

impl Accounts {
    fn judge(&self, shown: &str) -> Result<Verified<Caller>, Denied> {
        let denied = || Denied::unauthenticated("it is not right");
        let (name, rest) = shown.split_once('-').ok_or_else(denied)?;
        if self.out.lock().unwrap().contains(name) {
            return Err(denied());
        }
        if rest.starts_with("ticket") && !self.used.lock().unwrap().insert(shown.to_owned()) {
            return Err(denied());
        }
        let caller = Caller { name: name.to_owned(), token: shown.to_owned() };
        Ok(match self.good_for {
            Some(good_for) => Verified::until(caller, SystemTime::now() + good_for),
            None => caller.into(),
        }
        .named(name))
    }
}

impl Verifier<Jwt<Caller>> for Accounts {
    async fn verify(&self, credential: BearerCredential, _: &[&str]) -> Result<Verified<Caller>, Denied> {
        self.judge(credential.token())
    }
}

impl Verifier<ApiKey<Caller>> for Accounts {
    async fn verify(&self, credential: ApiKeyCredential, _: &[&str]) -> Result<Verified<Caller>, Denied> {
        self.judge(credential.key())
    }
}

pub type Ready = RoomServer<Hall, Verifies<Jwt<Caller>>, Verifies<ApiKey<Caller>>>;

/// A server with these settings.
pub fn room(settings: Settings) -> Ready {
    room_of(&Hall::default(), &Accounts::default()).options(Options::default().settings(settings))
}

pub fn room_of(hall: &Hall, accounts: &Accounts) -> Ready {
    RoomServer::new(hall.clone()).jwt(accounts.clone()).session(accounts.clone())
}

/// On a port of its own.
pub async fn listen(router: axum::Router) -> SocketAddr {
    listen_with(router, &ConnectionManager::new()).await
}

pub async fn listen_with(router: axum::Router, manager: &ConnectionManager) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, router).manager(manager.clone()).into_future());
    address
}

/// With all defaults.
pub async fn default_room() -> SocketAddr {
    listen(room(Settings::server()).into_router()).await
}
