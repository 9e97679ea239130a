//! The view in which a view shows a field is one of that field's type.

use mandovi::prelude::*;

#[message(view(tiny = [name]))]
pub struct Author {
    #[field(1)]
    pub name: String,
    #[field(2)]
    pub mail: String,
}

#[message(view(short = [text, authors(small)]))]
pub struct Line {
    #[field(1)]
    pub text: String,
    #[field(2)]
    pub authors: Vec<Author>,
}

fn main() {}
