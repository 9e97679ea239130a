//! What the compiler says of designs: of wrong ones at which token and in which words, of right ones nothing.
//!
//! The cases are named for the mistake. What is expected is what the compiler says with all features, as CI runs it: with fewer it
//! lists fewer types. After a deliberate change of words, `TRYBUILD=overwrite cargo test -p mandovi --all-features --test ui`
//! writes them down again; read what it wrote.

#[test]
fn wrong_designs_are_told_at_the_token_to_change() {
    let cases = trybuild::TestCases::new();
    for attribute in ["service", "message", "errors"] {
        cases.compile_fail(format!("tests/ui/{attribute}/*.rs"));
    }
}

#[test]
fn right_designs_compile_and_run() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}
