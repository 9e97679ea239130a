//! Every shape of method and every place of a parameter, called in memory.

#![deny(unused)]

use mandovi::{BearerCredential, Verified, Verifier, prelude::*, testing::InMemory};

#[message(view(tiny = [name], card = [name, kind]))]
pub struct Person {
    #[field(1)]
    name: String,
    #[field(2)]
    kind: Kind,
    #[field(3)]
    age: Option<u8>,
}

#[message]
pub enum Kind {
    Guest,
    Host,
}

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound,
    #[status(401)]
    Unauthorized(String),
}

pub struct Caller(String);

#[service(schemes(jwt(query = "token") = Jwt<Caller>, basic = Basic<Caller>), path = "/v1")]
pub trait Rooms {
    #[get("/rooms/{room}/{number}")]
    async fn describe(
        &self,
        number: u32,
        room: String,
        #[query(default = 5)] limit: u32,
        /// Which kinds.
        #[query(name = "kind")]
        kinds: Vec<Kind>,
        #[header] x_trace_id: Option<String>,
        #[cookie(name = "s")] session: Option<String>,
        cx: Context,
    ) -> Outcome<String, RoomError>;

    #[post("/rooms/{room}")]
    async fn enter(&self, room: String, #[body] person: Person, #[query(default = Kind::Guest)] kind: Kind) -> Outcome<Person>;

    #[delete("/rooms/{room}", auth = basic)]
    async fn close(&self, #[path(name = "room")] name: String) -> Outcome<()>;

    #[get("/join/{room}", auth = jwt)]
    async fn join(
        &self,
        room: String,
        caller: Auth<Caller>,
        opening: Opening<(Receiver<String>, Sender<Person>)>,
    ) -> Outcome<(), RoomError>;

    #[get("/enlist")]
    async fn enlist(&self, opening: Opening<Receiver<Person>>) -> Outcome<Vec<Person>, RoomError>;

    #[get("/names", view = tiny)]
    async fn names(&self, opening: Opening<Sender<Person>>) -> Outcome<()>;

    #[get("/people")]
    async fn people(&self, #[view(default = PersonView::Tiny)] view: PersonView, output: Sender<Person>) -> Outcome<()>;

    #[get("/sum", view = card)]
    async fn sum(&self, input: Receiver<u64>) -> Outcome<Vec<Person>>;

    #[get("/cards", view = card)]
    async fn cards(&self, input: Receiver<Person>, output: Sender<Vec<Person>>, cx: Context) -> Outcome<()>;

    #[get("/raw", raw)]
    async fn raw(&self, input: Receiver<Message>, output: Sender<Message>) -> Outcome<()>;
}

struct House;

fn person(name: &str) -> Person {
    Person { name: name.into(), kind: Kind::Host, age: Some(40) }
}

impl Rooms for House {
    async fn describe(
        &self,
        number: u32,
        room: String,
        limit: u32,
        kinds: Vec<Kind>,
        trace: Option<String>,
        session: Option<String>,
        _: Context,
    ) -> Outcome<String, RoomError> {
        if number == 0 {
            return Err(RoomError::NotFound.into());
        }
        Ok(format!("{room} {number} {limit} {kinds:?} {trace:?} {session:?}"))
    }

    async fn enter(&self, room: String, person: Person, kind: Kind) -> Outcome<Person> {
        Ok(Person { name: format!("{} in {room}", person.name), kind, ..person })
    }

    async fn close(&self, _: String) -> Outcome<()> {
        Ok(())
    }

    async fn join(
        &self,
        room: String,
        caller: Auth<Caller>,
        opening: Opening<(Receiver<String>, Sender<Person>)>,
    ) -> Outcome<(), RoomError> {
        if room == "nowhere" {
            return Err(RoomError::NotFound.into());
        }
        let (mut input, output) = opening.accept().await?;
        while let Some(text) = input.recv().await? {
            output.send(person(&format!("{} {text}", caller.0))).await?;
        }
        Ok(())
    }

    async fn enlist(&self, opening: Opening<Receiver<Person>>) -> Outcome<Vec<Person>, RoomError> {
        let mut input = opening.accept().await?;
        let mut list = Vec::new();
        while let Some(person) = input.recv().await? {
            list.push(person);
        }
        Ok(list)
    }

    async fn names(&self, opening: Opening<Sender<Person>>) -> Outcome<()> {
        opening.accept().await?.send(person("a")).await?;
        Ok(())
    }

    async fn people(&self, _: PersonView, output: Sender<Person>) -> Outcome<()> {
        output.send(person("b")).await?;
        Ok(())
    }

    async fn sum(&self, mut input: Receiver<u64>) -> Outcome<Vec<Person>> {
        let mut sum = 0;
        while let Some(number) = input.recv().await? {
            sum += number;
        }
        Ok(vec![person(&sum.to_string())])
    }

    async fn cards(&self, mut input: Receiver<Person>, output: Sender<Vec<Person>>, _: Context) -> Outcome<()> {
        while let Some(person) = input.recv().await? {
            output.send(vec![person]).await?;
        }
        Ok(())
    }

    async fn raw(&self, mut input: Receiver<Message>, output: Sender<Message>) -> Outcome<()> {
        while let Some(message) = input.recv().await? {
            output.send(message).await?;
        }
        Ok(())
    }
}

struct Tokens;

impl Verifier<Jwt<Caller>> for Tokens {
    async fn verify(&self, credential: BearerCredential, _: &[&str]) -> Result<Verified<Caller>, Denied> {
        match credential.token() {
            "wrong" => Err(Denied::unauthenticated("wrong token")),
            token => Ok(Caller(token.to_owned()).into()),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let passwords = |credential: BasicCredential| async move { Ok::<_, Denied>(Caller(credential.user)) };
    let server = InMemory::from(RoomsServer::new(House).jwt(Tokens).basic(passwords));
    let rooms = RoomsClient::in_memory(server.clone()).token("me").basic("user", "password").build().expect("a client");

    let described = rooms.describe(1, "a b", None, &[Kind::Guest, Kind::Host], Some("t".into()), Some("c".into())).await;
    assert_eq!(described.expect("described"), r#"a b 1 5 [Guest, Host] Some("t") Some("c")"#);
    let missing = rooms.describe(0, "x", Some(9), &[], None, None).await;
    assert!(matches!(missing, Err(Failure::Declared(RoomError::NotFound))));
    let entered = rooms.enter("hall", &person("p"), None).await.expect("entered");
    assert_eq!(entered, Person { name: "p in hall".into(), kind: Kind::Guest, age: Some(40) });
    rooms.close("hall").await.expect("closed");

    let (tx, mut rx) = rooms.join("hall").await.expect("joined");
    tx.send("hello").await.expect("sent");
    assert_eq!(rx.recv().await.expect("received"), Some(person("me hello")));
    assert!(matches!(rooms.join("nowhere").await, Err(Failure::Declared(RoomError::NotFound))));

    let (tx, reply) = rooms.enlist().await.expect("open");
    tx.send(&person("q")).await.expect("sent");
    tx.finish().expect("finished");
    assert_eq!(reply.await.expect("answered"), [person("q")]);

    let mut names = rooms.names().await.expect("open");
    assert_eq!(names.recv().await.expect("received"), Some(PersonTiny { name: "a".into() }));

    let mut tiny = rooms.people(None).await.expect("open");
    assert_eq!(tiny.recv().await.expect("received"), Some(PersonViewed::Tiny(PersonTiny { name: "b".into() })));
    let mut whole = rooms.people(Some(PersonView::Default)).await.expect("open");
    assert_eq!(whole.recv().await.expect("received"), Some(PersonViewed::Default(person("b"))));

    let (tx, reply) = rooms.sum().await.expect("open");
    tx.send(3).await.expect("sent");
    tx.send(4).await.expect("sent");
    tx.finish().expect("finished");
    assert_eq!(reply.await.expect("answered"), [PersonCard { name: "7".into(), kind: Kind::Host }]);

    let (tx, mut rx) = rooms.cards().await.expect("open");
    tx.send(person("r")).await.expect("sent");
    assert_eq!(rx.recv().await.expect("received"), Some(vec![PersonCard { name: "r".into(), kind: Kind::Host }]));

    let (tx, mut rx) = rooms.raw().await.expect("open");
    tx.send(Message::binary(vec![1, 2])).await.expect("sent");
    assert_eq!(rx.recv().await.expect("received"), Some(Message::binary(vec![1, 2])));

    let wrong = RoomsClient::in_memory(server).token("wrong").build().expect("a client");
    let refused = wrong.join("hall").await;
    assert!(matches!(refused, Err(Failure::Declared(RoomError::Unauthorized(text))) if text == "wrong token"));

    let design = RoomsDesign::model();
    assert_eq!(design.methods[0].path, "/v1/rooms/{room}/{number}");
    assert_eq!(design.methods[0].parameters[2].default, Some(5.into()));
    assert_eq!(design.methods[0].parameters[3].description, "Which kinds.");
    assert_eq!(design.methods[0].parameters[4].name, "x-trace-id");
    assert_eq!(design.schemes[0].query.as_deref(), Some("token"));
    assert!(design.methods[9].streaming.raw && design.methods[3].streaming.opening);
    assert_eq!(design.methods[5].view.as_deref(), Some("tiny"));
}
