//! Views: named projections of a message, by number inside a type and by name across types.

use serde::{Serialize, Serializer};

use super::{Item, Value};
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
