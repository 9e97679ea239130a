//! The table of Goa's features in `docs/goa.md` names a test for each row. Here the names are held against the code.

use std::{collections::BTreeSet, fs, path::Path};

/// The names after `fn` in every Rust file below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry of it").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "target" | "node_modules" | "gen") {
                functions(&path, found);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).expect("Rust is text");
            found.extend(text.match_indices("fn ").map(|(at, _)| {
                let rest = &text[at + 3..];
                rest[..rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len())].to_owned()
            }));
        }
    }
}

#[test]
fn every_row_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut known = BTreeSet::new();
    for folder in ["crates", "examples", "tests"] {
        functions(&root.join(folder), &mut known);
    }
    let page = fs::read_to_string(root.join("docs/goa.md")).expect("docs/goa.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 40, "only {} rows: is it still the table?", rows.len());
    for row in rows {
        // A `|` inside of a cell is written `\|`.
        let row = row.replace("\\|", "/");
        let tests = row.trim_end_matches(" |").rsplit_once(" | ").expect("three columns").1.to_owned();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            assert!(known.contains(name), "there is no test `{name}`: {row}");
        }
    }
}
