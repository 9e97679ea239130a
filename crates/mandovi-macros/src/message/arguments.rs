//! What `#[message(..)]` says, on whatever kind of item, and what may be said of a value wherever it has a name.

use proc_macro2::TokenStream;
use syn::{
    Expr, Ident, LitStr, Path, Token, bracketed,
    ext::IdentExt,
    parenthesized,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    case::Case,
    parse::{View, ViewField},
};
use crate::{
    diagnostics::Mistakes,
    rules::Rules,
    syntax::{assigned, in_brackets, options},
};

/// Between the brackets of `#[message(..)]`.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) views: Vec<View>,
    pub(super) rename_all: Option<Case>,
    pub(super) tag: Option<LitStr>,
    pub(super) content: Option<LitStr>,
    pub(super) json_text: bool,
    pub(super) from: Vec<Path>,
    pub(super) into: Vec<Path>,
    /// Of a newtype.
    pub(super) options: Options,
    /// Every key, where it stands.
    keys: Vec<Ident>,
}

/// What may be said of a value that has a name: of a field in `#[field(..)]`, of a newtype in `#[message(..)]`.
#[derive(Clone, Default)]
pub(super) struct Options {
    /// What it keeps beyond its type.
    pub(super) rules: Box<Rules>,
    /// The word itself, for messages.
    pub(super) secret: Option<Ident>,
    pub(super) examples: Vec<Expr>,
}

impl Options {
    /// Reads what follows the key. `false` where the key is none of these, and nothing was read.
    pub(super) fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "secret" => self.secret = Some(key.clone()),
            "example" => self.examples.push(assigned(input)?),
            _ => return self.rules.option(key, input),
        }
        Ok(true)
    }

    /// As a message names them.
    pub(super) const LIST: &'static str = concat!("`example = ..`, `secret`, the rules ", crate::rules::options!());
}

/// The kinds of item that the attribute may stand on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Newtype,
    Enumeration,
    Union,
}

impl Kind {
    /// The keys that say something of it, beside [`Options`], and how a message tells them.
    const fn keys(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Message => (
                &["view", "rename_all", "from", "into"],
                "a message: there are `view(name = [field, ..])`, `rename_all = \"..\"`, `from = path::Type` and `into = path::Type`",
            ),
            Self::Newtype => (&[], "a newtype"),
            Self::Enumeration => (&["rename_all"], "an enumeration: there is `rename_all = \"..\"`"),
            Self::Union => (
                &["rename_all", "tag", "content", "json_text", "legacy"],
                "a union: there are `rename_all = \"..\"`, `tag = \"..\"`, `content = \"..\"`, `json_text` and `legacy`",
            ),
        }
    }
}

impl Arguments {
    /// Reads them all; what an item of this kind does not have is a mistake.
    pub(super) fn parse(kind: Kind, tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut arguments = Self::default();
        let read = |input: ParseStream<'_>| options(input, |key, input| arguments.option(kind, key, input));
        mistakes.ok(read.parse2(tokens));
        arguments
    }

    fn option(&mut self, kind: Kind, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let (known, told) = kind.keys();
        let text = key.to_string();
        if !known.contains(&text.as_str()) {
            if kind == Kind::Newtype {
                if self.options.read(&key, input)? {
                    return Ok(());
                }
                let text = format!("not an option of {told}: there are {}", Options::LIST);
                return Err(syn::Error::new(key.span(), text));
            }
            return Err(syn::Error::new(key.span(), format!("not an option of {told}")));
        }
        if !matches!(text.as_str(), "view" | "from" | "into") && self.keys.contains(&key) {
            return Err(syn::Error::new(key.span(), format!("`{key}` is said already: take this one away")));
        }
        match text.as_str() {
            "view" => views(input, &mut self.views)?,
            "rename_all" => self.rename_all = Some(Case::parse(&assigned(input)?)?),
            "tag" => self.tag = Some(assigned(input)?),
            "content" => self.content = Some(assigned(input)?),
            "json_text" => self.json_text = true,
            "legacy" => {
                self.json_text = true;
                self.tag.get_or_insert_with(|| LitStr::new("Type", key.span()));
                self.content.get_or_insert_with(|| LitStr::new("Value", key.span()));
            }
            "from" => self.from.push(assigned(input)?),
            _ => self.into.push(assigned(input)?),
        }
        self.keys.push(key);
        Ok(())
    }
}

/// `(tiny = [message], full = [message, author(tiny)])`
fn views(input: ParseStream<'_>, views: &mut Vec<View>) -> syn::Result<()> {
    let content = in_brackets(input, "view(name = [field, ..])")?;
    options(&content, |name, input| {
        input.parse::<Token![=]>()?;
        let content;
        bracketed!(content in input);
        let fields = Punctuated::<ViewField, Token![,]>::parse_terminated_with(&content, view_field)?;
        views.push(View { name, fields: fields.into_iter().collect() });
        Ok(())
    })
}

fn view_field(input: ParseStream<'_>) -> syn::Result<ViewField> {
    let field = input.call(Ident::parse_any)?;
    let view = if input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in input);
        Some(content.call(Ident::parse_any)?)
    } else {
        None
    };
    Ok(ViewField { field, view })
}
