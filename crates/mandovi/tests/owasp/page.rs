//! The table of docs/owasp.md, held against the names of these tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::practice::root;

/// The tests of this target by their names.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/owasp")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            let function = pair[1].trim_start_matches("async ").strip_prefix("fn owasp_");
            if let Some(rest) = function {
                assert!(["#[test]", "#[tokio::test]"].contains(&pair[0]), "no test: {}", pair[1]);
                let name = format!("owasp_{}", &rest[..rest.find('(').unwrap()]);
                assert!(found.insert(name), "it is there twice: {}", pair[1]);
            }
        }
    }
    found
}

/// Each item has a row; each row names its tests, of its own number, or says why there is none; each test is in a row.
#[test]
fn every_item_has_its_tests() {
    let page = fs::read_to_string(root().join("docs/owasp.md")).unwrap();
    let mut left = tests();
    let mut next = 1;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let Ok(item) = cells[0].parse::<u32>() else { continue };
        assert_eq!(item, next, "a row is missing: {row}");
        next += 1;
        let [_, asked, done, shown] = cells[..] else { panic!("four columns: {row}") };
        assert!(!asked.is_empty() && !done.is_empty(), "{row}");
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty() || shown.len() > 20, "neither a test nor a reason: {row}");
        for name in names {
            assert!(name.starts_with(&format!("owasp_{item:02}_")), "{name} is a test of another item: {row}");
            assert!(left.remove(name), "there is no test `{name}`, or it is named twice: {row}");
        }
    }
    assert_eq!(next, 31, "rows are missing");
    assert!(left.is_empty(), "not in docs/owasp.md: {left:?}");
}
