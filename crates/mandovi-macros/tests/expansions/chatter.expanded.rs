#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
/// A message as the chat remembers it.
pub struct ChatSummary {
    /// What was said.
    pub message: String,
    /// Its length in bytes.
    pub length: Option<u64>,
    /// When it was said, RFC 3339.
    pub sent_at: String,
}
#[automatically_derived]
impl ::core::fmt::Debug for ChatSummary {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct("ChatSummary")
            .field("message", &self.message)
            .field("length", &self.length)
            .field("sent_at", &self.sent_at)
            .finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for ChatSummary {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        let __count = 2usize
            + ::core::primitive::usize::from(
                ::core::option::Option::is_some(&self.length),
            );
        let mut __object = ::mandovi::__private::serde::Serializer::serialize_struct(
            __serializer,
            "ChatSummary",
            __count,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "message",
            &self.message,
        )?;
        if ::core::option::Option::is_some(&self.length) {
            ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
                &mut __object,
                "length",
                &self.length,
            )?;
        }
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "sent_at",
            &self.sent_at,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for ChatSummary {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        const __NAMES: &[&str] = &["message", "length", "sent_at"];
        struct __Visitor;
        impl<'de> ::mandovi::__private::serde::de::Visitor<'de> for __Visitor {
            type Value = ChatSummary;
            fn expecting(
                &self,
                __f: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                __f.write_str("an object")
            }
            fn visit_map<__A: ::mandovi::__private::serde::de::MapAccess<'de>>(
                self,
                mut __members: __A,
            ) -> ::core::result::Result<ChatSummary, __A::Error> {
                let mut __field_message: ::core::option::Option<String> = ::core::option::Option::None;
                let mut __field_length: ::core::option::Option<u64> = ::core::option::Option::None;
                let mut __field_sent_at: ::core::option::Option<String> = ::core::option::Option::None;
                while let ::core::option::Option::Some(__index) = ::mandovi::__private::serde::de::MapAccess::next_key_seed(
                    &mut __members,
                    ::mandovi::__private::Names(__NAMES),
                )? {
                    match __index {
                        0usize => {
                            __field_message = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                        1usize => {
                            __field_length = ::mandovi::__private::serde::de::MapAccess::next_value(
                                &mut __members,
                            )?;
                        }
                        2usize => {
                            __field_sent_at = ::mandovi::__private::serde::de::MapAccess::next_value(
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
                ::core::result::Result::Ok(ChatSummary {
                    message: ::mandovi::__private::member(
                        "message",
                        __field_message,
                        <String as ::mandovi::__private::Value>::absent,
                    )?,
                    length: __field_length,
                    sent_at: ::mandovi::__private::member(
                        "sent_at",
                        __field_sent_at,
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
#[allow(non_upper_case_globals)]
const __RULES_ChatSummary_sent_at: ::mandovi::__private::Rules<'static> = ::mandovi::__private::Rules {
    format: ::core::option::Option::Some(::mandovi::__private::Format::DateTime),
    ..::mandovi::__private::Rules::NONE
};
#[automatically_derived]
impl ::mandovi::__private::Value for ChatSummary {
    const MEMBERS: &'static [::mandovi::__private::Member] = &[
        ::mandovi::__private::Member {
            name: "message",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
        ::mandovi::__private::Member {
            name: "length",
            scalar: <Option<u64> as ::mandovi::__private::Value>::SCALAR,
        },
        ::mandovi::__private::Member {
            name: "sent_at",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
    ];
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "ChatSummary",
                ::core::any::type_name::<Self>(),
                |__types| {
                    let mut __message = ::mandovi::model::Message::new(
                        "A message as the chat remembers it.",
                    );
                    {
                        let __schema = <String as ::mandovi::__private::Value>::schema(
                            __types,
                        );
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            1u32,
                            "message",
                            "What was said.",
                            __schema,
                        );
                    }
                    {
                        let __schema = <Option<
                            u64,
                        > as ::mandovi::__private::Value>::schema(__types);
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            2u32,
                            "length",
                            "Its length in bytes.",
                            __schema,
                        );
                    }
                    {
                        let __schema = <String as ::mandovi::__private::Value>::schema(
                                __types,
                            )
                            .with_format(::mandovi::model::Format::DateTime);
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            3u32,
                            "sent_at",
                            "When it was said, RFC 3339.",
                            __schema,
                        );
                        __field.rules = __RULES_ChatSummary_sent_at.model();
                    }
                    let mut __view = ::mandovi::model::View::new("tiny");
                    let __field = ::mandovi::model::ViewField::new("message");
                    __view.fields.push(__field);
                    __message.views.push(__view);
                    let _ = __types;
                    ::mandovi::model::Definition::Message(__message)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        <String as ::mandovi::__private::Value>::validate_member(
            &self.message,
            "message",
            __at,
        );
        <Option<
            u64,
        > as ::mandovi::__private::Value>::validate_member(&self.length, "length", __at);
        <String as ::mandovi::__private::Ruled>::validate_ruled(
            &self.sent_at,
            "sent_at",
            &__RULES_ChatSummary_sent_at,
            __at,
        );
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
                    "ChatSummary",
                    __count,
                )?;
                ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
                    &mut __object,
                    "message",
                    &self.message,
                )?;
                ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
            }
            _ => ::mandovi::__private::serde::Serialize::serialize(self, __serializer),
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for ChatSummary {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for ChatSummary {}
///A [`ChatSummary`] in its view `tiny`.
#[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
pub struct ChatSummaryTiny {
    ///What was said.
    pub message: String,
}
#[automatically_derived]
impl ::core::fmt::Debug for ChatSummaryTiny {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct("ChatSummaryTiny").field("message", &self.message).finish()
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for ChatSummaryTiny {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        let __count = 1usize;
        let mut __object = ::mandovi::__private::serde::Serializer::serialize_struct(
            __serializer,
            "ChatSummaryTiny",
            __count,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::serialize_field(
            &mut __object,
            "message",
            &self.message,
        )?;
        ::mandovi::__private::serde::ser::SerializeStruct::end(__object)
    }
}
#[automatically_derived]
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for ChatSummaryTiny {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        const __NAMES: &[&str] = &["message"];
        struct __Visitor;
        impl<'de> ::mandovi::__private::serde::de::Visitor<'de> for __Visitor {
            type Value = ChatSummaryTiny;
            fn expecting(
                &self,
                __f: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                __f.write_str("an object")
            }
            fn visit_map<__A: ::mandovi::__private::serde::de::MapAccess<'de>>(
                self,
                mut __members: __A,
            ) -> ::core::result::Result<ChatSummaryTiny, __A::Error> {
                let mut __field_message: ::core::option::Option<String> = ::core::option::Option::None;
                while let ::core::option::Option::Some(__index) = ::mandovi::__private::serde::de::MapAccess::next_key_seed(
                    &mut __members,
                    ::mandovi::__private::Names(__NAMES),
                )? {
                    match __index {
                        0usize => {
                            __field_message = ::mandovi::__private::serde::de::MapAccess::next_value(
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
                ::core::result::Result::Ok(ChatSummaryTiny {
                    message: ::mandovi::__private::member(
                        "message",
                        __field_message,
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
impl ::mandovi::__private::Value for ChatSummaryTiny {
    const MEMBERS: &'static [::mandovi::__private::Member] = &[
        ::mandovi::__private::Member {
            name: "message",
            scalar: <String as ::mandovi::__private::Value>::SCALAR,
        },
    ];
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "ChatSummaryTiny",
                ::core::any::type_name::<Self>(),
                |__types| {
                    let mut __message = ::mandovi::model::Message::new(
                        "A [`ChatSummary`] in its view `tiny`.",
                    );
                    {
                        let __schema = <String as ::mandovi::__private::Value>::schema(
                            __types,
                        );
                        #[allow(unused_variables)]
                        let __field = ::mandovi::__private::describe::field(
                            &mut __message,
                            1u32,
                            "message",
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
            &self.message,
            "message",
            __at,
        );
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for ChatSummaryTiny {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for ChatSummaryTiny {}
#[automatically_derived]
impl ::mandovi::__private::InView<1u8> for ChatSummary {
    type Projection = ChatSummaryTiny;
}
///The views of a [`ChatSummary`].
#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::default::Default,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub enum ChatSummaryView {
    ///Every field.
    #[default]
    Default,
    ///Only `message`.
    Tiny,
}
#[automatically_derived]
impl ::mandovi::__private::ViewName for ChatSummaryView {
    fn id(self) -> ::mandovi::__private::ViewId {
        match self {
            ChatSummaryView::Default => ::mandovi::__private::ViewId::new(0u8),
            ChatSummaryView::Tiny => ::mandovi::__private::ViewId::new(1u8),
        }
    }
    fn of(__id: ::mandovi::__private::ViewId) -> ::core::option::Option<Self> {
        Self::ALL.get(::core::primitive::usize::from(__id.as_u8())).copied()
    }
    fn as_str(self) -> &'static ::core::primitive::str {
        ChatSummaryView::as_str(self)
    }
}
impl ChatSummaryView {
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
impl ::core::fmt::Display for ChatSummaryView {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.pad(Self::as_str(*self))
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for ChatSummaryView {
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
impl<'de> ::mandovi::__private::serde::Deserialize<'de> for ChatSummaryView {
    fn deserialize<__D: ::mandovi::__private::serde::Deserializer<'de>>(
        __deserializer: __D,
    ) -> ::core::result::Result<Self, __D::Error> {
        ::mandovi::__private::deserialize_name(__deserializer, Self::__of_name)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for ChatSummaryView {
    const SCALAR: ::core::option::Option<::mandovi::__private::Scalar> = ::core::option::Option::Some(
        ::mandovi::__private::Scalar::Text,
    );
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        __types
            .define(
                "ChatSummaryView",
                ::core::any::type_name::<Self>(),
                |_| {
                    let mut __enumeration = ::mandovi::model::Enumeration::new(
                        "The views of a [`ChatSummary`].",
                    );
                    __enumeration
                        .values
                        .push(
                            ::mandovi::model::EnumValue::new("default", "Every field."),
                        );
                    __enumeration
                        .values
                        .push(
                            ::mandovi::model::EnumValue::new("tiny", "Only `message`."),
                        );
                    ::mandovi::model::Definition::Enumeration(__enumeration)
                },
            )
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for ChatSummaryView {}
#[automatically_derived]
impl ::mandovi::__private::MapKey for ChatSummaryView {}
#[automatically_derived]
impl ::core::str::FromStr for ChatSummaryView {
    type Err = ::mandovi::__private::Expected;
    fn from_str(
        __text: &::core::primitive::str,
    ) -> ::core::result::Result<Self, Self::Err> {
        <Self as ::mandovi::__private::Parameter>::parse(__text)
    }
}
#[automatically_derived]
impl ::mandovi::__private::Parameter for ChatSummaryView {
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
///A [`ChatSummary`] in the view in which it was sent.
#[derive(::core::clone::Clone, ::core::fmt::Debug, ::core::cmp::PartialEq)]
pub enum ChatSummaryViewed {
    /// Whole.
    Default(ChatSummary),
    ///In the view `tiny`.
    Tiny(ChatSummaryTiny),
}
impl ChatSummaryViewed {
    /// The view in which it was sent.
    pub const fn view(&self) -> ChatSummaryView {
        match self {
            ChatSummaryViewed::Default(_) => ChatSummaryView::Default,
            ChatSummaryViewed::Tiny(_) => ChatSummaryView::Tiny,
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::serde::Serialize for ChatSummaryViewed {
    fn serialize<__S: ::mandovi::__private::serde::Serializer>(
        &self,
        __serializer: __S,
    ) -> ::core::result::Result<__S::Ok, __S::Error> {
        match self {
            ChatSummaryViewed::Default(__value) => {
                ::mandovi::__private::serde::Serialize::serialize(__value, __serializer)
            }
            ChatSummaryViewed::Tiny(__value) => {
                ::mandovi::__private::serde::Serialize::serialize(__value, __serializer)
            }
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::Item for ChatSummaryViewed {
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
            ChatSummaryViewed::Default(__value) => {
                ::mandovi::__private::Item::encode(
                    __value,
                    ::mandovi::__private::ViewId::DEFAULT,
                    __out,
                )
            }
            ChatSummaryViewed::Tiny(__value) => {
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
                <ChatSummaryTiny as ::mandovi::__private::Item>::decode(
                        ::mandovi::__private::ViewId::DEFAULT,
                        __message,
                    )
                    .map(ChatSummaryViewed::Tiny)
            }
            _ => {
                <ChatSummary as ::mandovi::__private::Item>::decode(
                        ::mandovi::__private::ViewId::DEFAULT,
                        __message,
                    )
                    .map(ChatSummaryViewed::Default)
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
        <ChatSummary as ::mandovi::__private::Value>::schema(__types)
    }
}
#[automatically_derived]
impl ::mandovi::__private::NamedViews for ChatSummary {
    const OF: &'static ::core::primitive::str = "ChatSummary";
    const NAMES: &'static [&'static ::core::primitive::str] = &["default", "tiny"];
}
#[automatically_derived]
impl ::mandovi::__private::Views for ChatSummary {
    type View = ChatSummaryView;
    type Viewed = ChatSummaryViewed;
    fn decode_list(
        __view: ::mandovi::__private::ViewId,
        __message: ::mandovi::__private::MessageRef<'_>,
    ) -> ::core::result::Result<
        ::std::vec::Vec<ChatSummaryViewed>,
        ::mandovi::__private::Invalid,
    > {
        match __view.as_u8() {
            1u8 => {
                ::mandovi::__private::decode_list::<
                    ChatSummaryTiny,
                    _,
                >(__message, ChatSummaryViewed::Tiny)
            }
            _ => {
                ::mandovi::__private::decode_list::<
                    ChatSummary,
                    _,
                >(__message, ChatSummaryViewed::Default)
            }
        }
    }
}
#[automatically_derived]
impl ::mandovi::__private::InView<0u8> for ChatSummary {
    type Projection = ChatSummary;
}
#[derive(
    ::core::clone::Clone,
    ::core::marker::Copy,
    ::core::fmt::Debug,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash
)]
/// What happened to a message.
pub enum Action {
    /// It was said.
    Added,
}
impl Action {
    /// Every value in the order of the design.
    pub const ALL: &'static [Self] = &[Self::Added];
    /// The name on the wire.
    pub const fn as_str(self) -> &'static ::core::primitive::str {
        match self {
            Self::Added => "added",
        }
    }
    fn __of_name(name: &::core::primitive::str) -> ::core::option::Option<Self> {
        match name {
            "added" => ::core::option::Option::Some(Self::Added),
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
                        "What happened to a message.",
                    );
                    __enumeration
                        .values
                        .push(::mandovi::model::EnumValue::new("added", "It was said."));
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
        Self::__of_name(__text).ok_or(::mandovi::__private::Expected::OneOf(&["added"]))
    }
    fn render(&self) -> ::std::string::String {
        ::core::convert::From::from(Self::as_str(*self))
    }
    fn schema(__types: &mut ::mandovi::model::Types) -> ::mandovi::model::Schema {
        <Self as ::mandovi::__private::Value>::schema(__types)
    }
}
#[derive(::core::fmt::Debug)]
pub enum ChatError {
    /// Credentials are invalid.
    Unauthorized(String),
    /// The token lacks a scope.
    InvalidScopes(String),
    /// Too many messages; come back later.
    SlowDown { after: Duration },
}
#[automatically_derived]
impl ::core::fmt::Display for ChatError {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        match self {
            Self::Unauthorized(__text) if !__text.is_empty() => __f.write_str(__text),
            Self::Unauthorized(_) => __f.write_str("Credentials are invalid"),
            Self::InvalidScopes(__text) if !__text.is_empty() => __f.write_str(__text),
            Self::InvalidScopes(_) => __f.write_str("The token lacks a scope"),
            Self::SlowDown { .. } => __f.write_str("Too many messages; come back later"),
        }
    }
}
#[automatically_derived]
impl ::core::error::Error for ChatError {}
#[automatically_derived]
impl ::mandovi::__private::DeclaredError for ChatError {
    const NAMES: ::mandovi::__private::ErrorNames = ::mandovi::__private::ErrorNames {
        own: &["unauthorized", "invalid-scopes", "slow_down"],
        included: &[],
    };
    fn cases(
        __types: &mut ::mandovi::model::Types,
    ) -> ::std::vec::Vec<::mandovi::model::ErrorCase> {
        let _ = &__types;
        ::std::vec![
            { let mut __case = ::mandovi::model::ErrorCase::new("unauthorized", 401u16);
            __case.class = ::mandovi::model::ErrorClass::FINAL; __case.description =
            "Credentials are invalid.".into(); __case.schema =
            ::core::option::Option::Some(::mandovi::model::Schema::string()); __case
            .retry_after = false; __case }, { let mut __case =
            ::mandovi::model::ErrorCase::new("invalid-scopes", 403u16); __case.class =
            ::mandovi::model::ErrorClass::FINAL; __case.description =
            "The token lacks a scope.".into(); __case.schema =
            ::core::option::Option::Some(::mandovi::model::Schema::string()); __case
            .retry_after = false; __case }, { let mut __case =
            ::mandovi::model::ErrorCase::new("slow_down", 429u16); __case.class =
            ::mandovi::model::ErrorClass::FINAL.exhausted(); __case.description =
            "Too many messages; come back later.".into(); __case.schema =
            ::core::option::Option::Some(__types.define("ChatErrorSlowDown",
            ::core::concat!(::core::module_path!(), "::", ::core::stringify!(ChatError),
            "::", "SlowDown"), | __types | { let _ = & __types; let mut __message =
            ::mandovi::model::Message::new("Too many messages; come back later."); let
            mut __field = ::mandovi::model::Field::new(1u32, "retry_after_ms", <
            ::core::primitive::u64 as ::mandovi::__private::Value > ::schema(__types));
            __field.description = "".into(); __message.fields.push(__field);
            ::mandovi::model::Definition::Message(__message) },)); __case.retry_after =
            true; __case }
        ]
    }
    fn name(&self) -> &'static ::core::primitive::str {
        match self {
            Self::Unauthorized { .. } => "unauthorized",
            Self::InvalidScopes { .. } => "invalid-scopes",
            Self::SlowDown { .. } => "slow_down",
        }
    }
    fn status(&self) -> ::core::primitive::u16 {
        match self {
            Self::Unauthorized { .. } => 401u16,
            Self::InvalidScopes { .. } => 403u16,
            Self::SlowDown { .. } => 429u16,
        }
    }
    fn class(&self) -> ::mandovi::model::ErrorClass {
        match self {
            Self::Unauthorized { .. } => ::mandovi::model::ErrorClass::FINAL,
            Self::InvalidScopes { .. } => ::mandovi::model::ErrorClass::FINAL,
            Self::SlowDown { .. } => ::mandovi::model::ErrorClass::FINAL.exhausted(),
        }
    }
    fn retry_after(&self) -> ::core::option::Option<::core::time::Duration> {
        match self {
            Self::Unauthorized { .. } => ::core::option::Option::None,
            Self::InvalidScopes { .. } => ::core::option::Option::None,
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
            Self::Unauthorized(__value) => ::mandovi::__private::encode_value(__value),
            Self::InvalidScopes(__value) => ::mandovi::__private::encode_value(__value),
            Self::SlowDown { after: __field_after } => {
                ::core::result::Result::Ok(
                    ::mandovi::__private::Body::new()
                        .retry_after(::core::option::Option::Some(*__field_after))
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
                    401u16 => "unauthorized",
                    403u16 => "invalid-scopes",
                    429u16 => "slow_down",
                    _ => return ::core::option::Option::None,
                }
            }
        };
        match __name {
            "unauthorized" => {
                return ::mandovi::__private::decode_value(__body).map(Self::Unauthorized);
            }
            "invalid-scopes" => {
                return ::mandovi::__private::decode_value(__body)
                    .map(Self::InvalidScopes);
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
        let _ = &__message;
        ::core::option::Option::Some(Self::Unauthorized(__message))
    }
    fn forbidden(__message: ::std::string::String) -> ::core::option::Option<Self> {
        let _ = &__message;
        ::core::option::Option::Some(Self::InvalidScopes(__message))
    }
}
/// A chat.
pub trait Chatter: ::core::marker::Send + ::core::marker::Sync + 'static {
    /// Exchanges a user name and a password for a token.
    fn login(
        &self,
        who: Auth<User>,
    ) -> impl ::core::future::Future<
        Output = Outcome<String, ChatError>,
    > + ::core::marker::Send;
    /// Echoes every message: bidirectional, because it takes both halves.
    fn echoer(
        &self,
        caller: Auth<Caller>,
        input: Receiver<String>,
        output: Sender<String>,
    ) -> impl ::core::future::Future<
        Output = Outcome<(), ChatError>,
    > + ::core::marker::Send;
    /// Listens, then answers once: client streaming with a result.
    fn summary(
        &self,
        caller: Auth<Caller>,
        input: Receiver<String>,
    ) -> impl ::core::future::Future<
        Output = Outcome<Vec<ChatSummary>, ChatError>,
    > + ::core::marker::Send;
    /// What was said before, in the view that the caller asks for.
    fn history(
        &self,
        caller: Auth<Caller>,
        view: Option<ChatSummaryView>,
        output: Sender<ChatSummary>,
    ) -> impl ::core::future::Future<
        Output = Outcome<(), ChatError>,
    > + ::core::marker::Send;
    /// What is said in one room, unless there is none.
    fn room(
        &self,
        cx: Context,
        room: String,
        opening: Opening<(Receiver<String>, Sender<String>)>,
    ) -> impl ::core::future::Future<Output = Outcome<()>> + ::core::marker::Send;
}
///The design of [`Chatter`], as data.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct ChatterDesign;
impl ChatterDesign {
    /// The design as plain data, from which documents and clients are made.
    pub fn model() -> ::mandovi::model::Service {
        #[allow(unused_mut)]
        let mut __types = ::mandovi::model::Types::new();
        let mut __service = ::mandovi::model::Service::new("Chatter");
        __service.description = "A chat.".into();
        {
            #[allow(unused_mut)]
            let mut __scheme = ::mandovi::model::Scheme::new(
                "basic",
                <Basic<
                    User,
                > as ::mandovi::__private::Scheme>::model(
                    &::mandovi::__private::Source::new("basic"),
                ),
            );
            __service.schemes.push(__scheme);
        }
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
            __service.schemes.push(__scheme);
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "login",
                ::mandovi::model::Verb::Post,
                "/login",
                "Exchanges a user name and a password for a token.",
            );
            ::mandovi::__private::describe::set(
                &mut __method.result,
                <String as ::mandovi::__private::Value>::schema(&mut __types),
            );
            ::mandovi::__private::describe::security(__method, "basic", &[]);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "echoer",
                ::mandovi::model::Verb::Get,
                "/echoer",
                "Echoes every message: bidirectional, because it takes both halves.",
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
            ::mandovi::__private::describe::security(__method, "jwt", &["stream:write"]);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "summary",
                ::mandovi::model::Verb::Get,
                "/summary",
                "Listens, then answers once: client streaming with a result.",
            );
            ::mandovi::__private::describe::set(
                &mut __method.result,
                <Vec<ChatSummary> as ::mandovi::__private::Value>::schema(&mut __types),
            );
            ::mandovi::__private::describe::set(
                &mut __method.streaming.input,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            ::mandovi::__private::describe::security(__method, "jwt", &["stream:write"]);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "history",
                ::mandovi::model::Verb::Get,
                "/history",
                "What was said before, in the view that the caller asks for.",
            );
            let __schema = <ChatSummaryView as ::mandovi::__private::Parameter>::schema(
                &mut __types,
            );
            let __parameter = ::mandovi::__private::describe::parameter(
                __method,
                "view",
                ::mandovi::model::Location::Query,
                "",
                __schema,
            );
            __parameter.required = false;
            __parameter.many = false;
            __parameter.selects_view = true;
            ::mandovi::__private::describe::set(
                &mut __method.streaming.output,
                <ChatSummary as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <ChatSummary as ::mandovi::__private::Item>::RAW;
            ::mandovi::__private::describe::security(__method, "jwt", &["stream:read"]);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
        }
        {
            #[allow(unused_variables)]
            let __method = ::mandovi::__private::describe::method(
                &mut __service,
                "room",
                ::mandovi::model::Verb::Get,
                "/rooms/{room}",
                "What is said in one room, unless there is none.",
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
                &mut __method.streaming.input,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            ::mandovi::__private::describe::set(
                &mut __method.streaming.output,
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            __method.streaming.opening = true;
        }
        __service.types = __types;
        ::mandovi::__private::assert_model(&__service);
        __service
    }
}
#[automatically_derived]
impl ::mandovi::Design for ChatterDesign {
    fn model() -> ::mandovi::model::Service {
        Self::model()
    }
}
/**Serves an implementation of [`Chatter`].

It becomes a router once every scheme has its verifier: `basic`, `jwt`.*/
pub struct ChatterServer<
    S,
    BasicScheme = ::mandovi::__private::Missing,
    JwtScheme = ::mandovi::__private::Missing,
> {
    service: ::std::sync::Arc<S>,
    serving: ::mandovi::__private::Serving,
    basic: BasicScheme,
    jwt: JwtScheme,
}
impl<S: Chatter> ChatterServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            serving: ::core::default::Default::default(),
            basic: ::mandovi::__private::Missing,
            jwt: ::mandovi::__private::Missing,
        }
    }
}
impl<S, BasicScheme, JwtScheme> ChatterServer<S, BasicScheme, JwtScheme> {
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
        self.serving.documents(ChatterDesign::model);
        self
    }
    ///Verifies the callers of methods with `auth = basic`.
    pub fn basic(
        self,
        verifier: impl ::mandovi::Verifier<Basic<User>>,
    ) -> ChatterServer<S, ::mandovi::__private::Verifies<Basic<User>>, JwtScheme> {
        ChatterServer {
            service: self.service,
            serving: self.serving,
            basic: ::mandovi::__private::Verifies::new(verifier),
            jwt: self.jwt,
        }
    }
    ///Verifies the callers of methods with `auth = jwt`.
    pub fn jwt(
        self,
        verifier: impl ::mandovi::Verifier<Jwt<Caller>>,
    ) -> ChatterServer<S, BasicScheme, ::mandovi::__private::Verifies<Jwt<Caller>>> {
        ChatterServer {
            service: self.service,
            serving: self.serving,
            jwt: ::mandovi::__private::Verifies::new(verifier),
            basic: self.basic,
        }
    }
    /// An axum router with a route for every method.
    pub fn into_router(self) -> ::mandovi::axum::Router
    where
        S: Chatter,
        BasicScheme: ::mandovi::__private::Provided<Basic<User>>,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
    {
        self.__routes().into_router()
    }
    /// A tower service that answers every method.
    pub fn into_service(self) -> ::mandovi::server::Service
    where
        S: Chatter,
        BasicScheme: ::mandovi::__private::Provided<Basic<User>>,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
    {
        self.__routes().into_service()
    }
    fn __routes(self) -> ::mandovi::__private::Routes
    where
        S: Chatter,
        BasicScheme: ::mandovi::__private::Provided<Basic<User>>,
        JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
    {
        let mut __routes = self.serving.routes("Chatter");
        let __service = self.service;
        let __scheme_basic = ::mandovi::__private::Provided::verifies(self.basic);
        let __scheme_jwt = ::mandovi::__private::Provided::verifies(self.jwt);
        let _ = (&mut __routes, &__service, &__scheme_basic, &__scheme_jwt);
        {
            #[allow(unused_mut, deprecated)]
            async fn __glue<__S: Chatter>(
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
                __call.verify::<ChatError>(&__guard, __credentials, &[]).await?;
                let who: Auth<User> = __call.caller()?;
                let __outcome = __call
                    .around::<
                        ChatError,
                        String,
                        _,
                        _,
                        _,
                    >(
                        (),
                        move |()| async move {
                            <__S as Chatter>::login(&*__service, who).await
                        },
                    )
                    .await;
                __call.unary::<ChatError, String>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __guard = ::mandovi::__private::Guard::new([
                ::mandovi::__private::alternative::<
                    Basic<User>,
                    User,
                >(&__scheme_basic, ::mandovi::__private::Source::new("basic")),
            ]);
            __routes
                .add(
                    "login",
                    ::mandovi::model::Verb::Post,
                    "/login",
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
            async fn __glue<__S: Chatter>(
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
                __call
                    .verify::<ChatError>(&__guard, __credentials, &["stream:write"])
                    .await?;
                let caller: Auth<Caller> = __call.caller()?;
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
                        ChatError,
                        _,
                        _,
                        _,
                    >(
                        __spec,
                        move |__wire| async move {
                            let input: Receiver<String> = __wire.receiver::<String>();
                            let output: Sender<String> = __wire.sender::<String>();
                            ::core::mem::drop(__wire);
                            <__S as Chatter>::echoer(&*__service, caller, input, output)
                                .await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __guard = ::mandovi::__private::Guard::new([
                ::mandovi::__private::alternative::<
                    Jwt<Caller>,
                    Caller,
                >(&__scheme_jwt, ::mandovi::__private::Source::new("jwt")),
            ]);
            __routes
                .add(
                    "echoer",
                    ::mandovi::model::Verb::Get,
                    "/echoer",
                    ::mandovi::__private::RouteKind::Stream,
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
            async fn __glue<__S: Chatter>(
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
                __call
                    .verify::<ChatError>(&__guard, __credentials, &["stream:write"])
                    .await?;
                let caller: Auth<Caller> = __call.caller()?;
                const _: fn() = ::mandovi::__private::assert_not_null::<String>;
                let __spec = ::mandovi::__private::StreamSpec {
                    accept: ::mandovi::__private::Accept::AtOnce,
                    view: ::core::option::Option::None,
                    fixed_view: ::mandovi::__private::ViewId::DEFAULT,
                };
                __call
                    .stream::<
                        ChatError,
                        _,
                        _,
                        _,
                    >(
                        __spec,
                        move |__wire| async move {
                            let input: Receiver<String> = __wire.receiver::<String>();
                            ::core::mem::drop(__wire);
                            <__S as Chatter>::summary(&*__service, caller, input).await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __guard = ::mandovi::__private::Guard::new([
                ::mandovi::__private::alternative::<
                    Jwt<Caller>,
                    Caller,
                >(&__scheme_jwt, ::mandovi::__private::Source::new("jwt")),
            ]);
            __routes
                .add(
                    "summary",
                    ::mandovi::model::Verb::Get,
                    "/summary",
                    ::mandovi::__private::RouteKind::Stream,
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
            async fn __glue<__S: Chatter>(
                __service: ::std::sync::Arc<__S>,
                __guard: ::mandovi::__private::Guard,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let view = __parameters
                    .optional::<
                        ChatSummaryView,
                    >(::mandovi::model::Location::Query, "view");
                let __credentials = __parameters.credentials(&__guard);
                __parameters.finish()?;
                let view: Option<ChatSummaryView> = view.get();
                let __credentials = __credentials.get();
                __call
                    .verify::<ChatError>(&__guard, __credentials, &["stream:read"])
                    .await?;
                let caller: Auth<Caller> = __call.caller()?;
                let __spec = ::mandovi::__private::StreamSpec {
                    accept: ::mandovi::__private::Accept::AtOnce,
                    view: {
                        let __view: <ChatSummary as ::mandovi::__private::Views>::View = ::core::option::Option::unwrap_or_default(
                            view,
                        );
                        ::core::option::Option::Some((
                            ::mandovi::__private::ViewName::id(__view),
                            ::mandovi::__private::ViewName::as_str(__view),
                        ))
                    },
                    fixed_view: ::mandovi::__private::ViewId::DEFAULT,
                };
                __call
                    .stream::<
                        ChatError,
                        _,
                        _,
                        _,
                    >(
                        __spec,
                        move |__wire| async move {
                            let output: Sender<ChatSummary> = __wire
                                .sender::<ChatSummary>();
                            ::core::mem::drop(__wire);
                            <__S as Chatter>::history(&*__service, caller, view, output)
                                .await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __guard = ::mandovi::__private::Guard::new([
                ::mandovi::__private::alternative::<
                    Jwt<Caller>,
                    Caller,
                >(&__scheme_jwt, ::mandovi::__private::Source::new("jwt")),
            ]);
            __routes
                .add(
                    "history",
                    ::mandovi::model::Verb::Get,
                    "/history",
                    ::mandovi::__private::RouteKind::of_output::<ChatSummary>(),
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
            async fn __glue<__S: Chatter>(
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
                const _: fn() = ::mandovi::__private::assert_not_null::<String>;
                #[allow(clippy::eq_op)]
                const _: () = ::core::assert!(
                    < String as ::mandovi::__private::Item > ::RAW == < String as
                    ::mandovi::__private::Item > ::RAW,
                    "one direction is raw and the other is not: use `Message` in both or in none"
                );
                let __spec = ::mandovi::__private::StreamSpec {
                    accept: ::mandovi::__private::Accept::ByHandler,
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
                            let cx: Context = __wire.context();
                            let opening: Opening<(Receiver<String>, Sender<String>)> = __wire
                                .opening::<(Receiver<String>, Sender<String>)>();
                            ::core::mem::drop(__wire);
                            <__S as Chatter>::room(&*__service, cx, room, opening).await
                        },
                    )
                    .await
            }
            let __service = ::std::sync::Arc::clone(&__service);
            __routes
                .add(
                    "room",
                    ::mandovi::model::Verb::Get,
                    "/rooms/{room}",
                    ::mandovi::__private::RouteKind::Stream,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(::std::sync::Arc::clone(&__service), __call)
                    },
                );
        }
        __routes
    }
}
#[automatically_derived]
impl<S, BasicScheme, JwtScheme> ::core::fmt::Debug
for ChatterServer<S, BasicScheme, JwtScheme> {
    fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __f.debug_struct(::core::stringify!(ChatterServer)).finish_non_exhaustive()
    }
}
#[automatically_derived]
impl<
    S: Chatter,
    BasicScheme: ::mandovi::__private::Provided<Basic<User>>,
    JwtScheme: ::mandovi::__private::Provided<Jwt<Caller>>,
> ::core::convert::From<ChatterServer<S, BasicScheme, JwtScheme>>
for ::mandovi::testing::InMemory {
    fn from(__server: ChatterServer<S, BasicScheme, JwtScheme>) -> Self {
        <Self as ::core::convert::From<
            ::mandovi::__private::Routes,
        >>::from(__server.__routes())
    }
}
/**Calls a [`Chatter`] over the network.

A chat.*/
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
pub struct ChatterClient {
    client: ::mandovi::client::Client,
}
#[automatically_derived]
impl ::mandovi::client::Connect for ChatterClient {
    fn from_client(client: ::mandovi::client::Client) -> Self {
        Self { client }
    }
}
#[allow(clippy::ptr_arg, clippy::too_many_arguments)]
impl ChatterClient {
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
    ///Exchanges a user name and a password for a token.
    pub async fn login(&self) -> ::mandovi::Outcome<String, ChatError> {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Chatter", "login", ::mandovi::model::Verb::Post, "/login");
        __call.credential::<Basic<User>>(::mandovi::__private::Source::new("basic"));
        __call.unary::<String, ChatError>().await
    }
    ///Echoes every message: bidirectional, because it takes both halves.
    pub async fn echoer(
        &self,
    ) -> ::mandovi::Outcome<
        (
            ::mandovi::Sender<String>,
            ::mandovi::Receiver<String, ::mandovi::Failure<ChatError>>,
        ),
        ChatError,
    > {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Chatter", "echoer", ::mandovi::model::Verb::Get, "/echoer");
        __call.credential::<Jwt<Caller>>(::mandovi::__private::Source::new("jwt"));
        __call.bidirectional::<String, String, ChatError>().await
    }
    ///Listens, then answers once: client streaming with a result.
    pub async fn summary(
        &self,
    ) -> ::mandovi::Outcome<
        (::mandovi::Sender<String>, ::mandovi::Reply<Vec<ChatSummary>, ChatError>),
        ChatError,
    > {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Chatter", "summary", ::mandovi::model::Verb::Get, "/summary");
        __call.credential::<Jwt<Caller>>(::mandovi::__private::Source::new("jwt"));
        __call.client_streaming::<String, Vec<ChatSummary>, ChatError>().await
    }
    ///What was said before, in the view that the caller asks for.
    pub async fn history(
        &self,
        view: ::core::option::Option<ChatSummaryView>,
    ) -> ::mandovi::Outcome<
        ::mandovi::Receiver<
            <ChatSummary as ::mandovi::__private::Views>::Viewed,
            ::mandovi::Failure<ChatError>,
        >,
        ChatError,
    > {
        #[allow(unused_mut)]
        let mut __call = self
            .client
            .call("Chatter", "history", ::mandovi::model::Verb::Get, "/history");
        __call
            .parameter_optional(
                ::mandovi::model::Location::Query,
                "view",
                view.as_ref(),
            );
        __call.credential::<Jwt<Caller>>(::mandovi::__private::Source::new("jwt"));
        __call
            .server_streaming_in::<
                <ChatSummary as ::mandovi::__private::Views>::Viewed,
                ChatError,
            >(
                <<ChatSummary as ::mandovi::__private::Views>::Viewed as ::mandovi::__private::Item>::view_named,
            )
            .await
    }
    ///What is said in one room, unless there is none.
    pub async fn room(
        &self,
        room: impl ::core::convert::Into<::std::string::String>,
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
            .call("Chatter", "room", ::mandovi::model::Verb::Get, "/rooms/{room}");
        __call
            .parameter::<String>(::mandovi::model::Location::Path, "room", &room.into());
        __call.bidirectional::<String, String, ::mandovi::NoError>().await
    }
}
