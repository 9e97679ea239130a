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
            #[allow(unused_mut)]
            let mut __scheme = ::mandovi::model::Scheme::new(
                "jwt",
                <Jwt<
                    Caller,
                > as ::mandovi::__private::Scheme>::model(
                    &::mandovi::__private::Source::new("jwt"),
                ),
            );
            __scheme.scopes.insert("read".into(), "may read".into());
            __scheme.scopes.insert("write".into(), "may write".into());
            __service.schemes.push(__scheme);
        }
        {
            #[allow(unused_mut)]
            let mut __scheme = ::mandovi::model::Scheme::new(
                "key",
                <ApiKey<
                    Machine,
                > as ::mandovi::__private::Scheme>::model(
                    &::mandovi::__private::Source::new("key")
                        .key(::mandovi::model::Location::Header, "X-Key"),
                ),
            );
            __scheme.description = "For machines.".into();
            __service.schemes.push(__scheme);
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "rooms",
                ::mandovi::model::Verb::Get,
                "/rooms",
                "Anybody who is known.",
            );
            ::mandovi::__private::describe::set(
                &mut __method.result,
                <u32 as ::mandovi::__private::Value>::schema(&mut __types),
            );
            ::mandovi::__private::describe::security(__method, "jwt", &[]);
            ::mandovi::__private::describe::security(__method, "key", &[]);
        }
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
/**Serves an implementation of [`Rooms`].

It becomes a router once every scheme has its verifier: `jwt`, `key`.*/
pub struct RoomsServer<
    S,
    JwtScheme = ::mandovi::__private::Missing,
    KeyScheme = ::mandovi::__private::Missing,
> {
    service: ::std::sync::Arc<S>,
    serving: ::mandovi::__private::Serving,
    jwt: JwtScheme,
    key: KeyScheme,
}
impl<S: Rooms> RoomsServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            serving: ::core::default::Default::default(),
            jwt: ::mandovi::__private::Missing,
            key: ::mandovi::__private::Missing,
        }
    }
}
impl<S, JwtScheme, KeyScheme> RoomsServer<S, JwtScheme, KeyScheme> {
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
    ///Verifies the callers of methods with `auth = jwt`.
    pub fn jwt(
        self,
        verifier: impl ::mandovi::Verifier<Jwt<Caller>>,
    ) -> RoomsServer<S, ::mandovi::__private::Verifies<Jwt<Caller>>, KeyScheme> {
        RoomsServer {
            service: self.service,
            serving: self.serving,
            jwt: ::mandovi::__private::Verifies::new(verifier),
            key: self.key,
        }
    }
    ///Verifies the callers of methods with `auth = key`.
    pub fn key(
        self,
        verifier: impl ::mandovi::Verifier<ApiKey<Machine>>,
    ) -> RoomsServer<S, JwtScheme, ::mandovi::__private::Verifies<ApiKey<Machine>>> {
        RoomsServer {
            service: self.service,
            serving: self.serving,
            key: ::mandovi::__private::Verifies::new(verifier),
            jwt: self.jwt,
        }
    }
    /// An axum router with a route for every method.
    pub fn into_router(self) -> ::mandovi::axum::Router
    where
        S: Rooms,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
        KeyScheme: ::mandovi::__private::Provided<ApiKey<Machine>>,
    {
        self.__routes().into_router()
    }
    /// A tower service that answers every method.
    pub fn into_service(self) -> ::mandovi::server::Service
    where
        S: Rooms,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
        KeyScheme: ::mandovi::__private::Provided<ApiKey<Machine>>,
    {
        self.__routes().into_service()
    }
    fn __routes(self) -> ::mandovi::__private::Routes
    where
        S: Rooms,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
        KeyScheme: ::mandovi::__private::Provided<ApiKey<Machine>>,
    {
        let mut __routes = self.serving.routes("Rooms");
        let __service = self.service;
        let __scheme_jwt = ::mandovi::__private::Provided::verifies(self.jwt);
        let __scheme_key = ::mandovi::__private::Provided::verifies(self.key);
        let _ = (&mut __routes, &__service, &__scheme_jwt, &__scheme_key);
        {
            #[allow(unused_mut, deprecated)]
            async fn __glue<__S: Rooms>(
                __service: ::std::sync::Arc<__S>,
                __guard: ::mandovi::__private::Guard,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let __credentials = __parameters.credentials(&__guard);
                __parameters.finish()?;
                let __credentials = __credentials.get();
                __call.verify::<::mandovi::NoError>(&__guard, __credentials, &[]).await?;
                let caller: Auth<Someone> = __call.caller()?;
                let __outcome = __call
                    .around::<
                        ::mandovi::NoError,
                        u32,
                        _,
                        _,
                        _,
                    >(
                        (),
                        move |()| async move {
                            <__S as Rooms>::rooms(&*__service, caller).await
                        },
                    )
                    .await;
                __call.unary::<::mandovi::NoError, u32>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __guard = ::mandovi::__private::Guard::new([
                ::mandovi::__private::alternative::<
                    Jwt<Caller>,
                    Someone,
                >(&__scheme_jwt, ::mandovi::__private::Source::new("jwt")),
                ::mandovi::__private::alternative::<
                    ApiKey<Machine>,
                    Someone,
                >(
                    &__scheme_key,
                    ::mandovi::__private::Source::new("key")
                        .key(::mandovi::model::Location::Header, "X-Key"),
                ),
            ]);
            __routes
                .add(
                    "rooms",
                    ::mandovi::model::Verb::Get,
                    "/rooms",
                    ::mandovi::__private::RouteKind::Unary,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(
                            ::std::sync::Arc::clone(&__service),
                            ::core::clone::Clone::clone(&__guard),
                            __call,
                        )
                    },
                );
        }
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
                        (),
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
impl<S, JwtScheme, KeyScheme> ::core::fmt::Debug
for RoomsServer<S, JwtScheme, KeyScheme> {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct(::core::stringify!(RoomsServer)).finish_non_exhaustive()
    }
}
#[automatically_derived]
impl<
    S: Rooms,
    JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
    KeyScheme: ::mandovi::__private::Provided<ApiKey<Machine>>,
> ::core::convert::From<RoomsServer<S, JwtScheme, KeyScheme>>
for ::mandovi::testing::InMemory {
    fn from(__server: RoomsServer<S, JwtScheme, KeyScheme>) -> Self {
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
    ///Anybody who is known.
    pub async fn rooms(&self) -> ::mandovi::Outcome<u32, ::mandovi::NoError> {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Rooms", "rooms", ::mandovi::model::Verb::Get, "/rooms");
        __call.credential::<Jwt<Caller>>(::mandovi::__private::Source::new("jwt"));
        __call
            .credential::<
                ApiKey<Machine>,
            >(
                ::mandovi::__private::Source::new("key")
                    .key(::mandovi::model::Location::Header, "X-Key"),
            );
        __call.unary::<u32, ::mandovi::NoError>().await
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
