//! Insight: what people are told, and what the figures say.

pub mod live;
pub mod notification;
pub mod verify;
mod wording;
