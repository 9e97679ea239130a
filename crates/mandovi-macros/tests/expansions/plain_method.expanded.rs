/// A service with one method that is plain HTTP.
pub trait Rooms: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// How many are in a room.
    fn size(
        &self,
        room: String,
        limit: u32,
    ) -> impl ::core::future::Future<
        Output = Outcome<u32, RoomError>,
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
        __service.description = "A service with one method that is plain HTTP.".into();
        __service.path = "/v1".into();
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "size",
                ::mandovi::model::Verb::Get,
                "/v1/rooms/{room}/size",
                "How many are in a room.",
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
            let __schema = <u32 as ::mandovi::__private::Parameter>::schema(
                &mut __types,
            );
            let __parameter = ::mandovi::__private::describe::parameter(
                __method,
                "limit",
                ::mandovi::model::Location::Query,
                "",
                __schema,
            );
            __parameter.required = false;
            __parameter.many = false;
            __parameter.selects_view = false;
            let __default: u32 = 10;
            __parameter.default = ::mandovi::__private::serde_json::to_value(__default)
                .ok();
            ::mandovi::__private::describe::set(
                &mut __method.result,
                <u32 as ::mandovi::__private::Value>::schema(&mut __types),
            );
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
                let limit = __parameters
                    .or::<u32>(::mandovi::model::Location::Query, "limit", 10);
                __parameters.finish()?;
                let room: String = room.get();
                let limit: u32 = limit.get();
                let __outcome = __call
                    .around::<
                        RoomError,
                        u32,
                        _,
                        _,
                        _,
                    >(
                        (),
                        move |()| async move {
                            <__S as Rooms>::size(&*__service, room, limit).await
                        },
                    )
                    .await;
                __call.unary::<RoomError, u32>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "size",
                    ::mandovi::model::Verb::Get,
                    "/v1/rooms/{room}/size",
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

A service with one method that is plain HTTP.*/
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
    ///How many are in a room.
    pub async fn size(
        &self,
        room: impl ::core::convert::Into<::std::string::String>,
        limit: ::core::option::Option<u32>,
    ) -> ::mandovi::Outcome<u32, RoomError> {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Rooms", "size", ::mandovi::model::Verb::Get, "/v1/rooms/{room}/size");
        __call
            .parameter::<String>(::mandovi::model::Location::Path, "room", &room.into());
        __call
            .parameter_optional(
                ::mandovi::model::Location::Query,
                "limit",
                limit.as_ref(),
            );
        __call.unary::<u32, RoomError>().await
    }
}
