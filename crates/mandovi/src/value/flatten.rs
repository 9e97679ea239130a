//! Messages whose members stand beside those of the message that holds them.
//!
//! Written for messages that flatten and paid by no others: their members are read into a tree before they find their types.

use std::collections::HashSet;

use mandovi_model::{Definition, Field, Message, Schema, Types, View, ViewField};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error},
    ser::{Impossible, SerializeMap, SerializeStruct},
};
use serde_json::{Map, Value as Json};

use super::Value;

/// A message: an object with named members, which others may flatten.
#[diagnostic::on_unimplemented(
    message = "the members of `{Self}` cannot stand beside others",
    label = "not a message",
    note = "only a struct with named fields and `#[message]` is flattened"
)]
pub trait Flatten: Value {}

/// The fields of a schema that refers to a message.
fn message_of<'a>(schema: &Schema, types: &'a Types) -> Option<&'a Message> {
    let Schema::Named { name } = schema else { return None };
    match types.get(name)? {
        Definition::Message(message) => Some(message),
        _ => None,
    }
}

/// Adds the members of a flattened message to the model of the message around it.
pub fn flatten<T: Flatten>(message: &mut Message, types: &mut Types) {
    let schema = T::schema(types);
    if let Some(flattened) = message_of(&schema, types) {
        message.fields.extend(flattened.fields.iter().cloned());
        message.event_id = message.event_id.take().or_else(|| flattened.event_id.clone());
        message.event_type = message.event_type.take().or_else(|| flattened.event_type.clone());
    }
}

/// Adds the members of a flattened message to a view, all or as one of its own views shows them.
pub fn flatten_view<T: Flatten>(view: &mut View, shown_in: Option<&str>, types: &mut Types) {
    let schema = T::schema(types);
    let Some(flattened) = message_of(&schema, types) else { return };
    match shown_in.and_then(|name| flattened.views.iter().find(|view| view.name == name)) {
        Some(shown) => view.fields.extend(shown.fields.iter().cloned()),
        None => view.fields.extend(flattened.fields.iter().map(|field| ViewField::new(&field.name))),
    }
}

/// Holds a message with flattened ones to what a compiler sees of the others.
///
/// # Panics
/// Two members have one name or one number. The model is made before anything is served, so the first test of a design finds it.
pub fn assert_members_apart(name: &str, message: &Message) {
    let mut names = HashSet::new();
    let mut tags = HashSet::new();
    for Field { name: member, tag, .. } in &message.fields {
        assert!(
            names.insert(member),
            "`{name}` has two members {member:?}, one of them flattened: rename one with `#[field(.., rename = \"..\")]`"
        );
        assert!(
            tags.insert(tag),
            "the number {tag} of {member:?} is taken in `{name}`, which flattens: give its fields numbers that no flattened one has"
        );
    }
}

/// The members of an object, to be looked at more than once.
#[derive(Debug)]
pub struct FlatMembers(Json);

impl FlatMembers {
    /// Reads an object.
    ///
    /// # Errors
    /// It is none.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(|members| Self(Json::Object(members)))
    }

    /// Takes the value of a member, where it is there and not `null`.
    ///
    /// # Errors
    /// It is of another shape.
    pub fn take<T: DeserializeOwned, E: Error>(&mut self, name: &str) -> Result<Option<T>, E> {
        match self.0.as_object_mut().and_then(|members| members.remove(name)) {
            None => Ok(None),
            Some(value) => Option::<T>::deserialize(value).map_err(|_| E::custom("a member does not fit")),
        }
    }

    /// Reads a flattened message from all members.
    ///
    /// # Errors
    /// Its own are missing or of another shape.
    pub fn flattened<T: Flatten, E: Error>(&self) -> Result<T, E> {
        T::deserialize(&self.0).map_err(|_| E::custom("a flattened member does not fit"))
    }
}

/// Writes the members of a message into an object that others write to as well.
///
/// # Errors
/// Those of the object.
pub fn serialize_flattened<T: Serialize, M: SerializeMap>(value: &T, object: &mut M) -> Result<(), M::Error> {
    value.serialize(Members(object))
}

/// Takes the members of an object, and nothing else.
struct Members<'a, M>(&'a mut M);

impl<M: SerializeMap> SerializeStruct for Members<'_, M> {
    type Ok = ();
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }

    fn end(self) -> Result<(), M::Error> {
        Ok(())
    }
}

impl<M: SerializeMap> SerializeMap for Members<'_, M> {
    type Ok = ();
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        self.0.serialize_value(value)
    }

    fn end(self) -> Result<(), M::Error> {
        Ok(())
    }
}

macro_rules! refuse {
    ($($name:ident($($argument:ty),*) -> $answer:ty;)*) => {$(
        fn $name(self, $(_: $argument),*) -> Result<$answer, M::Error> {
            Err(serde::ser::Error::custom("only an object can be flattened"))
        }
    )*};
}

impl<'a, M: SerializeMap> Serializer for Members<'a, M> {
    type Ok = ();
    type Error = M::Error;
    type SerializeSeq = Impossible<(), M::Error>;
    type SerializeTuple = Impossible<(), M::Error>;
    type SerializeTupleStruct = Impossible<(), M::Error>;
    type SerializeTupleVariant = Impossible<(), M::Error>;
    type SerializeMap = Members<'a, M>;
    type SerializeStruct = Members<'a, M>;
    type SerializeStructVariant = Impossible<(), M::Error>;

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, M::Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, M::Error> {
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), M::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), M::Error> {
        Err(serde::ser::Error::custom("only an object can be flattened"))
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
