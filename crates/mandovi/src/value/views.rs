//! Views: named projections of a message, by number inside a type and by name across types.

use std::{fmt, ops::Deref, sync::Arc};

use mandovi_model::{Schema, Types};
use mandovi_websocket::{MessageKind, MessageRef};
use serde::{Serialize, Serializer};

use super::{Invalid, Item, Value};
use crate::parameter::Parameter;

/// The number of a view within its message: 0 is the default view, which shows all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewId(u8);

impl ViewId {
    /// The view that shows all.
    pub const DEFAULT: Self = Self(0);

    /// The view of a number.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn as_u8(self) -> u8 {
        self.0
    }
}

/// The names of a message's views: the enum that `#[message(view(..))]` makes.
pub trait ViewName: Parameter + Copy + Default + Send + Sync + 'static {
    /// The number of the view.
    fn id(self) -> ViewId;

    /// The view of that number.
    fn of(id: ViewId) -> Option<Self>;

    /// The name of the view on the wire.
    fn as_str(self) -> &'static str;
}

/// A message with views: what `#[message(view(..))]` makes of a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no views to choose from",
    label = "no views",
    note = "declare them: `#[message(view(tiny = [some_field]))]`"
)]
pub trait Views: Value {
    /// The names.
    type View: ViewName;
    /// What arrives where the view is chosen at run time: an enum with one typed value per view.
    type Viewed: Item;

    /// Reads an array of them, all in one view.
    ///
    /// # Errors
    /// The message is no array, or one of its elements breaks the contract.
    fn decode_list(view: ViewId, message: MessageRef<'_>) -> Result<Vec<Self::Viewed>, Invalid>;
}

/// Reads an array of what a view shows.
#[doc(hidden)]
pub fn decode_list<P: Value, V>(message: MessageRef<'_>, viewed: fn(P) -> V) -> Result<Vec<V>, Invalid> {
    Ok(Vec::<P>::from_json(message)?.into_iter().map(viewed).collect())
}

/// A collection has the views of what it holds.
impl<T: Views> Views for Vec<T> {
    type View = T::View;
    type Viewed = ViewedList<T>;

    fn decode_list(_: ViewId, _: MessageRef<'_>) -> Result<Vec<ViewedList<T>>, Invalid> {
        Err(Invalid::new("", "decode_payload", "arrays of arrays have no views to choose from"))
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Views> Views for $pointer<T> {
            type View = T::View;
            type Viewed = T::Viewed;

            fn decode_list(view: ViewId, message: MessageRef<'_>) -> Result<Vec<T::Viewed>, Invalid> {
                T::decode_list(view, message)
            }
        }
    )*};
}

pointers!(Box, Arc);

/// What arrives for a `Vec<T>` where the view is chosen at run time: each element in that view. Reads like a slice.
pub struct ViewedList<T: Views> {
    view: ViewId,
    items: Vec<T::Viewed>,
}

impl<T: Views> ViewedList<T> {
    /// These, all in one view.
    pub fn new(view: T::View, items: Vec<T::Viewed>) -> Self {
        Self { view: view.id(), items }
    }

    /// The view in which they were sent.
    pub fn view(&self) -> T::View {
        T::View::of(self.view).unwrap_or_default()
    }

    /// The elements.
    pub fn into_inner(self) -> Vec<T::Viewed> {
        self.items
    }
}

impl<T: Views> Deref for ViewedList<T> {
    type Target = [T::Viewed];

    fn deref(&self) -> &[T::Viewed] {
        &self.items
    }
}

impl<T: Views> IntoIterator for ViewedList<T> {
    type Item = T::Viewed;
    type IntoIter = std::vec::IntoIter<T::Viewed>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<T: Views<Viewed: Clone>> Clone for ViewedList<T> {
    fn clone(&self) -> Self {
        Self { view: self.view, items: self.items.clone() }
    }
}

impl<T: Views<Viewed: fmt::Debug>> fmt::Debug for ViewedList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.items).finish()
    }
}

impl<T: Views<Viewed: PartialEq>> PartialEq for ViewedList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.view == other.view && self.items == other.items
    }
}

impl<T: Views> Item for ViewedList<T> {
    const RAW: bool = false;

    fn encode(&self, _: ViewId, out: &mut Vec<u8>) -> Result<MessageKind, Invalid> {
        let start = out.len();
        out.push(b'[');
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            if let Err(invalid) = item.encode(self.view, out) {
                out.truncate(start);
                return Err(invalid);
            }
        }
        out.push(b']');
        Ok(MessageKind::Text)
    }

    fn decode(view: ViewId, message: MessageRef<'_>) -> Result<Self, Invalid> {
        Ok(Self { view, items: T::decode_list(view, message)? })
    }

    fn view_named(name: &str) -> Option<ViewId> {
        T::Viewed::view_named(name)
    }

    fn message_schema(types: &mut Types) -> Schema {
        <Vec<T> as Value>::schema(types)
    }
}

/// A value that has the view whose name has the key `NAME` (see [`view_key`]).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no view of this name",
    label = "no such view",
    note = "declare it: `#[message(view(name = [some_field]))]`"
)]
pub trait InView<const NAME: u64>: Value {
    /// The number of the view.
    const ID: ViewId;
    /// What the view shows, as a type of its own.
    type Projection: Value;
}

/// The key of a view's name: its 64-bit FNV-1a hash, because a name itself cannot parametrise a trait.
///
/// Two views of one message whose names have one key would be two implementations of one trait, which the compiler refuses.
pub const fn view_key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

impl<const NAME: u64, T: InView<NAME>> InView<NAME> for Vec<T> {
    const ID: ViewId = T::ID;
    type Projection = Vec<T::Projection>;
}

impl<const NAME: u64, T: InView<NAME>> InView<NAME> for Option<T> {
    const ID: ViewId = T::ID;
    type Projection = Option<T::Projection>;
}

/// A value as one of its views shows it, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Projected<'a, T> {
    value: &'a T,
    view: ViewId,
}

impl<'a, T: Value> Projected<'a, T> {
    /// That value in that view.
    pub const fn new(value: &'a T, view: ViewId) -> Self {
        Self { value, view }
    }
}

impl<T: Value> Serialize for Projected<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize_view(self.view, serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::view_key;

    #[test]
    fn the_key_is_fnv_1a() {
        assert_eq!(view_key(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(view_key("foobar"), 0x8594_4171_f739_67e8);
    }
}
