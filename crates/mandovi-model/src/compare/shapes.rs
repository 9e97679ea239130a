//! Shapes and the types behind their names.

use std::cmp::Ordering;

use super::{ChangeKind, Comparison, Direction};
use crate::{Definition, Enumeration, Field, Format, Message, Rule, Schema, Service, Union, View};

/// One side of a comparison: a shape, the rules beside it, and the view in which it is shown.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) schema: &'a Schema,
    pub(super) rules: &'a [Rule],
    pub(super) view: Option<&'a str>,
}

impl<'a> Side<'a> {
    pub(super) const fn new(schema: &'a Schema) -> Self {
        Self { schema, rules: &[], view: None }
    }

    const fn of(self, schema: &'a Schema) -> Self {
        Self { schema, rules: &[], view: self.view }
    }
}

/// A shape without the names and the `null` around it.
struct Bare<'a> {
    schema: &'a Schema,
    rules: Vec<Rule>,
    nullable: bool,
    secret: bool,
}

/// Looks behind aliases. Names of anything else stay.
fn bare<'a>(service: &'a Service, side: Side<'a>) -> Bare<'a> {
    let mut bare = Bare { schema: side.schema, rules: side.rules.to_vec(), nullable: false, secret: false };
    // An alias of nothing but itself cannot be built; a file may still say so.
    for _ in 0..64 {
        match bare.schema {
            Schema::Nullable { value } => {
                bare.nullable = true;
                bare.schema = value;
            }
            Schema::Named { name } => match service.types.get(name) {
                Some(Definition::Alias(alias)) => {
                    bare.rules.extend(alias.rules.iter().cloned());
                    bare.secret |= alias.secret;
                    bare.schema = &alias.schema;
                }
                _ => break,
            },
            _ => break,
        }
    }
    bare
}

impl<'a> Comparison<'a> {
    /// Two shapes in one place.
    pub(super) fn shape(&mut self, path: &str, old: Side<'a>, new: Side<'a>, direction: Direction) {
        let (Schema::Named { name: old_name }, Schema::Named { name: new_name }) = (old.schema, new.schema) else {
            return self.bare_shapes(path, old, new, direction);
        };
        // The rules of this place; those of the types are theirs.
        self.rules(path, old.rules, new.rules, direction);
        if !self.met.insert((old_name, old.view, new_name, new.view, direction)) {
            return;
        }
        let path = match old.view {
            None => format!("types.{old_name}"),
            Some(view) => format!("types.{old_name}({view})"),
        };
        if old_name != new_name {
            let reason = format!("the type is called `{new_name}`: its name does not travel");
            self.compatible(&path, ChangeKind::Renamed, reason);
        }
        let of = |service: &'a Service, name: &str| service.types.get(name);
        match (of(self.old, old_name), of(self.new, new_name)) {
            (Some(Definition::Message(old_message)), Some(Definition::Message(new_message))) => {
                self.messages(&path, (old_message, old.view), (new_message, new.view), direction);
            }
            (Some(Definition::Enumeration(old)), Some(Definition::Enumeration(new))) => {
                self.enumerations(&path, old, new, direction);
            }
            (Some(Definition::Union(old)), Some(Definition::Union(new))) => self.unions(&path, old, new, direction),
            (Some(old_definition), Some(new_definition)) => {
                if let (Definition::Alias(old), Definition::Alias(new)) = (old_definition, new_definition)
                    && (&old.description, &old.examples, old.deprecated, old.secret)
                        != (&new.description, &new.examples, new.deprecated, new.secret)
                {
                    self.documentation(&path, "what is said about the type");
                }
                let whole = |side: Side<'a>| Side { rules: &[], ..side };
                self.bare_shapes(&path, whole(old), whole(new), direction);
            }
            (None, None) => {}
            _ => self.retyped(&path, "one of the designs does not define the type"),
        }
    }

    fn bare_shapes(&mut self, path: &str, old: Side<'a>, new: Side<'a>, direction: Direction) {
        let (was, is) = (bare(self.old, old), bare(self.new, new));
        match (was.nullable, is.nullable) {
            (false, true) => self.widened(path, ChangeKind::Optional, direction, "it may be `null`"),
            (true, false) => self.narrowed(path, ChangeKind::Required, direction, "it can no longer be `null`"),
            _ => {}
        }
        if was.secret != is.secret {
            self.documentation(path, "whether it is secret");
        }
        self.rules(path, &was.rules, &is.rules, direction);
        let inner = |side: Side<'a>, schema: &'a Schema| side.of(schema);
        let narrower = |this: &mut Self, what: &str| this.narrowed(path, ChangeKind::Narrowed, direction, what);
        let wider = |this: &mut Self, what: &str| this.widened(path, ChangeKind::Widened, direction, what);
        match (was.schema, is.schema) {
            (Schema::Named { .. }, Schema::Named { .. }) => {
                self.shape(path, inner(old, was.schema), inner(new, is.schema), direction);
            }
            (Schema::Array { items: a }, Schema::Array { items: b }) => {
                self.shape(&format!("{path}[]"), inner(old, a), inner(new, b), direction);
            }
            (Schema::Map { keys: a, values: x }, Schema::Map { keys: b, values: y }) => {
                self.shape(&format!("{path}{{name}}"), Side::new(a), Side::new(b), direction);
                self.shape(&format!("{path}{{}}"), inner(old, x), inner(new, y), direction);
            }
            (a, b) if a == b => {}
            (Schema::Any, _) => narrower(self, "it was any JSON value"),
            (_, Schema::Any) => wider(self, "it may be any JSON value"),
            (Schema::Integer { .. } | Schema::Float { .. }, Schema::Integer { .. } | Schema::Float { .. }) => {
                match numbers(was.schema, is.schema) {
                    Some(Ordering::Less) => narrower(self, "it is a smaller kind of number"),
                    Some(_) => wider(self, "it is a larger kind of number"),
                    None => self.retyped(path, "it is another kind of number"),
                }
            }
            (Schema::String { format: a }, Schema::String { format: b }) => match (a, b) {
                (None, _) => narrower(self, "the text must have a format"),
                (_, None) => wider(self, "the text need not have its former format"),
                (Some(Format::Ipv4 | Format::Ipv6), Some(Format::Ip)) => wider(self, "it may be any IP address"),
                (Some(Format::Ip), Some(Format::Ipv4 | Format::Ipv6)) => {
                    narrower(self, "it must be an IP address of one version");
                }
                _ => self.retyped(path, "the text has another format"),
            },
            (Schema::String { format: None }, Schema::Named { name }) if is_enumeration(self.new, name) => {
                narrower(self, "it was any text, and is one of a list");
            }
            (Schema::Named { name }, Schema::String { format: None }) if is_enumeration(self.old, name) => {
                wider(self, "it was one of a list, and is any text");
            }
            _ => self.retyped(path, "it is of another type"),
        }
    }

    fn messages(
        &mut self,
        path: &str,
        (old, old_view): (&'a Message, Option<&'a str>),
        (new, new_view): (&'a Message, Option<&'a str>),
        direction: Direction,
    ) {
        if old.description != new.description || old.deprecated != new.deprecated {
            self.documentation(path, "what is said about the type");
        }
        let (were, are) = (members(old, old_view), members(new, new_view));
        for (field, view) in &were {
            let path = format!("{path}.{}", field.name);
            match are.iter().find(|(known, _)| known.name == field.name) {
                Some((known, new_view)) => self.fields(&path, (field, *view), (known, *new_view), direction),
                None => {
                    let renamed = are.iter().find(|(known, _)| {
                        known.tag == field.tag && !were.iter().any(|(old, _)| old.name == known.name)
                    });
                    let now = renamed.map(|(now, _)| format!(" (its number is that of `{}` now)", now.name));
                    let now = now.unwrap_or_default();
                    let reason = match direction {
                        Direction::Sent => format!("it is no longer looked at{now}: what clients send in it is lost"),
                        Direction::Received => format!("it is gone{now}: clients that read it find nothing"),
                    };
                    self.breaking(&path, ChangeKind::Removed, reason);
                }
            }
        }
        for (field, _) in are.iter().filter(|(field, _)| !were.iter().any(|(known, _)| known.name == field.name)) {
            let path = format!("{path}.{}", field.name);
            match direction {
                Direction::Sent if field.required => {
                    self.breaking(&path, ChangeKind::Added, "it must be there: clients that do not know it are refused")
                }
                Direction::Sent => self.compatible(&path, ChangeKind::Added, "it may be left out, as clients do"),
                Direction::Received => {
                    self.compatible(&path, ChangeKind::Added, "clients ignore members that they do not know");
                }
            }
        }
        if direction == Direction::Received {
            self.events(path, old, new);
            if (old_view, new_view) == (None, None) {
                self.views(path, old, new);
            }
        }
    }

    fn fields(
        &mut self,
        path: &str,
        (old, old_view): (&'a Field, Option<&'a str>),
        (new, new_view): (&'a Field, Option<&'a str>),
        direction: Direction,
    ) {
        // An absent member and `null` are the same: whether there must be a value says `required`.
        let side = |field: &'a Field, view| {
            let schema = match &field.schema {
                Schema::Nullable { value } => value,
                schema => schema,
            };
            Side { schema, rules: &field.rules, view }
        };
        self.shape(path, side(old, old_view), side(new, new_view), direction);
        self.presence(path, old.required, (new.required, new.default.is_some()), direction);
        if !new.required {
            self.defaults(path, (&old.default, old.required), &new.default, direction);
        }
        if old.tag != new.tag {
            let reason = format!("its number is {} and was {}: binary encodings mix it up", new.tag, old.tag);
            self.breaking(path, ChangeKind::Tag, reason);
        }
        if (&old.description, &old.examples, old.deprecated, old.secret)
            != (&new.description, &new.examples, new.deprecated, new.secret)
        {
            self.documentation(path, "what is said about the member");
        }
    }

    /// Whether it must be there.
    pub(super) fn presence(&mut self, path: &str, was: bool, (is, defaulted): (bool, bool), direction: Direction) {
        match (was, is, direction) {
            (false, true, Direction::Sent) => {
                self.breaking(path, ChangeKind::Required, "clients that leave it out are refused");
            }
            (false, true, Direction::Received) => {
                self.compatible(path, ChangeKind::Required, "it is always there, which clients are ready for");
            }
            (true, false, Direction::Sent) => {
                self.compatible(path, ChangeKind::Optional, "clients that give it are still understood");
            }
            (true, false, Direction::Received) if defaulted => {
                self.compatible(path, ChangeKind::Optional, "it has a default: the server always gives it");
            }
            (true, false, Direction::Received) => {
                self.breaking(path, ChangeKind::Optional, "clients that rely on it may not find it");
            }
            _ => {}
        }
    }

    /// What stands in for it; `old` with whether it had to be there.
    pub(super) fn defaults(
        &mut self,
        path: &str,
        (old, required): (&Option<serde_json::Value>, bool),
        new: &Option<serde_json::Value>,
        direction: Direction,
    ) {
        if old == new || required {
            return;
        }
        let kind = ChangeKind::Default;
        match (old, direction) {
            (_, Direction::Received) => {
                self.compatible(path, kind, "its default changed: the server always gives the value itself");
            }
            (None, Direction::Sent) => self.compatible(path, kind, "it has a default, where there was no value"),
            (Some(_), Direction::Sent) => {
                self.breaking(path, kind, "its default changed: clients that leave it out mean something else now");
            }
        }
    }

    fn events(&mut self, path: &str, old: &Message, new: &Message) {
        if old.event_type != new.event_type {
            let reason = "another member is the type of a server-sent event: browsers listen by type";
            self.breaking(path, ChangeKind::Moved, reason);
        }
        match (&old.event_id, &new.event_id) {
            (old, new) if old == new => {}
            (None, Some(_)) => {
                self.compatible(path, ChangeKind::Added, "server-sent events have an id, which clients may use");
            }
            _ => self.breaking(
                path,
                ChangeKind::Removed,
                "the id of a server-sent event is another one or gone: clients cannot go on where they were",
            ),
        }
    }

    fn views(&mut self, path: &str, old: &'a Message, new: &'a Message) {
        for view in &old.views {
            let path = format!("{path}({})", view.name);
            match new.views.iter().find(|known| known.name == view.name) {
                None => {
                    self.breaking(&path, ChangeKind::Removed, "the view is gone: clients that ask for it are refused")
                }
                Some(known) => {
                    // Only what is shown: its members were compared as those of the whole.
                    self.shown(&path, (old, view), (new, known));
                }
            }
        }
        for view in new.views.iter().filter(|view| !old.views.iter().any(|known| known.name == view.name)) {
            let path = format!("{path}({})", view.name);
            self.compatible(&path, ChangeKind::Added, "clients that do not know the view do not ask for it");
        }
    }

    fn shown(&mut self, path: &str, (old, was): (&'a Message, &'a View), (new, is): (&'a Message, &'a View)) {
        for shown in &was.fields {
            let path = format!("{path}.{}", shown.name);
            match is.fields.iter().find(|known| known.name == shown.name) {
                None => self.breaking(
                    &path,
                    ChangeKind::Removed,
                    "the view no longer shows it: clients that read it find nothing",
                ),
                Some(known) => {
                    let field = |message: &'a Message| message.fields.iter().find(|field| field.name == shown.name);
                    let (Some(old_field), Some(new_field)) = (field(old), field(new)) else { continue };
                    if shown.view.is_none() && known.view.is_none() {
                        continue;
                    }
                    let side = |field: &'a Field, view: &'a Option<String>| Side {
                        schema: match &field.schema {
                            Schema::Nullable { value } => value,
                            schema => schema,
                        },
                        rules: &[],
                        view: view.as_deref(),
                    };
                    self.shape(&path, side(old_field, &shown.view), side(new_field, &known.view), Direction::Received);
                }
            }
        }
        for shown in is.fields.iter().filter(|shown| !was.fields.iter().any(|known| known.name == shown.name)) {
            let path = format!("{path}.{}", shown.name);
            self.compatible(&path, ChangeKind::Added, "the view shows it: clients ignore what they do not know");
        }
    }

    fn enumerations(&mut self, path: &str, old: &Enumeration, new: &Enumeration, direction: Direction) {
        let about = |enumeration: &Enumeration| (enumeration.description.clone(), enumeration.deprecated);
        if about(old) != about(new) {
            self.documentation(path, "what is said about the type");
        }
        for value in &old.values {
            let path = format!("{path}.{}", value.value);
            match new.values.iter().find(|known| known.value == value.value) {
                None => self.narrowed(&path, ChangeKind::Removed, direction, "the value is gone"),
                Some(known) if known != value => self.documentation(&path, "what is said about the value"),
                Some(_) => {}
            }
        }
        for value in new.values.iter().filter(|value| !old.values.iter().any(|known| known.value == value.value)) {
            let path = format!("{path}.{}", value.value);
            self.widened(&path, ChangeKind::Added, direction, "the value is new");
        }
    }

    fn unions(&mut self, path: &str, old: &'a Union, new: &'a Union, direction: Direction) {
        if (&old.tag, &old.content, old.json_text) != (&new.tag, &new.content, new.json_text) {
            self.retyped(path, "the union is written in another way");
        }
        if old.description != new.description || old.deprecated != new.deprecated {
            self.documentation(path, "what is said about the type");
        }
        for variant in &old.variants {
            let path = format!("{path}.{}", variant.name);
            let Some(known) = new.variants.iter().find(|known| known.name == variant.name) else {
                self.narrowed(&path, ChangeKind::Removed, direction, "the variant is gone");
                continue;
            };
            match (&variant.schema, &known.schema) {
                (Some(old), Some(new)) => self.shape(&path, Side::new(old), Side::new(new), direction),
                (None, None) => {}
                _ => self.retyped(&path, "the variant has a value in one of the designs only"),
            }
            if (&variant.description, variant.deprecated) != (&known.description, known.deprecated) {
                self.documentation(&path, "what is said about the variant");
            }
        }
        for variant in new.variants.iter().filter(|new| !old.variants.iter().any(|known| known.name == new.name)) {
            let path = format!("{path}.{}", variant.name);
            self.widened(&path, ChangeKind::Added, direction, "the variant is new");
        }
    }
}

/// The members that a view shows, each in the view in which it is shown itself.
fn members<'a>(message: &'a Message, view: Option<&str>) -> Vec<(&'a Field, Option<&'a str>)> {
    let view = view.and_then(|view| message.views.iter().find(|known| known.name == view));
    match view {
        None => message.fields.iter().map(|field| (field, None)).collect(),
        Some(view) => message
            .fields
            .iter()
            .filter_map(|field| {
                let shown = view.fields.iter().find(|shown| shown.name == field.name)?;
                Some((field, shown.view.as_deref()))
            })
            .collect(),
    }
}

fn is_enumeration(service: &Service, name: &str) -> bool {
    matches!(service.types.get(name), Some(Definition::Enumeration(_)))
}

/// Which of two kinds of number holds all of the other: `Less` where the new one is smaller, nothing where neither does.
fn numbers(old: &Schema, new: &Schema) -> Option<Ordering> {
    // The least and the largest power of two up to which every whole number is one of them.
    let range = |schema: &Schema| match schema {
        Schema::Integer { bits, signed: true } => {
            (u32::from(bits.saturating_sub(1)), u32::from(bits.saturating_sub(1)), false)
        }
        Schema::Integer { bits, .. } => (0, u32::from(*bits), false),
        Schema::Float { bits: 32 } => (24, 24, true),
        _ => (53, 53, true),
    };
    let (old, new) = (range(old), range(new));
    let holds = |a: (u32, u32, bool), b: (u32, u32, bool)| a.0 >= b.0 && a.1 >= b.1 && (a.2 || !b.2);
    match (holds(new, old), holds(old, new)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        (false, false) => None,
    }
}
