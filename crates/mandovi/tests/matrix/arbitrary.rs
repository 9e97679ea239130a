//! Generated values: the edges of a type first, then as many others as are asked for, the same in every run.
//!
//! Nothing here knows of services; the tests against other languages take it too.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::rc::Rc;

use mandovi::Base64;
use serde_json::Value;

/// How many values of each type go through every direction, at least.
pub const AT_LEAST: usize = 64;

/// How many edges a struct has.
pub const EDGES: usize = 28;

/// How deep lists in lists and the like are made.
const DEEPEST: u32 = 4;

/// A type whose values can be made up.
pub trait Arbitrary: Clone + 'static {
    /// Whether a list of all edges is still small.
    const SMALL: bool = false;

    /// One of all values; large ones are rare.
    fn arbitrary(dice: &mut Dice) -> Self;

    /// The values that programs get wrong: empty, smallest, largest, odd.
    fn edges() -> Vec<Self> {
        Vec::new()
    }
}

/// All edges of a type, and others up to [`AT_LEAST`].
pub fn values<T: Arbitrary>(seed: u64) -> Vec<T> {
    let mut dice = Dice::new(seed);
    let mut values = T::edges();
    let others = AT_LEAST.saturating_sub(values.len()).max(AT_LEAST / 4);
    values.extend((0..others).map(|_| T::arbitrary(&mut dice)));
    values
}

/// How many edges of a type a list or a map of them has, so that lists of lists stay short.
fn some<T: Arbitrary>() -> usize {
    if T::SMALL { usize::MAX } else { 4 }
}

thread_local! {
    /// The edges of each type: those of a struct need those of its fields many times over.
    static EDGES_OF: RefCell<HashMap<TypeId, Rc<dyn Any>>> = RefCell::default();
}

/// An edge of a type, counted around; any value where it has none.
pub fn edge<T: Arbitrary>(index: usize) -> T {
    let known = EDGES_OF.with_borrow(|known| known.get(&TypeId::of::<T>()).cloned());
    let edges = known.and_then(|edges| edges.downcast::<Vec<T>>().ok()).unwrap_or_else(|| {
        let edges = Rc::new(T::edges());
        EDGES_OF.with_borrow_mut(|known| known.insert(TypeId::of::<T>(), edges.clone()));
        edges
    });
    if edges.is_empty() { T::arbitrary(&mut Dice::new(index as u64)) } else { edges[index % edges.len()].clone() }
}

/// Implements [`Arbitrary`] for a struct of such fields. Its edges are those of its fields, side by side.
#[macro_export]
macro_rules! arbitrary_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::arbitrary::Arbitrary for $name {
            fn arbitrary(_dice: &mut $crate::arbitrary::Dice) -> Self {
                Self { $($field: $crate::arbitrary::Arbitrary::arbitrary(_dice)),* }
            }

            fn edges() -> Vec<Self> {
                (0..$crate::arbitrary::EDGES)
                    .map(|_index| Self { $($field: $crate::arbitrary::edge(_index)),* })
                    .collect()
            }
        }
    };
}

/// SplitMix64: seeded, small, good enough to make up values.
#[derive(Debug)]
pub struct Dice {
    state: u64,
    depth: u32,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, depth: 0 }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Less than `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// A list that is shorter the deeper it lies.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if self.depth >= DEEPEST {
            return Vec::new();
        }
        let length = self.below(6 - self.depth as usize);
        self.depth += 1;
        let list = (0..length).map(|_| item(self)).collect();
        self.depth -= 1;
        list
    }
}

macro_rules! integers {
    ($($integer:ident),*) => {$(
        impl Arbitrary for $integer {
    const SMALL: bool = true;

            fn arbitrary(dice: &mut Dice) -> Self {
                // As often short as long.
                let shift = dice.below(<$integer>::BITS as usize);
                (dice.bits() as $integer) >> shift
            }

            fn edges() -> Vec<Self> {
                let wide = [1_i128 << 31, 1 << 32, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, 1 << 63];
                let wide = wide.iter().flat_map(|&wide| [wide, -wide]);
                let wide = wide.filter_map(|wide| <$integer>::try_from(wide).ok());
                [0, 1, 9, 10, 99, 100, <$integer>::MIN, <$integer>::MIN + 1, <$integer>::MAX - 1, <$integer>::MAX]
                    .into_iter()
                    .chain(wide)
                    .collect()
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! floats {
    ($($float:ident: $bits:ident),*) => {$(
        impl Arbitrary for $float {
    const SMALL: bool = true;

            fn arbitrary(dice: &mut Dice) -> Self {
                match dice.below(3) {
                    0 => $float::from(dice.bits() as i16) / 8.0,
                    1 => $float::from(dice.bits() as i16) / 100.0,
                    _ => loop {
                        let number = <$float>::from_bits(dice.bits() as $bits);
                        if number.is_finite() {
                            break number;
                        }
                    },
                }
            }

            fn edges() -> Vec<Self> {
                let one = [0.0, -0.0, 1.0, -1.5, 0.1, 0.3, 1e-7, 1e7, 1e15, 1e16, 1e21, 123_456.5];
                let bound = [<$float>::MIN, <$float>::MAX, <$float>::MIN_POSITIVE, <$float>::EPSILON];
                let tiny = [<$float>::from_bits(1), -<$float>::from_bits(1)];
                [&one[..], &bound, &tiny].concat()
            }
        }
    )*};
}

floats!(f32: u32, f64: u64);

impl Arbitrary for bool {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        dice.below(2) == 1
    }

    fn edges() -> Vec<Self> {
        vec![false, true]
    }
}

impl Arbitrary for String {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        let length = dice.below(24);
        let character = |dice: &mut Dice| match dice.below(8) {
            0 => dice.one_of(&['"', '\\', '/', '\n', '\t', '\r', '\u{8}', '\u{c}']),
            1 => dice.one_of(&['\0', '\u{1f}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']),
            2 => dice.one_of(&['é', 'ß', '日', 'ا', '\u{301}', '\u{1f600}', '\u{fffd}', '\u{10ffff}']),
            3 => char::from_u32(dice.below(0x11_0000) as u32).unwrap_or('\u{d7ff}'),
            _ => char::from(b' ' + dice.below(95) as u8),
        };
        (0..length).map(|_| character(dice)).collect()
    }

    fn edges() -> Vec<Self> {
        let controls = (0..0x20_u8).map(char::from).collect();
        let long = "x".repeat(1000);
        let wide = "日".repeat(300);
        let odd = [
            "",
            " ",
            "null",
            "\"",
            "\\",
            "\\u0000",
            "\\\"",
            "\n",
            "</script>",
            "&<>'",
            "{}",
            "[1]",
            "7",
            "true",
            "é",
            "e\u{301}",
            "\u{7f}\u{80}\u{9f}",
            "\u{feff}",
            "\u{fffd}\u{ffff}",
            "\u{2028}\u{2029}",
            "\u{202e}abc",
            "\u{1f468}\u{200d}\u{1f469}",
            "\u{d7ff}\u{e000}\u{10ffff}",
        ];
        odd.into_iter().map(str::to_owned).chain([controls, long, wide]).collect()
    }
}

impl Arbitrary for Base64 {
    const SMALL: bool = true;

    fn arbitrary(dice: &mut Dice) -> Self {
        let length = dice.below(40);
        (0..length).map(|_| dice.bits() as u8).collect::<Vec<_>>().into()
    }

    /// Every padding, every digit.
    fn edges() -> Vec<Self> {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let some = [&[][..], &[0], &[0, 0], &[0, 0, 0], &[255; 4], &[251, 255, 191], &all];
        some.into_iter().map(Self::from).chain([vec![7; 1000].into()]).collect()
    }
}

impl<T: Arbitrary> Arbitrary for Option<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        (dice.below(4) > 0).then(|| T::arbitrary(dice))
    }

    fn edges() -> Vec<Self> {
        std::iter::once(None).chain(T::edges().into_iter().map(Some)).collect()
    }
}

impl<T: Arbitrary> Arbitrary for Box<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        Self::new(T::arbitrary(dice))
    }

    fn edges() -> Vec<Self> {
        T::edges().into_iter().map(Self::new).collect()
    }
}

impl<T: Arbitrary> Arbitrary for Vec<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        dice.list(T::arbitrary)
    }

    fn edges() -> Vec<Self> {
        vec![Vec::new(), vec![edge(0)], T::edges().into_iter().take(some::<T>()).collect()]
    }
}

macro_rules! maps {
    ($($map:ident: $($bound:path),*;)*) => {$(
        impl<K: Arbitrary $(+ $bound)*, T: Arbitrary> Arbitrary for $map<K, T> {
            fn arbitrary(dice: &mut Dice) -> Self {
                dice.list(|dice| (K::arbitrary(dice), T::arbitrary(dice))).into_iter().collect()
            }

            fn edges() -> Vec<Self> {
                let mut values = T::edges();
                values.truncate(some::<T>());
                let one = Self::from([(edge(0), edge(0))]);
                if T::SMALL {
                    let all = K::edges().into_iter().enumerate().map(|(index, key)| (key, edge(index)));
                    return vec![Self::new(), one, all.collect()];
                }
                vec![Self::new(), one, K::edges().into_iter().rev().zip(values).collect()]
            }
        }
    )*};
}

maps! {
    BTreeMap: Ord;
    HashMap: Eq, Hash;
}

/// Never `null` itself: that ends a client's stream, and an optional member takes it for absent.
impl Arbitrary for Value {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(8) {
            0 => bool::arbitrary(dice).into(),
            1 => i64::arbitrary(dice).into(),
            2 => u64::arbitrary(dice).into(),
            3 => f64::arbitrary(dice).into(),
            4 => dice.list(any).into(),
            5 => Self::Object(dice.list(|dice| (String::arbitrary(dice), any(dice))).into_iter().collect()),
            _ => String::arbitrary(dice).into(),
        }
    }

    fn edges() -> Vec<Self> {
        let nested = |depth: usize| (0..depth).fold(Self::Null, |inner, _| serde_json::json!([{ "": inner }]));
        let texts = String::edges();
        let object = texts.iter().map(|key| (key.clone(), Self::Null)).collect();
        vec![
            false.into(),
            true.into(),
            0.into(),
            i64::MIN.into(),
            u64::MAX.into(),
            1e300.into(),
            "".into(),
            "null".into(),
            serde_json::json!([]),
            serde_json::json!({}),
            serde_json::json!([null]),
            serde_json::json!({ "a": null, "b": [[], {}, [null, [null]]] }),
            nested(20),
            texts.into(),
            Self::Object(object),
        ]
    }
}

fn any(dice: &mut Dice) -> Value {
    if dice.below(5) == 0 { Value::Null } else { Value::arbitrary(dice) }
}
