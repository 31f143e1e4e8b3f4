//! What people are told, for clients.

use async_graphql::MergedObject;

pub mod notification;

#[derive(MergedObject, Default)]
pub struct InsightQuery(notification::NotificationQuery);

#[derive(MergedObject, Default)]
pub struct InsightMutation(notification::NotificationMutation);
