//! Every shape of value that Goa has, in every direction that Goa can generate, between its programs and ours.
//!
//! Our client sends made-up values to Goa's server and to ours; Goa's client sends fixtures to ours, and compares with
//! `reflect.DeepEqual`. And both servers must refuse the same values by the same names. The table is printed and written to
//! `target/interop-shapes.md`.
#![allow(unreachable_pub, dead_code, reason = "a design is public, and has a model that nobody asks for here")]

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
#[allow(unreachable_pub, clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]
#[path = "../../../../crates/mandovi/tests/matrix/arbitrary.rs"]
mod arbitrary;
mod broken;
mod design;
mod services;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::services::Case;
use crate::support::{Checked, Server, Side, Tools, within};

const PAIRINGS: [&str; 3] = ["Mandovi -> Goa", "Goa -> Mandovi", "Mandovi -> Mandovi"];

/// How many cases there are: 22 shapes in four directions, a union in two, a result type with views in four.
const CASES: usize = 22 * 4 + 2 + 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_goes_in_every_direction_between_goa_and_mandovi() {
    let tools = Tools::new(env!("CARGO_TARGET_TMPDIR"));
    let client = {
        let tools = tools.clone();
        tokio::task::spawn_blocking(move || tools.goa("goa-client")).await.expect("a build does not panic")
    };
    let client = client.unwrap_or_else(|mistake| panic!("{mistake}"));
    let goa = Server::start(Side::Goa, &tools).await.unwrap_or_else(|mistake| panic!("{mistake}"));

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let ours = format!("http://{address}");
    tokio::spawn(mandovi::serve(listener, services::router()).into_future());

    let results = [
        services::run(&goa.http()).await,
        goa_client(&client, &ours).await.unwrap_or_else(|mistake| panic!("{mistake}")),
        services::run(&ours).await,
    ];
    let rules = broken::run(goa.address(), address).await;
    let table = table(&results) + rules.as_deref().unwrap_or_default();
    println!("{table}");
    let path = tools.target().join("interop-shapes.md");
    std::fs::write(&path, &table).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut mistakes: Vec<_> =
        PAIRINGS.iter().zip(&results).flat_map(|(pairing, cases)| mistakes(pairing, cases)).collect();
    mistakes.extend(rules.err());
    services::changed_by_goa(&goa.http()).await.unwrap_or_else(|mistake| panic!("{mistake}"));
    assert!(mistakes.is_empty(), "{}\nthe log of Goa's server:\n{}", mistakes.join("\n"), goa.log());
}

/// What Goa's client has to say of our server.
async fn goa_client(program: &std::path::Path, url: &str) -> Checked<Vec<Case>> {
    let mut command = tokio::process::Command::new(program);
    command.args(["-url", url, "shapes"]).stdin(Stdio::null()).kill_on_drop(true);
    let output = within("goa-client", command.output()).await?.map_err(|error| format!("goa-client: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let case = |line: &str| {
        let event: Value = serde_json::from_str(line).map_err(|error| format!("goa-client says {line:?}: {error}"))?;
        let name = event["name"].as_str().unwrap_or_default().to_owned();
        let done = match (&event["ok"], event["values"].as_u64().and_then(|count| usize::try_from(count).ok())) {
            (Value::Bool(true), Some(count)) => Ok(count),
            _ => Err(event["message"].as_str().unwrap_or(line).to_owned()),
        };
        Ok(Case { name, done })
    };
    text.lines().map(case).collect()
}

fn mistakes(pairing: &str, cases: &[Case]) -> Vec<String> {
    let failed = cases.iter().filter_map(|case| {
        let mistake: String = case.done.as_ref().err()?.chars().take(600).collect();
        Some(format!("{pairing}, {}: {mistake}", case.name))
    });
    let mut mistakes: Vec<_> = failed.collect();
    if cases.len() != CASES {
        mistakes.push(format!("{pairing}: {} of {CASES} cases ran", cases.len()));
    }
    mistakes
}

/// How many values went through each case, in Markdown: a row for each shape.
fn table(results: &[Vec<Case>]) -> String {
    let mut rows: BTreeMap<&str, BTreeMap<(usize, &str), String>> = BTreeMap::new();
    for (pairing, cases) in results.iter().enumerate() {
        for Case { name, done } in cases {
            let (shape, direction) = name.rsplit_once('_').unwrap_or((name, ""));
            let cell = done.as_ref().map_or_else(|_| "**failed**".to_owned(), usize::to_string);
            rows.entry(shape).or_default().insert((pairing, direction), cell);
        }
    }
    let directions = ["plain", "collect", "replay", "exchange"];
    let mut table =
        "Values that came back as they went; a dash is what Goa v3.19.1 cannot compile.\n\n| shape |".to_owned();
    for pairing in PAIRINGS {
        for direction in directions {
            let _ = write!(table, " {pairing}, {direction} |");
        }
    }
    let _ = write!(table, "\n|{}\n", " --- |".repeat(1 + PAIRINGS.len() * directions.len()));
    for (shape, cells) in rows {
        let _ = write!(table, "| {shape} |");
        for pairing in 0..PAIRINGS.len() {
            for direction in directions {
                let cell = cells.get(&(pairing, direction)).map_or("-", String::as_str);
                let _ = write!(table, " {cell} |");
            }
        }
        table.push('\n');
    }
    table
}
