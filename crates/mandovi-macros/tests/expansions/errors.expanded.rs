#[derive(::core::fmt::Debug)]
pub enum RoomError {
    /// There is no such room.
    NotFound,
    /// The name is not one.
    BadName(String),
    /// Too many lines; come back later.
    SlowDown { after: Duration, limit: u32 },
}
#[automatically_derived]
impl ::core::fmt::Display for RoomError {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match self {
            Self::NotFound { .. } => __f.write_str("There is no such room"),
            Self::BadName(__text) if !__text.is_empty() => __f.write_str(__text),
            Self::BadName(_) => __f.write_str("The name is not one"),
            Self::SlowDown { .. } => __f.write_str("Too many lines; come back later"),
        }
    }
}
#[automatically_derived]
impl ::core::error::Error for RoomError {}
#[automatically_derived]
impl ::mandovi::__private::DeclaredError for RoomError {
    const NAMES: ::mandovi::__private::ErrorNames = ::mandovi::__private::ErrorNames {
        own: &["not_found", "bad-name", "slow_down"],
        included: &[],
    };
    fn cases(
        __types: &mut ::mandovi::model::Types,
    ) -> ::std::vec::Vec<::mandovi::model::ErrorCase> {
        let _ = &__types;
        ::std::vec![
            { let mut __case = ::mandovi::model::ErrorCase::new("not_found", 404u16);
            __case.class = ::mandovi::model::ErrorClass::FINAL; __case.description =
            "There is no such room.".into(); __case.schema =
            ::core::option::Option::None; __case.retry_after = false; __case }, { let mut
            __case = ::mandovi::model::ErrorCase::new("bad-name", 400u16); __case.class =
            ::mandovi::model::ErrorClass::FINAL; __case.description =
            "The name is not one.".into(); __case.schema =
            ::core::option::Option::Some(::mandovi::model::Schema::string()); __case
            .retry_after = false; __case }, { let mut __case =
            ::mandovi::model::ErrorCase::new("slow_down", 429u16); __case.class =
            ::mandovi::model::ErrorClass::FINAL.exhausted(); __case.description =
            "Too many lines; come back later.".into(); __case.schema =
            ::core::option::Option::Some(__types.define("RoomErrorSlowDown",
            ::core::concat!(::core::module_path!(), "::", ::core::stringify!(RoomError),
            "::", "SlowDown"), | __types | { let _ = & __types; let mut __message =
            ::mandovi::model::Message::new("Too many lines; come back later."); let mut
            __field = ::mandovi::model::Field::new(1u32, "retry_after_ms", <
            ::core::primitive::u64 as ::mandovi::__private::Value > ::schema(__types));
            __field.description = "".into(); __message.fields.push(__field); let mut
            __field = ::mandovi::model::Field::new(2u32, "limit", < u32 as
            ::mandovi::__private::Value > ::schema(__types)); __field.description = ""
            .into(); __message.fields.push(__field);
            ::mandovi::model::Definition::Message(__message) },)); __case.retry_after =
            true; __case }
        ]
    }
    fn name(&self) -> &'static ::core::primitive::str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::BadName { .. } => "bad-name",
            Self::SlowDown { .. } => "slow_down",
        }
    }
    fn status(&self) -> ::core::primitive::u16 {
        match self {
            Self::NotFound { .. } => 404u16,
            Self::BadName { .. } => 400u16,
            Self::SlowDown { .. } => 429u16,
        }
    }
    fn class(&self) -> ::mandovi::model::ErrorClass {
        match self {
            Self::NotFound { .. } => ::mandovi::model::ErrorClass::FINAL,
            Self::BadName { .. } => ::mandovi::model::ErrorClass::FINAL,
            Self::SlowDown { .. } => ::mandovi::model::ErrorClass::FINAL.exhausted(),
        }
    }
    fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> {
        match self {
            Self::NotFound { .. } => ::core::option::Option::None,
            Self::BadName { .. } => ::core::option::Option::None,
            Self::SlowDown { after: __after, .. } => {
                ::core::option::Option::Some(*__after)
            }
        }
    }
    fn encode_body(
        &self,
    ) -> ::core::result::Result<
        ::std::vec::Vec<::core::primitive::u8>,
        ::mandovi::__private::Invalid,
    > {
        match self {
            Self::NotFound => {
                ::mandovi::__private::encode_value(
                    &::mandovi::__private::ErrorResult::new(
                        "not_found",
                        "There is no such room",
                        ::mandovi::model::ErrorClass::FINAL,
                    ),
                )
            }
            Self::BadName(__value) => ::mandovi::__private::encode_value(__value),
            Self::SlowDown { after: __field_after, limit: __field_limit } => {
                ::core::result::Result::Ok(
                    ::mandovi::__private::Body::new()
                        .retry_after(::core::option::Option::Some(*__field_after))
                        .member("limit", __field_limit)?
                        .finish(),
                )
            }
        }
    }
    fn decode(
        __name: ::core::option::Option<&::core::primitive::str>,
        __status: ::core::primitive::u16,
        __retry_after: ::core::option::Option<::core::time::Duration>,
        __body: ::core::option::Option<&[::core::primitive::u8]>,
    ) -> ::core::option::Option<Self> {
        let _ = (__retry_after, __body);
        let __name = match __name {
            ::core::option::Option::Some(__name) => __name,
            ::core::option::Option::None => {
                match __status {
                    404u16 => "not_found",
                    400u16 => "bad-name",
                    429u16 => "slow_down",
                    _ => return ::core::option::Option::None,
                }
            }
        };
        match __name {
            "not_found" => return ::core::option::Option::Some(Self::NotFound),
            "bad-name" => {
                return ::mandovi::__private::decode_value(__body).map(Self::BadName);
            }
            "slow_down" => {
                return {
                    #[allow(unused_mut)]
                    let mut __received = ::mandovi::__private::Received::new(
                        __body,
                        __retry_after,
                    )?;
                    ::core::option::Option::Some(Self::SlowDown {
                        after: __received.retry_after()?,
                        limit: __received.member("limit")?,
                    })
                };
            }
            _ => {}
        }
        ::core::option::Option::None
    }
    fn unauthenticated(
        __message: ::std::string::String,
    ) -> ::core::option::Option<Self> {
        let _ = __message;
        ::core::option::Option::None
    }
    fn forbidden(__message: ::std::string::String) -> ::core::option::Option<Self> {
        let _ = __message;
        ::core::option::Option::None
    }
}
