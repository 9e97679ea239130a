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

/// A value whose views have names, or a collection of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no views",
    label = "no views",
    note = "declare them: `#[message(view(tiny = [some_field]))]`"
)]
pub trait NamedViews: Value {
    /// The type that has them, as a mistake names it.
    const OF: &'static str;
    /// Their names; each stands at its number.
    const NAMES: &'static [&'static str];
}

/// A value that has a view of this number. A name cannot parametrise a trait: [`view_number`] knows its number.
pub trait InView<const NUMBER: u8>: Value {
    /// What the view shows, as a type of its own.
    type Projection: Value;
}

/// The number of the view of that name.
///
/// # Panics
/// There is none of that name, which the compiler finds, since a number is asked for in constants only: it then says which there are.
#[track_caller]
pub const fn view_number<T: NamedViews>(name: &str) -> u8 {
    let mut number = 0;
    while number < T::NAMES.len() && number <= u8::MAX as usize {
        if is_same(T::NAMES[number], name) {
            return number as u8;
        }
        number += 1;
    }
    let mut text = Text::new().then("`").then(T::OF).then("` has no view `").then(name).then("`: it has ");
    let mut number = 0;
    while number < T::NAMES.len() {
        text = text.then(if number == 0 { "`" } else { ", `" }).then(T::NAMES[number]).then("`");
        number += 1;
    }
    panic!("{}", text.as_str())
}

/// `==` of texts, which is not for constants yet.
pub(crate) const fn is_same(this: &str, other: &str) -> bool {
    let (this, other) = (this.as_bytes(), other.as_bytes());
    if this.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < this.len() {
        if this[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A text that is put together while the program is compiled. What is too long for it is left out.
struct Text {
    bytes: [u8; 1024],
    length: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 1024], length: 0 }
    }

    /// With this behind it, if there is room for all of it.
    const fn then(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if text.len() > self.bytes.len() - self.length {
            return self;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "no view of this name",
        }
    }
}

impl<T: NamedViews> NamedViews for Vec<T> {
    const OF: &'static str = T::OF;
    const NAMES: &'static [&'static str] = T::NAMES;
}

impl<const NUMBER: u8, T: InView<NUMBER>> InView<NUMBER> for Vec<T> {
    type Projection = Vec<T::Projection>;
}

impl<T: NamedViews> NamedViews for Option<T> {
    const OF: &'static str = T::OF;
    const NAMES: &'static [&'static str] = T::NAMES;
}

impl<const NUMBER: u8, T: InView<NUMBER>> InView<NUMBER> for Option<T> {
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
    use super::Text;

    #[test]
    fn a_text_is_put_together_as_far_as_there_is_room() {
        let text = Text::new().then("a view").then(&"x".repeat(1020)).then(", größer");
        assert_eq!(text.as_str(), "a view, größer");
    }
}
