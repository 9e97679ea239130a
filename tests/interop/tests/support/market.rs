//! The service `market` of `goa/README.md` in Mandovi's design language: the same routes, members, errors and views.
//!
//! `quotes`, `trade` and `upload` take an [`Opening`], so that 404, 409, 429 and 503 come before the 101.

use std::collections::BTreeMap;

use mandovi::prelude::*;

/// What a venue asks and bids for a symbol.
#[message(view(tiny = [symbol, bid]))]
pub struct Quote {
    /// The symbol.
    #[field(1)]
    pub symbol: String,
    /// The venue.
    #[field(2)]
    pub venue: String,
    /// What is bid.
    #[field(3)]
    pub bid: f64,
    /// What is asked.
    #[field(4)]
    pub ask: f64,
    /// How many levels there are.
    #[field(5)]
    pub depth: i32,
    /// How much was traded.
    #[field(6)]
    pub volume: u64,
    /// The levels, best first.
    #[field(7)]
    pub levels: Vec<Level>,
    /// The session that asked.
    #[field(8)]
    pub session: Option<String>,
}

/// A price and what there is for it.
#[message]
pub struct Level {
    /// The price.
    #[field(1)]
    pub price: f64,
    /// How much.
    #[field(2)]
    pub quantity: i64,
}

/// Which way an order goes.
#[message]
#[derive(Copy)]
pub enum Direction {
    /// To have.
    Buy,
    /// To be rid of.
    Sell,
}

/// An order.
#[message]
pub struct Order {
    /// Its name.
    #[field(1)]
    pub id: String,
    /// What is traded.
    #[field(2)]
    pub symbol: String,
    /// Which way.
    #[field(3)]
    pub side: Direction,
    /// The price.
    #[field(4)]
    pub price: f64,
    /// How much.
    #[field(5)]
    pub quantity: i64,
    /// Words about it.
    #[field(6)]
    pub tags: Option<Vec<String>>,
    /// More words about it.
    #[field(7)]
    pub attributes: Option<BTreeMap<String, String>>,
    /// Who signed.
    #[field(8)]
    pub signature: Option<Base64>,
    /// The order that it is a part of.
    #[field(9)]
    pub parent: Option<ParentOrder>,
}

/// What an order is a part of.
#[message]
pub struct ParentOrder {
    /// Its name.
    #[field(1)]
    pub id: String,
    /// Whose it is.
    #[field(2)]
    pub account: Option<i32>,
}

/// What came of an order.
#[message]
pub struct Fill {
    /// The order's name.
    #[field(1)]
    pub order_id: String,
    /// Which way it went.
    #[field(2)]
    pub side: Direction,
    /// How much of it.
    #[field(3)]
    pub filled: u64,
    /// The price on average.
    #[field(4)]
    pub average: f64,
    /// Where.
    #[field(5)]
    pub legs: Vec<Leg>,
    /// The bytes of the order's signature, last first.
    #[field(6)]
    pub checksum: Base64,
    /// The order.
    #[field(7)]
    pub original: Option<Order>,
}

/// A part of a fill.
#[message]
pub struct Leg {
    /// Where.
    #[field(1)]
    pub venue: String,
    /// The price.
    #[field(2)]
    pub price: f64,
    /// How much.
    #[field(3)]
    pub quantity: i64,
}

/// What came of many orders.
#[message]
#[derive(Default)]
pub struct Receipt {
    /// How many there were.
    #[field(1)]
    pub count: u32,
    /// The sum of price times quantity.
    #[field(2)]
    pub total: f64,
    /// The quantity by symbol.
    #[field(3)]
    pub symbols: BTreeMap<String, i64>,
    /// The last order.
    #[field(4)]
    pub last_id: Option<String>,
}

/// Numbers of every kind.
#[message]
pub struct NumberSet {
    /// 32 bits, signed.
    #[field(1)]
    pub i32: i32,
    /// 64 bits, signed.
    #[field(2)]
    pub i64: i64,
    /// 32 bits, unsigned.
    #[field(3)]
    pub u32: u32,
    /// 64 bits, unsigned.
    #[field(4)]
    pub u64: u64,
    /// A double.
    #[field(5)]
    pub f64: f64,
    /// A float.
    #[field(6)]
    pub f32: Option<f32>,
    /// Yes or no.
    #[field(7)]
    pub flag: Option<bool>,
    /// Many.
    #[field(8)]
    pub many: Option<Vec<i64>>,
    /// By name.
    #[field(9)]
    pub by_name: Option<BTreeMap<String, f64>>,
}

/// What came in as parameters.
#[message]
pub struct ParameterSet {
    /// In the path.
    #[field(1)]
    pub venue: String,
    /// In the query.
    #[field(2)]
    pub i32: Option<i32>,
    /// In the query.
    #[field(3)]
    pub i64: Option<i64>,
    /// In the query.
    #[field(4)]
    pub u64: Option<u64>,
    /// In the query.
    #[field(5)]
    pub f64: Option<f64>,
    /// In the query.
    #[field(6)]
    pub flag: Option<bool>,
    /// In the query.
    #[field(7)]
    pub text: String,
    /// In the query, repeated.
    #[field(8)]
    pub texts: Option<Vec<String>>,
    /// In the query, repeated.
    #[field(9)]
    pub numbers: Option<Vec<i64>>,
    /// In the query.
    #[field(10)]
    pub side: Option<Direction>,
    /// In a header.
    #[field(11)]
    pub session: Option<String>,
    /// In a header.
    #[field(12)]
    pub weight: Option<u32>,
}

/// A venue that cannot do it now.
#[message]
pub struct Conflict {
    /// The venue.
    #[field(1)]
    pub venue: String,
    /// What it is.
    #[field(2)]
    pub state: String,
    /// How far one may go.
    #[field(3)]
    pub limit: i64,
    /// The orders that are in the way.
    #[field(4)]
    pub orders: Option<Vec<String>>,
}

/// What may go wrong, two of them with one status.
#[errors]
pub enum MarketError {
    /// There is no such venue.
    #[status(404)]
    NotFound(ErrorResult),
    /// There is no such symbol.
    #[status(404)]
    UnknownSymbol(String),
    /// The venue cannot do it now.
    #[status(409)]
    Conflict(Conflict),
    /// Come back later.
    #[status(429, temporary)]
    SlowDown(ErrorResult),
    /// The venue is halted.
    #[status(503)]
    Halted(String),
}

/// Every shape that a design may have.
#[service]
pub trait Market {
    /// Quotes, in the view that the caller asks for.
    #[get("/market/{venue}/quotes")]
    async fn quotes(
        &self,
        venue: String,
        #[query] symbols: Vec<String>,
        #[query(default = 5)] depth: i32,
        #[query(default = 1)] count: i32,
        #[view] view: Option<QuoteView>,
        #[header(name = "X-Session")] session: Option<String>,
        opening: Opening<Sender<Quote>>,
    ) -> Outcome<(), MarketError>;

    /// Fills orders.
    #[get("/market/{venue}/trade")]
    async fn trade(
        &self,
        venue: String,
        #[header(name = "X-Session")] session: Option<String>,
        opening: Opening<(Receiver<Order>, Sender<Fill>)>,
    ) -> Outcome<(), MarketError>;

    /// Adds orders up.
    #[get("/market/{venue}/upload")]
    async fn upload(&self, venue: String, opening: Opening<Receiver<Order>>) -> Outcome<Receipt, MarketError>;

    /// Adds one order up, without a stream.
    #[post("/market/{venue}/orders")]
    async fn place(
        &self,
        venue: String,
        #[query(default = false)] dry_run: bool,
        #[header(name = "X-Session")] session: String,
        #[body] order: Order,
    ) -> Outcome<Receipt, MarketError>;

    /// Gives back what came in.
    #[get("/market/{venue}/parameters")]
    async fn parameters(
        &self,
        venue: String,
        #[query] i32: Option<i32>,
        #[query] i64: Option<i64>,
        #[query] u64: Option<u64>,
        #[query] f64: Option<f64>,
        #[query] flag: Option<bool>,
        #[query(default = "none")] text: String,
        #[query] texts: Vec<String>,
        #[query] numbers: Vec<i64>,
        #[query] side: Option<Direction>,
        #[header(name = "X-Session")] session: Option<String>,
        #[header(name = "X-Weight")] weight: Option<u32>,
    ) -> Outcome<ParameterSet, MarketError>;

    /// Gives back what comes in.
    #[get("/numbers")]
    async fn numbers(&self, input: Receiver<NumberSet>, output: Sender<NumberSet>) -> Outcome<(), MarketError>;
}
