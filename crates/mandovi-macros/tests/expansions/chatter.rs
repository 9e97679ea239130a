/// A message as the chat remembers it.
#[message(view(tiny = [message]))]
pub struct ChatSummary {
    /// What was said.
    #[field(1)]
    pub message: String,
    /// Its length in bytes.
    #[field(2)]
    pub length: Option<u64>,
    /// When it was said, RFC 3339.
    #[field(3, format = "date-time")]
    pub sent_at: String,
}

/// What happened to a message.
#[message]
pub enum Action {
    /// It was said.
    Added,
}

#[errors]
pub enum ChatError {
    /// Credentials are invalid.
    #[status(401)]
    Unauthorized(String),
    /// The token lacks a scope.
    #[status(403, name = "invalid-scopes")]
    InvalidScopes(String),
    /// Too many messages; come back later.
    #[status(429, exhausted)]
    SlowDown {
        #[retry_after]
        after: Duration,
    },
}

/// A chat.
#[service(schemes(basic = Basic<User>, jwt = Jwt<Caller>))]
pub trait Chatter {
    /// Exchanges a user name and a password for a token.
    #[post("/login", auth = basic)]
    async fn login(&self, who: Auth<User>) -> Outcome<String, ChatError>;

    /// Echoes every message: bidirectional, because it takes both halves.
    #[get("/echoer", auth = jwt, scopes = ["stream:write"])]
    async fn echoer(&self, caller: Auth<Caller>, input: Receiver<String>, output: Sender<String>) -> Outcome<(), ChatError>;

    /// Listens, then answers once: client streaming with a result.
    #[get("/summary", auth = jwt, scopes = ["stream:write"])]
    async fn summary(&self, caller: Auth<Caller>, input: Receiver<String>) -> Outcome<Vec<ChatSummary>, ChatError>;

    /// What was said before, in the view that the caller asks for.
    #[get("/history", auth = jwt, scopes = ["stream:read"])]
    async fn history(&self, caller: Auth<Caller>, #[view] view: Option<ChatSummaryView>, output: Sender<ChatSummary>) -> Outcome<(), ChatError>;

    /// What is said in one room, unless there is none.
    #[get("/rooms/{room}")]
    async fn room(&self, cx: Context, room: String, opening: Opening<(Receiver<String>, Sender<String>)>) -> Outcome<()>;
}
