//! What every server is built with, whatever its design: the part of an `EchoServer` that is compiled once.

use super::{Options, Routes};
use crate::intercept::{Interceptor, Stack};

/// Options, interceptors and documents. Only generated code makes one.
#[derive(Default)]
pub struct Serving {
    options: Options,
    interceptors: Stack,
    /// The design, where its documents are to be served too.
    documents: Option<fn() -> crate::model::Service>,
}

impl Serving {
    /// Serves with these options in place of those that were there.
    pub fn options(&mut self, options: Options) {
        self.options = options;
    }

    /// Puts an interceptor inside of those that are there.
    pub fn intercept(&mut self, interceptor: impl Interceptor) {
        self.interceptors.push(interceptor);
    }

    /// Serves the documents of this design too.
    pub fn documents(&mut self, design: fn() -> crate::model::Service) {
        self.documents = Some(design);
    }

    /// The routes of a service of that name, of which there are none yet.
    pub fn routes(self, service: &'static str) -> Routes {
        let mut routes = Routes::new(service, self.options).intercepted(self.interceptors);
        routes.documents(self.documents);
        routes
    }
}
