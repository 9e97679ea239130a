/// A service with one stream that may be refused before it opens.
pub trait Rooms: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// What is said in a room.
    fn listen(
        &self,
        room: String,
        opening: Opening<Sender<String>>,
    ) -> impl ::core::future::Future<
        Output = Outcome<(), RoomError>,
    > + ::core::marker::Send;
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
        __service.description = "A service with one stream that may be refused before it opens."
            .into();
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "listen",
                ::mandovi::model::Verb::Get,
                "/rooms/{room}",
                "What is said in a room.",
            );
            let __schema = <String as ::mandovi::__private::Parameter>::schema(
                &mut __types,
            );
            let __parameter = ::mandovi::__private::describe::parameter(
                __method,
                "room",
                ::mandovi::model::Location::Path,
                "",
                __schema,
            );
            __parameter.required = true;
            __parameter.many = false;
            __parameter.selects_view = false;
            ::mandovi::__private::describe::set(
                &mut __method.streaming.output,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            __method.streaming.opening = true;
            __method.errors = <RoomError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
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
                let mut __parameters = __call.parameters();
                let room = __parameters
                    .required::<String>(::mandovi::model::Location::Path, "room");
                __parameters.finish()?;
                let room: String = room.get();
                let __spec = ::mandovi::__private::StreamSpec {
                    accept: ::mandovi::__private::Accept::ByHandler,
                    view: ::core::option::Option::None,
                    fixed_view: ::mandovi::__private::ViewId::DEFAULT,
                };
                __call
                    .stream::<
                        RoomError,
                        _,
                        _,
                        _,
                    >(
                        __spec,
                        move |__wire| async move {
                            let opening: Opening<Sender<String>> = __wire
                                .opening::<Sender<String>>();
                            ::core::mem::drop(__wire);
                            <__S as Rooms>::listen(&*__service, room, opening).await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "listen",
                    ::mandovi::model::Verb::Get,
                    "/rooms/{room}",
                    ::mandovi::__private::RouteKind::of_output::<String>(),
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

A service with one stream that may be refused before it opens.*/
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
#[allow(clippy::ptr_arg, clippy::too_many_arguments)]
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
    ///What is said in a room.
    pub async fn listen(
        &self,
        room: impl ::core::convert::Into<::std::string::String>,
    ) -> ::mandovi::Outcome<
        ::mandovi::Receiver<String, ::mandovi::Failure<RoomError>>,
        RoomError,
    > {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Rooms", "listen", ::mandovi::model::Verb::Get, "/rooms/{room}");
        __call
            .parameter::<String>(::mandovi::model::Location::Path, "room", &room.into());
        __call.server_streaming::<String, RoomError>().await
    }
}
