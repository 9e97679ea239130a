#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
/// A line of a chat.
pub struct Line {
    /// What was said.
    pub text: String,
    /// By whom.
    pub by: Option<String>,
}
#[automatically_derived]
impl ::core::fmt::Debug for Line {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct("Line").field("text", &self.text).field("by", &self.by).finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for Line {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        let __count = 1usize
            + ::core::primitive::usize::from(::core::option::Option::is_some(&self.by));
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
        if ::core::option::Option::is_some(&self.by) {
            ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
                &mut __object,
                "by",
                &self.by,
            )?;
        }
        ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for Line {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        const __NAMES: &[&str] = &["text", "by"];
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
                let mut __field_by: ::core::option::Option<String> = ::core::option::Option::None;
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
                            __field_by = ::mandovi::__private::serde::de::MapAccess::next_value(
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
                    by: __field_by,
                })
            }
        }
        ::mandovi::__private::serde::Deserializer::deserialize_map(
            __deserializer,
            __Visitor,
        )
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for Line {
    const MEMBERS: &'static [::mandovi::__private::Member] = &[
        ::mandovi::__private::Member {
            name: "text",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
        ::mandovi::__private::Member {
            name: "by",
            scalar: <Option<String> as ::mandovi::__private::Value>::SCALAR,
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
                    }
                    {
                        let __schema = <Option<
                            String,
                        > as ::mandovi::__private::Value>::schema(__types);
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            2u32,
                            "by",
                            "By whom.",
                            __schema,
                        );
                    }
                    let mut __view = ::mandovi::model::View::new("tiny");
                    let __field = ::mandovi::model::ViewField::new("text");
                    __view.fields.push(__field);
                    __message.views.push(__view);
                    let _ = __types;
                    ::mandovi::model::Definition::Message(__message)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        <String as ::mandovi::__private::Value>::validate_member(
            &self.text,
            "text",
            __at,
        );
        <Option<
            String,
        > as ::mandovi::__private::Value>::validate_member(&self.by, "by", __at);
    }
    fn serialize_view<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __view: ::mandovi::__private::ViewId,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        match __view.as_u8() {
            1u8 => {
                let __count = 1usize;
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
                ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
            }
            _ => ::mandovi::__private::serde::Serialize::serialize(self, __serializer),
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for Line {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for Line {}
///A [`Line`] in its view `tiny`.
#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
pub struct LineTiny {
    ///What was said.
    pub text: String,
}
#[automatically_derived]
impl ::core::fmt::Debug for LineTiny {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct("LineTiny").field("text", &self.text).finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for LineTiny {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        let __count = 1usize;
        let mut __object = ::mandovi::__private::serde::Serializer::serialize_struct(
            __serializer,
            "LineTiny",
            __count,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "text",
            &self.text,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for LineTiny {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        const __NAMES: &[&str] = &["text"];
        struct __Visitor;
        impl<'de> ::mandovi::__private::serde::de::Visitor<'de> for __Visitor {
            type Value = LineTiny;
            fn expecting(
                &self,
                __f: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                __f.write_str("an object")
            }
            fn visit_map<__A: ::mandovi::__private::serde::de::MapAccess<'de>>(
                self,
                mut __members: __A,
            ) -> ::core::result::Result<LineTiny, __A::Error> {
                let mut __field_text: ::core::option::Option<String> = ::core::option::Option::None;
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
                        _ => {
                            let _: ::mandovi::__private::serde::de::IgnoredAny = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                    }
                }
                ::core::result::Result::Ok(LineTiny {
                    text: ::mandovi::__private::member(
                        "text",
                        __field_text,
                        <String as ::mandovi::__private::Value>::absent,
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
#[automatically_derived]
impl ::mandovi::__private::Value for LineTiny {
    const MEMBERS: &'static [::mandovi::__private::Member] = &[
        ::mandovi::__private::Member {
            name: "text",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
    ];
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "LineTiny",
                ::core::any::type_name::<Self>(),
                |__types| {
                    let mut __message = ::mandovi::model::Message::new(
                        "A [`Line`] in its view `tiny`.",
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
                    }
                    let _ = __types;
                    ::mandovi::model::Definition::Message(__message)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        <String as ::mandovi::__private::Value>::validate_member(
            &self.text,
            "text",
            __at,
        );
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for LineTiny {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for LineTiny {}
#[automatically_derived]
impl ::mandovi::__private::InView<1u8> for Line {
    type Projection = LineTiny;
}
///The views of a [`Line`].
#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::default::Default,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub enum LineView {
    ///Every field.
    #[default]
    Default,
    ///Only `text`.
    Tiny,
}
#[automatically_derived]
impl ::mandovi::__private::ViewName for LineView {
    fn id(self) -> ::mandovi::__private::ViewId {
        match self {
            LineView::Default => ::mandovi::__private::ViewId::new(0u8),
            LineView::Tiny => ::mandovi::__private::ViewId::new(1u8),
        }
    }
    fn of(__id: ::mandovi::__private::ViewId) -> ::core::option::Option<Self> {
        Self::ALL.get(::core::primitive::usize::from(__id.as_u8())).copied()
    }
    fn as_str(self) -> &'static ::core::primitive::str {
        LineView::as_str(self)
    }
}
impl LineView {
    /// Every value in the order of the design.
    pub const ALL: &'static [Self] = &[Self::Default, Self::Tiny];
    /// The name on the wire.
    pub const fn as_str(self) -> &'static ::core::primitive::str {
        match self {
            Self::Default => "default",
            Self::Tiny => "tiny",
        }
    }
    fn __of_name(name: &::core::primitive::str) -> ::core::option::Option<Self> {
        match name {
            "default" => ::core::option::Option::Some(Self::Default),
            "tiny" => ::core::option::Option::Some(Self::Tiny),
            _ => ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::core::fmt::Display for LineView {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.pad(Self::as_str(*self))
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for LineView {
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
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for LineView {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        ::mandovi::__private::deserialize_name(__deserializer, Self::__of_name)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for LineView {
    const SCALAR: ::core::option::Option<::mandovi::__private::Scalar> = ::core::option::Option::Some(
        ::mandovi::__private::Scalar::Text,
    );
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "LineView",
                ::core::any::type_name::<Self>(),
                |_| {
                    let mut __enumeration = ::mandovi::model::Enumeration::new(
                        "The views of a [`Line`].",
                    );
                    __enumeration
                        .values
                        .push(
                            ::mandovi::model::EnumValue::new("default", "Every field."),
                        );
                    __enumeration
                        .values
                        .push(::mandovi::model::EnumValue::new("tiny", "Only `text`."));
                    ::mandovi::model::Definition::Enumeration(__enumeration)
                },
            )
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for LineView {}
#[automatically_derived]
impl ::mandovi::__private::MapKey for LineView {}
#[automatically_derived]
impl ::core::str::FromStr for LineView {
    type Err = ::mandovi::__private::Expected;
    fn from_str(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, Self::Err> {
        <Self as ::mandovi::__private::Parameter>::parse(__text)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Parameter for LineView {
    fn parse(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, ::mandovi::__private::Expected> {
        Self::__of_name(__text)
            .ok_or(::mandovi::__private::Expected::OneOf(&["default", "tiny"]))
    }
    fn render(&self) -> ::std::string::String {
        ::core::convert::From::from(Self::as_str(*self))
    }
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        <Self as ::mandovi::__private::Value>::schema(__types)
    }
}
///A [`Line`] in the view in which it was sent.
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
pub enum LineViewed {
    /// Whole.
    Default(Line),
    ///In the view `tiny`.
    Tiny(LineTiny),
}
impl LineViewed {
    /// The view in which it was sent.
    pub const fn view(&self) -> LineView {
        match self {
            LineViewed::Default(_) => LineView::Default,
            LineViewed::Tiny(_) => LineView::Tiny,
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for LineViewed {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        match self {
            LineViewed::Default(__value) => {
                ::mandovi::__private::serde::Serialize::serialize(__value, __serializer)
            }
            LineViewed::Tiny(__value) => {
                ::mandovi::__private::serde::Serialize::serialize(__value, __serializer)
            }
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::Item for LineViewed {
    const RAW: ::core::primitive::bool = false;
    fn encode(
        &self,
        _: ::mandovi::__private::ViewId,
        __out: &mut ::std::vec::Vec<::core::primitive::u8>,
    ) -> ::core::result::Result<
        ::mandovi::__private::MessageKind,
        ::mandovi::__private::Invalid,
    > {
        match self {
            LineViewed::Default(__value) => {
                ::mandovi::__private::Item::encode(
                    __value,
                    ::mandovi::__private::ViewId::DEFAULT,
                    __out,
                )
            }
            LineViewed::Tiny(__value) => {
                ::mandovi::__private::Item::encode(
                    __value,
                    ::mandovi::__private::ViewId::DEFAULT,
                    __out,
                )
            }
        }
    }
    fn decode(
        __view: ::mandovi::__private::ViewId,
        __message: ::mandovi::__private::MessageRef<'_>,
    ) -> ::core::result::Result<Self, ::mandovi::__private::Invalid> {
        match __view.as_u8() {
            1u8 => {
                <LineTiny as ::mandovi::__private::Item>::decode(
                        ::mandovi::__private::ViewId::DEFAULT,
                        __message,
                    )
                    .map(LineViewed::Tiny)
            }
            _ => {
                <Line as ::mandovi::__private::Item>::decode(
                        ::mandovi::__private::ViewId::DEFAULT,
                        __message,
                    )
                    .map(LineViewed::Default)
            }
        }
    }
    fn view_named(
        __name: &::core::primitive::str,
    ) -> ::core::option::Option<::mandovi::__private::ViewId> {
        match __name {
            "" | "default" => {
                ::core::option::Option::Some(::mandovi::__private::ViewId::DEFAULT)
            }
            "tiny" => {
                ::core::option::Option::Some(::mandovi::__private::ViewId::new(1u8))
            }
            _ => ::core::option::Option::None,
        }
    }
    fn message_schema(
        __types: &mut ::mandovi::model::Types,
    ) -> ::mandovi::model::Schema {
        <Line as ::mandovi::__private::Value>::schema(__types)
    }
}
#[automatically_derived]
impl ::mandovi::__private::NamedViews for Line {
    const OF: &'static ::core::primitive::str = "Line";
    const NAMES: &'static [&'static ::core::primitive::str] = &["default", "tiny"];
}
#[automatically_derived]
impl ::mandovi::__private::Views for Line {
    type View = LineView;
    type Viewed = LineViewed;
    fn decode_list(
        __view: ::mandovi::__private::ViewId,
        __message: ::mandovi::__private::MessageRef<'_>,
    ) -> ::core::result::Result<
        ::std::vec::Vec<LineViewed>,
        ::mandovi::__private::Invalid,
    > {
        match __view.as_u8() {
            1u8 => {
                ::mandovi::__private::decode_list::<
                    LineTiny,
                    _,
                >(__message, LineViewed::Tiny)
            }
            _ => {
                ::mandovi::__private::decode_list::<
                    Line,
                    _,
                >(__message, LineViewed::Default)
            }
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::InView<0u8> for Line {
    type Projection = Line;
}
