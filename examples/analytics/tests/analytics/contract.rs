//! What is published about the service is committed, and held against the code: the design, and the documents made from it.

use std::{env, fs, path::Path};

use analytics::design::AnalyticsDesign;
use mandovi::{docs, testing::assert_contract};

#[test]
fn the_design_is_the_committed_one() {
    assert_contract::<AnalyticsDesign>("design.json");
}

#[test]
fn the_documents_are_the_committed_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let design = AnalyticsDesign::model();
    if env::var_os("UPDATE_DOCUMENTS").is_some() {
        docs::write(&design, &folder).unwrap();
    }
    for (name, text) in docs::files(&design) {
        let committed = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let same = committed == text;
        assert!(same, "docs/{name} is not what the design makes: `UPDATE_DOCUMENTS=1 cargo test -p analytics`");
    }
}
