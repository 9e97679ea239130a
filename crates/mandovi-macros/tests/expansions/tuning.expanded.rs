pub trait Feed: ::core::marker::Send + ::core::marker::Sync + 'static {
    fn feed(
        &self,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> impl ::core::future::Future<Output = Outcome<()>> + ::core::marker::Send;
}
///The design of [`Feed`], as data.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct FeedDesign;
impl FeedDesign {
    /// The design as plain data, from which documents and clients are made.
    pub fn model() -> ::mandovi::model::Service {
        #[allow(unused_mut)]
        let mut __types = ::mandovi::model::Types::new();
        let mut __service = ::mandovi::model::Service::new("Feed");
        __service.description = "".into();
        __service.tuning.limits.idle_timeout_ms = ::core::option::Option::Some(
            300000u64,
        );
        __service.tuning.heartbeat.interval_ms = ::core::option::Option::Some(10000u64);
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "feed",
                ::mandovi::model::Verb::Get,
                "/feed",
                "",
            );
            ::mandovi::__private::describe::set(
                &mut __method.streaming.input,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            ::mandovi::__private::describe::set(
                &mut __method.streaming.output,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            __method.tuning.limits.max_message_size = ::core::option::Option::Some(
                16384u64,
            );
            __method.tuning.limits.message_rate = ::core::option::Option::Some(
                ::mandovi::model::MessageRate::new(100u32, 200u32),
            );
            __method.tuning.heartbeat.missed = ::core::option::Option::Some(
                ::mandovi::model::MissedPong::Close,
            );
            __method.tuning.slow = ::core::option::Option::Some(
                ::mandovi::model::SlowConsumer::DropOldest,
            );
            __method.tuning.health.max_queue_percent = ::core::option::Option::Some(
                90u8,
            );
            __method.tuning.health.unhealthy = ::core::option::Option::Some(
                ::mandovi::model::HealthAction::Close(1008u16),
            );
        }
        __service.types = __types;
        ::mandovi::__private::assert_model(&__service);
        __service
    }
}
#[automatically_derived]
impl ::mandovi::Design for FeedDesign {
    fn model() -> ::mandovi::model::Service {
        Self::model()
    }
}
///Serves an implementation of [`Feed`].
pub struct FeedServer<S> {
    service: ::std::sync::Arc<S>,
    serving: ::mandovi::__private::Serving,
}
impl<S: Feed> FeedServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            serving: ::core::default::Default::default(),
        }
    }
}
impl<S> FeedServer<S> {
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
        self.serving.documents(FeedDesign::model);
        self
    }
    /// An axum router with a route for every method.
    pub fn into_router(self) -> ::mandovi::axum::Router
    where
        S: Feed,
    {
        self.__routes().into_router()
    }
    /// A tower service that answers every method.
    pub fn into_service(self) -> ::mandovi::server::Service
    where
        S: Feed,
    {
        self.__routes().into_service()
    }
    fn __routes(self) -> ::mandovi::__private::Routes
    where
        S: Feed,
    {
        let mut __routes = self.serving.routes("Feed");
        __routes
            .tune(|mut __settings| {
                __settings.idle_timeout = ::core::time::Duration::from_millis(300000u64);
                __settings.ping_interval = ::core::time::Duration::from_millis(10000u64);
                __settings
            });
        let __service = self.service;
        let _ = (&mut __routes, &__service);
        {
            #[allow(unused_mut, deprecated)]
            async fn __glue<__S: Feed>(
                __service: ::std::sync::Arc<__S>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                const _: fn() = ::mandovi::__private::assert_not_null::<String>;
                #[allow(clippy::eq_op)]
                const _: () = ::core::assert!(
                    < String as ::mandovi::__private::Item > ::RAW == < String as
                    ::mandovi::__private::Item > ::RAW,
                    "one direction is raw and the other is not: use `Message` in both or in none"
                );
                let __spec = ::mandovi::__private::StreamSpec {
                    accept: ::mandovi::__private::Accept::AtOnce,
                    view: ::core::option::Option::None,
                    fixed_view: ::mandovi::__private::ViewId::DEFAULT,
                };
                __call
                    .stream::<
                        ::mandovi::NoError,
                        _,
                        _,
                        _,
                    >(
                        __spec,
                        move |__wire| async move {
                            let input: Receiver<String> = __wire.receiver::<String>();
                            let output: Sender<String> = __wire.sender::<String>();
                            ::core::mem::drop(__wire);
                            <__S as Feed>::feed(&*__service, input, output).await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "feed",
                    ::mandovi::model::Verb::Get,
                    "/feed",
                    ::mandovi::__private::RouteKind::Stream,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(::std::sync::Arc::clone(&__service), __call)
                    },
                );
            __routes
                .tune_last(
                    "/feed",
                    |mut __settings| {
                        __settings.max_message_size = 16384;
                        __settings.message_rate = ::mandovi::__private::message_rate(
                            100u32,
                            200u32,
                        );
                        __settings.missed_pong = ::mandovi::MissedPong::Close;
                        __settings.slow_consumer = ::mandovi::SlowConsumer::DropOldest;
                        __settings.health.max_queue_percent = 90u8;
                        __settings.health.unhealthy = ::mandovi::__private::close_with(
                            1008u16,
                        );
                        __settings
                    },
                );
        }
        __routes
    }
}
#[automatically_derived]
impl<S> ::core::fmt::Debug for FeedServer<S> {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct(::core::stringify!(FeedServer)).finish_non_exhaustive()
    }
}
#[automatically_derived]
impl<S: Feed> ::core::convert::From<FeedServer<S>> for ::mandovi::testing::InMemory {
    fn from(__server: FeedServer<S>) -> Self {
        <Self as ::core::convert::From<
            ::mandovi::__private::Routes,
        >>::from(__server.__routes())
    }
}
///Calls a [`Feed`] over the network.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct FeedClient {
    client: ::mandovi::client::Client,
}
#[automatically_derived]
impl ::mandovi::client::Connect for FeedClient {
    fn from_client(client: ::mandovi::client::Client) -> Self {
        Self { client }
    }
}
#[allow(clippy::ptr_arg, clippy::too_many_arguments)]
impl FeedClient {
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
    ///Calls `feed`.
    pub async fn feed(
        &self,
    ) -> ::mandovi::Outcome<
        (
            ::mandovi::Sender<String>,
            ::mandovi::Receiver<String, ::mandovi::Failure<::mandovi::NoError>>,
        ),
        ::mandovi::NoError,
    > {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Feed", "feed", ::mandovi::model::Verb::Get, "/feed");
        __call
            .tune(|mut __settings| {
                __settings.ping_interval = ::core::time::Duration::from_millis(10000u64);
                __settings.missed_pong = ::mandovi::MissedPong::Close;
                __settings
            });
        __call.bidirectional::<String, String, ::mandovi::NoError>().await
    }
}
