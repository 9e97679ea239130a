//! Whole expansions, pretty-printed, beside the design that they come from: a change of what users compile is seen as a
//! difference of text.
//!
//! After a deliberate change, `UPDATE_EXPANSIONS=1 cargo test -p mandovi-macros` writes them down again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, LitStr, Meta};

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

/// Compares the expansion of a design with the one beside it.
#[track_caller]
fn check(design: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let source = fs::read_to_string(folder.join(design).with_extension("rs")).expect("the design");
    let expanded = expand(&Runtime::named("mandovi"), &source);
    assert!(!expanded.to_string().contains("compile_error"), "the design has a mistake: {expanded}");
    let expanded = prettyplease::unparse(&syn::parse2(expanded).expect("the expansion is Rust"));
    let path = folder.join(design).with_extension("expanded.rs");
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
fn a_whole_design() {
    check("chatter");
}

#[test]
fn a_plain_method() {
    check("plain_method");
}

#[test]
fn a_stream_that_may_be_refused() {
    check("opening");
}

#[test]
fn a_message_with_a_view() {
    check("views");
}

#[test]
fn an_enumeration() {
    check("enumeration");
}

#[test]
fn a_union() {
    check("union");
}

#[test]
fn a_newtype() {
    check("newtype");
}

#[test]
fn rules_of_fields_and_parameters() {
    check("rules");
}

#[test]
fn alternative_schemes() {
    check("security");
}

#[test]
fn settings_of_connections() {
    check("tuning");
}

#[test]
fn declared_errors() {
    check("errors");
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

/// The files below a folder with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("the entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The texts in some tokens that a user may read as a mistake: sentences, which begin with a small letter. (Those for
/// documentation begin with a capital.)
fn messages(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => messages(group.stream(), found),
            TokenTree::Literal(literal) => {
                let Ok(text) = syn::parse2::<LitStr>(TokenTree::from(literal).into_token_stream()) else { continue };
                let text = text.value();
                let begins = text.chars().next().is_some_and(|first| !first.is_uppercase() && !first.is_whitespace());
                if begins && text.matches(' ').count() >= 2 {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
}

/// The parts of a text between its placeholders.
fn parts(text: &str) -> Vec<String> {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let parts = text.split('{').enumerate().map(|(number, part)| match number {
        0 => part,
        _ => part.split_once('}').map_or(part, |(_, rest)| rest),
    });
    parts.map(|part| part.trim().replace('\u{1}', "{").replace('\u{2}', "}")).filter(|part| !part.is_empty()).collect()
}

/// Every text for a mistake is shown by a case below `crates/mandovi/tests/ui`, where it is seen at its token.
#[test]
fn every_mistake_has_a_case() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = own.join("../mandovi/tests/ui");
    if !cases.is_dir() {
        return; // A published crate stands alone.
    }
    let shown: String = files(&cases, "stderr").iter().map(|path| fs::read_to_string(path).expect("a case")).collect();
    let mut without = Vec::new();
    for path in files(&own.join("src"), "rs") {
        // What they say is for ourselves.
        if path.ends_with("tests.rs") || path.ends_with("diagnostics.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).expect("our own source");
        let mut found = Vec::new();
        messages(source.parse().expect("our own source is Rust"), &mut found);
        found.retain(|text| !parts(text).iter().all(|part| shown.contains(part.as_str())));
        without.extend(found.into_iter().map(|text| format!("{}: {text}", path.display())));
    }
    assert!(without.is_empty(), "no case in tests/ui shows these mistakes:\n{}", without.join("\n"));
}

/// The same for what the compiler says of types, `#[diagnostic::on_unimplemented(message = "..")]`.
#[test]
fn every_hint_about_a_type_has_a_case() {
    /// The texts of `message = ".."` in some tokens.
    fn hints(tokens: TokenStream, found: &mut Vec<String>) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => hints(group.stream(), found),
                TokenTree::Ident(ident) if ident == "on_unimplemented" => {
                    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { continue };
                    let text = group.stream().into_iter().find(|token| matches!(token, TokenTree::Literal(_)));
                    let text: LitStr = syn::parse2(text.into_token_stream()).expect("the message comes first");
                    found.push(text.value());
                }
                _ => {}
            }
        }
    }

    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mandovi");
    let cases = runtime.join("tests/ui");
    if !cases.is_dir() {
        return; // A published crate stands alone.
    }
    let shown: String = files(&cases, "stderr").iter().map(|path| fs::read_to_string(path).expect("a case")).collect();
    let mut found = Vec::new();
    for path in files(&runtime.join("src"), "rs") {
        hints(fs::read_to_string(&path).expect("its source").parse().expect("its source is Rust"), &mut found);
    }
    assert!(found.len() >= 12, "there are more: {found:?}");
    // `#[service]` looks at what is between the brackets of an `Opening` before the compiler does.
    found.retain(|text| !text.starts_with("`Opening` does not hold"));
    // The cases are compiled with all features.
    found.retain(|text| !text.starts_with("documents are made by the feature `docs`"));
    found.retain(|text| !parts(text).iter().all(|part| shown.contains(part.as_str())));
    assert!(found.is_empty(), "no case in tests/ui shows these hints:\n{}", found.join("\n"));
}
