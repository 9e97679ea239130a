/// A service that knows its callers.
pub trait Rooms: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Anybody who is known.
    fn rooms(
        &self,
        caller: Auth<Someone>,
    ) -> impl ::core::future::Future<Output = Outcome<u32>> + ::core::marker::Send;
    /// Everybody.
    fn health(
        &self,
    ) -> impl ::core::future::Future<Output = Outcome<()>> + ::core::marker::Send;
}
///The design of [`Rooms`], as data.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct RoomsDesign;
impl RoomsDesign {
    /// The design as plain data, from which documents and clients are made.
    pub fn model() -> ::mandovi::model::Service {
        #[allow(unused_mut)]
        let mut __types = ::mandovi::model::Types::new();
        let mut __service = ::mandovi::model::Service::new("Rooms");
        __service.description = "A service that knows its callers.".into();
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "health",
                ::mandovi::model::Verb::Get,
                "/health",
                "Everybody.",
            );
        }
        __service.types = __types;
        ::mandovi::__private::assert_model(&__service);
        __service
    }
}
#[automatically_derived]
impl ::mandovi::Design for RoomsDesign {
    fn model() -> ::mandovi::model::Service {
        Self::model()
    }
}
///Serves an implementation of [`Rooms`].
pub struct RoomsServer<S> {
    service: ::std::sync::Arc<S>,
    serving: ::mandovi::__private::Serving,
}
impl<S: Rooms> RoomsServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            serving: ::core::default::Default::default(),
        }
    }
}
impl<S> RoomsServer<S> {
    /// Serves with other options.
    #[must_use]
    pub fn options(mut self, options: ::mandovi::server::Options) -> Self {
        self.serving.options(options);
        self
    }
    /// Puts an interceptor around every call and every message. Of several the first is the outermost.
    #[must_use]
    pub fn intercept(
        mut self,
        interceptor: impl ::mandovi::intercept::Interceptor,
    ) -> Self {
        self.serving.intercept(interceptor);
        self
    }
    /// Also serves the documents of the design, to anybody: `/asyncapi.json` and `/openapi.json`. Of several services
    /// that are merged into one router only one can.
    #[must_use]
    pub fn documents(mut self) -> Self
    where
        S: ::mandovi::__private::ServesDocuments,
    {
        self.serving.documents(RoomsDesign::model);
        self
    }
    /// An axum router with a route for every method.
    pub fn into_router(self) -> ::mandovi::axum::Router
    where
        S: Rooms,
    {
        self.__routes().into_router()
    }
    /// A tower service that answers every method.
    pub fn into_service(self) -> ::mandovi::server::Service
    where
        S: Rooms,
    {
        self.__routes().into_service()
    }
    fn __routes(self) -> ::mandovi::__private::Routes
    where
        S: Rooms,
    {
        let mut __routes = self.serving.routes("Rooms");
        let __service = self.service;
        let _ = (&mut __routes, &__service);
        {
            #[allow(unused_mut, deprecated)]
            async fn __glue<__S: Rooms>(
                __service: ::std::sync::Arc<__S>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let __outcome = __call
                    .around::<
                        ::mandovi::NoError,
                        _,
                        _,
                        _,
                        _,
                    >(
                        (),
                        move |()| async move {
                            <__S as Rooms>::health(&*__service).await
                        },
                    )
                    .await;
                __call.unary::<::mandovi::NoError, ()>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "health",
                    ::mandovi::model::Verb::Get,
                    "/health",
                    ::mandovi::__private::RouteKind::Unary,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(::std::sync::Arc::clone(&__service), __call)
                    },
                );
        }
        __routes
    }
}
#[automatically_derived]
impl<S> ::core::fmt::Debug for RoomsServer<S> {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct(::core::stringify!(RoomsServer)).finish_non_exhaustive()
    }
}
#[automatically_derived]
impl<S: Rooms> ::core::convert::From<RoomsServer<S>> for ::mandovi::testing::InMemory {
    fn from(__server: RoomsServer<S>) -> Self {
        <Self as ::core::convert::From<
            ::mandovi::__private::Routes,
        >>::from(__server.__routes())
    }
}
/**Calls a [`Rooms`] over the network.

A service that knows its callers.*/
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct RoomsClient {
    client: ::mandovi::client::Client,
}
#[automatically_derived]
impl ::mandovi::client::Connect for RoomsClient {
    fn from_client(client: ::mandovi::client::Client) -> Self {
        Self { client }
    }
}
#[allow(clippy::too_many_arguments)]
impl RoomsClient {
    /// A client of the server at this URL, such as `https://example.com`.
    pub fn builder(
        url: impl ::core::convert::AsRef<::core::primitive::str>,
    ) -> ::mandovi::client::ClientBuilder<Self> {
        ::mandovi::client::ClientBuilder::new(url)
    }
    /// A client of a server in the same process, without a network between them.
    pub fn in_memory(
        server: impl ::core::convert::Into<::mandovi::testing::InMemory>,
    ) -> ::mandovi::client::ClientBuilder<Self> {
        ::mandovi::client::ClientBuilder::in_memory(server)
    }
    ///Everybody.
    pub async fn health(&self) -> ::mandovi::Outcome<(), ::mandovi::NoError> {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Rooms", "health", ::mandovi::model::Verb::Get, "/health");
        __call.unary::<(), ::mandovi::NoError>().await
    }
}
::core::compile_error! {
    "expected parentheses"
}
