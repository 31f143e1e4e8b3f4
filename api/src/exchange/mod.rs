//! Exchange: what residents need, what units offer and what volunteers can do, and how they are brought together.
//!
//! Reading order: [`matching`] says who could meet which need, and why; it works on plain data and knows no database.
//!
//! Invariant: nobody is ever assigned. Whatever this area works out is a proposal, and only the person or unit asked can accept it.

pub mod matching;
