//! What the glue of a method takes its halves from, once.

use std::fmt;
use std::sync::Arc;

use super::{Incoming, Receiver, Sender};
use crate::connection::Shared;
use crate::context::Context;
use crate::intercept::Live;
use crate::opening::{Gate, Halves, Opening};
use crate::value::{Item, ViewId};

/// A server's end of one call, before it is made into typed halves. Only generated code uses it.
pub struct Wire {
    pub(crate) shared: Arc<Shared>,
    pub(crate) context: Context,
    pub(crate) view: ViewId,
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) live: Option<Arc<Live>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("context", &self.context).finish_non_exhaustive()
    }
}

impl Wire {
    /// What is known about the connection.
    pub fn context(&self) -> Context {
        self.context.clone()
    }

    /// The receiving half; at most once.
    pub fn receiver<T: Item>(&self) -> Receiver<T> {
        Receiver::new(Incoming::new(Arc::clone(&self.shared)), ViewId::default()).intercepted(self.live.clone())
    }

    /// The sending half, which projects to the view of the call.
    pub fn sender<T: Item>(&self) -> Sender<T> {
        Sender::new(Arc::clone(&self.shared), self.view).intercepted(self.live.clone())
    }

    /// The undecided call: its halves come with `accept`.
    pub fn opening<H: Halves>(&self) -> Opening<H> {
        let gate = self.gate.clone().unwrap_or_default();
        Opening::new(H::take(self), Arc::clone(&self.shared), gate)
    }
}
