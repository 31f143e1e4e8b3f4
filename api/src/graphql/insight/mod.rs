//! What people are told, at once and later, for clients.

use async_graphql::MergedSubscription;

use crate::graphql::root::Parts;

pub mod audit;
pub mod correction;
pub mod live;
pub mod notification;
pub mod personal;
pub mod retention;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    let parts = parts.with::<audit::AuditQuery>().with::<notification::NotificationQuery>().with::<personal::PersonalQuery>();
    live::queries(parts.with::<correction::CorrectionQuery>().with::<retention::RetentionQuery>())
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    let parts = parts.with::<audit::AuditMutation>().with::<notification::NotificationMutation>().with::<personal::PersonalMutation>();
    parts.with::<correction::CorrectionMutation>().with::<retention::RetentionMutation>()
}

#[derive(MergedSubscription, Default)]
pub struct InsightSubscription(live::LiveSubscription);
