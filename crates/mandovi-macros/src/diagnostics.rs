//! Collects mistakes, so that all of them are told at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The mistakes found so far. Dropping it unread is a mistake of ours, and says so.
pub(crate) struct Mistakes {
    found: Option<syn::Error>,
    read: bool,
}

impl Mistakes {
    pub(crate) const fn new() -> Self {
        Self { found: None, read: false }
    }

    /// A mistake at these tokens; the text says what to write.
    pub(crate) fn at(&mut self, tokens: &impl ToTokens, text: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, text));
    }

    pub(crate) fn push(&mut self, mistake: syn::Error) {
        match &mut self.found {
            Some(found) => found.combine(mistake),
            None => self.found = Some(mistake),
        }
    }

    /// The value, or its mistake is recorded.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|mistake| self.push(mistake)).ok()
    }

    /// Whether there are any.
    pub(crate) const fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// Takes over the mistakes of a part.
    pub(crate) fn absorb(&mut self, mut part: Self) {
        part.read = true;
        if let Some(mistake) = part.found.take() {
            self.push(mistake);
        }
    }

    /// One `compile_error!` per mistake; nothing where there are none.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.read = true;
        self.found.take().map(|found| found.into_compile_error()).unwrap_or_default()
    }
}

impl Drop for Mistakes {
    fn drop(&mut self) {
        assert!(self.read || std::thread::panicking(), "mistakes were collected and not reported");
    }
}
