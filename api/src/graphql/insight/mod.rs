//! What people are told, at once and later, for clients.

use async_graphql::MergedSubscription;

use crate::graphql::root::Parts;

pub mod audit;
pub mod live;
pub mod notification;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    live::queries(parts.with::<audit::AuditQuery>().with::<notification::NotificationQuery>())
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts.with::<audit::AuditMutation>().with::<notification::NotificationMutation>()
}

#[derive(MergedSubscription, Default)]
pub struct InsightSubscription(live::LiveSubscription);
