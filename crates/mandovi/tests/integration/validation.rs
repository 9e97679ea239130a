//! Rules hold on every path, on both sides. Each path is tried with a peer whose design has no rules: the strict side must
//! refuse what the loose one sends.

use std::collections::BTreeMap;

use mandovi::prelude::*;
use mandovi::{Invalid, StreamError};

use crate::refusals::exchange;

/// Text of a name, behind an alias that the macro cannot see through.
type Line = String;

/// A name that says of itself what it is.
#[message(min_length = 2, pattern = "^[a-z]+$", example = "ana")]
#[derive(Eq, PartialOrd, Ord)]
pub struct Name(String);

/// One of several.
#[message]
pub enum Shape {
    /// By its name.
    Named(Name),
    /// By its size.
    Square(Square),
}

/// With a side.
#[message]
pub struct Square {
    #[field(2, exclusive_minimum = 0)]
    side: f64,
}

/// Of whatever there is.
#[message]
pub struct Page<T> {
    #[field(1, max_length = 2)]
    items: Vec<T>,
    #[field(flatten)]
    more: Square,
}

/// Where newtypes, unions, messages with parameters and flattened ones have rules.
#[message]
pub struct Album {
    #[field(1)]
    names: Vec<Name>,
    #[field(2)]
    by_name: BTreeMap<Name, Shape>,
    #[field(3)]
    page: Page<Name>,
}

#[test]
fn rules_hold_wherever_a_value_is() {
    use mandovi::{MessageRef, value::Value as _};
    let wrong = r#"{"names":["ok","X"],"by_name":{"Y":{"type":"named","value":"z"},"fine":{"type":"square","value":{"side":0}}},"page":{"items":["a","ok","ok"],"side":-1}}"#;
    let pattern = |path| format!("{path} must match the regexp \"^[a-z]+$\"");
    let short = |path| format!("length of {path} must be greater or equal than 2");
    let expected = [
        pattern("names[1]"),
        short("names[1]"),
        pattern("by_name[*]"),
        short("by_name[*]"),
        short("by_name[*].value"),
        "by_name[*].value.side must be greater than 0".to_owned(),
        "length of page.items must be lesser or equal than 2".to_owned(),
        short("page.items[0]"),
        "page.side must be greater than 0".to_owned(),
    ];
    let invalid = Album::from_json(MessageRef::Text(wrong)).unwrap_err();
    assert_eq!(invalid.to_string(), expected.join("; "));
    // The second look says the same, and what could not be read.
    let wrong = wrong.replace("-1}}", "-1},\"names\":[0]}");
    let invalid = Album::from_json(MessageRef::Text(&wrong)).unwrap_err();
    let unread = "invalid value for \"names[0]\", must be a string".to_owned();
    assert_eq!(invalid.to_string(), [&[unread], &expected[2..]].concat().join("; "));
    let right =
        r#"{"names":["ok"],"by_name":{"ab":{"type":"named","value":"zz"}},"page":{"items":["aa","ok"],"side":1.0}}"#;
    Album::from_json(MessageRef::Text(right)).unwrap();
}

#[tokio::test]
async fn a_newtype_keeps_its_rules_as_a_parameter() {
    #[service]
    pub trait Names {
        #[get("/names/{name}")]
        async fn name(&self, name: Name, #[query] other: Vec<Name>) -> Outcome<()>;
    }
    #[service]
    pub trait Texts {
        #[get("/names/{name}")]
        async fn name(&self, name: String, #[query] other: Vec<String>) -> Outcome<()>;
    }
    struct Here;
    impl Names for Here {
        async fn name(&self, _name: Name, _other: Vec<Name>) -> Outcome<()> {
            Ok(())
        }
    }
    NamesDesign::model();
    let expected = [
        "name must match the regexp \"^[a-z]+$\"",
        "length of name must be greater or equal than 2",
        "length of other[1] must be greater or equal than 2",
    ];
    let texts = TextsClient::in_memory(NamesServer::new(Here)).build().unwrap();
    let Err(Failure::Remote(remote)) = texts.name("A", &["ok".into(), "a".into()]).await else { panic!("taken") };
    assert_eq!((remote.status, remote.message), (400, expected.join("; ")));
    let names = NamesClient::in_memory(NamesServer::new(Here)).build().unwrap();
    let other = [Name("ok".into()), Name("a".into())];
    assert_eq!(refused(names.name(Name("A".into()), &other).await).to_string(), expected.join("; "));
    names.name(Name("ana".into()), &other[..1]).await.unwrap();
}

/// A reading with a rule of every kind.
#[message]
pub struct Reading {
    /// Whence.
    #[field(1, pattern = "^[a-z]+$", min_length = 2, max_length = 4)]
    pub sensor: String,
    /// How much.
    #[field(2, minimum = 1, maximum = 100)]
    pub value: u32,
    /// How sure.
    #[field(3, exclusive_minimum = 0, exclusive_maximum = 1.5)]
    pub weight: Option<f64>,
    /// In what.
    #[field(4, one_of = ["C", "F"], default = "C")]
    pub unit: String,
    /// When.
    #[field(5, format = "date-time")]
    pub at: Option<String>,
    /// What else.
    #[field(6, max_length = 2)]
    pub tags: Option<Vec<String>>,
    /// In bytes.
    #[field(7, max_length = 3)]
    pub raw: Option<Base64>,
    /// And more.
    #[field(8, min_length = 1)]
    pub notes: Option<BTreeMap<String, Place>>,
    /// Behind an alias.
    #[field(9, max_length = 3)]
    pub line: Option<Line>,
}

/// Where.
#[message]
pub struct Place {
    /// North of the equator, in degrees.
    #[field(1, minimum = -90, maximum = 90)]
    pub latitude: f32,
}

#[message]
pub struct LooseReading {
    #[field(1)]
    pub sensor: Option<String>,
    #[field(2)]
    pub value: Option<i64>,
    #[field(3)]
    pub weight: Option<f64>,
    #[field(4)]
    pub unit: Option<String>,
    #[field(5)]
    pub at: Option<String>,
    #[field(6)]
    pub tags: Option<Vec<String>>,
    #[field(7)]
    pub raw: Option<Base64>,
    #[field(8)]
    pub notes: Option<serde_json::Value>,
    #[field(9)]
    pub line: Option<String>,
}

#[service]
pub trait Strict {
    #[get("/range/{room}")]
    async fn range(
        &self,
        #[path(pattern = "^[a-z]+$")] room: String,
        #[query(minimum = 1, maximum = 50, default = 10, example = 20)] limit: u8,
        #[query(max_length = 2)] tag: Vec<String>,
        #[header(one_of = [1, 2])] version: Option<u32>,
        #[cookie(format = "uuid")] session: Option<String>,
    ) -> Outcome<u32>;
    #[post("/readings")]
    async fn store(&self, #[body] reading: Reading) -> Outcome<()>;
    #[get("/readings")]
    async fn latest(&self) -> Outcome<Reading>;
    #[get("/copy")]
    async fn copy(&self, input: Receiver<Reading>, output: Sender<Reading>) -> Outcome<()>;
    #[get("/last")]
    async fn last(&self, input: Receiver<Reading>) -> Outcome<Reading>;
}

#[service]
pub trait Loose {
    #[get("/range/{room}")]
    async fn range(
        &self,
        room: String,
        #[query] limit: Option<u8>,
        #[query] tag: Vec<String>,
        #[header] version: Option<u32>,
        #[cookie] session: Option<String>,
    ) -> Outcome<u32>;
    #[post("/readings")]
    async fn store(&self, #[body] reading: LooseReading) -> Outcome<()>;
    #[get("/readings")]
    async fn latest(&self) -> Outcome<LooseReading>;
    #[get("/copy")]
    async fn copy(&self, input: Receiver<LooseReading>, output: Sender<LooseReading>) -> Outcome<()>;
    #[get("/last")]
    async fn last(&self, input: Receiver<LooseReading>) -> Outcome<LooseReading>;
}

fn right() -> Reading {
    Reading {
        sensor: "air".into(),
        value: 7,
        weight: Some(0.5),
        unit: "C".into(),
        at: Some("2026-11-21T03:30:00Z".into()),
        tags: Some(vec!["a".into(), "b".into()]),
        raw: Some(Base64::from(b"123".as_slice())),
        notes: Some(BTreeMap::from([("here".into(), Place { latitude: 15.5 })])),
        line: Some("äöü".into()),
    }
}

/// Every rule of it is broken, but for one.
fn wrong() -> Reading {
    Reading {
        sensor: "secret Ä".into(),
        value: 101,
        weight: Some(0.0),
        unit: "K".into(),
        at: Some("secret".into()),
        tags: Some(vec!["secret".into(); 3]),
        raw: Some(Base64::from(b"1234".as_slice())),
        notes: Some(BTreeMap::from([("secret".into(), Place { latitude: 90.5 })])),
        line: Some("äöüß".into()),
    }
}

/// What `wrong` breaks, in the order of the design.
const BROKEN: [(&str, &str, &str); 10] = [
    ("sensor", "invalid_pattern", "sensor must match the regexp \"^[a-z]+$\""),
    ("sensor", "invalid_length", "length of sensor must be lesser or equal than 4"),
    ("value", "invalid_range", "value must be lesser or equal than 100"),
    ("weight", "invalid_range", "weight must be greater than 0"),
    ("unit", "invalid_enum_value", "value of unit must be one of \"C\", \"F\""),
    ("at", "invalid_format", "at must be formatted as a date-time"),
    ("tags", "invalid_length", "length of tags must be lesser or equal than 2"),
    ("raw", "invalid_length", "length of raw must be lesser or equal than 3"),
    ("notes[*].latitude", "invalid_range", "notes[*].latitude must be lesser or equal than 90"),
    ("line", "invalid_length", "length of line must be lesser or equal than 3"),
];

fn loose(reading: &Reading) -> LooseReading {
    serde_json::from_value(serde_json::to_value(reading).unwrap()).unwrap()
}

#[track_caller]
fn assert_broken(invalid: &Invalid) {
    let told: Vec<_> =
        invalid.violations().iter().map(|found| (found.path.as_str(), found.rule, found.message.as_str())).collect();
    assert_eq!(told, BROKEN);
}

fn messages() -> String {
    BROKEN.map(|(_, _, message)| message).join("; ")
}

/// Knows of no rules, and answers what it is told to.
struct LooseWall(Reading);

impl Loose for LooseWall {
    async fn range(
        &self,
        _room: String,
        limit: Option<u8>,
        _tag: Vec<String>,
        _version: Option<u32>,
        _session: Option<String>,
    ) -> Outcome<u32> {
        Ok(limit.unwrap_or(0).into())
    }

    async fn store(&self, _reading: LooseReading) -> Outcome<()> {
        Ok(())
    }

    async fn latest(&self) -> Outcome<LooseReading> {
        Ok(loose(&self.0))
    }

    async fn copy(&self, mut input: Receiver<LooseReading>, output: Sender<LooseReading>) -> Outcome<()> {
        while let Some(reading) = input.recv().await? {
            output.send(loose(&self.0)).await?;
            output.send(reading).await?;
        }
        Ok(())
    }

    async fn last(&self, mut input: Receiver<LooseReading>) -> Outcome<LooseReading> {
        while input.recv().await?.is_some() {}
        Ok(loose(&self.0))
    }
}

/// Keeps its rules, whatever it tries.
struct StrictWall(Reading);

impl Strict for StrictWall {
    async fn range(
        &self,
        _room: String,
        limit: u8,
        _tag: Vec<String>,
        _version: Option<u32>,
        _session: Option<String>,
    ) -> Outcome<u32> {
        Ok(limit.into())
    }

    async fn store(&self, _reading: Reading) -> Outcome<()> {
        Ok(())
    }

    async fn latest(&self) -> Outcome<Reading> {
        Ok(self.0.clone())
    }

    async fn copy(&self, mut input: Receiver<Reading>, output: Sender<Reading>) -> Outcome<()> {
        loop {
            match input.recv().await {
                Ok(Some(reading)) => output.send(reading).await?,
                Ok(None) => return Ok(()),
                Err(StreamError::Invalid(invalid)) => {
                    assert_broken(&invalid);
                    let Err(StreamError::Unsendable(invalid)) = output.send(&self.0).await else { panic!("sent") };
                    assert_broken(&invalid);
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    async fn last(&self, mut input: Receiver<Reading>) -> Outcome<Reading> {
        while input.recv().await?.is_some() {}
        Ok(self.0.clone())
    }
}

fn strict_client_of_loose_server(answer: Reading) -> StrictClient {
    StrictClient::in_memory(LooseServer::new(LooseWall(answer))).build().unwrap()
}

fn loose_client_of_strict_server(answer: Reading) -> LooseClient {
    LooseClient::in_memory(StrictServer::new(StrictWall(answer))).build().unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> Invalid {
    match outcome {
        Err(Failure::Stream(StreamError::Invalid(invalid))) => invalid,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_sends_no_parameter_that_breaks_a_rule() {
    let client = strict_client_of_loose_server(right());
    let tags = ["ok".to_owned(), "secret".to_owned()];
    let invalid = refused(client.range("ROOM", Some(51), &tags, Some(3), Some("secret".into())).await);
    let told: Vec<_> = invalid.violations().iter().map(|found| (found.path.as_str(), found.rule)).collect();
    let expected = [
        ("room", "invalid_pattern"),
        ("limit", "invalid_range"),
        ("tag[1]", "invalid_length"),
        ("version", "invalid_enum_value"),
        ("session", "invalid_format"),
    ];
    assert_eq!(told, expected);
    assert_eq!(client.range("room", Some(50), &tags[..1], Some(2), None).await.unwrap(), 50);
    assert_eq!(client.range("room", Some(1), &[], None, None).await.unwrap(), 1);
    let invalid = refused(client.range("room", Some(0), &[], None, None).await);
    assert_eq!(invalid.to_string(), "limit must be greater or equal than 1");
}

#[tokio::test]
async fn a_server_refuses_parameters_with_all_that_is_wrong() {
    let client = loose_client_of_strict_server(right());
    let tags = ["ok".to_owned(), "secret".to_owned()];
    let Err(Failure::Remote(remote)) = client.range("ROOM", Some(51), &tags, Some(3), Some("secret".into())).await
    else {
        panic!("taken")
    };
    let expected = [
        "room must match the regexp \"^[a-z]+$\"",
        "limit must be lesser or equal than 50",
        "length of tag[1] must be lesser or equal than 2",
        "value of version must be one of 1, 2",
        "session must be formatted as a uuid",
    ];
    assert_eq!((remote.status, remote.name.as_str()), (400, "invalid_pattern"));
    assert_eq!(remote.message, expected.join("; "));
    assert_eq!(client.range("room", None, &tags[..1], Some(1), None).await.unwrap(), 10, "the default");
    let session = Some("6ba7b810-9dad-11d1-80b4-00c04fd430c8".to_owned());
    assert_eq!(client.range("room", Some(1), &[], None, session).await.unwrap(), 1);
}

#[tokio::test]
async fn a_body_keeps_its_rules_on_both_sides() {
    let strict = strict_client_of_loose_server(right());
    assert_broken(&refused(strict.store(&wrong()).await));
    strict.store(&right()).await.unwrap();
    let loose_client = loose_client_of_strict_server(right());
    let Err(Failure::Remote(remote)) = loose_client.store(&loose(&wrong())).await else { panic!("taken") };
    assert_eq!((remote.status, remote.name.as_str()), (400, "invalid_pattern"));
    assert_eq!(remote.message, messages());
    loose_client.store(&loose(&right())).await.unwrap();
}

/// Missing members, a wrong type and broken rules in one: the bytes are read again, and everything is told.
#[tokio::test]
async fn what_cannot_even_be_read_is_told_with_its_broken_rules() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = StrictServer::new(StrictWall(right())).into_router();
    tokio::spawn(mandovi::serve(listener, router).into_future());
    let body = r#"{"weight":"heavy","unit":"K","tags":["a","b","c"],"notes":{"x":{"latitude":-90.5},"y":{}}}"#;
    let head = format!(
        "POST /readings HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    let answer = exchange(address, &format!("{head}\r\n{body}")).await;
    let (_, json) = answer.split_once("\r\n\r\n").unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let expected = [
        "\"sensor\" is missing from body",
        "\"value\" is missing from body",
        "invalid value for \"weight\", must be a number",
        "value of unit must be one of \"C\", \"F\"",
        "length of tags must be lesser or equal than 2",
        "notes[*].latitude must be greater or equal than -90",
        "\"notes[*].latitude\" is missing from body",
    ];
    assert_eq!(json["message"].as_str().unwrap(), expected.join("; "));
    assert_eq!(json["name"], "missing_field");
}

#[tokio::test]
async fn a_client_takes_no_result_that_breaks_a_rule() {
    assert_broken(&refused(strict_client_of_loose_server(wrong()).latest().await));
    assert_eq!(strict_client_of_loose_server(right()).latest().await.unwrap(), right());
    let (tx, reply) = strict_client_of_loose_server(wrong()).last().await.unwrap();
    tx.finish().unwrap();
    assert_broken(&refused(reply.await));
}

#[tokio::test]
async fn a_server_answers_no_result_that_breaks_a_rule() {
    let Err(Failure::Remote(remote)) = loose_client_of_strict_server(wrong()).latest().await else { panic!("taken") };
    assert_eq!((remote.status, remote.message.as_str()), (500, "internal error"));
}

#[tokio::test]
async fn a_stream_carries_only_what_keeps_the_rules() {
    // The client sends nothing wrong, and takes nothing wrong; the stream goes on.
    let (tx, mut rx) = strict_client_of_loose_server(wrong()).copy().await.unwrap();
    let Err(StreamError::Unsendable(invalid)) = tx.send(wrong()).await else { panic!("sent") };
    assert_broken(&invalid);
    tx.send(right()).await.unwrap();
    match rx.recv().await {
        Err(Failure::Stream(StreamError::Invalid(invalid))) => assert_broken(&invalid),
        other => panic!("{other:?}"),
    }
    assert_eq!(rx.recv().await.unwrap(), Some(right()));
    // The server takes nothing wrong and sends nothing wrong; it tells itself above.
    let (tx, mut rx) = loose_client_of_strict_server(wrong()).copy().await.unwrap();
    tx.send(loose(&wrong())).await.unwrap();
    tx.send(loose(&right())).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(loose(&right())));
}

#[test]
fn the_model_has_the_rules() {
    let model = StrictDesign::model();
    let json = serde_json::to_value(&model).unwrap();
    let field = |name: &str| {
        let fields = json["types"]["Reading"]["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap().clone()
    };
    assert_eq!(
        field("sensor")["rules"],
        serde_json::json!([
            { "rule": "pattern", "pattern": "^[a-z]+$" },
            { "rule": "min_length", "value": 2 },
            { "rule": "max_length", "value": 4 },
        ])
    );
    assert_eq!(
        field("weight")["rules"],
        serde_json::json!([
            { "rule": "exclusive_minimum", "value": 0 },
            { "rule": "exclusive_maximum", "value": 1.5 },
        ])
    );
    assert_eq!(field("unit")["rules"], serde_json::json!([{ "rule": "enumeration", "values": ["C", "F"] }]));
    let limit = &json["methods"][0]["parameters"][1];
    assert_eq!(limit["rules"][1], serde_json::json!({ "rule": "maximum", "value": 50 }));
    assert_eq!((&limit["default"], &limit["examples"]), (&10.into(), &serde_json::json!([20])));
}

/// The macro cannot check the format of a default: the model does, with debug assertions.
#[test]
#[should_panic(
    expected = "the design breaks its own rules: the default of the parameter `day` of `on`: value must be formatted as a date"
)]
fn a_default_of_another_format_is_told_by_the_model() {
    #[service]
    pub trait Calendar {
        #[get("/on")]
        async fn on(&self, #[query(format = "date", default = "2026-02-30")] day: String) -> Outcome<()>;
    }
    CalendarDesign::model();
}
