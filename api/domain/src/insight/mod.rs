//! Insight: what people are told, and what the figures say.

pub mod audit;
pub mod co_building;
mod judging;
pub mod live;
pub mod notification;
pub mod personal;
pub mod verify;
