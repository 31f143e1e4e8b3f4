//! To be written.

/// The order in Redis.
pub struct Order;
