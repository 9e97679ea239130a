#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash
)]
/// What happened to a line.
pub enum Action {
    /// It was said.
    Added,
    /// It was taken back.
    TakenBack,
}
impl Action {
    /// Every value in the order of the design.
    pub const ALL: &'static [Self] = &[Self::Added, Self::TakenBack];
    /// The name on the wire.
    pub const fn as_str(self) -> &'static ::core::primitive::str {
        match self {
            Self::Added => "added",
            Self::TakenBack => "taken-back",
        }
    }
    fn __of_name(name: &::core::primitive::str) -> ::core::option::Option<Self> {
        match name {
            "added" => ::core::option::Option::Some(Self::Added),
            "taken-back" => ::core::option::Option::Some(Self::TakenBack),
            _ => ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Display for Action {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.pad(Self::as_str(*self))
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for Action {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        ::mandovi::__private::serde::Serializer::serialize_str(
            __serializer,
            Self::as_str(*self),
        )
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for Action {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        ::mandovi::__private::deserialize_name(__deserializer, Self::__of_name)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for Action {
    const SCALAR: ::core::option::Option<::mandovi::__private::Scalar> = ::core::option::Option::Some(
        ::mandovi::__private::Scalar::Text,
    );
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "Action",
                ::core::any::type_name::<Self>(),
                |_| {
                    let mut __enumeration = ::mandovi::model::Enumeration::new(
                        "What happened to a line.",
                    );
                    __enumeration
                        .values
                        .push(::mandovi::model::EnumValue::new("added", "It was said."));
                    __enumeration
                        .values
                        .push(
                            ::mandovi::model::EnumValue::new(
                                "taken-back",
                                "It was taken back.",
                            ),
                        );
                    ::mandovi::model::Definition::Enumeration(__enumeration)
                },
            )
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for Action {}
#[automatically_derived]
impl ::mandovi::__private::MapKey for Action {}
#[automatically_derived]
impl ::core::str::FromStr for Action {
    type Err = ::mandovi::__private::Expected;
    fn from_str(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, Self::Err> {
        <Self as ::mandovi::__private::Parameter>::parse(__text)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Parameter for Action {
    fn parse(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, ::mandovi::__private::Expected> {
        Self::__of_name(__text)
            .ok_or(::mandovi::__private::Expected::OneOf(&["added", "taken-back"]))
    }
    fn render(&self) -> ::std::string::String {
        ::core::convert::From::from(Self::as_str(*self))
    }
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        <Self as ::mandovi::__private::Value>::schema(__types)
    }
}
