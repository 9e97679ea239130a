//! Schemes of every kind, alone and as alternatives: what a request must carry, what it is told, and what reaches the method.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mandovi::auth::{ClientHead, CustomScheme, Head, Malformed};
use mandovi::model::{FlowKind, Location, SchemeKind};
use mandovi::prelude::*;
use mandovi::{BearerCredential, Verified, Verifier};

use crate::refusals::{exchange, upgrade};

/// Who holds a token.
#[derive(Debug, serde::Deserialize)]
pub struct Caller {
    pub sub: String,
}

/// Who holds a key.
#[derive(Debug)]
pub struct Machine(pub u32);

/// Who holds a password.
#[derive(Debug)]
pub struct User(pub String);

/// A device and a code that it shows.
pub struct Paired;

#[derive(Clone)]
pub struct Pairing {
    device: u32,
    code: String,
}

impl CustomScheme for Paired {
    type Credential = Pairing;
    type Principal = Machine;
    const CARRIERS: &'static [(Location, &'static str)] = &[(Location::Header, "X-Device"), (Location::Cookie, "code")];

    fn read(head: &Head<'_>) -> Result<Option<Pairing>, Malformed> {
        let (Some(device), Some(code)) = (head.header("X-Device")?, head.cookie("code")?) else { return Ok(None) };
        let device = device.parse().map_err(|_| Malformed::new("X-Device", "a number"))?;
        Ok(Some(Pairing { device, code: code.into_owned() }))
    }

    fn write(pairing: &Pairing, head: &mut ClientHead<'_>) {
        head.header("X-Device", &pairing.device.to_string());
        head.cookie("code", &pairing.code);
    }
}

/// Whoever it was.
#[derive(Debug, PartialEq)]
pub enum Anyone {
    Person(String),
    Machine(u32),
}

impl From<Caller> for Anyone {
    fn from(caller: Caller) -> Self {
        Self::Person(caller.sub)
    }
}

impl From<User> for Anyone {
    fn from(user: User) -> Self {
        Self::Person(user.0)
    }
}

impl From<Machine> for Anyone {
    fn from(machine: Machine) -> Self {
        Self::Machine(machine.0)
    }
}

/// A house with many doors.
#[service(
    title = "The doors",
    version = "1.2",
    terms = "https://example.com/terms",
    contact(name = "The porter", url = "https://example.com/porter", email = "porter@example.com"),
    license(name = "MIT", url = "https://example.com/mit"),
    docs(url = "https://example.com/doors", description = "More about doors."),
    server("https://doors.example.com", "production"),
    server("http://127.0.0.1:8080"),
    schemes(
        basic = Basic<User>,
        /// A signed token.
        jwt(query = "token", scopes("read" = "may look", "write" = "may change")) = Jwt<Caller>,
        key(header = "X-Api-Key") = ApiKey<Machine>,
        asked(query = "key") = ApiKey<Machine>,
        session(cookie = "sid") = ApiKey<User>,
        oauth(
            authorization_code(
                authorization_url = "https://login.example.com/authorize",
                token_url = "https://login.example.com/token",
                refresh_url = "https://login.example.com/refresh",
            ),
            client_credentials(token_url = "https://login.example.com/token"),
            scopes("read" = "may look"),
        ) = OAuth2<Caller>,
        paired = Paired,
    ),
    auth = jwt,
    scopes = ["read"],
)]
pub trait Doors {
    /// What the service asks.
    #[get("/usual")]
    async fn usual(&self, caller: Auth<Caller>) -> Outcome<String>;

    /// The service's scheme with other scopes.
    #[get("/write", scopes = ["read", "write"])]
    async fn write(&self, caller: Auth<Caller>) -> Outcome<String>;

    /// Nothing is asked.
    #[get("/open", auth = none)]
    async fn open(&self) -> Outcome<String>;

    #[get("/header", auth = key)]
    async fn header(&self, cx: Context, machine: Auth<Machine>) -> Outcome<u32>;

    #[get("/query", auth = asked)]
    async fn query(&self, machine: Auth<Machine>, output: Sender<u32>) -> Outcome<()>;

    #[get("/cookie", auth = session)]
    async fn cookie(&self, user: Auth<User>, output: Sender<String>) -> Outcome<()>;

    #[get("/cookie/plain", auth = session)]
    async fn look(&self, user: Auth<User>) -> Outcome<String>;

    #[post("/cookie/plain", auth = session)]
    async fn change(&self, user: Auth<User>) -> Outcome<String>;

    #[get("/oauth", auth = oauth, scopes = ["read"])]
    async fn oauth(&self, caller: Auth<Caller>) -> Outcome<String>;

    #[get("/paired", auth = paired)]
    async fn paired(&self, cx: Context, machine: Auth<Machine>) -> Outcome<u32>;

    /// Any of three.
    #[get("/any/{room}", auth = basic | jwt | key, scopes = ["read"])]
    async fn any(&self, cx: Context, who: Auth<Anyone>, room: String, #[query] floor: u32) -> Outcome<String>;

    /// The cookie of a page, or the token of a program.
    #[get("/page", auth = session | jwt, scopes = [])]
    async fn page(&self, who: Auth<Anyone>, output: Sender<String>) -> Outcome<()>;

    /// Any of two, and nobody asks which.
    #[post("/silent", auth = key | session)]
    async fn silent(&self, cx: Context) -> Outcome<String>;
}

#[derive(Clone, Default)]
pub struct House {
    /// What `Debug` shows of the headers.
    headers: Arc<Mutex<String>>,
}

impl Doors for House {
    async fn usual(&self, caller: Auth<Caller>) -> Outcome<String> {
        Ok(caller.sub.clone())
    }

    async fn write(&self, caller: Auth<Caller>) -> Outcome<String> {
        Ok(caller.sub.clone())
    }

    async fn open(&self) -> Outcome<String> {
        Ok("open".into())
    }

    async fn header(&self, cx: Context, machine: Auth<Machine>) -> Outcome<u32> {
        *self.headers.lock().unwrap() = format!("{:?} {cx:?}", cx.headers());
        Ok(machine.0)
    }

    async fn query(&self, machine: Auth<Machine>, output: Sender<u32>) -> Outcome<()> {
        Ok(output.send(machine.0).await?)
    }

    async fn cookie(&self, user: Auth<User>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(&user.0).await?)
    }

    async fn look(&self, user: Auth<User>) -> Outcome<String> {
        Ok(user.0.clone())
    }

    async fn change(&self, user: Auth<User>) -> Outcome<String> {
        Ok(user.0.clone())
    }

    async fn oauth(&self, caller: Auth<Caller>) -> Outcome<String> {
        Ok(caller.sub.clone())
    }

    async fn paired(&self, cx: Context, machine: Auth<Machine>) -> Outcome<u32> {
        *self.headers.lock().unwrap() = format!("{:?}", cx.headers());
        Ok(machine.0)
    }

    async fn any(&self, cx: Context, who: Auth<Anyone>, room: String, floor: u32) -> Outcome<String> {
        assert_eq!(*cx.principal::<Anyone>().unwrap(), *who);
        Ok(format!("{:?} in {room} on {floor}", *who))
    }

    async fn page(&self, who: Auth<Anyone>, output: Sender<String>) -> Outcome<()> {
        Ok(output.send(format!("{:?}", *who)).await?)
    }

    async fn silent(&self, cx: Context) -> Outcome<String> {
        Ok(match (cx.principal::<Machine>(), cx.principal::<User>()) {
            (Some(machine), None) => format!("machine {}", machine.0),
            (None, Some(user)) => format!("user {}", user.0),
            _ => "nobody".into(),
        })
    }
}

/// Tokens are names; one that starts with `read-` may look and not write, `down` cannot be judged.
struct Tokens;

impl Tokens {
    fn judge(token: &str, scopes: &[&str]) -> Result<Verified<Caller>, Denied> {
        match token {
            "bad" => Err(Denied::unauthenticated("invalid token")),
            "down" => Err(Denied::unavailable()),
            name if name.starts_with("read-") && scopes.contains(&"write") => {
                Err(Denied::forbidden("missing scopes: write"))
            }
            name => Ok(Caller { sub: name.to_owned() }.into()),
        }
    }
}

impl Verifier<mandovi::Jwt<Caller>> for Tokens {
    async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<Caller>, Denied> {
        Self::judge(credential.token(), scopes)
    }
}

impl Verifier<OAuth2<Caller>> for Tokens {
    async fn verify(&self, credential: BearerCredential, scopes: &[&str]) -> Result<Verified<Caller>, Denied> {
        assert_eq!(scopes, ["read"]);
        Self::judge(credential.token(), scopes)
    }
}

/// Keys are numbers; it covers every scope.
struct Keys;

impl Verifier<ApiKey<Machine>> for Keys {
    async fn verify(&self, credential: ApiKeyCredential, _: &[&str]) -> Result<Verified<Machine>, Denied> {
        let number = credential.key().strip_prefix("secret-").and_then(|number| number.parse().ok());
        number.map(Machine).map(Verified::from).ok_or_else(|| Denied::unauthenticated("invalid key"))
    }
}

struct Codes;

impl Verifier<Paired> for Codes {
    async fn verify(&self, pairing: Pairing, _: &[&str]) -> Result<Verified<Machine>, Denied> {
        if pairing.code == "secret" {
            Ok(Machine(pairing.device).into())
        } else {
            Err(Denied::unauthenticated("wrong code"))
        }
    }
}

/// It covers every scope, which a function could not say.
struct Passwords;

impl Verifier<Basic<User>> for Passwords {
    async fn verify(&self, credential: BasicCredential, _: &[&str]) -> Result<Verified<User>, Denied> {
        if credential.password == "rocks" {
            Ok(User(credential.user).into())
        } else {
            Err(Denied::unauthenticated("invalid password"))
        }
    }
}

async fn sessions(credential: ApiKeyCredential) -> Result<User, Denied> {
    if credential.is("s3ssion") { Ok(User("ada".into())) } else { Err(Denied::unauthenticated("no such session")) }
}

fn server(house: &House) -> impl Into<mandovi::testing::InMemory> {
    DoorsServer::new(house.clone())
        .basic(Passwords)
        .jwt(Tokens)
        .key(Keys)
        .asked(Keys)
        .session(sessions)
        .oauth(Tokens)
        .paired(Codes)
}

fn client() -> mandovi::client::ClientBuilder<DoorsClient> {
    DoorsClient::in_memory(server(&House::default()))
}

async fn listen(house: &House) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = DoorsServer::new(house.clone())
        .basic(Passwords)
        .jwt(Tokens)
        .key(Keys)
        .asked(Keys)
        .session(sessions)
        .oauth(Tokens)
        .paired(Codes)
        .into_router();
    tokio::spawn(mandovi::serve(listener, router).into_future());
    address
}

async fn request(address: SocketAddr, verb: &str, path: &str, headers: &str) -> (u16, String) {
    let answer = exchange(address, &format!("{verb} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n")).await;
    status_and_message(&answer)
}

fn status_and_message(answer: &str) -> (u16, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = json.as_str().or(json["message"].as_str()).map_or_else(|| body.to_owned(), str::to_owned);
    (status, text)
}

#[tokio::test]
async fn every_kind_of_credential_reaches_its_method() {
    let all = client()
        .basic("eve", "rocks")
        .token("ada")
        .api_key("secret-7")
        .api_key_for("session", "s3ssion")
        .credential::<Paired>(Pairing { device: 9, code: "secret".into() })
        .build()
        .unwrap();
    assert_eq!(all.usual().await.unwrap(), "ada");
    assert_eq!(all.write().await.unwrap(), "ada");
    assert_eq!(all.open().await.unwrap(), "open");
    assert_eq!(all.header().await.unwrap(), 7);
    assert_eq!(all.query().await.unwrap().recv().await.unwrap(), Some(7));
    assert_eq!(all.cookie().await.unwrap().recv().await.unwrap(), Some("ada".into()));
    assert_eq!(all.look().await.unwrap(), "ada");
    assert_eq!(all.change().await.unwrap(), "ada");
    assert_eq!(all.oauth().await.unwrap(), "ada");
    assert_eq!(all.paired().await.unwrap(), 9);
    // The first scheme for which there is a credential.
    assert_eq!(all.any("hall", 3).await.unwrap(), "Person(\"eve\") in hall on 3");
    assert_eq!(all.page().await.unwrap().recv().await.unwrap(), Some("Person(\"ada\")".into()));
    assert_eq!(all.silent().await.unwrap(), "machine 7");
}

#[tokio::test]
async fn over_the_network_it_is_the_same() {
    let address = listen(&House::default()).await;
    let client = DoorsClient::builder(format!("http://{address}")).api_key("s3ssion").build().unwrap();
    // The client names an origin of its own, without which a cookie would not count.
    assert_eq!(client.cookie().await.unwrap().recv().await.unwrap(), Some("ada".into()));
    assert_eq!(client.change().await.unwrap(), "ada");
}

#[tokio::test]
async fn of_several_schemes_the_client_uses_the_first_it_has_a_credential_for() {
    let any = async |client: mandovi::client::ClientBuilder<DoorsClient>| client.build().unwrap().any("hall", 1).await;
    assert_eq!(any(client().token("ada")).await.unwrap(), "Person(\"ada\") in hall on 1");
    assert_eq!(any(client().api_key("secret-5")).await.unwrap(), "Machine(5) in hall on 1");
    assert_eq!(any(client().api_key("secret-5").token("ada")).await.unwrap(), "Person(\"ada\") in hall on 1");
    let session = client().api_key_for("session", "s3ssion").build().unwrap();
    assert_eq!(session.silent().await.unwrap(), "user ada");
    assert_eq!(session.page().await.unwrap().recv().await.unwrap(), Some("Person(\"ada\")".into()));
}

#[tokio::test]
async fn a_client_without_a_credential_says_what_to_give() {
    let bare = client().build().unwrap();
    let needs = |error: Failure| {
        let text = error.to_string();
        text.split_once("the method needs ").unwrap_or_else(|| panic!("{text}")).1.to_owned()
    };
    assert_eq!(needs(bare.usual().await.unwrap_err()), "a token: give one with `.token(..)`");
    let key = "an API key: give one with `.api_key(..)`, or with `.api_key_for(\"key\", ..)`";
    assert_eq!(needs(bare.header().await.unwrap_err()), key);
    let pairing = "a credential of `paired`: give one with `.credential::<Paired>(..)`";
    assert_eq!(needs(bare.paired().await.unwrap_err()), pairing);
    let basic = "a user name and a password: give them with `.basic(..)`";
    let any = format!("{basic}; or a token: give one with `.token(..)`; or {key}");
    assert_eq!(needs(bare.any("hall", 1).await.unwrap_err()), any);
    // A key that cannot stand in its place is told by the name of that.
    let odd = client().api_key("a;hunter2").build().unwrap();
    let text = odd.look().await.unwrap_err().to_string();
    assert!(text.contains("the credential cannot stand in \"sid\"") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn what_is_missing_is_told_together_with_other_problems() {
    let address = listen(&House::default()).await;
    let missing = async |path| request(address, "GET", path, "").await;
    assert_eq!(missing("/header").await, (400, "\"X-Api-Key\" is missing from header".into()));
    assert_eq!(missing("/usual").await, (400, "\"token\" is missing from query string".into()));
    assert_eq!(missing("/cookie/plain").await, (400, "\"sid\" is missing from cookie".into()));
    assert_eq!(missing("/oauth").await, (400, "\"token\" is missing from header".into()));
    let paired = "\"X-Device\" is missing from header, or \"code\" from cookie";
    assert_eq!(missing("/paired").await, (400, paired.into()));
    let any = "invalid value for \"floor\", must be an unsigned integer; \
               \"Authorization\" is missing from header, or \"token\" from query string, or \"X-Api-Key\" from header";
    assert_eq!(missing("/any/hall?floor=x").await, (400, any.into()));
    let broken = request(address, "GET", "/paired", "X-Device: hunter2\r\nCookie: code=secret\r\n").await;
    assert_eq!(broken, (400, "X-Device must be formatted as a number".into()));
}

#[tokio::test]
async fn alternatives_are_tried_in_their_order_and_the_last_refusal_is_told() {
    let address = listen(&House::default()).await;
    let any =
        async |query: &str, headers: &str| request(address, "GET", &format!("/any/hall?floor=1{query}"), headers).await;
    let (good_basic, bad_basic) = ("Authorization: Basic ZXZlOnJvY2tz\r\n", "Authorization: Basic ZXZlOnN1Y2tz\r\n");
    let (good_key, bad_key) = ("X-Api-Key: secret-7\r\n", "X-Api-Key: hunter\r\n");
    let (eve, ada, seven) = (
        (200, "Person(\"eve\") in hall on 1".to_owned()),
        (200, "Person(\"ada\") in hall on 1".to_owned()),
        (200, "Machine(7) in hall on 1".to_owned()),
    );
    assert_eq!(any("&token=ada", &format!("{good_basic}{good_key}")).await, eve);
    assert_eq!(any("&token=ada", &format!("{bad_basic}{good_key}")).await, ada);
    assert_eq!(any("&token=bad", &format!("{bad_basic}{good_key}")).await, seven);
    assert_eq!(any("", good_key).await, seven);
    assert_eq!(any("&token=bad", &format!("{bad_basic}{bad_key}")).await, (401, "invalid key".into()));
    assert_eq!(any("&token=bad", bad_basic).await, (401, "invalid token".into()));
    assert_eq!(any("", bad_basic).await, (401, "invalid password".into()));
    // Who could not say comes before who said no: the caller may try again.
    let unavailable = (503, "credentials cannot be verified now".to_owned());
    assert_eq!(any("&token=down", bad_key).await, unavailable);
    assert_eq!(any("&token=down", good_key).await, seven);
}

#[tokio::test]
async fn what_the_service_asks_is_inherited_and_overridden() {
    let read_only = client().token("read-ada").build().unwrap();
    assert_eq!(read_only.usual().await.unwrap(), "read-ada");
    let Failure::Remote(remote) = read_only.write().await.unwrap_err() else { panic!() };
    assert_eq!((remote.status, remote.message.as_str()), (403, "missing scopes: write"));
    assert_eq!(client().build().unwrap().open().await.unwrap(), "open");
    let model = DoorsDesign::model();
    let security = |name: &str| {
        let method = model.methods.iter().find(|method| method.name == name).unwrap();
        let security = method.security.iter().map(|security| format!("{}{:?}", security.scheme, security.scopes));
        security.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(security("usual"), r#"jwt["read"]"#);
    assert_eq!(security("write"), r#"jwt["read", "write"]"#);
    assert_eq!(security("open"), "");
    assert_eq!(security("header"), "key[]");
    assert_eq!(security("any"), r#"basic["read"] jwt["read"] key["read"]"#);
}

/// A browser sends cookies by itself: a foreign page must not be able to use them.
#[tokio::test]
async fn a_cookie_counts_only_from_pages_that_are_known() {
    let address = listen(&House::default()).await;
    let cookie = "Cookie: a=b; sid=s3ssion\r\n";
    let own = format!("Origin: http://{address}\r\n");
    let foreign = "Origin: http://elsewhere.example\r\n";
    let stream = async |path: &str, headers: &str| upgrade(address, path, headers).await;
    assert!(stream("/cookie", &format!("{cookie}{own}")).await.starts_with("HTTP/1.1 101"));
    let refused = (403, "this origin is not allowed".to_owned());
    assert_eq!(status_and_message(&stream("/cookie", cookie).await), refused);
    assert_eq!(status_and_message(&stream("/cookie", &format!("{cookie}{foreign}")).await), refused);
    // The refusal comes before the verifier, and after the parameters.
    assert_eq!(status_and_message(&stream("/cookie", "Cookie: sid=hunter2\r\n").await), refused);
    assert_eq!(status_and_message(&stream("/cookie", "").await).0, 400);
    // Another credential of the same call still counts.
    assert!(stream("/page?token=ada", cookie).await.starts_with("HTTP/1.1 101"));
    assert_eq!(status_and_message(&stream("/page?token=bad", cookie).await), (401, "invalid token".into()));
    // The custom scheme looks at a cookie as well.
    let paired = "X-Device: 9\r\nCookie: code=secret\r\n";
    assert_eq!(request(address, "GET", "/paired", &format!("{paired}{foreign}")).await, refused);

    // A page leaves its origin out of a plain GET to its own server, and of nothing else.
    let ada = (200, "ada".to_owned());
    assert_eq!(request(address, "GET", "/cookie/plain", cookie).await, ada);
    assert_eq!(request(address, "GET", "/cookie/plain", &format!("{cookie}{own}")).await, ada);
    assert_eq!(request(address, "GET", "/cookie/plain", &format!("{cookie}{foreign}")).await, refused);
    for (site, expected) in [("same-origin", &ada), ("none", &ada), ("cross-site", &refused), ("same-site", &refused)] {
        let headers = format!("{cookie}Sec-Fetch-Site: {site}\r\n");
        assert_eq!(request(address, "GET", "/cookie/plain", &headers).await, *expected, "{site}");
    }
    assert_eq!(request(address, "POST", "/cookie/plain", &format!("{cookie}{own}")).await, ada);
    assert_eq!(request(address, "POST", "/cookie/plain", cookie).await, refused);
    assert_eq!(request(address, "POST", "/cookie/plain", &format!("{cookie}{foreign}")).await, refused);
}

#[tokio::test]
async fn no_credential_is_shown() {
    let house = House::default();
    let client = DoorsClient::in_memory(server(&house))
        .token("secret-token")
        .basic("secret-user", "secret-password")
        .api_key("secret-7")
        .credential::<Paired>(Pairing { device: 9, code: "secret".into() })
        .build()
        .unwrap();
    assert!(!format!("{client:?}").contains("secret"));
    client.header().await.unwrap();
    let seen = house.headers.lock().unwrap().clone();
    assert!(seen.contains("x-api-key") && !seen.contains("secret"), "{seen}");
    client.paired().await.unwrap();
    let seen = house.headers.lock().unwrap().clone();
    assert!(seen.contains("x-device") && !seen.contains("secret") && !seen.contains("\"9\""), "{seen}");
}

#[test]
fn the_model_says_what_the_design_says() {
    let model = DoorsDesign::model();
    let scheme = |name: &str| model.schemes.iter().find(|scheme| scheme.name == name).unwrap();
    assert_eq!(scheme("basic").kind, SchemeKind::Basic);
    let jwt = scheme("jwt");
    assert_eq!((jwt.kind.clone(), jwt.query.as_deref()), (SchemeKind::Jwt, Some("token")));
    assert_eq!(jwt.description, "A signed token.");
    assert_eq!(
        jwt.scopes.iter().map(|(a, b)| format!("{a}: {b}")).collect::<Vec<_>>(),
        ["read: may look", "write: may change"]
    );
    let key = |location, name: &str| SchemeKind::ApiKey { location, name: name.to_owned() };
    assert_eq!(scheme("key").kind, key(Location::Header, "X-Api-Key"));
    assert_eq!(scheme("asked").kind, key(Location::Query, "key"));
    assert_eq!(scheme("asked").query, None);
    assert_eq!(scheme("session").kind, key(Location::Cookie, "sid"));
    let SchemeKind::OAuth2 { flows } = &scheme("oauth").kind else { panic!() };
    assert_eq!(
        (flows.len(), flows[0].kind, flows[1].kind),
        (2, FlowKind::AuthorizationCode, FlowKind::ClientCredentials)
    );
    assert_eq!(flows[0].refresh_url.as_deref(), Some("https://login.example.com/refresh"));
    let carriers = vec![(Location::Header, "X-Device".to_owned()), (Location::Cookie, "code".to_owned())];
    assert_eq!(scheme("paired").kind, SchemeKind::Custom { carriers });

    let info = &model.info;
    assert_eq!((info.title.as_deref(), info.version.as_deref()), (Some("The doors"), Some("1.2")));
    assert_eq!(info.terms.as_deref(), Some("https://example.com/terms"));
    let contact = info.contact.as_ref().unwrap();
    assert_eq!((contact.name.as_deref(), contact.email.as_deref()), (Some("The porter"), Some("porter@example.com")));
    assert_eq!(info.license.as_ref().unwrap().name, "MIT");
    assert_eq!(info.docs.as_ref().unwrap().description.as_deref(), Some("More about doors."));
    let servers: Vec<_> =
        info.servers.iter().map(|server| (server.url.as_str(), server.description.as_str())).collect();
    assert_eq!(servers, [("https://doors.example.com", "production"), ("http://127.0.0.1:8080", "")]);
    let json = model.to_json();
    assert_eq!(mandovi::model::Service::from_json(&json).unwrap(), model);
}
