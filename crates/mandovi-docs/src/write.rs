//! All documents of a design, as files.

use std::{fs, io, path::Path};

use mandovi_model::Service;

use crate::{asyncapi, json_schema, markdown, openapi};

/// The documents of a design by the names of their files: `asyncapi.json`, `openapi.json`, `schema.json`, and
/// `<service>.md` in snake case.
pub type Files = Vec<(String, String)>;

/// The documents of a design, made but not written.
pub fn files(service: &Service) -> Files {
    vec![
        ("asyncapi.json".to_owned(), asyncapi(service).to_json()),
        ("openapi.json".to_owned(), openapi(service).to_json()),
        ("schema.json".to_owned(), json_schema(service).to_json()),
        (format!("{}.md", snake_case(&service.name)), markdown(service)),
    ]
}

/// Writes [`files`] into a folder, which is made where it is missing. Files of the same names are replaced, others left alone.
///
/// # Errors
/// The folder cannot be made, or a file not be written.
pub fn write(service: &Service, folder: impl AsRef<Path>) -> io::Result<()> {
    let folder = folder.as_ref();
    fs::create_dir_all(folder)?;
    for (name, text) in files(service) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// `ChatRoom` as `chat_room`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
