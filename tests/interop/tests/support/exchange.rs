//! The service `market` as `goa/README.md` describes it: it keeps nothing, every answer follows from what was asked.

use std::time::Duration;

use mandovi::model::ErrorClass;
use mandovi::prelude::*;

use crate::support::log::Log;
use crate::support::market::{
    Conflict, Direction, Fill, Leg, Level, Market, MarketError, Order, ParameterSet, Quote, QuoteView, Receipt,
};

/// How long the rounds of endless quotes are apart.
const ROUND: Duration = Duration::from_millis(20);

/// Implements [`Market`]; its log says what its methods do.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// See the type.
    pub log: Log,
}

/// The error of the venues that always refuse.
fn refuse(venue: &str) -> Result<(), MarketError> {
    let result = |name: &str, message: String, class| ErrorResult::new(name, message, class);
    Err(match venue {
        "nowhere" => {
            let message = format!("venue {venue} is not known");
            MarketError::NotFound(result("not_found", message, ErrorClass::FINAL))
        }
        "closed" => {
            let orders = Some(vec!["a".to_owned(), "b".to_owned()]);
            let (venue, state) = (venue.to_owned(), "closed".to_owned());
            MarketError::Conflict(Conflict { venue, state, limit: 9_007_199_254_740_993, orders })
        }
        "busy" => {
            let message = format!("venue {venue} is busy");
            MarketError::SlowDown(result("slow_down", message, ErrorClass::FINAL.temporary()))
        }
        "halted" => MarketError::Halted(format!("venue {venue} is halted")),
        _ => return Ok(()),
    })
}

fn broken(venue: String, limit: i64) -> MarketError {
    MarketError::Conflict(Conflict { venue, state: "broken".to_owned(), limit, orders: None })
}

fn quote(venue: &str, symbol: &str, depth: i32, session: Option<&str>, round: u32, index: u32) -> Quote {
    let bid = 100.0 + f64::from(index) + f64::from(round) / 4.0;
    let level = |level: i32| Level { price: bid - f64::from(level) / 2.0, quantity: 10 * (i64::from(level) + 1) };
    Quote {
        symbol: symbol.to_owned(),
        venue: venue.to_owned(),
        bid,
        ask: bid + 0.5,
        depth,
        volume: u64::MAX - u64::from(round),
        levels: (0..depth).map(level).collect(),
        session: session.map(str::to_owned),
    }
}

/// What comes of an order: all of it, in two legs, at its own price.
fn fill(venue: &str, order: Order) -> Fill {
    let leg = |quantity| Leg { venue: venue.to_owned(), price: order.price, quantity };
    let half = order.quantity / 2;
    let checksum: Vec<u8> = order.signature.iter().flat_map(|signature| signature.iter().rev().copied()).collect();
    Fill {
        order_id: order.id.clone(),
        side: order.side,
        filled: order.quantity.unsigned_abs(),
        average: order.price,
        legs: vec![leg(half), leg(order.quantity - half)],
        checksum: checksum.into(),
        original: Some(order),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the tests' quantities are small")]
fn book(receipt: &mut Receipt, order: Order) {
    receipt.count += 1;
    receipt.total += order.price * order.quantity as f64;
    *receipt.symbols.entry(order.symbol).or_default() += order.quantity;
    receipt.last_id = Some(order.id);
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

impl Market for Exchange {
    async fn quotes(
        &self,
        venue: String,
        symbols: Vec<String>,
        depth: i32,
        count: i32,
        _view: Option<QuoteView>,
        session: Option<String>,
        opening: Opening<Sender<Quote>>,
    ) -> Outcome<(), MarketError> {
        let work = async {
            refuse(&venue)?;
            if symbols.iter().any(|symbol| symbol == "ZZZ") {
                return Err(MarketError::UnknownSymbol("symbol ZZZ is not known".to_owned()).into());
            }
            let symbols = some(symbols).unwrap_or_else(|| vec!["AAA".to_owned()]);
            let output = opening.accept().await?;
            for round in 0.. {
                if count != 0 && i64::from(round) >= i64::from(count) {
                    break;
                }
                if venue == "minute" && round > 0 {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
                for (index, symbol) in (0..).zip(&symbols) {
                    output.send(quote(&venue, symbol, depth, session.as_deref(), round, index)).await?;
                }
                if venue == "broken" {
                    return Err(broken(venue, i64::from(round)).into());
                }
                if count == 0 {
                    tokio::time::sleep(ROUND).await;
                }
            }
            Ok(())
        };
        self.log.run("market.quotes", work).await
    }

    async fn trade(
        &self,
        venue: String,
        _session: Option<String>,
        opening: Opening<(Receiver<Order>, Sender<Fill>)>,
    ) -> Outcome<(), MarketError> {
        let work = async {
            refuse(&venue)?;
            let (mut input, output) = opening.accept().await?;
            let mut late = Vec::new();
            while let Some(order) = input.recv().await? {
                match order.id.as_str() {
                    "boom" => return Err(broken(venue, 1).into()),
                    "bye" => return Ok(()),
                    id if id.starts_with("late-") => late.push(order),
                    _ => output.send(fill(&venue, order)).await?,
                }
            }
            for order in late {
                output.send(fill(&venue, order)).await?;
            }
            Ok(())
        };
        self.log.run("market.trade", work).await
    }

    async fn upload(&self, venue: String, opening: Opening<Receiver<Order>>) -> Outcome<Receipt, MarketError> {
        let work = async {
            refuse(&venue)?;
            let mut input = opening.accept().await?;
            let mut receipt = Receipt::default();
            while let Some(order) = input.recv().await? {
                if order.id == "boom" {
                    return Err(broken(venue, 1).into());
                }
                let last = order.id == "last";
                book(&mut receipt, order);
                if last {
                    break;
                }
            }
            Ok(receipt)
        };
        self.log.run("market.upload", work).await
    }

    async fn place(
        &self,
        venue: String,
        dry_run: bool,
        _session: String,
        order: Order,
    ) -> Outcome<Receipt, MarketError> {
        let work = async {
            refuse(&venue)?;
            if order.symbol == "ZZZ" {
                return Err(MarketError::UnknownSymbol("symbol ZZZ is not known".to_owned()).into());
            }
            let mut receipt = Receipt::default();
            if !dry_run {
                book(&mut receipt, order);
            }
            Ok(receipt)
        };
        self.log.run("market.place", work).await
    }

    async fn parameters(
        &self,
        venue: String,
        i32: Option<i32>,
        i64: Option<i64>,
        u64: Option<u64>,
        f64: Option<f64>,
        flag: Option<bool>,
        text: String,
        texts: Vec<String>,
        numbers: Vec<i64>,
        side: Option<Direction>,
        session: Option<String>,
        weight: Option<u32>,
    ) -> Outcome<ParameterSet, MarketError> {
        refuse(&venue)?;
        let (texts, numbers) = (some(texts), some(numbers));
        Ok(ParameterSet { venue, i32, i64, u64, f64, flag, text, texts, numbers, side, session, weight })
    }

    async fn numbers(
        &self,
        mut input: Receiver<crate::support::market::NumberSet>,
        output: Sender<crate::support::market::NumberSet>,
    ) -> Outcome<(), MarketError> {
        let work = async {
            while let Some(numbers) = input.recv().await? {
                output.send(numbers).await?;
            }
            Ok(())
        };
        self.log.run("market.numbers", work).await
    }
}
