//! What people are told, at once and later, for clients.

use async_graphql::{MergedObject, MergedSubscription};

pub mod live;
pub mod notification;

#[derive(MergedObject, Default)]
pub struct InsightQuery(notification::NotificationQuery, live::LiveQuery);

#[derive(MergedObject, Default)]
pub struct InsightMutation(notification::NotificationMutation);

#[derive(MergedSubscription, Default)]
pub struct InsightSubscription(live::LiveSubscription);
