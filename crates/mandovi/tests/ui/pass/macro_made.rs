//! A design that a macro of the user's makes, whose types come from elsewhere.

use mandovi::prelude::*;

#[errors]
pub enum RoomError {
    #[status(404)]
    NotFound,
}

pub struct Caller;

macro_rules! rooms {
    ($name:ident, $error:ty, $caller:ty) => {
        #[service(schemes(key(header = "X-Key") = ApiKey<$caller>), auth = key)]
        pub trait $name {
            #[get("/listen")]
            async fn listen(&self, caller: Auth<$caller>, input: Receiver<String>) -> Outcome<u8, $error>;
            #[get("/watch")]
            async fn watch(&self, output: Sender<u8>) -> Outcome<(), $error>;
            #[get("/plain")]
            async fn plain(&self, caller: Auth<$caller>) -> Outcome<u8, $error>;
        }
    };
}

rooms!(Rooms, RoomError, Caller);

#[message(view(tiny = [name]))]
pub struct Author {
    #[field(1)]
    pub name: String,
    #[field(2)]
    pub mail: Option<String>,
}

/// Views whose names come from elsewhere, and answers whose types do.
macro_rules! lines {
    ($name:ident, $line:ident, $author:ty, $view:ident, $text:ident, $context:ident) => {
        #[message(view($view = [authors($view)]))]
        pub struct $line {
            #[field(1, min_length = 1)]
            pub authors: Vec<$author>,
        }

        #[message(max_length = 40)]
        pub struct Id($text);

        #[message]
        pub struct Page {
            #[field(1, min_length = 1)]
            pub title: $text,
            #[field(flatten)]
            pub line: $line,
        }

        #[service]
        pub trait $name {
            #[get("/search/{text}")]
            async fn search(&self, text: $text, #[query] other: $text, context: $context) -> Outcome<()>;
            #[post("/line")]
            async fn put(&self, #[body] line: $line) -> Outcome<()>;
            #[get("/lines", view = $view)]
            async fn lines(&self, output: Sender<$line>) -> Outcome<()>;
            #[get("/line", view = $view)]
            async fn line(&self) -> Outcome<$line>;
            #[post("/authors")]
            async fn add(&self, #[body] author: $author) -> Outcome<$author>;
        }
    };
}

lines!(Lines, Line, Author, tiny, String, Context);

fn main() {
    assert_eq!(RoomsDesign::model().methods.len(), 3);
    assert_eq!(LinesDesign::model().methods.len(), 5);
    let _: Vec<AuthorTiny> = LineTiny { authors: vec![AuthorTiny { name: "ada".to_owned() }] }.authors;
}
