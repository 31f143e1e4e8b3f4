//! The roots of the schema, put together from the areas.
//!
//! The library asks one part of a merged object after another whether it knows a field, so the last of them pays for all the others. A root looks up
//! in a table which area has the field, and asks that one alone.

use std::collections::HashMap;

use async_graphql::OutputType;
use async_graphql::registry::Registry;

/// Makes a root of the parts of a merged object: `root!(Query of QueryParts, resolve_container: 0 door::DoorQuery, 1 …)`.
macro_rules! root {
    ($(#[$doc:meta])* $name:ident of $parts:ident, $resolve:ident: $($at:tt $area:ty,)+) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $name($parts);

        $(#[$doc])*
        #[derive(async_graphql::MergedObject, Default)]
        #[graphql(name_type)]
        struct $parts($($area),+);

        impl async_graphql::TypeName for $parts {
            fn type_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl async_graphql::ContainerType for $name {
            async fn resolve_field(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::ServerResult<Option<async_graphql::Value>> {
                static AREAS: std::sync::LazyLock<root::Areas> = std::sync::LazyLock::new(|| root::Areas::default()$(.with::<$area>($at))+);
                // In a box each, so that the future of a request is not as large as that of its largest field.
                match AREAS.of(&ctx.item.node.name.node) {
                    $(Some($at) => Box::pin(self.0.$at.resolve_field(ctx)).await,)+
                    _ => Ok(None),
                }
            }
        }

        impl async_graphql::OutputType for $name {
            fn type_name() -> std::borrow::Cow<'static, str> {
                $parts::type_name()
            }

            fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
                $parts::create_type_info(registry)
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

/// Which area has a field.
#[derive(Default)]
pub(super) struct Areas(HashMap<String, usize>);

impl Areas {
    /// Enters the fields of an area.
    pub(super) fn with<T: OutputType>(mut self, at: usize) -> Self {
        let fields = Registry::default().create_fake_output_type::<T>();
        self.0.extend(fields.fields().into_iter().flat_map(|fields| fields.keys()).map(|name| (name.clone(), at)));
        self
    }

    /// The area of a field, if any has it.
    pub(super) fn of(&self, field: &str) -> Option<usize> {
        self.0.get(field).copied()
    }
}
