#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
/// A line of a chat.
pub struct Line {
    /// What was said.
    pub text: String,
    /// Of a type whose name says nothing.
    pub weight: Weight,
}
#[automatically_derived]
impl ::core::fmt::Debug for Line {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct("Line")
            .field("text", &self.text)
            .field("weight", &self.weight)
            .finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for Line {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        let __count = 2usize;
        let mut __object = ::mandovi::__private::serde::Serializer::serialize_struct(
            __serializer,
            "Line",
            __count,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "text",
            &self.text,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "weight",
            &self.weight,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for Line {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        const __NAMES: &[&str] = &["text", "weight"];
        struct __Visitor;
        impl<'de> ::mandovi::__private::serde::de::Visitor<'de> for __Visitor {
            type Value = Line;
            fn expecting(
                &self,
                __f: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                __f.write_str("an object")
            }
            fn visit_map<__A: ::mandovi::__private::serde::de::MapAccess<'de>>(
                self,
                mut __members: __A,
            ) -> ::core::result::Result<Line, __A::Error> {
                let mut __field_text: ::core::option::Option<String> = ::core::option::Option::None;
                let mut __field_weight: ::core::option::Option<Weight> = ::core::option::Option::None;
                while let ::core::option::Option::Some(__index) = ::mandovi::__private::serde::de::MapAccess::next_key_seed(
                    &mut __members,
                    ::mandovi::__private::Names(__NAMES),
                )? {
                    match __index {
                        0usize => {
                            __field_text = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                        1usize => {
                            __field_weight = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                        _ => {
                            let _: ::mandovi::__private::serde::de::IgnoredAny = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                    }
                }
                ::core::result::Result::Ok(Line {
                    text: ::mandovi::__private::member(
                        "text",
                        __field_text,
                        <String as ::mandovi::__private::Value>::absent,
                    )?,
                    weight: ::mandovi::__private::member(
                        "weight",
                        __field_weight,
                        <Weight as ::mandovi::__private::Value>::absent,
                    )?,
                })
            }
        }
        ::mandovi::__private::serde::Deserializer::deserialize_map(
            __deserializer,
            __Visitor,
        )
    }
}
#[allow(non_upper_case_globals)]
const __RULES_Line_text: ::mandovi::__private::Rules<'static> = ::mandovi::__private::Rules {
    pattern: ::core::option::Option::Some({
        static __PATTERN: ::mandovi::__private::Pattern = ::mandovi::__private::Pattern::new(
            "^[a-z]+$",
        );
        &__PATTERN
    }),
    min_length: ::core::option::Option::Some(1),
    ..::mandovi::__private::Rules::NONE
};
#[allow(non_upper_case_globals)]
const __RULES_Line_weight: ::mandovi::__private::Rules<'static> = ::mandovi::__private::Rules {
    maximum: ::core::option::Option::Some(::mandovi::__private::Limit::Integer(9)),
    ..::mandovi::__private::Rules::NONE
};
const _: () = if let ::core::option::Option::Some(__text) = __RULES_Line_weight
    .unsuited(<Weight as ::mandovi::__private::Ruled>::KIND)
{
    ::core::panic!("{}", __text)
};
#[automatically_derived]
impl ::mandovi::__private::Value for Line {
    const MEMBERS: &'static [::mandovi::__private::Member] = &[
        ::mandovi::__private::Member {
            name: "text",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
        ::mandovi::__private::Member {
            name: "weight",
            scalar: <Weight as ::mandovi::__private::Value>::SCALAR,
        },
    ];
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "Line",
                ::core::any::type_name::<Self>(),
                |__types| {
                    let mut __message = ::mandovi::model::Message::new(
                        "A line of a chat.",
                    );
                    {
                        let __schema = <String as ::mandovi::__private::Value>::schema(
                            __types,
                        );
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            1u32,
                            "text",
                            "What was said.",
                            __schema,
                        );
                        __field.rules = __RULES_Line_text.model();
                    }
                    {
                        let __schema = <Weight as ::mandovi::__private::Value>::schema(
                            __types,
                        );
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            2u32,
                            "weight",
                            "Of a type whose name says nothing.",
                            __schema,
                        );
                        __field.rules = __RULES_Line_weight.model();
                    }
                    let _ = __types;
                    ::mandovi::model::Definition::Message(__message)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        <String as ::mandovi::__private::Ruled>::validate_ruled(
            &self.text,
            "text",
            &__RULES_Line_text,
            __at,
        );
        <Weight as ::mandovi::__private::Ruled>::validate_ruled(
            &self.weight,
            "weight",
            &__RULES_Line_weight,
            __at,
        );
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for Line {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for Line {}
/// Searches lines.
pub trait Lines: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Some of them.
    fn lines(
        &self,
        limit: u32,
    ) -> impl ::core::future::Future<Output = Outcome<Vec<Line>>> + ::core::marker::Send;
}
///The design of [`Lines`], as data.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct LinesDesign;
impl LinesDesign {
    #[allow(non_upper_case_globals)]
    const __RULES_lines__limit: ::mandovi::__private::Rules<'static> = ::mandovi::__private::Rules {
        minimum: ::core::option::Option::Some(::mandovi::__private::Limit::Integer(1)),
        maximum: ::core::option::Option::Some(::mandovi::__private::Limit::Integer(100)),
        ..::mandovi::__private::Rules::NONE
    };
    /// The design as plain data, from which documents and clients are made.
    pub fn model() -> ::mandovi::model::Service {
        #[allow(unused_mut)]
        let mut __types = ::mandovi::model::Types::new();
        let mut __service = ::mandovi::model::Service::new("Lines");
        __service.description = "Searches lines.".into();
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "lines",
                ::mandovi::model::Verb::Get,
                "/lines",
                "Some of them.",
            );
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
            __parameter.rules = LinesDesign::__RULES_lines__limit.model();
            let __default: u32 = 10;
            __parameter.default = ::mandovi::__private::serde_json::to_value(__default)
                .ok();
            ::mandovi::__private::describe::set(
                &mut __method.result,
                <Vec<Line> as ::mandovi::__private::Value>::schema(&mut __types),
            );
        }
        __service.types = __types;
        ::mandovi::__private::assert_model(&__service);
        __service
    }
}
#[automatically_derived]
impl ::mandovi::Design for LinesDesign {
    fn model() -> ::mandovi::model::Service {
        Self::model()
    }
}
///Serves an implementation of [`Lines`].
pub struct LinesServer<S> {
    service: ::std::sync::Arc<S>,
    serving: ::mandovi::__private::Serving,
}
impl<S: Lines> LinesServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            serving: ::core::default::Default::default(),
        }
    }
}
impl<S> LinesServer<S> {
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
        self.serving.documents(LinesDesign::model);
        self
    }
    /// An axum router with a route for every method.
    pub fn into_router(self) -> ::mandovi::axum::Router
    where
        S: Lines,
    {
        self.__routes().into_router()
    }
    /// A tower service that answers every method.
    pub fn into_service(self) -> ::mandovi::server::Service
    where
        S: Lines,
    {
        self.__routes().into_service()
    }
    fn __routes(self) -> ::mandovi::__private::Routes
    where
        S: Lines,
    {
        let mut __routes = self.serving.routes("Lines");
        let __service = self.service;
        let _ = (&mut __routes, &__service);
        {
            #[allow(unused_mut, deprecated)]
            async fn __glue<__S: Lines>(
                __service: ::std::sync::Arc<__S>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let limit = __parameters
                    .or::<u32>(::mandovi::model::Location::Query, "limit", 10);
                __parameters.rules(&limit, "limit", &LinesDesign::__RULES_lines__limit);
                __parameters.finish()?;
                let limit: u32 = limit.get();
                let __outcome = __call
                    .around::<
                        ::mandovi::NoError,
                        Vec<Line>,
                        _,
                        _,
                        _,
                    >(
                        (),
                        move |()| async move {
                            <__S as Lines>::lines(&*__service, limit).await
                        },
                    )
                    .await;
                __call.unary::<::mandovi::NoError, Vec<Line>>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "lines",
                    ::mandovi::model::Verb::Get,
                    "/lines",
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
impl<S> ::core::fmt::Debug for LinesServer<S> {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct(::core::stringify!(LinesServer)).finish_non_exhaustive()
    }
}
#[automatically_derived]
impl<S: Lines> ::core::convert::From<LinesServer<S>> for ::mandovi::testing::InMemory {
    fn from(__server: LinesServer<S>) -> Self {
        <Self as ::core::convert::From<
            ::mandovi::__private::Routes,
        >>::from(__server.__routes())
    }
}
/**Calls a [`Lines`] over the network.

Searches lines.*/
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct LinesClient {
    client: ::mandovi::client::Client,
}
#[automatically_derived]
impl ::mandovi::client::Connect for LinesClient {
    fn from_client(client: ::mandovi::client::Client) -> Self {
        Self { client }
    }
}
#[allow(clippy::ptr_arg, clippy::too_many_arguments)]
impl LinesClient {
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
    ///Some of them.
    pub async fn lines(
        &self,
        limit: ::core::option::Option<u32>,
    ) -> ::mandovi::Outcome<Vec<Line>, ::mandovi::NoError> {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Lines", "lines", ::mandovi::model::Verb::Get, "/lines");
        __call.rules("limit", &limit, &LinesDesign::__RULES_lines__limit);
        __call
            .parameter_optional(
                ::mandovi::model::Location::Query,
                "limit",
                limit.as_ref(),
            );
        __call.unary::<Vec<Line>, ::mandovi::NoError>().await
    }
}
