//! Service: an activity has sessions, people sign up, check in and out, and get records.
//!
//! Reading order: [`activity`] is what is offered, [`session`] one occurrence of it, [`sign_up`] a seat in one, [`check_in`] presence (by code, by
//! roll-call, by a device without network in [`offline`]), [`record`] the certified minutes. [`place`] says where a row lies for the permission
//! table, [`wording`] what people may write.
//!
//! Invariant: rows are locked in one order everywhere: volunteers by id, then sessions by id, then sign-ups; wallets come last, in the ledger.

pub mod place;
pub mod wording;

pub mod activity;
pub mod check_in;
pub mod offline;
pub mod record;
pub mod session;
pub mod sign_up;

#[cfg(test)]
mod exits;
