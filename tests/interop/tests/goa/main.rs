//! The interoperation matrix: the clients that Goa and Mandovi make, each against the servers that both make.
//!
//! Every row is one story, told in all four pairings; it says exactly what each side must see. Where Goa itself does
//! something else by design, the row says what and why, and the table shows it. The table is printed at the end and written to
//! `target/interop-matrix.md`.

#[path = "../support/mod.rs"]
mod support;

mod chatter;
mod market;
mod matrix;
mod plain;

use crate::support::Tools;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_pairing_behaves_as_expected() {
    let tools = Tools::new(env!("CARGO_TARGET_TMPDIR"));
    let built = {
        let tools = tools.clone();
        tokio::task::spawn_blocking(move || tools.goa("goa-server")).await
    };
    if let Err(mistake) = built.expect("a build does not panic") {
        panic!("{mistake}");
    }
    let rows: Vec<_> = [chatter::ROWS, market::ROWS, plain::ROWS].concat();
    let matrix = matrix::run(&tools, &rows).await;
    let table = matrix.table();
    println!("{table}");
    let path = tools.target().join("interop-matrix.md");
    std::fs::write(&path, &table).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(matrix.failures().is_empty(), "{}", matrix.failures().join("\n\n"));
}
