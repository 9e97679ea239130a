//! Designs as types, so that tools can take any of them.

use crate::model;

/// The design of a service: `ChatterDesign` of `trait Chatter`. Made without any implementation of the trait.
///
/// ```
/// use mandovi::{Design, prelude::*};
///
/// #[service]
/// pub trait Echo {
///     /// Echoes every line.
///     #[get("/echo")]
///     async fn echo(&self, input: Receiver<String>, output: Sender<String>) -> Outcome<()>;
/// }
///
/// fn paths<D: Design>() -> Vec<String> {
///     D::model().methods.into_iter().map(|method| method.path).collect()
/// }
/// assert_eq!(paths::<EchoDesign>(), ["/echo"]);
/// ```
pub trait Design {
    /// The design as plain data. Made anew by every call.
    fn model() -> model::Service;
}

/// Whether this build can serve documents: with the feature `docs` everything does.
///
/// A bound and not a `cfg`, because generated code cannot see the features of this crate.
#[diagnostic::on_unimplemented(
    message = "documents are made by the feature `docs` of `mandovi`, which is switched off",
    label = "switch it on in `Cargo.toml`: `mandovi = {{ version = \"..\", features = [\"docs\"] }}`"
)]
pub trait ServesDocuments {}

#[cfg(feature = "docs")]
impl<T: ?Sized> ServesDocuments for T {}
