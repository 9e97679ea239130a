//! The names of definitions: those of the types, of their views, and of the standard body of an error.

use std::collections::{BTreeMap, BTreeSet};

use mandovi_model::{Definition, Schema, Service};

use super::ERROR_FIELDS;

/// What each type, and each view of it, is called in a document.
pub(super) struct Names {
    names: BTreeMap<(String, Option<String>), String>,
    error: String,
}

impl Names {
    pub(super) fn new(service: &Service) -> Self {
        let mut taken = BTreeSet::new();
        let mut names = BTreeMap::new();
        // The types first, so that a view never takes the name of a type.
        for (name, _) in service.types.iter() {
            names.insert((name.to_owned(), None), unique(&mut taken, &component_name(name)));
        }
        for (name, definition) in service.types.iter() {
            let Definition::Message(message) = definition else { continue };
            for view in &message.views {
                let wanted = component_name(&format!("{name}{}", upper_camel(&view.name)));
                names.insert((name.to_owned(), Some(view.name.clone())), unique(&mut taken, &wanted));
            }
        }
        let error = match service.types.get("ErrorResult") {
            Some(definition) if is_standard(definition) => names[&("ErrorResult".to_owned(), None)].clone(),
            _ => unique(&mut taken, "ErrorResult"),
        };
        Self { names, error }
    }

    /// The name of a type or of one of its views. A type that the design does not define keeps its name.
    pub(super) fn of<'s>(&'s self, name: &'s str, view: Option<&str>) -> &'s str {
        self.names.get(&(name.to_owned(), view.map(str::to_owned))).map_or(name, String::as_str)
    }

    /// The name of the standard body of an error.
    pub(super) fn error(&self) -> &str {
        &self.error
    }
}

/// Whether this is the framework's own `ErrorResult`, used by name.
fn is_standard(definition: &Definition) -> bool {
    let Definition::Message(message) = definition else { return false };
    message.fields.iter().map(|field| field.name.as_str()).eq(ERROR_FIELDS)
        && message.fields.iter().all(|field| matches!(field.schema, Schema::String { .. } | Schema::Boolean))
}

fn unique(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}

/// A name of which every document takes the letters: `[A-Za-z0-9._-]`.
pub(crate) fn component_name(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
}

/// `tiny_one` as `TinyOne`, as the types of views are called.
fn upper_camel(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}
