//! The documents of a design that uses everything: as committed, deterministic, without secrets.
//!
//! `UPDATE_DOCUMENTS=1 cargo test -p mandovi-docs` writes the committed ones anew. That they are what the specifications ask for
//! is checked by the specifications' own tools: `tests/documents/validate.sh` at the root of the repository.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod everything;

use std::{env, fs, path::Path};

use everything::everything;
use mandovi_docs::{asyncapi, files, json_schema, openapi};
use mandovi_model::{Service, Verb};
use serde_json::{Value, json};

#[test]
fn the_committed_documents_are_those_of_the_design() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/everything");
    let service = everything();
    if env::var_os("UPDATE_DOCUMENTS").is_some() {
        mandovi_docs::write(&service, &folder).unwrap();
        fs::write(folder.join("design.json"), service.to_json() + "\n").unwrap();
    }
    for (name, text) in files(&service).into_iter().chain([("design.json".to_owned(), service.to_json() + "\n")]) {
        let committed = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let same = committed == text;
        assert!(same, "{name} is not what the design makes: `UPDATE_DOCUMENTS=1 cargo test -p mandovi-docs`");
    }
}

#[test]
fn documents_are_made_of_the_published_form_alone() {
    let service = everything();
    let read = Service::from_json(&service.to_json()).unwrap();
    assert_eq!(files(&read), files(&service));
    assert_eq!(mandovi_model::compare(&read, &service), []);
}

#[test]
fn what_is_secret_is_not_shown() {
    for (name, text) in files(&everything()) {
        for secret in ["hunter2", "swordfish"] {
            assert!(!text.contains(secret), "{secret} in {name}");
        }
    }
    let schemas = json_schema(&everything()).to_value();
    let password = &schemas["$defs"]["Account"]["properties"]["password"];
    assert_eq!(password["writeOnly"], true);
    assert_eq!(password["format"], "password");
    // It is sent by the server: a reader that drops what is only written would lose it.
    let token = &schemas["$defs"]["Session"]["properties"]["token"];
    assert_eq!((&token["writeOnly"], &token["x-secret"]), (&Value::Null, &json!(true)));
}

#[test]
fn every_reference_is_defined() {
    for document in [asyncapi(&everything()), openapi(&everything()), json_schema(&everything())] {
        let document = document.to_value();
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 10, "{}", references.len());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("$ref", Value::String(reference)) => references.push(reference.clone()),
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn streams_are_described_in_both_directions() {
    let document = asyncapi(&everything()).to_value();
    let talk = &document["channels"]["talk"];
    assert_eq!(talk["address"], "/v1/rooms/{room}/talk");
    assert_eq!(talk["bindings"]["ws"]["query"]["properties"]["limit"]["default"], 10);
    assert_eq!(talk["messages"]["output"]["x-view"], "card");
    assert_eq!(talk["messages"]["output"]["payload"]["$ref"], "#/components/schemas/PersonCard");
    assert_eq!(talk["messages"]["end"]["payload"]["type"], "null");
    assert_eq!(document["operations"]["talk_receive"]["action"], "receive");
    assert_eq!(document["operations"]["talk_send"]["action"], "send");
    assert_eq!(document["operations"]["upload_send"]["x-once"], true);
    assert_eq!(document["operations"]["watch_receive"], Value::Null);
    let slow = talk["x-close-codes"].as_array().unwrap().iter().find(|code| code["name"] == "slow_down").unwrap();
    assert_eq!((&slow["code"], &slow["class"]), (&json!(4429), &json!("exhausted")));
    let views: Vec<_> = document["channels"]["watch"]["messages"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(views.len(), 3, "{views:?}");
}

#[test]
fn an_example_of_a_repeated_parameter_is_an_array() {
    let mut service = everything();
    for (shown, expected) in [(json!("a"), json!(["a"])), (json!(["a", "b"]), json!(["a", "b"]))] {
        let method = service.methods.iter_mut().find(|method| method.parameters.iter().any(|one| one.many)).unwrap();
        let (path, verb) = (method.path.clone(), method.verb.as_str().to_lowercase());
        let parameter = method.parameters.iter_mut().find(|one| one.many).unwrap();
        parameter.examples = vec![shown];
        let name = parameter.name.clone();
        let document = openapi(&service).to_value();
        let parameters = document["paths"][&path][&verb]["parameters"].as_array().unwrap();
        let parameter = parameters.iter().find(|one| one["name"] == *name).unwrap();
        assert_eq!(parameter["example"], expected);
    }
}

#[test]
fn plain_methods_and_upgrades_are_described() {
    let document = openapi(&everything()).to_value();
    let exchange = &document["paths"]["/v1/rooms/{room}/exchange"]["post"];
    assert!(exchange["responses"]["201"]["content"]["application/json"]["schema"].is_object());
    let missing = &exchange["responses"]["404"];
    assert_eq!(missing["headers"]["goa-error"]["schema"]["enum"], json!(["no_room", "no_person"]));
    assert_eq!(missing["content"]["application/json"]["schema"]["oneOf"].as_array().unwrap().len(), 2);
    let watch = &document["paths"]["/v1/watch"]["get"]["responses"];
    assert!(watch["101"]["headers"]["goa-view"].is_object());
    assert!(watch["200"]["content"]["text/event-stream"].is_object());
    assert!(watch["426"].is_object());
    let login = &document["paths"]["/v1/login"]["post"]["responses"]["200"];
    assert_eq!(login["headers"]["Set-Cookie"]["x-cookie"], "session greeting");
    let body = &login["content"]["application/json"]["schema"]["properties"];
    let members = ["token", "id", "seconds", "greeting"].map(|name| body.get(name).is_some());
    assert_eq!(members, [false, false, true, false]);
    let methods = everything().methods;
    let operations = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
    assert_eq!(operations.sum::<usize>(), methods.len());
    assert!(methods.iter().any(|method| method.verb == Verb::Patch));
}
