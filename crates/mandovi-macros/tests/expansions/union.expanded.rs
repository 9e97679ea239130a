#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
/// What happened in a room.
pub enum Event {
    /// Somebody said something.
    Said(Line),
    /// The room was closed.
    Closed,
}
#[automatically_derived]
impl ::mandovi::__private::Tagged for Event {
    const NAME: &'static ::core::primitive::str = "Event";
    const MEMBERS: &'static [&'static ::core::primitive::str; 2] = &["kind", "value"];
    const VARIANTS: &'static [&'static ::core::primitive::str] = &["said", "closed"];
    const JSON_TEXT: ::core::primitive::bool = false;
    fn read<'de, __D: ::mandovi::__private::serde::Deserializer<'de>>(
        __variant: ::core::primitive::usize,
        __content: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        match __variant {
            0usize => ::mandovi::__private::content(__content).map(Self::Said),
            1usize => ::mandovi::__private::no_content(__content, Self::Closed),
            _ => ::mandovi::__private::no_variant(),
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for Event {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        match self {
            Self::Said(__value) => {
                ::mandovi::__private::serialize_variant::<
                    Self,
                    _,
                    _,
                >(0usize, __value, __serializer)
            }
            Self::Closed => {
                ::mandovi::__private::serialize_bare::<Self, _>(1usize, __serializer)
            }
        }
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for Event {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        ::mandovi::__private::deserialize_union(__deserializer)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for Event {
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "Event",
                ::core::any::type_name::<Self>(),
                |__types| {
                    let mut __union = ::mandovi::__private::union_of::<
                        Self,
                    >("What happened in a room.");
                    let __variant = ::mandovi::model::Variant::new(
                        "said",
                        "Somebody said something.",
                        ::core::option::Option::Some(
                            <Line as ::mandovi::__private::Value>::schema(__types),
                        ),
                    );
                    __union.variants.push(__variant);
                    let __variant = ::mandovi::model::Variant::new(
                        "closed",
                        "The room was closed.",
                        ::core::option::Option::None,
                    );
                    __union.variants.push(__variant);
                    ::mandovi::model::Definition::Union(__union)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        match self {
            Self::Said(__value) => __at.field("value", __value),
            Self::Closed => {}
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for Event {}
