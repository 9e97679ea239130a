//! A design that uses everything the model can say.

use mandovi_model::{
    Alias, Contact, Definition, EnumValue, Enumeration, ErrorCase, ErrorClass, ExternalDocs, Field, Flow, FlowKind,
    Format, License, Location, Message, Method, Parameter, ResponseHeader, Rule, Schema, Scheme, SchemeKind, Security,
    Server, Service, Types, Union, Variant, Verb, View, ViewField,
};
use serde_json::json;

/// The whole design.
pub(crate) fn everything() -> Service {
    let mut service = Service::new("Everything");
    service.description = "Uses all of the design language.\n\nWith `code`, | bars | and *stars*.".into();
    service.path = "/v1".into();
    let info = &mut service.info;
    info.title = Some("Everything, at once".into());
    info.version = Some("1.2.3".into());
    info.terms = Some("https://example.com/terms".into());
    let mut contact = Contact::default();
    contact.name = Some("Ada".into());
    contact.url = Some("https://example.com/ada".into());
    contact.email = Some("ada@example.com".into());
    info.contact = Some(contact);
    let mut license = License::new("MIT");
    license.url = Some("https://example.com/mit".into());
    info.license = Some(license);
    let mut docs = ExternalDocs::new("https://example.com/docs");
    docs.description = Some("The guide".into());
    info.docs = Some(docs);
    info.servers = vec![
        Server::new("https://api.example.com/base", "The product."),
        Server::new("http://localhost:8080", "A laptop."),
    ];
    service.schemes = schemes();
    let mut types = Types::new();
    let all = Shapes::define(&mut types);
    service.types = types;
    service.methods = methods(&all);
    service
}

fn schemes() -> Vec<Scheme> {
    let mut basic = Scheme::new("basic", SchemeKind::Basic);
    basic.description = "A user name and a password.".into();
    let mut jwt = Scheme::new("jwt", SchemeKind::Jwt);
    jwt.query = Some("token".into());
    jwt.scopes = [("read", "Reads."), ("write", "Writes.")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    let key = |name: &str, location, carrier: &str| {
        Scheme::new(name, SchemeKind::ApiKey { location, name: carrier.to_owned() })
    };
    let flow = |kind, urls: [Option<&str>; 3]| {
        let mut flow = Flow::new(kind);
        [flow.authorization_url, flow.token_url, flow.refresh_url] = urls.map(|url| url.map(str::to_owned));
        flow
    };
    let (agree, token) = (Some("https://example.com/agree"), Some("https://example.com/token"));
    let flows = vec![
        flow(FlowKind::AuthorizationCode, [agree, token, Some("https://example.com/refresh")]),
        flow(FlowKind::Implicit, [agree, None, None]),
        flow(FlowKind::Password, [None, token, None]),
        flow(FlowKind::ClientCredentials, [None, token, None]),
    ];
    let mut oauth = Scheme::new("oauth", SchemeKind::OAuth2 { flows });
    oauth.scopes = jwt.scopes.clone();
    let without_urls = SchemeKind::OAuth2 { flows: vec![Flow::new(FlowKind::Password)] };
    let carriers = vec![(Location::Header, "X-Signature".to_owned()), (Location::Query, "at".to_owned())];
    vec![
        basic,
        jwt,
        key("header_key", Location::Header, "X-Key"),
        key("query_key", Location::Query, "key"),
        key("cookie_key", Location::Cookie, "session"),
        oauth,
        Scheme::new("bare_oauth", without_urls),
        Scheme::new("signed", SchemeKind::Custom { carriers }),
        Scheme::new("certified", SchemeKind::Custom { carriers: Vec::new() }),
    ]
}

/// The shapes that methods use.
struct Shapes {
    primitives: Schema,
    rules: Schema,
    formats: Schema,
    color: Schema,
    legacy: Schema,
    shape: Schema,
    person: Schema,
    person_view: Schema,
    node: Schema,
    word: Schema,
    people: Schema,
    account: Schema,
    session: Schema,
    error_result: Schema,
    slow_down: Schema,
}

fn field(tag: u32, name: &str, schema: Schema, change: impl FnOnce(&mut Field)) -> Field {
    let mut field = Field::new(tag, name, schema);
    field.description = format!("The `{name}`.");
    change(&mut field);
    field
}

fn optional(tag: u32, name: &str, schema: Schema) -> Field {
    field(tag, name, Schema::nullable(schema), |_| {})
}

fn message(types: &mut Types, name: &str, fields: Vec<Field>) -> Schema {
    define(types, name, |message| message.fields = fields)
}

fn define(types: &mut Types, name: &str, change: impl FnOnce(&mut Message)) -> Schema {
    types.define(name, name, |_| {
        let mut message = Message::new(format!("All about {name}."));
        change(&mut message);
        Definition::Message(message)
    })
}

const INT: Schema = Schema::Integer { bits: 32, signed: true };

impl Shapes {
    fn define(types: &mut Types) -> Self {
        let primitives = Self::primitives(types);
        let color = Self::color(types);
        let word = Self::word(types);
        let rules = Self::rules(types);
        let formats = Format::ALL
            .iter()
            .zip(1..)
            .map(|(&format, tag)| field(tag, &format.as_str().replace('-', "_"), Schema::formatted(format), |_| {}));
        let formats = message(types, "Formats", formats.collect());
        let shape = Self::union(types, "Shape", &color, false);
        let legacy = Self::union(types, "Legacy", &color, true);
        let (person, people, person_view) = Self::person(types);
        let node = types.define("Node", "Node", |types| {
            let again = types.define("Node", "Node", |_| unreachable!("being defined"));
            let mut node = Message::new("A tree.");
            node.fields = vec![
                field(1, "name", Schema::string(), |_| {}),
                optional(2, "next", again.clone()),
                field(3, "children", Schema::array(again.clone()), |_| {}),
                field(4, "named", Schema::map(again), |_| {}),
            ];
            Definition::Message(node)
        });
        let account = message(
            types,
            "Account",
            vec![
                field(1, "name", Schema::string(), |_| {}),
                field(2, "password", Schema::string(), |field| {
                    field.secret = true;
                    field.examples = vec![json!("hunter2")];
                    field.default = Some(json!("swordfish"));
                }),
                field(3, "hint", Schema::nullable(Schema::string()), |field| field.secret = true),
            ],
        );
        let session = message(
            types,
            "Session",
            vec![
                field(1, "token", Schema::string(), |field| field.secret = true),
                field(2, "id", Schema::formatted(Format::Uuid), |_| {}),
                field(3, "seconds", INT, |_| {}),
                field(4, "greeting", Schema::string(), |_| {}),
            ],
        );
        let six = ["name", "id", "message"].map(|name| (name, Schema::string()));
        let flags = ["temporary", "timeout", "fault"].map(|name| (name, Schema::Boolean));
        let six = six.into_iter().chain(flags).zip(1..);
        let error_result =
            message(types, "ErrorResult", six.map(|((name, schema), tag)| field(tag, name, schema, |_| {})).collect());
        let slow_down = message(
            types,
            "SlowDown",
            vec![
                field(1, "limit", INT, |_| {}),
                field(2, "retry_after_ms", Schema::Integer { bits: 64, signed: false }, |_| {}),
            ],
        );
        Self {
            primitives,
            rules,
            formats,
            color,
            legacy,
            shape,
            person,
            person_view,
            node,
            word,
            people,
            account,
            session,
            error_result,
            slow_down,
        }
    }

    fn primitives(types: &mut Types) -> Schema {
        let mut fields = Vec::new();
        for bits in [8, 16, 32, 64] {
            for signed in [true, false] {
                let name = format!("{}int{bits}", if signed { "" } else { "u" });
                fields.push((name, Schema::Integer { bits, signed }));
            }
        }
        for (name, schema) in [
            ("float32", Schema::Float { bits: 32 }),
            ("float64", Schema::Float { bits: 64 }),
            ("boolean", Schema::Boolean),
            ("text", Schema::string()),
            ("bytes", Schema::Bytes),
            ("any", Schema::Any),
            ("nothing", Schema::Null),
            ("maybe", Schema::nullable(Schema::Boolean)),
            ("matrix", Schema::array(Schema::array(Schema::Float { bits: 64 }))),
            ("by_name", Schema::map(INT)),
            ("by_number", Schema::map_of(INT, Schema::string())),
            ("by_size", Schema::map_of(Schema::Integer { bits: 64, signed: false }, Schema::string())),
            ("by_truth", Schema::map_of(Schema::Boolean, Schema::string())),
            ("by_id", Schema::map_of(Schema::formatted(Format::Uuid), Schema::Boolean)),
            ("maybe_each", Schema::array(Schema::nullable(INT))),
        ] {
            fields.push((name.to_owned(), schema));
        }
        let fields = fields.into_iter().zip(1..).map(|((name, schema), tag)| field(tag, &name, schema, |_| {}));
        message(types, "Primitives", fields.collect())
    }

    fn color(types: &mut Types) -> Schema {
        types.define("Color", "Color", |_| {
            let mut color = Enumeration::new("A color.");
            color.values = vec![EnumValue::new("red", "Like blood."), EnumValue::new("deep-blue", "")];
            let mut mauve = EnumValue::new("mauve", "Nobody knows.");
            mauve.deprecated = true;
            color.values.push(mauve);
            Definition::Enumeration(color)
        })
    }

    fn word(types: &mut Types) -> Schema {
        let word = types.define("Word", "Word", |_| {
            let mut word = Alias::new("A word.", Schema::string());
            word.rules = vec![Rule::MinLength { value: 2 }, Rule::Pattern { pattern: "^[a-z]+$".into() }];
            word.examples = vec![json!("panaji")];
            Definition::Alias(word)
        });
        types.define("Pin", "Pin", |_| {
            let mut pin = Alias::new("A number that nobody may see.", Schema::Integer { bits: 16, signed: false });
            pin.secret = true;
            pin.deprecated = true;
            Definition::Alias(pin)
        });
        word
    }

    fn rules(types: &mut Types) -> Schema {
        let color = Schema::Named { name: "Color".into() };
        let word = Schema::Named { name: "Word".into() };
        let ruled = |tag, name: &str, schema, rules: Vec<Rule>| field(tag, name, schema, |field| field.rules = rules);
        let pattern = |pattern: &str| Rule::Pattern { pattern: pattern.into() };
        let fields = vec![
            ruled(1, "one_of", Schema::string(), vec![Rule::Enumeration { values: vec![json!("a"), json!("b")] }]),
            ruled(2, "digit", INT, vec![Rule::Minimum { value: 0.into() }, Rule::Maximum { value: 9.into() }]),
            ruled(
                3,
                "between",
                Schema::Float { bits: 64 },
                vec![Rule::ExclusiveMinimum { value: 2.into() }, Rule::ExclusiveMaximum { value: 3.into() }],
            ),
            ruled(4, "name", Schema::string(), vec![Rule::MinLength { value: 3 }, Rule::MaxLength { value: 12 }]),
            ruled(
                5,
                "list",
                Schema::array(word.clone()),
                vec![Rule::MinLength { value: 2 }, Rule::MaxLength { value: 4 }],
            ),
            ruled(6, "map", Schema::map_of(word.clone(), INT), vec![Rule::MinLength { value: 1 }]),
            ruled(7, "hash", Schema::Bytes, vec![Rule::MinLength { value: 32 }, Rule::MaxLength { value: 32 }]),
            field(8, "code", Schema::string(), |field| {
                field.rules = vec![pattern(r"^[A-Z]{3}-\d+$")];
                field.examples = vec![json!("ABC-1"), json!("XYZ-22")];
            }),
            field(9, "loud", Schema::string(), |field| {
                field.rules = vec![pattern("(?i)^shout$")];
                field.examples = vec![json!("SHOUT")];
            }),
            field(10, "page", INT, |field| {
                field.default = Some(json!(1));
                field.required = false;
            }),
            field(11, "color", color.clone(), |field| {
                field.default = Some(json!("deep-blue"));
                field.required = false;
            }),
            ruled(12, "warm", Schema::nullable(color), vec![Rule::Enumeration { values: vec![json!("red")] }]),
            ruled(13, "maybe_word", Schema::nullable(word), vec![Rule::MaxLength { value: 5 }]),
            field(14, "old", Schema::nullable(Schema::string()), |field| field.deprecated = true),
            field(15, "odd | `name`", Schema::nullable(INT), |_| {}),
        ];
        message(types, "Rules", fields)
    }

    fn union(types: &mut Types, name: &str, color: &Schema, legacy: bool) -> Schema {
        types.define(name, name, |_| {
            let mut union = Union::new("One of several.");
            if legacy {
                (union.tag, union.content) = ("Type".into(), "Value".into());
                union.json_text = true;
            }
            let mut gone = Variant::new("gone", "No longer.", Some(Schema::Boolean));
            gone.deprecated = true;
            union.variants = vec![
                gone,
                Variant::new("number", "A number.", Some(INT)),
                Variant::new("color", "A color.", Some(color.clone())),
                Variant::new("nothing", "", None),
            ];
            Definition::Union(union)
        })
    }

    fn person(types: &mut Types) -> (Schema, Schema, Schema) {
        let shown = |name: &str, view: Option<&str>| {
            let mut field = ViewField::new(name);
            field.view = view.map(str::to_owned);
            field
        };
        let view = |name: &str, fields: Vec<ViewField>| {
            let mut view = View::new(name);
            view.fields = fields;
            view
        };
        let address = define(types, "Address", |address| {
            address.fields = vec![
                field(1, "street", Schema::string(), |_| {}),
                field(2, "city", Schema::string(), |field| field.examples = vec![json!("Panaji")]),
            ];
            address.views = vec![view("short", vec![shown("city", None)])];
        });
        let person = define(types, "Person", |person| {
            person.fields = vec![
                field(1, "id", Schema::Integer { bits: 64, signed: false }, |_| {}),
                field(2, "name", Schema::string(), |field| field.examples = vec![json!("Ada")]),
                field(3, "home", address.clone(), |_| {}),
                field(4, "former", Schema::array(address), |_| {}),
                optional(5, "kind", Schema::string()),
            ];
            person.views = vec![
                view("tiny", vec![shown("name", None)]),
                view("card", vec![shown("name", None), shown("home", Some("short")), shown("former", Some("short"))]),
            ];
            person.event_id = Some("id".into());
            person.event_type = Some("kind".into());
            person.deprecated = true;
        });
        let people = types.define("People", "People", |_| {
            Definition::Alias(Alias::new("Several.", Schema::array(Schema::Named { name: "Person".into() })))
        });
        let person_view = types.define("PersonView", "PersonView", |_| {
            let mut names = Enumeration::new("The views of a person.");
            names.values = ["default", "tiny", "card"].map(|name| EnumValue::new(name, "")).into();
            Definition::Enumeration(names)
        });
        (person, people, person_view)
    }
}

fn errors(all: &Shapes) -> Vec<ErrorCase> {
    let case = |name: &str, status, description: &str, schema: Option<&Schema>| {
        let mut case = ErrorCase::new(name, status);
        case.description = description.into();
        case.schema = schema.cloned();
        case
    };
    let mut slow = case("slow_down", 429, "Too many; come back later.", Some(&all.slow_down));
    slow.class = ErrorClass::FINAL.exhausted();
    slow.retry_after = true;
    let mut busy = case("busy", 503, "Busy.", None);
    busy.class = ErrorClass::FINAL.temporary().timeout().fault();
    vec![
        case("unauthorized", 401, "Credentials are invalid.", Some(&Schema::string())),
        case("invalid-scopes", 403, "A scope lacks.", Some(&Schema::string())),
        case("no_room", 404, "There is no such room.", None),
        case("no_person", 404, "There is no such person.", None),
        case("taken", 409, "It is taken.", Some(&all.error_result)),
        case("locked", 409, "It is locked.", Some(&all.person)),
        slow,
        busy,
    ]
}

fn security(scheme: &str, scopes: &[&str]) -> Security {
    let mut security = Security::new(scheme);
    security.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
    security
}

fn parameters(all: &Shapes) -> Vec<Parameter> {
    let parameter = |name: &str, location, schema: &Schema| {
        let mut parameter = Parameter::new(name, location, schema.clone());
        parameter.description = format!("The `{name}`.");
        parameter
    };
    let mut tags = parameter("tags", Location::Query, &all.word);
    tags.many = true;
    tags.required = false;
    let mut limit = parameter("limit", Location::Query, &INT);
    limit.default = Some(json!(10));
    limit.required = false;
    limit.rules = vec![Rule::Minimum { value: 1.into() }, Rule::Maximum { value: 100.into() }];
    let mut trace = parameter("X-Trace", Location::Header, &Schema::formatted(Format::Uuid));
    trace.required = false;
    trace.examples = vec![json!("5f0c1ac0-3c6f-4b0a-9d54-2d30d2dd7e19")];
    let mut theme = parameter("theme", Location::Cookie, &all.color);
    theme.required = false;
    theme.deprecated = true;
    let mut voucher = parameter("voucher", Location::Query, &Schema::string());
    voucher.secret = true;
    voucher.required = false;
    voucher.examples = vec![json!("hunter2")];
    vec![parameter("room", Location::Path, &all.word), tags, limit, trace, theme, voucher]
}

fn methods(all: &Shapes) -> Vec<Method> {
    let mut methods = Vec::new();
    let mut add = |name: &str, verb, path: &str, change: &dyn Fn(&mut Method)| {
        let mut method = Method::new(name, verb, format!("/v1{path}"));
        method.description = format!("Does {name}. And more of it.\n\nIn a second paragraph.");
        change(&mut method);
        methods.push(method);
    };
    add("nothing", Verb::Get, "/nothing", &|_| {});
    add("exchange", Verb::Post, "/rooms/{room}/exchange", &|method| {
        method.parameters = parameters(all);
        method.body = Some(all.primitives.clone());
        method.result = Some(all.rules.clone());
        method.response.status = Some(201);
        method.errors = errors(all);
        method.security = vec![
            security("jwt", &["read", "write"]),
            security("header_key", &[]),
            security("query_key", &[]),
            security("cookie_key", &[]),
            security("oauth", &["read"]),
            security("bare_oauth", &["read"]),
            security("signed", &[]),
            security("certified", &[]),
        ];
    });
    add("replace", Verb::Put, "/formats", &|method| {
        method.body = Some(Schema::nullable(all.formats.clone()));
        method.result = Some(Schema::map(all.formats.clone()));
        method.deprecated = true;
    });
    add("change", Verb::Patch, "/formats", &|method| {
        method.body = Some(all.shape.clone());
        method.result = Some(all.legacy.clone());
    });
    add("forget", Verb::Delete, "/files/{*rest}", &|method| {
        method.parameters = vec![Parameter::new("rest", Location::Path, Schema::string())];
    });
    add("login", Verb::Post, "/login", &|method| {
        method.security = vec![security("basic", &[])];
        method.body = Some(all.account.clone());
        method.result = Some(all.session.clone());
        method.response.headers = vec![
            ResponseHeader::new("token", Location::Cookie, "session"),
            ResponseHeader::new("greeting", Location::Cookie, "greeting"),
            ResponseHeader::new("id", Location::Header, "X-Session"),
        ];
    });
    add("find", Verb::Get, "/people", &|method| {
        method.result = Some(all.people.clone());
        let mut view = Parameter::new("view", Location::Query, all.person_view.clone());
        view.required = false;
        view.selects_view = true;
        method.parameters = vec![view];
    });
    add("tree", Verb::Get, "/tree", &|method| {
        method.result = Some(all.node.clone());
    });
    add("talk", Verb::Get, "/rooms/{room}/talk", &|method| {
        method.parameters = parameters(all);
        method.streaming.input = Some(all.shape.clone());
        method.streaming.output = Some(all.person.clone());
        method.streaming.opening = true;
        method.view = Some("card".into());
        method.errors = errors(all);
        method.security = vec![security("jwt", &["read"]), security("oauth", &["read"]), security("signed", &[])];
    });
    add("upload", Verb::Get, "/upload", &|method| {
        method.streaming.input = Some(all.primitives.clone());
        method.result = Some(Schema::array(all.person.clone()));
        method.deprecated = true;
    });
    add("collect", Verb::Get, "/collect", &|method| method.streaming.input = Some(Schema::string()));
    add("watch", Verb::Get, "/watch", &|method| {
        method.streaming.output = Some(all.person.clone());
        let mut view = Parameter::new("view", Location::Query, all.person_view.clone());
        view.required = false;
        view.selects_view = true;
        let mut last = Parameter::new("Last-Event-ID", Location::Header, Schema::Integer { bits: 64, signed: false });
        last.required = false;
        last.last_event_id = true;
        method.parameters = vec![view, last];
        method.errors = errors(all);
    });
    add("raw", Verb::Get, "/raw", &|method| {
        method.streaming.input = Some(Schema::Any);
        method.streaming.output = Some(Schema::Any);
        method.streaming.raw = true;
    });
    methods
}
