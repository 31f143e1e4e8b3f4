//! Schemas that keep of their registry only what they use.
//!
//! The library notes in a *registry* all that can be said of every type, two megabytes for one schema, and hands it on whole. It fills the registry root by
//! root, the subscriptions last: here that last root then takes away what its schema never asks for.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::pin::Pin;

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::{Context, Response, SubscriptionType};
use futures_util::Stream;

use super::Subscription;

/// What stays of a registry.
pub trait Keep: Send + Sync + 'static {
    /// Takes the rest away.
    fn keep(registry: &mut Registry);
}

/// Which type implements what: all that is asked while a document runs that was judged before. The roots must be there, if with nothing in them.
pub struct Interfaces;

impl Keep for Interfaces {
    fn keep(registry: &mut Registry) {
        let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
        registry.types.retain(|name, kind| {
            if let MetaType::Object { fields, .. } = kind {
                *fields = IndexMap::new();
            }
            roots.contains(&Some(name))
        });
    }
}

/// Every type, and no word about it: what a document is judged by.
pub struct Types;

impl Keep for Types {
    fn keep(registry: &mut Registry) {
        for kind in registry.types.values_mut() {
            match kind {
                MetaType::Object { description, fields, .. } | MetaType::Interface { description, fields, .. } => {
                    *description = None;
                    fields.values_mut().for_each(bare);
                    fields.shrink_to_fit();
                }
                MetaType::InputObject { description, input_fields, .. } => {
                    *description = None;
                    input_fields.values_mut().for_each(|field| field.description = None);
                    input_fields.shrink_to_fit();
                }
                MetaType::Enum { description, enum_values, .. } => {
                    *description = None;
                    enum_values.values_mut().for_each(|value| value.description = None);
                    enum_values.shrink_to_fit();
                }
                MetaType::Scalar { description, .. } | MetaType::Union { description, .. } => *description = None,
            }
        }
    }
}

fn bare(field: &mut MetaField) {
    field.description = None;
    field.args.values_mut().for_each(|argument| argument.description = None);
    field.args.shrink_to_fit();
}

/// The root of what is told live, of a schema whose registry is cut down.
pub struct Lean<K>(Subscription, PhantomData<K>);

impl<K> Default for Lean<K> {
    fn default() -> Self {
        Self(Subscription::default(), PhantomData)
    }
}

impl<K: Keep> SubscriptionType for Lean<K> {
    fn type_name() -> Cow<'static, str> {
        Subscription::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = Subscription::create_type_info(registry);
        K::keep(registry);
        name
    }

    fn create_field_stream<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        self.0.create_field_stream(ctx)
    }
}
