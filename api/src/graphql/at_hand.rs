//! Lists of objects whose values are all at hand.
//!
//! The library resolves each field of each object in a future of its own. That is right where a field may have to wait, and most of the time of an
//! answer where there are a hundred values that are there already, as on a leaderboard. Such a list is written straight down instead.

use std::borrow::Cow;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value, indexmap::IndexMap};

/// Something that knows all values of an object.
pub trait AtHand: Send + Sync {
    /// The object, as the schema describes it.
    type Shape: OutputType;

    /// The value of a field of the object.
    fn value(&self, field: &str) -> Value;
}

/// A list of such objects; `[Shape!]!` in the schema.
pub struct AtHandList<T>(pub Vec<T>);

impl<T: AtHand> OutputType for AtHandList<T> {
    fn type_name() -> Cow<'static, str> {
        T::Shape::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T::Shape>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T::Shape>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        let mut wanted = Vec::new();
        flatten(ctx, &ctx.item.node, &mut wanted);
        let wanted: Vec<_> = wanted.iter().map(|field| (&field.node.response_key().node, field.node.name.node.as_str())).collect();
        let objects = self.0.iter().map(|object| {
            let mut values = IndexMap::with_capacity(wanted.len());
            for (key, field) in &wanted {
                let value = if *field == "__typename" { Value::String(Self::type_name().into_owned()) } else { object.value(field) };
                values.insert(Name::clone(key), value);
            }
            Value::Object(values)
        });
        Ok(Value::List(objects.collect()))
    }
}

/// The fields of a selection, fragments put in their places.
pub(super) fn flatten<'a>(ctx: &ContextSelectionSet<'a>, set: &'a SelectionSet, wanted: &mut Vec<&'a Positioned<Field>>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => wanted.push(field),
            // The document has been judged: a fragment here is on this type.
            Selection::InlineFragment(fragment) => flatten(ctx, &fragment.node.selection_set.node, wanted),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = ctx.query_env.fragments.get(&spread.node.fragment_name.node) {
                    flatten(ctx, &fragment.node.selection_set.node, wanted);
                }
            }
        }
    }
}
