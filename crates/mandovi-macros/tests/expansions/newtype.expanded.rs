#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
/// The name of a room.
pub struct RoomName(String);
#[automatically_derived]
impl ::core::fmt::Debug for RoomName {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_tuple("RoomName").field(&self.0).finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for RoomName {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        ::mandovi::__private::serde::Serialize::serialize(&self.0, __serializer)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for RoomName {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        <String as ::mandovi::__private::serde::Deserialize<
            'de,
        >>::deserialize(__deserializer)
            .map(Self)
    }
}
#[allow(non_upper_case_globals)]
const __RULES_RoomName: ::mandovi::__private::Rules<'static> = ::mandovi::__private::Rules {
    min_length: ::core::option::Option::Some(1),
    max_length: ::core::option::Option::Some(40),
    ..::mandovi::__private::Rules::NONE
};
#[automatically_derived]
impl ::mandovi::__private::Value for RoomName {
    const SCALAR: ::core::option::Option<::mandovi::__private::Scalar> = <String as ::mandovi::__private::Value>::SCALAR;
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "RoomName",
                ::core::any::type_name::<Self>(),
                |__types| {
                    #[allow(unused_mut)]
                    let mut __alias = ::mandovi::model::Alias::new(
                        "The name of a room.",
                        <String as ::mandovi::__private::Value>::schema(__types),
                    );
                    __alias.rules = __RULES_RoomName.model();
                    ::mandovi::model::Definition::Alias(__alias)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        __at.rules(&self.0, &__RULES_RoomName);
        ::mandovi::__private::Value::validate(&self.0, __at);
    }
    fn is_null(&self) -> ::core::primitive::bool {
        ::mandovi::__private::Value::is_null(&self.0)
    }
    fn absent() -> ::core::option::Option<Self> {
        <String as ::mandovi::__private::Value>::absent().map(Self)
    }
    fn serialize_view<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __view: ::mandovi::__private::ViewId,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        ::mandovi::__private::Value::serialize_view(&self.0, __view, __serializer)
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for RoomName
where
    for<'__any> String: ::mandovi::__private::NotNull,
{}
#[automatically_derived]
impl ::mandovi::__private::MapKey for RoomName
where
    for<'__any> String: ::mandovi::__private::MapKey,
{}
#[automatically_derived]
impl ::mandovi::__private::Parameter for RoomName
where
    for<'__any> String: ::mandovi::__private::Parameter,
{
    fn parse(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, ::mandovi::__private::Expected> {
        <String as ::mandovi::__private::Parameter>::parse(__text).map(Self)
    }
    fn render(&self) -> ::std::string::String {
        ::mandovi::__private::Parameter::render(&self.0)
    }
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        <Self as ::mandovi::__private::Value>::schema(__types)
    }
    fn check_rules(&self, __at: &mut ::mandovi::__private::Validator) {
        ::mandovi::__private::Value::validate(self, __at);
    }
}
