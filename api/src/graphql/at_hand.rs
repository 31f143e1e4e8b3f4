//! Objects most of whose values are at hand.
//!
//! The library resolves each field of each object in a future of its own. That is right where a field may have to wait, and most of the time of an
//! answer where there are a hundred values that are there already, as on a leaderboard or in a reviewer's queue. Here what is at hand is written straight
//! down, and only the rest is asked for in the library's way.

use std::borrow::Cow;
use std::future::ready;

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value, indexmap::IndexMap};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};

/// Something that knows the values of an object, or most of them.
pub trait AtHand: Send + Sync {
    /// The object, as the schema describes it.
    type Shape: OutputType;

    /// The value of a field of the object; none where it has to be asked for.
    fn value(&self, field: &str) -> Option<Value>;

    /// Asks for a field that is not at hand; who has everything at hand is never asked.
    fn ask<'a>(&'a self, _ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        ready(Ok(None)).boxed()
    }
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
        let wanted = wanted(ctx);
        let mut objects = Vec::with_capacity(self.0.len());
        let mut asked: Vec<BoxFuture<'_, ServerResult<(usize, Value)>>> = Vec::new();
        for (at, object) in self.0.iter().enumerate() {
            let values = at_hand(object, &wanted);
            if values.iter().all(Option::is_some) {
                objects.push(merged(wanted.iter().zip(values.into_iter().flatten())));
            } else {
                objects.push(Value::Null);
                let wanted = &wanted;
                asked.push(async move { Ok((at, whole(object, &ctx.with_index(at), wanted, values).await?)) }.boxed());
            }
        }
        for (at, object) in try_join_all(asked).await? {
            objects[at] = object;
        }
        Ok(Value::List(objects))
    }
}

/// One such object, as a node of a page.
pub struct AtHandNode<T>(pub T);

impl<T: AtHand> OutputType for AtHandNode<T> {
    fn type_name() -> Cow<'static, str> {
        T::Shape::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::Shape::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        let wanted = wanted(ctx);
        let values = at_hand(&self.0, &wanted);
        whole(&self.0, ctx, &wanted, values).await
    }
}

/// The fields of a selection, fragments put in their places.
pub(super) fn wanted<'a>(ctx: &'a ContextSelectionSet<'_>) -> Vec<&'a Positioned<Field>> {
    let mut wanted = Vec::new();
    flatten(ctx, &ctx.item.node, &mut wanted);
    wanted
}

fn flatten<'a>(ctx: &'a ContextSelectionSet<'_>, set: &'a SelectionSet, wanted: &mut Vec<&'a Positioned<Field>>) {
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

fn at_hand<T: AtHand>(object: &T, wanted: &[&Positioned<Field>]) -> Vec<Option<Value>> {
    let value = |field: &&Positioned<Field>| match field.node.name.node.as_str() {
        "__typename" => Some(Value::String(T::Shape::type_name().into_owned())),
        name => object.value(name),
    };
    wanted.iter().map(value).collect()
}

/// An object of `values`, the missing ones asked for at the same time, so that what they load is loaded together.
async fn whole<T: AtHand>(
    object: &T,
    ctx: &ContextSelectionSet<'_>,
    wanted: &[&Positioned<Field>],
    values: Vec<Option<Value>>,
) -> ServerResult<Value> {
    let missing = wanted.iter().zip(&values).filter(|(_, value)| value.is_none());
    let ask = |field| async move { object.ask(&ctx.with_field(field)).await }.boxed();
    let mut asked = try_join_all(missing.map(|(field, _)| ask(field))).await?.into_iter();
    let values = values.into_iter().map(|value| value.or_else(|| asked.next().flatten()).unwrap_or(Value::Null));
    Ok(merged(wanted.iter().zip(values)))
}

/// An object of values under their keys; what stands under one key twice is one, with the fields of both.
pub(super) fn merged<'a>(values: impl IntoIterator<Item = (&'a &'a Positioned<Field>, Value)>) -> Value {
    let values = values.into_iter();
    let mut object = IndexMap::with_capacity(values.size_hint().0);
    for (field, value) in values {
        put(&mut object, Name::clone(&field.node.response_key().node), value);
    }
    Value::Object(object)
}

fn put(object: &mut IndexMap<Name, Value>, key: Name, value: Value) {
    match object.get_mut(&key) {
        Some(there) => join(there, value),
        None => {
            object.insert(key, value);
        }
    }
}

fn join(there: &mut Value, value: Value) {
    match (there, value) {
        (Value::Object(there), Value::Object(more)) => more.into_iter().for_each(|(key, value)| put(there, key, value)),
        (Value::List(there), Value::List(more)) => there.iter_mut().zip(more).for_each(|(there, value)| join(there, value)),
        // The document was judged: what is asked twice under one key is the same field.
        _ => {}
    }
}
