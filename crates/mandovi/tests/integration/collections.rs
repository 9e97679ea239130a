//! Views of collections: nested in members, as the messages of a stream, fixed by the design where a method takes input.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mandovi::{
    MessageRef,
    model::{Definition, Schema},
    prelude::*,
    value::{Item, Value, ViewId, ViewName, ViewedList},
};

/// Something that is listed.
#[message(view(tiny = [name], open = [name, pin]))]
pub struct Entry {
    /// What it is called.
    #[field(1)]
    pub name: String,
    /// Its score.
    #[field(2)]
    pub score: f64,
    /// Nobody's business.
    #[field(3, secret)]
    pub pin: Option<String>,
}

/// What holds an entry in every way, and is cut short where it is shown.
#[message(view(short = [
    list(tiny), maybe(tiny), boxed(tiny), shared(tiny), named(tiny), numbered(tiny), deep(tiny), held,
]))]
pub struct Shelf {
    #[field(1)]
    list: Vec<Entry>,
    #[field(2)]
    maybe: Option<Entry>,
    #[field(3)]
    boxed: Box<Entry>,
    #[field(4)]
    shared: Arc<Entry>,
    #[field(5)]
    named: BTreeMap<String, Entry>,
    #[field(6)]
    numbered: HashMap<u8, Entry>,
    #[field(7)]
    deep: Option<Vec<BTreeMap<String, Box<Entry>>>>,
    /// A union is shown whole.
    #[field(8)]
    held: Held,
}

/// What may be held.
#[message]
pub enum Held {
    /// An entry.
    Entry(Entry),
}

/// A list that is read.
#[service]
pub trait Lists {
    /// Entries by the page, in a view of the caller's choice.
    #[get("/pages")]
    async fn pages(&self, #[view] view: Option<EntryView>, output: Sender<Vec<Entry>>) -> Outcome<()>;

    /// Entries by the page, tiny.
    #[get("/fixed", view = tiny)]
    async fn fixed(&self, output: Sender<Vec<Entry>>) -> Outcome<()>;

    /// Says every entry again, tiny.
    #[get("/echo", view = tiny)]
    async fn echo(&self, input: Receiver<Entry>, output: Sender<Entry>) -> Outcome<()>;

    /// All that were sent, tiny.
    #[get("/gather", view = tiny)]
    async fn gather(&self, input: Receiver<Entry>) -> Outcome<Vec<Entry>>;
}

struct Library;

fn entry(name: &str) -> Entry {
    Entry { name: name.into(), score: 1.5, pin: Some("1234".into()) }
}

fn tiny(name: &str) -> EntryTiny {
    EntryTiny { name: name.into() }
}

impl Lists for Library {
    async fn pages(&self, _view: Option<EntryView>, output: Sender<Vec<Entry>>) -> Outcome<()> {
        output.send(vec![entry("a"), entry("b")]).await?;
        output.send(vec![]).await?;
        Ok(())
    }

    async fn fixed(&self, output: Sender<Vec<Entry>>) -> Outcome<()> {
        output.send(vec![entry("a")]).await?;
        Ok(())
    }

    async fn echo(&self, mut input: Receiver<Entry>, output: Sender<Entry>) -> Outcome<()> {
        while let Some(entry) = input.recv().await? {
            assert_eq!(entry.score, 1.5, "what a client sends is whole");
            output.send(entry).await?;
        }
        Ok(())
    }

    async fn gather(&self, mut input: Receiver<Entry>) -> Outcome<Vec<Entry>> {
        let mut all = Vec::new();
        while let Some(entry) = input.recv().await? {
            all.push(entry);
        }
        Ok(all)
    }
}

fn client() -> ListsClient {
    ListsClient::in_memory(ListsServer::new(Library)).build().unwrap()
}

#[tokio::test]
async fn a_stream_of_collections_is_typed_by_the_view_that_was_chosen() {
    let mut rx = client().pages(Some(EntryView::Tiny)).await.unwrap();
    let page: ViewedList<Entry> = rx.recv().await.unwrap().unwrap();
    assert_eq!(page.view(), EntryView::Tiny);
    assert_eq!(page[..], [EntryViewed::Tiny(tiny("a")), EntryViewed::Tiny(tiny("b"))]);
    let empty = rx.recv().await.unwrap().unwrap();
    assert_eq!((empty.view(), empty.len()), (EntryView::Tiny, 0), "known though there is nothing to tell it");
    assert!(rx.recv().await.unwrap().is_none());
    let mut rx = client().pages(None).await.unwrap();
    let page = rx.recv().await.unwrap().unwrap();
    assert_eq!(page.view(), EntryView::Default);
    assert_eq!(page.into_inner(), [EntryViewed::Default(entry("a")), EntryViewed::Default(entry("b"))]);
}

#[tokio::test]
async fn a_view_that_the_design_fixes_holds_for_collections_and_beside_input() {
    let mut rx = client().fixed().await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(vec![tiny("a")]));
    let (tx, mut rx) = client().echo().await.unwrap();
    tx.send(entry("x")).await.unwrap();
    assert_eq!(rx.recv().await.unwrap(), Some(tiny("x")));
    let (tx, reply) = client().gather().await.unwrap();
    tx.send(entry("y")).await.unwrap();
    tx.send(entry("z")).await.unwrap();
    tx.finish().unwrap();
    assert_eq!(reply.await.unwrap(), vec![tiny("y"), tiny("z")]);
}

#[test]
fn a_list_in_a_view_reads_and_writes_itself() {
    let list =
        ViewedList::<Entry>::new(EntryView::Tiny, vec![EntryViewed::Tiny(tiny("a")), EntryViewed::Tiny(tiny("b"))]);
    let mut out = Vec::new();
    list.encode(ViewId::DEFAULT, &mut out).unwrap();
    let json = String::from_utf8(out).unwrap();
    assert_eq!(json, r#"[{"name":"a"},{"name":"b"}]"#);
    assert_eq!(ViewedList::<Entry>::decode(EntryView::Tiny.id(), MessageRef::Text(&json)), Ok(list));
    let invalid = ViewedList::<Entry>::decode(EntryView::Open.id(), MessageRef::Text(r#"[{"name":"a"},{"pin":1}]"#));
    let found: Vec<_> =
        invalid.unwrap_err().into_violations().into_iter().map(|found| (found.path, found.rule)).collect();
    assert_eq!(found, [("[1].name".to_owned(), "missing_field"), ("[1].pin".to_owned(), "invalid_field_type")]);
    let wrong = ViewedList::<Entry>::new(
        EntryView::Default,
        vec![EntryViewed::Default(Entry { score: f64::NAN, ..entry("a") })],
    );
    let mut out = b"before".to_vec();
    assert!(wrong.encode(ViewId::DEFAULT, &mut out).is_err());
    assert_eq!(out, b"before");
    let shown = format!("{:?}", EntryViewed::Open(EntryOpen { name: "a".into(), pin: Some("1234".into()) }));
    assert!(shown.contains("***") && !shown.contains("1234"), "a view of a secret is as secret: {shown}");
}

#[test]
fn a_nested_view_reaches_through_every_container() {
    let shelf = Shelf {
        list: vec![entry("l")],
        maybe: Some(entry("m")),
        boxed: Box::new(entry("b")),
        shared: Arc::new(entry("s")),
        named: BTreeMap::from([("k".to_owned(), entry("n"))]),
        numbered: HashMap::from([(7, entry("7"))]),
        deep: Some(vec![BTreeMap::from([("d".to_owned(), Box::new(entry("d")))])]),
        held: Held::Entry(entry("h")),
    };
    let mut out = Vec::new();
    shelf.encode(ShelfView::Short.id(), &mut out).unwrap();
    let json = String::from_utf8(out).unwrap();
    let expected = concat!(
        r#"{"list":[{"name":"l"}],"maybe":{"name":"m"},"boxed":{"name":"b"},"shared":{"name":"s"},"#,
        r#""named":{"k":{"name":"n"}},"numbered":{"7":{"name":"7"}},"deep":[{"d":{"name":"d"}}],"#,
        r#""held":{"type":"entry","value":{"name":"h","score":1.5,"pin":"1234"}}}"#
    );
    assert_eq!(json, expected);
    let short = ShelfShort::from_json(MessageRef::Text(&json)).unwrap();
    assert_eq!(short.deep.unwrap()[0]["d"], Box::new(tiny("d")));
    assert_eq!((short.maybe, short.numbered[&7].clone()), (Some(tiny("m")), tiny("7")));
}

#[test]
fn views_of_collections_are_in_the_model() {
    let model = ListsDesign::model();
    let entries = Schema::array(Schema::Named { name: "Entry".into() });
    for method in &model.methods {
        let shape = method.streaming.output.as_ref();
        if matches!(method.name.as_str(), "pages" | "fixed") {
            assert_eq!(shape, Some(&entries), "{}", method.name);
        }
    }
    let Some(Definition::Message(entry)) = model.types.get("Entry") else { panic!("a message") };
    assert_eq!(entry.views.len(), 2);
}
