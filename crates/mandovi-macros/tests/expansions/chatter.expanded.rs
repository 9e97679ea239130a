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
                    message: ::mandovi::__private::member("message", __field_message)?,
                    length: __field_length,
                    sent_at: ::mandovi::__private::member("sent_at", __field_sent_at)?,
                })
            }
        }
        ::mandovi::__private::serde::Deserializer::deserialize_struct(
            __deserializer,
            "ChatSummary",
            __NAMES,
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
                        let mut __field = ::mandovi::model::Field::new(
                            1u32,
                            "message",
                            <String as ::mandovi::__private::Value>::schema(__types),
                        );
                        __field.description = "What was said.".into();
                        __message.fields.push(__field);
                    }
                    {
                        let mut __field = ::mandovi::model::Field::new(
                            2u32,
                            "length",
                            <Option<u64> as ::mandovi::__private::Value>::schema(__types),
                        );
                        __field.description = "Its length in bytes.".into();
                        __message.fields.push(__field);
                    }
                    {
                        let mut __field = ::mandovi::model::Field::new(
                            3u32,
                            "sent_at",
                            <String as ::mandovi::__private::Value>::schema(__types)
                                .with_format(::mandovi::model::Format::DateTime),
                        );
                        __field.description = "When it was said, RFC 3339.".into();
                        __field.rules = __RULES_ChatSummary_sent_at.model();
                        __message.fields.push(__field);
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
        __at.field("message", &self.message);
        __at.field("length", &self.length);
        __at.ruled_field("sent_at", &self.sent_at, &__RULES_ChatSummary_sent_at);
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
                    message: ::mandovi::__private::member("message", __field_message)?,
                })
            }
        }
        ::mandovi::__private::serde::Deserializer::deserialize_struct(
            __deserializer,
            "ChatSummaryTiny",
            __NAMES,
            __Visitor,
        )
    }
}
#[automatically_derived]
impl ::mandovi::__private::Value for ChatSummaryTiny {
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
                        let mut __field = ::mandovi::model::Field::new(
                            1u32,
                            "message",
                            <String as ::mandovi::__private::Value>::schema(__types),
                        );
                        __field.description = "What was said.".into();
                        __message.fields.push(__field);
                    }
                    let _ = __types;
                    ::mandovi::model::Definition::Message(__message)
                },
            )
    }
    fn validate(&self, __at: &mut ::mandovi::__private::Validator) {
        __at.field("message", &self.message);
    }
}
#[automatically_derived]
impl ::mandovi::__private::NotNull for ChatSummaryTiny {}
#[automatically_derived]
impl ::mandovi::__private::Flatten for ChatSummaryTiny {}
#[automatically_derived]
impl ::mandovi::__private::InView<{ ::mandovi::__private::view_key("tiny") }>
for ChatSummary {
    const ID: ::mandovi::__private::ViewId = ::mandovi::__private::ViewId::new(1u8);
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
impl ::mandovi::__private::InView<{ ::mandovi::__private::view_key("default") }>
for ChatSummary {
    const ID: ::mandovi::__private::ViewId = ::mandovi::__private::ViewId::new(0u8);
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
                ::mandovi::__private::decode_value(__body).map(Self::Unauthorized)
            }
            "invalid-scopes" => {
                ::mandovi::__private::decode_value(__body).map(Self::InvalidScopes)
            }
            "slow_down" => {
                #[allow(unused_mut)]
                let mut __received = ::mandovi::__private::Received::new(
                    __body,
                    __retry_after,
                )?;
                ::core::option::Option::Some(Self::SlowDown {
                    after: __received.retry_after()?,
                })
            }
            _ => ::core::option::Option::None,
        }
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
        __service
            .schemes
            .push(
                ::mandovi::model::Scheme::new(
                    "basic",
                    ::mandovi::model::SchemeKind::Basic,
                ),
            );
        __service
            .schemes
            .push(
                ::mandovi::model::Scheme::new("jwt", ::mandovi::model::SchemeKind::Jwt),
            );
        {
            let mut __method = ::mandovi::model::Method::new(
                "login",
                ::mandovi::model::Verb::Post,
                "/login",
            );
            __method.description = "Exchanges a user name and a password for a token."
                .into();
            __method.result = ::core::option::Option::Some(
                <String as ::mandovi::__private::Value>::schema(&mut __types),
            );
            let mut __security = ::mandovi::model::Security::new("basic");
            __security.scopes = ::std::vec![];
            __method.security.push(__security);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
            __service.methods.push(__method);
        }
        {
            let mut __method = ::mandovi::model::Method::new(
                "echoer",
                ::mandovi::model::Verb::Get,
                "/echoer",
            );
            __method.description = "Echoes every message: bidirectional, because it takes both halves."
                .into();
            __method.streaming.input = ::core::option::Option::Some(
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.output = ::core::option::Option::Some(
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            let mut __security = ::mandovi::model::Security::new("jwt");
            __security.scopes = ::std::vec!["stream:write".into()];
            __method.security.push(__security);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
            __service.methods.push(__method);
        }
        {
            let mut __method = ::mandovi::model::Method::new(
                "summary",
                ::mandovi::model::Verb::Get,
                "/summary",
            );
            __method.description = "Listens, then answers once: client streaming with a result."
                .into();
            __method.result = ::core::option::Option::Some(
                <Vec<ChatSummary> as ::mandovi::__private::Value>::schema(&mut __types),
            );
            __method.streaming.input = ::core::option::Option::Some(
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            let mut __security = ::mandovi::model::Security::new("jwt");
            __security.scopes = ::std::vec!["stream:write".into()];
            __method.security.push(__security);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
            __service.methods.push(__method);
        }
        {
            let mut __method = ::mandovi::model::Method::new(
                "history",
                ::mandovi::model::Verb::Get,
                "/history",
            );
            __method.description = "What was said before, in the view that the caller asks for."
                .into();
            let mut __parameter = ::mandovi::model::Parameter::new(
                "view",
                ::mandovi::model::Location::Query,
                <ChatSummaryView as ::mandovi::__private::Parameter>::schema(
                    &mut __types,
                ),
            );
            __parameter.description = "".into();
            __parameter.required = false;
            __parameter.many = false;
            __parameter.selects_view = true;
            __method.parameters.push(__parameter);
            __method.streaming.output = ::core::option::Option::Some(
                <ChatSummary as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <ChatSummary as ::mandovi::__private::Item>::RAW;
            let mut __security = ::mandovi::model::Security::new("jwt");
            __security.scopes = ::std::vec!["stream:read".into()];
            __method.security.push(__security);
            __method.errors = <ChatError as ::mandovi::__private::DeclaredError>::cases(
                &mut __types,
            );
            __service.methods.push(__method);
        }
        {
            let mut __method = ::mandovi::model::Method::new(
                "room",
                ::mandovi::model::Verb::Get,
                "/rooms/{room}",
            );
            __method.description = "What is said in one room, unless there is none."
                .into();
            let mut __parameter = ::mandovi::model::Parameter::new(
                "room",
                ::mandovi::model::Location::Path,
                <String as ::mandovi::__private::Parameter>::schema(&mut __types),
            );
            __parameter.description = "".into();
            __parameter.required = true;
            __parameter.many = false;
            __parameter.selects_view = false;
            __method.parameters.push(__parameter);
            __method.streaming.input = ::core::option::Option::Some(
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.output = ::core::option::Option::Some(
                <String as ::mandovi::__private::Item>::message_schema(&mut __types),
            );
            __method.streaming.raw = <String as ::mandovi::__private::Item>::RAW;
            __method.streaming.opening = true;
            __service.methods.push(__method);
        }
        __service.types = __types;
        ::mandovi::__private::assert_model(&__service);
        __service
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
    options: ::mandovi::server::Options,
    basic: BasicScheme,
    jwt: JwtScheme,
}
impl<S: Chatter> ChatterServer<S> {
    /// Serves this implementation with the standard options.
    pub fn new(service: S) -> Self {
        Self {
            service: ::std::sync::Arc::new(service),
            options: ::core::default::Default::default(),
            basic: ::mandovi::__private::Missing,
            jwt: ::mandovi::__private::Missing,
        }
    }
}
impl<S, BasicScheme, JwtScheme> ChatterServer<S, BasicScheme, JwtScheme> {
    /// Serves with other options.
    #[must_use]
    pub fn options(mut self, options: ::mandovi::server::Options) -> Self {
        self.options = options;
        self
    }
    ///Verifies the callers of methods with `auth = basic`.
    pub fn basic(
        self,
        verifier: impl ::mandovi::Verifier<Basic<User>>,
    ) -> ChatterServer<S, ::mandovi::__private::Verifies<Basic<User>>, JwtScheme> {
        ChatterServer {
            service: self.service,
            options: self.options,
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
            options: self.options,
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
        let mut __routes = ::mandovi::__private::Routes::new(self.options);
        let __service = self.service;
        let __scheme_basic = ::mandovi::__private::Provided::verifies(self.basic);
        let __scheme_jwt = ::mandovi::__private::Provided::verifies(self.jwt);
        let _ = (&mut __routes, &__service, &__scheme_basic, &__scheme_jwt);
        {
            #[allow(unused_mut)]
            async fn __glue<__S: Chatter>(
                __service: ::std::sync::Arc<__S>,
                __scheme: ::mandovi::__private::Verifies<Basic<User>>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let __credential = __parameters
                    .credential::<
                        Basic<User>,
                    >(::mandovi::__private::TokenSource {
                        query: ::core::option::Option::None,
                    });
                __parameters.finish()?;
                let __credential = __credential.get();
                let __caller = __call
                    .verify::<ChatError, Basic<User>>(&__scheme, __credential, &[])
                    .await?;
                let who: Auth<User> = __caller;
                let __outcome = <__S as Chatter>::login(&*__service, who).await;
                __call.unary::<ChatError, _>(__outcome)
            }
            let __service = ::std::sync::Arc::clone(&__service);
            let __scheme = ::core::clone::Clone::clone(&__scheme_basic);
            __routes
                .add(
                    ::mandovi::model::Verb::Post,
                    "/login",
                    ::mandovi::__private::RouteKind::Unary,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(
                            ::std::sync::Arc::clone(&__service),
                            ::core::clone::Clone::clone(&__scheme),
                            __call,
                        )
                    },
                );
        }
        {
            #[allow(unused_mut)]
            async fn __glue<__S: Chatter>(
                __service: ::std::sync::Arc<__S>,
                __scheme: ::mandovi::__private::Verifies<Jwt<Caller>>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let __credential = __parameters
                    .credential::<
                        Jwt<Caller>,
                    >(::mandovi::__private::TokenSource {
                        query: ::core::option::Option::None,
                    });
                __parameters.finish()?;
                let __credential = __credential.get();
                let __caller = __call
                    .verify::<
                        ChatError,
                        Jwt<Caller>,
                    >(&__scheme, __credential, &["stream:write"])
                    .await?;
                let caller: Auth<Caller> = __caller;
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
            let __scheme = ::core::clone::Clone::clone(&__scheme_jwt);
            __routes
                .add(
                    ::mandovi::model::Verb::Get,
                    "/echoer",
                    ::mandovi::__private::RouteKind::Stream,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(
                            ::std::sync::Arc::clone(&__service),
                            ::core::clone::Clone::clone(&__scheme),
                            __call,
                        )
                    },
                );
        }
        {
            #[allow(unused_mut)]
            async fn __glue<__S: Chatter>(
                __service: ::std::sync::Arc<__S>,
                __scheme: ::mandovi::__private::Verifies<Jwt<Caller>>,
                mut __call: ::mandovi::__private::Call,
            ) -> ::core::result::Result<
                ::mandovi::__private::Response,
                ::mandovi::__private::Refusal,
            > {
                let mut __parameters = __call.parameters();
                let __credential = __parameters
                    .credential::<
                        Jwt<Caller>,
                    >(::mandovi::__private::TokenSource {
                        query: ::core::option::Option::None,
                    });
                __parameters.finish()?;
                let __credential = __credential.get();
                let __caller = __call
                    .verify::<
                        ChatError,
                        Jwt<Caller>,
                    >(&__scheme, __credential, &["stream:write"])
                    .await?;
                let caller: Auth<Caller> = __caller;
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
            let __scheme = ::core::clone::Clone::clone(&__scheme_jwt);
            __routes
                .add(
                    ::mandovi::model::Verb::Get,
                    "/summary",
                    ::mandovi::__private::RouteKind::Stream,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(
                            ::std::sync::Arc::clone(&__service),
                            ::core::clone::Clone::clone(&__scheme),
                            __call,
                        )
                    },
                );
        }
        {
            #[allow(unused_mut)]
            async fn __glue<__S: Chatter>(
                __service: ::std::sync::Arc<__S>,
                __scheme: ::mandovi::__private::Verifies<Jwt<Caller>>,
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
                let __credential = __parameters
                    .credential::<
                        Jwt<Caller>,
                    >(::mandovi::__private::TokenSource {
                        query: ::core::option::Option::None,
                    });
                __parameters.finish()?;
                let view: Option<ChatSummaryView> = view.get();
                let __credential = __credential.get();
                let __caller = __call
                    .verify::<
                        ChatError,
                        Jwt<Caller>,
                    >(&__scheme, __credential, &["stream:read"])
                    .await?;
                let caller: Auth<Caller> = __caller;
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
            let __scheme = ::core::clone::Clone::clone(&__scheme_jwt);
            __routes
                .add(
                    ::mandovi::model::Verb::Get,
                    "/history",
                    ::mandovi::__private::RouteKind::Stream,
                    move |__call: ::mandovi::__private::Call| {
                        __glue(
                            ::std::sync::Arc::clone(&__service),
                            ::core::clone::Clone::clone(&__scheme),
                            __call,
                        )
                    },
                );
        }
        {
            #[allow(unused_mut)]
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
#[allow(clippy::too_many_arguments)]
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
        let mut __call = self.client.call(::mandovi::model::Verb::Post, "/login");
        __call
            .credential(
                ::mandovi::__private::CredentialKind::Basic,
                ::mandovi::__private::TokenSource {
                    query: ::core::option::Option::None,
                },
            );
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
        let mut __call = self.client.call(::mandovi::model::Verb::Get, "/echoer");
        __call
            .credential(
                ::mandovi::__private::CredentialKind::Bearer,
                ::mandovi::__private::TokenSource {
                    query: ::core::option::Option::None,
                },
            );
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
        let mut __call = self.client.call(::mandovi::model::Verb::Get, "/summary");
        __call
            .credential(
                ::mandovi::__private::CredentialKind::Bearer,
                ::mandovi::__private::TokenSource {
                    query: ::core::option::Option::None,
                },
            );
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
        let mut __call = self.client.call(::mandovi::model::Verb::Get, "/history");
        __call
            .parameter_optional(
                ::mandovi::model::Location::Query,
                "view",
                view.as_ref(),
            );
        __call
            .credential(
                ::mandovi::__private::CredentialKind::Bearer,
                ::mandovi::__private::TokenSource {
                    query: ::core::option::Option::None,
                },
            );
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
        let mut __call = self.client.call(::mandovi::model::Verb::Get, "/rooms/{room}");
        __call
            .parameter::<String>(::mandovi::model::Location::Path, "room", &room.into());
        __call.bidirectional::<String, String, ::mandovi::NoError>().await
    }
}
