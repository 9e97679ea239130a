//! A design, one change of it, and what the comparison says. Changes are made in the published form, where everything can be reached.

use serde_json::{Value, json};

use super::*;
use crate::{
    Alias, Definition, EnumValue, Enumeration, ErrorCase, Field, HealthAction, Location, Message, MessageRate, Method,
    MissedPong, Parameter, ResponseHeader, Rule, Schema, Scheme, SchemeKind, Security, SlowConsumer, Union, Variant,
    Verb, View, ViewField,
};

fn design() -> Service {
    let mut service = Service::new("Board");
    let mut jwt = Scheme::new("jwt", SchemeKind::Jwt);
    jwt.query = Some("token".into());
    let key = SchemeKind::ApiKey { location: Location::Header, name: "X-Key".into() };
    service.schemes = vec![jwt, Scheme::new("key", key)];
    let types = &mut service.types;
    let mut enumeration = |name: &str| {
        types.define(name, name, |_| {
            let mut values = Enumeration::new("");
            values.values = vec![EnumValue::new("a", ""), EnumValue::new("b", "")];
            Definition::Enumeration(values)
        })
    };
    let (mood, state, color) = (enumeration("Mood"), enumeration("State"), enumeration("Color"));
    let word = types.define("Word", "Word", |_| {
        let mut word = Alias::new("", Schema::string());
        word.rules = vec![Rule::MaxLength { value: 20 }];
        Definition::Alias(word)
    });
    let number = Schema::Integer { bits: 32, signed: true };
    let draft = types.define("Draft", "Draft", |_| {
        let mut text = Field::new(1, "text", Schema::string());
        text.rules = vec![
            Rule::MinLength { value: 1 },
            Rule::MaxLength { value: 100 },
            Rule::Pattern { pattern: "^[a-z]+$".into() },
            Rule::Enumeration { values: vec![json!("a"), json!("b")] },
        ];
        let mut size = Field::new(2, "size", number.clone());
        size.rules = vec![Rule::Minimum { value: 1.into() }, Rule::ExclusiveMaximum { value: 10.into() }];
        let mut page = Field::new(5, "page", number.clone());
        page.default = Some(json!(1));
        page.required = false;
        let mut message = Message::new("");
        message.fields = vec![
            text,
            size,
            Field::new(3, "mood", Schema::nullable(mood)),
            Field::new(4, "color", color.clone()),
            page,
            Field::new(6, "word", word),
        ];
        Definition::Message(message)
    });
    let note = types.define("Note", "Note", |types| {
        let again = types.define("Note", "Note", |_| unreachable!("being defined"));
        let mut length = Field::new(3, "length", number.clone());
        length.rules = vec![Rule::Maximum { value: 10.into() }];
        let mut message = Message::new("");
        message.fields = vec![
            Field::new(1, "id", Schema::formatted(crate::Format::Uuid)),
            Field::new(2, "state", state),
            length,
            Field::new(4, "color", color),
            Field::new(5, "replies", Schema::array(again)),
            Field::new(6, "at", Schema::nullable(Schema::string())),
        ];
        let mut tiny = View::new("tiny");
        tiny.fields = vec![ViewField::new("id"), ViewField::new("state")];
        message.views = vec![tiny];
        message.event_id = Some("id".into());
        Definition::Message(message)
    });
    let command = types.define("Command", "Command", |_| {
        let mut union = Union::new("");
        union.variants = vec![Variant::new("say", "", Some(Schema::string())), Variant::new("stop", "", None)];
        Definition::Union(union)
    });

    let mut save = Method::new("save", Verb::Post, "/rooms/{room}/notes");
    let mut limit = Parameter::new("limit", Location::Query, number);
    limit.required = false;
    limit.default = Some(json!(10));
    limit.rules = vec![Rule::Maximum { value: 100.into() }];
    save.parameters =
        vec![Parameter::new("room", Location::Path, Schema::string()), limit, parameter("X-Trace", Location::Header)];
    save.body = Some(draft);
    save.result = Some(note.clone());
    save.response.headers = vec![ResponseHeader::new("id", Location::Header, "X-Id")];
    let mut jwt = Security::new("jwt");
    jwt.scopes = vec!["write".into()];
    save.security = vec![jwt, Security::new("key")];
    save.errors = vec![ErrorCase::new("not_found", 404)];
    let mut watch = Method::new("watch", Verb::Get, "/watch");
    watch.streaming.output = Some(note.clone());
    let mut tail = Method::new("tail", Verb::Get, "/tail");
    tail.streaming.output = Some(note);
    tail.view = Some("tiny".into());
    let mut talk = Method::new("talk", Verb::Get, "/talk");
    talk.streaming.input = Some(command);
    talk.streaming.output = Some(Schema::string());
    talk.tuning.limits.max_message_size = Some(4096);
    talk.tuning.limits.max_frame_size = Some(1024);
    talk.tuning.limits.message_rate = Some(MessageRate::new(10, 20));
    talk.tuning.heartbeat.missed = Some(MissedPong::Ignore);
    talk.tuning.health.unhealthy = Some(HealthAction::Close(1008));
    watch.tuning.slow = Some(SlowConsumer::LatestPerKey);
    service.tuning.limits.idle_timeout_ms = Some(60_000);
    service.tuning.limits.max_message_size = Some(4096);
    service.tuning.heartbeat.interval_ms = Some(10_000);
    service.methods = vec![save, watch, tail, talk];
    service
}

fn parameter(name: &str, location: Location) -> Parameter {
    let mut parameter = Parameter::new(name, location, Schema::string());
    parameter.required = false;
    parameter
}

/// A value of the published form is another one, is new, or is gone.
enum Edit {
    Set(&'static str, Value),
    Push(&'static str, Value),
    Remove(&'static str),
}
use Edit::{Push, Remove, Set};

fn edited(edits: Vec<Edit>) -> Service {
    let mut design = serde_json::to_value(design()).unwrap();
    for edit in edits {
        match edit {
            Set(pointer, value) => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                let parent = design.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
                parent[name] = value;
            }
            Push(pointer, value) => {
                let values = design.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
                values.as_array_mut().unwrap().push(value);
            }
            Remove(pointer) => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                match design.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
                    Value::Array(values) => drop(values.remove(name.parse().unwrap())),
                    parent => drop(parent.as_object_mut().unwrap().remove(name).unwrap_or_else(|| panic!("{pointer}"))),
                }
            }
        }
    }
    serde_json::from_value(design).unwrap()
}

/// What the comparison of one case says: the impact that it expects first, and nowhere anything worse.
#[track_caller]
fn check(impact: Impact, cases: Vec<(&str, ChangeKind, Vec<Edit>)>) {
    for (path, kind, edits) in cases {
        let new = edited(edits);
        let changes = compare(&design(), &new);
        let found =
            changes.iter().any(|change| (change.impact, change.path.as_str(), change.kind) == (impact, path, kind));
        assert!(found, "{impact} {kind} at {path} is not in {changes:#?}");
        assert_eq!(changes[0].impact, impact, "{path}: {changes:#?}");
        for change in &changes {
            assert!(change.reason.contains(": ") || change.reason.len() > 20, "a reason, not {:?}", change.reason);
        }
    }
}

#[test]
fn what_clients_send() {
    let field = |required: bool| json!({"tag": 9, "name": "more", "required": required, "schema": {"type": "any"}});
    let parameter = |required: bool| json!({"name": "more", "location": "query", "required": required, "schema": {"type": "string"}});
    use ChangeKind::*;
    check(
        Impact::Breaking,
        vec![
            ("types.Draft.text", Removed, vec![Remove("/types/Draft/fields/0")]),
            (
                "types.Draft.size",
                Retyped,
                vec![
                    Set("/types/Draft/fields/1/schema", json!({"type": "boolean"})),
                    Remove("/types/Draft/fields/1/rules"),
                ],
            ),
            ("types.Draft.more", Added, vec![Push("/types/Draft/fields", field(true))]),
            ("types.Draft.mood", Required, vec![Set("/types/Draft/fields/2/required", json!(true))]),
            ("types.Draft.size", Tag, vec![Set("/types/Draft/fields/1/tag", json!(12))]),
            ("types.Draft.size", Narrowed, vec![Set("/types/Draft/fields/1/schema/bits", json!(16))]),
            ("types.Draft.size", Narrowed, vec![Set("/types/Draft/fields/1/rules/0/value", json!(2))]),
            ("types.Draft.size", Narrowed, vec![Set("/types/Draft/fields/1/rules/1/value", json!(9))]),
            ("types.Draft.size", Narrowed, vec![Set("/types/Draft/fields/1/rules/0/rule", json!("exclusive_minimum"))]),
            ("types.Draft.text", Narrowed, vec![Set("/types/Draft/fields/0/rules/0/value", json!(2))]),
            ("types.Draft.text", Narrowed, vec![Set("/types/Draft/fields/0/rules/1/value", json!(99))]),
            ("types.Draft.text", Narrowed, vec![Set("/types/Draft/fields/0/rules/2/pattern", json!("^a$"))]),
            ("types.Draft.text", Narrowed, vec![Remove("/types/Draft/fields/0/rules/3/values/0")]),
            ("types.Draft.text", Narrowed, vec![Set("/types/Draft/fields/0/schema/format", json!("uuid"))]),
            ("types.Word", Narrowed, vec![Set("/types/Word/rules/0/value", json!(19))]),
            ("types.Mood.b", Removed, vec![Remove("/types/Mood/values/1")]),
            ("types.Command.say", Removed, vec![Remove("/types/Command/variants/0")]),
            ("types.Command.say", Retyped, vec![Set("/types/Command/variants/0/schema", json!({"type": "boolean"}))]),
            ("types.Command", Retyped, vec![Set("/types/Command/tag", json!("kind"))]),
            ("types.Draft.page", Default, vec![Set("/types/Draft/fields/4/default", json!(2))]),
            ("types.Draft.page", Default, vec![Remove("/types/Draft/fields/4/default")]),
            ("methods.save.query.more", Added, vec![Push("/methods/0/parameters", parameter(true))]),
            ("methods.save.query.limit", Removed, vec![Remove("/methods/0/parameters/1")]),
            ("methods.save.query.limit", Moved, vec![Set("/methods/0/parameters/1/location", json!("header"))]),
            ("methods.save.query.limit", Required, vec![Set("/methods/0/parameters/1/required", json!(true))]),
            ("methods.save.query.limit", Narrowed, vec![Set("/methods/0/parameters/1/rules/0/value", json!(99))]),
            ("methods.save.body", Removed, vec![Remove("/methods/0/body")]),
            ("methods.watch.body", Added, vec![Set("/methods/1/body", json!({"type": "string"}))]),
        ],
    );
    check(
        Impact::Compatible,
        vec![
            ("types.Draft.more", Added, vec![Push("/types/Draft/fields", field(false))]),
            ("types.Draft.color", Optional, vec![Set("/types/Draft/fields/3/required", json!(false))]),
            ("types.Draft.size", Widened, vec![Set("/types/Draft/fields/1/schema/bits", json!(64))]),
            (
                "types.Draft.size",
                Widened,
                vec![Set("/types/Draft/fields/1/schema", json!({"type": "float", "bits": 64}))],
            ),
            ("types.Draft.size", Widened, vec![Remove("/types/Draft/fields/1/rules/0")]),
            ("types.Draft.size", Widened, vec![Set("/types/Draft/fields/1/rules/1/rule", json!("maximum"))]),
            ("types.Draft.text", Widened, vec![Set("/types/Draft/fields/0/rules/1/value", json!(101))]),
            ("types.Draft.text", Widened, vec![Remove("/types/Draft/fields/0/rules/2")]),
            ("types.Draft.text", Widened, vec![Push("/types/Draft/fields/0/rules/3/values", json!("c"))]),
            ("types.Word", Widened, vec![Remove("/types/Word/rules")]),
            ("types.Mood.c", Added, vec![Push("/types/Mood/values", json!({"value": "c"}))]),
            ("types.Command.go", Added, vec![Push("/types/Command/variants", json!({"name": "go"}))]),
            ("types.Draft.size", Documentation, vec![Set("/types/Draft/fields/1/description", json!("How big."))]),
            ("types.Draft.size", Documentation, vec![Set("/types/Draft/fields/1/deprecated", json!(true))]),
            ("types.Draft.size", Documentation, vec![Set("/types/Draft/fields/1/examples", json!([3]))]),
            ("methods.save.query.more", Added, vec![Push("/methods/0/parameters", parameter(false))]),
            ("methods.save.query.limit", Widened, vec![Set("/methods/0/parameters/1/many", json!(true))]),
            (
                "methods.save.path.room",
                Renamed,
                vec![
                    Set("/methods/0/path", json!("/rooms/{id}/notes")),
                    Set("/methods/0/parameters/0/name", json!("id")),
                ],
            ),
        ],
    );
}

#[test]
fn what_clients_receive() {
    use ChangeKind::*;
    let field = json!({"tag": 9, "name": "more", "required": true, "schema": {"type": "any"}});
    check(
        Impact::Breaking,
        vec![
            ("types.Note.length", Removed, vec![Remove("/types/Note/fields/2")]),
            ("types.Note.length", Optional, vec![Set("/types/Note/fields/2/required", json!(false))]),
            ("types.Note.length", Widened, vec![Set("/types/Note/fields/2/schema/bits", json!(64))]),
            ("types.Note.length", Widened, vec![Remove("/types/Note/fields/2/rules")]),
            ("types.Note.id", Widened, vec![Remove("/types/Note/fields/0/schema/format")]),
            ("types.Note.id", Retyped, vec![Set("/types/Note/fields/0/schema/format", json!("date"))]),
            (
                "types.Note.replies[]",
                Retyped,
                vec![Set("/types/Note/fields/4/schema/items", json!({"type": "boolean"}))],
            ),
            ("types.State.c", Added, vec![Push("/types/State/values", json!({"value": "c"}))]),
            ("types.Note(tiny)", Removed, vec![Set("/types/Note/views", json!([])), Remove("/methods/2")]),
            ("types.Note(tiny).state", Removed, vec![Remove("/types/Note/views/0/fields/1")]),
            ("types.Note", Removed, vec![Remove("/types/Note/event_id")]),
            ("methods.save.result", Removed, vec![Remove("/methods/0/result"), Remove("/methods/0/response")]),
            ("methods.talk.result", Added, vec![Set("/methods/3/result", json!({"type": "string"}))]),
            (
                "methods.talk.streaming.output",
                Widened,
                vec![Set("/methods/3/streaming/output", json!({"type": "any"}))],
            ),
            ("methods.save.status", Status, vec![Set("/methods/0/response/status", json!(201))]),
            ("methods.save.response.id", Moved, vec![Remove("/methods/0/response/headers/0")]),
            (
                "methods.save.response.state",
                Moved,
                vec![Push(
                    "/methods/0/response/headers",
                    json!({"field": "state", "location": "header", "name": "X-State"}),
                )],
            ),
            ("methods.save.errors.not_found", Removed, vec![Remove("/methods/0/errors")]),
            ("methods.save.errors.not_found", Status, vec![Set("/methods/0/errors/0/status", json!(410))]),
            (
                "methods.save.errors.not_found",
                Retyped,
                vec![Set("/methods/0/errors/0/schema", json!({"type": "string"}))],
            ),
        ],
    );
    check(
        Impact::Compatible,
        vec![
            ("types.Note.more", Added, vec![Push("/types/Note/fields", field)]),
            ("types.Note.at", Required, vec![Set("/types/Note/fields/5/required", json!(true))]),
            ("types.Note.length", Narrowed, vec![Set("/types/Note/fields/2/schema/bits", json!(16))]),
            ("types.Note.length", Narrowed, vec![Set("/types/Note/fields/2/rules/0/value", json!(5))]),
            ("types.Note.at", Narrowed, vec![Set("/types/Note/fields/5/schema/value/format", json!("date-time"))]),
            ("types.State.b", Removed, vec![Remove("/types/State/values/1")]),
            ("types.Note(full)", Added, vec![Push("/types/Note/views", json!({"name": "full", "fields": []}))]),
            ("types.Note(tiny).length", Added, vec![Push("/types/Note/views/0/fields", json!({"name": "length"}))]),
            (
                "methods.save.errors.busy",
                Added,
                vec![Push("/methods/0/errors", json!({"name": "busy", "status": 503}))],
            ),
            (
                "methods.save.errors.not_found",
                Class,
                vec![Set("/methods/0/errors/0/class", json!({"temporary": true}))],
            ),
            (
                "methods.save.errors.not_found",
                Documentation,
                vec![Set("/methods/0/errors/0/description", json!("Gone."))],
            ),
        ],
    );
}

#[test]
fn how_methods_are_called() {
    use ChangeKind::*;
    let scopes = |scopes: Value| vec![Set("/methods/0/security/0/scopes", scopes)];
    check(
        Impact::Breaking,
        vec![
            ("methods.watch", Removed, vec![Remove("/methods/1")]),
            ("methods.save", Moved, vec![Set("/methods/0/verb", json!("PUT"))]),
            ("methods.watch.path", Moved, vec![Set("/methods/1/path", json!("/see"))]),
            ("methods.watch.streaming", Streaming, vec![Set("/methods/1/streaming/input", json!({"type": "string"}))]),
            ("methods.talk.streaming", Streaming, vec![Set("/methods/3/streaming/raw", json!(true))]),
            ("methods.save.security", Security, scopes(json!(["write", "more"]))),
            ("methods.save.security", Security, vec![Remove("/methods/0/security/1")]),
            ("methods.watch.security", Security, vec![Set("/methods/1/security", json!([{"scheme": "jwt"}]))]),
            ("schemes.key", Security, vec![Set("/schemes/1/kind/api_key/name", json!("X-Other"))]),
            ("schemes.jwt", Moved, vec![Remove("/schemes/0/query")]),
            (
                "types.Note(tiny).state",
                Removed,
                vec![
                    Push("/types/Note/views", json!({"name": "bare", "fields": [{"name": "id"}]})),
                    Set("/methods/2/view", json!("bare")),
                ],
            ),
        ],
    );
    check(
        Impact::Compatible,
        vec![
            ("methods.more", Added, vec![Push("/methods", json!({"name": "more", "verb": "GET", "path": "/more"}))]),
            ("methods.talk.streaming", Streaming, vec![Set("/methods/3/streaming/opening", json!(true))]),
            ("methods.save.security", Security, scopes(json!([]))),
            ("methods.save.security", Security, vec![Push("/methods/0/security", json!({"scheme": "other"}))]),
            ("methods.save.security", Security, vec![Remove("/methods/0/security")]),
            ("methods.save", Documentation, vec![Set("/methods/0/description", json!("Saves."))]),
            ("service", Documentation, vec![Set("/info", json!({"version": "2"}))]),
            ("service", Renamed, vec![Set("/name", json!("Wall"))]),
            ("schemes.jwt", Documentation, vec![Set("/schemes/0/description", json!("A token."))]),
            ("methods.save.header.X-Trace", Renamed, vec![Set("/methods/0/parameters/2/name", json!("x-trace"))]),
        ],
    );
}

#[test]
fn what_is_said_of_connections() {
    use ChangeKind::{Narrowed, Setting, Widened};
    let talk = |word: &str, value: Value| -> Vec<Edit> {
        let pointer: &'static str = Box::leak(format!("/methods/3/tuning/{word}").into_boxed_str());
        vec![Set(pointer, value)]
    };
    check(
        Impact::Breaking,
        vec![
            ("methods.talk.limits.max_message_size", Narrowed, talk("limits/max_message_size", json!(4095))),
            // The service's own.
            (
                "methods.save.limits.max_message_size",
                Narrowed,
                vec![Set("/tuning/limits/max_message_size", json!(4095))],
            ),
            ("methods.talk.limits.max_frame_size", Narrowed, talk("limits/max_frame_size", json!(1023))),
            ("methods.talk.limits.message_rate", Narrowed, talk("limits/message_rate/per_second", json!(9))),
            ("methods.talk.limits.message_rate", Narrowed, talk("limits/message_rate/burst", json!(19))),
            ("methods.watch.slow", Narrowed, vec![Set("/methods/1/tuning/slow", json!("drop_oldest"))]),
            ("methods.tail.slow", Narrowed, vec![Set("/methods/2/tuning", json!({"slow": "drop_newest"}))]),
        ],
    );
    check(
        Impact::Compatible,
        vec![
            ("methods.talk.limits.max_message_size", Widened, talk("limits/max_message_size", json!(4097))),
            // 64 KiB are the server's own.
            ("methods.save.limits.max_message_size", Widened, vec![Remove("/tuning/limits/max_message_size")]),
            ("methods.talk.limits.max_frame_size", Widened, vec![Remove("/methods/3/tuning/limits/max_frame_size")]),
            ("methods.talk.limits.message_rate", Widened, talk("limits/message_rate/burst", json!(21))),
            ("methods.talk.limits.message_rate", Widened, talk("limits/message_rate/per_second", json!(0))),
            ("methods.talk.limits.message_rate", Widened, vec![Remove("/methods/3/tuning/limits/message_rate")]),
            ("methods.watch.slow", Setting, vec![Set("/methods/1/tuning/slow", json!("wait"))]),
            ("methods.watch.slow", Setting, vec![Set("/methods/1/tuning/slow", json!("close"))]),
            ("methods.watch.limits.idle_timeout", Setting, vec![Set("/tuning/limits/idle_timeout_ms", json!(1))]),
            ("methods.talk.heartbeat.missed", Setting, talk("heartbeat/missed", json!("close"))),
            ("methods.talk.heartbeat.interval", Setting, talk("heartbeat/interval_ms", json!(1))),
            ("methods.talk.health.unhealthy", Setting, talk("health/unhealthy", json!("log"))),
            ("tuning", Setting, vec![Set("/tuning/heartbeat/interval_ms", json!(1))]),
            // The same, said by the method itself.
            ("methods.talk.tuning", Setting, talk("heartbeat/interval_ms", json!(10_000))),
        ],
    );
    // A limit that nothing concerns changes nothing for anybody.
    let changes = compare(&design(), &edited(vec![Set("/methods/1/tuning/limits", json!({"max_message_size": 1}))]));
    assert!(changes.iter().all(|change| change.impact == Impact::Compatible), "{changes:#?}");
}

#[test]
fn a_type_that_travels_both_ways_is_judged_both_ways() {
    // `Color` is sent in a draft and received in a note.
    for edit in [Push("/types/Color/values", json!({"value": "c"})), Remove("/types/Color/values/0")] {
        let changes = compare(&design(), &edited(vec![edit]));
        assert_eq!(changes.len(), 1, "{changes:#?}");
        assert_eq!(changes[0].impact, Impact::Breaking);
    }
}

#[test]
fn names_of_types_and_aliases_do_not_travel() {
    let json = serde_json::to_string(&design()).unwrap().replace("\"Note\"", "\"Memo\"");
    let renamed: Service = serde_json::from_str(&json).unwrap();
    let changes = compare(&design(), &renamed);
    assert!(changes.iter().all(|change| change.kind == ChangeKind::Renamed), "{changes:#?}");
    assert!(changes.iter().all(|change| change.impact == Impact::Compatible), "{changes:#?}");
    assert!(!changes.is_empty());

    // `Word` written out where it is used.
    let inlined = edited(vec![
        Set("/types/Draft/fields/5/schema", json!({"type": "string"})),
        Set("/types/Draft/fields/5/rules", json!([{"rule": "max_length", "value": 20}])),
    ]);
    let changes = compare(&design(), &inlined);
    assert!(changes.iter().all(|change| change.impact == Impact::Compatible), "{changes:#?}");
}

#[test]
fn a_rename_is_told_as_one() {
    let changes = compare(&design(), &edited(vec![Set("/types/Note/fields/2/name", json!("size"))]));
    assert!(changes[0].reason.contains("that of `size` now"), "{changes:#?}");
}

#[test]
fn the_same_design_has_no_changes() {
    assert_eq!(compare(&design(), &design()), []);
    assert_eq!(compare(&edited(vec![]), &design()), []);
}

/// Every place of the published form: without it, or with another value in it, the designs differ and the comparison says so.
#[test]
fn no_difference_goes_unseen() {
    let whole = serde_json::to_value(design()).unwrap();
    let mut pointers = Vec::new();
    collect(&whole, String::new(), &mut pointers);
    let mut looked_at = 0;
    for pointer in pointers {
        let others = ["other", "POST", "cookie", "uuid", "minimum", "any"].map(|text| json!(text));
        let others = others.into_iter().chain([json!(7), json!(0), json!(false), json!(true), json!([])]);
        let others = others.chain([json!({"type": "any"}), json!({"type": "named", "name": "State"})]);
        for value in std::iter::once(None).chain(others.map(Some)) {
            let mut changed = whole.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            match (changed.pointer_mut(parent).unwrap(), value) {
                (Value::Array(values), None) => drop(values.remove(name.parse().unwrap())),
                (parent, None) => drop(parent.as_object_mut().unwrap().remove(name)),
                (Value::Array(values), Some(value)) => values[name.parse::<usize>().unwrap()] = value,
                (parent, Some(value)) => parent[name] = value,
            }
            let Ok(new) = serde_json::from_value::<Service>(changed) else { continue };
            looked_at += 1;
            for (old, new) in [(&design(), &new), (&new, &design())] {
                let changes = compare(old, new);
                assert_eq!(changes.is_empty(), old == new, "{pointer}");
                assert!(changes.iter().all(|change| change.path != "design"), "{pointer}: {old:#?} {new:#?}");
            }
            assert_eq!(compare(&new, &new), []);
        }
    }
    assert!(looked_at > 300, "{looked_at}");
}

fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    let mut inner = |name: String, value: &Value| {
        let pointer = format!("{at}/{name}");
        pointers.push(pointer.clone());
        collect(value, pointer, pointers);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| inner(name.clone(), value)),
        Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| inner(at.to_string(), value)),
        _ => {}
    }
}
