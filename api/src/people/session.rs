//! To be written.

/// Tokens and the actors behind them.
pub struct Sessions;
