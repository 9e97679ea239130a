//! The methods of the harbour, and who may call them.

use mandovi::auth::{ClientHead, CustomScheme, Head, Malformed};
use mandovi::{model::Location, prelude::*};
use serde::Deserialize;

use crate::{
    errors::{GateError, HarbourError},
    values::{Berth, Boat, BoatKind, BoatName, BoatView, Booking, Cargo, Happening, Maps, Page, Report, Request, Stay},
};

/// Who has a name and a password.
#[derive(Debug)]
pub struct Captain {
    /// The name.
    pub name: String,
}

/// What a token says.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// Whose it is.
    pub sub: String,
}

/// What calls with a key.
#[derive(Debug)]
pub struct Buoy(pub u32);

/// A flag shown from the mast: two headers.
#[derive(Debug)]
pub struct Signal;

impl CustomScheme for Signal {
    type Credential = (String, String);
    type Principal = Buoy;
    const CARRIERS: &'static [(Location, &'static str)] =
        &[(Location::Header, "X-Flag"), (Location::Header, "X-Answer")];

    fn read(head: &Head<'_>) -> Result<Option<Self::Credential>, Malformed> {
        let (Some(flag), Some(answer)) = (head.header("X-Flag")?, head.header("X-Answer")?) else { return Ok(None) };
        Ok(Some((flag.into_owned(), answer.into_owned())))
    }

    fn write((flag, answer): &Self::Credential, head: &mut ClientHead<'_>) {
        head.header("X-Flag", flag);
        head.header("X-Answer", answer);
    }
}

/// Whoever it was that called.
#[derive(Debug)]
pub enum Anyone {
    /// A person with a token.
    Person(Claims),
    /// A device with a key.
    Device(Buoy),
}

impl From<Claims> for Anyone {
    fn from(claims: Claims) -> Self {
        Self::Person(claims)
    }
}

impl From<Buoy> for Anyone {
    fn from(buoy: Buoy) -> Self {
        Self::Device(buoy)
    }
}

/// A harbour: where boats lie, who comes, and who goes.
///
/// Everything that a design can say is said here somewhere, also `code`, | bars |, *stars* and <tags>.
#[service(
    path = "/harbour/v1",
    schemes(
        /// A captain's name and password.
        basic = Basic<Captain>,
        /// A token of the harbour master's.
        jwt(query = "token", scopes("boats:read" = "Sees boats.", "boats:write" = "Moves boats.")) = Jwt<Claims>,
        /// A token of the port authority's.
        oauth(
            authorization_code(
                authorization_url = "https://port.example/agree",
                token_url = "https://port.example/token",
                refresh_url = "https://port.example/refresh"
            ),
            client_credentials(token_url = "https://port.example/token"),
            password(token_url = "https://port.example/token"),
            implicit(authorization_url = "https://port.example/agree"),
            scopes("boats:read" = "Sees boats.")
        ) = OAuth2<Claims>,
        key(header = "X-Api-Key") = ApiKey<Buoy>,
        query_key(query = "key") = ApiKey<Buoy>,
        cookie_key(cookie = "buoy") = ApiKey<Buoy>,
        /// Two headers that answer each other.
        signal = Signal,
    ),
    auth = jwt | key,
    scopes = ["boats:read"],
    limits(max_message_size = "32 KiB", idle_timeout = "10m"),
    heartbeat(interval = "20s"),
    title = "The Harbour",
    version = "1.2.3",
    terms = "https://harbour.example/terms",
    contact(name = "The harbour master", url = "https://harbour.example/master", email = "master@harbour.example"),
    license(name = "MIT", url = "https://harbour.example/licence"),
    docs(url = "https://harbour.example/book", description = "The book of the harbour."),
    server("https://harbour.example", "The harbour."),
    server("http://127.0.0.1:8080", "A model of it."),
)]
pub trait Harbour {
    /// Exchanges a name and a password for a token.
    #[post("/login", auth = basic)]
    async fn login(&self, who: Auth<Captain>) -> Outcome<String, GateError>;

    /// Whether the harbour is open.
    #[get("/open", auth = none)]
    async fn open(&self) -> Outcome<bool>;

    /// The boats that lie here, a page at a time.
    ///
    /// Without `kinds` boats of every kind are listed.
    #[get("/boats")]
    async fn boats(
        &self,
        who: Auth<Anyone>,
        /// The kinds that are listed.
        #[query(name = "kind", example = BoatKind::Ferry)]
        kinds: Vec<BoatKind>,
        /// Tags that a boat must have, all of them.
        #[query(name = "tag", min_length = 1, max_length = 20, pattern = "^[a-z]+$")]
        tags: Vec<String>,
        /// How many stand on a page.
        #[query(minimum = 1, maximum = 50, default = 10)]
        limit: u32,
        /// When the list was made that is turned over.
        #[query(example = "2026-11-21T03:30:00Z")]
        since: Option<jiff::Timestamp>,
        /// The languages that are understood.
        #[header(name = "Accept-Language", example = "kok", max_length = 35)]
        language: Option<String>,
        /// How boats were sorted before.
        #[cookie(name = "sort", one_of = ["name", "length"], default = "name")]
        sorted: String,
    ) -> Outcome<Page<Boat>, HarbourError>;

    /// One boat.
    #[get("/boats/{name}")]
    async fn boat(&self, who: Auth<Anyone>, name: BoatName) -> Outcome<Boat, HarbourError>;

    /// Where a boat is, as it moves, in a view that the caller chooses.
    #[get("/boats/{name}/watch")]
    async fn watch(
        &self,
        who: Auth<Anyone>,
        name: BoatName,
        /// In which view.
        #[view(default = BoatView::Card)]
        view: BoatView,
        output: Sender<Boat>,
    ) -> Outcome<(), HarbourError>;

    /// All of a fleet, as the harbour shows it.
    #[get("/fleets/{fleet}/boats", view = fleet)]
    async fn fleet(
        &self,
        who: Auth<Anyone>,
        /// Whose it is.
        #[path(name = "fleet", pattern = "^[a-z]+$", example = "river")]
        owner: String,
    ) -> Outcome<Vec<Boat>, HarbourError>;

    /// Books a berth.
    #[post(
        "/stays",
        auth = jwt | oauth | signal,
        status = 201,
        header(location = "Location", count = "X-Count", paid = "X-Paid"),
        cookie(ticket = "ticket"),
        limits(max_message_size = "4 KiB", handshake_timeout = "5s")
    )]
    async fn book(&self, who: Auth<Anyone>, #[body] booking: Booking) -> Outcome<Stay, HarbourError>;

    /// Moves a boat.
    #[put("/berths/{berth}", auth = jwt, scopes = ["boats:read", "boats:write"], status = 202)]
    async fn r#move(
        &self,
        who: Auth<Claims>,
        berth: Berth,
        #[body] requests: Vec<Request>,
    ) -> Outcome<Option<Report>, HarbourError>;

    /// Says something else about a berth.
    #[patch("/berths/{berth}", auth = query_key)]
    async fn note(&self, who: Auth<Buoy>, berth: Berth, #[body] maps: Maps)
    -> Outcome<serde_json::Value, HarbourError>;

    /// Frees a berth.
    #[deprecated]
    #[delete("/berths/{berth}", auth = cookie_key)]
    async fn free(&self, who: Auth<Buoy>, berth: Berth) -> Outcome<(), HarbourError>;

    /// What happens, from the one after `after` on: server streaming, of events too.
    #[get("/happenings", heartbeat(events = "10s"), slow = drop_oldest, limits(max_lifetime = none))]
    async fn happenings(
        &self,
        who: Auth<Anyone>,
        #[last_event_id] after: Option<u64>,
        output: Sender<Happening>,
    ) -> Outcome<(), HarbourError>;

    /// Boats as they come, in a view that the caller may choose.
    #[get("/arrivals", auth = oauth)]
    async fn arrivals(
        &self,
        who: Auth<Claims>,
        #[view(name = "as")] view: Option<BoatView>,
        opening: Opening<Sender<Boat>>,
    ) -> Outcome<(), HarbourError>;

    /// Takes reports: client streaming.
    #[get("/reports")]
    async fn report(&self, who: Auth<Anyone>, input: Receiver<Report>) -> Outcome<(), HarbourError>;

    /// Weighs cargo: client streaming with a result.
    #[get("/scales")]
    async fn weigh(&self, who: Auth<Anyone>, input: Receiver<Cargo>) -> Outcome<f64, HarbourError>;

    /// Lists boats, and gets a fleet back: client streaming with a result in a view.
    #[get("/census", view = card)]
    async fn census(&self, who: Auth<Anyone>, input: Receiver<BoatName>) -> Outcome<Vec<Boat>, HarbourError>;

    /// A talk with the harbour master: bidirectional, in a view.
    #[get(
        "/talk/{berth}",
        view = full,
        limits(
            max_message_size = "16 KiB",
            max_frame_size = 4096,
            message_rate = "10/s",
            burst = 50,
            outbox_size = "256 KiB",
            write_timeout = "10s",
            handshake_timeout = "2500ms",
            max_lifetime = "8h",
        ),
        heartbeat(interval = "10s", timeout = "5s", missed = close),
        slow = close,
        health(
            max_ping_age = "30s",
            max_errors = 5,
            error_window = "30s",
            max_queue = "90%",
            full_for = "5s",
            max_message_rate = "8/s",
            max_message_size = "12 KiB",
            degraded = shed,
            unhealthy = close(1008),
        )
    )]
    async fn talk(
        &self,
        who: Auth<Anyone>,
        berth: Berth,
        opening: Opening<(Receiver<Request>, Sender<Boat>)>,
    ) -> Outcome<(), HarbourError>;

    /// Bytes to and from a radio.
    #[deprecated]
    #[get("/radio", auth = none, raw, heartbeat = none)]
    async fn radio(&self, cx: Context, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;
}
