//! Insight: what people are told, and what the figures say.

pub mod notification;
pub mod verify;
