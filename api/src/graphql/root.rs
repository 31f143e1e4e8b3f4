//! The roots of the schema, put together from the areas.
//!
//! A *part* holds some fields of a root. The library asks one part of a merged object after another whether it knows a field, so the last of them pays for
//! all the others, and it makes the future of a request as large as that of its largest field. A root looks up in a table which part has the field, and asks
//! that one alone, through a trait object: which also spares the compiler to look through all of them for each of its proofs.

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::{ContainerType, Context, ServerResult, Value};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::audited::{self, Watch};

/// Some fields of a root.
trait Part: Send + Sync {
    /// The value of one of them.
    fn resolve<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>>;
}

impl<T: ContainerType> Part for T {
    fn resolve<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        self.resolve_field(ctx).boxed()
    }
}

/// The parts of a root.
#[derive(Default)]
pub struct Parts {
    parts: Vec<Box<dyn Part>>,
    describe: Vec<fn(&mut Registry) -> MetaType>,
}

/// Which part of a root has a field, and how it is audited.
#[derive(Clone, Copy)]
pub(super) struct Place {
    part: usize,
    watch: Watch,
}

/// Where the fields of a root are.
pub(super) type Places = HashMap<String, Place>;

impl Parts {
    /// One part more.
    #[must_use]
    pub fn with<T: ContainerType + Default + 'static>(mut self) -> Self {
        self.parts.push(Box::<T>::default());
        self.describe.push(Registry::create_fake_output_type::<T>);
        self
    }

    /// The fields of all parts, for the schema, and where they are; `watch` says how one is audited.
    pub(super) fn fields(&self, registry: &mut Registry, watch: fn(&str) -> Watch) -> (IndexMap<String, MetaField>, Places) {
        let (mut fields, mut places) = (IndexMap::new(), Places::new());
        for (at, describe) in self.describe.iter().enumerate() {
            if let MetaType::Object { fields: more, .. } = describe(registry) {
                places.extend(more.keys().map(|name| (name.clone(), Place { part: at, watch: watch(name) })));
                fields.extend(more);
            }
        }
        (fields, places)
    }

    /// The value of a field that stands at `place`.
    pub(super) async fn resolve(&self, ctx: &Context<'_>, place: Place) -> ServerResult<Option<Value>> {
        let value = self.parts[place.part].resolve(ctx);
        match place.watch {
            Watch::Nothing => value.await,
            // Boxed, so that the others do not carry what it needs.
            watch => audited::watch(ctx, watch, value).boxed().await,
        }
    }
}

/// Makes a root of the areas' parts: `root!("What it is." Query, resolve_container, audited::of_query: community::queries, …)`.
macro_rules! root {
    ($doc:literal $name:ident, $resolve:ident, $watch:path: $($area:expr),+) => {
        #[doc = $doc]
        pub struct $name(Parts);

        impl $name {
            /// Where its fields are; known since the schema was made.
            fn places() -> &'static std::sync::OnceLock<root::Places> {
                static PLACES: std::sync::OnceLock<root::Places> = std::sync::OnceLock::new();
                &PLACES
            }
        }

        impl Default for $name {
            fn default() -> Self {
                let parts = Parts::default();
                $(let parts = $area(parts);)+
                Self(parts)
            }
        }

        impl async_graphql::ContainerType for $name {
            async fn resolve_field(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::ServerResult<Option<async_graphql::Value>> {
                match Self::places().get().and_then(|places| places.get(ctx.item.node.name.node.as_str())) {
                    Some(place) => self.0.resolve(ctx, *place).await,
                    None => Ok(None),
                }
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                use async_graphql::registry::{MetaType, MetaTypeId};
                registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
                    let (fields, places) = Self::default().0.fields(registry, $watch);
                    Self::places().get_or_init(|| places);
                    MetaType::Object {
                        name: stringify!($name).to_owned(),
                        description: Some($doc.to_owned()),
                        fields,
                        cache_control: async_graphql::CacheControl::default(),
                        extends: false,
                        shareable: false,
                        resolvable: true,
                        keys: None,
                        visible: None,
                        inaccessible: false,
                        interface_object: false,
                        tags: Vec::new(),
                        is_subscription: false,
                        rust_typename: Some(std::any::type_name::<Self>()),
                        directive_invocations: Vec::new(),
                        requires_scopes: Vec::new(),
                    }
                })
            }

            async fn resolve(
                &self,
                ctx: &async_graphql::ContextSelectionSet<'_>,
                _field: &async_graphql::Positioned<async_graphql::parser::types::Field>,
            ) -> async_graphql::ServerResult<async_graphql::Value> {
                async_graphql::resolver_utils::$resolve(ctx, self).await
            }
        }

        impl async_graphql::ObjectType for $name {}
    };
}
pub(super) use root;
