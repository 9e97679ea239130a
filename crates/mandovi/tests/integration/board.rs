//! A small service with every shape of method, which the tests of this folder share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mandovi::prelude::*;
use mandovi::{Verified, Verifier};
use tokio::sync::Notify;

/// Who may write.
#[derive(Debug, PartialEq, Eq)]
pub struct User(pub String);

/// Who holds a token.
#[derive(Debug, serde::Deserialize)]
pub struct Caller {
    /// The subject.
    pub sub: String,
}

/// A note on the board.
#[message(view(tiny = [text]))]
pub struct Note {
    /// What it says.
    #[field(1)]
    pub text: String,
    /// How often it was read.
    #[field(2)]
    pub reads: Option<u32>,
    /// Its score.
    #[field(3)]
    pub score: f64,
    /// Never shown.
    #[field(4, secret)]
    pub pin: String,
}

/// What can go wrong.
#[errors]
pub enum BoardError {
    /// Who are you?
    #[status(401)]
    Unauthorized(String),
    /// Not yours.
    #[status(403)]
    Forbidden(String),
    /// There is no such board.
    #[status(404)]
    NotFound,
    /// The board is full.
    #[status(409)]
    Full {
        /// How many notes it holds.
        notes: u32,
    },
    /// Come back later.
    #[status(429, exhausted)]
    SlowDown {
        /// When.
        #[retry_after]
        after: Duration,
    },
}

/// A board of notes.
#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]
pub trait Board {
    /// Who am I?
    #[get("/whoami", auth = basic)]
    async fn whoami(&self, who: Auth<User>) -> Outcome<String, BoardError>;

    /// Adds two numbers, with a third of a default.
    #[get("/boards/{board}/sum")]
    async fn sum(
        &self,
        board: String,
        #[query] a: i64,
        #[query] b: Option<i64>,
        #[query(default = 100)] c: i64,
        #[header(name = "X-Factor")] factor: Option<i64>,
    ) -> Outcome<i64, BoardError>;

    /// Pins a note.
    #[post("/boards/{board}/notes")]
    async fn pin(&self, board: String, #[body] note: Note) -> Outcome<u32, BoardError>;

    /// Says nothing.
    #[post("/touch")]
    async fn touch(&self) -> Outcome<(), BoardError>;

    /// Echoes.
    #[get("/echo")]
    async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<(), BoardError>;

    /// Adds up what it hears, and answers once.
    #[get("/total")]
    async fn total(&self, input: Receiver<u32>) -> Outcome<u32, BoardError>;

    /// Listens, and answers nothing.
    #[get("/listen")]
    async fn listen(&self, input: Receiver<String>) -> Outcome<(), BoardError>;

    /// Counts down, then fails where it is asked to.
    #[get("/countdown")]
    async fn countdown(
        &self,
        #[query] from: u32,
        #[query] fail: Option<String>,
        output: Sender<u32>,
    ) -> Outcome<(), BoardError>;

    /// Waits until the client leaves.
    #[get("/wait", auth = jwt, scopes = ["read"])]
    async fn wait(&self, cx: Context, caller: Auth<Caller>, output: Sender<String>) -> Outcome<(), BoardError>;

    /// All notes, in a view.
    #[get("/notes")]
    async fn notes(&self, #[view] view: Option<NoteView>, output: Sender<Note>) -> Outcome<(), BoardError>;

    /// All notes, in the view that the design fixes.
    #[get("/headlines", view = tiny)]
    async fn headlines(&self, output: Sender<Note>) -> Outcome<(), BoardError>;

    /// Joins a board, or is refused before the stream opens.
    #[get("/boards/{board}/join")]
    async fn join(
        &self,
        board: String,
        opening: Opening<(Receiver<String>, Sender<String>)>,
    ) -> Outcome<(), BoardError>;

    /// Notes, back and forth.
    #[get("/exchange")]
    async fn exchange(&self, input: Receiver<Note>, output: Sender<Note>) -> Outcome<(), BoardError>;
}

/// The service.
#[derive(Clone, Default)]
pub struct Wall {
    pub running: Arc<AtomicUsize>,
    pub changed: Arc<Notify>,
    pub heard: Arc<std::sync::Mutex<Vec<String>>>,
}

/// Counts the handlers that run.
pub struct Running(Wall);

impl Wall {
    pub fn enter(&self) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        Running(self.clone())
    }

    /// Waits until `n` handlers run.
    pub async fn running(&self, n: usize) {
        loop {
            let changed = self.changed.notified();
            if self.running.load(Ordering::SeqCst) == n {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }
}

pub fn note(text: &str) -> Note {
    Note { text: text.into(), reads: Some(3), score: 1.5, pin: "1234".into() }
}

impl Board for Wall {
    async fn whoami(&self, who: Auth<User>) -> Outcome<String, BoardError> {
        Ok(who.0.clone())
    }

    async fn sum(
        &self,
        board: String,
        a: i64,
        b: Option<i64>,
        c: i64,
        factor: Option<i64>,
    ) -> Outcome<i64, BoardError> {
        if board == "nowhere" {
            return Err(BoardError::NotFound.into());
        }
        Ok((a + b.unwrap_or(0) + c) * factor.unwrap_or(1))
    }

    async fn pin(&self, board: String, note: Note) -> Outcome<u32, BoardError> {
        match board.as_str() {
            "full" => Err(BoardError::Full { notes: 7 }.into()),
            "broken" => Err(Failure::internal("the database said: secret")),
            "panics" => panic!("on purpose"),
            _ => Ok(u32::try_from(note.text.len()).unwrap()),
        }
    }

    async fn touch(&self) -> Outcome<(), BoardError> {
        Ok(())
    }

    async fn echo(&self, mut input: Receiver<String>, output: Sender<String>) -> Outcome<(), BoardError> {
        let _running = self.enter();
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }

    async fn total(&self, mut input: Receiver<u32>) -> Outcome<u32, BoardError> {
        let _running = self.enter();
        let mut total = 0;
        while let Some(n) = input.recv().await? {
            total += n;
            if total > 1000 {
                return Ok(total);
            }
        }
        Ok(total)
    }

    async fn listen(&self, mut input: Receiver<String>) -> Outcome<(), BoardError> {
        let _running = self.enter();
        while let Some(line) = input.recv().await? {
            self.heard.lock().unwrap().push(line);
        }
        Ok(())
    }

    async fn countdown(&self, from: u32, fail: Option<String>, output: Sender<u32>) -> Outcome<(), BoardError> {
        let _running = self.enter();
        for n in (0..from).rev() {
            output.send(n).await?;
        }
        match fail.as_deref() {
            None => Ok(()),
            Some("full") => Err(BoardError::Full { notes: 7 }.into()),
            Some("slow") => Err(BoardError::SlowDown { after: Duration::from_millis(1500) }.into()),
            Some("not_found") => Err(BoardError::NotFound.into()),
            Some("long") => Err(BoardError::Forbidden("x".repeat(200)).into()),
            Some("internal") => Err(Failure::internal("the database said: secret")),
            Some(_) => panic!("on purpose"),
        }
    }

    async fn wait(&self, cx: Context, caller: Auth<Caller>, output: Sender<String>) -> Outcome<(), BoardError> {
        let _running = self.enter();
        assert_eq!(cx.principal::<Caller>().unwrap().sub, caller.sub);
        output.send(&caller.sub).await?;
        cx.draining().await;
        output.send("draining").await?;
        cx.closed().await;
        Ok(())
    }

    async fn notes(&self, _view: Option<NoteView>, output: Sender<Note>) -> Outcome<(), BoardError> {
        output.send(note("first")).await?;
        output.send(&note("second")).await?;
        Ok(())
    }

    async fn headlines(&self, output: Sender<Note>) -> Outcome<(), BoardError> {
        Ok(output.send(note("first")).await?)
    }

    async fn join(
        &self,
        board: String,
        opening: Opening<(Receiver<String>, Sender<String>)>,
    ) -> Outcome<(), BoardError> {
        let _running = self.enter();
        match board.as_str() {
            "nowhere" => return Err(BoardError::NotFound.into()),
            "full" => return Err(BoardError::Full { notes: 7 }.into()),
            "busy" => return Err(BoardError::SlowDown { after: Duration::from_millis(1500) }.into()),
            "undecided" => std::future::pending().await,
            "empty" => return Ok(()),
            "panics" => panic!("on purpose"),
            _ => {}
        }
        let (mut input, output) = opening.accept().await?;
        output.send(format!("welcome to {board}")).await?;
        while let Some(line) = input.recv().await? {
            output.send(line).await?;
        }
        Ok(())
    }

    async fn exchange(&self, mut input: Receiver<Note>, output: Sender<Note>) -> Outcome<(), BoardError> {
        while let Some(note) = input.recv().await? {
            output.send(note).await?;
        }
        Ok(())
    }
}

/// Tokens are names; a name that starts with `no-` lacks the scope.
pub struct Tokens;

impl Verifier<Jwt<Caller>> for Tokens {
    async fn verify(&self, credential: mandovi::BearerCredential, scopes: &[&str]) -> Result<Verified<Caller>, Denied> {
        match credential.token() {
            "bad" => Err(Denied::unauthenticated("invalid token")),
            name if name.starts_with("no-") => Err(Denied::forbidden(format!("missing scopes: {}", scopes.join(", ")))),
            name => Ok(Caller { sub: name.to_owned() }.into()),
        }
    }
}

pub async fn passwords(credential: BasicCredential) -> Result<User, Denied> {
    if credential.password == "rocks" {
        Ok(User(credential.user))
    } else {
        Err(Denied::unauthenticated("invalid username and password combination"))
    }
}

pub type Ready = BoardServer<Wall, mandovi::auth::Verifies<Basic<User>>, mandovi::auth::Verifies<Jwt<Caller>>>;

pub fn server(wall: &Wall) -> Ready {
    BoardServer::new(wall.clone()).basic(passwords).jwt(Tokens)
}

/// A client in memory, with a token and a password.
pub fn client() -> (Wall, BoardClient) {
    let wall = Wall::default();
    let client = BoardClient::in_memory(server(&wall)).token("ada").basic("ada", "rocks").build().unwrap();
    (wall, client)
}

/// A server on a port of its own.
pub async fn listen(wall: &Wall) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(mandovi::serve(listener, server(wall).into_router()).into_future());
    address
}
