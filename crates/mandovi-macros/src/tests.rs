//! Whole expansions, pretty-printed, beside the design that they come from: a change of what users compile is seen as a
//! difference of text.
//!
//! After a deliberate change, `UPDATE_EXPANSIONS=1 cargo test -p mandovi-macros` writes them down again.

use std::{fs, path::Path};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Item, Meta};

use crate::runtime::Runtime;

/// Expands every item of a file by the first attribute of ours that it has.
fn expand(runtime: &Runtime, source: &str) -> TokenStream {
    let file = syn::parse_file(source).expect("the design is Rust");
    file.items.into_iter().map(|item| expand_item(runtime, item)).collect()
}

fn expand_item(runtime: &Runtime, mut item: Item) -> TokenStream {
    let attributes = match &mut item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        _ => return item.into_token_stream(),
    };
    let ours =
        |attribute: &Attribute| ["service", "message", "errors"].iter().any(|name| attribute.path().is_ident(name));
    let Some(at) = attributes.iter().position(ours) else { return item.into_token_stream() };
    let attribute = attributes.remove(at);
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let item = item.into_token_stream();
    match () {
        () if attribute.path().is_ident("service") => crate::service::expand(runtime, arguments, item),
        () if attribute.path().is_ident("message") => crate::message::expand(runtime, arguments, item),
        () => crate::errors::expand(runtime, arguments, item),
    }
}

#[test]
fn the_expansion_of_the_chatter_design_is_the_one_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let source = fs::read_to_string(folder.join("chatter.rs")).expect("the design");
    let expanded = expand(&Runtime::named("mandovi"), &source);
    let expanded = prettyplease::unparse(&syn::parse2(expanded).expect("the expansion is Rust"));
    let path = folder.join("chatter.expanded.rs");
    if std::env::var_os("UPDATE_EXPANSIONS").is_some() {
        fs::write(&path, &expanded).expect("the expansion can be written down");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let difference = expanded.lines().zip(written.lines()).enumerate().find(|(_, (now, then))| now != then);
    assert!(
        expanded == written,
        "the expansion differs from {} at {difference:?}; if that is meant, run the tests with UPDATE_EXPANSIONS=1",
        path.display()
    );
}

#[test]
fn the_expansion_names_the_crate_only_by_the_name_it_has() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let source = fs::read_to_string(folder.join("chatter.rs")).expect("the design");
    let expanded = expand(&Runtime::named("streams"), &source).to_string();
    assert!(expanded.contains(":: streams ::"));
    assert!(!expanded.contains("mandovi"), "a path that a renamed dependency does not have");
}

#[test]
fn a_mistake_leaves_the_item_to_the_user() {
    let runtime = Runtime::named("mandovi");
    let source = "#[service] trait Rooms { #[post(\"/x\")] async fn x(&self, #[query] a: u8, input: Receiver<u8>) -> Outcome<()>; }";
    let expanded = expand(&runtime, source).to_string();
    assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
    assert!(expanded.contains("trait Rooms"));
    assert!(expanded.contains("struct RoomsClient"));
    assert!(!expanded.contains("# [query]"), "the compiler would not know our attributes: {expanded}");
}
